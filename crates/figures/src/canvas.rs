//! Paper in pixels with fractions: plotters' SVG backend, which takes whole numbers, at ten times
//! the size.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::prelude::{FontStyle, FontTransform, IntoFont, RGBColor, ShapeStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, TextStyle};

use crate::colour::{GREY, GROUPS, INK, NOTHING, Rgb};

/// Units of the document a pixel has.
const UNITS: f64 = 10.0;
/// Width of an average character in units of the font size, that of a wide sans-serif.
const CHARACTER: f64 = 0.62;
/// plotters divides a font's size by this when it writes SVG.
const PLOTTERS_FONT: f64 = 1.24;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Area {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn centre_x(&self) -> f64 {
        (self.left + self.right) / 2.0
    }

    pub fn centre_y(&self) -> f64 {
        (self.top + self.bottom) / 2.0
    }

    /// Pixels squared that two rectangles share.
    pub fn overlap(&self, other: &Area) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }

    pub fn contains(&self, other: &Area) -> bool {
        other.left >= self.left
            && other.right <= self.right
            && other.top >= self.top
            && other.bottom <= self.bottom
    }
}

/// How a text looks and which of its points stands at the given place.
#[derive(Clone, Copy)]
pub struct Style {
    size: f64,
    colour: Rgb,
    bold: bool,
    horizontal: HPos,
    upwards: bool,
}

impl Style {
    pub fn plain(size: f64) -> Self {
        Self { size, colour: INK, bold: false, horizontal: HPos::Left, upwards: false }
    }

    pub fn bold(size: f64) -> Self {
        Self { bold: true, ..Self::plain(size) }
    }

    pub fn coloured(self, colour: Rgb) -> Self {
        Self { colour, ..self }
    }

    pub fn centre(self) -> Self {
        Self { horizontal: HPos::Center, ..self }
    }

    pub fn right(self) -> Self {
        Self { horizontal: HPos::Right, ..self }
    }

    /// Turns the text so that it is read from below.
    pub fn upwards(self) -> Self {
        Self { upwards: true, ..self }
    }
}

/// Pixels a text takes at most, by estimate: a figure must not depend on the fonts of the machine
/// that draws it.
pub fn text_width(text: &str, size: f64) -> f64 {
    let characters: f64 = text.chars().map(|c| if c.is_ascii() { 1.0 } else { 1.4 }).sum();
    characters * size * CHARACTER
}

/// Pixels of a short text or a number, most of whose characters are narrower than the widest.
pub fn label_width(text: &str, size: f64) -> f64 {
    0.92 * text_width(text, size)
}

/// A text cut to `width` pixels, with an ellipsis where something is missing.
pub fn shortened(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_string();
    }
    let mut short = String::new();
    for c in text.chars() {
        if text_width(&short, size) + text_width("…", size) + text_width(&c.to_string(), size)
            > width
        {
            break;
        }
        short.push(c);
    }
    format!("{}…", short.trim_end())
}

/// A mark at a point; each group of points has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Marker {
    /// The mark of the group with this index; where the colours begin anew, the marks do not.
    pub fn of(index: usize) -> Self {
        let index = index + index / GROUPS.len();
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond][index % 4]
    }
}

type Point = (f64, f64);

