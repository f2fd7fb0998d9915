//! Positions as vectors that are added to the tokens' own: a formula, or a table that is learned.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Base of the sinusoids' frequencies: their longest wavelength is 2 pi times this (Vaswani et al.
/// 2017, section 3.5).
const BASE: f64 = 10_000.0;
/// Axis of the positions in a table `[tokens, d_model]`.
const POSITIONS: usize = 0;
/// Axis of a position's numbers in such a table.
const D_MODEL: usize = 1;

/// The table of sines and cosines: a clock with d_model / 2 hands, each slower than the one before.
///
/// PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), PE(pos, 2i + 1) = cos(pos / 10000^(2i / d_model))
/// (Vaswani et al. 2017, section 3.5)
///
/// # Shapes
///
/// - output: `[tokens, d_model]`, in -1..1; an odd `d_model` ends with a sine without its cosine
///
/// # Panics
///
/// If `tokens` or `d_model` is zero.
// ANCHOR: sinusoidal
pub fn sinusoidal(tokens: usize, d_model: usize, device: &Device) -> Tensor<2> {
    assert!(tokens > 0 && d_model > 0, "a table of {tokens} x {d_model} has no entries");
    let mut table = Vec::with_capacity(tokens * d_model);
    for position in 0..tokens {
        for axis in 0..d_model {
            table.push(sinusoid(position, axis, d_model) as f32);
        }
    }
    Tensor::from_data(TensorData::new(table, [tokens, d_model]), device)
}

/// PE(position, axis), one entry of the table of [`sinusoidal`], both counted from 0.
///
/// In f64 on the host: f32 rounds the angle of position 100,000 by up to 0.004 radians.
pub fn sinusoid(position: usize, axis: usize, d_model: usize) -> f64 {
    let even = axis - axis % 2; // a sine and the cosine after it are of one hand
    let angle = position as f64 / BASE.powf(even as f64 / d_model as f64);
    if axis == even { angle.sin() } else { angle.cos() }
}
// ANCHOR_END: sinusoidal

/// How to make [`LearnedPositions`].
#[derive(Config, Debug)]
pub struct LearnedPositionsConfig {
    /// Rows of the table: tokens of the longest text that it has positions for.
    pub max_tokens: usize,
    /// Width of a position's vector, in numbers.
    pub d_model: usize,
    /// Standard deviation of the initial values (BERT's `initializer_range`, Devlin et al. 2019,
    /// released code).
    #[config(default = 0.02)]
    pub initializer_std: f64,
}

/// A learned vector for each position. One that no text of the training reached keeps its random
/// start.
#[derive(Module, Debug)]
pub struct LearnedPositions {
    /// One row for each position, `[max_tokens, d_model]`.
    pub weight: Param<Tensor<2>>,
}

impl LearnedPositionsConfig {
    /// A table of normal random numbers.
    ///
    /// # Panics
    ///
    /// If `max_tokens` or `d_model` is zero.
    pub fn init(&self, device: &Device) -> LearnedPositions {
        let Self { max_tokens, d_model, initializer_std } = *self;
        assert!(
            max_tokens > 0 && d_model > 0,
            "a table of {max_tokens} tokens x {d_model} has no entries"
        );
        let normal = Initializer::Normal { mean: 0.0, std: initializer_std };
        LearnedPositions { weight: normal.init([max_tokens, d_model], device) }
    }
}

impl LearnedPositions {
    /// The vectors of positions 0 to `tokens` - 1.
    ///
    /// # Shapes
    ///
    /// - output: `[tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the table has fewer than `tokens` rows.
    pub fn forward(&self, tokens: usize) -> Tensor<2> {
        self.forward_from(0, tokens)
    }

    /// The vectors of `tokens` positions from `first_position` on: a text continued where it
    /// stopped.
    ///
    /// # Shapes
    ///
    /// - output: `[tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the table ends before the last of them.
    // ANCHOR: learned
    pub fn forward_from(&self, first_position: usize, tokens: usize) -> Tensor<2> {
        let end = first_position + tokens;
        let rows = self.max_tokens();
        assert!(
            end <= rows,
            "position {} asked of a table that was learned for {rows} positions",
            end - 1
        );
        self.weight.val().narrow(POSITIONS, first_position, tokens)
    }
    // ANCHOR_END: learned

    /// The vectors of any positions, for texts that do not all begin in the same column.
    ///
    /// # Shapes
    ///
    /// - positions: `[batch, tokens]`, each below `max_tokens`; not every device notices one that
    ///   is not
    /// - output: `[batch, tokens, d_model]`
    pub fn forward_at(&self, positions: Tensor<2, Int>) -> Tensor<3> {
        let [batch, tokens] = positions.dims();
        let rows = self.weight.val().select(POSITIONS, positions.reshape([batch * tokens]));
        rows.reshape([batch, tokens, self.weight.dims()[D_MODEL]])
    }

    /// Number of positions that the table has a row for.
    pub fn max_tokens(&self) -> usize {
        self.weight.shape().dims::<2>()[POSITIONS]
    }
}
