//! Mistakes in `Gpt::embed`.

use burn::tensor::{Int, Tensor};
use decoder::{Gpt, positions_after_padding};

/// A whole text comes out right. With the cache, every new token stands at position 0.
pub fn positions_begin_at_0_in_every_piece(
    this: &Gpt,
    ids: Tensor<2, Int>,
    _first: usize,
    padding: &[usize],
) -> Tensor<3> {
    let [_, tokens] = ids.dims();
    let device = ids.device();
    let mut x = this.tokens.forward(ids);
    if let Some(learned) = &this.positions {
        let positions = if padding.is_empty() {
            learned.forward_from(0, tokens).unsqueeze()
        } else {
            learned.forward_at(positions_after_padding(padding, 0, tokens, &device))
        };
        x = x + positions;
    }
    if let Some(norm) = &this.embeddings_norm {
        x = norm.forward(x);
    }
    this.dropout.forward(x)
}

/// A prompt that is padded in a batch goes on otherwise than alone.
pub fn padding_counts_as_positions(
    this: &Gpt,
    ids: Tensor<2, Int>,
    first: usize,
    _padding: &[usize],
) -> Tensor<3> {
    let [_, tokens] = ids.dims();
    let mut x = this.tokens.forward(ids);
    if let Some(learned) = &this.positions {
        x = x + learned.forward_from(first, tokens).unsqueeze();
    }
    if let Some(norm) = &this.embeddings_norm {
        x = norm.forward(x);
    }
    this.dropout.forward(x)
}

/// The texts of a batch have each a padding of their own; all but the first count wrongly.
pub fn every_text_padded_as_the_first_one_is(
    this: &Gpt,
    ids: Tensor<2, Int>,
    first: usize,
    padding: &[usize],
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    let device = ids.device();
    let mut x = this.tokens.forward(ids);
    if let Some(learned) = &this.positions {
        let padding = vec![padding.first().copied().unwrap_or(0); batch];
        x = x + learned.forward_at(positions_after_padding(&padding, first, tokens, &device));
    }
    if let Some(norm) = &this.embeddings_norm {
        x = norm.forward(x);
    }
    this.dropout.forward(x)
}

/// Only the causal mask is left to tell one position from another, and it hardly does.
pub fn positions_left_out(
    this: &Gpt,
    ids: Tensor<2, Int>,
    _first: usize,
    _padding: &[usize],
) -> Tensor<3> {
    let mut x = this.tokens.forward(ids);
    if let Some(norm) = &this.embeddings_norm {
        x = norm.forward(x);
    }
    this.dropout.forward(x)
}

/// GPT-2 is right, and a published BLOOM loads and writes junk.
pub fn the_norm_of_bloom_left_out(
    this: &Gpt,
    ids: Tensor<2, Int>,
    first: usize,
    padding: &[usize],
) -> Tensor<3> {
    let [_, tokens] = ids.dims();
    let device = ids.device();
    let mut x = this.tokens.forward(ids);
    if let Some(learned) = &this.positions {
        let positions = if padding.is_empty() {
            learned.forward_from(first, tokens).unsqueeze()
        } else {
            learned.forward_at(positions_after_padding(padding, first, tokens, &device))
        };
        x = x + positions;
    }
    this.dropout.forward(x)
}

/// BLOOM has none: its positions are in the attention.
pub fn every_model_taken_to_have_a_position_table(
    this: &Gpt,
    ids: Tensor<2, Int>,
    first: usize,
    padding: &[usize],
) -> Tensor<3> {
    let [_, tokens] = ids.dims();
    let device = ids.device();
    let learned = this.positions.as_ref().expect("a position table");
    let positions = if padding.is_empty() {
        learned.forward_from(first, tokens).unsqueeze()
    } else {
        learned.forward_at(positions_after_padding(padding, first, tokens, &device))
    };
    this.dropout.forward(this.tokens.forward(ids) + positions)
}
