//! Curves: a colour and a pattern or marker each.

use course::{Line, Panel};

use crate::axis::{self, Ruler, TICK};
use crate::canvas::{Area, Canvas, Marker, Style, text_width};
use crate::colour::{self, GREY, GROUPS, Rgb};
use crate::legend::{Entry, Sample};

/// Up to so many points each is marked, and the line drawn whole.
const MARKED: usize = 24;
/// Lengths on and off of the curves without markers, in pixels.
const PATTERNS: [&[f64]; 4] = [&[], &[7.0, 4.0], &[2.0, 3.0], &[10.0, 3.0, 2.0, 3.0]];
/// Share of the range that is free before the first point and after the last.
const SPARE: f64 = 0.02;
/// How much of what lies below the band of several runs hides.
const VEIL: f64 = 0.15;

/// Names of the curves; a single one needs none, and a level to compare with bears its own.
pub fn entries(lines: &[Line]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (line, look) in lines.iter().zip(looks(lines)) {
        if !is_level(line) {
            let sample = Sample::Line(look.pattern.to_vec(), look.marker);
            entries.push(Entry { name: line.name.clone(), colour: look.colour, sample });
        }
    }
    if entries.len() > 1 { entries } else { Vec::new() }
}

/// All heights that curves reach.
pub fn heights(lines: &[Line]) -> Vec<f64> {
    let mut heights = Vec::new();
    for line in lines {
        heights.extend(line.points.iter().map(|&(_, y)| y));
        heights.extend(line.range.iter().flat_map(|&(least, most)| [least, most]));
    }
    heights
}

/// Draws curves over common axes, the vertical one over `heights`, and answers with the plot.
pub fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    lines: &[Line],
    heights: impl Iterator<Item = f64>,
    area: Area,
) -> Area {
    let across = lines.iter().flat_map(|line| line.points.iter().map(|&(x, _)| x));
    let x = Ruler::over(&panel.x, across, SPARE).marking(measured_places(lines));
    let y = Ruler::over(&panel.y, heights, 0.05);
    let (plot, x, y) = axis::frame(canvas, area, x, y);
    let looks = looks(lines);
    for (line, look) in lines.iter().zip(&looks) {
        draw_range(canvas, line, look.colour, &x, &y);
    }
    let mut drawn = Vec::new();
    for (line, look) in lines.iter().zip(&looks) {
        for stretch in stretches(&line.points, &x, &y) {
            draw_stretch(canvas, &stretch, look);
            drawn.push(stretch);
        }
    }
    if drawn.iter().all(Vec::is_empty) {
        axis::nothing(canvas, plot);
    }
    let mut taken = Vec::new();
    for line in lines.iter().filter(|line| is_level(line)) {
        name_level(canvas, line, plot, &y, &drawn, &mut taken);
    }
    plot
}

/// How a curve is drawn.
struct Look {
    colour: Rgb,
    pattern: &'static [f64],
    width: f64,
    marker: Option<Marker>,
    /// The mark of a point that stands alone.
    alone: Marker,
}

/// How each curve is drawn: what is only compared with is thin, grey and dashed, and takes no
/// colour from the others.
fn looks(lines: &[Line]) -> Vec<Look> {
    let mut looks = Vec::new();
    let mut index = 0;
    for line in lines {
        let alone = Marker::of(index);
        if line.guide {
            let (colour, pattern) = (GREY, PATTERNS[1]);
            looks.push(Look { colour, pattern, width: 1.4, marker: None, alone });
            continue;
        }
        let marker = if line.points.len() <= MARKED { Some(alone) } else { None };
        let turn = if marker.is_some() { index / GROUPS.len() } else { index };
        let pattern = PATTERNS[turn % PATTERNS.len()];
        looks.push(Look { colour: colour::group(index), pattern, width: 2.0, marker, alone });
        index += 1;
    }
    looks
}

/// Whether a curve is a level to compare with.
fn is_level(line: &Line) -> bool {
    line.guide && line.points.windows(2).all(|pair| pair[0].1 == pair[1].1)
}

