//! Ranges, ticks and the frame of a plot.

use course::Axis;

use crate::canvas::{Area, Canvas, Style, text_width};
use crate::colour::{GREY, GRID, INK};

/// Size of tick labels.
pub const TICK: f64 = 11.0;
/// Names of the axes.
pub const LABEL: f64 = 12.0;
/// From the frame to a tick's label.
pub const GAP: f64 = 6.0;
/// Room for an axis's name beside its tick labels.
pub const NAME: f64 = 20.0;
/// Room for the labels of the vertical ticks of a map: its size must not depend on them.
const TICKS: f64 = 40.0;
/// The most characters of a measured place that a tick says.
const LONGEST: usize = 5;
/// Beyond this a number is noise, and its square not finite.
const LARGEST: f64 = 1e100;

/// A value's place along an axis before it becomes a pixel: itself, or its decade.
fn place(axis: &Axis, value: f64) -> Option<f64> {
    let drawable =
        value.is_finite() && value.abs() < LARGEST && (!axis.log || value > 1.0 / LARGEST);
    match drawable {
        true if axis.log => Some(value.log10()),
        true => Some(value),
        false => None,
    }
}

/// From values to pixels along one direction.
#[derive(Debug, Clone)]
pub struct Ruler {
    axis: Axis,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    /// Where something was measured.
    marked: Vec<f64>,
}

impl Ruler {
    /// Spans the drawable ones of `values`, with `pad` of their range to spare at both ends.
    pub fn over(axis: &Axis, values: impl Iterator<Item = f64>, pad: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter_map(|value| place(axis, value)) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        } else if high - low <= 1e-9 * low.abs().max(high.abs()) || high == low {
            let around = if axis.log { 0.5 } else { (low.abs() * 0.1).max(0.5) };
            (low, high) = (low - around, high + around);
        } else {
            let spare = (high - low) * pad;
            (low, high) = (low - spare, high + spare);
        }
        Self { axis: axis.clone(), low, high, from: 0.0, to: 1.0, marked: Vec::new() }
    }

    /// The same range with both ends moved out to `low` and `high`, in values of a linear axis.
    pub fn exactly(axis: &Axis, low: f64, high: f64) -> Self {
        let axis = Axis::linear(&axis.label);
        Self { axis, low, high, from: 0.0, to: 1.0, marked: Vec::new() }
    }

    /// The same range with ticks where something was measured, if they can be told apart.
    pub fn marking(self, places: Vec<f64>) -> Self {
        Self { marked: places, ..self }
    }

    /// Length of the range, in places along the axis.
    pub fn span(&self) -> f64 {
        self.high - self.low
    }

    /// The same range made `span` long, its middle where it was.
    pub fn widened(self, span: f64) -> Self {
        let middle = (self.low + self.high) / 2.0;
        Self { low: middle - span / 2.0, high: middle + span / 2.0, ..self }
    }

    /// Lays the range between two pixels.
    pub fn between(mut self, from: f64, to: f64) -> Self {
        (self.from, self.to) = (from, to);
        self
    }

    /// The pixel of a value; `None` where it cannot be drawn.
    pub fn pixel(&self, value: f64) -> Option<f64> {
        place(&self.axis, value).map(|place| self.pixel_of_place(place))
    }

    fn pixel_of_place(&self, place: f64) -> f64 {
        self.from + (place - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Round values to mark, about `pixels` apart, with their labels.
    pub fn ticks(&self, pixels: f64) -> Vec<(f64, String)> {
        if let Some(ticks) = self.measured() {
            return ticks;
        }
        let most = ((self.to - self.from).abs() / pixels).max(2.0);
        if self.axis.log { self.decades(most) } else { self.steps(most) }
    }

    /// The places where something was measured, if there are some, each is short to say, and none
    /// runs into another.
    fn measured(&self) -> Option<Vec<(f64, String)>> {
        let mut ticks = Vec::new();
        for &value in &self.marked {
            let label = format!("{value}");
            if label.len() > LONGEST {
                return None;
            }
            ticks.push((self.pixel(value)?, label));
        }
        let all = ticks.len();
        (all > 0 && thinned(ticks.clone()).len() == all).then_some(ticks)
    }

    fn steps(&self, most: f64) -> Vec<(f64, String)> {
        let step = round_step((self.high - self.low) / most);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last)
            .map(|index| {
                (self.pixel_of_place(index as f64 * step), written(index as f64 * step, step))
            })
            .collect()
    }

    fn decades(&self, most: f64) -> Vec<(f64, String)> {
        let (low, high) = ((self.low - 1e-9).ceil() as i32, (self.high + 1e-9).floor() as i32);
        let every = ((f64::from(high - low) / most).ceil() as i32).max(1);
        let between: &[f64] = match high - low {
            ..1 => &[1.0, 2.0, 3.0, 5.0, 7.0],
            1..3 => &[1.0, 2.0, 5.0],
            _ => &[1.0],
        };
        let mut ticks = Vec::new();
        for decade in
            (low - 1..=high).filter(|decade| (decade - low) % every == 0 || between.len() > 1)
        {
            for digit in between {
                let place = f64::from(decade) + digit.log10();
                if place >= self.low - 1e-9 && place <= self.high + 1e-9 {
                    ticks.push((self.pixel_of_place(place), power(*digit, decade)));
                }
            }
        }
        ticks
    }
}

fn round_step(rough: f64) -> f64 {
    let decade = 10f64.powf(rough.log10().floor());
    let digit =
        [1.0, 2.0, 5.0].into_iter().find(|digit| digit * decade >= rough * 0.999).unwrap_or(10.0);
    digit * decade
}

