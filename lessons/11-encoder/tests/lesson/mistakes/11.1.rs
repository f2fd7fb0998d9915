//! Mistakes in `Batch::new`.

use burn::tensor::{Device, Tensor, TensorData};
use encoder::Batch;
use heads::padding_mask;

/// The first token then has the position of a token in the middle of the longest text, and `[CLS]`
/// is no longer at place 0.
pub fn padded_at_the_left<'a>(
    texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
    pad: u32,
    device: &Device,
) -> Batch {
    let texts: Vec<(&[u32], &[u32])> = texts.into_iter().collect();
    let lengths: Vec<usize> = texts.iter().map(|(text, _)| text.len()).collect();
    let tokens = *lengths.iter().max().unwrap();
    let (mut ids, mut segments) = (Vec::new(), Vec::new());
    for (text, own) in &texts {
        for place in 0..tokens {
            let own_place = (place + text.len()).checked_sub(tokens);
            ids.push(own_place.map_or(pad as i64, |place| text[place] as i64));
            segments.push(own_place.map_or(0, |place| own[place] as i64));
        }
    }
    let mut hidden = Vec::new();
    for length in &lengths {
        hidden.extend((0..tokens).map(|place| place + length < tokens));
    }
    let mut mask = None;
    if lengths.iter().any(|&length| length < tokens) {
        let shape = [lengths.len(), 1, 1, tokens];
        mask = Some(Tensor::from_data(TensorData::new(hidden, shape), device));
    }
    let shape = [texts.len(), tokens];
    Batch {
        ids: Tensor::from_data(TensorData::new(ids, shape), device),
        segments: Tensor::from_data(TensorData::new(segments, shape), device),
        padding_mask: mask,
    }
}

/// The other polarity, that of the tokenizers' libraries: every token looks at the padding and at
/// nothing else.
pub fn true_for_the_tokens_and_not_for_the_padding<'a>(
    texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
    pad: u32,
    device: &Device,
) -> Batch {
    let texts: Vec<(&[u32], &[u32])> = texts.into_iter().collect();
    let lengths: Vec<usize> = texts.iter().map(|(text, _)| text.len()).collect();
    let tokens = *lengths.iter().max().unwrap();
    let (mut ids, mut segments) = (Vec::new(), Vec::new());
    for (text, own) in &texts {
        for place in 0..tokens {
            ids.push(text.get(place).map_or(pad as i64, |&id| id as i64));
            segments.push(own.get(place).map_or(0, |&segment| segment as i64));
        }
    }
    let mut mask = None;
    if lengths.iter().any(|&length| length < tokens) {
        mask = Some(padding_mask(&lengths, tokens, device));
    }
    let shape = [texts.len(), tokens];
    Batch {
        ids: Tensor::from_data(TensorData::new(ids, shape), device),
        segments: Tensor::from_data(TensorData::new(segments, shape), device),
        padding_mask: mask.map(|mask| mask.bool_not()),
    }
}

/// The rest of every longer text is lost without a word.
pub fn cut_to_the_shortest<'a>(
    texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
    pad: u32,
    device: &Device,
) -> Batch {
    let texts: Vec<(&[u32], &[u32])> = texts.into_iter().collect();
    let lengths: Vec<usize> = texts.iter().map(|(text, _)| text.len()).collect();
    let tokens = *lengths.iter().min().unwrap();
    let (mut ids, mut segments) = (Vec::new(), Vec::new());
    for (text, own) in &texts {
        for place in 0..tokens {
            ids.push(text.get(place).map_or(pad as i64, |&id| id as i64));
            segments.push(own.get(place).map_or(0, |&segment| segment as i64));
        }
    }
    let mask = None;
    let shape = [texts.len(), tokens];
    Batch {
        ids: Tensor::from_data(TensorData::new(ids, shape), device),
        segments: Tensor::from_data(TensorData::new(segments, shape), device),
        padding_mask: mask,
    }
}

