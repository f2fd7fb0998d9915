//! Input, expected and found, drawn so that a small matrix can be read.

use crate::answer::{Answer, close};
use crate::outcome::Outcome;

/// Rows of an answer that are drawn at most, and numbers of a row.
const ROWS: usize = 8;
const NUMBERS: usize = 8;

/// Columns that both sides may take together before found stands below expected.
const WIDTH: usize = 70;

/// Digits after the point, and those that show a difference which these hide.
const DIGITS: usize = 4;
const MORE_DIGITS: usize = 8;

/// One probe's answer, drawn.
pub(crate) struct Drawing {
    pub(crate) expected: String,
    pub(crate) found: String,
    /// Input, expected and found, for reading.
    pub(crate) text: String,
}

pub(crate) fn side_by_side(
    given: &str,
    expected: &Answer,
    outcome: &Outcome,
    tolerance: f64,
) -> Drawing {
    let shapes = !one_shape(expected, outcome);
    let mut left = answer(expected, DIGITS, shapes);
    let mut right = found(outcome, DIGITS, shapes);
    if left == right {
        left = answer(expected, MORE_DIGITS, shapes);
        right = found(outcome, MORE_DIGITS, shapes);
    }
    let mut text = String::new();
    for (line, words) in given.lines().enumerate() {
        let name = if line == 0 { "given" } else { "" };
        text.push_str(&format!("  {name:8}  {words}\n"));
    }
    let widest = left.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let widest_found = right.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    if widest + widest_found <= WIDTH {
        text.push_str(&beside(&left, &right, widest.max("expected".len())));
    } else {
        text.push_str(&format!("  expected\n{}  found\n{}", indented(&left), indented(&right)));
    }
    if let Some(place) = first_difference(expected, outcome, tolerance) {
        text.push_str(&format!("  first difference: {place}\n"));
    }
    Drawing { expected: left.join("\n"), found: right.join("\n"), text }
}

fn beside(left: &[String], right: &[String], width: usize) -> String {
    let mut text = format!("  {:width$}   |  found\n", "expected");
    for line in 0..left.len().max(right.len()) {
        let [left, right] = [left, right].map(|side| side.get(line).map_or("", String::as_str));
        text.push_str(format!("  {left:width$}   |  {right}").trim_end());
        text.push('\n');
    }
    text
}

fn indented(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

/// Whether both are a list or a matrix of one shape, which needs no words then.
fn one_shape(expected: &Answer, outcome: &Outcome) -> bool {
    let Answer::Numbers { shape, .. } = expected else { return false };
    let Outcome::Answered(Answer::Numbers { shape: found, .. }) = outcome else { return false };
    shape == found && shape.len() <= 2
}

fn found(outcome: &Outcome, digits: usize, shapes: bool) -> Vec<String> {
    match outcome {
        Outcome::Answered(given) => answer(given, digits, shapes),
        Outcome::Panicked(panic) => vec![format!("a panic: {panic}")],
        Outcome::NotBegun(_) | Outcome::TooSlow => vec!["nothing".into()],
    }
}

/// An answer in lines: a row of a matrix is a line, under its shape where that is asked for.
fn answer(answer: &Answer, digits: usize, shapes: bool) -> Vec<String> {
    match answer {
        Answer::Words(words) => words.lines().map(str::to_string).collect(),
        Answer::Several(parts) => {
            parts.iter().flat_map(|part| self::answer(part, digits, shapes)).collect()
        }
        Answer::Numbers { shape, numbers } if numbers.is_empty() => {
            vec![format!("nothing, of shape {shape:?}")]
        }
        Answer::Numbers { shape, numbers } => {
            let width = shape.last().copied().unwrap_or(1);
            let texts: Vec<String> = numbers.iter().map(|&x| number(x, digits)).collect();
            let widest = texts.iter().map(String::len).max().unwrap_or_default();
            let mut lines = Vec::new();
            if shapes && !shape.is_empty() {
                lines.push(format!("shape {shape:?}"));
            }
            for row in texts.chunks(width).take(ROWS) {
                let mut line = String::new();
                for text in row.iter().take(NUMBERS) {
                    line.push_str(&format!("{text:>widest$}  "));
                }
                line.push_str(if row.len() > NUMBERS { ".." } else { "" });
                lines.push(line.trim_end().to_string());
            }
            if texts.len() > ROWS * width {
                lines.push("..".into());
            }
            lines
        }
    }
}

/// A number with so many digits after the point at most, and no zeros at its end.
fn number(x: f64, digits: usize) -> String {
    let small = x != 0.0 && x.abs() < 10f64.powi(-(digits as i32));
    if !x.is_finite() {
        return x.to_string();
    }
    if small || x.abs() >= 1e9 && x.fract() != 0.0 || x.abs() >= 1e15 {
        return format!("{x:.digits$e}");
    }
    let text = format!("{x:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// Where the first number stands that differs, for answers that are not drawn whole.
fn first_difference(expected: &Answer, outcome: &Outcome, tolerance: f64) -> Option<String> {
    let Outcome::Answered(Answer::Numbers { shape: found_shape, numbers: found }) = outcome else {
        return None;
    };
    let Answer::Numbers { shape, numbers } = expected else { return None };
    let drawn_whole = numbers.len() <= ROWS * shape.last().copied().unwrap_or(1)
        && shape.last().is_none_or(|&width| width <= NUMBERS);
    if shape != found_shape || drawn_whole {
        return None;
    }
    let mut pairs = numbers.iter().zip(found);
    let at = pairs.position(|(&expected, &found)| !close(expected, found, tolerance))?;
    let (expected, found) = (number(numbers[at], MORE_DIGITS), number(found[at], MORE_DIGITS));
    Some(format!("number {at} (row by row), {expected} expected, {found} found"))
}