/// The page that a figure is drawn on.
pub struct Canvas {
    body: String,
    width: f64,
    height: f64,
}

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    fn draw(&mut self, shape: impl FnOnce(&mut SVGBackend)) {
        // The backend opens an <svg> of its own for every drawing; only what stands inside is kept.
        let mut document = String::new();
        let mut backend = SVGBackend::with_string(&mut document, (1, 1));
        shape(&mut backend);
        drop(backend);
        let inside = document.split_once(">\n").map_or("", |(_, after_opening)| after_opening);
        self.body.push_str(inside.strip_suffix("</svg>\n").unwrap_or(inside));
    }

    pub fn path(&mut self, points: &[Point], colour: Rgb, width: f64) {
        let points: Vec<_> = points.iter().map(|&p| units(p)).collect();
        let style = stroke(colour, width);
        self.draw(|backend| written(backend.draw_path(points, &style)));
    }

    /// A path of dashes: lengths on and off in turn, in pixels; none of them draws it whole.
    pub fn dashed(&mut self, points: &[Point], pattern: &[f64], colour: Rgb, width: f64) {
        if pattern.is_empty() {
            return self.path(points, colour, width);
        }
        for dash in dashes(points, pattern) {
            self.path(&dash, colour, width);
        }
    }

    pub fn rect(&mut self, area: Area, colour: Rgb) {
        let (from, to) = (units((area.left, area.top)), units((area.right, area.bottom)));
        let style = fill(colour);
        self.draw(|backend| written(backend.draw_rect(from, to, &style, true)));
    }

    /// A rectangle with an edge of another colour inside it.
    pub fn framed(&mut self, area: Area, colour: Rgb, edge: Rgb) {
        const EDGE: f64 = 1.2;
        self.rect(area, edge);
        let Area { left, right, top, bottom } = area;
        let (left, right) = (left + EDGE, right - EDGE);
        self.rect(Area { left, right, top: top + EDGE, bottom: bottom - EDGE }, colour);
    }

    /// The outline of a rectangle.
    pub fn outline(&mut self, area: Area, colour: Rgb, width: f64) {
        let Area { left, right, top, bottom } = area;
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.path(&corners, colour, width);
    }

    /// A grey rectangle with slanting lines, which run on into its neighbours: something hidden.
    pub fn hatched(&mut self, area: Area) {
        const APART: f64 = 6.0;
        self.rect(area, NOTHING);
        let Area { left, right, top, bottom } = area;
        let mut line = ((left + top) / APART).ceil() * APART;
        while line < right + bottom {
            // On this line x + y is the same everywhere.
            let (from, to) = ((line - bottom).max(left), (line - top).min(right));
            self.path(&[(from, line - from), (to, line - to)], GREY, 0.6);
            line += APART;
        }
    }

    /// A path with a head at its end.
    pub fn arrow(&mut self, points: &[Point], colour: Rgb, width: f64) {
        let [.., (from_x, from_y), (x, y)] = *points else { return };
        let length = (x - from_x).hypot(y - from_y).max(1e-9);
        let (along, across) = ((x - from_x) / length, (y - from_y) / length);
        let (back, half) = (5.0 + 1.5 * width, 2.0 + 1.2 * width);
        let neck = (x - along * back, y - across * back);
        let mut shaft = points.to_vec();
        if let Some(end) = shaft.last_mut() {
            *end = neck;
        }
        self.path(&shaft, colour, width);
        let head = [
            (x, y),
            (neck.0 - across * half, neck.1 + along * half),
            (neck.0 + across * half, neck.1 - along * half),
        ];
        let style = fill(colour);
        let corners: Vec<_> = head.into_iter().map(units).collect();
        self.draw(|backend| written(backend.fill_polygon(corners, &style)));
    }

    /// A filled polygon that what lies below shines through.
    pub fn veil(&mut self, corners: &[Point], colour: Rgb, opacity: f64) {
        let corners: Vec<_> = corners.iter().map(|&p| units(p)).collect();
        let style = plotters_colour(colour).mix(opacity).filled();
        self.draw(|backend| written(backend.fill_polygon(corners, &style)));
    }

    pub fn marker(&mut self, marker: Marker, (x, y): Point, radius: f64, colour: Rgb) {
        let style = fill(colour);
        let r = radius;
        let corners = match marker {
            Marker::Circle => {
                let size = (radius * UNITS).round() as u32;
                return self.draw(|backend| {
                    written(backend.draw_circle(units((x, y)), size, &style, true))
                });
            }
            Marker::Square => vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)],
            Marker::Triangle => vec![(x, y - 1.3 * r), (x + 1.2 * r, y + r), (x - 1.2 * r, y + r)],
            Marker::Diamond => {
                vec![(x, y - 1.4 * r), (x + 1.4 * r, y), (x, y + 1.4 * r), (x - 1.4 * r, y)]
            }
        };
        let corners: Vec<_> = corners.into_iter().map(units).collect();
        self.draw(|backend| written(backend.fill_polygon(corners, &style)));
    }

    /// A text whose vertical middle lies at `at`.
    pub fn text(&mut self, text: &str, at: Point, style: Style) {
        let text = printable(text);
        if text.trim().is_empty() {
            return;
        }
        let font = ("sans-serif", style.size * UNITS * PLOTTERS_FONT).into_font();
        let font = if style.bold { font.style(FontStyle::Bold) } else { font };
        let font = if style.upwards { font.transform(FontTransform::Rotate270) } else { font };
        let colour = plotters_colour(style.colour);
        let looks =
            TextStyle::from(font).color(&colour).pos(Pos::new(style.horizontal, VPos::Center));
        self.draw(|backend| written(backend.draw_text(&text, &looks, units(at))));
    }

    /// Makes the page so wide and so high.
    pub fn set_size(&mut self, width: f64, height: f64) {
        (self.width, self.height) = (width, height);
    }

    /// Draws something that says a text where a pointer rests on it.
    pub fn titled(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        self.body.push_str(&format!("<g>\n<title>{}</title>\n", escaped(&printable(title))));
        draw(self);
        self.body.push_str("</g>\n");
    }

    /// Closes the page: the whole SVG document.
    pub fn finish(self, title: &str, description: &str) -> String {
        let Self { body, width, height } = self;
        let (wide, high) = (width * UNITS, height * UNITS);
        let (title, description) = (escaped(title), escaped(description));
        let body = tidy(&body);
        format!(
            "{OPENING}{width}\" height=\"{height}\" \
             viewBox=\"0 0 {wide} {high}\" role=\"img\" stroke-linejoin=\"round\">\n\
             <title>{title}</title>\n<desc>{description}</desc>\n\
             {PANEL}{}\" height=\"{}\" rx=\"80\" fill=\"#FFFFFF\" \
             stroke=\"#D0D7DE\" stroke-width=\"10\"/>\n{body}</svg>\n",
            wide - 10.0,
            high - 10.0,
        )
    }
}

