//! Multi-head attention in plain loops over flat lists of f32: the tests' oracle.

use std::ops::Range;

// ANCHOR: loops
/// Sizes of one layer and one input.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Number of texts.
    pub batch: usize,
    /// Number of tokens per text.
    pub tokens: usize,
    /// Number of query heads.
    pub heads: usize,
    /// Number of key/value heads.
    pub kv_heads: usize,
    /// Width of a head.
    pub d_head: usize,
}

impl Sizes {
    /// Where one head of one text lies, `[tokens, d_head]`, in a flat list of `heads`
    /// heads per text.
    fn head(&self, heads: usize, text: usize, head: usize) -> Range<usize> {
        let size = self.tokens * self.d_head;
        let start = (text * heads + head) * size;
        start..start + size
    }
}

/// What every head sees, from q `[batch, heads, tokens, d_head]`, k and v
/// `[batch, kv_heads, tokens, d_head]` and a mask `[batch, queries, keys]`, all flat;
/// **`true` = hidden**. The output is flat as q, with zeros where nothing is seen.
pub fn heads(sizes: Sizes, q: &[f32], k: &[f32], v: &[f32], mask: &[bool]) -> Vec<f32> {
    let Sizes { batch, tokens, heads, kv_heads, d_head } = sizes;
    let mut output = Vec::with_capacity(q.len());
    for text in 0..batch {
        for head in 0..heads {
            let shared = head / (heads / kv_heads);
            let queries = &q[sizes.head(heads, text, head)];
            let keys = &k[sizes.head(kv_heads, text, shared)];
            let values = &v[sizes.head(kv_heads, text, shared)];
            for (token, query) in queries.chunks(d_head).enumerate() {
                let row = (text * tokens + token) * tokens;
                output.extend(attend(query, keys, values, &mask[row..row + tokens]));
            }
        }
    }
    output
}

/// What one query sees of keys and values `[tokens, d_head]`, flat: the mean of the
/// values that are not hidden under its shares, or zeros.
fn attend(query: &[f32], keys: &[f32], values: &[f32], mask: &[bool]) -> Vec<f32> {
    let d_head = query.len();
    let mut output = vec![0.0; d_head];
    let mut sum = 0.0;
    for (token, key) in keys.chunks(d_head).enumerate() {
        if mask[token] {
            continue;
        }
        let mut dot = 0.0;
        for (a, b) in query.iter().zip(key) {
            dot += a * b;
        }
        let share = (dot / (d_head as f32).sqrt()).exp();
        sum += share;
        let value = &values[token * d_head..(token + 1) * d_head];
        for (i, number) in value.iter().enumerate() {
            output[i] += share * number;
        }
    }
    if sum > 0.0 {
        for number in &mut output {
            *number /= sum;
        }
    }
    output
}
// ANCHOR_END: loops
