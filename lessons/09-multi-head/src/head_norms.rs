//! The norms of queries and keys: the score of two tokens then depends on where their vectors point,
//! and on a learned scale, but not on how long the vectors have grown.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor, assert_shape};

/// Axis of a head's numbers in `[batch, heads, tokens, d_head]`.
const NUMBERS: usize = 3;

/// RMSNorm of every query and every key, by a scale that all heads share (Henry et al. 2020,
/// "Query-Key Normalization for Transformers"; Yang et al. 2025, "Qwen3 Technical Report", section
/// 2).
#[derive(Module, Debug)]
pub struct HeadNorms {
    /// Scale of the queries, `[d_head]`.
    pub query: Param<Tensor<1>>,
    /// Scale of the keys, `[d_head]`.
    pub key: Param<Tensor<1>>,
    epsilon: f64,
}

impl HeadNorms {
    /// Norms that have learned nothing yet: every scale is 1.
    ///
    /// # Panics
    ///
    /// If `epsilon` is not above zero.
    pub(crate) fn new(d_head: usize, epsilon: f64, device: &Device) -> Self {
        assert!(
            epsilon > 0.0 && epsilon.is_finite(),
            "the epsilon of the heads' norms must be above 0, not {epsilon}"
        );
        let scale = || Initializer::Ones.init([d_head], device);
        Self { query: scale(), key: scale(), epsilon }
    }

    /// Queries and keys by [`norm_heads`], each with its scale, or by [`kernels::norm`] unless
    /// [`kernels::plain`]; a test holds the two equal.
    ///
    /// # Shapes
    ///
    /// - q: `[batch, n_heads, tokens, d_head]`
    /// - k: `[batch, n_kv_heads, tokens, d_head]`
    /// - output: the same
    pub(crate) fn forward(&self, q: Tensor<4>, k: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let norm = if kernels::plain() { norm_heads } else { kernels::norm::rms_norm };
        let q = norm(q, self.query.val(), self.epsilon);
        let k = norm(k, self.key.val(), self.epsilon);
        (q, k)
    }
}

/// Brings the mean square of every head's numbers to 1, then scales them: RMSNorm, which lesson 10
/// has for whole vectors.
///
/// y = x / sqrt(mean(x^2) + epsilon) * scale (Zhang & Sennrich 2019, equation 4)
///
/// # Shapes
///
/// - x: `[batch, heads, tokens, d_head]`
/// - scale: `[d_head]`
/// - output: as x
///
/// # Panics
///
/// If the last axis of `x` is not the length of `scale`.
// ANCHOR: norm_heads
pub fn norm_heads(x: Tensor<4>, scale: Tensor<1>, epsilon: f64) -> Tensor<4> {
    let [d_head] = scale.dims();
    assert_shape!(x, [_, _, _, d_head]);
    let mean_square = x.clone().square().mean_dim(NUMBERS);
    x / (mean_square + epsilon).sqrt() * scale.unsqueeze()
}
// ANCHOR_END: norm_heads
