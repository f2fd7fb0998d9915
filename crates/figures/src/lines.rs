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

/// Draws curves over common axes.
pub fn draw(canvas: &mut Canvas, panel: &Panel, lines: &[Line], area: Area) {
    let entries: Vec<Entry> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| Entry {
            name: line.name.clone(),
            colour: colour::group(index),
            sample: Sample::Line(pattern(index, line).to_vec(), marker(index, line)),
        })
        .collect();
    let area = legend::draw(canvas, &entries, area);
    let all = || lines.iter().flat_map(|line| line.points.iter());
    let x = Ruler::over(&panel.x, all().map(|point| point.0), 0.0);
    let y = Ruler::over(&panel.y, all().map(|point| point.1), 0.05);
    let (plot, x, y) = axis::frame(canvas, area, x, y);
    let mut drawn = 0;
    for (index, line) in lines.iter().enumerate() {
        let pixels = line.points.iter().map(|point| Some((x.pixel(point.0)?, y.pixel(point.1)?)));
        let pixels: Vec<Option<(f64, f64)>> = pixels.collect();
        for stretch in pixels.split(Option::is_none) {
            let stretch: Vec<(f64, f64)> = stretch.iter().flatten().copied().collect();
            drawn += stretch.len();
            draw_stretch(canvas, &stretch, index, line);
        }
    }
    if drawn == 0 {
        axis::nothing(canvas, plot);
    }
}

fn draw_stretch(canvas: &mut Canvas, stretch: &[(f64, f64)], index: usize, line: &Line) {
    let colour = colour::group(index);
    if stretch.len() > 1 {
        canvas.dashed(stretch, pattern(index, line), colour, 2.0);
    }
    let marker = if stretch.len() == 1 { Some(Marker::of(index)) } else { marker(index, line) };
    if let Some(marker) = marker {
        stretch.iter().for_each(|&at| canvas.marker(marker, at, 3.2, colour));
    }
}

fn marker(index: usize, line: &Line) -> Option<Marker> {
    (line.points.len() <= MARKED).then(|| Marker::of(index))
}

fn pattern(index: usize, line: &Line) -> &'static [f64] {
    if line.points.len() <= MARKED { PATTERNS[index / 8 % 4] } else { PATTERNS[index % 4] }
}
