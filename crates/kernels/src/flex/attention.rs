//! Attention on flex.

use burn::backend::flex::FlexTensor;
use burn::backend::tensor::{BoolTensor, FloatTensor};
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Bool, BoolStore, DType, Shape, Tensor};

use super::{tensor, whole};
use crate::heads::{Heads, Hidden, Inputs, attention};

/// [`crate::attention::attention`] where [`is_array`](crate::memory::is_array) takes q, k and v.
pub(crate) fn attend(
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<3> {
    let (q, k, v) = (q.into_dispatch(), k.into_dispatch(), v.into_dispatch());
    Tensor::from_dispatch(match mask {
        Some(mask) => <Dispatch as Attention>::masked(q, k, v, mask.into_dispatch()),
        None => <Dispatch as Attention>::unmasked(q, k, v),
    })
}

/// Attention whose scores never leave the caches.
#[backend_extension(Flex)]
pub(crate) trait Attention: Backend {
    /// Every query sees every key.
    fn unmasked(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// What the mask hides is not seen.
    fn masked(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        mask: BoolTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl Attention for Flex {
    fn unmasked(q: FlexTensor, k: FlexTensor, v: FlexTensor) -> FlexTensor {
        on_flex(q, k, v, None)
    }

    fn masked(q: FlexTensor, k: FlexTensor, v: FlexTensor, mask: FlexTensor) -> FlexTensor {
        on_flex(q, k, v, Some(mask))
    }
}

fn on_flex(q: FlexTensor, k: FlexTensor, v: FlexTensor, mask: Option<FlexTensor>) -> FlexTensor {
    let [q, k, v] = [q, k, v].map(in_pieces);
    let mask = mask.map(as_bytes);
    let (q, k, v) = (heads(&q), heads(&k), heads(&v));
    let [batch, n_heads, queries, _] = q.sizes;
    let [_, _, keys, d_head] = v.sizes;
    let hidden = mask.as_ref().map(|mask| hidden(mask, [batch, n_heads, queries, keys]));
    let mut out = vec![0.0; batch * queries * n_heads * d_head];
    attention(Inputs { q, k, v, hidden }, &mut out);
    tensor(out, Shape::new([batch, queries, n_heads * d_head]))
}

/// The tensor with the numbers of a head's token in one piece: most have them so.
fn in_pieces(x: FlexTensor) -> FlexTensor {
    let strides = x.layout().strides();
    if strides[3] == 1 && strides.iter().all(|&stride| stride >= 0) { x } else { whole(x) }
}

/// Sizes and strides of q, k or v.
fn heads(x: &FlexTensor) -> Heads<'_> {
    let layout = x.layout();
    let [by_text, by_head, by_token, _] = strides(x);
    Heads {
        numbers: &x.storage::<f32>()[layout.start_offset()..],
        sizes: x.shape().dims(),
        strides: [by_text, by_head, by_token],
    }
}

/// Where a mask hides what, an axis of size 1 being that of all.
fn hidden(mask: &FlexTensor, scores: [usize; 4]) -> Hidden<'_> {
    let sizes: [usize; 4] = mask.shape().dims();
    let mut strides = strides(mask);
    for axis in 0..4 {
        assert!(sizes[axis] == 1 || sizes[axis] == scores[axis], "a mask of {sizes:?}");
        if sizes[axis] == 1 {
            strides[axis] = 0;
        }
    }
    Hidden { flags: &mask.bytes()[mask.layout().start_offset()..], strides }
}

/// A mask of one byte a flag, none of its strides negative.
fn as_bytes(mask: FlexTensor) -> FlexTensor {
    let kind = mask.dtype();
    assert!(
        matches!(kind, DType::Bool(BoolStore::Native | BoolStore::U8)),
        "expected a mask of one byte a flag, found {kind:?}"
    );
    if mask.layout().has_positive_strides() { mask } else { mask.to_contiguous() }
}

/// The strides of a tensor, none of which is negative.
fn strides(x: &FlexTensor) -> [usize; 4] {
    let strides = x.layout().strides();
    std::array::from_fn(|axis| strides[axis].unsigned_abs())
}
