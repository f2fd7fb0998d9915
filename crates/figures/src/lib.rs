//! # A figure's data drawn as SVG
//!
//! A lesson's demo computes a [`Figure`]: panels of curves, points, bars, a matrix or shapes.
//! [`svg`] draws it, and the same data always give the same bytes: sizes are fixed, numbers
//! rounded, nothing depends on fonts, clock or machine.
//!
//! Every picture stands on its own white panel, so that it reads in a dark theme too, and carries
//! its title and its alt text for those who do not see it. Legends stand below the axes, never over
//! the data. Values that cannot be drawn (NaN, infinities, zero on a logarithmic axis) are left
//! out.
//!
//! ```
//! use course::{Axis, Figure, Line, Marks, Panel};
//!
//! let curve = Line::new("x squared", (0..10).map(|x| (f64::from(x), f64::from(x * x))));
//! let panel = Panel {
//!     title: String::new(),
//!     x: Axis::linear("x"),
//!     y: Axis::linear("y"),
//!     marks: Marks::Lines(vec![curve]),
//! };
//! let figure = Figure {
//!     name: "squares".into(),
//!     title: "A parabola".into(),
//!     alt: "A curve that rises faster and faster, from 0 at 0 to 81 at 9.".into(),
//!     band: 0.0,
//!     panels: vec![panel],
//! };
//! assert!(figures::svg(&figure).starts_with("<svg"));
//! ```

mod axis;
mod bars;
mod canvas;
mod colour;
mod heatmap;
mod legend;
mod lines;
mod map;
mod points;
mod shapes;

pub use canvas::is_drawn_here;
use canvas::{Area, Canvas, Style, text_width};
use course::{Figure, Marks, Panel};
pub use map::{Names, Place, TextMap, map};

/// Pixels of a figure with one panel.
const SINGLE: (f64, f64) = (640.0, 400.0);
/// Pixels a panel gets among several.
const SHARED: (f64, f64) = (440.0, 420.0);
/// Panels side by side: with more, their letters would be too small on a page.
const COLUMNS: usize = 2;
/// Between the border and anything drawn.
const MARGIN: f64 = 14.0;
/// Title of the figure.
const TITLE: f64 = 15.0;
/// Title of a panel.
const SUBTITLE: f64 = 12.5;
/// Line height in units of the font size.
const LEADING: f64 = 1.35;

/// Draws a figure as one SVG document.
pub fn svg(figure: &Figure) -> String {
    let (width, height) = match &figure.panels[..] {
        [Panel { marks: Marks::Shapes(steps), .. }] => shapes::size(steps),
        [] | [_] => SINGLE,
        several => (SHARED.0 * COLUMNS as f64, SHARED.1 * several.len().div_ceil(COLUMNS) as f64),
    };
    let mut canvas = Canvas::new(width, height);
    let mut top = MARGIN;
    for line in wrap(&figure.title, TITLE, width - 2.0 * MARGIN) {
        let style = Style::bold(TITLE);
        canvas.text(&line, (width / 2.0, top + TITLE / 2.0), style.centre());
        top += TITLE * LEADING;
    }
    let columns = figure.panels.len().clamp(1, COLUMNS);
    let rows = figure.panels.len().div_ceil(columns).max(1);
    let (panel_width, panel_height) = (width / columns as f64, (height - top) / rows as f64);
    for (index, panel) in figure.panels.iter().enumerate() {
        let left = panel_width * (index % columns) as f64;
        let above = top + panel_height * (index / columns) as f64;
        let area = Area {
            left: left + MARGIN,
            right: left + panel_width - MARGIN,
            top: above + 4.0,
            bottom: above + panel_height - MARGIN,
        };
        draw_panel(&mut canvas, panel, area);
    }
    canvas.finish(&figure.title, &figure.alt)
}

fn draw_panel(canvas: &mut Canvas, panel: &Panel, mut area: Area) {
    for line in wrap(&panel.title, SUBTITLE, area.width()) {
        canvas.text(
            &line,
            (area.centre_x(), area.top + SUBTITLE / 2.0),
            Style::plain(SUBTITLE).centre(),
        );
        area.top += SUBTITLE * LEADING;
    }
    area.top += 4.0;
    match &panel.marks {
        Marks::Lines(series) => lines::draw(canvas, panel, series, area),
        Marks::Points(points) => points::draw(canvas, panel, points, area),
        Marks::Bars(bars) => bars::draw(canvas, panel, bars, area),
        Marks::Heatmap { values, columns, rows } => {
            heatmap::draw(canvas, panel, values, columns, rows, area)
        }
        Marks::Shapes(steps) => shapes::draw(canvas, steps, area),
    }
}

/// A text in lines no wider than `width`, broken at spaces.
fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(line, size) + text_width(word, size) + size * 0.4 <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}
