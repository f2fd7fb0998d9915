//! The picture of this lesson: one random point, and the token in whose stretch it lies.

use course::{Drawing, Figure, Tone, number};

use crate::Sampling;

/// The chapter's three probabilities, the likeliest last.
const PROBABILITIES: [f32; 3] = [1.0 / 8.0, 2.0 / 8.0, 5.0 / 8.0];
/// Names of the three tokens.
const NAMES: [&str; 3] = ["C", "B", "A"];
/// The point that was drawn, between 0 and 1.
const POINT: f64 = 0.8;
/// Left end and length of the line from 0 to 1 in pixels, and height of a bar.
const LEFT: f64 = 128.0;
const LENGTH: f64 = 302.0;
const BAR: f64 = 40.0;
/// Least widths in pixels of a cell that says its name, and of one that says its number too.
const NARROW: f64 = 16.0;
const WIDE: f64 = 60.0;

/// Draws the probabilities end to end under four settings, and the one point across them.
///
/// # Errors
///
/// None: the settings are in their ranges.
pub fn draw() -> anyhow::Result<Figure> {
    let logits = PROBABILITIES.map(f32::ln);
    let mut drawing = Drawing::new(316.0);
    let mut drawn = Vec::new();
    let settings = [
        ("temperature 1/2", Sampling::new(0.5, None, 1.0)?),
        ("temperature 1", Sampling::new(1.0, None, 1.0)?),
        ("temperature 2", Sampling::new(2.0, None, 1.0)?),
        ("top-k 2", Sampling::new(1.0, Some(2), 1.0)?),
    ];
    let x = LEFT + LENGTH * POINT;
    drawing.arrow((x, 24.0), (x, 292.0), Tone::Ink, 2.5);
    for (row, (name, sampling)) in settings.into_iter().enumerate() {
        let y = 48.0 + 62.0 * row as f64;
        drawing.label_to((LEFT - 10.0, y + BAR / 2.0), name, Tone::Ink);
        let mut reached = 0.0;
        let mut hit = "";
        for (token, probability) in sampling.candidates(&logits) {
            let token = token as usize;
            let tone = [Tone::Third, Tone::Second, Tone::First][token];
            let at = (LEFT + LENGTH * reached, y);
            let width = LENGTH * probability;
            let text = match NAMES[token] {
                _ if width < NARROW => String::new(),
                name if width < WIDE => name.to_string(),
                name => format!("{name} {}", number(probability, 2)),
            };
            let is_hit = reached <= POINT && POINT < reached + probability;
            let strength = if is_hit { 0.6 } else { 0.08 };
            drawing.shaded(at, (width, BAR), &[text], &[strength], tone);
            reached += probability;
            if is_hit {
                hit = NAMES[token];
            }
        }
        drawn.push(hit);
        drawing.bold((LEFT + LENGTH + 24.0, y + BAR / 2.0), hit, Tone::Ink);
    }
    drawing.label((x - 60.0, 12.0), &format!("a random point, {POINT}"), Tone::Ink);
    drawing.label((LEFT, 304.0), "0", Tone::Grey);
    drawing.label((LEFT + LENGTH, 304.0), "1", Tone::Grey);
    drawing.label((LEFT + LENGTH + 24.0, 28.0), "drawn", Tone::Ink);
    let alt = format!(
        "Four bars from 0 to 1, the probabilities of tokens A, B and C end to end, and one point \
            at {POINT} across all. At temperature 1/2 it lies in the stretch of {}, at 1 of {}, at \
            2 of {}, with top-k 2 of {}.",
        drawn[0], drawn[1], drawn[2], drawn[3]
    );
    let title = "A draw: the token in whose stretch the point lies";
    Ok(drawing.figure("12-picture-draw", title, &alt))
}
