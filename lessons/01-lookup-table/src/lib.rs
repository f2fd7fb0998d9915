//! # 01 The lookup table
//!
//! **Question.** What is a token ID worth before anything is learned?
//!
//! Nothing: it is the number of a row. The row is what counts, and it starts as noise. This lesson
//! builds the table, the measure of how wrong a prediction is, and the smallest language model
//! there is: a table whose rows *are* the predictions. Trained, it ends up holding what you could
//! have counted with a pencil.
//!
//! **Equation.**
//! - lookup: `e = onehot(id) W` (Bengio et al. 2003, "A Neural Probabilistic Language Model",
//!   section 2: the matrix C)
//! - surprise: `L = -(1/tokens) sum_t log softmax(z_t)[target_t]`, in nats (Goodfellow et al. 2016,
//!   "Deep Learning", sections 6.2.1.1 and 6.2.2.3)
//! - the best a bigram can do: `H(next|this) = -sum_ij p(i, j) log p(j|i)` (Shannon 1948, "A
//!   Mathematical Theory of Communication", section 6)
//!
//! **Builds on.** Nothing but tensors.
//!
//! **Leaves you with.** [`TokenEmbedding`], the struct that pretrained weights load into ten lessons
//! later; [`cross_entropy`], the loss of every language model to come; and [`Bigram`], the baseline
//! they must beat.
//!
//! **Try.** Train the bigram on text with its characters shuffled. To which of the two levels does
//! the loss fall now, and why?

mod bigram;
pub mod demo;
pub mod naive;

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Int, Tensor, assert_shape};
use kernels::tally::{self, Operation, Timer};

pub use bigram::{
    Bigram, BigramConfig, bigram_counts, bigram_entropy, character_ids, gradient_descent, step,
    train,
};

/// Axis of a table along which one vector stands below the other.
const ROWS: usize = 0;
/// Axis of a table along which the numbers of one vector lie.
const COLUMNS: usize = 1;
/// Axis of logits `[tokens, vocab]` along which the possible tokens lie.
const VOCAB: usize = 1;

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "01-lookup-table",
    question: "What is a token ID worth before anything is learned?",
    leaves_you_with: "a table of vectors, a loss in nats, and a bigram model that is the table \
        alone",
    minilm: false,
};

/// Shape of a fresh table of token vectors, and the spread of its random entries.
#[derive(Config, Debug)]
pub struct TokenEmbeddingConfig {
    /// Number of rows: one for each token ID.
    pub vocab: usize,
    /// Number of columns: the width of a token's vector.
    pub d_model: usize,
    /// Standard deviation of the fresh entries, mean 0. The default is BERT's `initializer_range`
    /// (Devlin et al. 2019, the released `bert_config.json`) and GPT-2's.
    #[config(default = 0.02)]
    pub initializer_std: f64,
}

/// A table of vectors, one row for each token ID.
// ANCHOR: embedding
#[derive(Module, Debug)]
pub struct TokenEmbedding {
    /// The table: `[vocab, d_model]`.
    pub weight: Param<Tensor<2>>,
}
// ANCHOR_END: embedding

// ANCHOR: init
impl TokenEmbeddingConfig {
    /// Makes a fresh table, every entry drawn from N(0, `initializer_std`^2).
    ///
    /// # Panics
    ///
    /// If the table would have no rows or no columns, or the standard deviation is negative
    /// or NaN.
    pub fn init(&self, device: &Device) -> TokenEmbedding {
        let Self { vocab, d_model, initializer_std } = *self;
        assert!(vocab > 0 && d_model > 0, "a table of {vocab} x {d_model} holds nothing");
        assert!(
            initializer_std >= 0.0,
            "initializer_std must be 0 or more, found {initializer_std}"
        );
        let normal = Initializer::Normal { mean: 0.0, std: initializer_std };
        TokenEmbedding { weight: normal.init([vocab, d_model], device) }
    }
}
// ANCHOR_END: init

