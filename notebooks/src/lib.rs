//! # What every notebook starts from
//!
//! A notebook imports its lesson and draws. [`demo`] runs what the book shows of a lesson,
//! [`Demo::show`] draws one of its figures again, [`lines`] and [`matrix`] draw what you try
//! yourself.
//!
//! This package depends on every lesson, so that the notebooks share one build of all of them:
//! whichever is opened first compiles for the others too.

// A notebook has this package as its only dependency: each further one costs the kernel seconds at
// every start.
pub use {
    attention, burn, classify, data, decoder, encoder, heads, inputs, layer, llama, lookup, maps,
    positions, roofline, sentences, similarity, subwords, training, word2vec,
};

use std::path::PathBuf;

use burn::tensor::{Device, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, SEED};

/// What a figure's data are called beside its picture.
const DATA: &str = "application/vnd.rungs.figure+json";

/// The default device.
///
/// # Panics
///
/// If it cannot be opened.
pub fn device() -> Device {
    backend::open(backend::DEFAULT).unwrap_or_else(|error| panic!("{error}"))
}

/// The folder of all-MiniLM-L6-v2, if it was fetched.
pub fn minilm() -> Option<PathBuf> {
    files::Home::from_env().ok()?.minilm()
}

/// A lesson's demo as the book shows it.
#[derive(Debug)]
pub struct Demo(Report);

/// Runs a lesson's demo as `cargo rungs record` does: default device, the book's seed, MiniLM if it
/// was fetched.
///
/// # Panics
///
/// If the demo cannot read what it needs; the message says what.
pub fn demo(demo: fn(&Run) -> anyhow::Result<Report>) -> Demo {
    let minilm = minilm();
    let run = Run { device: &device(), seed: SEED, minilm: minilm.as_deref() };
    Demo(demo(&run).unwrap_or_else(|error| panic!("{error}")))
}

impl Demo {
    /// What it prints.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// Shows the figure that the book has under this name.
    ///
    /// # Panics
    ///
    /// If the lesson draws none of this name; the message lists those that it draws.
    pub fn show(&self, name: &str) {
        let names: Vec<&str> = self.0.figures().iter().map(|figure| &figure.name[..]).collect();
        let figure = self.0.figures().iter().find(|figure| figure.name == name);
        draw(
            figure.unwrap_or_else(|| {
                panic!("no figure {name:?}: expected one of {}", names.join(", "))
            }),
        );
    }
}

/// Draws curves of your own: each has a name and points `(x, y)`.
pub fn lines<const N: usize>(title: &str, x: &str, y: &str, curves: [(&str, Vec<(f64, f64)>); N]) {
    let curves = curves.map(|(name, points)| Line::new(name, points));
    draw(&own(title, x, y, Marks::Lines(curves.to_vec())));
}

/// Draws a matrix of your own by colour, row 0 on top.
///
/// # Shapes
///
/// - values: `[rows, columns]`
pub fn matrix(title: &str, x: &str, y: &str, values: Tensor<2>) {
    let [_, columns] = values.dims();
    let numbers: Vec<f64> = values.into_data().iter::<f64>().collect();
    let values = numbers.chunks(columns).map(<[f64]>::to_vec).collect();
    draw(&own(title, x, y, Marks::heatmap(values, Vec::new(), Vec::new(), "")));
}

fn own(title: &str, x: &str, y: &str, marks: Marks) -> Figure {
    let panel = Panel { title: String::new(), x: Axis::linear(x), y: Axis::linear(y), marks };
    Figure {
        name: "own".into(),
        title: title.into(),
        alt: title.into(),
        band: 0.0,
        panels: vec![panel],
    }
}

/// Hands a figure to the notebook as a picture, and its data beside it for whoever wants to
/// compare.
fn draw(figure: &Figure) {
    let data = serde_json::to_string(figure).expect("a figure is JSON");
    for (kind, content) in [("image/svg+xml", figures::svg(figure)), (DATA, data)] {
        println!("EVCXR_BEGIN_CONTENT {kind}\n{content}\nEVCXR_END_CONTENT");
    }
}
