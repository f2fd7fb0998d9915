//! The picture of this lesson: what sub-layers add to the residual stream.

use attention::{attend, scores, weights};
use burn::tensor::{Device, Tensor};
use course::{Drawing, Figure, Tone, vector};

/// The chapter's two tokens.
const TOKENS: [[f64; 2]; 2] = [[1.0, 2.0], [3.0, 4.0]];
/// Heights of the two tokens' streams in pixels.
const STREAMS: [f64; 2] = [110.0, 270.0];

/// Draws two tokens' streams: attention reads both and adds to both, the feed-forward to each.
pub fn stream(device: &Device) -> Figure {
    let q = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0]], device);
    let x = Tensor::from_floats(TOKENS, device);
    let added = attend(weights(scores(q.clone(), q)), x.clone());
    let sum: Vec<f64> = (x + added.clone()).to_data().iter::<f64>().collect();
    let added: Vec<f64> = added.to_data().iter::<f64>().collect();
    let mut drawing = Drawing::new(372.0);
    for (token, y) in STREAMS.into_iter().enumerate() {
        let tone = [Tone::First, Tone::Second][token];
        let away = [-1.0, 1.0][token];
        let numbers = 2 * token..2 * token + 2;
        drawing.arrow((4.0, y), (476.0, y), tone, 7.0);
        drawing.label_from((2.0, y + 22.0 * away), &vector(&TOKENS[token], 0), tone);
        // attention, between the two streams
        drawing.arrow((105.0, y), (105.0, y - 42.0 * away), Tone::Ink, 2.0);
        drawing.arrow((190.0, y - 42.0 * away), (190.0, y - 9.0 * away), Tone::Third, 3.0);
        let add = format!("+ {}", vector(&added[numbers.clone()], 2));
        drawing.label_from((204.0, y - 25.0 * away), &add, Tone::Third);
        plus(&mut drawing, (190.0, y));
        drawing.label((262.0, y + 22.0 * away), &vector(&sum[numbers], 2), tone);
        // the feed-forward, on the far side of each
        let edge = y + 60.0 * away;
        drawing.arrow((345.0, y), (345.0, edge), Tone::Ink, 2.0);
        drawing.arrow((430.0, edge), (430.0, y + 9.0 * away), Tone::Third, 3.0);
        let top = if token == 0 { edge - 40.0 } else { edge };
        drawing.boxed((320.0, top), (140.0, 40.0), &["feed-forward"], Tone::Grey);
        plus(&mut drawing, (430.0, y));
    }
    drawing.boxed((75.0, 152.0), (140.0, 76.0), &["attention", "mixes tokens"], Tone::Grey);
    let alt = format!(
        "Two thick arrows from left to right, one for each token: (1, 2) and (3, 4). Attention, \
            between them, reads both and adds {} and {}, which makes {} and {}. A feed-forward \
            beside each stream reads that one and adds to it. The streams run through.",
        vector(&added[..2], 2),
        vector(&added[2..], 2),
        vector(&sum[..2], 2),
        vector(&sum[2..], 2)
    );
    let title = "The residual stream: layers read it and add to it";
    drawing.figure("10-picture-stream", title, &alt)
}

/// Draws the place where something is added to a stream.
fn plus(drawing: &mut Drawing, (x, y): (f64, f64)) {
    drawing.dot((x, y), 10.0, Tone::Third);
    drawing.bold((x, y), "+", Tone::White);
}
