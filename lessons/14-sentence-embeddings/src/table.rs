//! A text's vector without an encoder: the mean of a table's rows (lesson 01).
//!
//! A row is the same in every text, and a sum is the same in any order. What a model gains beyond
//! that, it gains by context.

use burn::tensor::{Tensor, TensorData};
use lookup::TokenEmbedding;
use tokens::{Encoding, TokensError};

use crate::{Reading, SentenceEncoder, mean_pooling, rows};

impl SentenceEncoder {
    /// The mean of the table's rows for each text's tokens, read on by the stages; 0 for a text
    /// without tokens.
    // ANCHOR: means
    pub(crate) fn means<S: AsRef<str>>(
        &self,
        table: &TokenEmbedding,
        texts: &[S],
        reading: &Reading,
    ) -> Result<Vec<(Encoding, Vec<f32>)>, TokensError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for text in texts {
            let encoding = self.encode(text.as_ref())?;
            let mut mean = Tensor::zeros([1, table.d_model()], &self.device);
            if !encoding.ids.is_empty() {
                mean = mean_pooling(self.look_up(table, &encoding.ids), None); // [1, d_model]
            }
            vectors.push((encoding, rows(reading.finish(mean)).remove(0)));
        }
        Ok(vectors)
    }
    // ANCHOR_END: means

    /// The table's rows for these ids, of which there is at least one: `[1, tokens, d_model]`.
    pub(crate) fn look_up(&self, table: &TokenEmbedding, ids: &[u32]) -> Tensor<3> {
        let numbers: Vec<i64> = ids.iter().map(|&id| i64::from(id)).collect();
        table.forward(Tensor::from_data(TensorData::new(numbers, [1, ids.len()]), &self.device))
    }
}
