//! Found beside expected: what a failing comparison prints.

use std::fmt::Write;
use std::panic::{Location, resume_unwind};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};

/// Rows that a failing comparison prints at most, and numbers of a row.
const ROWS: usize = 8;
const NUMBERS: usize = 6;

/// The largest absolute difference between two tensors of one shape; infinite where either is NaN.
///
/// # Panics
///
/// If the shapes differ.
pub fn max_abs_error<const D: usize>(actual: &Tensor<D>, expected: &Tensor<D>) -> f32 {
    max_abs_error_of_data(&actual.to_data(), &expected.to_data())
}

/// [`max_abs_error`] of values already read from their device.
///
/// # Panics
///
/// If the shapes differ.
pub fn max_abs_error_of_data(actual: &TensorData, expected: &TensorData) -> f32 {
    assert_eq!(actual.shape(), expected.shape(), "only tensors of one shape can be compared");
    let mut worst: f32 = 0.0;
    for (found, expected) in actual.iter::<f32>().zip(expected.iter::<f32>()) {
        worst = worst.max(difference(found, expected));
    }
    worst
}

/// Asserts that no entry of `actual` is further than `tolerance` from `expected`.
///
/// # Panics
///
/// If one is, or the shapes differ: expected and found side by side, where, and how far. What is
/// printed is the comparison and no backtrace.
#[track_caller]
pub fn assert_close<const D: usize>(actual: &Tensor<D>, expected: &Tensor<D>, tolerance: f32) {
    assert_data_close("", &actual.to_data(), &expected.to_data(), tolerance);
}

/// [`assert_close`] of values already read from their device, of which the report says `what` they
/// are.
///
/// # Panics
///
/// As there.
#[track_caller]
pub fn assert_data_close(what: &str, actual: &TensorData, expected: &TensorData, tolerance: f32) {
    if let Some(report) = report(actual, expected, tolerance) {
        let place = Location::caller();
        let name = if what.is_empty() { String::new() } else { format!("{what}: ") };
        let report = format!("{place}: {name}{report}");
        // The panic hook would add the place in this file and, where one is asked for, a backtrace.
        eprintln!("{report}");
        resume_unwind(Box::new(report));
    }
}

/// Asserts that a module's parameters have the same gradients twice, where `expected` has one, and
/// returns how many were compared.
///
/// # Panics
///
/// If a gradient is further than `tolerance` from the one expected, as [`assert_data_close`], or is
/// not among those found.
pub fn assert_gradients_close<M: Module>(
    module: &M,
    found: &GradientsParams,
    expected: &GradientsParams,
    tolerance: f32,
) -> usize {
    let mut compared = Gradients { found, expected, tolerance, compared: 0 };
    module.visit(&mut compared);
    compared.compared
}

/// What [`assert_gradients_close`] visits the parameters with.
struct Gradients<'a> {
    found: &'a GradientsParams,
    expected: &'a GradientsParams,
    tolerance: f32,
    compared: usize,
}

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(expected) = self.expected.get::<D>(param.id) else { return };
        let found = self.found.get::<D>(param.id).expect("the gradient of the same parameter");
        let what = format!("gradient {}", self.compared);
        assert_data_close(&what, &found.into_data(), &expected.into_data(), self.tolerance);
        self.compared += 1;
    }
}

/// What to print of two tensors, or `None` where they agree.
fn report(actual: &TensorData, expected: &TensorData, tolerance: f32) -> Option<String> {
    let (shape, found_shape) = (&expected.shape()[..], &actual.shape()[..]);
    if shape != found_shape {
        return Some(format!("expected a tensor of shape {shape:?}, found {found_shape:?}"));
    }
    let expected: Vec<f32> = expected.iter().collect();
    let found: Vec<f32> = actual.iter().collect();
    let mut wrong = 0;
    let (mut worst, mut worst_at) = (0.0, 0);
    for (at, (&found, &expected)) in found.iter().zip(&expected).enumerate() {
        let difference = difference(found, expected);
        if difference > tolerance {
            wrong += 1;
        }
        if difference > worst {
            (worst, worst_at) = (difference, at);
        }
    }
    if wrong == 0 {
        return None;
    }
    let mut report = format!(
        "off by {worst:e} at {:?}, allowed {tolerance:e}; {wrong} of {} numbers of a tensor of \
         shape {shape:?} are further off\n",
        index_of(worst_at, shape),
        expected.len(),
    );
    write_rows(&mut report, &expected, &found, shape, tolerance, worst_at);
    Some(report)
}

