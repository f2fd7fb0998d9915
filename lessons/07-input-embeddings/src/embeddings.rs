//! BERT's input: what the token is, where it stands and whose it is, added up.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Int, Tensor, assert_shape};

use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::{LearnedPositions, LearnedPositionsConfig};

use crate::norm::{LayerNorm, LayerNormConfig};

/// Configuration of [`BertEmbeddings`].
#[derive(Config, Debug)]
pub struct BertEmbeddingsConfig {
    /// Size of the vocabulary: rows of the token table.
    pub vocab: usize,
    /// Length of the longest text: rows of the position table.
    pub max_tokens: usize,
    /// Number of segments, rows of their table: 2 for a pair of sentences, one per role for a chat.
    pub segments: usize,
    /// Width of the model: how many numbers a token has.
    pub d_model: usize,
    /// Epsilon of the norm (BERT's `layer_norm_eps`).
    #[config(default = 1e-12)]
    pub epsilon: f64,
    /// Dropout's probability that a number is zeroed in training (0.1 in BERT's pretraining, Devlin
    /// et al. 2019, appendix A.2).
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Standard deviation of the tables' initial values (BERT's `initializer_range`).
    #[config(default = 0.02)]
    pub initializer_std: f64,
}

// ANCHOR: tables
/// Token + position + segment, normalised (Devlin et al. 2019).
#[derive(Module, Debug)]
pub struct BertEmbeddings {
    /// Token table: what the token is.
    pub tokens: TokenEmbedding,
    /// Position table: where the token stands.
    pub positions: LearnedPositions,
    /// Segment table: whose the token is, of the first or the second sentence, or of a role in a
    /// chat.
    pub segments: TokenEmbedding,
    /// Norm that brings the sum to one scale.
    pub norm: LayerNorm,
    /// Dropout after the norm, in training only.
    pub dropout: Dropout,
}
// ANCHOR_END: tables

impl BertEmbeddingsConfig {
    /// Fresh embeddings: three tables of normal random numbers and a norm.
    ///
    /// # Panics
    ///
    /// If a size is zero, `epsilon` not above zero or `dropout` not in 0..1.
    pub fn init(&self, device: &Device) -> BertEmbeddings {
        let Self { vocab, max_tokens, segments, d_model, epsilon, dropout, initializer_std } =
            *self;
        let std = initializer_std;
        let tokens = TokenEmbeddingConfig::new(vocab, d_model).with_initializer_std(std);
        let positions = LearnedPositionsConfig::new(max_tokens, d_model).with_initializer_std(std);
        let segments = TokenEmbeddingConfig::new(segments, d_model).with_initializer_std(std);
        BertEmbeddings {
            tokens: tokens.init(device),
            positions: positions.init(device),
            segments: segments.init(device),
            norm: LayerNormConfig::new(d_model).with_epsilon(epsilon).init(device),
            dropout: DropoutConfig::new(dropout).init(),
        }
    }
}

// ANCHOR: sum
impl BertEmbeddings {
    /// The input of the first layer: dropout(LayerNorm(token + position + segment)).
    ///
    /// (Devlin et al. 2019, section 3 and figure 2; the norm and the dropout are in the released
    /// code)
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token ids in 0..vocab
    /// - segment_ids: `[batch, tokens]`, in 0..segments
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the two shapes differ or there are more tokens than positions.
    pub fn forward(&self, ids: Tensor<2, Int>, segment_ids: Tensor<2, Int>) -> Tensor<3> {
        self.dropout.forward(self.norm.forward(self.sum(ids, segment_ids)))
    }

    /// The three vectors of each token added up, not yet normalised.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token ids in 0..vocab
    /// - segment_ids: `[batch, tokens]`, in 0..segments
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the two shapes differ or there are more tokens than positions.
    pub fn sum(&self, ids: Tensor<2, Int>, segment_ids: Tensor<2, Int>) -> Tensor<3> {
        let [batch, tokens] = ids.dims();
        assert_shape!(segment_ids, [batch, tokens]);
        let positions = self.positions.forward(tokens).unsqueeze(); // [1, tokens, d_model]
        self.tokens.forward(ids) + positions + self.segments.forward(segment_ids)
    }
}
// ANCHOR_END: sum
