//! The picture of this lesson: where a trained head of MiniLM looks from one word.

use anyhow::{Context, Result};
use burn::tensor::Device;
use course::{Drawing, Figure, Tone};

use super::Subject;
use crate::Batch;
use crate::toy::MAX_TOKENS;

/// The chapter's sentences, and the word that looks.
const SENTENCES: [&str; 2] = ["I sat by the river bank", "I deposited money at the bank"];
const WORD: &str = "bank";
/// The head whose shares are drawn: its layer and its number, both counted from 0.
const LAYER: usize = 0;
const HEAD: usize = 10;
/// Width in pixels of the line of a share of 1.
const WHOLE: f64 = 24.0;
/// Least share that is drawn and written.
const SEEN: f64 = 0.05;
/// Pixels of a letter, and between two tokens.
const LETTER: f64 = 8.0;
const GAP: f64 = 26.0;
/// Points of a curve from token to token.
const POINTS: usize = 24;

/// Draws for each sentence what share each token has when the word asks.
///
/// # Errors
///
/// A text that does not hold the word as one token.
pub fn attention(subject: &Subject, device: &Device) -> Result<Figure> {
    let mut drawing = Drawing::new(346.0);
    let mut said = Vec::new();
    for (text, y) in SENTENCES.into_iter().zip([130.0, 306.0]) {
        let (tokens, shares) = shares(subject, text, device)?;
        draw_shares(&mut drawing, y, &tokens, &shares);
        let mut most = Vec::new();
        for (token, share) in tokens.iter().zip(&shares) {
            if *share >= SEEN {
                most.push(format!("{token} {share:.2}"));
            }
        }
        said.push(format!("In \"{text}\": {}.", most.join(", ")));
    }
    let alt = format!(
        "Two sentences with curves from \"{WORD}\" to other tokens, the thicker the larger the \
            share of attention. {}",
        said.join(" ")
    );
    let title = format!("One head of MiniLM: where \"{WORD}\" looks");
    Ok(drawing.figure("11-picture-attention", &title, &alt))
}

/// The tokens of a text, and the share that each has when the word asks.
fn shares(subject: &Subject, text: &str, device: &Device) -> Result<(Vec<String>, Vec<f64>)> {
    let encoding = subject.tokenizer.encode(text, MAX_TOKENS)?;
    let asking = encoding.tokens.iter().position(|token| token == WORD);
    let asking = asking.context("the word is in the text")?;
    let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
    let weights = subject.bert.trace(&batch).attentions.swap_remove(LAYER);
    let tokens = encoding.tokens.len();
    let weights: Vec<f64> = weights.to_data().iter::<f64>().collect();
    let row = (HEAD * tokens + asking) * tokens;
    Ok((encoding.tokens, weights[row..row + tokens].to_vec()))
}

/// Draws the tokens in a row, the curves above them and the shares below.
fn draw_shares(drawing: &mut Drawing, y: f64, tokens: &[String], shares: &[f64]) {
    let mut left = 8.0;
    let mut middles = Vec::new();
    let mut asking = left;
    for token in tokens {
        let width = LETTER * token.chars().count() as f64;
        let middle = left + width / 2.0;
        if token == WORD {
            asking = middle;
        }
        middles.push(middle);
        left += width + GAP;
    }
    for ((token, share), x) in tokens.iter().zip(shares).zip(middles) {
        if token == WORD {
            drawing.bold((x, y), token, Tone::Second);
        } else {
            drawing.label((x, y), token, Tone::Ink);
        }
        if *share < SEEN {
            continue;
        }
        drawing.label((x, y + 22.0), &format!("{share:.2}"), Tone::First);
        if token != WORD {
            drawing.line(&curve((asking, y - 14.0), (x, y - 14.0)), Tone::First, WHOLE * share);
        }
    }
}

/// Half an ellipse above two places of one height.
fn curve(from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    let (middle, reach) = ((from.0 + to.0) / 2.0, (to.0 - from.0) / 2.0);
    let height = 16.0 + 0.5 * reach.abs();
    let mut points = Vec::new();
    for point in 0..=POINTS {
        let angle = std::f64::consts::PI * point as f64 / POINTS as f64;
        points.push((middle - reach * angle.cos(), from.1 - height * angle.sin()));
    }
    points
}
