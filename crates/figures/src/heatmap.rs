//! A matrix by colour, with the scale of its colours beside it.

use course::{Axis, Block, Marks, Panel};

use crate::axis::{self, GAP, LABEL, NAME, Ruler, TICK, short};
use crate::canvas::{Area, Canvas, Style, label_width, shortened, text_width};
use crate::colour::{GREY, GRID, INK, NOTHING, Rgb, Scale, letters_on};
use crate::legend::{Entry, Sample};

/// Width of the bar of colours.
const BAR: f64 = 12.0;
/// Between the matrix and the bar of colours.
const BESIDE: f64 = 14.0;
/// The most pixels a name of a row or column may take.
const LONGEST: f64 = 100.0;
/// Numbers inside the cells.
const VALUE: f64 = 11.0;
/// Cells from this size on are told apart by lines, and what is hidden is hatched.
const LINED: f64 = 12.0;
/// Beyond this a number is noise, and its square not finite.
const LARGEST: f64 = 1e100;

/// The scale of colours of one or more panels.
pub struct Shades {
    scale: Scale,
    /// What the colours say.
    label: String,
    numbers: Numbers,
    /// Whether a value lies above the scale.
    is_exceeded: bool,
}

/// How the numbers of a matrix are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// Zeros and ones, which need no scale.
    YesOrNo,
    /// Whole numbers.
    Whole,
    /// Two decimals.
    Real,
}

impl Numbers {
    fn of(values: &[f64]) -> Self {
        if values.iter().any(|value| value.fract() != 0.0) {
            return Self::Real;
        }
        let is_yes_or_no = values.iter().all(|&value| value == 0.0 || value == 1.0);
        if is_yes_or_no { Self::YesOrNo } else { Self::Whole }
    }

    fn written(self, value: f64) -> String {
        match self {
            Self::Real if value.abs() < 99.995 => format!("{value:.2}"),
            Self::Real => short(value),
            Self::YesOrNo | Self::Whole => format!("{value:.0}"),
        }
    }
}

impl Shades {
    /// The scale of a panel: that of all panels whose colours say the same.
    fn of(panel: &Panel, panels: &[Panel]) -> Option<Self> {
        let Marks::Heatmap { colours, range, .. } = &panel.marks else { return None };
        let mut drawable = Vec::new();
        for other in panels {
            if let Marks::Heatmap { values, colours: said, range: ends, .. } = &other.marks
                && (said, ends) == (colours, range)
            {
                drawable.extend(values.iter().flatten().copied().filter(|&value| is_drawn(value)));
            }
        }
        let natural = Scale::of(drawable.iter().copied())?;
        let scale = range.map_or(natural, |(low, high)| Scale::between(low, high));
        // by more than rounding, as a cosine of a vector with itself is
        let most = scale.high + 1e-3 * (scale.high - scale.low);
        let is_exceeded = drawable.iter().any(|&value| value > most);
        let numbers = Numbers::of(&drawable);
        Some(Self { scale, label: colours.clone(), numbers, is_exceeded })
    }

    fn ruler(&self, area: Area) -> Ruler {
        Ruler::exactly(&Axis::linear(""), self.scale.low, self.scale.high)
            .between(area.bottom, area.top)
    }

    fn ticks(&self, area: Area) -> Vec<(f64, String)> {
        let mut ticks = self.ruler(area).ticks(40.0);
        if self.numbers == Numbers::Whole {
            ticks.retain(|(_, label)| !label.contains('.'));
        }
        if let Some((pixel, label)) = ticks.last_mut()
            && self.is_exceeded
            && (*pixel - area.top).abs() < 1.0
        {
            label.insert(0, '≥');
        }
        ticks
    }
}

fn is_drawn(value: f64) -> bool {
    value.is_finite() && value.abs() < LARGEST
}

/// The scale that all panels share, if they are several and each a matrix of its kind.
pub fn common_scale(panels: &[Panel]) -> Option<Shades> {
    let [first, others @ ..] = panels else { return None };
    if others.is_empty() || others.iter().any(|panel| meaning(panel) != meaning(first)) {
        return None;
    }
    Shades::of(first, panels).filter(|shades| shades.numbers != Numbers::YesOrNo)
}

