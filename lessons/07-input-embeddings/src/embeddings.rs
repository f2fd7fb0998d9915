//! BERT's input: what the token is, where it stands, and whose it is, added up.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::Device;
use burn::tensor::{Int, Tensor, assert_shape};

use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::{LearnedPositions, LearnedPositionsConfig};

use crate::norm::{LayerNorm, LayerNormConfig};

/// What a [`BertEmbeddings`] is made from.
#[derive(Config, Debug)]
pub struct BertEmbeddingsConfig {
    /// Rows of the token table.
    pub vocab: usize,
    /// Rows of the position table: the longest text.
    pub max_tokens: usize,
    /// Rows of the segment table: 2 for a pair of sentences, one a role for a chat.
    pub segments: usize,
    /// Numbers a token has.
    pub d_model: usize,
    /// LayerNorm's epsilon (BERT's `layer_norm_eps`).
    #[config(default = 1e-12)]
    pub epsilon: f64,
    /// Chance that training drops a number (0.1 in BERT's pretraining, Devlin et al. 2019, appendix
    /// A.2).
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Standard deviation of the tables' first values (BERT's `initializer_range`).
    #[config(default = 0.02)]
    pub initializer_std: f64,
}

// ANCHOR: tables
/// Token + position + segment, normalised (Devlin et al. 2019).
#[derive(Module, Debug)]
pub struct BertEmbeddings {
    /// What the token is.
    pub tokens: TokenEmbedding,
    /// Where it stands.
    pub positions: LearnedPositions,
    /// Whose it is: first or second sentence, or a role in a chat.
    pub segments: TokenEmbedding,
    /// Brings the sum to one scale.
    pub norm: LayerNorm,
    /// After the norm, in training only.
    pub dropout: Dropout,
}
// ANCHOR_END: tables

impl BertEmbeddingsConfig {
    /// Tables of normal random numbers.
    ///
    /// # Panics
    ///
    /// If a size is zero, `epsilon` not above zero or `dropout` not in 0..1.
    pub fn init(&self, device: &Device) -> BertEmbeddings {
        let Self { vocab, max_tokens, segments, d_model, epsilon, dropout, initializer_std } =
            *self;
        let table = |rows| {
            TokenEmbeddingConfig::new(rows, d_model)
                .with_initializer_std(initializer_std)
                .init(device)
        };
        let positions =
            LearnedPositionsConfig::new(max_tokens, d_model).with_initializer_std(initializer_std);
        BertEmbeddings {
            tokens: table(vocab),
            positions: positions.init(device),
            segments: table(segments),
            norm: LayerNormConfig::new(d_model).with_epsilon(epsilon).init(device),
            dropout: DropoutConfig::new(dropout).init(),
        }
    }
}

// ANCHOR: sum
impl BertEmbeddings {
    /// What enters the first layer: dropout(LayerNorm(token + position + segment)).
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
