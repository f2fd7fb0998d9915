//! Curves: a colour and a pattern or marker each.

use course::{Line, Panel};

use crate::axis::{self, Ruler};
use crate::canvas::{Area, Canvas, Marker};
use crate::colour;
use crate::legend::{self, Entry, Sample};

/// Up to so many points each is marked, and the line drawn whole.
const MARKED: usize = 24;
/// Lengths on and off of the curves without markers, in pixels.
const PATTERNS: [&[f64]; 4] = [&[], &[7.0, 4.0], &[2.0, 3.0], &[10.0, 3.0, 2.0, 3.0]];
/// How much of what lies below the band of several runs hides.
const VEIL: f64 = 0.15;

/// Draws curves over common axes.
pub fn draw(canvas: &mut Canvas, panel: &Panel, lines: &[Line], area: Area) {
    let mut entries = Vec::new();
    let (mut across, mut up) = (Vec::new(), Vec::new());
    for (index, line) in lines.iter().enumerate() {
        entries.push(Entry {
            name: line.name.clone(),
            colour: colour::group(index),
            sample: Sample::Line(pattern(index, line).to_vec(), marker(index, line)),
        });
        for &(x, y) in &line.points {
            across.push(x);
            up.push(y);
        }
        for &(least, most) in &line.range {
            up.extend([least, most]);
        }
    }
    let area = legend::draw(canvas, &entries, area);
    let x = Ruler::over(&panel.x, across.into_iter(), 0.0);
    let y = Ruler::over(&panel.y, up.into_iter(), 0.05);
    let (plot, x, y) = axis::frame(canvas, area, x, y);
    for (index, line) in lines.iter().enumerate() {
        draw_range(canvas, line, index, &x, &y);
    }
    let mut drawn = 0;
    for (index, line) in lines.iter().enumerate() {
        for stretch in stretches(&line.points, &x, &y) {
            drawn += stretch.len();
            draw_stretch(canvas, &stretch, index, line);
        }
    }
    if drawn == 0 {
        axis::nothing(canvas, plot);
    }
}

/// The pixels of a curve's points, apart wherever a point between them cannot be drawn.
fn stretches(points: &[(f64, f64)], x: &Ruler, y: &Ruler) -> Vec<Vec<(f64, f64)>> {
    let mut stretches = vec![Vec::new()];
    for &(across, up) in points {
        match (x.pixel(across), y.pixel(up), stretches.last_mut()) {
            (Some(across), Some(up), Some(stretch)) => stretch.push((across, up)),
            _ => stretches.push(Vec::new()),
        }
    }
    stretches
}

/// The band from the least to the most of several runs, if all of it can be drawn.
fn draw_range(canvas: &mut Canvas, line: &Line, index: usize, x: &Ruler, y: &Ruler) {
    let (mut below, mut above) = (Vec::new(), Vec::new());
    for (&(across, _), &(least, most)) in line.points.iter().zip(&line.range) {
        let (Some(x), Some(least), Some(most)) = (x.pixel(across), y.pixel(least), y.pixel(most))
        else {
            return;
        };
        below.push((x, least));
        above.push((x, most));
    }
    if below.len() > 1 {
        above.extend(below.into_iter().rev());
        canvas.veil(&above, colour::group(index), VEIL);
    }
}

fn draw_stretch(canvas: &mut Canvas, stretch: &[(f64, f64)], index: usize, line: &Line) {
    let colour = colour::group(index);
    if stretch.len() > 1 {
        canvas.dashed(stretch, pattern(index, line), colour, 2.0);
    }
    let marker = if stretch.len() == 1 { Some(Marker::of(index)) } else { marker(index, line) };
    if let Some(marker) = marker {
        for &at in stretch {
            canvas.marker(marker, at, 3.2, colour);
        }
    }
}

fn marker(index: usize, line: &Line) -> Option<Marker> {
    if line.points.len() <= MARKED { Some(Marker::of(index)) } else { None }
}

fn pattern(index: usize, line: &Line) -> &'static [f64] {
    if line.points.len() <= MARKED { PATTERNS[index / 8 % 4] } else { PATTERNS[index % 4] }
}
