//! What a deep stack does before it is trained: how much gradient arrives at each layer, and how
//! alike the tokens become, by where the norms stand and without residuals.

use burn::nn::Initializer;
use burn::tensor::{Device, Distribution, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};
use similarity::pairwise;

use crate::{EncoderLayer, EncoderLayerConfig, Placement};

/// Layers of the stack.
const DEPTH: usize = 12;

/// Numbers a token has.
const D_MODEL: usize = 64;

/// Texts and tokens that go through it.
const TEXTS: usize = 8;
const TOKENS: usize = 16;

/// Stacks drawn: every number is their mean, so that no single draw decides.
const DRAWS: usize = 8;

/// Layers whose likeness of tokens is printed.
const LOOKS: [usize; 4] = [1, 2, 6, 12];

/// The start of the first transformers, for which Xiong et al. 2020 (section 3.3) work the
/// gradients out.
const XAVIER: Initializer = Initializer::XavierNormal { gain: 1.0 };

/// How a layer is run.
type Forward = fn(&EncoderLayer, Tensor<3>) -> Tensor<3>;

/// A stack by its name in the figure.
type Kind = (&'static str, Placement, Forward);

/// The three stacks that are compared.
const KINDS: [Kind; 3] = [
    ("post-norm", Placement::Post, |layer, x| layer.forward(x, None)),
    ("pre-norm", Placement::Pre, |layer, x| layer.forward(x, None)),
    ("no residual", Placement::Post, without_residual),
];

// ANCHOR: without_residual
/// A post-norm layer with both residuals taken out.
fn without_residual(layer: &EncoderLayer, x: Tensor<3>) -> Tensor<3> {
    let x = layer.attention_norm.forward(layer.attention.forward(x, None));
    layer.feed_forward_norm.forward(layer.feed_forward.forward(x))
}
// ANCHOR_END: without_residual

/// At the start of training: the gradient of each layer's first feed-forward matrix, and how alike
/// tokens become.
pub(super) fn by_depth(run: &Run, report: &mut Report) {
    let device = run.device.clone().autodiff();
    let norms = KINDS.map(|kind| mean_of_draws(|| gradient_norms(kind, &device)));
    let alike = KINDS.map(|kind| mean_of_draws(|| likeness(kind, run.device)));
    let layers: Vec<usize> = (1..=DEPTH).collect();
    report.say(format!(
        "{DEPTH} layers of {D_MODEL} before training, mean of {DRAWS} random starts. Norm of the \
            gradient:"
    ));
    report.table(&table(&layers, &norms));
    report.say(
        "Mean cosine of two tokens of a text after a layer (0 = unrelated, 1 = pointing the same \
            way):",
    );
    report.table(&table(&LOOKS, &alike));
    report.figure(Figure {
        name: "10-gradients".into(),
        title: "What the place of the norm does to the gradient, and the residual to the tokens"
            .into(),
        alt: "Two panels over 12 layers at the start of training. Left: the norm of the gradient \
            of the feed-forward's first matrix; with post-norm it shrinks from the last layer \
            down to the first, with pre-norm the first layers get the most, and without residuals \
            it is several times larger throughout. Right: the mean cosine of two tokens of a \
            text; without residuals it is 1 from the second layer on, with post-norm it climbs to \
            0.95 and with pre-norm to 0.56."
            .into(),
        band: 0.02,
        panels: vec![
            panel("gradient", Axis::log("norm of the gradient"), &norms),
            panel("tokens", Axis::linear("mean cosine of two tokens"), &alike),
        ],
    });
}

fn panel(title: &str, y: Axis, columns: &[Vec<f64>; 3]) -> Panel {
    let line = |(kind, column): (Kind, &Vec<f64>)| {
        Line::new(
            kind.0,
            column.iter().enumerate().map(|(layer, &value)| (layer as f64 + 1.0, value)),
        )
    };
    Panel {
        title: title.into(),
        x: Axis::linear("layer (1 = nearest to the input)"),
        y,
        marks: Marks::Lines(KINDS.into_iter().zip(columns).map(line).collect()),
    }
}

/// These layers of every column.
fn table(layers: &[usize], columns: &[Vec<f64>; 3]) -> Table {
    let mut table = Table::new(["layer", KINDS[0].0, KINDS[1].0, KINDS[2].0]);
    for layer in layers {
        let cells = columns.each_ref().map(|column| format!("{:.5}", column[layer - 1]));
        table.row(std::iter::once(layer.to_string()).chain(cells));
    }
    table
}

/// The mean, number by number, of what [`DRAWS`] draws give.
fn mean_of_draws(draw: impl Fn() -> Vec<f64>) -> Vec<f64> {
    let draws: Vec<Vec<f64>> = (0..DRAWS).map(|_| draw()).collect();
    (0..draws[0].len())
        .map(|i| draws.iter().map(|draw| draw[i]).sum::<f64>() / DRAWS as f64)
        .collect()
}

fn stack(placement: Placement, device: &Device) -> Vec<EncoderLayer> {
    let config = EncoderLayerConfig::new(D_MODEL, 4, 4 * D_MODEL)
        .with_placement(placement)
        .with_initializer(XAVIER);
    (0..DEPTH).map(|_| config.init(device)).collect()
}

fn normal(device: &Device) -> Tensor<3> {
    Tensor::random([TEXTS, TOKENS, D_MODEL], Distribution::Normal(0.0, 1.0), device)
}

/// One norm a layer, the layer nearest to the input first.
fn gradient_norms((_, placement, forward): Kind, device: &Device) -> Vec<f64> {
    let layers = stack(placement, device);
    let output = layers.iter().fold(normal(device), |x, layer| forward(layer, x));
    // The loss pulls every vector towards another random one; the last pre-norm layer needs its
    // final norm.
    let output = crate::NormKind::Layer.init(D_MODEL, 1e-5, device).forward(output);
    let gradients = (output - normal(device)).square().mean().backward();
    let norm = |layer: &EncoderLayer| {
        let gradient = layer
            .feed_forward
            .up
            .weight
            .val()
            .grad(&gradients)
            .expect("every layer is in the loss");
        f64::from(gradient.square().sum().sqrt().into_scalar::<f32>())
    };
    layers.iter().map(norm).collect()
}

/// The mean cosine of two different tokens of a text after each layer; random tokens come in as
/// good as unrelated.
fn likeness((_, placement, forward): Kind, device: &Device) -> Vec<f64> {
    let mut x = normal(device);
    let mut seen = Vec::new();
    for layer in stack(placement, device) {
        x = forward(&layer, x);
        let cosines = |text: Tensor<3>| pairwise(text.clone().squeeze_dim(0), text.squeeze_dim(0));
        let sum =
            x.clone().iter_dim(0).map(|text| f64::from(cosines(text).sum().into_scalar::<f32>()));
        let (all, with_itself) = (TEXTS * TOKENS * TOKENS, TEXTS * TOKENS);
        seen.push((sum.sum::<f64>() - with_itself as f64) / (all - with_itself) as f64);
    }
    seen
}
