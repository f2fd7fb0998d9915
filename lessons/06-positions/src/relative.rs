//! Positions where they matter, between a query and a key: RoPE turns both, ALiBi lowers the score
//! of the far.

use std::f64::consts::TAU;

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData, assert_shape};

/// Axis of the tokens in `[batch, heads, tokens, d_head]`.
const TOKENS: usize = 2;
/// Axis of a head's numbers in `[batch, heads, tokens, d_head]`.
const D_HEAD: usize = 3;
/// Axis of the two numbers of a pair in `[batch, heads, tokens, d_head / 2, 2]`.
const PAIR: usize = 4;
/// Axis of the positions in `[positions, d_head / 2]`.
const POSITIONS: usize = 0;

/// Number of positions whose angles are computed once, at `init`; later ones are computed when they
/// come.
const TABLED: usize = 1024;

/// The slopes of every power of two of heads end at 2^-8 (Press et al. 2022, section 3).
const SLOPE_EXPONENT: f64 = 8.0;

// ANCHOR: layouts
/// Which two numbers of a head are turned together.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum RopeLayout {
    /// (i, i + d_head / 2), as Hugging Face stores LLaMA.
    HalfSplit,
    /// (2i, 2i + 1), as in the paper and in Meta's LLaMA.
    Interleaved,
}
// ANCHOR_END: layouts

// ANCHOR: scaling
/// How a model trained on short texts is stretched to longer ones: by slower turns.
#[derive(Config, Debug, Copy, PartialEq)]
pub enum RopeScaling {
    /// Every frequency is left as it is.
    None,
    /// Every frequency divided by `factor` (Chen et al. 2023, "Position Interpolation",
    /// section 2.3).
    Linear {
        /// How many times as long as in training a text may be.
        factor: f64,
    },
    /// Fast turns kept, slow ones divided by `factor`, a ramp in between (LLaMA 3.1, 2024;
    /// as transformers computes it).
    Llama3 {
        /// Divisor of the slow frequencies.
        factor: f64,
        /// A pair that makes fewer turns than this within the original context is slow.
        low_freq_factor: f64,
        /// A pair that makes more turns than this within the original context is fast.
        high_freq_factor: f64,
        /// Tokens of the texts it was first trained on.
        original_max_position_embeddings: usize,
    },
}
// ANCHOR_END: scaling

/// How to make a [`Rope`].
#[derive(Config, Debug)]
pub struct RopeConfig {
    /// Width of a head, in numbers; even.
    pub d_head: usize,
    /// Base of the frequencies (Su et al. 2021, section 3.2.2), see [`rope_frequencies`].
    #[config(default = 10_000.0)]
    pub theta: f64,
    /// Layout of the pairs: which two numbers of a head are turned together.
    #[config(default = "RopeLayout::HalfSplit")]
    pub layout: RopeLayout,
    /// Scaling of the frequencies, for texts longer than those of training.
    #[config(default = "RopeScaling::None")]
    pub scaling: RopeScaling,
}

/// Rotary position embedding: turns each pair of a query or key by an angle that grows with its
/// position.
#[derive(Module, Debug)]
pub struct Rope {
    /// Radians that each pair turns per position, `[d_head / 2]`.
    frequencies: Vec<f64>,
    /// Cosines of the first positions' angles, `[positions, d_head / 2]`.
    cos: Tensor<2>,
    /// Sines of the first positions' angles, `[positions, d_head / 2]`.
    sin: Tensor<2>,
    /// Layout of the pairs: which two numbers of a head are turned together.
    #[module(skip)]
    pub layout: RopeLayout,
}

impl RopeConfig {
    /// The rotation of this configuration, with the angles of the first positions on `device`.
    ///
    /// # Panics
    ///
    /// If `d_head` is odd or zero, `theta` is not above 1, or a factor of the scaling is not above
    /// zero (llama3: or its high factor not above its low one).
    pub fn init(&self, device: &Device) -> Rope {
        let Self { d_head, theta, layout, scaling } = *self;
        assert!(
            d_head > 0 && d_head % 2 == 0,
            "RoPE turns pairs: d_head must be even, not {d_head}"
        );
        assert!(theta > 1.0 && theta.is_finite(), "RoPE's theta must be above 1, not {theta}");
        scaling.check();
        let mut frequencies = rope_frequencies(d_head, theta);
        for frequency in &mut frequencies {
            *frequency = scaling.scale(*frequency);
        }
        let (cos, sin) = cos_and_sin(&frequencies, 0, TABLED, device);
        Rope { frequencies, cos, sin, layout }
    }
}

