//! The tests of lesson 14, in one binary.

mod by_hand;
mod files;
mod laws;
mod learns;
mod parity;

use burn::tensor::Device;
use data::World;
use encoder::BertConfig;
use sentences::SentenceEncoder;
use tokens::Tokenizer;

/// An encoder with random weights over the toy world's words.
fn random(device: &Device) -> SentenceEncoder {
    let tokenizer = Tokenizer::word_level(&World::vocabulary()).unwrap();
    let config = BertConfig::new(tokenizer.vocab_size(), 16, 2, 2, 24, 12).with_epsilon(1e-5);
    SentenceEncoder::new(tokenizer, config.init(device), device).unwrap()
}
