//! # What a lesson's demo is given, and what it reports
//!
//! Every lesson has a `demo` module with one function:
//!
//! ```text
//! pub fn demo(run: &Run) -> anyhow::Result<Report>
//! ```
//!
//! It gets a [`Run`] (device, seed, real weights if there are any), computes, and answers with a
//! [`Report`]: lines of text, tables, numbers and figures *as data*. Who prints or draws them is
//! not its business.

mod drawing;
mod figure;
pub mod metrics;
mod report;

use std::path::Path;

use burn::tensor::Device;

pub use drawing::{Drawing, Element, Plane, Side, Tone, number, vector};
pub use figure::{Axis, Bar, Block, Figure, Line, Marks, Panel, Point, Step};
pub use report::{Number, Report, Table, agree, heard, is_data, rounded};

/// The seed of the results that the book shows.
pub const SEED: u64 = 7;

/// What a demo runs with.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Where tensors live. A demo that trains asks for `device.clone().autodiff()` itself.
    pub device: &'a Device,
    /// Everything random in the demo follows from this.
    pub seed: u64,
    /// The folder of all-MiniLM-L6-v2, if it was fetched.
    pub minilm: Option<&'a Path>,
}

/// What the list of lessons says about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lesson {
    /// Directory and book chapter: `08-self-attention`.
    pub stem: &'static str,
    /// The question it answers, one sentence.
    pub question: &'static str,
    /// What the reader has in hand at its end.
    pub leaves_you_with: &'static str,
    /// Whether the book shows it with the weights of all-MiniLM-L6-v2.
    pub minilm: bool,
}

impl Lesson {
    /// The two digits that the directory opens with.
    pub fn number(&self) -> &'static str {
        &self.stem[..2]
    }
}
