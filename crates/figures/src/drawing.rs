//! Pictures that explain: arrows, dots, cells and words where their data say.

use course::{Drawing, Element, Side, Tone};

use crate::canvas::{Area, Canvas, Marker, Style};
use crate::colour::{self, GREY, INK, Rgb, letters_on};
use crate::{LEADING, MARGIN, TITLE, wrap};

/// Size of all letters: 11 px are left where a page of 360 px shows the picture.
const LETTERS: f64 = 15.5;
/// Between the picture and the border at its sides.
const BESIDE: f64 = 6.0;
/// Between the title and the picture.
const BELOW_TITLE: f64 = 10.0;
/// Length of an arrowhead and half its breadth, for a shaft of one pixel; and what a wider shaft
/// adds to them per pixel.
const HEAD: (f64, f64) = (7.0, 3.5);
const HEAD_GROWS: (f64, f64) = (2.2, 1.3);
/// Points of a full circle.
const CIRCLE: f64 = 96.0;
/// Lengths on and off of a dashed line.
const DASHES: [f64; 2] = [5.0, 4.0];

type At = (f64, f64);

/// Pixels that a figure of this drawing takes, its title among them.
pub fn size(drawing: &Drawing, title: &str) -> (f64, f64) {
    let width = Drawing::WIDTH + 2.0 * BESIDE;
    let lines = wrap(title, TITLE, width - 2.0 * MARGIN).len();
    let title = lines as f64 * TITLE * LEADING;
    (width, (2.0 * MARGIN + title + BELOW_TITLE + drawing.height).ceil())
}

/// Draws every element in its order.
pub fn draw(canvas: &mut Canvas, drawing: &Drawing, area: Area) {
    let page =
        Page { left: area.centre_x() - Drawing::WIDTH / 2.0, top: area.bottom - drawing.height };
    for element in &drawing.elements {
        page.draw(canvas, element);
    }
}

/// Where the drawing's upper left corner lies on the canvas.
struct Page {
    left: f64,
    top: f64,
}

impl Page {
    fn at(&self, (x, y): At) -> At {
        (self.left + x, self.top + y)
    }

    fn all(&self, points: &[At]) -> Vec<At> {
        points.iter().map(|&point| self.at(point)).collect()
    }

    fn draw(&self, canvas: &mut Canvas, element: &Element) {
        match element {
            Element::Label { at, text, tone, side, bold } => {
                let style = if *bold { Style::bold(LETTERS) } else { Style::plain(LETTERS) };
                let style = style.coloured(colour_of(*tone));
                let style = match side {
                    Side::Left => style,
                    Side::Middle => style.centre(),
                    Side::Right => style.right(),
                };
                canvas.text(text, self.at(*at), style);
            }
            Element::Arrow { from, to, tone, width } => {
                arrow(canvas, &[self.at(*from), self.at(*to)], colour_of(*tone), *width);
            }
            Element::Line { points, tone, width, dashed } => {
                let pattern: &[f64] = if *dashed { &DASHES } else { &[] };
                canvas.dashed(&self.all(points), pattern, colour_of(*tone), *width);
            }
            Element::Dot { at, radius, tone } => {
                canvas.marker(Marker::Circle, self.at(*at), *radius, colour_of(*tone));
            }
            Element::Arc { centre, radius, from, to, tone, arrow: pointed } => {
                let points = arc(self.at(*centre), *radius, *from, *to);
                if *pointed {
                    arrow(canvas, &points, colour_of(*tone), 2.0);
                } else {
                    canvas.path(&points, colour_of(*tone), 1.5);
                }
            }
            Element::Patch { corners, tone, strength } => {
                canvas.veil(&self.all(corners), colour_of(*tone), *strength);
            }
            Element::Cells { at, size, texts, strengths, tone } => {
                for (i, (text, strength)) in texts.iter().zip(strengths).enumerate() {
                    let corner = self.at((at.0 + size.0 * i as f64, at.1));
                    cell(canvas, corner, *size, (text, *strength), colour_of(*tone));
                }
            }
        }
    }
}

fn colour_of(tone: Tone) -> Rgb {
    match tone {
        Tone::Ink => INK,
        Tone::Grey => GREY,
        Tone::First => colour::group(0),
        Tone::Second => colour::group(1),
        Tone::Third => colour::group(2),
        Tone::White => colour::WHITE,
    }
}

/// A path that ends in a filled head; the shaft ends inside the head, so that its point is sharp.
fn arrow(canvas: &mut Canvas, points: &[At], colour: Rgb, width: f64) {
    let [.., before, tip] = points else { return };
    let length = HEAD.0 + HEAD_GROWS.0 * width;
    let breadth = HEAD.1 + HEAD_GROWS.1 * width;
    let start = points.iter().rev().find(|point| distance(**point, *tip) >= length);
    let from = *start.unwrap_or(before);
    let reach = distance(from, *tip).max(f64::EPSILON);
    let along = ((tip.0 - from.0) / reach, (tip.1 - from.1) / reach);
    let neck = (tip.0 - along.0 * length, tip.1 - along.1 * length);
    let mut shaft = points.to_vec();
    shaft.retain(|point| distance(*point, *tip) >= length);
    shaft.push((neck.0 + along.0, neck.1 + along.1));
    if shaft.len() > 1 {
        canvas.path(&shaft, colour, width);
    }
    let left = (neck.0 - along.1 * breadth, neck.1 + along.0 * breadth);
    let right = (neck.0 + along.1 * breadth, neck.1 - along.0 * breadth);
    canvas.veil(&[*tip, left, right], colour, 1.0);
}

fn distance(a: At, b: At) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Points along a circle's line; angles grow anticlockwise, as on paper.
fn arc(centre: At, radius: f64, from: f64, to: f64) -> Vec<At> {
    let share = (to - from).abs() / std::f64::consts::TAU;
    let steps = (share * CIRCLE).ceil().max(2.0);
    let mut points = Vec::new();
    for step in 0..=steps as usize {
        let angle = from + (to - from) * step as f64 / steps;
        points.push((centre.0 + radius * angle.cos(), centre.1 - radius * angle.sin()));
    }
    points
}

/// A cell with a border of its colour, its text dark or white as the filling asks.
fn cell(canvas: &mut Canvas, at: At, size: At, (text, strength): (&str, f64), colour: Rgb) {
    let (right, below) = (at.0 + size.0, at.1 + size.1);
    let corners = [at, (right, at.1), (right, below), (at.0, below)];
    let filling = colour::blend(colour::WHITE, colour, strength);
    canvas.veil(&corners, filling, 1.0);
    canvas.path(&[corners[0], corners[1], corners[2], corners[3], corners[0]], colour, 1.2);
    let middle = (at.0 + size.0 / 2.0, at.1 + size.1 / 2.0);
    canvas.text(text, middle, Style::plain(LETTERS).coloured(letters_on(filling)).centre());
}
