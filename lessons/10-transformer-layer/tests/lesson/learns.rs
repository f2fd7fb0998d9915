//! What the demo trains and measures.

use course::{Figure, Marks, Run};

#[test]
fn the_figures_show_what_they_claim() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let run = Run { device: &device, seed: 7, minilm: None };
    let report = layer::demo::demo_of(&run, layer::demo::STEPS / 2).unwrap();
    let figure = |name: &str| report.figures().iter().find(|figure| figure.name == name).unwrap();
    pre_norm_reaches_the_first_layer(figure("10-gradients"));
    alibi_holds_where_learned_positions_break(figure("10-extrapolation"));
}

fn lines(figure: &Figure) -> Vec<(&str, Vec<f64>)> {
    let Marks::Lines(lines) = &figure.panels[0].marks else { panic!("{} is drawn as lines", figure.name) };
    lines.iter().map(|line| (line.name.as_str(), line.points.iter().map(|point| point.1).collect())).collect()
}

fn pre_norm_reaches_the_first_layer(figure: &Figure) {
    let lines = lines(figure);
    let share = |name: &str| {
        let (_, norms) = lines.iter().find(|(other, _)| *other == name).unwrap();
        norms[0] / norms[norms.len() - 1]
    };
    assert!(share("post-norm") < 0.7, "post-norm loses gradient on the way down: {}", share("post-norm"));
    assert!(share("pre-norm") > 1.0, "pre-norm does not: {}", share("pre-norm"));
}

fn alibi_holds_where_learned_positions_break(figure: &Figure) {
    let lines = lines(figure);
    let rise = |name: &str| {
        let (_, losses) = lines.iter().find(|(other, _)| *other == name).unwrap();
        losses[2] - losses[0]
    };
    assert!(rise("ALiBi") < 0.1, "ALiBi at four times the length: {:+}", rise("ALiBi"));
    assert!(rise("learned") > 5.0 * rise("ALiBi").max(0.02), "learned: {:+}", rise("learned"));
}
