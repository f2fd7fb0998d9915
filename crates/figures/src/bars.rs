//! Bars from zero: one place a label, one colour a group.

use course::{Axis, Bar, Panel};

use crate::axis::{self, GAP, LABEL, NAME, Ruler, TICK};
use crate::canvas::{Area, Canvas, Marker, Style, label_width, shortened, text_width};
use crate::colour::{self, GREY, GRID, INK};
use crate::legend::{self, Entry, Sample};

/// The most pixels a label read from below may take.
const UPRIGHT: f64 = 120.0;
/// Share of a place that its bars fill.
const FILLED: f64 = 0.78;
/// Numbers above the bars.
const VALUE: f64 = 11.0;
/// Size of the mark of a value on a logarithmic axis.
const DOT: f64 = 4.0;

/// Names of the groups; a single one needs none.
pub fn entries(bars: &[Bar], is_log: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, group) in groups(bars).into_iter().enumerate() {
        let sample = if is_log { Sample::Marker(Marker::of(index)) } else { Sample::Patch };
        entries.push(Entry { name: group.into(), colour: colour::group(index), sample });
    }
    if entries.len() > 1 { entries } else { Vec::new() }
}

fn groups(bars: &[Bar]) -> Vec<&str> {
    legend::distinct(bars.iter().map(|bar| bar.group.as_str()))
}

/// Draws bars over their labels. A logarithmic axis has no zero that a bar could start at: there a
/// mark stands at each value. Answers with the plot.
pub fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    bars: &[Bar],
    heights: impl Iterator<Item = f64>,
    area: Area,
) -> Area {
    let labels = legend::distinct(bars.iter().map(|bar| bar.label.as_str()));
    let groups = groups(bars);
    let (plot, y) = frame(canvas, panel, &labels, area, ruler(&panel.y, heights));
    let mut most = 0;
    for label in &labels {
        most = most.max(members(bars, label).len());
    }
    let most = most.max(1) as f64;
    let place = plot.width() / labels.len().max(1) as f64;
    let thickness = (place * FILLED / most).min(60.0);
    let zero = y.pixel(0.0).unwrap_or(plot.bottom).clamp(plot.top, plot.bottom);
    for (index, label) in labels.iter().enumerate() {
        let bars = members(bars, label);
        let middle = plot.left + place * (index as f64 + 0.5);
        if panel.y.log {
            canvas.path(&[(middle, plot.top), (middle, plot.bottom)], GRID, 1.0);
        }
        for (slot, bar) in bars.iter().enumerate() {
            let left = middle + thickness * (slot as f64 - bars.len() as f64 / 2.0);
            let group = groups.iter().position(|group| *group == bar.group).unwrap_or(0);
            let colour = colour::group(group);
            if panel.y.log {
                if let Some(height) = y.pixel(bar.value) {
                    canvas.marker(Marker::of(group), (middle, height), DOT, colour);
                }
            } else {
                draw_bar(canvas, bar, &y, zero, (left, thickness, place / most), colour);
            }
        }
    }
    canvas.path(&[(plot.left, zero), (plot.right, zero)], INK, 1.0);
    if bars.iter().all(|bar| y.pixel(bar.value).is_none()) {
        axis::nothing(canvas, plot);
    }
    plot
}

/// The bars of one label.
fn members<'a>(bars: &'a [Bar], label: &str) -> Vec<&'a Bar> {
    bars.iter().filter(|bar| bar.label == label).collect()
}

/// From zero to the values; a logarithmic axis has no zero and starts below the least.
fn ruler(axis: &Axis, values: impl Iterator<Item = f64>) -> Ruler {
    if axis.log {
        return Ruler::over(axis, values, 0.12);
    }
    let drawable = values.filter(|value| value.is_finite() && value.abs() < 1e99);
    let (low, high) =
        drawable.fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    let spare = 0.1 * if high > low { high - low } else { 10.0 };
    let below = if low < 0.0 { spare } else { 0.0 };
    let above = if high > 0.0 || low == 0.0 { spare } else { 0.0 };
    Ruler::exactly(axis, low - below, high + above)
}

fn draw_bar(
    canvas: &mut Canvas,
    bar: &Bar,
    y: &Ruler,
    zero: f64,
    (left, width, room): (f64, f64, f64),
    colour: colour::Rgb,
) {
    let Some(end) = y.pixel(bar.value) else { return };
    let area = Area { left, right: left + width * 0.94, top: end.min(zero), bottom: end.max(zero) };
    canvas.rect(area, colour);
    let number = axis::short(bar.value);
    if label_width(&number, VALUE) <= room {
        let above = if end <= zero { -8.0 } else { 8.0 };
        canvas.text(
            &number,
            (area.centre_x(), end + above),
            Style::plain(VALUE).coloured(GREY).centre(),
        );
    }
}

fn frame(
    canvas: &mut Canvas,
    panel: &Panel,
    labels: &[&str],
    area: Area,
    y: Ruler,
) -> (Area, Ruler) {
    let guess = y.clone().between(area.bottom - 60.0, area.top).ticks(40.0);
    let widest = guess.iter().map(|(_, label)| text_width(label, TICK)).fold(0.0, f64::max);
    let left = area.left + NAME + widest + GAP;
    let place = (area.right - left) / labels.len().max(1) as f64;
    let upright = labels.iter().any(|label| label_width(label, TICK) > place - 3.0);
    let tallest =
        labels.iter().map(|label| text_width(label, TICK)).fold(0.0, f64::max).min(UPRIGHT);
    let room = if upright { tallest } else { TICK };
    let name = if panel.x.label.is_empty() { 4.0 } else { NAME };
    let plot =
        Area { left, right: area.right, top: area.top, bottom: area.bottom - name - room - GAP };
    let y = y.between(plot.bottom, plot.top);
    for (pixel, label) in y.ticks(40.0) {
        canvas.path(&[(plot.left, pixel), (plot.right, pixel)], GRID, 1.0);
        canvas.text(&label, (plot.left - GAP, pixel), Style::plain(TICK).coloured(GREY).right());
    }
    let every = if upright { (LABEL / place).ceil().max(1.0) as usize } else { 1 };
    for (index, label) in labels.iter().enumerate().step_by(every) {
        let middle = plot.left + place * (index as f64 + 0.5);
        let style = Style::plain(TICK).coloured(INK);
        if upright {
            canvas.text(
                &shortened(label, TICK, UPRIGHT),
                (middle, plot.bottom + GAP),
                style.right().upwards(),
            );
        } else {
            canvas.text(label, (middle, plot.bottom + GAP + TICK / 2.0), style.centre());
        }
    }
    axis::edges(canvas, plot);
    axis::names(canvas, area, plot, &panel.x.label, &panel.y.label);
    (plot, y)
}
