//! What the lesson shows: activations, sizes, gradients by depth and texts longer than training.

mod extrapolation;
mod gradients;
pub mod picture;

use burn::module::Module;
use burn::tensor::Tensor;
use course::{Figure, Report, Run, Step, Table};

use crate::{Activation, FeedForwardConfig, SwiGluConfig};

pub use extrapolation::ShortTrainings;

/// Runs the lesson's demo.
///
/// # Errors
///
/// None: it reads nothing.
pub fn demo(run: &Run) -> anyhow::Result<Report> {
    demo_of(run, ShortTrainings::DEMO)
}

/// [`demo`] with its small models trained otherwise.
///
/// # Errors
///
/// None: it reads nothing.
pub fn demo_of(run: &Run, training: ShortTrainings) -> anyhow::Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::stream(run.device));
    activations(run, &mut report);
    sizes(run, &mut report);
    gradients::by_depth(run, &mut report);
    extrapolation::by_scheme(run, training, &mut report);
    Ok(report)
}

/// The figure of which axes go into a layer and which come out.
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

/// The four activations at a few points.
fn activations(run: &Run, report: &mut Report) {
    const POINTS: [f32; 7] = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0];
    report.say("The bends:");
    let mut table = Table::new(["x", "GELU (erf)", "GELU (tanh)", "ReLU", "SiLU"]);
    let points = Tensor::<1>::from_floats(POINTS, run.device);
    let mut columns: Vec<Vec<f32>> = Vec::new();
    for activation in
        [Activation::GeluExact, Activation::GeluTanh, Activation::Relu, Activation::Silu]
    {
        columns.push(activation.apply(points.clone()).to_data().iter().collect());
    }
    for (row, x) in POINTS.iter().enumerate() {
        let mut cells = vec![x.to_string()];
        for column in &columns {
            cells.push(format!("{:.5}", column[row]));
        }
        table.row(cells);
    }
    report.table(&table);
}

/// The parameters of both feed-forwards: with three matrices at 2/3 of the width the gated one has
/// as many.
fn sizes(run: &Run, report: &mut Report) {
    let plain = FeedForwardConfig::new(96, 384).with_bias(false).init(run.device).num_params();
    let gated = SwiGluConfig::new(96, 256).init(run.device).num_params();
    report.say(format!(
        "Parameters at d_model 96: feed-forward 96-384-96 {plain}, SwiGLU 96-256-96 {gated}."
    ));
    report.say("");
}
