//! Texts of unequal length in one tensor.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData, assert_shape};
use heads::padding_mask;

/// Token ids of several texts, padded to the longest.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[batch, tokens]`, token ids in 0..vocab.
    pub ids: Tensor<2, Int>,
    /// `[batch, tokens]`, the segment of each token.
    pub segments: Tensor<2, Int>,
    /// `[batch, 1, 1, tokens]`, `true` = hidden (padding); `None` when nothing is padded.
    pub padding_mask: Option<Tensor<4, Bool>>,
}

impl Batch {
    /// Pads texts of token ids to the longest of them.
    ///
    /// `texts` gives the token ids and the segment ids of each. What is filled up has the id `pad`,
    /// that of `[PAD]`, and the segment 0. The mask goes by the lengths: a token that a text has itself
    /// stays visible, even with that id.
    ///
    /// # Panics
    ///
    /// If there is no text, a text has no tokens, or it has more or fewer segment ids than tokens.
    pub fn new<'a>(
        texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
        pad: u32,
        device: &Device,
    ) -> Self {
        let (mut ids, mut segments, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        for (text_ids, text_segments) in texts {
            let length = text_ids.len();
            assert!(length > 0, "every text of a batch has at least one token");
            assert_eq!(text_segments.len(), length, "a text has a segment id for each token");
            ids.push(text_ids);
            segments.push(text_segments);
            lengths.push(length);
        }
        let longest = *lengths.iter().max().expect("a batch holds at least one text");
        let mut mask = None;
        if lengths.iter().any(|&length| length < longest) {
            mask = Some(padding_mask(&lengths, longest, device));
        }
        Self {
            ids: padded(&ids, longest, pad, device),
            segments: padded(&segments, longest, 0, device),
            padding_mask: mask,
        }
    }

    /// [`Batch::new`] of texts that are one segment each, whose id is 0.
    ///
    /// # Panics
    ///
    /// If there is no text, or a text has no tokens.
    pub fn of_one_segment(texts: &[&[u32]], pad: u32, device: &Device) -> Self {
        let mut segments = Vec::with_capacity(texts.len());
        for text in texts {
            segments.push(vec![0; text.len()]);
        }
        let segments = segments.iter().map(Vec::as_slice);
        Self::new(texts.iter().copied().zip(segments), pad, device)
    }

    /// Makes a batch from tensors as the libraries of checkpoints take them: `keep` is 1 where a
    /// token counts, and 0 for padding.
    ///
    /// # Shapes
    ///
    /// - ids, segments, keep: `[batch, tokens]`
    pub fn from_tensors(
        ids: Tensor<2, Int>,
        segments: Option<Tensor<2, Int>>,
        keep: Option<Tensor<2, Int>>,
    ) -> Self {
        let [batch, tokens] = ids.dims();
        let segments = segments.unwrap_or_else(|| ids.zeros_like());
        assert_shape!(segments, [batch, tokens]);
        let padding_mask = keep.map(|keep| keep.equal_scalar(0).reshape([batch, 1, 1, tokens]));
        Self { ids, segments, padding_mask }
    }
}

/// Rows of ids, filled up at the right to one length.
///
/// # Shapes
///
/// - rows: `[batch, ..]`, none longer than `tokens`
/// - output: `[batch, tokens]`
fn padded(rows: &[&[u32]], tokens: usize, fill: u32, device: &Device) -> Tensor<2, Int> {
    let mut ids: Vec<i64> = Vec::with_capacity(rows.len() * tokens);
    for (i, row) in rows.iter().enumerate() {
        for &id in *row {
            ids.push(i64::from(id));
        }
        ids.resize((i + 1) * tokens, i64::from(fill));
    }
    Tensor::from_data(TensorData::new(ids, [rows.len(), tokens]), device)
}