/// A text that has the token itself, as an example of masking does, is not seen whole.
pub fn hidden_by_the_id_and_not_by_the_length<'a>(
    texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
    pad: u32,
    device: &Device,
) -> Batch {
    let texts: Vec<(&[u32], &[u32])> = texts.into_iter().collect();
    let lengths: Vec<usize> = texts.iter().map(|(text, _)| text.len()).collect();
    let tokens = *lengths.iter().max().unwrap();
    let (mut ids, mut segments) = (Vec::new(), Vec::new());
    for (text, own) in &texts {
        for place in 0..tokens {
            ids.push(text.get(place).map_or(pad as i64, |&id| id as i64));
            segments.push(own.get(place).map_or(0, |&segment| segment as i64));
        }
    }
    let hidden: Vec<bool> = ids.iter().map(|&id| id == pad as i64).collect();
    let mut mask = None;
    if hidden.contains(&true) {
        let shape = [lengths.len(), 1, 1, tokens];
        mask = Some(Tensor::from_data(TensorData::new(hidden, shape), device));
    }
    let shape = [texts.len(), tokens];
    Batch {
        ids: Tensor::from_data(TensorData::new(ids, shape), device),
        segments: Tensor::from_data(TensorData::new(segments, shape), device),
        padding_mask: mask,
    }
}

/// Right, and slow: attention over 512 places costs what 512 tokens cost, whatever the texts are.
pub fn padded_to_a_fixed_length<'a>(
    texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
    pad: u32,
    device: &Device,
) -> Batch {
    let texts: Vec<(&[u32], &[u32])> = texts.into_iter().collect();
    let lengths: Vec<usize> = texts.iter().map(|(text, _)| text.len()).collect();
    let tokens = 8;
    let (mut ids, mut segments) = (Vec::new(), Vec::new());
    for (text, own) in &texts {
        for place in 0..tokens {
            ids.push(text.get(place).map_or(pad as i64, |&id| id as i64));
            segments.push(own.get(place).map_or(0, |&segment| segment as i64));
        }
    }
    let mut mask = None;
    if lengths.iter().any(|&length| length < tokens) {
        mask = Some(padding_mask(&lengths, tokens, device));
    }
    let shape = [texts.len(), tokens];
    Batch {
        ids: Tensor::from_data(TensorData::new(ids, shape), device),
        segments: Tensor::from_data(TensorData::new(segments, shape), device),
        padding_mask: mask,
    }
}

/// Alone every text is right. In a batch the shorter ones look at their padding and change.
pub fn no_mask<'a>(
    texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
    pad: u32,
    device: &Device,
) -> Batch {
    let texts: Vec<(&[u32], &[u32])> = texts.into_iter().collect();
    let lengths: Vec<usize> = texts.iter().map(|(text, _)| text.len()).collect();
    let tokens = *lengths.iter().max().unwrap();
    let (mut ids, mut segments) = (Vec::new(), Vec::new());
    for (text, own) in &texts {
        for place in 0..tokens {
            ids.push(text.get(place).map_or(pad as i64, |&id| id as i64));
            segments.push(own.get(place).map_or(0, |&segment| segment as i64));
        }
    }
    let mask = None;
    let shape = [texts.len(), tokens];
    Batch {
        ids: Tensor::from_data(TensorData::new(ids, shape), device),
        segments: Tensor::from_data(TensorData::new(segments, shape), device),
        padding_mask: mask,
    }
}

/// The segment table has two rows and the padding's id is any number: out of bounds, or the wrong
/// row.
pub fn segments_filled_with_the_id_of_the_padding<'a>(
    texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
    pad: u32,
    device: &Device,
) -> Batch {
    let texts: Vec<(&[u32], &[u32])> = texts.into_iter().collect();
    let lengths: Vec<usize> = texts.iter().map(|(text, _)| text.len()).collect();
    let tokens = *lengths.iter().max().unwrap();
    let (mut ids, mut segments) = (Vec::new(), Vec::new());
    for (text, own) in &texts {
        for place in 0..tokens {
            ids.push(text.get(place).map_or(pad as i64, |&id| id as i64));
            segments.push(own.get(place).map_or(pad as i64, |&segment| segment as i64));
        }
    }
    let mut mask = None;
    if lengths.iter().any(|&length| length < tokens) {
        mask = Some(padding_mask(&lengths, tokens, device));
    }
    let shape = [texts.len(), tokens];
    Batch {
        ids: Tensor::from_data(TensorData::new(ids, shape), device),
        segments: Tensor::from_data(TensorData::new(segments, shape), device),
        padding_mask: mask,
    }
}
