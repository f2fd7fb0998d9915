//! What the four ways of lesson 06 cost a text, at two lengths: parameters, memory, time.

use anyhow::Result;
use burn::tensor::{Device, Distribution, Tensor};
use course::{SEED, Table};
use layer::{EncoderLayer, EncoderLayerConfig};
use positions::{LearnedPositionsConfig, RopeConfig, alibi_bias, sinusoidal};
use serde::Serialize;

use super::operation::{D_FF, D_MODEL, HEADS, LAYERS};
use super::record::machine;
use super::{Args, Seconds, placed, timing};
use crate::shell::output;

/// The lesson that these costs are of.
pub const LESSON: &str = "06";
/// Tokens of the two texts.
const LENGTHS: [usize; 2] = [32, 128];
/// Tokens of the longest text: as many rows the learned table has, as BERT's does.
const LONGEST: usize = 512;
/// Bytes of a number in f32.
const BYTES: usize = 4;
/// Texts that are timed of each way and length, after one that is not.
const RUNS: usize = 31;

/// One text through all layers of a model, as far as positions go.
type OneText = Box<dyn Fn()>;

/// A way to say where tokens stand, on a device.
struct Way {
    name: &'static str,
    /// Numbers that training finds.
    parameters: usize,
    /// Numbers kept from text to text, the parameters among them, for texts as long as [`LONGEST`].
    kept: usize,
    /// Numbers that a text of so many tokens makes anew: what is added or multiplied, not the
    /// result.
    made: fn(usize) -> usize,
    /// The work for a text of so many tokens.
    text: Box<dyn Fn(usize) -> OneText>,
}

/// What a way costs one text.
#[derive(Debug, Serialize)]
struct Cost {
    way: &'static str,
    tokens: usize,
    device: String,
    parameters: usize,
    kept_bytes: usize,
    made_bytes: usize,
    text_s: Seconds,
    /// Its median as a multiple of that of the shorter text.
    #[serde(skip_serializing_if = "Option::is_none")]
    over_shorter: Option<f64>,
}

/// Times the four ways, and six layers of an encoder beside them.
pub fn run(args: &Args) -> Result<()> {
    let mut costs = Vec::new();
    for (name, device) in super::devices(args)? {
        for way in ways(&device) {
            let mut shorter: Option<f64> = None;
            for tokens in LENGTHS {
                let text = (way.text)(tokens);
                text(); // a device may compile its kernels first
                let text_s = timing::repeat(&text, RUNS, &device)?;
                costs.push(Cost {
                    way: way.name,
                    tokens,
                    device: name.clone(),
                    parameters: way.parameters,
                    kept_bytes: BYTES * way.kept,
                    made_bytes: BYTES * (way.made)(tokens),
                    text_s,
                    over_shorter: shorter.map(|shorter| text_s.median / shorter),
                });
                shorter = Some(text_s.median);
            }
        }
    }
    output::rows(args.format, &costs, || for_people(&costs))
}

/// The four ways as a model of MiniLM's sizes uses them, and its layers without positions.
fn ways(device: &Device) -> Vec<Way> {
    vec![learned(device), sinusoids(device), rope(device), alibi(device), layers(device)]
}

fn learned(device: &Device) -> Way {
    let table = placed(device, |device| LearnedPositionsConfig::new(LONGEST, D_MODEL).init(device));
    let numbers = table.weight.shape().num_elements();
    let device = device.clone();
    let text = move |tokens| -> OneText {
        let (table, x) = (table.clone(), vectors(tokens, &device));
        Box::new(move || drop(x.clone() + table.forward(tokens).unsqueeze()))
    };
    Way { name: "learned", parameters: numbers, kept: numbers, made: |_| 0, text: Box::new(text) }
}

fn sinusoids(device: &Device) -> Way {
    let table = sinusoidal(LONGEST, D_MODEL, device);
    let kept = table.shape().num_elements();
    let device = device.clone();
    let text = move |tokens| -> OneText {
        let (table, x) = (table.clone(), vectors(tokens, &device));
        Box::new(move || drop(x.clone() + table.clone().narrow(0, 0, tokens).unsqueeze()))
    };
    Way { name: "sinusoidal", parameters: 0, kept, made: |_| 0, text: Box::new(text) }
}

