//! The picture of this lesson: three points of a map pull and push.

use burn::tensor::{Device, Tensor};
use course::{Drawing, Figure, Tone, number};

use crate::{joint, naive};

/// The chapter's points in the space, and where they start on the map.
const SPACE: [f64; 3] = [0.0, 1.0, 3.0];
const MAP: [f64; 3] = [0.0, 1.0, 2.0];
/// Pixels of the place 0, of a distance of 1, and of a force of 1.
const LEFT: f64 = 80.0;
const UNIT: f64 = 120.0;
const FORCE: f64 = 170.0;
/// Radius of a point in pixels.
const RADIUS: f64 = 11.0;

/// Draws the points in the space and on the map, what each pair adds, and where each point goes.
pub fn forces(device: &Device) -> Figure {
    let space = SPACE.map(|x| [x]);
    let mut p = vec![vec![0.0; SPACE.len()]; SPACE.len()];
    for (i, row) in joint(Tensor::from_floats(space, device), 1.0).rows.iter().enumerate() {
        for &(j, share) in row {
            p[i][j as usize] = f64::from(share);
        }
    }
    let map = MAP.map(|x| [x, 0.0]);
    let (q, gradient) = (naive::q(&map), naive::gradient(&p, &map));
    let mut drawing = Drawing::new(330.0);
    drawing.label_from((0.0, 14.0), "in the space", Tone::Grey);
    points(&mut drawing, 40.0, SPACE.map(|x| LEFT + UNIT * x));
    drawing.label_from((0.0, 96.0), "on the map: what each pair does", Tone::Grey);
    for (y, i, j) in [(128.0, 0, 1), (166.0, 1, 2), (204.0, 0, 2)] {
        let force = -4.0 * (p[i][j] - q[i][j]) * naive::w(&map, i, j) * (MAP[i] - MAP[j]);
        let (tone, name) = if force > 0.0 { (Tone::First, "pull") } else { (Tone::Second, "push") };
        let (from, to) = (LEFT + UNIT * MAP[i], LEFT + UNIT * MAP[j]);
        let edge = RADIUS * force.signum();
        drawing.arrow((from + edge, y), (from + edge + FORCE * force, y), tone, 4.0);
        drawing.arrow((to - edge, y), (to - edge - FORCE * force, y), tone, 4.0);
        point(&mut drawing, (from, y), i);
        point(&mut drawing, (to, y), j);
        // between two that push there is room, beside two that pull
        let place = if force > 0.0 { to + 60.0 } else { (from + to) / 2.0 };
        drawing.label((place, y), &format!("{name} {}", number(force.abs(), 2)), tone);
    }
    drawing.label_from((0.0, 244.0), "added up: where each point goes", Tone::Grey);
    points(&mut drawing, 272.0, MAP.map(|x| LEFT + UNIT * x));
    for (x, slope) in MAP.into_iter().zip(&gradient) {
        let (from, step) = (LEFT + UNIT * x, -slope[0]);
        drawing.arrow((from, 300.0), (from + FORCE * step, 300.0), Tone::Third, 5.0);
        drawing.label((from, 322.0), &number(step, 2), Tone::Third);
    }
    let alt = format!(
        "Three points on a line, in the space at 0, 1 and 3, on the map at 0, 1 and 2. Points 1 \
            and 2 pull each other, 2 and 3 push weakly, 1 and 3 push. Added up point 1 moves by \
            {}, point 2 by {} and point 3 by {}.",
        number(-gradient[0][0], 2),
        number(-gradient[1][0], 2),
        number(-gradient[2][0], 2)
    );
    let title = "Where p is above q a pair pulls, and else it pushes";
    drawing.figure("05-picture-forces", title, &alt)
}

/// Draws the three points at these places, with their numbers.
fn points(drawing: &mut Drawing, y: f64, places: [f64; 3]) {
    drawing.line(&[(places[0] - 30.0, y), (places[2] + 30.0, y)], Tone::Grey, 1.0);
    for (i, x) in places.into_iter().enumerate() {
        point(drawing, (x, y), i);
    }
}

/// Draws the point with this index; the first is called 1.
fn point(drawing: &mut Drawing, at: (f64, f64), index: usize) {
    drawing.dot(at, RADIUS, Tone::Ink);
    drawing.bold(at, &(index + 1).to_string(), Tone::White);
}
