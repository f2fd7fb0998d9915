//! Word vectors of the toy world, small enough to be trained anew wherever they are shown.

use data::{Corpus, DataError, Ids, Vocabulary};

use crate::{TrainedVectors, Word2VecConfig, train};

/// How many numbers a toy word's vector has: 351 words do not need more.
pub const WIDTH: usize = 50;
/// How often the toy corpus is read; a figure of the lesson shows shorter trainings.
pub const EPOCHS: usize = 16;

/// Trains vectors of the toy world's words on one thread, so that they are the same every time.
///
/// # Errors
///
/// If the words cannot be kept in a temporary file.
pub fn toy_vectors(seed: u64, epochs: usize) -> Result<(Vocabulary, TrainedVectors), DataError> {
    toy_vectors_of(seed, epochs, WIDTH)
}

/// Trains vectors of another width.
///
/// # Errors
///
/// If the words cannot be kept in a temporary file.
pub fn toy_vectors_of(
    seed: u64,
    epochs: usize,
    width: usize,
) -> Result<(Vocabulary, TrainedVectors), DataError> {
    let corpus = Corpus::named("toy", seed);
    let vocabulary = Vocabulary::count(corpus.passages()?, 1)?;
    let ids = Ids::write(corpus.passages()?, |word| vocabulary.id(word))?;
    let config = Word2VecConfig::new().with_d_model(width).with_epochs(epochs).with_seed(seed);
    let trained = train(&ids, &vocabulary, &config, &mut |_| true)?;
    Ok((vocabulary, trained))
}