/// What the colours of a matrix stand for, and their range.
fn meaning(panel: &Panel) -> Option<(&str, Option<(f64, f64)>)> {
    match &panel.marks {
        Marks::Heatmap { colours, range, .. } => Some((colours, *range)),
        _ => None,
    }
}

/// Pixels that a scale takes beside a matrix.
pub fn scale_width(shades: &Shades) -> f64 {
    let ticks = shades.ticks(Area { left: 0.0, right: 0.0, top: 0.0, bottom: 240.0 });
    let widest = ticks.iter().map(|(_, label)| text_width(label, TICK)).fold(0.0, f64::max);
    let name = if shades.label.is_empty() { 0.0 } else { NAME };
    BESIDE + BAR + GAP + widest + name
}

/// Says what a hatched cell is.
pub fn entries(values: &[Vec<f64>]) -> Vec<Entry> {
    let is_hidden = values.iter().flatten().any(|value| value.is_nan());
    let some = values.iter().flatten().any(|&value| is_drawn(value));
    let entry = Entry { name: "hidden".into(), colour: NOTHING, sample: Sample::Hidden };
    if is_hidden && some { vec![entry] } else { Vec::new() }
}

/// Draws the matrix, row 0 on top, and answers with the place of its cells.
pub fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    panels: &[Panel],
    has_common_scale: bool,
    area: Area,
) -> Area {
    let Marks::Heatmap { values, columns, rows, outlined, .. } = &panel.marks else { return area };
    let width = values.iter().map(Vec::len).max().unwrap_or(0);
    let Some(shades) = Shades::of(panel, panels).filter(|_| width > 0) else {
        axis::nothing(canvas, area);
        return area;
    };
    let has_scale = !has_common_scale && shades.numbers != Numbers::YesOrNo;
    let row_names = Names::new(rows, values.len());
    let column_names = Names::new(columns, width);
    let left = area.left + NAME + row_names.longest() + GAP;
    let right = area.right - if has_scale { scale_width(&shades) } else { 0.0 };
    let upright =
        column_names.longest() > (right - left) / width as f64 - 2.0 && column_names.given;
    let below = if upright { column_names.longest() } else { TICK };
    let plot = Area { left, right, top: area.top, bottom: area.bottom - NAME - below - GAP };
    let cells = Cells { values, width, shades: &shades, plot };
    cells.draw(canvas);
    for block in outlined {
        cells.outline(canvas, block);
    }
    row_names.draw_rows(canvas, plot);
    column_names.draw_columns(canvas, plot, upright);
    axis::names(canvas, Area { right: plot.right, ..area }, plot, &panel.x.label, &panel.y.label);
    if has_scale {
        draw_scale(canvas, &shades, plot);
    }
    plot
}

/// The cells of a matrix where they are drawn.
struct Cells<'a> {
    values: &'a [Vec<f64>],
    width: usize,
    shades: &'a Shades,
    plot: Area,
}

