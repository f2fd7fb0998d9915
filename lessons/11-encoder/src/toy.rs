//! A tiny BERT, pretrained in seconds: what later lessons look into where no published weights are
//! at hand.

use burn::module::Module;
use burn::prelude::*;
use data::{Sentence, World};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokens::{Tokenizer, TokensError};

use crate::pretraining::{Masked, MaskedPretraining, Special, mask_tokens, masked_loss, pretrain};
use crate::{BertConfig, MaskedLanguageModel};

/// Sentences that the tiny BERT is pretrained on.
pub const CORPUS: usize = 4000;
/// Sentences that it never saw, on which it is measured.
pub const HELD_OUT: usize = 256;
/// Longest text in tokens: the toy world's sentences are shorter.
pub const MAX_TOKENS: usize = 32;

/// A tiny BERT pretrained from scratch on the toy world.
#[derive(Debug)]
pub struct ToyBert {
    /// Made of the toy world's words.
    pub tokenizer: Tokenizer,
    /// Out of training.
    pub model: MaskedLanguageModel,
    /// Nats per masked token, one a step.
    pub losses: Vec<f64>,
    /// Nats per masked token of sentences that it was not trained on.
    pub held_out: f64,
    /// Nats per token of a guess that knows how often each word comes and nothing else.
    pub unigram: f64,
}

/// Pretrains a tiny BERT on the toy world for this many steps.
///
/// # Errors
///
/// If the tokenizer cannot be made of the toy world's words.
pub fn toy_bert(seed: u64, steps: usize, device: &Device) -> Result<ToyBert, TokensError> {
    device.seed(seed);
    let tokenizer = Tokenizer::word_level(&World::vocabulary())?;
    let mut corpus = Vec::with_capacity(CORPUS);
    for sentence in World::sentences(seed).take(CORPUS) {
        corpus.push(ids(&tokenizer, &sentence)?);
    }
    let words = World::vocabulary();
    let special = Special {
        mask: tokenizer.mask_id()?,
        pad: tokenizer.pad_id()?,
        first_word: words
            .iter()
            .filter_map(|word| tokenizer.id(word))
            .min()
            .expect("the world has words"),
    };
    let config = BertConfig::new(tokenizer.vocab_size(), 64, 2, 4, 128, MAX_TOKENS);
    let how = MaskedPretraining { steps, batch: 32, learning_rate: 2e-3, seed };
    let (model, losses) = pretrain(&config, &corpus, special, how, &device.clone().autodiff());
    let model = model.valid();
    let unseen = unseen(&tokenizer, &corpus, special, seed)?;
    let held_out = masked_loss(&model, &unseen, special.pad, device).into_scalar::<f64>();
    let words = corpus.iter().flatten().copied().filter(|&id| id >= special.first_word);
    let unigram = entropy(words, config.vocab);
    Ok(ToyBert { tokenizer, model, losses, held_out, unigram })
}

fn ids(tokenizer: &Tokenizer, sentence: &Sentence) -> Result<Vec<u32>, TokensError> {
    Ok(tokenizer.encode(&sentence.to_string(), MAX_TOKENS)?.ids)
}

/// Masked sentences that are not in the corpus.
fn unseen(
    tokenizer: &Tokenizer,
    corpus: &[Vec<u32>],
    special: Special,
    seed: u64,
) -> Result<Vec<Masked>, TokensError> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut unseen = Vec::with_capacity(HELD_OUT);
    for sentence in World::sentences(seed + 1) {
        let ids = ids(tokenizer, &sentence)?;
        if !corpus.contains(&ids) {
            unseen.push(mask_tokens(&ids, special, tokenizer.vocab_size() as u32, &mut rng));
        }
        if unseen.len() == HELD_OUT {
            break;
        }
    }
    Ok(unseen)
}

/// -sum_w p(w) ln p(w), p counted, in nats.
fn entropy(words: impl Iterator<Item = u32>, vocab: usize) -> f64 {
    let mut counts = vec![0.0; vocab];
    for word in words {
        counts[word as usize] += 1.0;
    }
    let total: f64 = counts.iter().sum();
    let mut nats = 0.0;
    for count in counts {
        if count > 0.0 {
            nats -= count / total * f64::ln(count / total);
        }
    }
    nats
}
