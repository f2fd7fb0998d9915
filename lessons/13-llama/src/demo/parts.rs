//! The four parts, exchanged one after the other.

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};
use decoder::{INITIALIZER_STD, LanguageModel, ModelCache, TokenizedCorpus};
use heads::PositionsConfig;
use layer::{Activation, DecoderLayer, DecoderLayerConfig, FeedForwardKind, Norm, NormKind};
use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::{LearnedPositions, LearnedPositionsConfig, RopeConfig};
use training::Preset;

use super::{SIZE, trained};
use crate::LlamaConfig;

/// A stage on the way from GPT-2 to LLaMA; each keeps what those before it changed.
// ANCHOR: stages
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The GPT of lesson 12.
    Gpt,
    /// Nothing is centred or shifted: no mean is taken off, and nothing adds a bias.
    RmsNorm,
    /// Positions are inside the layers.
    Rope,
    /// Two maps with an activation between them become three of 2/3 of the width.
    SwiGlu,
    /// Two query heads share a key and a value head: LLaMA.
    GroupedQueries,
}
// ANCHOR_END: stages

/// How far a loss may lie from the recorded one on another processor, as a share of it: seeds
/// differ by no more.
const TRAINED: f64 = 0.05;

/// How far what an exchange changes in the mean may lie from the recorded change, in nats.
const DIFFERENCE: f64 = 0.04;

impl Stage {
    /// All stages in the order the parts are exchanged.
    pub const ALL: [Self; 5] =
        [Self::Gpt, Self::RmsNorm, Self::Rope, Self::SwiGlu, Self::GroupedQueries];

    /// Name of the stage in tables and figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpt => "GPT (lesson 12)",
            Self::RmsNorm => "+ RMSNorm, no biases",
            Self::Rope => "+ RoPE",
            Self::SwiGlu => "+ SwiGLU",
            Self::GroupedQueries => "+ grouped queries",
        }
    }
}

/// A decoder between GPT-2 and LLaMA.
#[derive(Module, Debug)]
pub struct Parts {
    tokens: TokenEmbedding,
    learned: Option<LearnedPositions>,
    layers: Vec<DecoderLayer>,
    norm: Norm,
    max_tokens: usize,
}

impl Parts {
    /// A model of [`SIZE`] with random weights.
    pub fn new(stage: Stage, vocab: usize, device: &Device) -> Self {
        let Preset { d_model, n_layers, n_heads, block, .. } = SIZE;
        let llama = LlamaConfig::preset(&SIZE, vocab);
        let kind = if stage >= Stage::RmsNorm { NormKind::Rms } else { NormKind::Layer };
        let positions = if stage >= Stage::Rope {
            PositionsConfig::Rope(RopeConfig::new(llama.d_head()))
        } else {
            PositionsConfig::None
        };
        let (d_ff, feed_forward) = if stage >= Stage::SwiGlu {
            (llama.d_ff, FeedForwardKind::SwiGlu)
        } else {
            (4 * d_model, FeedForwardKind::Plain(Activation::GeluTanh))
        };
        let n_kv_heads = if stage >= Stage::GroupedQueries { llama.n_kv_heads } else { None };
        let layer = DecoderLayerConfig::new(d_model, n_heads, d_ff)
            .with_norm(kind)
            .with_bias(stage < Stage::RmsNorm)
            .with_positions(positions)
            .with_feed_forward(feed_forward)
            .with_n_kv_heads(n_kv_heads);
        let mut layers: Vec<DecoderLayer> = (0..n_layers).map(|_| layer.init(device)).collect();
        for layer in &mut layers {
            layer.init_weights(INITIALIZER_STD, n_layers, device);
        }
        let learned =
            LearnedPositionsConfig::new(block, d_model).with_initializer_std(INITIALIZER_STD);
        let tokens =
            TokenEmbeddingConfig::new(vocab, d_model).with_initializer_std(INITIALIZER_STD);
        Self {
            tokens: tokens.init(device),
            learned: if stage < Stage::Rope { Some(learned.init(device)) } else { None },
            layers,
            norm: kind.init(d_model, llama.epsilon, device),
            max_tokens: block,
        }
    }
}

impl LanguageModel for Parts {
    fn embed(&self, ids: Tensor<2, Int>, first: usize, _padding: &[usize]) -> Tensor<3> {
        let [_, tokens] = ids.dims();
        let x = self.tokens.forward(ids);
        match &self.learned {
            Some(learned) => x + learned.forward_from(first, tokens).unsqueeze(),
            None => x,
        }
    }

    fn layers(&self) -> &[DecoderLayer] {
        &self.layers
    }

    fn final_norm(&self, x: Tensor<3>) -> Tensor<3> {
        self.norm.forward(x)
    }

