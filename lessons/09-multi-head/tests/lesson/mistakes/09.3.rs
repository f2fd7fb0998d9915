//! Mistakes in `padding_mask`.

use burn::tensor::{Bool, Device, Tensor, TensorData};

/// A tokenizer's way, in which `true` keeps: the text is hidden, and the filler seen.
pub fn the_other_polarity(lengths: &[usize], tokens: usize, device: &Device) -> Tensor<4, Bool> {
    let mut mask = Vec::new();
    for &length in lengths {
        assert!(length <= tokens, "a text of {length} tokens does not fit in {tokens}");
        for key in 0..tokens {
            mask.push(key < length);
        }
    }
    Tensor::from_data(TensorData::new(mask, [lengths.len(), 1, 1, tokens]), device)
}

/// What a text means depends on who shares its batch.
pub fn nothing_hidden(lengths: &[usize], tokens: usize, device: &Device) -> Tensor<4, Bool> {
    let mut mask = Vec::new();
    for &length in lengths {
        assert!(length <= tokens, "a text of {length} tokens does not fit in {tokens}");
        mask.extend(vec![false; tokens]);
    }
    Tensor::from_data(TensorData::new(mask, [lengths.len(), 1, 1, tokens]), device)
}

/// Keys counted from 1: one token of filler stays in sight.
pub fn the_first_token_of_padding_seen(
    lengths: &[usize],
    tokens: usize,
    device: &Device,
) -> Tensor<4, Bool> {
    let mut mask = Vec::new();
    for &length in lengths {
        assert!(length <= tokens, "a text of {length} tokens does not fit in {tokens}");
        for key in 0..tokens {
            mask.push(key > length);
        }
    }
    Tensor::from_data(TensorData::new(mask, [lengths.len(), 1, 1, tokens]), device)
}

/// The last token, often the full stop or `[SEP]`, is never heard.
pub fn the_last_token_of_the_text_hidden(
    lengths: &[usize],
    tokens: usize,
    device: &Device,
) -> Tensor<4, Bool> {
    let mut mask = Vec::new();
    for &length in lengths {
        assert!(length <= tokens, "a text of {length} tokens does not fit in {tokens}");
        for key in 0..tokens {
            mask.push(key + 1 >= length);
        }
    }
    Tensor::from_data(TensorData::new(mask, [lengths.len(), 1, 1, tokens]), device)
}

/// A short text loses its first words, and its filler counts.
pub fn padding_on_the_left(lengths: &[usize], tokens: usize, device: &Device) -> Tensor<4, Bool> {
    let mut mask = Vec::new();
    for &length in lengths {
        assert!(length <= tokens, "a text of {length} tokens does not fit in {tokens}");
        for key in 0..tokens {
            mask.push(key + length < tokens);
        }
    }
    Tensor::from_data(TensorData::new(mask, [lengths.len(), 1, 1, tokens]), device)
}

/// Filler gets zeros, and every token of the text still listens to it.
pub fn queries_hidden_and_not_keys(
    lengths: &[usize],
    tokens: usize,
    device: &Device,
) -> Tensor<4, Bool> {
    let mut mask = Vec::new();
    for &length in lengths {
        assert!(length <= tokens, "a text of {length} tokens does not fit in {tokens}");
        for query in 0..tokens {
            mask.push(query >= length);
        }
    }
    Tensor::from_data(TensorData::new(mask, [lengths.len(), 1, tokens, 1]), device)
}

/// A text that was cut off somewhere passes for a whole one.
pub fn a_text_that_does_not_fit_let_through(
    lengths: &[usize],
    tokens: usize,
    device: &Device,
) -> Tensor<4, Bool> {
    let mut mask = Vec::new();
    for &length in lengths {
        for key in 0..tokens {
            mask.push(key >= length);
        }
    }
    Tensor::from_data(TensorData::new(mask, [lengths.len(), 1, 1, tokens]), device)
}
