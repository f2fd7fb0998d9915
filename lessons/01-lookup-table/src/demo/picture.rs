//! The picture of this lesson: four IDs find their rows.

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use course::{Drawing, Figure, Tone, number};

use crate::TokenEmbedding;

/// The chapter's table and the IDs of its two texts.
const TABLE: [[f64; 2]; 3] = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]];
const IDS: [[i64; 2]; 2] = [[2, 0], [0, 1]];
/// Width and height of a cell in pixels.
const CELL: (f64, f64) = (52.0, 38.0);
/// Left edges of the IDs, the table and the vectors, in pixels.
const COLUMNS: [f64; 3] = [70.0, 200.0, 372.0];
/// Top edges of the IDs and of the rows of the table, in pixels.
const IDS_TOP: [f64; 4] = [42.0, 88.0, 160.0, 206.0];
const ROWS_TOP: [f64; 3] = [64.0, 124.0, 184.0];

/// Draws the IDs of two texts, the table, and the vector that stands where each ID stood.
pub fn lookup(device: &Device) -> Figure {
    let table = TokenEmbedding { weight: Param::from_tensor(Tensor::from_floats(TABLE, device)) };
    let vectors = table.forward(Tensor::from_ints(IDS, device));
    let vectors: Vec<f64> = vectors.to_data().iter::<f64>().collect();
    let tones = [Tone::First, Tone::Third, Tone::Second];
    let mut drawing = Drawing::new(252.0);
    let [left, middle, right] = COLUMNS;
    for (x, title) in [(left + 26.0, "IDs"), (middle + 52.0, "table"), (right + 52.0, "vectors")] {
        drawing.bold((x, 14.0), title, Tone::Ink);
    }
    for (text, y) in [("text 0", 84.0), ("text 1", 202.0)] {
        drawing.label_to((left - 10.0, y), text, Tone::Grey);
    }
    for (row, (numbers, y)) in TABLE.iter().zip(ROWS_TOP).enumerate() {
        let texts = numbers.map(|entry| number(entry, 1));
        drawing.cells((middle, y), CELL, &texts, tones[row]);
        let place = (middle + 52.0, y - 10.0);
        drawing.label(place, &format!("row {row}"), tones[row]);
    }
    for ((id, vector), y) in IDS.concat().into_iter().zip(vectors.chunks(2)).zip(IDS_TOP) {
        let tone = tones[id as usize];
        let (from, to) = (y + CELL.1 / 2.0, ROWS_TOP[id as usize] + CELL.1 / 2.0);
        drawing.cells((left, y), CELL, &[id.to_string()], tone);
        drawing.arrow((left + CELL.0 + 3.0, from), (middle - 3.0, to), tone, 2.0);
        drawing.arrow((middle + 2.0 * CELL.0 + 3.0, to), (right - 3.0, from), tone, 2.0);
        let texts = [number(vector[0], 1), number(vector[1], 1)];
        drawing.cells((right, y), CELL, &texts, tone);
    }
    let alt = "The IDs 2, 0 and 0, 1 of two texts. An arrow from each leads to the row of the \
        table with that number and on to a copy of it: 2 becomes (0.5, 0.6), 0 both times (0.1, \
        0.2), 1 becomes (0.3, 0.4).";
    drawing.figure("01-picture-lookup", "An ID is the number of a row", alt)
}