/// Expected and found row by row (the last axis), a mark beside each row that differs. Of a tensor
/// that is too large the rows from the worst one on, and of a long row the numbers round the worst.
fn write_rows(
    report: &mut String,
    expected: &[f32],
    found: &[f32],
    shape: &[usize],
    tolerance: f32,
    worst_at: usize,
) {
    let width = shape.last().copied().unwrap_or(1);
    let rows = expected.len() / width;
    let first_row = if rows <= ROWS { 0 } else { (worst_at / width).min(rows - ROWS) };
    let first = if width <= NUMBERS { 0 } else { (worst_at % width).min(width - NUMBERS) };
    let columns = first..(first + NUMBERS).min(width);
    let mut lines = Vec::new();
    for row in first_row..(first_row + ROWS).min(rows) {
        let start = row * width;
        let (expected, found) = (&expected[start..start + width], &found[start..start + width]);
        let pairs = expected.iter().zip(found);
        let differs = pairs.into_iter().any(|(&e, &f)| difference(f, e) > tolerance);
        let mut place = index_of(start, shape);
        place.pop();
        lines.push((
            format!("{place:?}"),
            numbers(&expected[columns.clone()]),
            numbers(&found[columns.clone()]),
            if differs { "<" } else { "" },
        ));
    }
    let mut widths = ("row".len(), "expected".len());
    for (place, expected, ..) in &lines {
        widths = (widths.0.max(place.len()), widths.1.max(expected.len()));
    }
    let (a, b) = widths;
    let _ = writeln!(report, "  {:a$}  {:b$}  found", "row", "expected");
    for (place, expected, found, mark) in lines {
        let _ = writeln!(report, "  {place:a$}  {expected:b$}  {found} {mark}");
    }
    if columns.len() < width {
        let _ = writeln!(report, "  numbers {} to {} of {width}", columns.start, columns.end - 1);
    }
    if rows > ROWS {
        let _ = writeln!(report, "  {ROWS} of {rows} rows");
    }
}

/// How far apart two numbers are: infinitely where one is NaN.
pub(crate) fn difference(found: f32, expected: f32) -> f32 {
    let difference = (found - expected).abs();
    if difference.is_nan() && found != expected { f32::INFINITY } else { difference }
}

/// Place of the entry number `at` of a tensor laid out row by row.
fn index_of(at: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    let mut rest = at;
    for axis in (0..shape.len()).rev() {
        index[axis] = rest % shape[axis];
        rest /= shape[axis];
    }
    index
}

fn numbers(row: &[f32]) -> String {
    let mut text = String::new();
    for number in row {
        let _ = write!(text, "{number:>12.6}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(values: &[f32], shape: [usize; 2]) -> TensorData {
        TensorData::new(values.to_vec(), shape)
    }

    #[test]
    fn what_agrees_is_not_reported() {
        let same = data(&[1.0, 2.0, f32::INFINITY, 4.0, 5.0, 6.0], [2, 3]);
        let near = data(&[1.0, 2.0, f32::INFINITY, 4.0, 5.0, 6.00001], [2, 3]);
        assert_eq!(report(&near, &same, 1e-4), None);
    }

    #[test]
    fn a_report_says_where_how_far_and_shows_both_sides() {
        let expected = data(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3]);
        let found = data(&[1.0, 2.0, 3.0, 4.0, 5.5, 6.0], [2, 3]);
        let report = report(&found, &expected, 1e-3).unwrap();
        assert!(report.starts_with("off by 5e-1 at [1, 1], allowed 1e-3; 1 of 6"), "{report}");
        let row =
            "  [1]      4.000000    5.000000    6.000000      4.000000    5.500000    6.000000 <";
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(report.lines().any(|line| squeezed(line) == squeezed(row)), "{report}");
    }

    #[test]
    fn nan_and_another_infinity_are_infinitely_far_off() {
        let expected = data(&[1.0, f32::INFINITY], [1, 2]);
        for found in [[f32::NAN, f32::INFINITY], [1.0, f32::NEG_INFINITY]] {
            let report = report(&data(&found, [1, 2]), &expected, 1e9).unwrap();
            assert!(report.starts_with("off by inf"), "{report}");
        }
    }

    #[test]
    fn tensors_of_two_shapes_differ_and_large_ones_are_cut_to_the_worst_place() {
        let wide = TensorData::new(vec![0.0_f32; 400], [20, 20]);
        let turned = TensorData::new(vec![0.0_f32; 400], [40, 10]);
        let said = report(&turned, &wide, 1.0).unwrap();
        assert_eq!(said, "expected a tensor of shape [20, 20], found [40, 10]");
        let mut values = vec![0.0_f32; 400];
        values[15 * 20 + 13] = 7.0;
        let said = report(&TensorData::new(values, [20, 20]), &wide, 1.0).unwrap();
        assert!(said.contains("at [15, 13]") && said.contains("7.000000"), "{said}");
        assert!(said.contains("numbers 13 to 18 of 20") && said.contains("8 of 20 rows"), "{said}");
    }
}