// ANCHOR: forward
impl TokenEmbedding {
    /// Looks up the row of each ID: `e_t = W[id_t]`.
    ///
    /// The output is the same as [`one_hot`]`(ids) x W`, bit for bit, without the
    /// multiplications by zero.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`; not every device notices one
    ///   outside
    /// - output: `[batch, tokens, d_model]`
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let [batch, tokens] = ids.dims();
        let rows = self.weight.val().select(ROWS, ids.reshape([batch * tokens]));
        rows.reshape([batch, tokens, self.d_model()])
    }

    /// Compares vectors with every row by dot product, the table read the other way
    /// round: `x W^T` (Press & Wolf 2017, "Using the Output Embedding to Improve Language
    /// Models").
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - output: `[batch, tokens, vocab]`, logits
    pub fn unembed(&self, x: Tensor<3>) -> Tensor<3> {
        let table = self.weight.val();
        let _timer = timer(&x, &table);
        if !kernels::plain() {
            return kernels::linear::compare(x, table); // by all cores; a test holds the two equal
        }
        // Transpose last: `unsqueeze` of a transposed table copies it, megabytes a time.
        x.matmul(table.unsqueeze::<3>().transpose())
    }

    /// Number of rows: how many token IDs the table knows.
    pub fn vocab(&self) -> usize {
        self.weight.shape()[ROWS]
    }

    /// Number of columns: the width of a token's vector.
    pub fn d_model(&self) -> usize {
        self.weight.shape()[COLUMNS]
    }
}
// ANCHOR_END: forward

/// Counts the time of a comparison with every row where somebody keeps a tally.
fn timer(x: &Tensor<3>, table: &Tensor<2>) -> Timer {
    let [vocab, d_model] = table.dims();
    let vectors = x.shape().num_elements() / d_model;
    tally::timer(Operation::Product, || tally::product(vectors, d_model, vocab))
}

/// Writes each token ID as a row of zeros with a single 1 in the token's own column.
///
/// # Shapes
///
/// - ids: `[tokens]`, token IDs in `0..vocab`
/// - output: `[tokens, vocab]`; an ID outside `0..vocab` gives a row of zeros
// ANCHOR: one_hot
pub fn one_hot(ids: Tensor<1, Int>, vocab: usize) -> Tensor<2> {
    let [tokens] = ids.dims();
    let columns = Tensor::<1, Int>::arange(0..vocab as i64, &ids.device());
    ids.reshape([tokens, 1]).equal(columns.reshape([1, vocab])).float()
}
// ANCHOR_END: one_hot

/// Cross entropy, how surprised the model is by what came, on average:
/// `-(1/tokens) sum_t log softmax(logits_t)[target_t]`.
///
/// Goodfellow et al. 2016, section 6.2.1.1. Uniform guessing costs ln(vocab), certainty of the
/// truth 0.
///
/// # Shapes
///
/// - logits: `[tokens, vocab]`, any real numbers
/// - targets: `[tokens]`, token IDs in `0..vocab`
/// - output: `[1]`, nats per token
///
/// # Panics
///
/// If there are more or fewer targets than rows of logits.
// ANCHOR: cross_entropy
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    if !kernels::plain() {
        return kernels::cross_entropy::cross_entropy(logits, targets); // held equal by a test
    }
    let of_targets = log_softmax(logits).gather(VOCAB, targets.reshape([tokens, 1]));
    of_targets.mean().neg()
}
// ANCHOR_END: cross_entropy

/// Turns logits into log-probabilities: `log softmax(z)_j = z_j - m - log sum_k exp(z_k - m)` with
/// `m = max_k z_k`.
///
/// Taking the maximum out changes nothing on paper and keeps `exp` from overflowing (Goodfellow et
/// al. 2016, section 4.1).
///
/// # Shapes
///
/// - logits: `[tokens, vocab]`, any finite numbers
/// - output: `[tokens, vocab]`, nats at or below 0; their exponentials sum to 1 in every row
// ANCHOR: log_softmax
pub fn log_softmax(logits: Tensor<2>) -> Tensor<2> {
    let shifted = logits.clone() - logits.detach().max_dim(VOCAB);
    let log_sum = shifted.clone().exp().sum_dim(VOCAB).log();
    shifted - log_sum
}
// ANCHOR_END: log_softmax

/// Perplexity, the number of equally likely tokens that the model might as well be choosing among:
/// `exp(nats)`.
// ANCHOR: units
pub fn perplexity(nats: f64) -> f64 {
    nats.exp()
}

/// Bits per character, a loss that can be compared between vocabularies:
/// `nats_per_token x tokens / (characters ln 2)`.
///
/// # Panics
///
/// If there are no characters to share the bits among.
pub fn bits_per_character(nats_per_token: f64, tokens: usize, characters: usize) -> f64 {
    assert!(characters > 0, "bits per character needs at least one character");
    nats_per_token * tokens as f64 / (characters as f64 * std::f64::consts::LN_2)
}
// ANCHOR_END: units
