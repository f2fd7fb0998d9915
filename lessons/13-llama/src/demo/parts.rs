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

// ANCHOR: stages
/// How far the way from GPT-2 to LLaMA was gone: each stage keeps what those before it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Lesson 12's.
    Gpt,
    /// Nothing is centred or shifted: no mean is taken off, no map and no norm adds a bias.
    RmsNorm,
    /// Positions are inside of the layers.
    Rope,
    /// Two maps and a bend become three maps of two thirds of the width.
    SwiGlu,
    /// Two query heads share a key and a value head: LLaMA.
    GroupedQueries,
}
// ANCHOR_END: stages

impl Stage {
    /// In the order they were exchanged.
    pub const ALL: [Self; 5] =
        [Self::Gpt, Self::RmsNorm, Self::Rope, Self::SwiGlu, Self::GroupedQueries];

    /// What a table calls it.
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
    /// A fresh model of [`SIZE`].
    pub fn new(stage: Stage, vocab: usize, device: &Device) -> Self {
        let Preset { d_model, n_layers, n_heads, block, .. } = SIZE;
        let llama = LlamaConfig::preset(&SIZE, vocab);
        let since = |part| stage >= part;
        let kind = if since(Stage::RmsNorm) { NormKind::Rms } else { NormKind::Layer };
        let (d_ff, feed_forward) = match since(Stage::SwiGlu) {
            true => (llama.d_ff, FeedForwardKind::SwiGlu),
            false => (4 * d_model, FeedForwardKind::Plain(Activation::GeluTanh)),
        };
        let positions = match since(Stage::Rope) {
            true => PositionsConfig::Rope(RopeConfig::new(llama.d_head())),
            false => PositionsConfig::None,
        };
        let layer = DecoderLayerConfig::new(d_model, n_heads, d_ff)
            .with_norm(kind)
            .with_bias(!since(Stage::RmsNorm))
            .with_positions(positions)
            .with_feed_forward(feed_forward)
            .with_n_kv_heads(llama.n_kv_heads.filter(|_| since(Stage::GroupedQueries)));
        let mut layers: Vec<DecoderLayer> = (0..n_layers).map(|_| layer.init(device)).collect();
        layers.iter_mut().for_each(|layer| layer.init_weights(INITIALIZER_STD, n_layers, device));
        let learned =
            LearnedPositionsConfig::new(block, d_model).with_initializer_std(INITIALIZER_STD);
        let tokens =
            TokenEmbeddingConfig::new(vocab, d_model).with_initializer_std(INITIALIZER_STD);
        Self {
            tokens: tokens.init(device),
            learned: (!since(Stage::Rope)).then(|| learned.init(device)),
            layers,
            norm: kind.init(d_model, llama.epsilon, device),
            max_tokens: block,
        }
    }
}

impl LanguageModel for Parts {
    fn embed(&self, ids: Tensor<2, Int>, first: usize, _padding: &[usize]) -> Tensor<3> {
        let tokens = ids.dims()[1];
        let x = self.tokens.forward(ids);
        match &self.learned {
            Some(learned) => x + learned.forward_from(first, tokens).unsqueeze(),
            None => x,
        }
    }

    fn layers(&self) -> &[DecoderLayer] {
        &self.layers
    }

    fn finish(&self, x: Tensor<3>) -> Tensor<3> {
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

/// A stage's trainings.
struct Trainings {
    parameters: usize,
    /// Numbers that memory keeps of a token.
    memory: usize,
    /// One curve a seed: (step, nats a character held back).
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
            {steps} steps of {batch} texts of {block} characters,"
    ));
    report.say(format!(
        "{seeds} seeds; nats a character on {} that are never learnt from:",
        corpus.validation.len()
    ));
    let mut table = Table::new([
        "model",
        "parameters",
        "memory a token",
        "least",
        "mean",
        "most",
        "perplexity",
    ]);
    let mut lines = Vec::new();
    for stage in Stage::ALL {
        let Trainings { parameters, memory, curves } = train_stage(stage, run, seeds, corpus)?;
        let last: Vec<f64> = curves.iter().map(|curve| curve[curve.len() - 1].1).collect();
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        let least = last.iter().copied().fold(f64::INFINITY, f64::min);
        let most = last.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let cells = [least, mean, most, mean.exp()].map(|number| format!("{number:.3}"));
        let names = [stage.name().to_string(), parameters.to_string(), memory.to_string()];
        table.row(names.into_iter().chain(cells));
        lines.push(Line::new(stage.name(), mean_of(&curves)));
    }
    report.table(&table);
    report.figure(figure(lines));
    Ok(())
}

fn train_stage(stage: Stage, run: &Run, seeds: u64, corpus: &TokenizedCorpus) -> Result<Trainings> {
    let mut trainings = Trainings { parameters: 0, memory: 0, curves: Vec::new() };
    for seed in run.seed..run.seed + seeds {
        run.device.seed(seed);
        let model =
            Parts::new(stage, corpus.tokenizer.vocab_size(), &run.device.clone().autodiff());
        let (model, curve) = trained(model, corpus, &SIZE, seed, run.device)?;
        trainings.parameters = model.parameters();
        trainings.memory = numbers_a_token(&model, run.device);
        trainings.curves.push(curve);
    }
    Ok(trainings)
}

/// Keys and values of one token in every layer.
pub(super) fn numbers_a_token(model: &impl LanguageModel, device: &Device) -> usize {
    let mut cache = ModelCache::new(model.layers().len(), 1, &[]);
    model.forward_cached(Tensor::zeros([1, 1], device), &mut cache);
    cache.numbers()
}

/// Of several curves, without their first points: before training all are at ln(vocab).
fn mean_of(curves: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    let at = |i: usize| curves.iter().map(|curve| curve[i].1).sum::<f64>() / curves.len() as f64;
    curves[0].iter().enumerate().skip(1).map(|(i, &(step, _))| (step, at(i))).collect()
}

fn figure(lines: Vec<Line>) -> Figure {
    Figure {
        name: "13-parts".into(),
        title: "From GPT-2 to LLaMA, one part at a time".into(),
        alt: "Held-back loss from training step 80 to 400, mean of three seeds. GPT and GPT with \
            RMSNorm lie on each other and end highest; RoPE parts from them at once and ends well \
            below; SwiGLU goes below that from step 160 on and ends lowest; grouped queries end \
            between the two, with half of the memory."
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
