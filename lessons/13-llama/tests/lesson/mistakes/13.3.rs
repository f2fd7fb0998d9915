//! Mistakes in `layer_parameters`.

use llama::LayerParameters;

/// Queries keep a head each, and so does the way out: two maps of the four stay as wide.
pub fn queries_and_output_shrink_as_well(
    d_model: usize,
    n_heads: usize,
    n_kv_heads: usize,
    d_ff: usize,
) -> LayerParameters {
    let d_head = d_model / n_heads;
    LayerParameters {
        attention: 4 * d_model * n_kv_heads * d_head,
        feed_forward: 3 * d_model * d_ff,
        norms: 2 * d_model,
    }
}

/// One head's key and value for all of them, whatever the groups.
pub fn keys_and_values_of_one_head_only(
    d_model: usize,
    n_heads: usize,
    _n_kv_heads: usize,
    d_ff: usize,
) -> LayerParameters {
    let d_head = d_model / n_heads;
    LayerParameters {
        attention: 2 * d_model * d_model + 2 * d_model * d_head,
        feed_forward: 3 * d_model * d_ff,
        norms: 2 * d_model,
    }
}

/// With a head for each query head nothing would be saved.
pub fn keys_and_values_not_grouped(
    d_model: usize,
    _n_heads: usize,
    _n_kv_heads: usize,
    d_ff: usize,
) -> LayerParameters {
    LayerParameters {
        attention: 4 * d_model * d_model,
        feed_forward: 3 * d_model * d_ff,
        norms: 2 * d_model,
    }
}

/// GPT-2 has them; here they went.
pub fn the_biases_of_the_attention_counted(
    d_model: usize,
    n_heads: usize,
    n_kv_heads: usize,
    d_ff: usize,
) -> LayerParameters {
    let d_head = d_model / n_heads;
    let weights = 2 * d_model * d_model + 2 * d_model * n_kv_heads * d_head;
    LayerParameters {
        attention: weights + 2 * d_model + 2 * n_kv_heads * d_head,
        feed_forward: 3 * d_model * d_ff,
        norms: 2 * d_model,
    }
}

/// SwiGLU has a gate beside the map up.
pub fn two_maps_in_the_feed_forward(
    d_model: usize,
    n_heads: usize,
    n_kv_heads: usize,
    d_ff: usize,
) -> LayerParameters {
    let d_head = d_model / n_heads;
    LayerParameters {
        attention: 2 * d_model * d_model + 2 * d_model * n_kv_heads * d_head,
        feed_forward: 2 * d_model * d_ff,
        norms: 2 * d_model,
    }
}

/// GPT-2's width; LLaMA's is given.
pub fn four_times_d_model_inside_the_feed_forward(
    d_model: usize,
    n_heads: usize,
    n_kv_heads: usize,
    _d_ff: usize,
) -> LayerParameters {
    let d_head = d_model / n_heads;
    LayerParameters {
        attention: 2 * d_model * d_model + 2 * d_model * n_kv_heads * d_head,
        feed_forward: 3 * d_model * 4 * d_model,
        norms: 2 * d_model,
    }
}

/// RMSNorm has a weight for each number and nothing else.
pub fn a_bias_in_each_norm(
    d_model: usize,
    n_heads: usize,
    n_kv_heads: usize,
    d_ff: usize,
) -> LayerParameters {
    let d_head = d_model / n_heads;
    LayerParameters {
        attention: 2 * d_model * d_model + 2 * d_model * n_kv_heads * d_head,
        feed_forward: 3 * d_model * d_ff,
        norms: 4 * d_model,
    }
}
