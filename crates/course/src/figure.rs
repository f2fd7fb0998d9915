//! A figure as data: what is drawn, never how.

use serde::{Deserialize, Deserializer, Serialize};

use crate::Drawing;

/// How far a number of a fresh drawing may lie from the recorded one: fractions of a pixel, since
/// sums of floats depend a little on the processor.
const DRAWING_BAND: f64 = 0.2;

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
    /// Labelled points in groups of one colour. Where both axes bear the same unit, in parentheses
    /// at the end of their labels, they are a map: a unit is as long in one direction as in the
    /// other.
    Points(Vec<Point>),
    /// Labelled points beside a line that they are measured by, such as a roof they stay under.
    Against {
        /// The line.
        line: Line,
        /// The points.
        points: Vec<Point>,
    },
    /// One bar a label.
    Bars(Vec<Bar>),
    /// A matrix by colour, row 0 on top.
    Heatmap {
        /// Numbers of the matrix, `values[row][column]`; NaN, `null` in JSON, where a cell is
        /// hidden and has none.
        #[serde(deserialize_with = "with_hidden_cells")]
        values: Vec<Vec<f64>>,
        /// Names of the columns, or none to number them.
        columns: Vec<String>,
        /// Names of the rows, or none to number them.
        rows: Vec<String>,
        /// What the colours say: panels of one figure that say the same share their scale.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        colours: String,
        /// Values at the ends of the scale of colours; none from the values themselves, with 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<(f64, f64)>,
        /// Blocks of cells to look at, drawn with an outline.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outlined: Vec<Block>,
    },
    /// Tensors and what they are made of, from the inputs on top to the outputs below.
    Shapes(Vec<Step>),
    /// A picture that explains: arrows, dots, cells and words, without axes.
    Drawing(Drawing),
}

/// Neighbouring cells of a matrix, from a first row and column up to another, which is not in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// First row, and the row after the last.
    pub rows: (usize, usize),
    /// First column, and the column after the last.
    pub columns: (usize, usize),
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
    /// Whether the curve is no measurement but something to compare with, such as the best
    /// possible; drawn thin and dashed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub guide: bool,
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

fn is_false(value: &bool) -> bool {
    !value
}

/// Reads numbers of which some are `null`: JSON knows no NaN.
fn with_hidden_cells<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<f64>>, D::Error> {
    let rows = Vec::<Vec<Option<f64>>>::deserialize(from)?;
    let mut values = Vec::new();
    for row in rows {
        values.push(row.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect());
    }
    Ok(values)
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
        let points = points.into_iter().collect();
        Self { name: name.into(), points, range: Vec::new(), guide: false }
    }

    /// The same curve as something to compare with.
    pub fn as_guide(self) -> Self {
        Self { guide: true, ..self }
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

impl Block {
    /// A square on the diagonal.
    pub fn on_diagonal(from: usize, to: usize) -> Self {
        Self { rows: (from, to), columns: (from, to) }
    }
}

impl Marks {
    /// A matrix with the names of its columns and rows, and what its colours say.
    pub fn heatmap(
        values: Vec<Vec<f64>>,
        columns: Vec<String>,
        rows: Vec<String>,
        colours: &str,
    ) -> Self {
        let (range, outlined) = (None, Vec::new());
        Self::Heatmap { values, columns, rows, colours: colours.into(), range, outlined }
    }

    /// The same matrix with blocks outlined; other marks have no cells and stay as they are.
    pub fn outlining(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        if let Self::Heatmap { outlined, .. } = &mut self {
            outlined.extend(blocks);
        }
        self
    }

    /// The same matrix with its colours from `low` to `high`; other marks stay as they are.
    pub fn between(mut self, low: f64, high: f64) -> Self {
        if let Self::Heatmap { range, .. } = &mut self {
            *range = Some((low, high));
        }
        self
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
    /// two figures are not made alike (other words, panels, counts or hidden cells).
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
                if a.is_nan() != b.is_nan() {
                    return None;
                }
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

impl Drawing {
    /// The drawing as a figure with its title and its words for those who do not see it.
    pub fn figure(self, name: &str, title: &str, alt: &str) -> Figure {
        let (x, y) = (Axis::linear(""), Axis::linear(""));
        let panel = Panel { title: String::new(), x, y, marks: Marks::Drawing(self) };
        Figure {
            name: name.into(),
            title: title.into(),
            alt: alt.into(),
            band: DRAWING_BAND,
            panels: vec![panel],
        }
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
            Marks::Against { line, points } => {
                names.push(&line.name);
                for &(x, y) in &line.points {
                    numbers.extend([x, y]);
                }
                for point in points {
                    names.push(&point.label);
                    numbers.extend([point.x, point.y]);
                }
            }
            Marks::Heatmap { values, columns, rows, colours, .. } => {
                names.push(colours);
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
            Marks::Drawing(drawing) => return drawing.flatten(),
        }
        (names, numbers)
    }
}
