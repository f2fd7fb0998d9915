//! An index finds what brute force finds, whatever was done to it, and is whole after a kill.

mod crash;
mod errors;
mod laws;
#[cfg(unix)]
mod walk;

use std::path::Path;

use data::Passage;
use index::{FilePassages, Hit, Index, IndexError, Model};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const WIDTH: usize = 24;

/// A text's vector: random, and always the same.
fn vector(text: &str) -> Vec<f32> {
    let seed =
        text.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let mut rng = StdRng::seed_from_u64(seed);
    (0..WIDTH).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn embed(texts: &[&str]) -> Result<Vec<Vec<f32>>, IndexError> {
    Ok(texts.iter().map(|text| vector(text)).collect())
}

fn model() -> Model {
    Model { name: "hash".into(), prompt: String::new(), probe: vector(index::PROBE) }
}

/// A file whose passages are `texts`, one a line.
fn source(path: &str, texts: &[&str]) -> FilePassages {
    let passages: Vec<Passage> =
        (1..).zip(texts).map(|(line, text)| Passage { line, text: text.to_string() }).collect();
    let mut digest = [0; 32];
    for (i, byte) in texts.join("\n").bytes().enumerate() {
        digest[i % 32] ^= byte.rotate_left(i as u32 / 32);
    }
    FilePassages { path: path.into(), digest, passages }
}

fn create(path: &Path) -> Index {
    Index::create(path, &model()).unwrap()
}

/// The `k` nearest.
fn search(index: &Index, query: &str, k: usize) -> Vec<Hit> {
    index.hits(&index.load_vectors().unwrap().nearest(&vector(query), k)).unwrap()
}
