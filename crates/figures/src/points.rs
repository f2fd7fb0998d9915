//! Labelled points, each label where it runs into the least.

use course::{Line, Marks, Panel, Point};

use crate::axis::{self, Ruler};
use crate::canvas::{Area, Canvas, Marker, Style, label_width};
use crate::colour::{self, GREY};
use crate::legend::{self, Entry, Sample};
use crate::lines;

/// Radius of a mark.
pub const RADIUS: f64 = 4.0;
/// Size of the labels.
const SIZE: f64 = 11.0;
/// Height of a line of a label in units of its size.
const HEIGHT: f64 = 1.2;
/// Share of the points' range that is left free around them.
const PAD: f64 = 0.08;
/// How far a label may stand from its point, nearest first.
const DISTANCES: [f64; 6] = [3.0, 12.0, 22.0, 34.0, 48.0, 64.0];
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

/// Whether a panel of points is a map: both its axes bear one unit, in parentheses.
pub fn is_map(panel: &Panel) -> bool {
    let is_linear = !panel.x.log && !panel.y.log;
    let is_points = matches!(panel.marks, Marks::Points(_));
    is_points && is_linear && unit(&panel.x.label).is_some_and(|x| unit(&panel.y.label) == Some(x))
}

/// The unit of an axis: what stands in brackets at the end of its label.
fn unit(label: &str) -> Option<&str> {
    let inside = label.strip_suffix(')')?;
    Some(&inside[inside.rfind('(')? + 1..])
}

/// Names of the groups; a single one needs none.
pub fn entries(points: &[Point]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, group) in groups(points).into_iter().enumerate() {
        let sample = Sample::Marker(Marker::of(index));
        entries.push(Entry { name: group.into(), colour: colour::group(index), sample });
    }
    if entries.len() > 1 { entries } else { Vec::new() }
}

/// Names of the groups, after that of the line they are measured by.
pub fn entries_against(line: &Line, points: &[Point]) -> Vec<Entry> {
    let sample = Sample::Line(Vec::new(), None);
    let mut all = vec![Entry { name: line.name.clone(), colour: GREY, sample }];
    for (index, group) in groups(points).into_iter().enumerate() {
        let sample = Sample::Marker(Marker::of(index));
        all.push(Entry { name: group.into(), colour: colour::group(index), sample });
    }
    all
}

fn groups(points: &[Point]) -> Vec<&str> {
    legend::distinct(points.iter().map(|point| point.group.as_str()))
}

/// Draws points by group, over the line that they are measured by, if there is one, and answers
/// with the plot.
pub fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    points: &[Point],
    line: Option<&Line>,
    heights: impl Iterator<Item = f64>,
    area: Area,
) -> Area {
    let groups = groups(points);
    let on_line = line.iter().flat_map(|line| line.points.iter().map(|&(x, _)| x));
    let x = Ruler::over(&panel.x, points.iter().map(|point| point.x).chain(on_line), PAD);
    let (plot, x, y) = if is_map(panel) {
        let y = Ruler::over(&panel.y, points.iter().map(|point| point.y), PAD);
        axis::equal_frame(canvas, area, x, y)
    } else {
        axis::frame(canvas, area, x, Ruler::over(&panel.y, heights, PAD))
    };
    if let Some(line) = line {
        lines::draw_guide(canvas, line, &x, &y);
    }
    let placed: Vec<(&Point, (f64, f64))> = points
        .iter()
        .filter_map(|point| Some((point, (x.pixel(point.x)?, y.pixel(point.y)?))))
        .collect();
    if placed.is_empty() {
        axis::nothing(canvas, plot);
    }
    let mut taken: Vec<Area> = placed.iter().map(|&(_, at)| around(at, RADIUS)).collect();
    for at in line.iter().flat_map(|line| lines::along(line, &x, &y, RADIUS)) {
        taken.push(around(at, RADIUS));
    }
    for (label, at) in names(&placed, line.is_some()) {
        draw_label(canvas, &label, at, plot, is_map(panel), &mut taken);
    }
    for &(point, at) in &placed {
        let group = groups.iter().position(|group| *group == point.group).unwrap_or(0);
        canvas.marker(Marker::of(group), at, RADIUS, colour::group(group));
    }
    plot
}

/// The square that a point lies in.
pub fn around((x, y): (f64, f64), radius: f64) -> Area {
    Area { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius }
}

/// The labels with the pixels of their points; `joined`, points of one group that cover each other
/// have one of several lines.
fn names(placed: &[(&Point, (f64, f64))], joined: bool) -> Vec<(String, (f64, f64))> {
    let mut names: Vec<(&str, String, (f64, f64))> = Vec::new();
    for &(point, at) in placed {
        let same = names.iter_mut().find(|(group, _, other)| {
            *group == point.group && (other.0 - at.0).hypot(other.1 - at.1) < RADIUS
        });
        match same {
            Some((_, label, _)) if joined => *label = format!("{label}\n{}", point.label),
            _ => names.push((&point.group, point.label.clone(), at)),
        }
    }
    names.into_iter().map(|(_, label, at)| (label, at)).collect()
}

/// Draws a label where it covers the least; on a map of many words, only where it covers nothing.
fn draw_label(
    canvas: &mut Canvas,
    label: &str,
    at: (f64, f64),
    plot: Area,
    is_map: bool,
    taken: &mut Vec<Area>,
) {
    if label.trim().is_empty() {
        return;
    }
    let place = best_place(label, SIZE, at, plot, taken);
    if is_map && place.cost > 0.0 {
        return;
    }
    lead(canvas, at, &place);
    let lines = label.split('\n');
    for (line, text) in lines.enumerate() {
        let y = place.area.top + SIZE * HEIGHT * (line as f64 + 0.5);
        canvas.text(text, (place.area.centre_x(), y), Style::plain(SIZE).centre());
    }
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

impl Free {
    /// Whether it is so near its point that no line has to lead there.
    pub fn is_near(&self) -> bool {
        self.distance < LED
    }
}

/// Draws a thin line from a point to its label where that stands far from it.
pub fn lead(canvas: &mut Canvas, at: (f64, f64), place: &Free) {
    if !place.is_near() {
        let Area { left, right, top, bottom } = place.area;
        canvas.path(&[at, (at.0.clamp(left, right), at.1.clamp(top, bottom))], GREY, 0.7);
    }
}

/// The first place that is free and inside the plot, or else the one that covers the least.
pub fn best_place(label: &str, size: f64, (x, y): (f64, f64), plot: Area, taken: &[Area]) -> Free {
    let widths = label.split('\n').map(|line| label_width(line, size));
    let half_width = widths.fold(0.0, f64::max) / 2.0;
    let half_height = size * HEIGHT * label.split('\n').count() as f64 / 2.0;
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
