//! # A figure's data drawn as SVG
//!
//! A lesson's demo computes a [`Figure`]: panels of curves, points, bars, a matrix or shapes.
//! [`svg`] draws it, and the same data always give the same bytes: sizes are fixed, numbers
//! rounded, nothing depends on fonts, clock or machine.
//!
//! Every picture stands on its own white panel, so that it reads in a dark theme too, and carries
//! its title and its alt text for those who do not see it. Legends stand below the axes, never over
//! the data. No letters are smaller than 11 pixels, and no figure is wider than a page's column.
//! Panels whose vertical axes bear one name share its scale, and so do matrices whose colours say
//! the same. Values that cannot be drawn (NaN, infinities, zero on a logarithmic axis) are left
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
mod drawing;
mod heatmap;
mod layers;
mod legend;
mod lines;
mod map;
mod points;
mod shapes;

pub use canvas::is_drawn_here;
use canvas::{Area, Canvas, Style, text_width};
use course::{Figure, Marks, Panel};
use legend::Entry;
pub use map::{Names, Place, TextMap, map};

/// Pixels of a figure with one panel of curves, bars or colours.
const SINGLE: (f64, f64) = (640.0, 400.0);
/// Pixels of a map alone: as wide as a page's column, so that names find room.
const MAP: (f64, f64) = (PAGE, 640.0);
/// Width of a page's column: a wider figure would be drawn smaller there, and its letters too.
const PAGE: f64 = 750.0;
/// Panels side by side, at most.
const COLUMNS: usize = 3;
/// Height of a panel by how many stand in its row.
const HEIGHTS: [f64; COLUMNS] = [320.0, 350.0, 270.0];
/// Between the border and anything drawn.
const MARGIN: f64 = 14.0;
/// Title of the figure.
const TITLE: f64 = 15.0;
/// Title of a panel.
const SUBTITLE: f64 = 13.0;
/// Line height in units of the font size.
const LEADING: f64 = 1.35;

/// Draws a figure as one SVG document.
pub fn svg(figure: &Figure) -> String {
    let rows = rows(&figure.panels);
    let (width, least) = match &figure.panels[..] {
        [Panel { marks: Marks::Shapes(steps), .. }] => shapes::size(steps),
        [panel] if points::is_map(panel) => MAP,
        [Panel { marks: Marks::Drawing(drawing), .. }] => drawing::size(drawing, &figure.title),
        [] | [_] => SINGLE,
        _ => (PAGE, 0.0),
    };
    let title = wrap(&figure.title, TITLE, width - 2.0 * MARGIN);
    let below_title = MARGIN + TITLE * LEADING * title.len() as f64;
    let height = match &figure.panels[..] {
        [Panel { marks: Marks::Shapes(_), .. }] => below_title + least,
        [] | [_] => least,
        _ => below_title + rows.iter().map(|row| HEIGHTS[row.len() - 1]).sum::<f64>(),
    };
    let mut canvas = Canvas::new(width, height);
    for (index, line) in title.iter().enumerate() {
        let y = MARGIN + TITLE / 2.0 + TITLE * LEADING * index as f64;
        canvas.text(line, (width / 2.0, y), Style::bold(TITLE).centre());
    }
    draw_rows(
        &mut canvas,
        &figure.panels,
        &rows,
        Area { left: 0.0, right: width, top: below_title, bottom: height },
    );
    canvas.finish(&figure.title, &figure.alt)
}

/// Panels by row, the rows filled alike: no panel stands beside a hole. Names beside points need
/// room, and a row.
fn rows(panels: &[Panel]) -> Vec<&[Panel]> {
    if panels.iter().any(|panel| matches!(panel.marks, Marks::Against { .. })) {
        return panels.chunks(1).collect();
    }
    let mut rows = Vec::new();
    let mut rest = panels;
    for left in (1..=panels.len().div_ceil(COLUMNS)).rev() {
        let (row, others) = rest.split_at(rest.len().div_ceil(left));
        rows.push(row);
        rest = others;
    }
    rows
}

/// Draws the panels, what they have in common once: the scale of colours on the right, the legend
/// at the bottom.
fn draw_rows(canvas: &mut Canvas, panels: &[Panel], rows: &[&[Panel]], mut area: Area) {
    let common_scale = heatmap::common_scale(panels);
    if let Some(scale) = &common_scale {
        area.right -= heatmap::scale_width(scale);
    }
    let common_legend = common_legend(panels);
    if let Some(entries) = &common_legend {
        area = Area { bottom: area.bottom - MARGIN + 4.0, ..area };
        area = Area { bottom: legend::draw(canvas, entries, area).bottom + MARGIN, ..area };
    }
    let total: f64 = rows.iter().map(|row| HEIGHTS[row.len() - 1]).sum();
    let mut top = area.top;
    let mut plots = Vec::new();
    for row in rows {
        let bottom = top + area.height() * HEIGHTS[row.len() - 1] / total;
        let common = Common { scale: common_scale.is_some(), legend: common_legend.is_some() };
        plots.extend(draw_row(canvas, row, panels, common, Area { top, bottom, ..area }));
        top = bottom;
    }
    if let (Some(scale), Some(first), Some(last)) = (&common_scale, plots.first(), plots.last()) {
        heatmap::draw_scale(canvas, scale, Area { top: first.top, ..*last });
    }
}

