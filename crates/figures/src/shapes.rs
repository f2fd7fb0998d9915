//! Tensors as boxes, one row a step, an arrow from each to what is made of it.

use course::Step;

use crate::canvas::{Area, Canvas, Marker, Style, text_width};
use crate::colour::{self, GREY, INK, Rgb};

/// Sizes of a box's three lines: name, axes, operation.
const NAME: f64 = 13.0;
const AXES: f64 = 11.5;
const BY: f64 = 10.5;
/// Height of a box, and of the arrows between two rows.
const BOX: f64 = 58.0;
const ARROW: f64 = 30.0;
/// Between the text and the border of a box, and between two boxes.
const PADDING: f64 = 10.0;
const GAP: f64 = 18.0;
/// Title, margins and the least width of the figure.
const ABOVE: f64 = 46.0;
const BELOW: f64 = 18.0;
const NARROWEST: f64 = 480.0;
/// What a box is filled with: an input, or what is made.
const GIVEN: Rgb = Rgb(0xFF, 0xF1, 0xD6);
const MADE: Rgb = Rgb(0xE6, 0xF1, 0xFA);

/// Pixels that a figure of these steps takes.
pub fn size(steps: &[Step]) -> (f64, f64) {
    let rows = rows(steps);
    let widest = rows.iter().map(|row| row_width(row)).fold(0.0, f64::max);
    let height = rows.len() as f64 * (BOX + ARROW) - ARROW;
    ((widest + 4.0 * GAP).max(NARROWEST), ABOVE + height.max(0.0) + BELOW)
}

/// Draws boxes from top to bottom.
pub fn draw(canvas: &mut Canvas, steps: &[Step], area: Area) {
    let rows = rows(steps);
    let placed = placed(&rows, area);
    for (step, place) in &placed {
        for parent in placed.iter().filter(|(other, _)| step.from.contains(&other.name)) {
            arrow(canvas, parent.1, *place, &placed);
        }
    }
    for (step, place) in &placed {
        draw_box(canvas, step, *place);
    }
}

/// Steps by row: each below all that it is made of, an input right above what first takes it.
fn rows(steps: &[Step]) -> Vec<Vec<&Step>> {
    let mut depth = vec![0_usize; steps.len()];
    for (i, step) in steps.iter().enumerate() {
        let parents = (0..i).filter(|&j| step.from.contains(&steps[j].name));
        depth[i] = parents.map(|j| depth[j] + 1).max().unwrap_or(0);
    }
    for (i, step) in steps.iter().enumerate().filter(|(_, step)| step.from.is_empty()) {
        let children = (0..steps.len()).filter(|&j| steps[j].from.contains(&step.name));
        depth[i] = children.map(|j| depth[j].saturating_sub(1)).min().unwrap_or(0);
    }
    let last = depth.iter().max().map_or(0, |deepest| deepest + 1);
    (0..last)
        .map(|row| {
            steps
                .iter()
                .zip(&depth)
                .filter(|(_, depth)| **depth == row)
                .map(|(step, _)| step)
                .collect()
        })
        .collect()
}

fn axes(step: &Step) -> String {
    if step.axes.is_empty() { "one number".into() } else { format!("[{}]", step.axes) }
}

fn box_width(step: &Step) -> f64 {
    let lines = [(&step.name, NAME), (&axes(step), AXES), (&step.by, BY)]
        .map(|(text, size)| text_width(text, size));
    lines.into_iter().fold(0.0, f64::max) + 2.0 * PADDING
}

fn row_width(row: &[&Step]) -> f64 {
    row.iter().map(|step| box_width(step) + GAP).sum::<f64>() - GAP
}

fn placed<'a>(rows: &[Vec<&'a Step>], area: Area) -> Vec<(&'a Step, Area)> {
    let mut placed = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let top = area.top + number as f64 * (BOX + ARROW);
        let mut left = area.centre_x() - row_width(row) / 2.0;
        for step in row {
            let right = left + box_width(step);
            placed.push((*step, Area { left, right, top, bottom: top + BOX }));
            left = right + GAP;
        }
    }
    placed
}

/// From the lower edge of a box to the upper edge of another; beside what stands between them.
fn arrow(canvas: &mut Canvas, from: Area, to: Area, boxes: &[(&Step, Area)]) {
    let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
    for (_, area) in boxes {
        if area.top > from.bottom && area.bottom < to.top {
            (left, right) = (left.min(area.left), right.max(area.right));
        }
    }
    let straight = from.centre_x();
    let is_free = straight > right + GAP / 2.0 || straight < left - GAP / 2.0;
    let x = if is_free { straight } else { right + GAP / 2.0 };
    let end = (
        to.centre_x() + (x - to.centre_x()).clamp(-0.35 * to.width(), 0.35 * to.width()),
        to.top - 3.0,
    );
    let path = [
        (from.centre_x(), from.bottom),
        (x, from.bottom + ARROW / 2.0),
        (x, to.top - ARROW / 2.0),
        end,
    ];
    let adjacent = to.top - from.bottom < 1.5 * ARROW;
    let path = if adjacent { vec![path[0], end] } else { path.to_vec() };
    canvas.path(&path, GREY, 1.2);
    canvas.marker(Marker::Circle, end, 2.5, GREY);
}

fn draw_box(canvas: &mut Canvas, step: &Step, place: Area) {
    let (fill, edge) =
        if step.from.is_empty() { (GIVEN, colour::group(3)) } else { (MADE, colour::group(0)) };
    canvas.rect(place, edge);
    let inside = Area {
        left: place.left + 1.2,
        right: place.right - 1.2,
        top: place.top + 1.2,
        bottom: place.bottom - 1.2,
    };
    canvas.rect(inside, fill);
    let lines = [
        (step.name.clone(), Style::bold(NAME).coloured(INK)),
        (axes(step), Style::plain(AXES).coloured(INK)),
        (step.by.clone(), Style::plain(BY).coloured(GREY)),
    ];
    let used = if step.by.is_empty() { 2 } else { 3 };
    let first = place.centre_y() - 16.5 * (used as f64 - 1.0) / 2.0;
    for (i, (text, style)) in lines.into_iter().take(used).enumerate() {
        canvas.text(&text, (place.centre_x(), first + 16.5 * i as f64), style.centre());
    }
}
