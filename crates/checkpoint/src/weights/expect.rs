//! What an architecture expects of a checkpoint, compared before any data is read.

use std::collections::BTreeSet;

use super::{Stored, Weights};
use crate::error::CheckpointError;
use crate::gguf::blocks::BlockType;
use crate::header::Entry;

/// Names compared when a missing one's nearest is looked for: enough for any model, and still
/// quick.
const MOST_COMPARED: usize = 5_000;
/// A name less like the missing one than this is no help (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.7;

impl Weights {
    /// How many numbered layers there are under `prefix` (`encoder.layer.`).
    pub fn layers(&self, prefix: &str) -> usize {
        let mut numbers = BTreeSet::new();
        for name in self.names() {
            if let Some(rest) = name.strip_prefix(prefix)
                && let Some((number, _)) = rest.split_once('.')
                && let Ok(number) = number.parse::<usize>()
            {
                numbers.insert(number);
            }
        }
        numbers.len()
    }

    /// Checks that the file has as many layers under `prefix` as its config says. Ask before
    /// listing what is expected of each: a config may say 10^9.
    ///
    /// # Errors
    ///
    /// If the numbers differ, with both.
    pub fn expect_layers(&self, prefix: &str, expected: usize) -> Result<(), CheckpointError> {
        let found = self.layers(prefix);
        if found == expected {
            return Ok(());
        }
        Err(CheckpointError::Layers {
            path: self.path.clone(),
            prefix: prefix.into(),
            expected,
            found,
        })
    }

    /// Checks the whole checkpoint against what an architecture expects, before any data is read:
    /// every expected tensor is there in its shape and in floats, and nothing else is, except what
    /// `allowed` names (`*` stands for any text: `pooler.*`). Returns the allowed names that are
    /// there and not expected, so that a caller can say what is skipped.
    ///
    /// # Errors
    ///
    /// The first missing name, unused name, wrong shape or unreadable dtype, in this order.
    pub fn matches(
        &self,
        expected: &[(String, Vec<usize>)],
        allowed: &[&str],
    ) -> Result<Vec<String>, CheckpointError> {
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        let mut missing: Vec<&str> = Vec::new();
        for (name, _) in expected {
            wanted.insert(name);
            if !self.has(name) {
                missing.push(name);
            }
        }
        let (mut skipped, mut unused) = (Vec::new(), Vec::new());
        for name in self.names() {
            if wanted.contains(name) {
                continue;
            }
            if allowed.iter().any(|pattern| fits(pattern, name)) {
                skipped.push(name.to_string());
            } else {
                unused.push(name);
            }
        }
        if let Some(first) = missing.first() {
            return Err(self.missing(first, missing.len() - 1, unused.iter().copied()));
        }
        if let Some(first) = unused.first() {
            return Err(CheckpointError::Unused {
                path: self.path.clone(),
                tensor: (*first).into(),
                more: unused.len() - 1,
                nearest: nearest(first, wanted.iter().copied()),
            });
        }
        for (name, shape) in expected {
            self.expect(name, shape)?;
        }
        Ok(skipped)
    }

    /// Checks that the tensor called `name` is there, in this shape and in floats. A size that a
    /// config claims is asked for so before anything is made of that size.
    ///
    /// # Errors
    ///
    /// A missing name (with the nearest), another shape, or numbers other than F32, F16 and BF16.
    pub fn expect(&self, name: &str, shape: &[usize]) -> Result<(), CheckpointError> {
        self.stored(name, shape).map(drop)
    }

    /// The place of the tensor called `name`, checked as by [`Weights::expect`].
    pub(super) fn stored(&self, name: &str, shape: &[usize]) -> Result<&Stored, CheckpointError> {
        let Some(stored) = self.tensors.get(name) else {
            return Err(self.missing(name, 0, self.names()));
        };
        let path = &self.shards[stored.shard].path;
        let Entry { shape: found, dtype, .. } = &stored.entry;
        if found != shape {
            return Err(CheckpointError::Shape {
                path: path.clone(),
                tensor: name.into(),
                expected: shape.into(),
                found: found.clone(),
            });
        }
        if BlockType::is_read(dtype.name) {
            return Ok(stored);
        }
        let (path, found) = (path.clone(), dtype.name);
        Err(CheckpointError::Dtype { path, tensor: name.into(), found })
    }

    fn missing<'a>(
        &self,
        name: &str,
        more: usize,
        candidates: impl Iterator<Item = &'a str>,
    ) -> CheckpointError {
        CheckpointError::Missing {
            path: self.path.clone(),
            tensor: name.into(),
            more,
            nearest: nearest(name, candidates),
        }
    }
}

/// Whether `name` fits `pattern`, in which one `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        }
    }
}

/// The candidate most like `name`, of equal ones the last, if any is like it at all.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut best = None;
    let mut most = ALIKE;
    for candidate in candidates.take(MOST_COMPARED) {
        let alike = strsim::jaro_winkler(name, candidate);
        if alike > ALIKE && alike >= most {
            (best, most) = (Some(candidate.to_string()), alike);
        }
    }
    best
}
