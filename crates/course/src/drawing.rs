//! An explanatory picture as data: arrows, dots, cells and words at their places on a page.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

/// A place on a drawing: pixels from its left edge, and pixels from its top.
type At = (f64, f64);

/// What a picture is made of, in the order in which it is painted.
///
/// All drawings are of one width, [`Drawing::WIDTH`], so that their letters are of one size on a
/// page and can be read on a telephone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Drawing {
    /// Height of the drawing in pixels, without the title.
    pub height: f64,
    /// Elements from the lowest to the topmost.
    pub elements: Vec<Element>,
}

/// What an element is painted with; a thing keeps its tone from picture to picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// Black, for words and what is neutral.
    Ink,
    /// Grey, for axes and helping lines.
    Grey,
    /// Blue, for the thing that the picture is about.
    First,
    /// Orange, for what it is compared with or made of.
    Second,
    /// Green, for what comes out or a third thing.
    Third,
    /// White, for letters on what is dark.
    White,
}

/// Which side of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The text begins at its place.
    Left,
    /// The text has its middle at its place.
    Middle,
    /// The text ends at its place.
    Right,
}

/// One thing of a drawing. Lengths are pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Element {
    /// A word or a number.
    Label {
        /// Place of the side that `side` names, at half the height of the letters.
        at: At,
        /// What it says.
        text: String,
        /// Colour of the letters.
        tone: Tone,
        /// Which side of the text stands at `at`.
        side: Side,
        /// Whether the letters are bold.
        bold: bool,
    },
    /// A straight arrow.
    Arrow {
        /// Where the arrow begins.
        from: At,
        /// Where its point is.
        to: At,
        /// Colour of the arrow.
        tone: Tone,
        /// Width of the shaft; the head grows with it.
        width: f64,
    },
    /// A line through points.
    Line {
        /// Points from one end to the other.
        points: Vec<At>,
        /// Colour of the line.
        tone: Tone,
        /// Width of the line.
        width: f64,
        /// Whether the line is dashed.
        dashed: bool,
    },
    /// A filled circle.
    Dot {
        /// Centre of the circle.
        at: At,
        /// Radius of the circle.
        radius: f64,
        /// Colour of the circle.
        tone: Tone,
    },
    /// A part of a circle's line, anticlockwise from `from` to `to`, clockwise where `to` is less.
    Arc {
        /// Centre of the circle.
        centre: At,
        /// Radius of the circle.
        radius: f64,
        /// Angle of its beginning in radians, 0 to the right.
        from: f64,
        /// Angle of its end in radians.
        to: f64,
        /// Colour of the arc.
        tone: Tone,
        /// Whether an arrowhead stands at its end.
        arrow: bool,
    },
    /// A filled polygon that what lies below shines through.
    Patch {
        /// Corners in their order.
        corners: Vec<At>,
        /// Colour of the patch.
        tone: Tone,
        /// How much of what lies below it hides: 0 nothing, 1 all.
        strength: f64,
    },
    /// A row of cells with a number or word in each: a vector, or a row of a matrix.
    Cells {
        /// Upper left corner of the first cell.
        at: At,
        /// Width and height of one cell.
        size: At,
        /// What each cell says.
        texts: Vec<String>,
        /// How dark each cell is: 0 white, 1 full.
        strengths: Vec<f64>,
        /// Colour of the cells and of their borders.
        tone: Tone,
    },
}

/// A flat map from numbers to places: where the origin lies, and how many pixels 1 is.
#[derive(Debug, Clone, Copy)]
pub struct Plane {
    /// Place of the point (0, 0).
    pub origin: At,
    /// Pixels that one is long, along both axes.
    pub unit: f64,
}

impl Plane {
    /// Place of the point (x, y); y points up.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.origin.0 + x * self.unit, self.origin.1 - y * self.unit)
    }

    /// Place of the point at an angle in radians and a distance from the origin.
    pub fn polar(&self, angle: f64, distance: f64) -> (f64, f64) {
        self.at(angle.cos() * distance, angle.sin() * distance)
    }
}

