//! Labelled points, each label where it runs into the least.

use course::{Panel, Point};

use crate::axis::{self, Ruler};
use crate::canvas::{Area, Canvas, Marker, Style, text_width};
use crate::colour::{self, GREY};
use crate::legend::{self, Entry, Sample};

/// Radius of a mark.
pub const RADIUS: f64 = 4.0;
/// Size of the labels.
const SIZE: f64 = 10.5;
/// How far a label may stand from its point, nearest first.
const DISTANCES: [f64; 4] = [3.0, 12.0, 22.0, 34.0];
/// From this distance on a thin line leads from the point to its label.
const LED: f64 = 12.0;
/// Right, left, above, below, then the diagonals.
const DIRECTIONS: [(f64, f64); 8] = [
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.0, -1.0),
    (0.0, 1.0),
    (1.0, -1.0),
    (-1.0, -1.0),
    (1.0, 1.0),
    (-1.0, 1.0),
];

/// Draws points by group.
pub fn draw(canvas: &mut Canvas, panel: &Panel, points: &[Point], area: Area) {
    let groups = legend::distinct(points.iter().map(|point| point.group.as_str()));
    let entries: Vec<Entry> = groups
        .iter()
        .enumerate()
        .map(|(index, group)| Entry {
            name: group.to_string(),
            colour: colour::group(index),
            sample: Sample::Marker(Marker::of(index)),
        })
        .collect();
    let area = legend::draw(canvas, &entries, area);
    let x = Ruler::over(&panel.x, points.iter().map(|point| point.x), 0.08);
    let y = Ruler::over(&panel.y, points.iter().map(|point| point.y), 0.08);
    let (plot, x, y) = axis::frame(canvas, area, x, y);
    let placed: Vec<(&Point, (f64, f64))> = points
        .iter()
        .filter_map(|point| Some((point, (x.pixel(point.x)?, y.pixel(point.y)?))))
        .collect();
    if placed.is_empty() {
        axis::nothing(canvas, plot);
    }
    let mut taken: Vec<Area> = placed.iter().map(|&(_, at)| around(at, RADIUS)).collect();
    for &(point, at) in &placed {
        draw_label(canvas, &point.label, at, plot, &mut taken);
    }
    for &(point, at) in &placed {
        let group = groups.iter().position(|group| *group == point.group).unwrap_or(0);
        canvas.marker(Marker::of(group), at, RADIUS, colour::group(group));
    }
}

/// The square that a point lies in.
pub fn around((x, y): (f64, f64), radius: f64) -> Area {
    Area { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius }
}

fn draw_label(canvas: &mut Canvas, label: &str, at: (f64, f64), plot: Area, taken: &mut Vec<Area>) {
    if label.trim().is_empty() {
        return;
    }
    let place = best_place(label, SIZE, at, plot, taken);
    lead(canvas, at, &place);
    let centre = (place.area.centre_x(), place.area.centre_y());
    canvas.text(label, centre, Style::plain(SIZE).centre());
    taken.push(place.area);
}

/// A place for a label.
pub struct Free {
    /// What it covers, in pixels squared, and more where it leaves the plot: 0 where it is free.
    pub cost: f64,
    /// How far it stands from its point.
    distance: f64,
    /// Where it stands.
    pub area: Area,
}

/// Draws a thin line from a point to its label where that stands far from it.
pub fn lead(canvas: &mut Canvas, at: (f64, f64), place: &Free) {
    if place.distance >= LED {
        let Area { left, right, top, bottom } = place.area;
        canvas.path(&[at, (at.0.clamp(left, right), at.1.clamp(top, bottom))], GREY, 0.7);
    }
}

/// The first place that is free and inside the plot, or else the one that covers the least.
pub fn best_place(label: &str, size: f64, (x, y): (f64, f64), plot: Area, taken: &[Area]) -> Free {
    let (half_width, half_height) = (text_width(label, size) / 2.0, size * 0.6);
    let mut best: Option<Free> = None;
    for distance in DISTANCES {
        for (dx, dy) in DIRECTIONS {
            let centre = (
                x + dx * (RADIUS + distance + half_width),
                y + dy * (RADIUS + distance + half_height),
            );
            let area = Area {
                left: centre.0 - half_width,
                right: centre.0 + half_width,
                top: centre.1 - half_height,
                bottom: centre.1 + half_height,
            };
            let outside = if plot.contains(&area) { 0.0 } else { 1e4 };
            let cost = outside + taken.iter().map(|other| area.overlap(other)).sum::<f64>();
            if best.as_ref().is_none_or(|best| cost < best.cost) {
                best = Some(Free { cost, distance, area });
            }
        }
        if best.as_ref().is_some_and(|best| best.cost == 0.0) {
            break;
        }
    }
    best.unwrap_or(Free { cost: 0.0, distance: 0.0, area: around((x, y), 0.0) })
}
