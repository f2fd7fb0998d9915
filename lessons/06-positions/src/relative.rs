//! Positions where they matter, between a query and a key: RoPE turns both, ALiBi lowers the score
//! of the far.

use std::f64::consts::TAU;

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData, assert_shape};

/// The last of RoPE's axes in `[batch, heads, tokens, d_head]`.
const D_HEAD: usize = 3;

/// Positions whose turns are computed once at `init`; later ones are computed when they come.
const TABLED: usize = 1024;

/// The steepest series of slopes ends at 2^-8 for every power of two of heads (Press et al. 2022,
/// section 3).
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
    /// Not at all.
    None,
    /// Every frequency divided by `factor` (Chen et al. 2023, "Position Interpolation", section
    /// 2.3).
    Linear {
        /// Times as long as in training.
        factor: f64,
    },
    /// Fast turns kept, slow ones divided by `factor`, a ramp in between (LLaMA 3.1, 2024; as
    /// transformers computes it).
    Llama3 {
        /// Divisor of the slow frequencies.
        factor: f64,
        /// Slow: fewer turns than this within the original context.
        low_freq_factor: f64,
        /// Fast: more turns than this within the original context.
        high_freq_factor: f64,
        /// Tokens of the texts it was first trained on.
        original_max_position_embeddings: usize,
    },
}
// ANCHOR_END: scaling

/// What a [`Rope`] is made from.
#[derive(Config, Debug)]
pub struct RopeConfig {
    /// Numbers a head has; even.
    pub d_head: usize,
    /// Base of the frequencies: pair i turns by theta^(-2i / d_head) a position (Su et al. 2021,
    /// section 3.2.2).
    #[config(default = 10_000.0)]
    pub theta: f64,
    /// Which two numbers make a pair.
    #[config(default = "RopeLayout::HalfSplit")]
    pub layout: RopeLayout,
    /// Stretch to texts longer than those of training.
    #[config(default = "RopeScaling::None")]
    pub scaling: RopeScaling,
}

/// Rotary position embedding: turns each pair of a query or key by an angle that grows with its
/// position.
#[derive(Module, Debug)]
pub struct Rope {
    /// Radians a position, one a pair.
    frequencies: Vec<f64>,
    /// `[positions, d_head / 2]`.
    cos: Tensor<2>,
    /// `[positions, d_head / 2]`.
    sin: Tensor<2>,
    #[module(skip)]
    layout: RopeLayout,
}

// ANCHOR: frequencies
impl RopeConfig {
    /// The turns of the first positions, on `device`.
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
        let frequency = |pair: usize| theta.powf(-((2 * pair) as f64) / d_head as f64);
        let frequencies: Vec<f64> =
            (0..d_head / 2).map(|pair| scaling.apply(frequency(pair))).collect();
        let (cos, sin) = turns(&frequencies, 0, TABLED, device);
        Rope { frequencies, cos, sin, layout }
    }
}
// ANCHOR_END: frequencies

impl RopeScaling {
    fn check(self) {
        let above_zero = |factor: f64| factor > 0.0 && factor.is_finite();
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

    /// A frequency in radians a position, slowed.
    fn apply(self, frequency: f64) -> f64 {
        match self {
            Self::None => frequency,
            Self::Linear { factor } => frequency / factor,
            Self::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_max_position_embeddings,
            } => {
                let turns = original_max_position_embeddings as f64 * frequency / TAU;
                let kept = ((turns - low_freq_factor) / (high_freq_factor - low_freq_factor))
                    .clamp(0.0, 1.0);
                kept * frequency + (1.0 - kept) * frequency / factor
            }
        }
    }
}

// ANCHOR: rope
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
    pub fn rotate(&self, x: Tensor<4>, first_position: usize) -> Tensor<4> {
        let d_head = self.d_head();
        assert_shape!(x, [_, _, _, d_head]);
        let (cos, sin) = self.turns(first_position, x.dims()[2], &x.device());
        let (cos, sin) = (cos.unsqueeze(), sin.unsqueeze()); // [1, 1, tokens, d_head / 2]
        let (a, b) = self.layout.split(x);
        let turned_a = a.clone() * cos.clone() - b.clone() * sin.clone();
        let turned_b = b * cos + a * sin;
        self.layout.join(turned_a, turned_b)
    }

    /// Numbers a head has.
    pub fn d_head(&self) -> usize {
        2 * self.frequencies.len()
    }

    /// Radians that each pair turns by a position, the fastest first.
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// Cosine and sine of the angles: `[tokens, d_head / 2]` each.
    fn turns(
        &self,
        first_position: usize,
        tokens: usize,
        device: &Device,
    ) -> (Tensor<2>, Tensor<2>) {
        let end = first_position + tokens;
        if end <= TABLED {
            let rows = |table: &Tensor<2>| table.clone().narrow(0, first_position, tokens);
            return (rows(&self.cos), rows(&self.sin));
        }
        turns(&self.frequencies, first_position, tokens, device)
    }
}
// ANCHOR_END: rope

