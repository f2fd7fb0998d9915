//! The picture of this lesson: what is read at each step, with the cache and without.

use course::{Drawing, Figure, Tone};

use crate::tokens_read;

/// Tokens of the prompt, and how many are written after it.
const PROMPT: usize = 2;
const NEW: usize = 4;
/// More tokens than there are: nothing is forgotten.
const WINDOW: usize = 64;
/// Side of a cell in pixels, and the left edges of the two halves.
const CELL: f64 = 40.0;
const HALVES: [f64; 2] = [6.0, 262.0];

/// Draws a row for each token that is written: what is read for it, and what the cache has.
pub fn cache() -> Figure {
    let mut drawing = Drawing::new(308.0);
    let mut sums = Vec::new();
    for (left, with_cache) in HALVES.into_iter().zip([false, true]) {
        let name = if with_cache { "with the cache" } else { "without a cache" };
        drawing.bold((left + 2.5 * CELL, 12.0), name, Tone::Ink);
        for step in 0..NEW {
            let y = 34.0 + (CELL + 6.0) * step as f64;
            let here = tokens_read(PROMPT, step + 1, WINDOW, with_cache);
            let before = tokens_read(PROMPT, step, WINDOW, with_cache);
            let (tokens, read) = (PROMPT + step, here - before);
            for token in 0..tokens {
                let fresh = token >= tokens - read;
                let (tone, strength) =
                    if fresh { (Tone::Second, 0.85) } else { (Tone::First, 0.15) };
                let at = (left + CELL * token as f64, y);
                let text = (token + 1).to_string();
                drawing.shaded(at, (CELL - 3.0, CELL), &[text], &[strength], tone);
            }
        }
        let sum = tokens_read(PROMPT, NEW, WINDOW, with_cache);
        sums.push(sum);
        drawing.bold((left + 2.5 * CELL, 236.0), &format!("{sum} tokens read"), Tone::Ink);
    }
    for (x, tone, strength, text) in [
        (30.0, Tone::Second, 0.85, "read: key and value computed"),
        (290.0, Tone::First, 0.15, "kept: looked up"),
    ] {
        drawing.shaded((x, 270.0), (20.0, 20.0), &[String::new()], &[strength], tone);
        drawing.label_from((x + 28.0, 280.0), text, Tone::Ink);
    }
    let alt = format!(
        "Four rows each, one for every token that is written after a prompt of two. Without a \
            cache all tokens before it are read again in each row, {} in all. With it the first \
            row reads the prompt and every other row one token, {} in all; the others are kept.",
        sums[0], sums[1]
    );
    let title = "The cache grows by one, and only that one is read";
    drawing.figure("13-picture-cache", title, &alt)
}
