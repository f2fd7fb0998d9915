//! The picture of this lesson: a quiet and a loud vector, centred and scaled.

use burn::tensor::{Device, Tensor};
use course::{Drawing, Figure, Tone, number};

use crate::LayerNormConfig;

/// The chapter's vector, and its loud twin.
const QUIET: [f64; 4] = [1.0, 2.0, 3.0, 4.0];
const LOUD: [f64; 4] = [10.0, 20.0, 30.0, 40.0];
/// Pixels from one bar to the next, and the breadth of a bar.
const STEP: f64 = 42.0;
const BREADTH: f64 = 26.0;

/// Draws both vectors as they are, without their means, and as LayerNorm leaves them.
pub fn norm(device: &Device) -> Figure {
    let mut drawing = Drawing::new(400.0);
    for (x, vector, tone, name) in
        [(120.0, QUIET, Tone::First, "a quiet token"), (312.0, LOUD, Tone::Second, "a loud token")]
    {
        let mean = vector.iter().sum::<f64>() / vector.len() as f64;
        let input = Tensor::<2>::from_floats([vector], device);
        let normed = LayerNormConfig::new(vector.len()).init(device).forward(input);
        let normed: Vec<f64> = normed.to_data().iter::<f64>().collect();
        drawing.bold((x + 76.0, 12.0), name, tone);
        bars(&mut drawing, (x, 140.0), 2.4, &vector, tone);
        let centred = vector.map(|number| number - mean);
        bars(&mut drawing, (x, 232.0), 2.4, &centred, tone);
        bars(&mut drawing, (x, 350.0), 22.0, &normed, tone);
    }
    for (y, lines) in [
        (115.0, ["as it is", ""]),
        (222.0, ["minus its", "mean"]),
        (340.0, ["divided by", "its spread"]),
    ] {
        drawing.label_to((100.0, y), lines[0], Tone::Ink);
        drawing.label_to((100.0, y + 20.0), lines[1], Tone::Ink);
    }
    let alt = "Bars of the vectors (1, 2, 3, 4) and (10, 20, 30, 40) at one scale: the second is \
        ten times as high. Without their means, -1.5 to 1.5 and -15 to 15, both stand around zero. \
        Divided by their standard deviations, and drawn larger, both are the same four bars, \
        -1.34, -0.45, 0.45 and 1.34.";
    let title = "LayerNorm: a loud and a quiet token come out alike";
    drawing.figure("07-picture-norm", title, alt)
}

/// Draws a bar for each number from a base line, `unit` pixels for 1, with the number at its end.
fn bars(drawing: &mut Drawing, (x, y): (f64, f64), unit: f64, numbers: &[f64], tone: Tone) {
    drawing.line(&[(x - 6.0, y), (x + STEP * numbers.len() as f64 - 10.0, y)], Tone::Grey, 1.5);
    for (i, &value) in numbers.iter().enumerate() {
        let left = x + STEP * i as f64;
        let end = y - unit * value;
        drawing.block((left, end.min(y)), (BREADTH, (end - y).abs()), tone, 0.75);
        let beyond = if value < 0.0 { end + 12.0 } else { end - 12.0 };
        drawing.label((left + BREADTH / 2.0, beyond), &number(value, 2), Tone::Ink);
    }
}
