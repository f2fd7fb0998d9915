//! Mistakes in `attend_one_query`.

use std::iter::zip;

use roofline::online::dot;

/// Values of keys that came before a larger score count for too much.
pub fn the_output_so_far_not_made_smaller(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    hidden: &[bool],
) -> Vec<f32> {
    let d_head = query.len();
    let (mut largest, mut sum) = (f32::NEG_INFINITY, 0.0);
    let mut output = vec![0.0; d_head];
    let rows = zip(keys.chunks_exact(d_head), values.chunks_exact(d_head));
    for ((key, value), _) in zip(rows, hidden).filter(|(_, hidden)| !**hidden) {
        let score = dot(query, key) / (d_head as f32).sqrt();
        let larger = if score > largest { score } else { largest };
        let exponential = (score - larger).exp();
        sum = (largest - larger).exp() * sum + exponential;
        for (output, value) in zip(&mut output, value) {
            *output += exponential * value;
        }
        largest = larger;
    }
    for output in &mut output {
        *output = if sum == 0.0 { 0.0 } else { *output / sum };
    }
    output
}

/// The output grows with the number of keys: that is a sum of values and no mean.
pub fn not_divided_by_the_sum(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    hidden: &[bool],
) -> Vec<f32> {
    let d_head = query.len();
    let mut largest = f32::NEG_INFINITY;
    let mut output = vec![0.0; d_head];
    let rows = zip(keys.chunks_exact(d_head), values.chunks_exact(d_head));
    for ((key, value), _) in zip(rows, hidden).filter(|(_, hidden)| !**hidden) {
        let score = dot(query, key) / (d_head as f32).sqrt();
        let larger = if score > largest { score } else { largest };
        let rescale = (largest - larger).exp();
        let exponential = (score - larger).exp();
        for (output, value) in zip(&mut output, value) {
            *output = rescale * *output + exponential * value;
        }
        largest = larger;
    }
    output
}

/// Lesson 08's first mistake, in another place.
pub fn not_divided_by_the_square_root_of_d_head(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    hidden: &[bool],
) -> Vec<f32> {
    let d_head = query.len();
    let (mut largest, mut sum) = (f32::NEG_INFINITY, 0.0);
    let mut output = vec![0.0; d_head];
    let rows = zip(keys.chunks_exact(d_head), values.chunks_exact(d_head));
    for ((key, value), _) in zip(rows, hidden).filter(|(_, hidden)| !**hidden) {
        let score = dot(query, key);
        let larger = if score > largest { score } else { largest };
        let rescale = (largest - larger).exp();
        let exponential = (score - larger).exp();
        sum = rescale * sum + exponential;
        for (output, value) in zip(&mut output, value) {
            *output = rescale * *output + exponential * value;
        }
        largest = larger;
    }
    for output in &mut output {
        *output = if sum == 0.0 { 0.0 } else { *output / sum };
    }
    output
}

/// The mask the other way round: only padding is looked at.
pub fn only_hidden_keys_seen(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    hidden: &[bool],
) -> Vec<f32> {
    let d_head = query.len();
    let (mut largest, mut sum) = (f32::NEG_INFINITY, 0.0);
    let mut output = vec![0.0; d_head];
    let rows = zip(keys.chunks_exact(d_head), values.chunks_exact(d_head));
    for ((key, value), _) in zip(rows, hidden).filter(|(_, hidden)| **hidden) {
        let score = dot(query, key) / (d_head as f32).sqrt();
        let larger = if score > largest { score } else { largest };
        let rescale = (largest - larger).exp();
        let exponential = (score - larger).exp();
        sum = rescale * sum + exponential;
        for (output, value) in zip(&mut output, value) {
            *output = rescale * *output + exponential * value;
        }
        largest = larger;
    }
    for output in &mut output {
        *output = if sum == 0.0 { 0.0 } else { *output / sum };
    }
    output
}

/// 0 divided by 0: one text of padding alone makes a batch NaN.
pub fn nan_where_every_key_is_hidden(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    hidden: &[bool],
) -> Vec<f32> {
    let d_head = query.len();
    let (mut largest, mut sum) = (f32::NEG_INFINITY, 0.0);
    let mut output = vec![0.0; d_head];
    let rows = zip(keys.chunks_exact(d_head), values.chunks_exact(d_head));
    for ((key, value), _) in zip(rows, hidden).filter(|(_, hidden)| !**hidden) {
        let score = dot(query, key) / (d_head as f32).sqrt();
        let larger = if score > largest { score } else { largest };
        let rescale = (largest - larger).exp();
        let exponential = (score - larger).exp();
        sum = rescale * sum + exponential;
        for (output, value) in zip(&mut output, value) {
            *output = rescale * *output + exponential * value;
        }
        largest = larger;
    }
    for output in &mut output {
        *output /= sum;
    }
    output
}

/// Fine in every small test, and NaN at the first score above 88.
pub fn exp_of_the_scores_as_they_are(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    hidden: &[bool],
) -> Vec<f32> {
    let d_head = query.len();
    let mut sum = 0.0;
    let mut output = vec![0.0; d_head];
    let rows = zip(keys.chunks_exact(d_head), values.chunks_exact(d_head));
    for ((key, value), _) in zip(rows, hidden).filter(|(_, hidden)| !**hidden) {
        let exponential = (dot(query, key) / (d_head as f32).sqrt()).exp();
        sum += exponential;
        for (output, value) in zip(&mut output, value) {
            *output += exponential * value;
        }
    }
    for output in &mut output {
        *output = if sum == 0.0 { 0.0 } else { *output / sum };
    }
    output
}
