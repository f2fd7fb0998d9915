//! What a deep stack does before it is trained: how much gradient arrives at each layer, and how
//! alike the tokens become, by where the norms stand and without residuals.

use burn::nn::Initializer;
use burn::tensor::{Device, Distribution, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};
use similarity::pairwise;

use crate::{EncoderLayer, EncoderLayerConfig, Placement};

/// Layers of the stack.
const DEPTH: usize = 12;

/// The batch's axis of `[batch, tokens, d_model]`.
const BATCH: usize = 0;

/// Numbers a token has.
const D_MODEL: usize = 64;

/// Texts that go through the stack at once.
const TEXTS: usize = 8;

/// Tokens of each text.
const TOKENS: usize = 16;

/// Stacks drawn at random: every number is their mean, so that no single draw decides.
const DRAWS: usize = 8;

/// How far a mean may lie from the recorded one on another processor: nothing is trained, so only
/// rounding differs.
const UNTRAINED: f64 = 0.001;

/// Layers of which the cosine of two tokens is printed.
const PRINTED: [usize; 4] = [1, 2, 6, 12];

/// Initializer of the linear maps: that of the first transformers, for which Xiong et al. 2020
/// (section 3.3) derive the gradients.
const XAVIER: Initializer = Initializer::XavierNormal { gain: 1.0 };

/// One kind of stack that is compared.
struct Kind {
    /// Name in the figure and the tables.
    name: &'static str,
    /// Where the norms stand.
    placement: Placement,
    /// How each layer is run.
    forward: fn(&EncoderLayer, Tensor<3>) -> Tensor<3>,
}

/// The three kinds that are compared.
const KINDS: [Kind; 3] = [
    Kind { name: "post-norm", placement: Placement::Post, forward: with_residual },
    Kind { name: "pre-norm", placement: Placement::Pre, forward: with_residual },
    Kind { name: "no residual", placement: Placement::Post, forward: without_residual },
];

/// Runs a layer as it is.
fn with_residual(layer: &EncoderLayer, x: Tensor<3>) -> Tensor<3> {
    layer.forward(x, None)
}

/// Runs a post-norm layer with both residuals taken out.
// ANCHOR: without_residual
fn without_residual(layer: &EncoderLayer, x: Tensor<3>) -> Tensor<3> {
    let x = layer.attention_norm.forward(layer.attention.forward(x, None));
    layer.feed_forward_norm.forward(layer.feed_forward.forward(x))
}
// ANCHOR_END: without_residual

/// Reports, before any training, the gradient of each layer's first feed-forward matrix and how
/// alike the tokens become.
pub(super) fn by_depth(run: &Run, report: &mut Report) {
    let device = run.device.clone().autodiff();
    let norms = mean_of_draws(gradient_norms, &device);
    let cosines = mean_of_draws(mean_cosines, run.device);
    let layers: Vec<usize> = (1..=DEPTH).collect();
    report.say(format!(
        "{DEPTH} layers of {D_MODEL} before training, mean of {DRAWS} random starts. Norm of the \
            gradient:"
    ));
    report.band(UNTRAINED);
    tabulate("gradient", "norm of the gradient", &layers, &norms, report);
    report.say(
        "Mean cosine of two tokens of a text after a layer (0 = unrelated, 1 = pointing the same \
            way):",
    );
    tabulate("cosine", "mean cosine of two tokens", &PRINTED, &cosines, report);
    report.band(0.0);
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
            panel("tokens", Axis::linear("mean cosine of two tokens"), &cosines),
        ],
    });
}

/// One panel of the figure, a line for each kind of stack.
fn panel(title: &str, y: Axis, columns: &[Vec<f64>]) -> Panel {
    let mut lines = Vec::new();
    for (kind, column) in KINDS.iter().zip(columns) {
        let mut points = Vec::with_capacity(DEPTH);
        for (layer, &value) in column.iter().enumerate() {
            points.push((layer as f64 + 1.0, value));
        }
        lines.push(Line::new(kind.name, points));
    }
    Panel {
        title: title.into(),
        x: Axis::linear("layer (1 = nearest to the input)"),
        y,
        marks: Marks::Lines(lines),
    }
}