/// Radians that each pair of a head turns per position: theta^(-2i / d_head) for pair i, the
/// fastest first (Su et al. 2021, "RoFormer", equation 15).
///
/// # Shapes
///
/// - output: `[d_head / 2]`
// ANCHOR: frequencies
pub fn rope_frequencies(d_head: usize, theta: f64) -> Vec<f64> {
    let mut frequencies = Vec::with_capacity(d_head / 2);
    for pair in 0..d_head / 2 {
        frequencies.push(theta.powf(-((2 * pair) as f64) / d_head as f64));
    }
    frequencies
}
// ANCHOR_END: frequencies

impl RopeScaling {
    /// Panics if the scaling cannot be computed.
    fn check(self) {
        match self {
            Self::None => {}
            Self::Linear { factor } => {
                assert!(above_zero(factor), "a linear factor of {factor} stretches nothing")
            }
            Self::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_max_position_embeddings,
            } => {
                assert!(above_zero(factor), "a llama3 factor of {factor} stretches nothing");
                assert!(
                    above_zero(low_freq_factor) && high_freq_factor > low_freq_factor,
                    "llama3 needs 0 < low_freq_factor < high_freq_factor, not {low_freq_factor} \
                        and {high_freq_factor}"
                );
                assert!(
                    original_max_position_embeddings > 0,
                    "llama3 needs an original context above 0 tokens"
                );
            }
        }
    }

    /// A frequency in radians per position, slowed.
    fn scale(self, frequency: f64) -> f64 {
        match self {
            Self::None => frequency,
            Self::Linear { factor } => frequency / factor,
            Self::Llama3 {
                factor,
                low_freq_factor: low,
                high_freq_factor: high,
                original_max_position_embeddings: original,
            } => llama3(frequency, factor, low, high, original),
        }
    }
}

/// Whether a factor is a number above zero, and not infinite.
fn above_zero(factor: f64) -> bool {
    factor > 0.0 && factor.is_finite()
}

/// A frequency as LLaMA 3.1 scales it: kept where the pair makes more than `high` turns within the
/// `original` context, divided by `factor` where it makes fewer than `low`, a ramp in between (as
/// transformers computes it).
// ANCHOR: llama3
fn llama3(frequency: f64, factor: f64, low: f64, high: f64, original: usize) -> f64 {
    let turns = original as f64 * frequency / TAU;
    let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
    kept * frequency + (1.0 - kept) * frequency / factor
}
// ANCHOR_END: llama3

