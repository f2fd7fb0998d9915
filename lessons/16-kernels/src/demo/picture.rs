//! The picture of this lesson: a roof, and two operations under it.

use course::{Drawing, Figure, Tone, number};

use crate::{Roof, Work, attainable, pass_work, product_work};

/// The chapter's machine for the hand.
const MACHINE: Roof = Roof { flops_per_second: 400e9, bytes_per_second: 20e9 };
/// Ends of the horizontal axis in FLOP/byte, and least of the vertical one in GFLOP/s.
const INTENSITIES: [f64; 2] = [0.03, 800.0];
const LEAST: f64 = 0.4;
/// Pixels of a factor of ten, along and up, and the corner where the axes meet.
const DECADE: (f64, f64) = (86.0, 74.0);
const CORNER: (f64, f64) = (46.0, 280.0);

/// Draws the roof line of the chapter's machine, a sum of lists and a product of matrices.
pub fn roof() -> Figure {
    let mut drawing = Drawing::new(324.0);
    let sum = pass_work(1000, 2, 1);
    let product = product_work(992, 384, 1536);
    let ridge = MACHINE.flops_per_second / MACHINE.bytes_per_second;
    let [first, last] = INTENSITIES;
    let peak = MACHINE.flops_per_second / 1e9;
    let start = place(first, first * MACHINE.bytes_per_second / 1e9);
    let [eaves, end] = [ridge, last].map(|intensity| place(intensity, peak));
    drawing.patch(&[start, eaves, end, (end.0, CORNER.1), CORNER], Tone::Grey, 0.08);
    drawing.line(&[(CORNER.0, 20.0), CORNER, (end.0, CORNER.1)], Tone::Grey, 1.5);
    drawing.line(&[start, eaves, end], Tone::Ink, 4.0);
    drawing.dashed(&[eaves, (eaves.0, CORNER.1)], Tone::Grey, 1.5);
    drawing.label((eaves.0, CORNER.1 + 14.0), &number(ridge, 0), Tone::Ink);
    drawing.label((240.0, CORNER.1 + 36.0), "FLOP per byte", Tone::Grey);
    drawing.label_from((CORNER.0 + 10.0, 20.0), "GFLOP/s", Tone::Grey);
    let peak_label = format!("the cores: {} GFLOP/s", number(peak, 0));
    drawing.label((eaves.0 + 60.0, eaves.1 - 18.0), &peak_label, Tone::Ink);
    let slope = place(2.5, 50.0);
    let memory = format!("the memory: {} GB/s", number(MACHINE.bytes_per_second / 1e9, 0));
    drawing.label_to((slope.0 - 4.0, slope.1 - 16.0), &memory, Tone::Ink);
    under(&mut drawing, &sum, ["a sum waits", "for bytes"], Tone::Second);
    under(&mut drawing, &product, ["a product", "computes"], Tone::First);
    let alt = format!(
        "A roof over FLOP per byte, both axes logarithmic: a slope that the memory sets, {} GB/s, \
            and from {} FLOP per byte on a flat part that the cores set, {} GFLOP/s. A sum of two \
            lists, at {}, touches the slope; a product of matrices, at {}, the flat part.",
        number(MACHINE.bytes_per_second / 1e9, 0),
        number(ridge, 0),
        number(peak, 0),
        number(sum.intensity(), 3),
        number(product.intensity(), 0)
    );
    let title = "No kernel stands above the roof";
    drawing.figure("16-picture-roof", title, &alt)
}

/// Where an operation of this intensity and speed in GFLOP/s stands; both axes are logarithmic.
fn place(intensity: f64, speed: f64) -> (f64, f64) {
    let along = (intensity / INTENSITIES[0]).log10() * DECADE.0;
    let up = (speed / LEAST).log10() * DECADE.1;
    (CORNER.0 + along, CORNER.1 - up)
}

/// Draws an operation where the roof allows it to be, with its intensity below.
fn under(drawing: &mut Drawing, work: &Work, lines: [&str; 2], tone: Tone) {
    let (x, y) = place(work.intensity(), attainable(&MACHINE, work) / 1e9);
    drawing.dashed(&[(x, CORNER.1), (x, y)], tone, 2.0);
    drawing.dot((x, y), 8.0, tone);
    let middle = (y + CORNER.1) / 2.0;
    drawing.label_from((x + 12.0, middle - 10.0), lines[0], tone);
    drawing.label_from((x + 12.0, middle + 11.0), lines[1], tone);
    let decimals = if work.intensity() < 1.0 { 3 } else { 0 };
    drawing.label((x, CORNER.1 + 14.0), &number(work.intensity(), decimals), tone);
}
