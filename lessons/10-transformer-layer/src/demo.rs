//! What the lesson shows.

mod extrapolation;
mod gradients;

use burn::tensor::Tensor;
use course::{Figure, Report, Run, Step, Table};

use crate::{Activation, FeedForwardConfig, SwiGluConfig};

pub use extrapolation::STEPS;

/// Runs the lesson.
///
/// # Errors
///
/// None: it reads nothing.
pub fn demo(run: &Run) -> anyhow::Result<Report> {
    demo_of(run, STEPS)
}

/// [`demo`] with its four small models trained for so many steps.
///
/// # Errors
///
/// None: it reads nothing.
pub fn demo_of(run: &Run, steps: usize) -> anyhow::Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    bends(run, &mut report);
    sizes(run, &mut report);
    gradients::by_depth(run, &mut report);
    extrapolation::by_scheme(run, steps, &mut report);
    Ok(report)
}

/// Which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("x", "batch, tokens, d_model"),
        Step::new("attended", "batch, tokens, d_model", "multi-head attention", ["x"]),
        Step::new("a", "batch, tokens, d_model", "layer norm of x + attended", ["x", "attended"]),
        Step::new("inner", "batch, tokens, d_ff", "GELU of a projection upwards", ["a"]),
        Step::new("fed", "batch, tokens, d_model", "projection downwards", ["inner"]),
        Step::new("output", "batch, tokens, d_model", "layer norm of a + fed", ["a", "fed"]),
    ];
    let alt = "Shapes of an encoder layer: attention and feed-forward are each added to what came \
        in and normalised; d_ff is wider inside the feed-forward, every other tensor is \
        [batch, tokens, d_model].";
    Figure::shapes(
        "10-shapes",
        "One layer, post-norm: the same shape goes in and comes out",
        alt,
        steps,
    )
}

/// The four bends at a few points.
fn bends(run: &Run, report: &mut Report) {
    const POINTS: [f32; 7] = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0];
    report.say("The bends:");
    let mut table = Table::new(["x", "GELU (erf)", "GELU (tanh)", "ReLU", "SiLU"]);
    let x = Tensor::<1>::from_floats(POINTS, run.device);
    let bends = [Activation::GeluExact, Activation::GeluTanh, Activation::Relu, Activation::Silu];
    let columns = bends.map(|bend| bend.apply(x.clone()).to_data().iter().collect::<Vec<f32>>());
    for (row, x) in POINTS.iter().enumerate() {
        let cells = columns.iter().map(|column| format!("{:.5}", column[row]));
        table.row(std::iter::once(format!("{x}")).chain(cells));
    }
    report.table(&table);
}

/// A gated feed-forward has three matrices: at 2/3 of the hidden width it costs as much.
fn sizes(run: &Run, report: &mut Report) {
    use burn::module::Module;
    let plain = FeedForwardConfig::new(96, 384).with_bias(false).init(run.device).num_params();
    let gated = SwiGluConfig::new(96, 256).init(run.device).num_params();
    report.say(format!(
        "Parameters at d_model 96: feed-forward 96-384-96 {plain}, SwiGLU 96-256-96 {gated}."
    ));
    report.say("");
}
