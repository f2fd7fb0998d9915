//! The same equation in plain loops: slow, and nothing to trust but arithmetic. The tests' oracle.

/// A matrix as a list of its rows.
pub type Matrix = Vec<Vec<f32>>;

// ANCHOR: loops
/// q k^T / sqrt(d_head): `[queries][d_head]` and `[keys][d_head]` give `[queries][keys]`.
pub fn scores(q: &[Vec<f32>], k: &[Vec<f32>]) -> Matrix {
    let mut scores = Vec::with_capacity(q.len());
    for query in q {
        let mut row = Vec::with_capacity(k.len());
        for key in k {
            row.push(dot(query, key) / (query.len() as f32).sqrt());
        }
        scores.push(row);
    }
    scores
}

/// The dot product of two vectors of one length.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sum = 0.0;
    for (x, y) in a.iter().zip(b) {
        sum += x * y;
    }
    sum
}

/// Softmax of every row: `[queries][keys]`, rows sum to 1.
pub fn weights(scores: &[Vec<f32>]) -> Matrix {
    let mut weights = Vec::with_capacity(scores.len());
    for row in scores {
        weights.push(softmax(row));
    }
    weights
}

/// Shares that sum to 1, larger for a larger score.
fn softmax(scores: &[f32]) -> Vec<f32> {
    let mut largest = f32::NEG_INFINITY;
    for &score in scores {
        largest = largest.max(score);
    }
    let mut shares = Vec::with_capacity(scores.len());
    let mut sum = 0.0;
    for &score in scores {
        let exponential = (score - largest).exp();
        shares.push(exponential);
        sum += exponential;
    }
    for share in &mut shares {
        *share /= sum;
    }
    shares
}

/// Means of the values: `[queries][keys]` and `[keys][d_head]` give `[queries][d_head]`.
/// There is at least one key.
pub fn attend(weights: &[Vec<f32>], v: &[Vec<f32>]) -> Matrix {
    let d_head = v[0].len();
    let mut output = Vec::with_capacity(weights.len());
    for row in weights {
        let mut mean = vec![0.0; d_head];
        for (weight, value) in row.iter().zip(v) {
            for (i, number) in value.iter().enumerate() {
                mean[i] += weight * number;
            }
        }
        output.push(mean);
    }
    output
}
// ANCHOR_END: loops
