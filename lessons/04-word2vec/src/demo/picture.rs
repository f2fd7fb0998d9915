//! The picture of this lesson: a window that slides over a sentence.

use course::{Drawing, Figure, Tone};

use crate::around;

/// The chapter's sentence.
const SENTENCE: [&str; 7] = ["the", "hungry", "duck", "eats", "bread", "and", "water"];
/// Words on either side.
const REACH: usize = 2;
/// Centre words that are drawn, one a row, and the tops of their rows in pixels.
const CENTRES: [(usize, f64); 3] = [(2, 14.0), (3, 158.0), (4, 226.0)];
/// The centre word whose arrows are drawn.
const PREDICTING: usize = 3;
/// Width and height of a word's cell in pixels, and left edge of the first.
const CELL: (f64, f64) = (68.0, 40.0);
const LEFT: f64 = 4.0;

/// Draws the window at three places, and at the middle one an arrow to each neighbour.
pub fn window() -> Figure {
    let mut drawing = Drawing::new(282.0);
    let mut places = Vec::new();
    for place in 0..SENTENCE.len() as u32 {
        places.push(place);
    }
    for (centre, y) in CENTRES {
        let (before, after) = around(&places, centre, REACH);
        let edge = LEFT + CELL.0 * (centre - before.len()) as f64 - 3.0;
        let width = CELL.0 * (before.len() + 1 + after.len()) as f64 + 6.0;
        drawing.block((edge, y - 8.0), (width, CELL.1 + 16.0), Tone::First, 0.2);
        for (place, word) in SENTENCE.iter().enumerate() {
            let neighbour = before.contains(&(place as u32)) || after.contains(&(place as u32));
            let (strength, tone) = match (place == centre, neighbour) {
                (true, _) => (1.0, Tone::Second),
                (_, true) => (0.1, Tone::First),
                _ => (0.0, Tone::Grey),
            };
            let at = (LEFT + CELL.0 * place as f64, y);
            drawing.shaded(at, (CELL.0 - 4.0, CELL.1), &[word.to_string()], &[strength], tone);
        }
        for &place in before.iter().chain(after) {
            if centre != PREDICTING {
                continue;
            }
            let (from, to) = (middle(centre), middle(place as usize));
            let radius = (to - from).abs() / 2.0;
            let start = if to > from { std::f64::consts::PI } else { 0.0 };
            let end = std::f64::consts::PI - start;
            drawing.turn(((from + to) / 2.0, y - 2.0), radius, (start, end), Tone::Second);
        }
    }
    let alt = "Three rows of the sentence \"the hungry duck eats bread and water\". The centre \
        word is duck, then eats, then bread. A window holds the two words on either side of it; \
        in the middle row an arrow goes from eats to each of the four. From row to row the window \
        moves on by one word.";
    let title = "A window slides over the sentence";
    drawing.figure("04-picture-window", title, alt)
}

/// Middle of the word at this place, in pixels.
fn middle(place: usize) -> f64 {
    LEFT + CELL.0 * place as f64 + (CELL.0 - 4.0) / 2.0
}
