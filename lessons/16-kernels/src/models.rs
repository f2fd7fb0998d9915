//! The operations of two models, counted: an encoder that reads sentences, and a decoder that writes
//! a token.

use crate::{Work, attention_work, gelu_work, pass_work, product_work, softmax_work};

/// An operation by its name in the book, and its work.
pub type CountedOperation = (&'static str, Work);

/// Layers, heads, width of a head, of the model and inside the feed-forward of MiniLM (Wang et al.
/// 2020, all-MiniLM-L6-v2's `config.json`).
const LAYERS: u64 = 6;
const HEADS: u64 = 12;
const D_HEAD: u64 = 32;
const D_MODEL: u64 = HEADS * D_HEAD;
const D_FF: u64 = 4 * D_MODEL;

/// The same of SmolLM2-135M, whose three key/value heads serve three query heads each (Allal et al.
/// 2025, SmolLM2-135M's `config.json`).
const DECODER_LAYERS: u64 = 30;
const DECODER_HEADS: u64 = 9;
const DECODER_KV_HEADS: u64 = 3;
const DECODER_D_HEAD: u64 = 64;
const DECODER_D_MODEL: u64 = DECODER_HEADS * DECODER_D_HEAD;
const DECODER_D_FF: u64 = 1536;
const DECODER_VOCAB: u64 = 49_152;

/// Arithmetic of a layer norm per number: two for the mean and its subtraction, two for the
/// variance, one for the division and two for weight and bias.
const LAYER_NORM: u64 = 7;

/// The operations of one layer of MiniLM over `texts` of `tokens` each, as lesson 11 runs them: every
/// one reads from memory and writes to it.
// ANCHOR: minilm
pub fn minilm_layer(texts: u64, tokens: u64) -> Vec<CountedOperation> {
    let rows = texts * tokens;
    let heads = texts * HEADS;
    vec![
        ("q, k, v", product_work(rows, D_MODEL, 3 * D_MODEL)),
        ("scores", product_work(tokens, D_HEAD, tokens).times(heads)),
        ("softmax", softmax_work(heads * tokens, tokens)),
        ("mean of values", product_work(tokens, tokens, D_HEAD).times(heads)),
        ("heads to model", product_work(rows, D_MODEL, D_MODEL)),
        ("feed-forward, in", product_work(rows, D_MODEL, D_FF)),
        ("GELU", gelu_work(rows * D_FF)),
        ("feed-forward, out", product_work(rows, D_FF, D_MODEL)),
        ("two sums", pass_work(rows * D_MODEL, 2, 1).times(2)),
        ("two layer norms", pass_work(rows * D_MODEL, 1, LAYER_NORM).times(2)),
    ]
}
// ANCHOR_END: minilm

/// All of MiniLM over `texts` of `tokens` each, but for the lookups and the pooling.
pub fn minilm(texts: u64, tokens: u64) -> Vec<CountedOperation> {
    let mut operations = minilm_layer(texts, tokens);
    for (_, work) in &mut operations {
        *work = work.times(LAYERS);
    }
    operations
}

/// One token that SmolLM2-135M writes, with `cached` tokens before it.
pub fn decoder_token(cached: u64) -> Vec<CountedOperation> {
    let d_kv = DECODER_KV_HEADS * DECODER_D_HEAD;
    let group = DECODER_HEADS / DECODER_KV_HEADS;
    let attention = attention_work(group, cached, DECODER_D_HEAD).times(DECODER_KV_HEADS);
    let layers = DECODER_LAYERS;
    vec![
        ("q, k, v", product_work(1, DECODER_D_MODEL, DECODER_D_MODEL + 2 * d_kv).times(layers)),
        ("attention", attention.times(layers)),
        ("heads to model", product_work(1, DECODER_D_MODEL, DECODER_D_MODEL).times(layers)),
        ("feed-forward", product_work(1, DECODER_D_MODEL, DECODER_D_FF).times(3 * layers)),
        ("logits", product_work(1, DECODER_D_MODEL, DECODER_VOCAB)),
    ]
}

/// The work of all operations together.
pub fn total(operations: &[CountedOperation]) -> Work {
    let mut sum = Work { flops: 0, bytes: 0 };
    for (_, work) in operations {
        sum = sum.and(*work);
    }
    sum
}
