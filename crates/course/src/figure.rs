//! A figure as data: what is drawn, never how.

use serde::{Deserialize, Serialize};

/// One picture of one or more panels side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// File stem, led by the lesson's number: `06-sinusoidal`.
    pub name: String,
    /// What the reader looks at.
    pub title: String,
    /// What the picture says, for those who do not see it.
    pub alt: String,
    /// How far any number of a fresh run may lie from the recorded one: 0 for exact mathematics,
    /// more for trained values, which differ by processor and number of threads.
    pub band: f64,
    /// Left to right.
    pub panels: Vec<Panel>,
}

/// One pair of axes and what stands on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// Empty for the only panel of a figure.
    pub title: String,
    /// Horizontal.
    pub x: Axis,
    /// Vertical.
    pub y: Axis,
    /// The data.
    pub marks: Marks,
}

/// An axis: its name with the unit, and whether it is logarithmic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// `training step`, `loss (nats per token)`.
    pub label: String,
    /// Base-10 logarithmic; every value must then be above zero.
    pub log: bool,
}

/// What stands on a panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Marks {
    /// Curves over x.
    Lines(Vec<Line>),
    /// Labelled points in groups of one colour.
    Points(Vec<Point>),
    /// One bar a label.
    Bars(Vec<Bar>),
    /// A matrix by colour, row 0 on top.
    Heatmap {
        /// `values[row][column]`.
        values: Vec<Vec<f64>>,
        /// One a column, or none to number them.
        columns: Vec<String>,
        /// One a row, or none to number them.
        rows: Vec<String>,
    },
    /// Tensors and what they are made of, from the inputs on top to the outputs below.
    Shapes(Vec<Step>),
}

/// A tensor on its way from input to output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name in the equation.
    pub name: String,
    /// Its axes by name: `batch, tokens, d_model`; empty for a single number.
    pub axes: String,
    /// The operation that makes it; empty for an input.
    pub by: String,
    /// Names of the tensors that the operation takes.
    pub from: Vec<String>,
}

/// A curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Points from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A labelled point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Written beside it.
    pub label: String,
    /// Its colour and its name in the legend.
    pub group: String,
    /// Horizontal.
    pub x: f64,
    /// Vertical.
    pub y: f64,
}

/// A bar from zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Written below it.
    pub label: String,
    /// Its colour and its name in the legend.
    pub group: String,
    /// Its height.
    pub value: f64,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: &str) -> Self {
        Self { label: label.into(), log: false }
    }

    /// A base-10 logarithmic axis.
    pub fn log(label: &str) -> Self {
        Self { label: label.into(), log: true }
    }
}

impl Step {
    /// A tensor that is given.
    pub fn input(name: &str, axes: &str) -> Self {
        Self { name: name.into(), axes: axes.into(), by: String::new(), from: Vec::new() }
    }

    /// A tensor that `by` makes of others.
    pub fn new<const N: usize>(name: &str, axes: &str, by: &str, from: [&str; N]) -> Self {
        Self {
            name: name.into(),
            axes: axes.into(),
            by: by.into(),
            from: from.map(String::from).to_vec(),
        }
    }
}

impl Line {
    /// A curve through `points`.
    pub fn new(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { name: name.into(), points: points.into_iter().collect() }
    }
}

impl Figure {
    /// The picture of a lesson's shapes: which axes go in, which come out.
    pub fn shapes(name: &str, title: &str, alt: &str, steps: Vec<Step>) -> Self {
        let (x, y) = (Axis::linear(""), Axis::linear(""));
        let panel = Panel { title: String::new(), x, y, marks: Marks::Shapes(steps) };
        Self {
            name: name.into(),
            title: title.into(),
            alt: alt.into(),
            band: 0.0,
            panels: vec![panel],
        }
    }

    /// The largest difference between a number here and the same number in `other`; `None` when the
    /// two figures are not made alike (other words, panels or counts).
    pub fn distance(&self, other: &Figure) -> Option<f64> {
        if self.words() != other.words() {
            return None;
        }
        let mut worst: f64 = 0.0;
        for (mine, theirs) in self.panels.iter().zip(&other.panels) {
            let (names, numbers) = mine.marks.flatten();
            let (other_names, other_numbers) = theirs.marks.flatten();
            if names != other_names || numbers.len() != other_numbers.len() {
                return None;
            }
            for (a, b) in numbers.iter().zip(&other_numbers) {
                worst = worst.max((a - b).abs());
            }
        }
        Some(worst)
    }

    /// Title, alt text and the names on every panel, without the digits: an alt text quotes
    /// measured numbers.
    fn words(&self) -> Vec<String> {
        let axes =
            |panel: &Panel| [panel.title.clone(), panel.x.label.clone(), panel.y.label.clone()];
        let words = [self.title.clone(), self.alt.clone()]
            .into_iter()
            .chain(self.panels.iter().flat_map(axes));
        words.map(|text| text.replace(|c: char| c.is_ascii_digit(), "")).collect()
    }
}

impl Marks {
    fn flatten(&self) -> (Vec<&str>, Vec<f64>) {
        match self {
            Marks::Lines(lines) => (
                lines.iter().map(|line| line.name.as_str()).collect(),
                lines
                    .iter()
                    .flat_map(|line| line.points.iter().flat_map(|&(x, y)| [x, y]))
                    .collect(),
            ),
            Marks::Points(points) => (
                points.iter().map(|point| point.label.as_str()).collect(),
                points.iter().flat_map(|point| [point.x, point.y]).collect(),
            ),
            Marks::Bars(bars) => (
                bars.iter().map(|bar| bar.label.as_str()).collect(),
                bars.iter().map(|bar| bar.value).collect(),
            ),
            Marks::Heatmap { values, columns, rows } => (
                columns.iter().chain(rows).map(String::as_str).collect(),
                values.iter().flatten().copied().collect(),
            ),
            Marks::Shapes(steps) => (
                steps.iter().flat_map(|step| [step.name.as_str(), &step.axes, &step.by]).collect(),
                Vec::new(),
            ),
        }
    }
}
