//! The picture of this lesson: how merges built the tokens of a word.

use course::{Drawing, Figure, Tone};

use super::{PAPER, readable, tokens};
use crate::{BYTES, Bpe};

/// The word whose tokens are drawn.
const WORD: &str = "trains";
/// Merges that the chapter works out.
const MERGES: usize = 4;
/// Places of the first byte and of the lowest row in pixels, and steps from one to the next.
const LEFT: f64 = 206.0;
const LOWEST: f64 = 300.0;
const STEP: (f64, f64) = (50.0, 66.0);
/// Width of a character's cell, and height of all cells.
const CELL: (f64, f64) = (34.0, 32.0);

/// Draws the bytes of a word below, each merge on a row above, and what is left on top.
pub fn tree() -> Figure {
    let bpe = Bpe::train(PAPER, BYTES + MERGES);
    let mut drawing = Drawing::new(330.0);
    let mut counts = Vec::new();
    for (rank, &(left, right)) in bpe.merges().iter().enumerate() {
        let before = tokens(&bpe.with_vocab(BYTES + rank), &PAPER);
        let times = before - tokens(&bpe.with_vocab(BYTES + rank + 1), &PAPER);
        counts.push(times.to_string());
        let y = height(rank + 1);
        let [left, right] = [left, right].map(|id| readable(bpe.token(id)));
        drawing.bold((92.0, y - 10.0), &format!("merge {}: {left} + {right}", rank + 1), Tone::Ink);
        drawing.label((92.0, y + 12.0), &format!("{times} times"), Tone::Grey);
    }
    drawing.label((92.0, height(0)), "bytes", Tone::Ink);
    let mut first = 0;
    for &id in &bpe.encode(WORD.as_bytes()) {
        first += draw_token(&mut drawing, &bpe, id, first, Tone::Third).1;
    }
    let alt = format!(
        "The bytes t, r, a, i, n and s of \"{WORD}\" in a row. Above them merges join two tokens \
            each: r and a, which come {} times, then i and n, {} times, then ra and in, {} times, \
            then t and rain, {} times. What is left are the tokens train and s.",
        counts[0], counts[1], counts[2], counts[3]
    );
    drawing.figure("02-picture-tree", "Four merges make \"trains\" two tokens", &alt)
}

/// Where the row of a merge lies, the bytes as row 0.
fn height(row: usize) -> f64 {
    LOWEST - STEP.1 * row as f64
}

/// Draws a token above the bytes from `first` on, below it what it was merged of; gives the middle
/// of its cell and the number of its bytes.
fn draw_token(
    drawing: &mut Drawing,
    bpe: &Bpe,
    id: u32,
    first: usize,
    tone: Tone,
) -> ((f64, f64), usize) {
    let length = bpe.token(id).len();
    let middle = LEFT + STEP.0 * (first as f64 + (length as f64 - 1.0) / 2.0);
    let row = (id as usize + 1).saturating_sub(BYTES);
    let place = (middle, height(row));
    if row > 0 {
        let (left, right) = bpe.merges()[row - 1];
        let mut start = first;
        for part in [left, right] {
            let (below, bytes) = draw_token(drawing, bpe, part, start, Tone::First);
            let ends = [(place.0, place.1 + CELL.1 / 2.0), (below.0, below.1 - CELL.1 / 2.0)];
            drawing.line(&ends, Tone::Grey, 2.0);
            start += bytes;
        }
    }
    let width = CELL.0 + 10.0 * (length as f64 - 1.0);
    let corner = (middle - width / 2.0, place.1 - CELL.1 / 2.0);
    drawing.cells(corner, (width, CELL.1), &[readable(bpe.token(id))], tone);
    (place, length)
}
