//! Mistakes in `LlamaConfig::layer`.

use heads::PositionsConfig;
use layer::{DecoderLayerConfig, FeedForwardKind, NormKind};
use llama::LlamaConfig;
use positions::RopeConfig;

/// Right wherever the heads fill the width of the model, as they do in most. Mistral Nemo's do not.
pub fn the_width_of_a_head_worked_out_and_not_the_one_that_was_set(
    this: &LlamaConfig,
) -> DecoderLayerConfig {
    let rope = RopeConfig::new(this.d_model / this.n_heads)
        .with_theta(this.theta)
        .with_scaling(this.scaling);
    DecoderLayerConfig::new(this.d_model, this.n_heads, this.d_ff)
        .with_norm(NormKind::Rms)
        .with_positions(PositionsConfig::Rope(rope))
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_n_kv_heads(this.n_kv_heads)
        .with_epsilon(this.epsilon)
        .with_bias(false)
        .with_dropout(this.dropout)
}

/// Short texts look fine; the model was trained with slower turns.
pub fn the_scaling_of_rope_forgotten(this: &LlamaConfig) -> DecoderLayerConfig {
    let rope = RopeConfig::new(this.d_head()).with_theta(this.theta);
    DecoderLayerConfig::new(this.d_model, this.n_heads, this.d_ff)
        .with_norm(NormKind::Rms)
        .with_positions(PositionsConfig::Rope(rope))
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_n_kv_heads(this.n_kv_heads)
        .with_d_head(this.d_head)
        .with_epsilon(this.epsilon)
        .with_bias(false)
        .with_dropout(this.dropout)
}

/// The default of 10,000 is LLaMA's and not Llama 3's, which has 500,000.
pub fn the_theta_of_rope_forgotten(this: &LlamaConfig) -> DecoderLayerConfig {
    let rope = RopeConfig::new(this.d_head()).with_scaling(this.scaling);
    DecoderLayerConfig::new(this.d_model, this.n_heads, this.d_ff)
        .with_norm(NormKind::Rms)
        .with_positions(PositionsConfig::Rope(rope))
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_n_kv_heads(this.n_kv_heads)
        .with_d_head(this.d_head)
        .with_epsilon(this.epsilon)
        .with_bias(false)
        .with_dropout(this.dropout)
}

/// The maps of the layer of lesson 10 add a bias where nobody says otherwise.
pub fn the_biases_left_in(this: &LlamaConfig) -> DecoderLayerConfig {
    let rope = RopeConfig::new(this.d_head()).with_theta(this.theta).with_scaling(this.scaling);
    DecoderLayerConfig::new(this.d_model, this.n_heads, this.d_ff)
        .with_norm(NormKind::Rms)
        .with_positions(PositionsConfig::Rope(rope))
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_n_kv_heads(this.n_kv_heads)
        .with_d_head(this.d_head)
        .with_epsilon(this.epsilon)
        .with_dropout(this.dropout)
}

/// A key and a value head for each query head: the cache is as large as it was.
pub fn the_queries_not_grouped(this: &LlamaConfig) -> DecoderLayerConfig {
    let rope = RopeConfig::new(this.d_head()).with_theta(this.theta).with_scaling(this.scaling);
    DecoderLayerConfig::new(this.d_model, this.n_heads, this.d_ff)
        .with_norm(NormKind::Rms)
        .with_positions(PositionsConfig::Rope(rope))
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_d_head(this.d_head)
        .with_epsilon(this.epsilon)
        .with_bias(false)
        .with_dropout(this.dropout)
}

/// LayerNorm takes the mean away and adds a bias of its own, for which no file has a tensor.
pub fn the_norm_of_gpt_2(this: &LlamaConfig) -> DecoderLayerConfig {
    let rope = RopeConfig::new(this.d_head()).with_theta(this.theta).with_scaling(this.scaling);
    DecoderLayerConfig::new(this.d_model, this.n_heads, this.d_ff)
        .with_positions(PositionsConfig::Rope(rope))
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_n_kv_heads(this.n_kv_heads)
        .with_d_head(this.d_head)
        .with_epsilon(this.epsilon)
        .with_bias(false)
        .with_dropout(this.dropout)
}

/// Llama 2 and 3 have 1e-5 in their norms, the first LLaMA has 1e-6.
pub fn the_epsilon_forgotten(this: &LlamaConfig) -> DecoderLayerConfig {
    let rope = RopeConfig::new(this.d_head()).with_theta(this.theta).with_scaling(this.scaling);
    DecoderLayerConfig::new(this.d_model, this.n_heads, this.d_ff)
        .with_norm(NormKind::Rms)
        .with_positions(PositionsConfig::Rope(rope))
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_n_kv_heads(this.n_kv_heads)
        .with_d_head(this.d_head)
        .with_bias(false)
        .with_dropout(this.dropout)
}

/// Nothing learns by heart in the tests, and a long training on a small corpus does.
pub fn the_dropout_forgotten(this: &LlamaConfig) -> DecoderLayerConfig {
    let rope = RopeConfig::new(this.d_head()).with_theta(this.theta).with_scaling(this.scaling);
    DecoderLayerConfig::new(this.d_model, this.n_heads, this.d_ff)
        .with_norm(NormKind::Rms)
        .with_positions(PositionsConfig::Rope(rope))
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_n_kv_heads(this.n_kv_heads)
        .with_d_head(this.d_head)
        .with_epsilon(this.epsilon)
        .with_bias(false)
}
