//! Attention of all heads.

use burn::tensor::{Bool, Tensor, activation};
use golden::assert_data_close;
use kernels::attention::attention;
use proptest::prelude::*;

use crate::random;

/// The three steps spelt out, each head for itself; hidden scores are set aside, and a query that
/// sees nothing gets zeros.
fn spelt_out(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, mask: Option<Tensor<4, Bool>>) -> Tensor<3> {
    let [batch, heads, queries, d_head] = q.dims();
    let [_, kv_heads, keys, _] = k.dims();
    let share = |x: Tensor<4>| {
        let shared: Tensor<5> = x.unsqueeze_dim::<5>(2).repeat_dim(2, heads / kv_heads);
        let [_, _, _, _, width] = shared.dims();
        shared.reshape([batch, heads, keys, width])
    };
    let scores = q.matmul(share(k).transpose()) / (d_head as f64).sqrt();
    let weights = match mask {
        Some(mask) => {
            let sees_nothing = mask.clone().all_dim(3);
            let scores = scores.mask_fill(mask, f32::MIN);
            activation::softmax(scores, 3).mask_fill(sees_nothing, 0.0)
        }
        None => activation::softmax(scores, 3),
    };
    let heads_out = weights.matmul(share(v));
    let [_, _, _, width] = heads_out.dims();
    heads_out.swap_dims(1, 2).reshape([batch, queries, heads * width])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(60)))]

    /// Means of numbers below 3 whose weights differ by some units in the seventh place.
    #[test]
    fn attention_of_any_shape_is_the_one_spelt_out(
        batch in 1_usize..4,
        kv_heads in 1_usize..3,
        shared in 1_usize..3,
        queries in 1_usize..40,
        keys in 1_usize..120,
        d_head in 1_usize..70,
        masked: bool,
        sliced: bool,
    ) {
        let device = backend::from_env();
        let heads = kv_heads * shared;
        // As lesson 09 makes them: q, k and v are parts of one tensor, a token after the other.
        let part = |heads: usize, tokens: usize, seed| {
            let all = random([batch, tokens, heads + 1, d_head], seed, &device).swap_dims(1, 2);
            if sliced { all.narrow(1, 1, heads) } else { all.narrow(1, 1, heads).mul_scalar(1.0) }
        };
        let (q, k, v) = (part(heads, queries, 1), part(kv_heads, keys, 2), part(kv_heads, keys, 3));
        let mask = masked.then(|| random([batch, 1, queries, keys], 4, &device).lower_elem(0.5));
        let Some(found) = attention(&q, &k, &v, mask.as_ref()) else { return Ok(()) };
        let expected = spelt_out(q, k, v, mask);
        let tolerance = backend::tolerance(&device, 2e-5);
        assert_data_close("", &found.to_data(), &expected.to_data(), tolerance);
    }
}

/// Rows that see nothing, the last keys hidden from all, and NaN where nobody looks.
#[test]
fn what_is_hidden_has_no_share_and_who_sees_nothing_gets_zeros() {
    let device = backend::from_env();
    for queries in [2, 9] {
        let [q, k] = [1, 2].map(|seed| random([1, 2, queries, 8], seed, &device));
        let v = Tensor::<4>::ones([1, 2, queries, 8], &device);
        let last = queries - 1;
        let columns = Tensor::<1, burn::tensor::Int>::arange(0..queries as i64, &device);
        let hidden = columns.equal_elem(last as i64).reshape([1, 1, 1, queries]);
        let Some(found) = attention(&q, &k, &v, Some(&hidden)) else { return };
        let expected = Tensor::<3>::ones([1, queries, 16], &device);
        assert_data_close("ones", &found.to_data(), &expected.to_data(), 1e-6);
        let all = Tensor::<4>::ones([1, 1, 1, 1], &device).greater_elem(0.0);
        let found = attention(&q, &k, &v, Some(&all)).expect("it was computed before");
        assert_data_close("zeros", &found.to_data(), &(expected * 0.0).to_data(), 0.0);
    }
}

#[test]
fn nan_in_a_query_spoils_its_own_row_and_no_other() {
    let device = backend::from_env();
    let [q, k, v] = [1, 2, 3].map(|seed| random([1, 1, 9, 5], seed, &device));
    let nan = Tensor::<4>::full([1, 1, 1, 5], f32::NAN, &device);
    let q = q.slice_assign([0..1, 0..1, 4..5, 0..5], nan);
    let Some(found) = attention(&q, &k, &v, None) else { return };
    for (i, number) in found.into_data().iter::<f32>().enumerate() {
        assert_eq!(number.is_nan(), i / 5 == 4, "number {i}");
    }
}