/// A tick's value with the decimals that its step needs.
fn written(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if value.abs() >= 1e6 || step < 1e-4 {
        let decimals =
            (value.abs().log10().floor() - step.log10().floor()).clamp(0.0, 8.0) as usize;
        return format!("{value:.decimals$e}");
    }
    let decimals = (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
    format!("{value:.decimals$}")
}

fn power(digit: f64, decade: i32) -> String {
    match decade {
        0..=4 => format!("{}", digit * 10f64.powi(decade)),
        -4..0 => format!("{:.*}", decade.unsigned_abs() as usize, digit * 10f64.powi(decade)),
        _ => format!("{digit}e{decade}"),
    }
}

/// A number beside what it measures: three digits that count.
pub fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        0.0 => "0".into(),
        _ if value.fract() == 0.0 && size < 1e5 => format!("{value:.0}"),
        _ if !(1e-3..1e5).contains(&size) => format!("{value:.1e}"),
        _ if size >= 100.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Draws frame, grid, ticks and names for two rulers inside `area`; answers with both rulers laid
/// on the plot.
pub fn frame(canvas: &mut Canvas, area: Area, x: Ruler, y: Ruler) -> (Area, Ruler, Ruler) {
    let bottom = area.bottom - NAME - TICK - GAP;
    let y = y.between(bottom, area.top);
    let y_ticks = y.ticks(40.0);
    let widest = y_ticks.iter().map(|(_, label)| text_width(label, TICK)).fold(0.0, f64::max);
    let plot =
        Area { left: area.left + NAME + widest + GAP, bottom, right: area.right, top: area.top };
    let x = x.between(plot.left, plot.right);
    draw_frame(canvas, area, plot, &x, &y);
    (plot, x, y)
}

/// Draws the frame of a map inside `area`, and answers with the plot and both rulers, a pixel of
/// which is as many units long in one direction as in the other.
pub fn equal_frame(canvas: &mut Canvas, area: Area, x: Ruler, y: Ruler) -> (Area, Ruler, Ruler) {
    let plot = Area {
        left: area.left + NAME + TICKS + GAP,
        bottom: area.bottom - NAME - TICK - GAP,
        ..area
    };
    let unit = (x.span() / plot.width()).max(y.span() / plot.height());
    let x = x.widened(unit * plot.width()).between(plot.left, plot.right);
    let y = y.widened(unit * plot.height()).between(plot.bottom, plot.top);
    draw_frame(canvas, area, plot, &x, &y);
    (plot, x, y)
}

/// Draws frame, grid, ticks and names for two rulers that lie on `plot`, inside `area`.
pub fn draw_frame(canvas: &mut Canvas, area: Area, plot: Area, x: &Ruler, y: &Ruler) {
    for (pixel, label) in thinned(x.ticks(70.0)) {
        canvas.path(&[(pixel, plot.top), (pixel, plot.bottom)], GRID, 1.0);
        let at = (within(pixel, &label, area), plot.bottom + GAP + TICK / 2.0);
        canvas.text(&label, at, Style::plain(TICK).coloured(GREY).centre());
    }
    for (pixel, label) in &y.ticks(40.0) {
        canvas.path(&[(plot.left, *pixel), (plot.right, *pixel)], GRID, 1.0);
        canvas.text(label, (plot.left - GAP, *pixel), Style::plain(TICK).coloured(GREY).right());
    }
    edges(canvas, plot);
    names(canvas, area, plot, &x.axis.label, &y.axis.label);
}

/// Keeps a centred label inside the panel.
fn within(pixel: f64, label: &str, area: Area) -> f64 {
    let half = text_width(label, TICK) / 2.0;
    pixel.min(area.right + 8.0 - half)
}

/// Drops the ticks whose labels would run into the one before.
fn thinned(ticks: Vec<(f64, String)>) -> Vec<(f64, String)> {
    let mut free = f64::NEG_INFINITY;
    let mut kept = Vec::new();
    for (pixel, label) in ticks {
        let half = text_width(&label, TICK) / 2.0;
        if pixel - half >= free {
            free = pixel + half + 4.0;
            kept.push((pixel, label));
        }
    }
    kept
}

/// The left and the lower edge of a plot.
pub fn edges(canvas: &mut Canvas, plot: Area) {
    canvas.path(
        &[(plot.left, plot.top), (plot.left, plot.bottom), (plot.right, plot.bottom)],
        INK,
        1.0,
    );
}

/// The names of both axes at the edges of `area`, cut where they are longer than the plot.
pub fn names(canvas: &mut Canvas, area: Area, plot: Area, x: &str, y: &str) {
    let (x, size) = fitting(x, area.width());
    let middle = plot.centre_x().min(area.right - text_width(&x, size) / 2.0);
    canvas.text(&x, (middle, area.bottom - LABEL / 2.0), Style::plain(size).centre());
    let (y, size) = fitting(y, area.height());
    let half = text_width(&y, size) / 2.0;
    let middle =
        plot.centre_y().max(area.top + half).min((area.bottom - half).max(area.top + half));
    canvas.text(&y, (area.left + LABEL / 2.0, middle), Style::plain(size).centre().upwards());
}

/// A name, shortened if it must be, and the size of letters at which it fits.
fn fitting(text: &str, room: f64) -> (String, f64) {
    let size = LABEL.min(LABEL * room / text_width(text, LABEL).max(1.0)).max(TICK);
    (crate::canvas::shortened(text, size, room.max(60.0)), size)
}

/// Says in the middle of an empty plot that it is empty.
pub fn nothing(canvas: &mut Canvas, plot: Area) {
    canvas.text(
        "no data",
        (plot.centre_x(), plot.centre_y()),
        Style::plain(LABEL).coloured(GREY).centre(),
    );
}
