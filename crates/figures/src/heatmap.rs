//! A matrix by colour, with the scale of its colours beside it.

use course::{Axis, Panel};

use crate::axis::{self, GAP, LABEL, NAME, Ruler, TICK, short};
use crate::canvas::{Area, Canvas, Style, shortened, text_width};
use crate::colour::{GREY, INK, NOTHING, Rgb, Scale, letters_on};

/// Width of the bar of colours.
const BAR: f64 = 12.0;
/// The most pixels a name of a row or column may take.
const LONGEST: f64 = 90.0;
/// Numbers inside the cells.
const VALUE: f64 = 10.0;
/// The longest number in a cell: `-0.00`.
const NUMBER: &str = "-0.00";

/// Draws the matrix, row 0 on top.
pub fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    values: &[Vec<f64>],
    columns: &[String],
    rows: &[String],
    area: Area,
) {
    let width = values.iter().map(Vec::len).max().unwrap_or(0);
    let cells =
        values.iter().flatten().copied().filter(|value| value.is_finite() && value.abs() < 1e100);
    let Some(scale) = Scale::of(cells) else {
        return axis::nothing(canvas, area);
    };
    let ticks = Ruler::exactly(&Axis::linear(""), scale.low, scale.high)
        .between(area.bottom - 60.0, area.top);
    let scale_width =
        ticks.ticks(40.0).iter().map(|(_, label)| text_width(label, TICK)).fold(0.0, f64::max);
    let row_names = Names::new(rows, values.len());
    let column_names = Names::new(columns, width);
    let left = area.left + NAME + row_names.longest() + GAP;
    let right = area.right - 14.0 - BAR - GAP - scale_width;
    let upright =
        column_names.longest() > (right - left) / width as f64 - 2.0 && column_names.given;
    let below = if upright { column_names.longest() } else { TICK };
    let plot = Area { left, right, top: area.top, bottom: area.bottom - NAME - below - GAP };
    draw_cells(canvas, values, width, scale, plot);
    row_names.draw_rows(canvas, plot);
    column_names.draw_columns(canvas, plot, upright);
    axis::names(canvas, Area { right: plot.right, ..area }, plot, &panel.x.label, &panel.y.label);
    draw_scale(canvas, scale, Area { left: right + 14.0, right: right + 14.0 + BAR, ..plot });
}

/// Cell by cell, neighbours of one colour in a row as one rectangle.
fn draw_cells(canvas: &mut Canvas, values: &[Vec<f64>], width: usize, scale: Scale, plot: Area) {
    let (cell_width, cell_height) =
        (plot.width() / width as f64, plot.height() / values.len() as f64);
    let numbered = cell_width >= text_width(NUMBER, VALUE) && cell_height >= VALUE * 1.4;
    for (row, cells) in values.iter().enumerate() {
        let top = plot.top + cell_height * row as f64;
        // Half a pixel more than its share, under the next cell: no light seam shows between the
        // two.
        let bottom = (top + cell_height + 0.5).min(plot.bottom);
        let mut column = 0;
        while column < width {
            let this = colour_of(cells.get(column), scale);
            let mut end = column + 1;
            while end < width && colour_of(cells.get(end), scale) == this {
                end += 1;
            }
            let left = plot.left + cell_width * column as f64;
            let right = (plot.left + cell_width * end as f64 + 0.5).min(plot.right);
            canvas.rect(Area { left, right, top, bottom }, this);
            column = end;
        }
    }
    if !numbered {
        return;
    }
    for (row, cells) in values.iter().enumerate() {
        for (column, &value) in cells.iter().enumerate() {
            if !value.is_finite() {
                continue;
            }
            let at = (
                plot.left + cell_width * (column as f64 + 0.5),
                plot.top + cell_height * (row as f64 + 0.5),
            );
            let text = if value.abs() < 99.995 { format!("{value:.2}") } else { short(value) };
            let style = Style::plain(VALUE).coloured(letters_on(scale.colour(value)));
            canvas.text(&text, at, style.centre());
        }
    }
}

fn colour_of(value: Option<&f64>, scale: Scale) -> Rgb {
    match value {
        Some(value) if value.is_finite() => scale.colour(*value),
        _ => NOTHING,
    }
}

fn draw_scale(canvas: &mut Canvas, scale: Scale, area: Area) {
    const STEPS: usize = 64;
    let height = area.height() / STEPS as f64;
    for step in 0..STEPS {
        let value = scale.high - (scale.high - scale.low) * (step as f64 + 0.5) / STEPS as f64;
        let top = area.top + height * step as f64;
        let bottom = (top + height + 0.5).min(area.bottom);
        canvas.rect(Area { top, bottom, ..area }, scale.colour(value));
    }
    let ruler =
        Ruler::exactly(&Axis::linear(""), scale.low, scale.high).between(area.bottom, area.top);
    for (pixel, label) in ruler.ticks(40.0) {
        canvas.path(&[(area.right, pixel), (area.right + 3.0, pixel)], INK, 1.0);
        canvas.text(&label, (area.right + GAP, pixel), Style::plain(TICK).coloured(GREY));
    }
}

/// Names of rows or columns: those given, or their numbers.
struct Names {
    names: Vec<String>,
    given: bool,
}

impl Names {
    fn new(given: &[String], count: usize) -> Self {
        let mut names = Vec::with_capacity(count);
        for index in 0..count {
            names.push(match given.get(index) {
                Some(name) => shortened(name, TICK, LONGEST),
                None if given.is_empty() => index.to_string(),
                None => String::new(),
            });
        }
        Self { names, given: !given.is_empty() }
    }

    fn longest(&self) -> f64 {
        self.names.iter().map(|name| text_width(name, TICK)).fold(0.0, f64::max)
    }

    /// Every how many names one is written, when each needs `size` of `room` pixels: all, or each
    /// 2nd, 5th, 10th ..
    fn every(&self, size: f64, room: f64) -> usize {
        let least = (size / room).ceil().max(1.0) as usize;
        if self.given {
            return least;
        }
        let round = (0..9).flat_map(|decade| [1, 2, 5].map(|digit| digit * 10usize.pow(decade)));
        round.into_iter().find(|step| *step >= least).unwrap_or(least)
    }

    fn draw_rows(&self, canvas: &mut Canvas, plot: Area) {
        let height = plot.height() / self.names.len() as f64;
        for (index, name) in self.names.iter().enumerate().step_by(self.every(TICK * 1.3, height)) {
            let y = plot.top + height * (index as f64 + 0.5);
            canvas.text(name, (plot.left - GAP, y), Style::plain(TICK).coloured(GREY).right());
        }
    }

    fn draw_columns(&self, canvas: &mut Canvas, plot: Area, upright: bool) {
        let width = plot.width() / self.names.len() as f64;
        let size = if upright { LABEL } else { self.longest() + 6.0 };
        for (index, name) in self.names.iter().enumerate().step_by(self.every(size, width)) {
            let x = plot.left + width * (index as f64 + 0.5);
            let style = Style::plain(TICK).coloured(GREY);
            if upright {
                canvas.text(name, (x, plot.bottom + GAP), style.right().upwards());
            } else {
                canvas.text(name, (x, plot.bottom + GAP + TICK / 2.0), style.centre());
            }
        }
    }
}
