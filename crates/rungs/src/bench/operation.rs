//! One lesson's central operation, forward and backward.

use ::encoder::{Batch, BertConfig};
use anyhow::{Result, bail};
use attention::{attend, scores, weights};
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use course::Table;
use heads::MultiHeadAttentionConfig;
use inputs::LayerNormConfig;
use layer::EncoderLayerConfig;
use lookup::TokenEmbeddingConfig;
use positions::RopeConfig;
use sentences::Pooling;
use serde::Serialize;
use similarity::pairwise;
use word2vec::SkipGram;

use super::{RUNS, Seconds, timed};
use crate::cli::{Format, SEED};
use crate::output;

/// The size of every operation: MiniLM's width, its heads, a batch of sentences.
const BATCH: usize = 8;
const TOKENS: usize = 64;
const D_MODEL: usize = 384;
const HEADS: usize = 12;
const D_HIDDEN: usize = 1536;
const VOCAB: usize = 30_522;
const LAYERS: usize = 2;
const NEGATIVES: usize = 5;

/// From `[batch, tokens, d_model]` to whatever the lesson makes of it, flattened to one row a text.
type Forward = Box<dyn Fn(Tensor<3>) -> Tensor<2>>;

#[derive(Serialize)]
struct Row {
    device: String,
    operation: &'static str,
    max_abs_difference: f32,
    warm_up_s: f64,
    forward_s: Seconds,
    backward_s: Seconds,
}

pub fn run(lesson: &str, format: Format, devices: &[(String, Device)]) -> Result<()> {
    let reference = backend::open(backend::DEFAULT).unwrap_or_else(|_| devices[0].1.clone());
    let input = input(&reference);
    let (_, expected) = forward(lesson, &reference)?;
    let expected = expected(Tensor::from_data(input.clone(), &reference));
    let mut rows = Vec::new();
    for (name, device) in devices {
        let (operation, run) = forward(lesson, device)?;
        let x = || Tensor::<3>::from_data(input.clone(), device);
        let (first, warm_up_s) = timed(|| Ok(run(x()).into_data()))?;
        let (_, learning) = forward(lesson, &device.clone().autodiff())?;
        rows.push(Row {
            device: name.clone(),
            operation,
            max_abs_difference: golden::max_abs_error_of_data(&first, &expected.to_data()),
            warm_up_s,
            forward_s: repeat(|| drop(run(x()).into_data()), device)?,
            backward_s: repeat(|| backward(&learning, &input, device), device)?,
        });
    }
    output::rows(format, &rows, || table(&rows))
}

