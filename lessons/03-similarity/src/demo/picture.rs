//! The pictures of this lesson: an angle between two arrows, and arrows that are pushed into a cone.

use std::f64::consts::TAU;

use burn::tensor::{Device, Tensor, TensorData};
use course::{Drawing, Figure, Plane, Tone, number, vector};

use crate::{anisotropy, cosine, dot, euclidean};

/// The chapter's pair of vectors.
const PAIR: [[f64; 2]; 2] = [[3.0, 4.0], [4.0, 3.0]];
/// How much longer the dashed arrow is than b.
const LONGER: f64 = 1.3;
/// Arrows before they are pushed, and how long each is: the chapter's u and v are two of them.
const ARROWS: usize = 8;
const LENGTH: f64 = 0.1;
/// The chapter's push, and how often it comes.
const PUSH: f64 = -0.1;
const PUSHES: usize = 10;

/// Draws a and b: how far their tips lie apart, and the angle between them.
pub fn angle(device: &Device) -> Figure {
    let [a, b] = PAIR;
    let rows = [a, b].map(|row| Tensor::<2>::from_floats([row], device));
    let [row_a, row_b] = rows;
    let cosine: f64 = cosine(row_a.clone(), row_b.clone()).into_scalar();
    let dot: f64 = dot(row_a.clone(), row_b.clone()).into_scalar();
    let distance: f64 = euclidean(row_a, row_b).into_scalar();
    let plane = Plane { origin: (30.0, 290.0), unit: 62.0 };
    let [tip_a, tip_b] = [a, b].map(|[x, y]| plane.at(x, y));
    let mut drawing = Drawing::new(310.0);
    drawing.line(&[plane.at(0.0, 4.5), plane.origin, plane.at(5.4, 0.0)], Tone::Grey, 1.0);
    drawing.dashed(&[tip_b, plane.at(LONGER * b[0], LONGER * b[1])], Tone::Second, 2.0);
    drawing.dashed(&[tip_a, tip_b], Tone::Grey, 2.0);
    drawing.arrow(plane.origin, tip_a, Tone::First, 4.0);
    drawing.arrow(plane.origin, tip_b, Tone::Second, 4.0);
    let [angle_a, angle_b] = [a, b].map(|[x, y]| y.atan2(x));
    drawing.arc(plane.origin, 120.0, (angle_b, angle_a), Tone::Ink);
    let degrees = format!("{}°", number(cosine.acos().to_degrees(), 0));
    drawing.bold(plane.polar((angle_a + angle_b) / 2.0, 2.35), &degrees, Tone::Ink);
    let place = plane.at(a[0] - 0.15, a[1] + 0.3);
    drawing.label_to(place, &format!("a = {}", vector(&a, 0)), Tone::First);
    let place = plane.at(b[0] + 0.25, b[1] - 0.1);
    drawing.label_from(place, &format!("b = {}", vector(&b, 0)), Tone::Second);
    let (x, y) = plane.at(LONGER * b[0], LONGER * b[1]);
    drawing.label_from((x + 10.0, y), "longer b:", Tone::Second);
    drawing.label_from((x + 10.0, y + 21.0), "same angle", Tone::Second);
    let place = (tip_a.0 + 14.0, tip_a.1 - 4.0);
    drawing.label_from(place, &format!("distance {}", number(distance, 2)), Tone::Grey);
    let dot = number(dot, 2);
    let lengths = [a, b].map(|[x, y]| number(x.hypot(y), 2)).join(" · ");
    drawing.label_from((296.0, 208.0), &format!("dot product {dot}"), Tone::Ink);
    drawing.label_from((296.0, 233.0), &format!("cosine {dot} / ({lengths})"), Tone::Ink);
    drawing.label_from((346.0, 256.0), &format!("= {}", number(cosine, 2)), Tone::Ink);
    let alt = format!(
        "Two arrows from one point, a to (3, 4) and b to (4, 3), with an angle of {degrees} \
            between them. A dashed line from tip to tip is the distance, {}. A longer b has the \
            same angle. The cosine is {}.",
        number(distance, 2),
        number(cosine, 2)
    );
    drawing.figure("03-picture-angle", "One pair of arrows, three measures", &alt)
}

/// Draws arrows that point everywhere, and the same arrows after they were pushed the same way.
pub fn cone(device: &Device) -> Figure {
    let mut fresh = Vec::new();
    let mut pushed = Vec::new();
    let push = PUSH * PUSHES as f64;
    for arrow in 0..ARROWS {
        let angle = TAU * arrow as f64 / ARROWS as f64;
        let (x, y) = (LENGTH * angle.cos(), LENGTH * angle.sin());
        fresh.push([x, y]);
        pushed.push([x + push, y + push]);
    }
    let before = Plane { origin: (95.0, 130.0), unit: 750.0 };
    let after = Plane { origin: (445.0, 20.0), unit: 178.0 };
    let mut drawing = Drawing::new(300.0);
    let mut cosines = Vec::new();
    let mut crowded = Vec::new();
    for (plane, arrows) in [(before, &fresh), (after, &pushed)] {
        star(&mut drawing, plane, arrows);
        let pair = [0, ARROWS / 4].map(|row| table(&arrows[row..=row], device));
        let [u, v] = pair;
        cosines.push(cosine(u, v).into_scalar::<f64>());
        crowded.push(anisotropy(table(arrows, device)));
    }
    drawing.label(before.at(0.118, 0.0), "u", Tone::First);
    drawing.label(before.at(0.0, 0.122), "v", Tone::Second);
    drawing.label(after.at(-0.88, -1.12), "u", Tone::First);
    drawing.label(after.at(-1.12, -0.88), "v", Tone::Second);
    drawing.arrow((205.0, 100.0), (262.0, 100.0), Tone::Grey, 4.0);
    drawing.label((233.0, 76.0), "ten pushes", Tone::Grey);
    for (x, which) in [(95.0, 0), (350.0, 1)] {
        let shown = number(cosines[which], 4);
        drawing.label((x, 270.0), &format!("cosine of u and v: {shown}"), Tone::Ink);
        let shown = number(crowded[which], 4);
        drawing.label((x, 292.0), &format!("mean of all pairs: {shown}"), Tone::Ink);
    }
    let alt = format!(
        "Left, eight short arrows from one point in all directions; u and v are at a right angle. \
            Right, the same eight after ten pushes to the lower left: long arrows that fill a \
            narrow cone. The cosine of u and v rises from {} to {}, the mean of all pairs from {} \
            to {}.",
        number(cosines[0], 4),
        number(cosines[1], 4),
        number(crowded[0], 4),
        number(crowded[1], 4)
    );
    drawing.figure("03-picture-cone", "Pushed the same way, arrows become a cone", &alt)
}

/// Draws the arrows of a table, its u and v in their colours.
fn star(drawing: &mut Drawing, plane: Plane, arrows: &[[f64; 2]]) {
    for [x, y] in arrows {
        drawing.arrow(plane.origin, plane.at(*x, *y), Tone::Grey, 1.5);
    }
    for (row, tone) in [(0, Tone::First), (ARROWS / 4, Tone::Second)] {
        let [x, y] = arrows[row];
        drawing.arrow(plane.origin, plane.at(x, y), tone, 3.0);
    }
}

/// Arrows as rows of a table: `[arrows, 2]`.
fn table(arrows: &[[f64; 2]], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(arrows.concat(), [arrows.len(), 2]), device)
}
