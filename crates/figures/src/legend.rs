//! Names of curves and groups, in rows below the axes.

use crate::canvas::{Area, Canvas, Marker, Style, shortened, text_width};
use crate::colour::Rgb;

/// Size of the names.
const SIZE: f64 = 11.5;
/// Height of a row.
const ROW: f64 = 18.0;
/// Width of the sample before a name.
const SAMPLE: f64 = 26.0;
/// Pixels between two entries.
const GAP: f64 = 14.0;

/// What stands before a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// A stretch of the curve, with its marker if it has some.
    Line(Vec<f64>, Option<Marker>),
    /// A marker of points.
    Marker(Marker),
    /// A patch of the bar's colour.
    Patch,
    /// A patch of what is hidden.
    Hidden,
    /// A box with an edge of this colour.
    Box(Rgb),
    /// An arrow.
    Arrow,
}

/// A name in the legend with its sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub name: String,
    pub colour: Rgb,
    pub sample: Sample,
}

/// Pixels that the entries take at the bottom of an area so wide.
pub fn height(entries: &[Entry], width: f64) -> f64 {
    match rows(entries, width).len() {
        0 => 0.0,
        rows => ROW * rows as f64 + 4.0,
    }
}

/// Draws the entries at the bottom of `area` and answers with what is left of it above them.
pub fn draw(canvas: &mut Canvas, entries: &[Entry], area: Area) -> Area {
    let rows = rows(entries, area.width());
    if rows.is_empty() {
        return area;
    }
    let top = area.bottom - ROW * rows.len() as f64;
    for (index, row) in rows.iter().enumerate() {
        let y = top + ROW * (index as f64 + 0.5) + 2.0;
        let total: f64 = row.iter().map(|entry| width(entry, area.width())).sum::<f64>() - GAP;
        let mut x = area.centre_x() - total / 2.0;
        for entry in row {
            draw_entry(canvas, entry, (x, y), area.width());
            x += width(entry, area.width());
        }
    }
    Area { bottom: top - 4.0, ..area }
}

fn draw_entry(canvas: &mut Canvas, entry: &Entry, (x, y): (f64, f64), room: f64) {
    let end = x + SAMPLE - 6.0;
    let middle = (x + end) / 2.0;
    match &entry.sample {
        Sample::Line(pattern, marker) => {
            canvas.dashed(&[(x, y), (end, y)], pattern, entry.colour, 2.0);
            if let Some(marker) = marker {
                canvas.marker(*marker, (middle, y), 3.2, entry.colour);
            }
        }
        Sample::Marker(marker) => canvas.marker(*marker, (end - 5.0, y), 4.0, entry.colour),
        Sample::Patch => {
            canvas.rect(patch(end, y), entry.colour);
        }
        Sample::Hidden => canvas.hatched(patch(end, y)),
        Sample::Box(edge) => canvas.framed(patch(end, y), entry.colour, *edge),
        Sample::Arrow => canvas.arrow(&[(x, y), (end, y)], entry.colour, 2.0),
    }
    canvas.text(&name(entry, room), (x + SAMPLE, y), Style::plain(SIZE));
}

fn patch(right: f64, y: f64) -> Area {
    Area { left: right - 12.0, right, top: y - 5.0, bottom: y + 5.0 }
}

fn name(entry: &Entry, room: f64) -> String {
    shortened(&entry.name, SIZE, room - SAMPLE)
}

fn width(entry: &Entry, room: f64) -> f64 {
    SAMPLE + text_width(&name(entry, room), SIZE) + GAP
}

fn rows(entries: &[Entry], room: f64) -> Vec<Vec<&Entry>> {
    let mut rows: Vec<Vec<&Entry>> = Vec::new();
    let mut used = f64::INFINITY;
    for entry in entries.iter().filter(|entry| !entry.name.trim().is_empty()) {
        let width = width(entry, room);
        if used + width - GAP > room {
            rows.push(Vec::new());
            used = 0.0;
        }
        used += width;
        if let Some(row) = rows.last_mut() {
            row.push(entry);
        }
    }
    rows
}

/// The distinct names in the order of their first use.
pub fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}
