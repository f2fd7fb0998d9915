//! BERT's input: what the token is, where it stands and whose it is, added up.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, assert_shape};
use kernels::dropout::Dropout;
use kernels::tally::{self, Operation};

use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::{LearnedPositions, LearnedPositionsConfig};

use crate::norm::{LayerNorm, LayerNormConfig};

/// The tokens' axis of `[batch, tokens]`.
const TOKENS: usize = 1;

/// Configuration of [`BertEmbeddings`].
#[derive(Config, Debug)]
pub struct BertEmbeddingsConfig {
    /// Size of the vocabulary: rows of the token table.
    pub vocab: usize,
    /// Length of the longest text in tokens: rows of the position table that a text can use.
    pub max_tokens: usize,
    /// Number of segments, rows of their table: 2 for a pair of sentences, one per role for a chat.
    pub segments: usize,
    /// Width of the model: how many numbers a token has.
    pub d_model: usize,
    /// Id of `[PAD]` where positions are counted on from it, as RoBERTa counts them
    /// ([`positions_after_padding`]); `None` counts from 0, as BERT does.
    #[config(default = "None")]
    pub padding: Option<u32>,
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
    /// Segment table: whose the token is, of the first or the second sentence, or of a
    /// role in a chat.
    pub segments: TokenEmbedding,
    /// Norm that brings the sum to one scale.
    pub norm: LayerNorm,
    /// Dropout after the norm, in training only.
    pub dropout: Dropout,
    /// Id of `[PAD]` where positions are counted on from it, as RoBERTa counts them.
    #[module(skip)]
    pub padding: Option<u32>,
}
// ANCHOR_END: tables

impl BertEmbeddingsConfig {
    /// Fresh embeddings: three tables of normal random numbers and a norm.
    ///
    /// # Panics
    ///
    /// If a size is zero, `epsilon` not above zero or `dropout` not in 0..1.
    pub fn init(&self, device: &Device) -> BertEmbeddings {
        let Self { vocab, max_tokens, segments, d_model, padding, epsilon, dropout, .. } = *self;
        let (std, rows) = (self.initializer_std, first_position(padding) + max_tokens);
        let tokens = TokenEmbeddingConfig::new(vocab, d_model).with_initializer_std(std);
        let positions = LearnedPositionsConfig::new(rows, d_model).with_initializer_std(std);
        let segments = TokenEmbeddingConfig::new(segments, d_model).with_initializer_std(std);
        BertEmbeddings {
            tokens: tokens.init(device),
            positions: positions.init(device),
            segments: segments.init(device),
            norm: LayerNormConfig::new(d_model).with_epsilon(epsilon).init(device),
            dropout: Dropout::new(dropout),
            padding,
        }
    }
}

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
    // ANCHOR: forward
    pub fn forward(&self, ids: Tensor<2, Int>, segment_ids: Tensor<2, Int>) -> Tensor<3> {
        self.dropout.forward(self.norm.forward(self.sum(ids, segment_ids)))
    }
    // ANCHOR_END: forward

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
    // ANCHOR: sum
    pub fn sum(&self, ids: Tensor<2, Int>, segment_ids: Tensor<2, Int>) -> Tensor<3> {
        let [batch, tokens] = ids.dims();
        assert_shape!(segment_ids, [batch, tokens]);
        let _timer = tally::timer(Operation::Embedding, || {
            tally::pass(2 * batch * tokens * self.tokens.d_model(), 1) // three read, one written
        });
        let positions = self.position_vectors(&ids); // [batch or 1, tokens, d_model]
        self.tokens.forward(ids) + positions + self.segments.forward(segment_ids)
    }
    // ANCHOR_END: sum
}

impl BertEmbeddings {
    /// The vector of each token's place: rows 0, 1, 2 .. for every text, or with a `padding` those
    /// of [`positions_after_padding`].
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token ids in 0..vocab
    /// - output: `[1, tokens, d_model]`, or with a `padding` `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If there are more tokens than positions.
    pub fn position_vectors(&self, ids: &Tensor<2, Int>) -> Tensor<3> {
        let [_, tokens] = ids.dims();
        let Some(padding) = self.padding else {
            return self.positions.forward(tokens).unsqueeze();
        };
        let most = self.max_tokens();
        assert!(tokens <= most, "{tokens} tokens in embeddings with positions for {most}");
        self.positions.forward_at(positions_after_padding(ids.clone(), padding))
    }

    /// The longest text in tokens: the rows of the position table without those that no token of a
    /// text can have.
    pub fn max_tokens(&self) -> usize {
        self.positions.max_tokens() - first_position(self.padding)
    }
}

/// The positions of tokens counted on from the id of `[PAD]`, as RoBERTa counts them: padding stands
/// at `padding`, and the first other token at `padding` + 1.
///
/// A `[PAD]` between words is not counted either: it is the id that decides, not the mask (Liu et
/// al. 2019, released code; `create_position_ids_from_input_ids` of transformers 5.24).
///
/// # Shapes
///
/// - ids: `[batch, tokens]`, token ids
/// - output: `[batch, tokens]`, rows of the position table
// ANCHOR: positions
pub fn positions_after_padding(ids: Tensor<2, Int>, padding: u32) -> Tensor<2, Int> {
    let counts = ids.not_equal_scalar(padding).int();
    counts.clone().cumsum(TOKENS) * counts + padding
}
// ANCHOR_END: positions

/// The position of a text's first token.
fn first_position(padding: Option<u32>) -> usize {
    padding.map_or(0, |padding| padding as usize + 1)
}
