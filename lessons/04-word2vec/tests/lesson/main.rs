//! Lesson 04, tested.

mod by_hand;
mod exercises;
mod laws;
mod learns;
mod parity;

use burn::tensor::{Tensor, TensorData};
use data::{Corpus, Ids, Vocabulary};
use golden::assert_data_close;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use word2vec::{Space, TrainedVectors, Word2VecConfig, train};

/// Numbers in -1..1.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

/// Asserts that a list of numbers is what it should be.
#[track_caller]
fn assert_numbers(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    let found = TensorData::new(found.to_vec(), [found.len()]);
    let expected = TensorData::new(expected.to_vec(), [expected.len()]);
    assert_data_close(what, &found, &expected, tolerance);
}

/// The entries of a tensor.
fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}

/// A corpus counted and written as numbers.
fn read(corpus: &Corpus, min_count: u64) -> (Vocabulary, Ids) {
    let vocabulary = Vocabulary::count(corpus.passages().unwrap(), min_count).unwrap();
    let ids = Ids::write(corpus.passages().unwrap(), |word| vocabulary.id(word)).unwrap();
    (vocabulary, ids)
}

/// Trains on sentences of the toy world.
fn train_toy(sentences: usize, config: &Word2VecConfig) -> (Vocabulary, TrainedVectors) {
    let (vocabulary, ids) = read(&Corpus::Toy { seed: config.seed, sentences }, 1);
    let trained = train(&ids, &vocabulary, config, &mut |_| true).unwrap();
    (vocabulary, trained)
}

/// The space that training gave.
fn space(vocabulary: Vocabulary, trained: TrainedVectors) -> Space {
    Space::new(vocabulary.words, trained.vectors, &backend::from_env())
}
