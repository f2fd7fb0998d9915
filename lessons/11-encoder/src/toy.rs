//! A tiny BERT, pretrained in seconds: what later lessons look into where no published weights are
//! at hand.

use burn::module::Module;
use burn::tensor::Device;
use data::{Sentence, World};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokens::{Tokenizer, TokensError};

use crate::pretraining::{Masked, MaskedPretraining, Special, mask_tokens, pretrain};
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
    /// Tokenizer whose tokens are the toy world's words.
    pub tokenizer: Tokenizer,
    /// Model after its pretraining.
    pub model: MaskedLanguageModel,
    /// Nats per masked token at each step.
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
    let special = special_ids(&tokenizer)?;
    let config = BertConfig::new(tokenizer.vocab_size(), 64, 2, 4, 128, MAX_TOKENS);
    let how = MaskedPretraining { steps, batch: 32, learning_rate: 2e-3, seed };
    let (model, losses) = pretrain(&config, &corpus, special, how, &device.clone().autodiff());
    let model = model.valid();
    let unseen = unseen(&tokenizer, &corpus, special, seed)?;
    let held_out = model.loss(&unseen, special.pad, device).into_scalar::<f64>();
    let unigram = entropy(&corpus, special.first_word, config.vocab);
    Ok(ToyBert { tokenizer, model, losses, held_out, unigram })
}

/// The ids that masking needs to know.
fn special_ids(tokenizer: &Tokenizer) -> Result<Special, TokensError> {
    let words = World::vocabulary();
    let first_word = words.iter().filter_map(|word| tokenizer.id(word)).min();
    Ok(Special {
        mask: tokenizer.mask_id()?,
        pad: tokenizer.pad_id()?,
        first_word: first_word.expect("the world has words"),
    })
}

/// The token ids of a sentence.
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

/// Entropy of the words of a corpus, -sum_w p(w) ln p(w) with p counted, in nats per word.
fn entropy(corpus: &[Vec<u32>], first_word: u32, vocab: usize) -> f64 {
    let mut counts = vec![0.0; vocab];
    for text in corpus {
        for &id in text {
            if id >= first_word {
                counts[id as usize] += 1.0;
            }
        }
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