/// The operation of a lesson, with the same weights on every device.
fn forward(lesson: &str, device: &Device) -> Result<(&'static str, Forward)> {
    let made_on = backend::open(backend::DEFAULT).unwrap_or_else(|_| device.clone());
    let _seed = backend::seeded(&made_on, SEED);
    let flat = |x: Tensor<3>| x.flatten::<2>(1, 2);
    Ok(match lesson {
        "01" | "1" => {
            let table = TokenEmbeddingConfig::new(VOCAB, D_MODEL).init(&made_on).to_device(device);
            let ids: Vec<i64> = (0..(BATCH * TOKENS) as i64).map(|i| i * 7919 % VOCAB as i64).collect();
            let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, [BATCH, TOKENS]), device);
            ("lookup", Box::new(move |x| flat(table.forward(ids.clone()) + x)))
        }
        "03" | "3" => (
            "pairwise",
            Box::new(|x| {
                let x = x.flatten::<2>(0, 1);
                pairwise(x.clone(), x)
            }),
        ),
        "04" | "4" => {
            let model = SkipGram::init(VOCAB, D_MODEL, &made_on).to_device(device);
            let ids = |step: usize, shape: [usize; 2]| {
                let ids = (0..shape[0] * shape[1]).map(|i| (i * step % VOCAB) as i64).collect::<Vec<_>>();
                Tensor::<2, Int>::from_data(TensorData::new(ids, shape), device)
            };
            let (word, neighbour) =
                (ids(7919, [1, BATCH * TOKENS]).flatten(0, 1), ids(6131, [1, BATCH * TOKENS]).flatten(0, 1));
            let negatives = ids(104_729, [BATCH * TOKENS, NEGATIVES]);
            let loss = move || model.forward(word.clone(), neighbour.clone(), negatives.clone());
            (
                "skip-gram loss",
                Box::new(move |x| loss().reshape([BATCH, TOKENS]) + x.mean_dim(2).squeeze_dim(2)),
            )
        }
        "06" | "6" => {
            let rope = RopeConfig::new(D_MODEL).init(device);
            ("rotate", Box::new(move |x| rope.rotate(x.unsqueeze_dim(1), 0).flatten(1, 3)))
        }
        "07" | "7" => {
            let norm = LayerNormConfig::new(D_MODEL).init(&made_on).to_device(device);
            ("layer norm", Box::new(move |x| flat(norm.forward(x))))
        }
        "08" | "8" => ("attend", Box::new(move |x| flat(attend(weights(scores(x.clone(), x.clone())), x)))),
        "09" | "9" => {
            let heads = MultiHeadAttentionConfig::new(D_MODEL, HEADS).init(&made_on).to_device(device);
            ("multi-head attention", Box::new(move |x| flat(heads.forward(x, None))))
        }
        "10" => {
            let layer = EncoderLayerConfig::new(D_MODEL, HEADS, D_HIDDEN).init(&made_on).to_device(device);
            ("encoder layer", Box::new(move |x| flat(layer.forward(x, None))))
        }
        "11" => {
            let config = BertConfig::new(VOCAB, D_MODEL, LAYERS, HEADS, D_HIDDEN, TOKENS);
            let bert = config.init(&made_on).to_device(device);
            let ids = Tensor::<2, Int>::ones([BATCH, TOKENS], device);
            let batch = Batch::from_tensors(ids, None, None);
            ("encoder of two layers", Box::new(move |x| flat(bert.forward(&batch) + x)))
        }
        "14" => ("mean pooling", Box::new(|x| Pooling::Mean.pool(x, None))),
        _ => bail!("bench {lesson:?}: expected encoder or one of 01, 03, 04, 06, 07, 08, 09, 10, 11, 14"),
    })
}

/// One forward and one backward pass; the gradient is read, so that it has to be there.
fn backward(forward: &Forward, input: &TensorData, device: &Device) {
    let x = Tensor::<3>::from_data(input.clone(), &device.clone().autodiff()).require_grad();
    let gradients = forward(x.clone()).square().mean().backward();
    if let Some(gradient) = x.grad(&gradients) {
        drop(gradient.into_data());
    }
}

fn input(device: &Device) -> TensorData {
    let _seed = backend::seeded(device, SEED);
    let normal = burn::tensor::Distribution::Normal(0.0, 1.0);
    Tensor::<3>::random([BATCH, TOKENS, D_MODEL], normal, device).into_data()
}

fn repeat(mut work: impl FnMut(), device: &Device) -> Result<Seconds> {
    work();
    let once = |_| {
        Ok(timed(|| {
            work();
            Ok(device.sync()?)
        })?
        .1)
    };
    Ok(Seconds::of((0..RUNS).map(once).collect::<Result<_>>()?))
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new([
        "device",
        "operation",
        "forward ms",
        "min",
        "max",
        "forward + backward ms",
        "min",
        "max",
        "warm-up ms",
        "max difference",
    ]);
    for row in rows {
        let ms = |seconds: f64| format!("{:.2}", seconds * 1e3);
        let (forward, backward) = (row.forward_s, row.backward_s);
        table.row([
            row.device.clone(),
            row.operation.into(),
            ms(forward.median),
            ms(forward.min),
            ms(forward.max),
            ms(backward.median),
            ms(backward.min),
            ms(backward.max),
            ms(row.warm_up_s),
            format!("{:.1e}", row.max_abs_difference),
        ]);
    }
    table.to_string()
}
