//! Mistakes in `LlamaConfig::preset`.

use llama::LlamaConfig;
use training::Preset;

/// GPT-2's width for two maps: with three of them the layer is half as large again.
pub fn four_times_d_model(preset: &Preset, vocab: usize) -> LlamaConfig {
    let Preset { d_model, n_layers, n_heads, block, dropout, .. } = *preset;
    let n_kv_heads = if n_heads % 2 == 0 { n_heads / 2 } else { n_heads };
    LlamaConfig::new(vocab, d_model, n_layers, n_heads, 4 * d_model, block)
        .with_n_kv_heads(Some(n_kv_heads))
        .with_dropout(dropout)
}

/// 171 of 170.7: as few parameters as can be, and a width that no processor likes.
pub fn not_a_multiple_of_16(preset: &Preset, vocab: usize) -> LlamaConfig {
    let Preset { d_model, n_layers, n_heads, block, dropout, .. } = *preset;
    let d_ff = (8 * d_model).div_ceil(3);
    let n_kv_heads = if n_heads % 2 == 0 { n_heads / 2 } else { n_heads };
    LlamaConfig::new(vocab, d_model, n_layers, n_heads, d_ff, block)
        .with_n_kv_heads(Some(n_kv_heads))
        .with_dropout(dropout)
}

/// Down to a multiple of 16: fewer parameters than two maps of four times the width have.
pub fn rounded_down(preset: &Preset, vocab: usize) -> LlamaConfig {
    let Preset { d_model, n_layers, n_heads, block, dropout, .. } = *preset;
    let d_ff = 8 * d_model / 3 / 16 * 16;
    let n_kv_heads = if n_heads % 2 == 0 { n_heads / 2 } else { n_heads };
    LlamaConfig::new(vocab, d_model, n_layers, n_heads, d_ff, block)
        .with_n_kv_heads(Some(n_kv_heads))
        .with_dropout(dropout)
}

/// 8 / 3 is 2 in whole numbers: a quarter of the feed-forward is gone.
pub fn eight_divided_by_three_first(preset: &Preset, vocab: usize) -> LlamaConfig {
    let Preset { d_model, n_layers, n_heads, block, dropout, .. } = *preset;
    let d_ff = (8 / 3 * d_model).next_multiple_of(16);
    let n_kv_heads = if n_heads % 2 == 0 { n_heads / 2 } else { n_heads };
    LlamaConfig::new(vocab, d_model, n_layers, n_heads, d_ff, block)
        .with_n_kv_heads(Some(n_kv_heads))
        .with_dropout(dropout)
}

/// Half of 5 heads are 2, and 2 do not divide 5: no model is made of it.
pub fn an_odd_number_of_heads_halved(preset: &Preset, vocab: usize) -> LlamaConfig {
    let Preset { d_model, n_layers, n_heads, block, dropout, .. } = *preset;
    let d_ff = (8 * d_model).div_ceil(3).next_multiple_of(16);
    LlamaConfig::new(vocab, d_model, n_layers, n_heads, d_ff, block)
        .with_n_kv_heads(Some(n_heads.div_ceil(2)))
        .with_dropout(dropout)
}

/// Every query head has keys and values of its own.
pub fn the_queries_not_grouped(preset: &Preset, vocab: usize) -> LlamaConfig {
    let Preset { d_model, n_layers, n_heads, block, dropout, .. } = *preset;
    let d_ff = (8 * d_model).div_ceil(3).next_multiple_of(16);
    LlamaConfig::new(vocab, d_model, n_layers, n_heads, d_ff, block).with_dropout(dropout)
}

/// Two heads of keys and values, instead of two query heads for each.
pub fn two_key_value_heads_whatever_the_heads(preset: &Preset, vocab: usize) -> LlamaConfig {
    let Preset { d_model, n_layers, n_heads, block, dropout, .. } = *preset;
    let d_ff = (8 * d_model).div_ceil(3).next_multiple_of(16);
    let n_kv_heads = if n_heads % 2 == 0 { 2 } else { n_heads };
    LlamaConfig::new(vocab, d_model, n_layers, n_heads, d_ff, block)
        .with_n_kv_heads(Some(n_kv_heads))
        .with_dropout(dropout)
}

/// The preset for a GPU has 0.2, and a training of 5000 steps needs it.
pub fn the_dropout_forgotten(preset: &Preset, vocab: usize) -> LlamaConfig {
    let Preset { d_model, n_layers, n_heads, block, .. } = *preset;
    let d_ff = (8 * d_model).div_ceil(3).next_multiple_of(16);
    let n_kv_heads = if n_heads % 2 == 0 { n_heads / 2 } else { n_heads };
    LlamaConfig::new(vocab, d_model, n_layers, n_heads, d_ff, block)
        .with_n_kv_heads(Some(n_kv_heads))
}