    fn unembed(&self, x: Tensor<3>) -> Tensor<3> {
        self.tokens.unembed(x)
    }

    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn vocab(&self) -> usize {
        self.tokens.vocab()
    }

    fn parameters(&self) -> usize {
        self.num_params()
    }
}

/// All trainings of a stage.
struct Trainings {
    parameters: usize,
    /// Numbers that the cache holds of a token.
    cache_numbers: usize,
    /// One curve per seed, of (step, nats per character on the held-back text), from the first
    /// measurement after the start on.
    curves: Vec<Vec<(f64, f64)>>,
}

/// Trains every stage by the same recipe on the same batches.
pub(super) fn one_by_one(
    run: &Run,
    seeds: u64,
    corpus: &TokenizedCorpus,
    report: &mut Report,
) -> Result<()> {
    let Preset { n_layers, d_model, n_heads, block, batch, steps, .. } = SIZE;
    report.say(format!(
        "Parts exchanged one by one: {n_layers} layer of {d_model} numbers in {n_heads} heads, \
            {seeds} seeds,"
    ));
    report.say(format!(
        "{steps} steps of {batch} texts of {block} characters; nats per character on {} held back:",
        corpus.validation.len()
    ));
    let mut table = Table::new([
        "model",
        "parameters",
        "cache per token",
        "least",
        "mean",
        "most",
        "perplexity",
    ]);
    let mut lines = Vec::new();
    for stage in Stage::ALL {
        let trainings = train_stage(stage, run, seeds, corpus)?;
        let line = Line::over_runs(stage.name(), &trainings.curves);
        let (mean, (least, most)) = end(&line);
        table.row([
            stage.name().to_string(),
            trainings.parameters.to_string(),
            trainings.cache_numbers.to_string(),
            format!("{least:.3}"),
            format!("{mean:.3}"),
            format!("{most:.3}"),
            format!("{:.3}", mean.exp()),
        ]);
        lines.push(line);
    }
    report.band(TRAINED);
    report.keyed_table("parts", &table);
    report.band(DIFFERENCE);
    differences(&lines, report);
    report.band(0.0);
    report.figure(figure(lines));
    Ok(())
}

/// The mean at the last step of training, and its range.
fn end(line: &Line) -> (f64, (f64, f64)) {
    let last = line.points.len() - 1;
    (line.points[last].1, line.range[last])
}

/// Gives the book what each exchange changes in the mean.
fn differences(lines: &[Line], report: &mut Report) {
    let keys = ["cost-rmsnorm", "gain-rope", "gain-swiglu", "cost-grouped-queries"];
    for (pair, key) in lines.windows(2).zip(keys) {
        let ((before, _), (after, _)) = (end(&pair[0]), end(&pair[1]));
        let change = if key.starts_with("gain") { before - after } else { after - before };
        let what = format!("{}: {} in the mean, nats per character", pair[1].name, &key[..4]);
        report.number(key, &what, format!("{change:.3}"));
    }
}

fn train_stage(stage: Stage, run: &Run, seeds: u64, corpus: &TokenizedCorpus) -> Result<Trainings> {
    let mut trainings = Trainings { parameters: 0, cache_numbers: 0, curves: Vec::new() };
    for seed in run.seed..run.seed + seeds {
        run.device.seed(seed);
        let model =
            Parts::new(stage, corpus.tokenizer.vocab_size(), &run.device.clone().autodiff());
        let (model, curve) = trained(model, corpus, &SIZE, seed, run.device)?;
        trainings.parameters = model.parameters();
        trainings.cache_numbers = numbers_a_token(&model, run.device);
        trainings.curves.push(curve[1..].to_vec()); // before training all are at ln(vocab)
    }
    Ok(trainings)
}

/// Numbers that the cache of a model holds of one token, measured: its keys and values in every
/// layer.
fn numbers_a_token(model: &impl LanguageModel, device: &Device) -> usize {
    let mut cache = ModelCache::new(model.layers().len(), 1, &[]);
    model.forward_cached(Tensor::zeros([1, 1], device), &mut cache);
    cache.numbers()
}

fn figure(lines: Vec<Line>) -> Figure {
    Figure {
        name: "13-parts".into(),
        title: "From GPT-2 to LLaMA, one part at a time".into(),
        alt: "Held-back loss from training step 80 to 400, mean of three seeds with their \
            range. GPT and GPT with RMSNorm lie on each other and end highest; RoPE parts from \
            them at once and ends well below, the ranges apart; SwiGLU ends lowest, again with the \
            ranges apart; grouped queries end between the two, with half of the cache."
            .into(),
        band: 0.1, // trainings part between processors; the leads of RoPE and of SwiGLU are larger
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("training step"),
            y: Axis::linear("held-back loss (nats per character)"),
            marks: Marks::Lines(lines),
        }],
    }
}
