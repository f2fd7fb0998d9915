//! Every lesson of the course, in order: what the command line runs and the tests of the house
//! check.

pub mod lists;
pub mod measured;

use anyhow::Result;
use course::{Lesson, Report, Run};

/// What runs a lesson and reports what it shows.
pub type Demo = fn(&Run) -> Result<Report>;

/// The lessons and their demos.
pub const LESSONS: [(Lesson, Demo); 15] = [
    (lookup::LESSON, lookup::demo::demo),
    (subwords::LESSON, subwords::demo::demo),
    (similarity::LESSON, similarity::demo::demo),
    (word2vec::LESSON, word2vec::demo::demo),
    (maps::LESSON, maps::demo::demo),
    (positions::LESSON, positions::demo::demo),
    (inputs::LESSON, inputs::demo::demo),
    (attention::LESSON, attention::demo::demo),
    (heads::LESSON, heads::demo::demo),
    (layer::LESSON, layer::demo::demo),
    (encoder::LESSON, encoder::demo::demo),
    (decoder::LESSON, decoder::demo::demo),
    (llama::LESSON, llama::demo::demo),
    (sentences::LESSON, sentences::demo::demo),
    (classify::LESSON, classify::demo::demo),
];
