//! Masked-language pretraining from scratch: hide some tokens, learn to guess them.
//!
//! ```text
//! loss = mean over masked positions of -log softmax(logits)[the token that stood there]    (nats)
//! ```
//!
//! Devlin et al., 2019, section 3.1: of all tokens 15 % are to be guessed; of those 80 % become
//! `[MASK]`, 10 % a random token, 10 % stay, so that the model cannot know which of what it sees is
//! true.

use burn::module::Param;
use burn::nn::LinearConfig;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::TensorData;
use inputs::LayerNormConfig;
use lookup::cross_entropy;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use crate::{Batch, BertConfig, MaskedLanguageModel};

/// Share of the tokens to guess, and what becomes of them (Devlin et al., 2019, section 3.1).
const GUESSED: f64 = 0.15;
const MASKED: f64 = 0.8;
const RANDOM: f64 = 0.1;

/// One text with holes in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// What the model sees.
    pub ids: Vec<u32>,
    /// Index and true id of each token to guess.
    pub targets: Vec<(usize, u32)>,
}

/// The ids that masking needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Special {
    /// `[MASK]`.
    pub mask: u32,
    /// `[PAD]`.
    pub pad: u32,
    /// The first id of an ordinary word; all below are special and never guessed.
    pub first_word: u32,
}

// ANCHOR: mask_tokens
/// Hides 15 % of the words of `ids`, and at least one.
///
/// # Panics
///
/// If `ids` holds no word.
pub fn mask_tokens(ids: &[u32], special: Special, vocab: u32, rng: &mut StdRng) -> Masked {
    let mut words: Vec<usize> = (0..ids.len()).filter(|&i| ids[i] >= special.first_word).collect();
    assert!(!words.is_empty(), "a text to mask holds at least one word");
    words.shuffle(rng);
    words.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    for &i in &words {
        match rng.random::<f64>() {
            draw if draw < MASKED => seen[i] = special.mask,
            draw if draw < MASKED + RANDOM => seen[i] = rng.random_range(special.first_word..vocab),
            _ => {}
        }
    }
    Masked { ids: seen, targets: words.into_iter().map(|i| (i, ids[i])).collect() }
}
// ANCHOR_END: mask_tokens

/// The mean loss in nats over every masked position of a batch.
///
/// # Shapes
///
/// - output: `[1]`
pub fn masked_loss(
    model: &MaskedLanguageModel,
    texts: &[Masked],
    pad: u32,
    device: &Device,
) -> Tensor<1> {
    let segments: Vec<Vec<u32>> = texts.iter().map(|text| vec![0; text.ids.len()]).collect();
    let batch =
        Batch::new(texts.iter().zip(&segments).map(|(t, s)| (&t.ids[..], &s[..])), pad, device);
    let logits = model.forward(&batch);
    let [rows, tokens, vocab] = logits.dims();
    let (places, targets): (Vec<i64>, Vec<i64>) = texts
        .iter()
        .enumerate()
        .flat_map(|(row, text)| {
            text.targets.iter().map(move |&(i, id)| ((row * tokens + i) as i64, id as i64))
        })
        .unzip();
    let ints = |v: Vec<i64>| {
        let n = v.len();
        Tensor::<1, Int>::from_data(TensorData::new(v, [n]), device)
    };
    cross_entropy(logits.reshape([rows * tokens, vocab]).select(0, ints(places)), ints(targets))
}

/// How to pretrain.
#[derive(Debug, Clone, Copy)]
pub struct MaskedPretraining {
    /// Optimiser steps.
    pub steps: usize,
    /// Texts a step.
    pub batch: usize,
    /// AdamW's learning rate.
    pub learning_rate: f64,
    /// What is masked, and in which order texts come, follows from this.
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
        let texts: Vec<Masked> = (0..how.batch)
            .map(|_| {
                let ids = corpus.choose(&mut rng).expect("a corpus holds at least one text");
                mask_tokens(ids, special, config.vocab as u32, &mut rng)
            })
            .collect();
        let loss = masked_loss(&model, &texts, special.pad, device);
        losses.push(loss.clone().into_scalar::<f32>() as f64);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(how.learning_rate, model, gradients);
    }
    (model, losses)
}

impl MaskedLanguageModel {
    /// A model with random weights and a zero output bias.
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