impl Drawing {
    /// Width of every drawing in pixels.
    pub const WIDTH: f64 = 480.0;

    /// An empty drawing of this height in pixels.
    pub fn new(height: f64) -> Self {
        Self { height, elements: Vec::new() }
    }

    /// Adds a word in the middle of which `at` lies.
    pub fn label(&mut self, at: (f64, f64), text: &str, tone: Tone) {
        self.words(at, text, tone, Side::Middle, false);
    }

    /// Adds a bold word in the middle of which `at` lies.
    pub fn bold(&mut self, at: (f64, f64), text: &str, tone: Tone) {
        self.words(at, text, tone, Side::Middle, true);
    }

    /// Adds a word that begins at `at`.
    pub fn label_from(&mut self, at: (f64, f64), text: &str, tone: Tone) {
        self.words(at, text, tone, Side::Left, false);
    }

    /// Adds a word that ends at `at`.
    pub fn label_to(&mut self, at: (f64, f64), text: &str, tone: Tone) {
        self.words(at, text, tone, Side::Right, false);
    }

    fn words(&mut self, at: At, text: &str, tone: Tone, side: Side, bold: bool) {
        let text = text.into();
        self.elements.push(Element::Label { at: place(at), text, tone, side, bold });
    }

    /// Adds an arrow whose shaft is `width` pixels wide.
    pub fn arrow(&mut self, from: (f64, f64), to: (f64, f64), tone: Tone, width: f64) {
        self.elements.push(Element::Arrow { from: place(from), to: place(to), tone, width });
    }

    /// Adds a line.
    pub fn line(&mut self, points: &[(f64, f64)], tone: Tone, width: f64) {
        self.elements.push(Element::Line { points: places(points), tone, width, dashed: false });
    }

    /// Adds a dashed line.
    pub fn dashed(&mut self, points: &[(f64, f64)], tone: Tone, width: f64) {
        self.elements.push(Element::Line { points: places(points), tone, width, dashed: true });
    }

    /// Adds a filled circle.
    pub fn dot(&mut self, at: (f64, f64), radius: f64, tone: Tone) {
        self.elements.push(Element::Dot { at: place(at), radius: rounded(radius), tone });
    }

    /// Adds a circle's line.
    pub fn circle(&mut self, centre: (f64, f64), radius: f64, tone: Tone) {
        self.arc(centre, radius, (0.0, TAU), tone);
    }

    /// Adds the part of a circle's line between two angles in radians, anticlockwise.
    pub fn arc(&mut self, centre: (f64, f64), radius: f64, angles: (f64, f64), tone: Tone) {
        self.push_arc(centre, radius, angles, tone, false);
    }

    /// Adds an arc with an arrowhead at the second of its angles in radians.
    pub fn turn(&mut self, centre: (f64, f64), radius: f64, angles: (f64, f64), tone: Tone) {
        self.push_arc(centre, radius, angles, tone, true);
    }

    fn push_arc(&mut self, centre: At, radius: f64, (from, to): At, tone: Tone, arrow: bool) {
        let (from, to) = ((from * 1e4).round() / 1e4, (to * 1e4).round() / 1e4);
        let (centre, radius) = (place(centre), rounded(radius));
        self.elements.push(Element::Arc { centre, radius, from, to, tone, arrow });
    }

    /// Adds a filled polygon.
    pub fn patch(&mut self, corners: &[(f64, f64)], tone: Tone, strength: f64) {
        let strength = (strength * 1e3).round() / 1e3;
        self.elements.push(Element::Patch { corners: places(corners), tone, strength });
    }

    /// Adds a filled rectangle from its upper left corner, as wide and high as `size` says.
    pub fn block(&mut self, (x, y): (f64, f64), size: (f64, f64), tone: Tone, strength: f64) {
        let (right, below) = (x + size.0, y + size.1);
        self.patch(&[(x, y), (right, y), (right, below), (x, below)], tone, strength);
    }

