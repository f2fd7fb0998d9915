//! The tests of lesson 14, in one binary.

mod by_hand;
mod exercises;
mod files;
mod laws;
mod learns;
mod models;
mod parity;
mod tables;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use data::World;
use encoder::BertConfig;
use sentences::SentenceEncoder;
use tokens::Tokenizer;

/// An encoder with random weights over the toy world's words.
///
/// burn draws a parameter at its first use, and batches that run at the same time would use them in
/// any order: they are drawn here, in the order of the fields.
fn random(device: &Device) -> SentenceEncoder {
    let tokenizer = Tokenizer::word_level(&World::vocabulary()).unwrap();
    let config = BertConfig::new(tokenizer.vocab_size(), 16, 2, 2, 24, 12).with_epsilon(1e-5);
    let bert = config.init(device);
    bert.visit(&mut DrawWeights);
    SentenceEncoder::new(tokenizer, bert, device).unwrap()
}

/// Visits every weight, which draws it.
struct DrawWeights;

impl ModuleVisitor for DrawWeights {
    fn visit_float<const D: usize>(&mut self, weight: &Param<Tensor<D>>) {
        weight.val();
    }
}