impl Rope {
    /// Turns every pair (a, b) of the token at position pos by the angle pos * frequency of the
    /// pair.
    ///
    /// (a, b) -> (a cos - b sin, b cos + a sin) (Su et al. 2021, equation 34)
    ///
    /// # Shapes
    ///
    /// - x: `[batch, heads, tokens, d_head]`, queries or keys
    /// - output: the same; token t stands at position `first_position + t`
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_head`.
    // ANCHOR: rope
    pub fn rotate(&self, x: Tensor<4>, first_position: usize) -> Tensor<4> {
        let d_head = self.d_head();
        assert_shape!(x, [_, _, _, d_head]);
        let (cos, sin) = self.cos_and_sin(first_position, x.dims()[TOKENS], &x.device());
        let (cos, sin) = (cos.unsqueeze(), sin.unsqueeze()); // [1, 1, tokens, d_head / 2]
        let (a, b) = self.layout.split(x);
        let turned_a = a.clone() * cos.clone() - b.clone() * sin.clone();
        let turned_b = b * cos + a * sin;
        self.layout.join(turned_a, turned_b)
    }
    // ANCHOR_END: rope

    /// Width of a head, in numbers.
    pub fn d_head(&self) -> usize {
        2 * self.frequencies.len()
    }

    /// Radians that each pair turns per position, the fastest first.
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// Cosine and sine of the angles of `tokens` positions from `first_position` on.
    ///
    /// # Shapes
    ///
    /// - output: `[tokens, d_head / 2]` each
    pub fn cos_and_sin(
        &self,
        first_position: usize,
        tokens: usize,
        device: &Device,
    ) -> (Tensor<2>, Tensor<2>) {
        if first_position + tokens > TABLED {
            return cos_and_sin(&self.frequencies, first_position, tokens, device);
        }
        let cos = self.cos.clone().narrow(POSITIONS, first_position, tokens);
        let sin = self.sin.clone().narrow(POSITIONS, first_position, tokens);
        (cos, sin)
    }
}

impl RopeLayout {
    /// The first and the second number of every pair.
    ///
    /// # Shapes
    ///
    /// - x: `[batch, heads, tokens, d_head]`
    /// - output: `[batch, heads, tokens, d_head / 2]` each
    pub fn split(self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [batch, heads, tokens, d_head] = x.dims();
        let half = d_head / 2;
        match self {
            Self::HalfSplit => (x.clone().narrow(D_HEAD, 0, half), x.narrow(D_HEAD, half, half)),
            Self::Interleaved => {
                let pairs: Tensor<5> = x.reshape([batch, heads, tokens, half, 2]);
                let a = pairs.clone().narrow(PAIR, 0, 1).squeeze_dim(PAIR);
                let b = pairs.narrow(PAIR, 1, 1).squeeze_dim(PAIR);
                (a, b)
            }
        }
    }

    /// The pairs put back where [`RopeLayout::split`] took them from.
    ///
    /// # Shapes
    ///
    /// - a, b: `[batch, heads, tokens, d_head / 2]`
    /// - output: `[batch, heads, tokens, d_head]`
    pub fn join(self, a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
        let [batch, heads, tokens, half] = a.dims();
        match self {
            Self::HalfSplit => Tensor::cat(vec![a, b], D_HEAD),
            Self::Interleaved => {
                let pairs: Tensor<5> = Tensor::stack(vec![a, b], PAIR);
                pairs.reshape([batch, heads, tokens, 2 * half])
            }
        }
    }
}

/// Cosine and sine of the angles position * frequency, `[tokens, pairs]` each.
///
/// In f64 on the host: f32 rounds the angle of position 100,000 by up to 0.004 radians, and q.k
/// would see it.
fn cos_and_sin(
    frequencies: &[f64],
    first_position: usize,
    tokens: usize,
    device: &Device,
) -> (Tensor<2>, Tensor<2>) {
    let (mut cos, mut sin) = (Vec::new(), Vec::new());
    for position in first_position..first_position + tokens {
        for frequency in frequencies {
            let angle = position as f64 * frequency;
            cos.push(angle.cos() as f32);
            sin.push(angle.sin() as f32);
        }
    }
    let [cos, sin] = [cos, sin].map(|table| TensorData::new(table, [tokens, frequencies.len()]));
    (Tensor::from_data(cos, device), Tensor::from_data(sin, device))
}

/// How fast each head forgets the far: a geometric series, 2^(-8h / heads) for heads h = 1, 2, ..
/// (Press et al. 2022, section 3).
///
/// A number of heads that is not a power of two takes the series of the largest one below it, then
/// every other slope of the next one's (the paper's released code, as in BLOOM).
///
/// # Shapes
///
/// - output: `[heads]`, in 2^-8..1
///
/// # Panics
///
/// If `heads` is zero.
// ANCHOR: slopes
pub fn alibi_slopes(heads: usize) -> Vec<f32> {
    assert!(heads > 0, "ALiBi needs at least one head");
    let below = 1 << heads.ilog2(); // the largest power of two that is not above heads
    let mut slopes = Vec::with_capacity(heads);
    for head in 1..=below {
        slopes.push(slope(head, below));
    }
    for extra in 0..heads - below {
        slopes.push(slope(1 + 2 * extra, 2 * below));
    }
    slopes
}

/// 2^(-8h / heads) for head h, counted from 1.
fn slope(head: usize, heads: usize) -> f32 {
    (-SLOPE_EXPONENT * head as f64 / heads as f64).exp2() as f32
}
// ANCHOR_END: slopes

/// What ALiBi adds to the scores: 0 for the token itself, and the less the further back a key lies.
///
/// bias = slope * (key - query), positions counted from the first key (Press et al. 2022, equation
/// in section 3). A key after its query gets a positive bias: hide it with a causal mask.
///
/// # Shapes
///
/// - output: `[heads, queries, keys]`; the queries are the last ones of the keys' positions
///
/// # Panics
///
/// If there are more queries than keys, or no heads.
// ANCHOR: bias
pub fn alibi_bias(
    heads: usize,
    queries: usize, // the last ones of the keys' positions
    keys: usize,
    device: &Device,
) -> Tensor<3> {
    assert!(
        queries <= keys,
        "{queries} queries stand among {keys} keys: there cannot be more of them"
    );
    let first_query = keys - queries;
    let mut distances = Vec::with_capacity(queries * keys);
    for query in first_query..keys {
        for key in 0..keys {
            distances.push(key as f32 - query as f32);
        }
    }
    let distances = TensorData::new(distances, [1, queries, keys]);
    let slopes = TensorData::new(alibi_slopes(heads), [heads, 1, 1]);
    Tensor::<3>::from_data(slopes, device) * Tensor::<3>::from_data(distances, device)
}
// ANCHOR_END: bias
