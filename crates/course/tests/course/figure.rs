//! A curve of several runs.

use course::{Axis, Drawing, Figure, Line, Marks, Panel, Tone, number, vector};

fn runs() -> [Vec<(f64, f64)>; 3] {
    [vec![(1.0, 4.0), (2.0, 0.5)], vec![(1.0, 1.0), (2.0, 0.5)], vec![(1.0, 1.0), (2.0, 2.0)]]
}

fn figure(line: Line) -> Figure {
    let (x, y) = (Axis::linear("step"), Axis::linear("loss (nats)"));
    let panel = Panel { title: String::new(), x, y, marks: Marks::Lines(vec![line]) };
    Figure {
        name: "00-runs".into(),
        title: "Three runs".into(),
        alt: "Their mean".into(),
        band: 0.0,
        panels: vec![panel],
    }
}

#[test]
fn several_runs_are_their_mean_and_their_range() {
    let line = Line::over_runs("loss", &runs());
    assert_eq!(line.points, [(1.0, 2.0), (2.0, 1.0)]);
    assert_eq!(line.range, [(1.0, 4.0), (0.5, 2.0)]);
}

#[test]
fn another_range_is_another_figure() {
    let recorded = Line::over_runs("loss", &runs());
    let mut other = recorded.clone();
    other.range[0].1 += 0.25;
    assert_eq!(figure(other).distance(&figure(recorded.clone())), Some(0.25));
    let without = Line::new("loss", recorded.points.clone());
    assert_eq!(figure(without).distance(&figure(recorded)), None);
}

#[test]
fn a_drawing_differs_by_what_is_moved_and_is_another_where_words_are() {
    let with = |x: f64, text: &str| {
        let mut drawing = Drawing::new(100.0);
        drawing.label((x, 20.0), text, Tone::Ink);
        drawing.figure("00-label", "A title", "A label")
    };
    let moved = with(10.0, "a").distance(&with(12.5, "a")).expect("the same elements");
    assert!((moved - 2.5).abs() < 1e-9, "{moved}");
    assert_eq!(with(10.0, "a").distance(&with(10.0, "b")), None);
}

#[test]
fn numbers_are_shown_without_zeros_at_their_end() {
    assert_eq!(number(2.0, 2), "2");
    assert_eq!(number(1.6605, 2), "1.66");
    assert_eq!(number(-0.001, 2), "0");
    assert_eq!(number(100.0, 0), "100");
    assert_eq!(vector(&[1.0, -2.5], 1), "(1, -2.5)");
}

#[test]
#[should_panic(expected = "the same places")]
fn runs_that_were_measured_at_different_places_have_no_mean() {
    Line::over_runs("loss", &[vec![(1.0, 4.0)], vec![(2.0, 4.0)]]);
}
