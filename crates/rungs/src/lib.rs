//! Every lesson of the course, in order: what the command line runs and the tests of the house
//! check.

pub mod lists;
pub mod measured;

use anyhow::{Result, anyhow};
use burn::tensor::Device;
use course::{Figure, Lesson, Report, Run};

/// What runs a lesson and reports what it shows.
pub type Demo = fn(&Run) -> Result<Report>;

/// The lessons and their demos.
pub const LESSONS: [(Lesson, Demo); 16] = [
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
    (roofline::LESSON, roofline::demo::demo),
];

/// The pictures that explain a chapter's own numbers: those of the demos' figures that need no
/// training and no published weights.
///
/// # Errors
///
/// None: the numbers of the chapters are in their ranges.
pub fn pictures(device: &Device) -> Result<Vec<Figure>> {
    Ok(vec![
        lookup::demo::picture::lookup(device),
        subwords::demo::picture::tree(),
        similarity::demo::picture::angle(device),
        similarity::demo::picture::cone(device),
        word2vec::demo::picture::window(),
        maps::demo::picture::forces(device),
        positions::demo::picture::clock(device),
        inputs::demo::picture::norm(device),
        attention::demo::picture::mean(device),
        heads::demo::picture::cut(device),
        layer::demo::picture::stream(device),
        decoder::demo::picture::draw()?,
        llama::demo::picture::cache(),
        sentences::demo::picture::pooling(device),
        classify::demo::picture::line(device),
        roofline::demo::picture::roof(),
    ])
}

/// The lesson called `name`: by its number (`8`, `08`), by its folder (`08-self-attention`), or by a
/// part of that which no other has (`attention`).
///
/// # Errors
///
/// A name that no lesson has, or several.
pub fn lesson(name: &str) -> Result<&'static (Lesson, Demo)> {
    let (two_digits, part) = (format!("{name:0>2}"), name.to_lowercase());
    let mut known = Vec::new();
    let mut parts = Vec::new();
    let mut found = Vec::new();
    for entry in &LESSONS {
        let (stem, number) = (entry.0.stem, entry.0.number());
        if two_digits == number || part == stem {
            return Ok(entry);
        }
        if part.len() > number.len() && stem.contains(&part) {
            found.push(entry);
        }
        known.push(number);
        parts.push(stem);
        parts.extend(stem.split('-').skip(1));
    }
    if let [entry] = found[..] {
        return Ok(entry);
    }
    let or = match (&found[..], nearest(&part, &parts)) {
        ([], Some(near)) => format!("; did you mean {near}?"),
        ([], None) => String::new(),
        _ => {
            let stems: Vec<&str> = found.iter().map(|entry| entry.0.stem).collect();
            format!("; did you mean {}?", stems.join(" or "))
        }
    };
    Err(anyhow!("unknown lesson {name:?}: expected one of {}{or}", known.join(", ")))
}

/// How alike two names are, from 0 to 1, from which on one may have been meant by the other.
const ALIKE: f64 = 0.6;

/// The one of these names that `name` was most likely meant for, if one is near.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let mut best = None;
    let mut most = ALIKE;
    for other in known {
        let likeness = strsim::normalized_damerau_levenshtein(name, other);
        if likeness >= most {
            (best, most) = (Some(*other), likeness);
        }
    }
    best
}
