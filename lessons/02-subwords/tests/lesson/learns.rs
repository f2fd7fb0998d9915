//! A vocabulary fits the kind of text that it was learned from.

use course::{Figure, Marks, Report, Run};
use data::World;
use subwords::Bpe;
use subwords::demo::SIZES;

use crate::docs;

fn bytes_per_token(bpe: &Bpe, texts: &[String]) -> f64 {
    let tokens: usize = texts.iter().map(|text| bpe.encode(text.as_bytes()).len()).sum();
    texts.iter().map(String::len).sum::<usize>() as f64 / tokens as f64
}

#[test]
fn a_vocabulary_is_best_on_unseen_text_of_its_own_kind() {
    const VOCAB: usize = 1000;
    let (docs, unseen_docs) = docs(200_000);
    let toy =
        |seed| World::sentences(seed).take(4000).map(|s| s.to_string()).collect::<Vec<String>>();
    let (of_docs, of_toy) = (Bpe::train(&docs, VOCAB), Bpe::train(toy(1), VOCAB));
    let (own, other) =
        (bytes_per_token(&of_docs, &unseen_docs), bytes_per_token(&of_toy, &unseen_docs));
    // Measured: 2.51 and 1.78. Bytes alone have 1. The corpus is a list of versions, which will
    // change by a few percent.
    assert!(
        own > 2.3 && own > other + 0.5,
        "{own} bytes per token with its own, {other} with the other"
    );
    let (own, other) = (bytes_per_token(&of_toy, &toy(2)), bytes_per_token(&of_docs, &toy(2)));
    // Measured: 4.33 and 2.12. Its few hundred words fit in as tokens of their own.
    assert!(
        own > 4.0 && own > other + 1.5,
        "{own} bytes per token with its own, {other} with the other"
    );
}

fn report() -> Report {
    let device = backend::from_env();
    let report = subwords::demo::demo(&Run { device: &device, seed: 7, minilm: None }).unwrap();
    println!("{}", report.text());
    report
}

/// The heights of each curve of a figure over [`SIZES`].
fn curves(report: &Report, name: &str) -> Vec<Vec<f64>> {
    let figure: &Figure =
        report.figures().iter().find(|figure| figure.name == name).expect("the figure");
    let Marks::Lines(lines) = &figure.panels[0].marks else { panic!("curves") };
    let sizes = SIZES.map(|size| size as f64);
    for line in lines {
        assert!(line.points.iter().map(|point| point.0).eq(sizes), "{}", line.name);
    }
    lines.iter().map(|line| line.points.iter().map(|point| point.1).collect()).collect()
}

#[test]
fn the_figures_show_what_they_claim() {
    let report = report();
    let [common, known, once, never] = &curves(&report, "02-falling-apart")[..] else {
        panic!("four groups")
    };
    for curve in [common, known, once, never] {
        assert!(curve.is_sorted_by(|smaller, larger| smaller >= larger), "{curve:?}");
    }
    let at = |size| SIZES.iter().position(|&other| other == size).unwrap();
    assert!((5.0..6.0).contains(&common[0]) && common[at(1000)] < 1.02, "{common:?}");
    assert!(known[at(1000)] > 2.0 && known[at(8000)] < 1.02, "{known:?}");
    assert!(once[at(8000)] > 2.0 && never[at(8000)] > once[at(8000)], "{once:?} {never:?}");

    let [seen, unseen, toy, greek] = &curves(&report, "02-bytes-per-token")[..] else {
        panic!("four texts")
    };
    assert!([seen, unseen, toy, greek].iter().all(|curve| curve[0] == 1.0), "bytes are one byte");
    // 0.05 at 8000
    let together = |(seen, unseen): (&f64, &f64)| (seen / unseen - 1.0).abs() < 0.06;
    assert!(seen.iter().zip(unseen).all(together) && unseen[at(8000)] > 4.0, "{seen:?} {unseen:?}");
    assert!((2.0..3.0).contains(&toy[at(8000)]), "{toy:?}");
    assert!(greek[at(8000)] < 1.05, "{greek:?}");
}
