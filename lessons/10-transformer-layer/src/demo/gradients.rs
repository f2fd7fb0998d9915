//! How much of the gradient arrives at each layer, by where the norms stand.

use burn::nn::Initializer;
use burn::tensor::{Device, Distribution, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};

use crate::{EncoderLayer, EncoderLayerConfig, Placement};

/// Layers of the stack.
const DEPTH: usize = 12;

/// Numbers a token has.
const D_MODEL: usize = 64;

/// The start of the first transformers, for which Xiong et al. 2020 (section 3.3) work the gradients out.
const XAVIER: Initializer = Initializer::XavierNormal { gain: 1.0 };

/// At the start of training: the gradient of each layer's first feed-forward matrix.
pub(super) fn by_depth(run: &Run, report: &mut Report) {
    let device = run.device.clone().autodiff();
    let kinds = [("post-norm", Placement::Post), ("pre-norm", Placement::Pre)];
    let norms = kinds.map(|(_, placement)| gradient_norms(placement, &device));
    report.say(format!("Norm of the gradient at the start, {DEPTH} layers of {D_MODEL}:"));
    let mut table = Table::new(["layer", "post-norm", "pre-norm"]);
    for (layer, (post, pre)) in norms[0].iter().zip(&norms[1]).enumerate() {
        table.row([format!("{}", layer + 1), format!("{post:.5}"), format!("{pre:.5}")]);
    }
    report.table(&table);
    let line = |i: usize| {
        Line::new(kinds[i].0, norms[i].iter().enumerate().map(|(layer, &norm)| (layer as f64 + 1.0, norm)))
    };
    report.figure(Figure {
        name: "10-gradients".into(),
        title: "Where the norm stands decides how much gradient the first layer gets".into(),
        alt: "Norm of the gradient of the feed-forward's first matrix in each of 12 layers at the start of training. \
              Post-norm: it shrinks from the last layer down to the first. Pre-norm: the first layers get the most."
            .into(),
        band: 0.02,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("layer (1 = nearest to the input)"),
            y: Axis::log("norm of the gradient"),
            marks: Marks::Lines(vec![line(0), line(1)]),
        }],
    });
}

/// One norm a layer, the layer nearest to the input first.
fn gradient_norms(placement: Placement, device: &Device) -> Vec<f64> {
    let config =
        EncoderLayerConfig::new(D_MODEL, 4, 4 * D_MODEL).with_placement(placement).with_initializer(XAVIER);
    let layers: Vec<EncoderLayer> = (0..DEPTH).map(|_| config.init(device)).collect();
    let normal = || Tensor::<3>::random([8, 16, D_MODEL], Distribution::Normal(0.0, 1.0), device);
    let output = layers.iter().fold(normal(), |x, layer| layer.forward(x, None));
    // The loss pulls every vector towards another random one; the last pre-norm layer needs its final norm.
    let output = crate::NormKind::Layer.init(D_MODEL, 1e-5, device).forward(output);
    let gradients = (output - normal()).square().mean().backward();
    let norm = |layer: &EncoderLayer| {
        let gradient =
            layer.feed_forward.up.weight.val().grad(&gradients).expect("every layer is in the loss");
        f64::from(gradient.square().sum().sqrt().into_scalar::<f32>())
    };
    layers.iter().map(norm).collect()
}
