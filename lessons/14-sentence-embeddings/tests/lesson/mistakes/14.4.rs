//! Mistakes in `false_negatives`.

use burn::tensor::{Bool, Device, Tensor, TensorData};
use tokens::Encoding;

/// A batch that holds one pair twice tells the model to push apart what it should draw together.
pub fn nothing_is_hidden(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mask = vec![false; queries.len() * candidates.len()];
    Tensor::from_data(TensorData::new(mask, [queries.len(), candidates.len()]), device)
}

/// Then no query can find what it looks for, and the loss is as large as f32 is.
pub fn its_own_candidate_is_hidden_too(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mut mask = Vec::new();
    for (i, query) in queries.iter().enumerate() {
        for candidate in candidates {
            mask.push(candidate.ids == query.ids || candidate.ids == candidates[i].ids);
        }
    }
    Tensor::from_data(TensorData::new(mask, [queries.len(), candidates.len()]), device)
}

/// A question that stands as the answer of another pair is pushed away from itself.
pub fn only_copies_of_its_own_candidate(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mut mask = Vec::new();
    for i in 0..queries.len() {
        for (j, candidate) in candidates.iter().enumerate() {
            mask.push(j != i && candidate.ids == candidates[i].ids);
        }
    }
    Tensor::from_data(TensorData::new(mask, [queries.len(), candidates.len()]), device)
}

/// Two questions with one answer: each is told that the other's copy of the answer is wrong.
pub fn only_copies_of_the_query(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mut mask = Vec::new();
    for (i, query) in queries.iter().enumerate() {
        for (j, candidate) in candidates.iter().enumerate() {
            mask.push(j != i && candidate.ids == query.ids);
        }
    }
    Tensor::from_data(TensorData::new(mask, [queries.len(), candidates.len()]), device)
}

/// A candidate must have the tokens of both at once, which it only has where they are one text.
pub fn both_must_be_the_same_instead_of_one(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mut mask = Vec::new();
    for (i, query) in queries.iter().enumerate() {
        for (j, candidate) in candidates.iter().enumerate() {
            mask.push(j != i && candidate.ids == query.ids && candidate.ids == candidates[i].ids);
        }
    }
    Tensor::from_data(TensorData::new(mask, [queries.len(), candidates.len()]), device)
}

/// In other libraries `true` is kept. Here it hides every candidate but the false negatives.
pub fn true_where_a_candidate_is_kept(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mut mask = Vec::new();
    for (i, query) in queries.iter().enumerate() {
        for (j, candidate) in candidates.iter().enumerate() {
            mask.push(j == i || (candidate.ids != query.ids && candidate.ids != candidates[i].ids));
        }
    }
    Tensor::from_data(TensorData::new(mask, [queries.len(), candidates.len()]), device)
}

/// "Berlin" and "berlin" are one row of tokens to a model that lower-cases, and two encodings, since
/// their offsets or texts may differ: the copy is not seen.
pub fn whole_encodings_compared_and_not_their_token_ids(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mut mask = Vec::new();
    for (i, query) in queries.iter().enumerate() {
        for (j, candidate) in candidates.iter().enumerate() {
            mask.push(j != i && (candidate == query || *candidate == candidates[i]));
        }
    }
    Tensor::from_data(TensorData::new(mask, [queries.len(), candidates.len()]), device)
}

/// With as many candidates as queries no shape complains, and who hides what is exchanged.
pub fn a_row_for_each_candidate_and_not_for_each_query(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mut mask = Vec::new();
    for (j, candidate) in candidates.iter().enumerate() {
        for (i, query) in queries.iter().enumerate() {
            mask.push(j != i && (candidate.ids == query.ids || candidate.ids == candidates[i].ids));
        }
    }
    Tensor::from_data(TensorData::new(mask, [candidates.len(), queries.len()]), device)
}