/// A table of the given layers, a column for each kind of stack; the book gets its numbers as
/// `name-layer-kind`.
fn tabulate(name: &str, what: &str, layers: &[usize], columns: &[Vec<f64>], report: &mut Report) {
    let mut table = Table::new(["layer", KINDS[0].name, KINDS[1].name, KINDS[2].name]);
    for layer in layers {
        let mut cells = vec![layer.to_string()];
        for (kind, column) in KINDS.iter().zip(columns) {
            let value = format!("{:.5}", column[layer - 1]);
            let key = format!("{name}-{layer}-{}", kind.name.replace(' ', "-"));
            report.number(&key, &format!("{what}, layer {layer}, {}", kind.name), &value);
            cells.push(value);
        }
        table.row(cells);
    }
    report.table(&table);
}

/// For each kind of stack, the mean over [`DRAWS`] draws of the numbers, one a layer, that
/// `measure` gives.
fn mean_of_draws(measure: fn(&Kind, &Device) -> Vec<f64>, device: &Device) -> Vec<Vec<f64>> {
    let mut means = Vec::with_capacity(KINDS.len());
    for kind in &KINDS {
        let mut mean = vec![0.0; DEPTH];
        for _ in 0..DRAWS {
            for (layer, value) in measure(kind, device).into_iter().enumerate() {
                mean[layer] += value;
            }
        }
        for value in &mut mean {
            *value /= DRAWS as f64;
        }
        means.push(mean);
    }
    means
}

/// A stack with fresh weights.
fn stack(placement: Placement, device: &Device) -> Vec<EncoderLayer> {
    let config = EncoderLayerConfig::new(D_MODEL, 4, 4 * D_MODEL)
        .with_placement(placement)
        .with_initializer(XAVIER);
    let mut layers = Vec::with_capacity(DEPTH);
    for _ in 0..DEPTH {
        layers.push(config.init(device));
    }
    layers
}

/// Random texts of independent tokens: `[texts, tokens, d_model]` from N(0, 1).
fn normal(device: &Device) -> Tensor<3> {
    Tensor::random([TEXTS, TOKENS, D_MODEL], Distribution::Normal(0.0, 1.0), device)
}

/// The norm of the gradient of each layer's first feed-forward matrix, the layer nearest to the
/// input first.
fn gradient_norms(kind: &Kind, device: &Device) -> Vec<f64> {
    let layers = stack(kind.placement, device);
    let mut x = normal(device);
    for layer in &layers {
        x = (kind.forward)(layer, x);
    }
    // The last pre-norm layer needs its final norm.
    let output = crate::NormKind::Layer.init(D_MODEL, 1e-5, device).forward(x);
    // The loss pulls every vector towards another random one.
    let gradients = (output - normal(device)).square().mean().backward();
    let mut norms = Vec::with_capacity(DEPTH);
    for layer in &layers {
        let weight = layer.feed_forward.up.weight.val();
        let gradient = weight.grad(&gradients).expect("every layer is in the loss");
        norms.push(f64::from(gradient.square().sum().sqrt().into_scalar::<f32>()));
    }
    norms
}

/// The mean cosine of two different tokens of a text after each layer. Random tokens come in, as
/// good as unrelated.
fn mean_cosines(kind: &Kind, device: &Device) -> Vec<f64> {
    let mut x = normal(device);
    let mut means = Vec::with_capacity(DEPTH);
    for layer in stack(kind.placement, device) {
        x = (kind.forward)(&layer, x);
        let mut sum = 0.0;
        for text in x.clone().iter_dim(BATCH) {
            let tokens: Tensor<2> = text.squeeze_dim(BATCH); // [tokens, d_model]
            sum += f64::from(pairwise(tokens.clone(), tokens).sum().into_scalar::<f32>());
        }
        let (all, with_itself) = (TEXTS * TOKENS * TOKENS, TEXTS * TOKENS);
        means.push((sum - with_itself as f64) / (all - with_itself) as f64);
    }
    means
}