/// What every figure opens with, and the panel that it stands on.
const OPENING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"";
const PANEL: &str = "<rect x=\"5\" y=\"5\" width=\"";

/// Whether a text that begins like this is a figure of [`svg`](crate::svg).
pub fn is_drawn_here(beginning: &str) -> bool {
    beginning.starts_with(OPENING) && beginning.contains(&format!("</desc>\n{PANEL}"))
}

fn written<E: std::fmt::Debug>(outcome: Result<(), E>) {
    outcome.expect("a string takes everything that is written to it");
}

fn units((x, y): Point) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn plotters_colour(Rgb(r, g, b): Rgb) -> RGBColor {
    RGBColor(r, g, b)
}

fn stroke(colour: Rgb, width: f64) -> ShapeStyle {
    plotters_colour(colour).stroke_width((width * UNITS).round() as u32)
}

fn fill(colour: Rgb) -> ShapeStyle {
    plotters_colour(colour).filled()
}

/// The pieces of a path that its pattern leaves visible.
fn dashes(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> =
        points.first().map(|&first| vec![first]).into_iter().collect();
    let (mut turn, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            let part = if length > left { left / length } else { 1.0 };
            from = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            if turn % 2 == 0
                && let Some(piece) = pieces.last_mut()
            {
                piece.push(from);
            }
            if length <= left {
                left -= length;
                break;
            }
            turn += 1;
            left = pattern[turn % pattern.len()];
            if turn % 2 == 0 {
                pieces.push(vec![from]);
            }
        }
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// Text that XML may hold: a control character becomes a space or a replacement mark.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        printable.push(match c {
            '\t' | '\n' | '\r' => ' ',
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        });
    }
    printable
}

fn escaped(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What SVG assumes anyway left out, and no more than two decimals in a tag.
fn tidy(body: &str) -> String {
    let mut clean = String::with_capacity(body.len());
    for line in body.lines() {
        if line.starts_with('<') {
            let line = line
                .replace(" opacity=\"1\"", "")
                .replace(" stroke=\"none\"", "")
                .replace(" \"", "\"");
            clean.push_str(&rounded(&line));
        } else {
            clean.push_str(line);
        }
        clean.push('\n');
    }
    clean
}

fn rounded(tag: &str) -> String {
    tag.split('"')
        .map(|part| match part.parse::<f64>() {
            Ok(number) if part.contains('.') => format!("{}", (number * 100.0).round() / 100.0),
            _ => part.to_string(),
        })
        .collect::<Vec<_>>()
        .join("\"")
}