/// Where marked curves have points: there the ticks stand.
fn measured_places(lines: &[Line]) -> Vec<f64> {
    let mut places = Vec::new();
    for line in lines.iter().filter(|line| !line.guide) {
        if line.points.len() > MARKED {
            return Vec::new();
        }
        places.extend(line.points.iter().map(|&(x, _)| x));
    }
    places.sort_by(f64::total_cmp);
    places.dedup();
    places
}

/// Writes a level's name on it, where it lies over no curve and no other name.
fn name_level(
    canvas: &mut Canvas,
    line: &Line,
    plot: Area,
    y: &Ruler,
    drawn: &[Vec<(f64, f64)>],
    taken: &mut Vec<Area>,
) {
    let Some(height) = line.points.first().and_then(|&(_, height)| y.pixel(height)) else { return };
    let width = text_width(&line.name, TICK);
    let mut best: Option<(f64, Area)> = None;
    for left in [plot.right - width - 4.0, plot.left + 4.0] {
        for middle in [height - 9.0, height + 9.0] {
            let (top, bottom) = (middle - 7.0, middle + 7.0);
            let area = Area { left, right: left + width, top, bottom };
            let names = taken.iter().map(|other| area.overlap(other)).sum::<f64>();
            let outside = if plot.contains(&area) { 0.0 } else { 1e4 };
            let cost = names + outside + covered(&area, drawn);
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, area));
            }
        }
    }
    if let Some((_, area)) = best {
        let at = (area.centre_x(), area.centre_y());
        canvas.text(&line.name, at, Style::plain(TICK).coloured(GREY).centre());
        taken.push(area);
    }
}

/// How much of the curves lies under an area, in pixels of their length.
fn covered(area: &Area, drawn: &[Vec<(f64, f64)>]) -> f64 {
    let mut length = 0.0;
    for pair in drawn.iter().flat_map(|stretch| stretch.windows(2)) {
        for (x, y) in between(pair[0], pair[1], 1.0) {
            let is_inside = x > area.left && x < area.right && y > area.top && y < area.bottom;
            length += if is_inside { 1.0 } else { 0.0 };
        }
    }
    length
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
fn draw_range(canvas: &mut Canvas, line: &Line, colour: Rgb, x: &Ruler, y: &Ruler) {
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
        canvas.veil(&above, colour, VEIL);
    }
}

/// Draws a stretch of a curve.
fn draw_stretch(canvas: &mut Canvas, stretch: &[(f64, f64)], look: &Look) {
    if stretch.len() > 1 {
        canvas.dashed(stretch, look.pattern, look.colour, look.width);
    }
    let marker = if stretch.len() == 1 { Some(look.alone) } else { look.marker };
    if let Some(marker) = marker {
        for &at in stretch {
            canvas.marker(marker, at, 3.2, look.colour);
        }
    }
}

/// Pixels along a line, so far apart.
pub fn along(line: &Line, x: &Ruler, y: &Ruler, apart: f64) -> Vec<(f64, f64)> {
    let mut places = Vec::new();
    for pair in stretches(&line.points, x, y).iter().flat_map(|stretch| stretch.windows(2)) {
        places.extend(between(pair[0], pair[1], apart));
    }
    places
}

/// Places between two others, so far apart at most.
fn between(from: (f64, f64), to: (f64, f64), apart: f64) -> Vec<(f64, f64)> {
    let steps = ((to.0 - from.0).hypot(to.1 - from.1) / apart).ceil().max(1.0);
    let mut places = Vec::new();
    for step in 0..steps as usize {
        let part = (step as f64 + 0.5) / steps;
        places.push((from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part));
    }
    places
}

/// Draws a line that other marks are measured by.
pub fn draw_guide(canvas: &mut Canvas, line: &Line, x: &Ruler, y: &Ruler) {
    for stretch in stretches(&line.points, x, y) {
        canvas.path(&stretch, GREY, 2.0);
    }
}