impl Cells<'_> {
    /// The pixels of a block of cells.
    fn area(&self, block: &Block) -> Area {
        let (cell_width, cell_height) = self.cell();
        Area {
            left: self.plot.left + cell_width * block.columns.0 as f64,
            right: self.plot.left + cell_width * block.columns.1 as f64,
            top: self.plot.top + cell_height * block.rows.0 as f64,
            bottom: self.plot.top + cell_height * block.rows.1 as f64,
        }
    }

    fn cell(&self) -> (f64, f64) {
        let plot = self.plot;
        (plot.width() / self.width as f64, plot.height() / self.values.len() as f64)
    }

    /// Cell by cell, neighbours of one colour in a row as one rectangle.
    fn draw(&self, canvas: &mut Canvas) {
        for (row, cells) in self.values.iter().enumerate() {
            let mut column = 0;
            while column < self.width {
                let this = self.colour(cells.get(column));
                let mut end = column + 1;
                while end < self.width && self.colour(cells.get(end)) == this {
                    end += 1;
                }
                let block = Block { rows: (row, row + 1), columns: (column, end) };
                self.draw_block(canvas, &block, this);
                column = end;
            }
        }
        self.draw_lines(canvas);
        self.draw_numbers(canvas);
    }

    /// A block of one colour; hatched without one.
    fn draw_block(&self, canvas: &mut Canvas, block: &Block, colour: Option<Rgb>) {
        let area = self.area(block);
        // Half a pixel more than its share, under the next cell: no light seam shows between the
        // two.
        let right = (area.right + 0.5).min(self.plot.right);
        let bottom = (area.bottom + 0.5).min(self.plot.bottom);
        match colour {
            Some(colour) => canvas.rect(Area { right, bottom, ..area }, colour),
            None => canvas.hatched(area),
        }
    }

    fn colour(&self, value: Option<&f64>) -> Option<Rgb> {
        value.filter(|value| value.is_finite()).map(|&value| self.shades.scale.colour(value))
    }

    /// Lines between cells that are large enough, and a frame: white cells need an edge.
    fn draw_lines(&self, canvas: &mut Canvas) {
        let Area { left, right, top, bottom } = self.plot;
        let (cell_width, cell_height) = self.cell();
        if cell_width >= LINED && cell_height >= LINED {
            for column in 1..self.width {
                let x = left + cell_width * column as f64;
                canvas.path(&[(x, top), (x, bottom)], GRID, 0.8);
            }
            for row in 1..self.values.len() {
                let y = top + cell_height * row as f64;
                canvas.path(&[(left, y), (right, y)], GRID, 0.8);
            }
        }
        canvas.outline(self.plot, GREY, 0.8);
    }

    fn outline(&self, canvas: &mut Canvas, block: &Block) {
        canvas.outline(self.area(block), INK, 2.0);
    }

    /// The numbers, where all of them fit.
    fn draw_numbers(&self, canvas: &mut Canvas) {
        let (cell_width, cell_height) = self.cell();
        let numbers = self.shades.numbers;
        let all = self.values.iter().flatten().filter(|value| value.is_finite());
        let widths = all.map(|&value| label_width(&numbers.written(value), VALUE));
        if cell_width < widths.fold(0.0, f64::max) || cell_height < VALUE * 1.3 {
            return;
        }
        for (row, cells) in self.values.iter().enumerate() {
            for (column, &value) in cells.iter().enumerate() {
                if !value.is_finite() {
                    continue;
                }
                let at = (
                    self.plot.left + cell_width * (column as f64 + 0.5),
                    self.plot.top + cell_height * (row as f64 + 0.5),
                );
                let colour = letters_on(self.shades.scale.colour(value));
                let style = Style::plain(VALUE).coloured(colour).centre();
                canvas.text(&numbers.written(value), at, style);
            }
        }
    }
}

/// Draws a scale of colours with its name, on the right of the cells.
pub fn draw_scale(canvas: &mut Canvas, shades: &Shades, area: Area) {
    const STEPS: usize = 64;
    let (left, right) = (area.right + BESIDE, area.right + BESIDE + BAR);
    let scale = shades.scale;
    let height = area.height() / STEPS as f64;
    for step in 0..STEPS {
        let value = scale.high - (scale.high - scale.low) * (step as f64 + 0.5) / STEPS as f64;
        let top = area.top + height * step as f64;
        let bottom = (top + height + 0.5).min(area.bottom);
        canvas.rect(Area { left, right, top, bottom }, scale.colour(value));
    }
    canvas.outline(Area { left, right, ..area }, GREY, 0.8);
    let mut widest: f64 = 0.0;
    for (pixel, label) in shades.ticks(area) {
        canvas.path(&[(right, pixel), (right + 3.0, pixel)], INK, 1.0);
        canvas.text(&label, (right + GAP, pixel), Style::plain(TICK).coloured(GREY));
        widest = widest.max(text_width(&label, TICK));
    }
    let at = (right + GAP + widest + LABEL / 2.0, area.centre_y());
    canvas.text(&shades.label, at, Style::plain(LABEL).centre().upwards());
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
        self.names.iter().map(|name| label_width(name, TICK)).fold(0.0, f64::max)
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