impl RopeLayout {
    /// The first and the second number of every pair: `[batch, heads, tokens, d_head / 2]` each.
    fn split(self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [batch, heads, tokens, d_head] = x.dims();
        let half = d_head / 2;
        match self {
            Self::HalfSplit => (x.clone().narrow(D_HEAD, 0, half), x.narrow(D_HEAD, half, half)),
            Self::Interleaved => {
                let pairs = x.reshape([batch, heads, tokens, half, 2]);
                let side = |side| pairs.clone().narrow(D_HEAD + 1, side, 1).squeeze_dim(D_HEAD + 1);
                (side(0), side(1))
            }
        }
    }

    /// The pairs put back where [`RopeLayout::split`] took them from.
    fn join(self, a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
        let [batch, heads, tokens, half] = a.dims();
        match self {
            Self::HalfSplit => Tensor::cat(vec![a, b], D_HEAD),
            Self::Interleaved => {
                let pairs: Tensor<5> = Tensor::stack(vec![a, b], D_HEAD + 1);
                pairs.reshape([batch, heads, tokens, 2 * half])
            }
        }
    }
}

/// Cosine and sine of position * frequency, `[tokens, pairs]` each.
fn turns(
    frequencies: &[f64],
    first_position: usize,
    tokens: usize,
    device: &Device,
) -> (Tensor<2>, Tensor<2>) {
    // In f64 on the host: f32 rounds the angle of position 100,000 by up to 0.004 radians, and q.k
    // would see it.
    let table = |turn: fn(f64) -> f64| {
        let positions = first_position..first_position + tokens;
        let angles =
            positions.flat_map(|position| frequencies.iter().map(move |f| position as f64 * f));
        let values: Vec<f32> = angles.map(|angle| turn(angle) as f32).collect();
        Tensor::from_data(TensorData::new(values, [tokens, frequencies.len()]), device)
    };
    (table(f64::cos), table(f64::sin))
}

// ANCHOR: slopes
/// How fast each head forgets the far: a geometric series, 2^(-8h / heads) for heads h = 1, 2, ..
/// (Press et al. 2022, section 3).
///
/// A number of heads that is not a power of two takes the series of the largest one below it, then
/// every other slope of the next one's (the paper's released code, as in BLOOM).
///
/// # Panics
///
/// If `heads` is zero.
pub fn alibi_slopes(heads: usize) -> Vec<f32> {
    assert!(heads > 0, "ALiBi needs at least one head");
    let series = |of: usize| {
        (1..=of).map(move |head| (-SLOPE_EXPONENT * head as f64 / of as f64).exp2() as f32)
    };
    let below = 1 << heads.ilog2();
    series(below).chain(series(2 * below).step_by(2)).take(heads).collect()
}
// ANCHOR_END: slopes

// ANCHOR: bias
/// What ALiBi adds to the scores: nothing for the token itself, and the less the further back a key
/// lies.
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
pub fn alibi_bias(heads: usize, queries: usize, keys: usize, device: &Device) -> Tensor<3> {
    assert!(
        queries <= keys,
        "{queries} queries stand among {keys} keys: there cannot be more of them"
    );
    let first_query = keys - queries;
    let distance =
        |query: usize| (0..keys).map(move |key| key as f32 - (first_query + query) as f32);
    let distances: Vec<f32> = (0..queries).flat_map(distance).collect();
    let distances = Tensor::<3>::from_data(TensorData::new(distances, [1, queries, keys]), device);
    let slopes = Tensor::from_data(TensorData::new(alibi_slopes(heads), [heads, 1, 1]), device);
    slopes * distances
}
// ANCHOR_END: bias
