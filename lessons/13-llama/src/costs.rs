//! What a LLaMA costs: the parameters of a layer, the bytes of its key-value cache, and the tokens
//! that generation reads.

use decoder::first_visible;

// ANCHOR: costs
/// The parameters of one decoder layer, by sub-layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerParameters {
    /// Parameters of the four maps of the attention.
    pub attention: usize,
    /// Parameters of the three maps of the feed-forward.
    pub feed_forward: usize,
    /// Parameters of both norms.
    pub norms: usize,
}

impl LayerParameters {
    /// Parameters of the whole layer.
    pub fn total(&self) -> usize {
        self.attention + self.feed_forward + self.norms
    }
}

/// Counts the parameters of a LLaMA layer: no biases, two RMSNorms of one weight per number,
/// and SwiGLU.
///
/// Only the maps that make keys and values shrink with `n_kv_heads` (Ainslie et al. 2023,
/// section 2.2). Those that make queries and the attention's output stay d_model x d_model.
pub fn layer_parameters(
    d_model: usize,
    n_heads: usize,
    n_kv_heads: usize,
    d_ff: usize,
) -> LayerParameters {
    let d_head = d_model / n_heads;
    LayerParameters {
        attention: 2 * d_model * d_model + 2 * d_model * n_kv_heads * d_head,
        feed_forward: 3 * d_model * d_ff,
        norms: 2 * d_model,
    }
}

/// Bytes of the key-value cache of one text: a key and a value per token, per key/value head
/// and per layer, each of `d_head` numbers (Shazeer 2019, section 2.4).
pub fn cache_bytes(
    n_layers: u64,
    n_kv_heads: u64,
    d_head: u64,
    tokens: u64,
    bytes_per_number: u64,
) -> u64 {
    2 * n_layers * n_kv_heads * d_head * tokens * bytes_per_number
}

/// How many tokens a model reads to generate `new` tokens after a prompt, if it sees
/// `window` tokens at most.
///
/// Without a cache it reads for each token all that it sees. With a cache it reads only what
/// is not in there yet. A text that outgrows the window loses its older half; the rest then
/// stands at new positions, and nothing in the cache is right any more.
pub fn tokens_read(prompt: usize, new: usize, window: usize, with_cache: bool) -> usize {
    let (mut first, mut cached, mut read) = (0, 0, 0);
    for tokens in prompt..prompt + new {
        let still_visible = first_visible(first, tokens, window);
        if still_visible > first {
            first = still_visible;
            cached = 0;
        }
        read += tokens - first - cached;
        if with_cache {
            cached = tokens - first;
        }
    }
    read
}
// ANCHOR_END: costs
