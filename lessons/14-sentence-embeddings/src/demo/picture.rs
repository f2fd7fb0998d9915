//! The picture of this lesson: three ways from the vectors of a text to one.

use burn::tensor::{Bool, Device, Tensor};
use course::{Drawing, Figure, Plane, Tone, vector};

use crate::Pooling;

/// The chapter's two tokens, and the padding after them.
const STATES: [[f64; 2]; 3] = [[1.0, 4.0], [3.0, -2.0], [50.0, 50.0]];

/// Draws the tokens as arrows, and where their mean, the first and the largest numbers point.
pub fn pooling(device: &Device) -> Figure {
    let states = Tensor::<3>::from_floats([STATES], device);
    let mask = Tensor::<4, Bool>::from_bool([[[[false, false, true]]]], device);
    let [mean, first, largest] = [Pooling::Mean, Pooling::Cls, Pooling::Max].map(|pooling| {
        let pooled = pooling.pool(states.clone(), Some(mask.clone()));
        pooled.to_data().iter::<f64>().collect::<Vec<f64>>()
    });
    let plane = Plane { origin: (110.0, 215.0), unit: 46.0 };
    let mut drawing = Drawing::new(330.0);
    drawing.line(&[plane.at(-0.5, 0.0), plane.at(5.5, 0.0)], Tone::Grey, 1.0);
    drawing.line(&[plane.at(0.0, -2.3), plane.at(0.0, 4.6)], Tone::Grey, 1.0);
    let [token_1, token_2, _] = STATES.map(|[x, y]| plane.at(x, y));
    let corner = plane.at(largest[0], largest[1]);
    drawing.dashed(&[token_1, token_2], Tone::Third, 2.0);
    drawing.dashed(&[token_1, corner], Tone::Second, 2.0);
    drawing.dashed(&[token_2, corner], Tone::Second, 2.0);
    drawing.arrow(plane.origin, token_1, Tone::First, 4.0);
    drawing.arrow(plane.origin, token_2, Tone::First, 4.0);
    drawing.arrow(plane.origin, plane.at(mean[0], mean[1]), Tone::Third, 5.0);
    drawing.dot(corner, 7.0, Tone::Second);
    let place = (plane.origin.0 + 6.0, token_1.1 - 18.0);
    drawing.label_from(place, &format!("token 1 = CLS {}", vector(&first, 2)), Tone::First);
    drawing.label_from((token_2.0 + 12.0, token_2.1), "token 2", Tone::First);
    let place = (corner.0 + 10.0, plane.at(mean[0], mean[1]).1);
    drawing.label_from(place, &format!("mean {}", vector(&mean, 2)), Tone::Third);
    let place = (corner.0 + 14.0, corner.1);
    drawing.label_from(place, &format!("max {}", vector(&largest, 2)), Tone::Second);
    drawing.arrow((412.0, 76.0), (466.0, 22.0), Tone::Grey, 2.0);
    drawing.label((408.0, 92.0), &format!("padding {}", vector(&STATES[2], 0)), Tone::Grey);
    drawing.label((408.0, 113.0), "hidden", Tone::Grey);
    let alt = format!(
        "Two tokens as arrows, to (1, 4) and (3, -2). Their mean {} is an arrow to the middle \
            between their tips, shorter than both. CLS is the first token. Max {} is the corner \
            above and to the right of both. The padding lies far outside and is hidden.",
        vector(&mean, 2),
        vector(&largest, 2)
    );
    let title = "Pooling: two vectors of a text become one";
    drawing.figure("14-picture-pooling", title, &alt)
}
