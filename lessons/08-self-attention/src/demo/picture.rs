//! The picture of this lesson: the output of attention is a weighted mean of value arrows.

use burn::tensor::{Device, Tensor};
use course::{Drawing, Figure, Plane, Tone, number, vector};

use crate::{attend, scores, weights};

/// The chapter's values.
const VALUES: [[f64; 2]; 2] = [[1.0, 2.0], [3.0, 4.0]];
/// Width in pixels that the arrow of a value with a share of 1 would have.
const WHOLE: f64 = 11.0;

/// Draws the two values, each as thick as its share, and what token 1 becomes.
pub fn mean(device: &Device) -> Figure {
    let q = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0]], device);
    let shares = weights(scores(q.clone(), q));
    let output = attend(shares.clone(), Tensor::from_floats(VALUES, device));
    let shares: Vec<f64> = shares.to_data().iter::<f64>().collect();
    let output: Vec<f64> = output.to_data().iter::<f64>().collect();
    let plane = Plane { origin: (122.0, 310.0), unit: 70.0 };
    let [tip_1, tip_2] = VALUES.map(|[x, y]| plane.at(x, y));
    let become_1 = plane.at(output[0], output[1]);
    let become_2 = plane.at(output[2], output[3]);
    let mut drawing = Drawing::new(330.0);
    drawing.line(&[plane.at(0.0, 4.2), plane.origin, plane.at(4.6, 0.0)], Tone::Grey, 1.0);
    drawing.dashed(&[tip_1, tip_2], Tone::Grey, 2.0);
    drawing.arrow(plane.origin, tip_2, Tone::Second, WHOLE * shares[1]);
    drawing.arrow(plane.origin, tip_1, Tone::First, WHOLE * shares[0]);
    drawing.arrow(plane.origin, become_1, Tone::Third, 4.0);
    drawing.dot(become_2, 5.0, Tone::Grey);
    let [share_1, share_2] = [shares[0], shares[1]].map(|share| number(share, 2));
    let place = (plane.origin.0 - 8.0, tip_1.1);
    drawing.label_to(place, &format!("{share_1} of {}", vector(&VALUES[0], 0)), Tone::First);
    let place = (tip_2.0 + 14.0, tip_2.1);
    drawing.label_from(place, &format!("{share_2} of {}", vector(&VALUES[1], 0)), Tone::Second);
    let place = (become_1.0 + 16.0, become_1.1 + 30.0);
    drawing.label_from(place, "token 1 becomes", Tone::Third);
    let place = (become_1.0 + 16.0, become_1.1 + 52.0);
    drawing.label_from(place, &vector(&output[..2], 2), Tone::Third);
    let place = (become_2.0 + 16.0, become_2.1 + 4.0);
    drawing.label_from(place, &format!("token 2: {}", vector(&output[2..], 2)), Tone::Grey);
    let alt = format!(
        "Two value arrows, (1, 2) with a share of {share_1} and (3, 4) with {share_2}, and the \
            dashed line between their tips. The output of token 1, {}, is an arrow to a point of \
            that line, nearer to (1, 2). Token 2's output is a point of the same line, nearer to \
            (3, 4).",
        vector(&output[..2], 2)
    );
    let title = "The output: a weighted mean, between the values";
    drawing.figure("08-picture-mean", title, &alt)
}