/// In every layer queries and keys are turned.
fn rope(device: &Device) -> Way {
    let rope = RopeConfig::new(D_MODEL / HEADS).init(device);
    let (cos, sin) = rope.cos_and_sin(0, LONGEST, device);
    let kept = cos.shape().num_elements() + sin.shape().num_elements();
    let device = device.clone();
    let text = move |tokens| -> OneText {
        let shape = [1, HEADS, tokens, D_MODEL / HEADS];
        let (rope, q, k) = (rope.clone(), random(shape, &device), random(shape, &device));
        Box::new(move || {
            for _ in 0..LAYERS {
                drop((rope.rotate(q.clone(), 0), rope.rotate(k.clone(), 0)));
            }
        })
    };
    Way { name: "RoPE", parameters: 0, kept, made: |_| 0, text: Box::new(text) }
}

/// In every layer the bias is made and added to the scores, as lesson 09 does.
fn alibi(device: &Device) -> Way {
    let device = device.clone();
    let text = move |tokens| -> OneText {
        let (device, scores) = (device.clone(), random([1, HEADS, tokens, tokens], &device));
        Box::new(move || {
            for _ in 0..LAYERS {
                drop(scores.clone() + alibi_bias(HEADS, tokens, tokens, &device).unsqueeze());
            }
        })
    };
    let made = |tokens| HEADS * tokens * tokens;
    Way { name: "ALiBi", parameters: 0, kept: 0, made, text: Box::new(text) }
}

/// What there is to do beside positions: the layers themselves.
fn layers(device: &Device) -> Way {
    let config = EncoderLayerConfig::new(D_MODEL, HEADS, D_FF);
    let layers: Vec<EncoderLayer> =
        (0..LAYERS).map(|_| placed(device, |device| config.init(device))).collect();
    let parameters: usize = layers.iter().map(burn::module::Module::num_params).sum();
    let device = device.clone();
    let text = move |tokens| -> OneText {
        let (layers, x) = (layers.clone(), vectors(tokens, &device));
        Box::new(move || {
            let mut x = x.clone();
            for layer in &layers {
                x = layer.forward(x, None);
            }
        })
    };
    Way { name: "(six layers)", parameters, kept: parameters, made: |_| 0, text: Box::new(text) }
}

/// A text's vectors, `[batch, tokens, d_model]`.
fn vectors(tokens: usize, device: &Device) -> Tensor<3> {
    random([1, tokens, D_MODEL], device)
}

/// Normal random numbers.
fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let _seed = backend::seeded(device, SEED);
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

/// The costs as a table under what they were measured on.
fn for_people(costs: &[Cost]) -> String {
    let mut table = Table::new([
        "way",
        "tokens",
        "device",
        "parameters",
        "kept KiB",
        "made KiB",
        "ms",
        "min",
        "max",
        "ratio",
    ]);
    for cost in costs {
        let Seconds { min, median, max } = cost.text_s;
        let [median, min, max] = [median, min, max].map(|s| format!("{:.4}", s * 1e3));
        table.row([
            cost.way.into(),
            cost.tokens.to_string(),
            cost.device.clone(),
            cost.parameters.to_string(),
            kib(cost.kept_bytes),
            kib(cost.made_bytes),
            median,
            min,
            max,
            cost.over_shorter.map_or("-".into(), |ratio| format!("{ratio:.1}")),
        ]);
    }
    format!(
        "{}, seed {SEED}. One text through {LAYERS} layers of {HEADS} heads,\n\
            {D_MODEL} numbers per token. Kept: for texts of up to {LONGEST} tokens. Made: anew in \
            each layer.\nMilliseconds per text: median, least and most of {RUNS}. Ratio: to the \
            shorter text.\n\n{}",
        machine(),
        output::fitted(&table),
    )
}

/// Bytes in units of 1024.
fn kib(bytes: usize) -> String {
    (bytes / 1024).to_string()
}
