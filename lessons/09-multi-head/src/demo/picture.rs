//! The picture of this lesson: rows are cut into heads, and each head has shares of its own.

use attention::{attend, scores, weights};
use burn::tensor::{Device, Tensor};
use course::{Drawing, Figure, Tone, number};

use crate::{merge_heads, split_heads};

/// The chapter's two tokens.
const TOKENS: [[f64; 2]; 2] = [[1.0, 0.0], [0.0, 1.0]];
/// Width and height of a cell in pixels.
const CELL: (f64, f64) = (64.0, 36.0);

/// Draws two tokens cut into two heads, the shares of token 1 in each, and its two results.
pub fn cut(device: &Device) -> Figure {
    let x = split_heads(Tensor::from_floats([TOKENS], device), 2);
    let shares = weights(scores(x.clone(), x.clone()));
    let output = merge_heads(attend(shares.clone(), x));
    let shares: Vec<f64> = shares.to_data().iter::<f64>().collect();
    let output: Vec<f64> = output.to_data().iter::<f64>().collect();
    let tones = [Tone::First, Tone::Second];
    let mut drawing = Drawing::new(372.0);
    let lefts = [118.0, 298.0];
    for (token, y) in [(0, 26.0), (1, 66.0)] {
        drawing.label_to((150.0, y + 18.0), &format!("token {}", token + 1), Tone::Ink);
        for (head, tone) in tones.into_iter().enumerate() {
            let at = (176.0 + CELL.0 * head as f64, y);
            drawing.cells(at, CELL, &[number(TOKENS[token][head], 0)], tone);
        }
    }
    drawing.dashed(&[(240.0, 4.0), (240.0, 122.0)], Tone::Ink, 2.0);
    drawing.label((240.0 + 28.0, 8.0), "cut", Tone::Ink);
    for (head, tone) in tones.into_iter().enumerate() {
        let (x, from) = (lefts[head], 208.0 + CELL.0 * head as f64);
        drawing.arrow((from, 106.0), (x + 32.0, 148.0), tone, 3.0);
        drawing.bold((x + 32.0, 164.0), &format!("head {}", head + 1), tone);
        for token in 0..2 {
            // [heads, queries, keys]: the row of token 1 as the query
            let share = shares[4 * head + token];
            let y = 182.0 + 42.0 * token as f64;
            drawing.cells((x, y), CELL, &[number(TOKENS[token][head], 0)], tone);
            drawing.label_to((x - 8.0, y + 18.0), &format!("{} of", number(share, 2)), tone);
        }
        drawing.arrow((x + 32.0, 268.0), (from, 312.0), tone, 3.0);
        let at = (176.0 + CELL.0 * head as f64, 316.0);
        drawing.shaded(at, CELL, &[number(output[head], 2)], &[0.35], tone);
    }
    drawing.label_from((0.0, 164.0), "token 1 asks", Tone::Ink);
    drawing.label_to((150.0, 334.0), "token 1 becomes", Tone::Ink);
    let alt = format!(
        "The tokens (1, 0) and (0, 1), each cut in two: head 1 gets the first numbers, head 2 the \
            second. Asked by token 1, head 1 takes {} of the first token and {} of the second, \
            head 2 {} of each. Side by side their results are {} and {}.",
        number(shares[0], 2),
        number(shares[1], 2),
        number(shares[4], 2),
        number(output[0], 2),
        number(output[1], 2)
    );
    let title = "Every row is cut; each head has its own shares";
    drawing.figure("09-picture-cut", title, &alt)
}
