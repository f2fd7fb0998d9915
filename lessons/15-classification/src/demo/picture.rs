//! The picture of this lesson: the line that a head draws between two clouds.

use burn::tensor::{Device, Tensor, TensorData};
use course::{Drawing, Figure, Plane, Tone, number};

use crate::{Labels, LogisticRegression, one_hot, probabilities};

/// Vectors of two labels, two numbers each, so that they can be drawn.
const CLOUDS: [[[f64; 2]; 9]; 2] = [
    [
        [0.6, 2.3],
        [0.9, 0.8],
        [1.3, 1.7],
        [1.5, 3.0],
        [1.7, 0.9],
        [2.1, 2.2],
        [2.5, 1.3],
        [2.9, 2.0],
        [3.0, 1.1],
    ],
    [
        [2.5, 3.3],
        [3.2, 2.8],
        [3.5, 3.9],
        [4.1, 3.2],
        [4.4, 2.1],
        [4.6, 4.2],
        [5.0, 2.8],
        [5.6, 3.6],
        [5.9, 2.2],
    ],
];
/// Penalty of the head.
const L2: f64 = 0.1;
/// Vectors that the head is asked about.
const ASKED: [[f64; 2]; 2] = [[3.7, 2.4], [5.2, 3.3]];

/// Draws two clouds, the line where both labels are as likely, and two answers.
pub fn line(device: &Device) -> Figure {
    let mut labels = vec![0; CLOUDS[0].len()];
    labels.extend(vec![1; CLOUDS[1].len()]);
    let y = one_hot(&labels, CLOUDS.len(), device);
    let head = LogisticRegression::new().with_l2(L2).fit(rows(&CLOUDS.concat(), device), y);
    let answers = probabilities(head.forward(rows(&ASKED, device)), Labels::One);
    let answers: Vec<f64> = answers.to_data().iter::<f64>().collect();
    let weight: Vec<f64> = head.weight.val().to_data().iter::<f64>().collect();
    let bias = head.bias.as_ref().expect("a fitted head has a bias").val();
    let bias: Vec<f64> = bias.to_data().iter::<f64>().collect();
    // What the logit of label 1 has above that of label 0: 0 on the line.
    let (along, up, ahead) = (weight[1] - weight[0], weight[3] - weight[2], bias[1] - bias[0]);
    let plane = Plane { origin: (20.0, 320.0), unit: 66.0 };
    let border = |y: f64| plane.at(-(ahead + up * y) / along, y);
    let (below, above) = (border(0.1), border(4.7));
    let mut drawing = Drawing::new(330.0);
    drawing.patch(&[below, above, plane.at(0.0, 4.7), plane.at(0.0, 0.1)], Tone::First, 0.08);
    let (corner, right) = (plane.at(6.9, 4.7), plane.at(6.9, 0.1));
    drawing.patch(&[below, above, corner, right], Tone::Second, 0.08);
    drawing.line(&[below, above], Tone::Ink, 4.0);
    for (cloud, tone) in CLOUDS.into_iter().zip([Tone::First, Tone::Second]) {
        for [x, y] in cloud {
            drawing.dot(plane.at(x, y), 5.0, tone);
        }
    }
    for ([x, y], shares) in ASKED.into_iter().zip(answers.chunks(CLOUDS.len())) {
        let at = plane.at(x, y);
        drawing.dot(at, 9.0, Tone::Ink);
        drawing.bold(at, "?", Tone::White);
        drawing.bold((at.0 + 30.0, at.1), &number(shares[1], 2), Tone::Ink);
    }
    drawing.bold(plane.at(0.75, 3.4), "label 0", Tone::First);
    drawing.bold(plane.at(6.2, 0.5), "label 1", Tone::Second);
    let place = (border(0.35).0 - 12.0, border(0.35).1);
    drawing.label_to(place, "here both are as likely", Tone::Ink);
    let alt = format!(
        "Two clouds of points, one for each label, and the straight line that a fitted head draws \
            between them. A new vector close to the line has label 1 with probability {}, one far \
            from it, among the points of label 1, with {}.",
        number(answers[1], 2),
        number(answers[3], 2)
    );
    let title = "A head is a line: the further beyond it, the surer";
    drawing.figure("15-picture-line", title, &alt)
}

/// Points as rows: `[points, 2]`.
fn rows(points: &[[f64; 2]], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(points.concat(), [points.len(), 2]), device)
}
