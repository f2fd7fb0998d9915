//! Mistakes in `alibi_bias`.

use burn::tensor::{Device, Tensor, TensorData};
use positions::alibi_slopes;

/// Right for a text that is read whole. When a model writes, its one query stands at position 0, and
/// the far keys gain.
pub fn queries_counted_from_the_first_key(
    heads: usize,
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<3> {
    let mut distances = Vec::new();
    for query in 0..queries {
        for key in 0..keys {
            distances.push(key as f32 - query as f32);
        }
    }
    let distances = Tensor::<3>::from_data(TensorData::new(distances, [1, queries, keys]), device);
    let slopes = Tensor::from_data(TensorData::new(alibi_slopes(heads), [heads, 1, 1]), device);
    slopes * distances
}

/// The far keys gain: each head attends to the beginning of the text.
pub fn query_minus_key(heads: usize, queries: usize, keys: usize, device: &Device) -> Tensor<3> {
    let mut distances = Vec::new();
    for query in keys - queries..keys {
        for key in 0..keys {
            distances.push(query as f32 - key as f32);
        }
    }
    let distances = Tensor::<3>::from_data(TensorData::new(distances, [1, queries, keys]), device);
    let slopes = Tensor::from_data(TensorData::new(alibi_slopes(heads), [heads, 1, 1]), device);
    slopes * distances
}

/// The same under a causal mask, where no key comes after its query. A bias of its own without one.
pub fn keys_after_the_query_lowered_too(
    heads: usize,
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<3> {
    let mut distances = Vec::new();
    for query in keys - queries..keys {
        for key in 0..keys {
            distances.push(-(key as f32 - query as f32).abs());
        }
    }
    let distances = Tensor::<3>::from_data(TensorData::new(distances, [1, queries, keys]), device);
    let slopes = Tensor::from_data(TensorData::new(alibi_slopes(heads), [heads, 1, 1]), device);
    slopes * distances
}

/// The same under a causal mask. Without one, all keys after the query count alike.
pub fn keys_after_the_query_left_at_0(
    heads: usize,
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<3> {
    let mut distances = Vec::new();
    for query in keys - queries..keys {
        for key in 0..keys {
            distances.push((key as f32 - query as f32).min(0.0));
        }
    }
    let distances = Tensor::<3>::from_data(TensorData::new(distances, [1, queries, keys]), device);
    let slopes = Tensor::from_data(TensorData::new(alibi_slopes(heads), [heads, 1, 1]), device);
    slopes * distances
}

/// The heads that a published model trained to see far see near.
pub fn the_steepest_head_last(
    heads: usize,
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<3> {
    let mut distances = Vec::new();
    for query in keys - queries..keys {
        for key in 0..keys {
            distances.push(key as f32 - query as f32);
        }
    }
    let distances = Tensor::<3>::from_data(TensorData::new(distances, [1, queries, keys]), device);
    let mut slopes = alibi_slopes(heads);
    slopes.reverse();
    let slopes = Tensor::from_data(TensorData::new(slopes, [heads, 1, 1]), device);
    slopes * distances
}

/// As many queries as keys, and no shape complains: each key then loses to its queries.
pub fn a_row_for_each_key_and_not_for_each_query(
    heads: usize,
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<3> {
    let mut distances = Vec::new();
    for key in 0..keys {
        for query in keys - queries..keys {
            distances.push(key as f32 - query as f32);
        }
    }
    let distances = Tensor::<3>::from_data(TensorData::new(distances, [1, keys, queries]), device);
    let slopes = Tensor::from_data(TensorData::new(alibi_slopes(heads), [heads, 1, 1]), device);
    slopes * distances
}

/// All heads forget at one rate, and none is left that sees far.
pub fn the_slope_of_the_first_head_for_all(
    heads: usize,
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<3> {
    let mut distances = Vec::new();
    for query in keys - queries..keys {
        for key in 0..keys {
            distances.push(key as f32 - query as f32);
        }
    }
    let distances = Tensor::<3>::from_data(TensorData::new(distances, [1, queries, keys]), device);
    let slopes = Tensor::from_data(
        TensorData::new(vec![alibi_slopes(heads)[0]; heads], [heads, 1, 1]),
        device,
    );
    slopes * distances
}
