//! Masked-language pretraining from scratch: mask some tokens, learn to guess them.
//!
//! ```text
//! loss = mean over masked positions of -log softmax(logits)[the token that stood there]    (nats)
//! ```
//!
//! Devlin et al. 2019, section 3.1: of all tokens 15 % are to be guessed; of those 80 % become
//! `[MASK]`, 10 % a random token, 10 % stay, so that the model cannot know which of what it sees is
//! true.

use burn::module::Param;
use burn::nn::LinearConfig;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor};
use inputs::LayerNormConfig;
use lookup::cross_entropy;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use crate::{Batch, BertConfig, MaskedLanguageModel};

/// Share of the tokens to guess (Devlin et al. 2019, section 3.1).
const GUESSED: f64 = 0.15;

/// Share of those that become `[MASK]` (Devlin et al. 2019, section 3.1).
const MASKED: f64 = 0.8;

/// Share of those that become a random word; the rest stay (Devlin et al. 2019, section 3.1).
const RANDOM: f64 = 0.1;

/// Axis of the rows in logits, `[batch * tokens, vocab]`.
const ROWS: usize = 0;

/// One text with some of its tokens masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// Token ids that the model sees.
    pub ids: Vec<u32>,
    /// Place and true id of each token to guess.
    pub targets: Vec<(usize, u32)>,
}

/// The ids that masking needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Special {
    /// Id of the mask token, `[MASK]`.
    pub mask: u32,
    /// Id of the padding token, `[PAD]`.
    pub pad: u32,
    /// First id of an ordinary word; all below are special and never guessed.
    pub first_word: u32,
}

/// Masks as many words as are 15 % of the tokens of `ids`, rounded, and at least one; all of them
/// where there are fewer.
///
/// The places are drawn at random, every word's as likely as any other's. 80 % of them become
/// `[MASK]`, 10 % a random word, and 10 % stay as they are (Devlin et al. 2019, section 3.1). Each
/// place has its own die for that, and a random word is any word of the vocabulary, in
/// `special.first_word..vocab`.
///
/// # Panics
///
/// If `ids` holds no word.
// ANCHOR: mask_tokens
pub fn mask_tokens(ids: &[u32], special: Special, vocab: u32, rng: &mut StdRng) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    assert!(!places.is_empty(), "a text to mask holds at least one word");
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::with_capacity(places.len());
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}
// ANCHOR_END: mask_tokens

/// The mean cross entropy of the masked places, and of no other.
///
/// -(1/|M|) sum_{i in M} ln softmax(logits_i)\[target_i\] (Devlin et al. 2019, section 3.1, task 1)
///
/// # Shapes
///
/// - logits: `[batch, tokens, vocab]`
/// - targets: for each text the place, in 0..tokens, and the true id, in 0..vocab, of every token
///   to guess
/// - output: `[1]`, nats per masked place
///
/// # Panics
///
/// If there are more or fewer lists of targets than texts in the batch.
// ANCHOR: masked_loss
pub fn masked_loss(logits: Tensor<3>, targets: &[Vec<(usize, u32)>]) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch, "a list of targets for each text");
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            rows.push((text * tokens + place) as i64);
            ids.push(i64::from(id));
        }
    }
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows); // [masked, vocab]
    cross_entropy(masked, ids)
}
// ANCHOR_END: masked_loss

/// Settings of a pretraining.
#[derive(Debug, Clone, Copy)]
pub struct MaskedPretraining {
    /// Number of optimizer steps.
    pub steps: usize,
    /// Texts in each step.
    pub batch: usize,
    /// Learning rate of AdamW.
    pub learning_rate: f64,
    /// Seed from which the choice of texts and of masked tokens follows.
    pub seed: u64,
}

/// Trains a new masked-language model on `corpus`; returns it and the loss of every step in nats.
///
/// `device` must be one that trains: `device.autodiff()`.
pub fn pretrain(
    config: &BertConfig,
    corpus: &[Vec<u32>],
    special: Special,
    how: MaskedPretraining,
    device: &Device,
) -> (MaskedLanguageModel, Vec<f64>) {
    let mut model = MaskedLanguageModel::random(config, device);
    let mut optimizer = AdamWConfig::new().init();
    let mut rng = StdRng::seed_from_u64(how.seed);
    let mut losses = Vec::with_capacity(how.steps);
    for _ in 0..how.steps {
        let mut texts = Vec::with_capacity(how.batch);
        for _ in 0..how.batch {
            let ids = corpus.choose(&mut rng).expect("a corpus holds at least one text");
            texts.push(mask_tokens(ids, special, config.vocab as u32, &mut rng));
        }
        let loss = model.loss(&texts, special.pad, device);
        losses.push(f64::from(loss.clone().into_scalar::<f32>()));
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(how.learning_rate, model, gradients);
    }
    (model, losses)
}

impl MaskedLanguageModel {
    /// [`masked_loss`] of this model's logits for masked texts; `pad` is the id of `[PAD]`.
    ///
    /// # Shapes
    ///
    /// - output: `[1]`, nats per masked place
    ///
    /// # Panics
    ///
    /// If there is no text, or a text has no tokens.
    pub fn loss(&self, texts: &[Masked], pad: u32, device: &Device) -> Tensor<1> {
        let mut ids = Vec::with_capacity(texts.len());
        let mut targets = Vec::with_capacity(texts.len());
        for text in texts {
            ids.push(&text.ids[..]);
            targets.push(text.targets.clone());
        }
        masked_loss(self.forward(&Batch::of_one_segment(&ids, pad, device)), &targets)
    }

    /// Makes a model with random weights and an output bias of zero.
    pub fn random(config: &BertConfig, device: &Device) -> Self {
        Self {
            bert: config.init(device),
            transform: LinearConfig::new(config.d_model, config.d_model).init(device),
            activation: config.activation,
            norm: LayerNormConfig::new(config.d_model).with_epsilon(config.epsilon).init(device),
            bias: Param::from_tensor(Tensor::zeros([config.vocab], device)),
        }
    }
}
