//! The picture of this lesson: two hands of a clock at the first positions.

use burn::tensor::Device;
use course::{Drawing, Figure, Plane, Tone, number, vector};

use crate::sinusoidal;

/// Positions that are drawn.
const POSITIONS: usize = 5;
/// Numbers of a position: the chapter's clock of two hands.
const D_MODEL: usize = 4;
/// The position that the hands stand at.
const SHOWN: usize = 1;
/// Radius of a clock's face in pixels.
const FACE: f64 = 92.0;

/// Draws both hands of the clock at position 1, and on the rim where they stand at the others.
pub fn clock(device: &Device) -> Figure {
    let table: Vec<f64> = sinusoidal(POSITIONS, D_MODEL, device).to_data().iter::<f64>().collect();
    let mut drawing = Drawing::new(318.0);
    let names = ["1 radian per position", "0.01 radians per position"];
    let tones = [Tone::First, Tone::Second];
    for (hand, (name, tone)) in names.into_iter().zip(tones).enumerate() {
        let face = Plane { origin: (116.0 + 252.0 * hand as f64, 166.0), unit: FACE };
        drawing.circle(face.origin, FACE, Tone::Grey);
        let mut angles = Vec::new();
        for position in 0..POSITIONS {
            let [sine, cosine] = [0, 1].map(|axis| table[position * D_MODEL + 2 * hand + axis]);
            angles.push(sine.atan2(cosine));
        }
        drawing.dashed(&[face.origin, face.polar(angles[0], 1.0)], Tone::Grey, 1.5);
        for (position, &angle) in angles.iter().enumerate() {
            drawing.dot(face.polar(angle, 1.0), 4.0, tone);
            // All places of the slow hand are one on the page.
            if hand == 0 {
                let at = face.polar(angle, 1.17);
                drawing.label(at, &position.to_string(), Tone::Ink);
            }
        }
        drawing.arrow(face.origin, face.polar(angles[SHOWN], 1.0), tone, 4.0);
        if hand == 0 {
            drawing.turn(face.origin, 40.0, (0.0, angles[SHOWN]), Tone::Ink);
        }
        drawing.bold((face.origin.0, 12.0), &format!("hand {hand}"), tone);
        drawing.label((face.origin.0, 34.0), name, tone);
        let row = SHOWN * D_MODEL + 2 * hand;
        let numbers = vector(&table[row..row + 2], 4 + hand); // the slow hand has hardly left 0
        drawing.label((face.origin.0, 298.0), &format!("sin, cos = {numbers}"), Tone::Ink);
    }
    drawing.label((368.0, 112.0), "0 to 4", Tone::Ink);
    drawing.label((368.0, 133.0), "lie together", Tone::Ink);
    let alt = format!(
        "Two clocks. Hand 0 turns by 1 radian per position: the places of positions 0 to 4 are \
            spread around the rim, and at position 1 the hand reads sine {} and cosine {}. Hand 1 \
            turns by 0.01 radians: its five places lie on top of each other.",
        number(table[D_MODEL], 4),
        number(table[D_MODEL + 1], 4)
    );
    let title = "A position is the time on a clock: here it is 1";
    drawing.figure("06-picture-clock", title, &alt)
}
