//! A figure as data: what is drawn, never how.

use serde::{Deserialize, Serialize};

/// One picture of one or more panels side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// File stem, led by the lesson's number: `06-sinusoidal`.
    pub name: String,
    /// What the reader looks at.
    pub title: String,
    /// Words for those who do not see the picture: what it says.
    pub alt: String,
    /// How far any number of a fresh run may lie from the recorded one: 0 for exact mathematics,
    /// more for trained values, which differ by processor and number of threads.
    pub band: f64,
    /// Panels from left to right.
    pub panels: Vec<Panel>,
}

/// One pair of axes and what stands on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// Title of the panel, empty for the only panel of a figure.
    pub title: String,
    /// Horizontal axis with its label.
    pub x: Axis,
    /// Vertical axis with its label.
    pub y: Axis,
    /// Data that stand on the panel.
    pub marks: Marks,
}

/// An axis: its name with the unit, and whether it is logarithmic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Name of the axis with its unit: `training step`, `loss (nats per token)`.
    pub label: String,
    /// Whether the axis is logarithmic, to base 10; every value must then be above zero.
    pub log: bool,
}

/// What stands on a panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Marks {
    /// Curves over a common x axis.
    Lines(Vec<Line>),
    /// Labelled points in groups of one colour.
    Points(Vec<Point>),
    /// One bar a label.
    Bars(Vec<Bar>),
    /// A matrix by colour, row 0 on top.
    Heatmap {
        /// Numbers of the matrix, `values[row][column]`.
        values: Vec<Vec<f64>>,
        /// Names of the columns, or none to number them.
        columns: Vec<String>,
        /// Names of the rows, or none to number them.
        rows: Vec<String>,
    },
    /// Tensors and what they are made of, from the inputs on top to the outputs below.
    Shapes(Vec<Step>),
}

/// A tensor on its way from input to output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Name of the tensor in the equation.
    pub name: String,
    /// Axes of the tensor by name: `batch, tokens, d_model`; empty for a single number.
    pub axes: String,
    /// The operation that makes it; empty for an input.
    pub by: String,
    /// Names of the tensors that the operation takes.
    pub from: Vec<String>,
}

/// A curve of a panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Name of the curve in the legend.
    pub name: String,
    /// Points from left to right.
    pub points: Vec<(f64, f64)>,
    /// For each point the least and the most of several runs, drawn as a band; empty for one run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub range: Vec<(f64, f64)>,
}

/// A labelled point of a panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Text beside the point.
    pub label: String,
    /// Group that gives it its colour, with the name in the legend.
    pub group: String,
    /// Place along the horizontal axis.
    pub x: f64,
    /// Place along the vertical axis.
    pub y: f64,
}

/// A bar that starts at zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Text below the bar.
    pub label: String,
    /// Group that gives it its colour, with the name in the legend.
    pub group: String,
    /// Height of the bar.
    pub value: f64,
}

impl Axis {
    /// A linear axis of this name.
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
        Self { name: name.into(), points: points.into_iter().collect(), range: Vec::new() }
    }

    /// The mean of several runs over the same x, with their range.
    ///
    /// # Panics
    ///
    /// If there is no run, or one has another x than the first.
    pub fn over_runs(name: &str, runs: &[Vec<(f64, f64)>]) -> Self {
        let mut line = Self::new(name, []);
        for (i, &(x, _)) in runs[0].iter().enumerate() {
            let (mut sum, mut least, mut most) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
            for run in runs {
                let (same_x, y) = run[i];
                assert_eq!(same_x, x, "runs are measured at the same places");
                sum += y;
                least = y.min(least);
                most = y.max(most);
            }
            line.points.push((x, sum / runs.len() as f64));
            line.range.push((least, most));
        }
        line
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
        let mut words = vec![without_digits(&self.title), without_digits(&self.alt)];
        for panel in &self.panels {
            for text in [&panel.title, &panel.x.label, &panel.y.label] {
                words.push(without_digits(text));
            }
        }
        words
    }
}

fn without_digits(text: &str) -> String {
    text.replace(|c: char| c.is_ascii_digit(), "")
}

impl Marks {
    /// All names and all numbers of the marks, each in their order.
    fn flatten(&self) -> (Vec<&str>, Vec<f64>) {
        let mut names: Vec<&str> = Vec::new();
        let mut numbers = Vec::new();
        match self {
            Marks::Lines(lines) => {
                for line in lines {
                    names.push(&line.name);
                    for &(a, b) in line.points.iter().chain(&line.range) {
                        numbers.extend([a, b]);
                    }
                }
            }
            Marks::Points(points) => {
                for point in points {
                    names.push(&point.label);
                    numbers.extend([point.x, point.y]);
                }
            }
            Marks::Bars(bars) => {
                for bar in bars {
                    names.push(&bar.label);
                    numbers.push(bar.value);
                }
            }
            Marks::Heatmap { values, columns, rows } => {
                for list in [columns, rows] {
                    for text in list {
                        names.push(text);
                    }
                }
                for row in values {
                    numbers.extend(row);
                }
            }
            Marks::Shapes(steps) => {
                for step in steps {
                    names.extend([step.name.as_str(), &step.axes, &step.by]);
                }
            }
        }
        (names, numbers)
    }
}
