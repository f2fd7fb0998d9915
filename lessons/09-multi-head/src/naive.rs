//! Multi-head attention in plain loops over a flat `Vec<f32>`: the tests' oracle.

// ANCHOR: loops
/// Sizes of one layer and one input.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Texts.
    pub batch: usize,
    /// Tokens a text.
    pub tokens: usize,
    /// Query heads.
    pub heads: usize,
    /// Key/value heads.
    pub kv_heads: usize,
    /// Numbers a head.
    pub d_head: usize,
}

/// What every head sees: q `[batch, heads, tokens, d_head]`, k and v
/// `[batch, kv_heads, tokens, d_head]`, all flat; `hidden(batch, query, key)` is true where a key
/// may not be seen. Output flat as q; zeros where nothing is seen.
pub fn heads(
    sizes: Sizes,
    q: &[f32],
    k: &[f32],
    v: &[f32],
    mask: impl Fn(usize, usize, usize) -> bool,
) -> Vec<f32> {
    let Sizes { batch, tokens, heads, kv_heads, d_head } = sizes;
    let at = |of: usize, b: usize, head: usize, token: usize, i: usize| {
        ((b * of + head) * tokens + token) * d_head + i
    };
    let mut output = vec![0.0; batch * heads * tokens * d_head];
    for b in 0..batch {
        for head in 0..heads {
            let shared = head / (heads / kv_heads);
            for query in 0..tokens {
                let mut shares = vec![0.0; tokens];
                for key in (0..tokens).filter(|&key| !mask(b, query, key)) {
                    let dot: f32 = (0..d_head)
                        .map(|i| {
                            q[at(heads, b, head, query, i)] * k[at(kv_heads, b, shared, key, i)]
                        })
                        .sum();
                    shares[key] = (dot / (d_head as f32).sqrt()).exp();
                }
                let sum: f32 = shares.iter().sum();
                for key in (0..tokens).filter(|&key| shares[key] > 0.0) {
                    for i in 0..d_head {
                        output[at(heads, b, head, query, i)] +=
                            shares[key] / sum * v[at(kv_heads, b, shared, key, i)];
                    }
                }
            }
        }
    }
    output
}
// ANCHOR_END: loops