/// What the panels of a figure have in common, so that none draws it for itself.
#[derive(Clone, Copy)]
struct Common {
    scale: bool,
    legend: bool,
}

/// Draws panels side by side, their plots and legends at one height, and answers with the plots.
fn draw_row(
    canvas: &mut Canvas,
    row: &[Panel],
    panels: &[Panel],
    common: Common,
    area: Area,
) -> Vec<Area> {
    let width = area.width() / row.len() as f64;
    let inner = width - 2.0 * MARGIN;
    let (mut titles, mut legend) = (0, 0.0_f64);
    for panel in row {
        titles = titles.max(wrap(&panel.title, SUBTITLE, inner).len());
        legend = legend.max(legend::height(&entries(panel), inner));
    }
    let mut plots = Vec::new();
    for (index, panel) in row.iter().enumerate() {
        let left = area.left + width * index as f64 + MARGIN;
        let (top, bottom) = (area.top + 4.0, area.bottom - MARGIN);
        let mut inside = Area { left, right: left + inner, top, bottom };
        if !common.legend {
            legend::draw(canvas, &entries(panel), inside);
            inside.bottom -= legend;
        }
        inside.top += SUBTITLE * LEADING * titles as f64 + 4.0;
        let plot = draw_panel(canvas, panel, panels, common.scale, inside);
        for (line, text) in wrap(&panel.title, SUBTITLE, inner).iter().enumerate() {
            let half = text_width(text, SUBTITLE) / 2.0;
            let x = plot.centre_x().max(left + half).min(inside.right - half);
            let y = top + SUBTITLE / 2.0 + SUBTITLE * LEADING * line as f64;
            canvas.text(text, (x, y), Style::plain(SUBTITLE).centre());
        }
        plots.push(plot);
    }
    plots
}

/// The legend of all panels, if it is the same in each of several.
fn common_legend(panels: &[Panel]) -> Option<Vec<Entry>> {
    let [first, others @ ..] = panels else { return None };
    let legend = entries(first);
    let is_common = !others.is_empty()
        && !legend.is_empty()
        && others.iter().all(|panel| entries(panel) == legend);
    is_common.then_some(legend)
}

/// The legend of a panel.
fn entries(panel: &Panel) -> Vec<Entry> {
    match &panel.marks {
        Marks::Lines(series) => lines::entries(series),
        Marks::Points(points) => points::entries(points),
        Marks::Against { line, points } => points::entries_against(line, points),
        Marks::Bars(bars) => bars::entries(bars, panel.y.log),
        Marks::Heatmap { values, .. } => heatmap::entries(values),
        Marks::Shapes(_) | Marks::Drawing(_) => Vec::new(),
    }
}

/// The heights on a panel: those of all panels whose vertical axes bear one name, which thus stands
/// for one scale.
fn heights<'a>(panel: &Panel, panels: &'a [Panel]) -> impl Iterator<Item = f64> + use<'a> {
    let axis = panel.y.clone();
    panels.iter().filter(move |other| other.y == axis).flat_map(|other| match &other.marks {
        Marks::Lines(series) => lines::heights(series),
        Marks::Points(points) => points.iter().map(|point| point.y).collect(),
        Marks::Against { line, points } => {
            let mut heights = lines::heights(std::slice::from_ref(line));
            heights.extend(points.iter().map(|point| point.y));
            heights
        }
        Marks::Bars(bars) => bars.iter().map(|bar| bar.value).collect(),
        Marks::Heatmap { .. } | Marks::Shapes(_) | Marks::Drawing(_) => Vec::new(),
    })
}

/// Draws what stands on a panel, and answers with the plot, without its names and legend.
fn draw_panel(
    canvas: &mut Canvas,
    panel: &Panel,
    panels: &[Panel],
    has_common_scale: bool,
    area: Area,
) -> Area {
    let heights = heights(panel, panels);
    match &panel.marks {
        Marks::Lines(series) => lines::draw(canvas, panel, series, heights, area),
        Marks::Points(points) => points::draw(canvas, panel, points, None, heights, area),
        Marks::Against { line, points } => {
            points::draw(canvas, panel, points, Some(line), heights, area)
        }
        Marks::Bars(bars) => bars::draw(canvas, panel, bars, heights, area),
        Marks::Heatmap { .. } => heatmap::draw(canvas, panel, panels, has_common_scale, area),
        Marks::Shapes(steps) => {
            shapes::draw(canvas, steps, area);
            area
        }
        Marks::Drawing(drawing) => {
            drawing::draw(canvas, drawing, area);
            area
        }
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