    /// Adds a pale box with a border and one line of words for each of `lines`.
    pub fn boxed(&mut self, at: (f64, f64), size: (f64, f64), lines: &[&str], tone: Tone) {
        let (right, below) = (at.0 + size.0, at.1 + size.1);
        self.block(at, size, tone, 0.12);
        self.line(&[at, (right, at.1), (right, below), (at.0, below), at], tone, 1.5);
        let first = at.1 + size.1 / 2.0 - 10.0 * (lines.len() as f64 - 1.0);
        for (i, line) in lines.iter().enumerate() {
            self.label((at.0 + size.0 / 2.0, first + 20.0 * i as f64), line, Tone::Ink);
        }
    }

    /// Adds a row of pale cells with a text in each.
    pub fn cells(&mut self, at: (f64, f64), size: (f64, f64), texts: &[String], tone: Tone) {
        self.shaded(at, size, texts, &vec![0.12; texts.len()], tone);
    }

    /// Adds a row of cells, each as dark as its number in `strengths`, from 0 to 1.
    ///
    /// # Panics
    ///
    /// If there are not as many texts as strengths.
    pub fn shaded(
        &mut self,
        at: (f64, f64),
        size: (f64, f64),
        texts: &[String],
        strengths: &[f64],
        tone: Tone,
    ) {
        assert_eq!(texts.len(), strengths.len(), "each cell has a text and a strength");
        let mut rounded = Vec::new();
        for strength in strengths {
            rounded.push((strength.clamp(0.0, 1.0) * 1e3).round() / 1e3);
        }
        let (at, texts) = (place(at), texts.to_vec());
        self.elements.push(Element::Cells { at, size, texts, strengths: rounded, tone });
    }

    /// All words and all numbers of the drawing, each in their order.
    pub(crate) fn flatten(&self) -> (Vec<&str>, Vec<f64>) {
        let (mut words, mut numbers) = (Vec::new(), vec![self.height]);
        for element in &self.elements {
            element.flatten(&mut words, &mut numbers);
        }
        (words, numbers)
    }
}

impl Element {
    fn flatten<'a>(&'a self, words: &mut Vec<&'a str>, numbers: &mut Vec<f64>) {
        match self {
            Element::Label { at, text, .. } => {
                words.push(text);
                numbers.extend([at.0, at.1]);
            }
            Element::Arrow { from, to, width, .. } => {
                numbers.extend([from.0, from.1, to.0, to.1, *width]);
            }
            Element::Line { points, width, .. } => {
                for point in points {
                    numbers.extend([point.0, point.1]);
                }
                numbers.push(*width);
            }
            Element::Dot { at, radius, .. } => numbers.extend([at.0, at.1, *radius]),
            Element::Arc { centre, radius, from, to, .. } => {
                numbers.extend([centre.0, centre.1, *radius, *from, *to]);
            }
            Element::Patch { corners, strength, .. } => {
                for corner in corners {
                    numbers.extend([corner.0, corner.1]);
                }
                numbers.push(*strength);
            }
            Element::Cells { at, size, texts, strengths, .. } => {
                for text in texts {
                    words.push(text);
                }
                numbers.extend([at.0, at.1, size.0, size.1]);
                numbers.extend(strengths);
            }
        }
    }
}

/// A number as a picture shows it: at most so many decimals, without zeros at their end.
pub fn number(number: f64, decimals: usize) -> String {
    let long = format!("{number:.decimals$}");
    let short =
        if long.contains('.') { long.trim_end_matches('0').trim_end_matches('.') } else { &long };
    if short == "-0" { "0".into() } else { short.into() }
}

/// A vector as a picture shows it, each number as [`number`] has it: `(1, 2.5)`.
pub fn vector(numbers: &[f64], decimals: usize) -> String {
    let mut texts = Vec::new();
    for &entry in numbers {
        texts.push(number(entry, decimals));
    }
    format!("({})", texts.join(", "))
}

/// A number to a tenth: what is finer depends on the processor and is not seen.
fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn place(at: At) -> At {
    (rounded(at.0), rounded(at.1))
}

fn places(points: &[At]) -> Vec<At> {
    let mut places = Vec::new();
    for point in points {
        places.push(place(*point));
    }
    places
}
