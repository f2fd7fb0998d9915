//! Trained short, tested long: one small causal model with each of the four kinds of positions.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};
use heads::PositionsConfig;
use lookup::{TokenEmbedding, TokenEmbeddingConfig, cross_entropy};
use positions::{LearnedPositions, LearnedPositionsConfig, RopeConfig, sinusoidal};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{DecoderLayer, DecoderLayerConfig, Norm, NormKind};

/// Steps of training, each on fresh texts.
pub const STEPS: usize = 400;

/// Tokens of a text in training.
const LENGTH: usize = 32;

/// Multiples of [`LENGTH`] at which the models are measured.
const TIMES: [usize; 3] = [1, 2, 4];

/// Texts in a step of training.
const BATCH: usize = 16;

/// Texts measured at the length of training. Of the longer ones there are fewer, with as many
/// letters in all.
const MEASURED: usize = 256;

/// Letters that the language has.
const VOCAB: usize = 8;

/// Numbers a token has.
const D_MODEL: usize = 32;

/// Numbers a head has.
const D_HEAD: usize = 8;

/// Learning rate of AdamW.
const LEARNING_RATE: f64 = 4e-3;

/// How often the next letter is the one that the two before it call for.
const RULE: f64 = 0.85;

/// Axis of the tokens in ids and logits.
const TOKENS: usize = 1;

/// A language in which each letter follows from the two before it, in their order: a model that
/// does not know which token stands where can only count letters.
struct Language {
    /// The letter that follows two others, the earlier of the two first.
    next: [[i64; VOCAB]; VOCAB],
}

impl Language {
    /// A language with a random rule.
    fn new(rng: &mut StdRng) -> Self {
        let mut next = [[0; VOCAB]; VOCAB];
        for row in &mut next {
            for letter in row {
                *letter = rng.random_range(0..VOCAB as i64);
            }
        }
        Self { next }
    }

    /// Writes random texts: `[texts, tokens]`, letters in 0..VOCAB.
    fn write(
        &self,
        texts: usize,
        tokens: usize,
        rng: &mut StdRng,
        device: &Device,
    ) -> Tensor<2, Int> {
        let mut letters = Vec::with_capacity(texts * tokens);
        for _ in 0..texts {
            let (mut before, mut last) = (rng.random_range(0..VOCAB), rng.random_range(0..VOCAB));
            for _ in 0..tokens {
                let obeys = rng.random_bool(RULE);
                let letter =
                    if obeys { self.next[before][last] } else { rng.random_range(0..VOCAB as i64) };
                letters.push(letter);
                (before, last) = (last, letter as usize);
            }
        }
        Tensor::from_data(TensorData::new(letters, [texts, tokens]), device)
    }

    /// Entropy of the language in nats per letter, which no model can get below.
    fn entropy() -> f64 {
        let other = (1.0 - RULE) / VOCAB as f64;
        let called_for = RULE + other;
        -called_for * called_for.ln() - (VOCAB - 1) as f64 * other * other.ln()
    }
}

/// The four ways to tell positions.
#[derive(Clone, Copy)]
enum Scheme {
    Learned,
    Sinusoidal,
    Rope,
    Alibi,
}

/// The schemes with their names in the table and the figure.
const SCHEMES: [(&str, Scheme); 4] = [
    ("learned", Scheme::Learned),
    ("sinusoidal", Scheme::Sinusoidal),
    ("RoPE", Scheme::Rope),
    ("ALiBi", Scheme::Alibi),
];

/// A small causal language model of two layers.
#[derive(Module, Debug)]
struct SmallModel {
    tokens: TokenEmbedding,
    learned: Option<LearnedPositions>,
    sinusoidal: bool,
    layers: Vec<DecoderLayer>,
    norm: Norm,
    output: Linear,
}

impl SmallModel {
    /// A model with random weights.
    fn new(scheme: Scheme, device: &Device) -> Self {
        let positions = match scheme {
            Scheme::Learned | Scheme::Sinusoidal => PositionsConfig::None,
            Scheme::Rope => PositionsConfig::Rope(RopeConfig::new(D_HEAD)),
            Scheme::Alibi => PositionsConfig::Alibi,
        };
        let layer = DecoderLayerConfig::new(D_MODEL, D_MODEL / D_HEAD, 4 * D_MODEL)
            .with_positions(positions);
        let rows = LearnedPositionsConfig::new(4 * LENGTH, D_MODEL);
        Self {
            tokens: TokenEmbeddingConfig::new(VOCAB, D_MODEL)
                .with_initializer_std(1.0)
                .init(device),
            learned: match scheme {
                Scheme::Learned => Some(rows.init(device)),
                _ => None,
            },
            sinusoidal: matches!(scheme, Scheme::Sinusoidal),
            layers: vec![layer.init(device), layer.init(device)],
            norm: NormKind::Layer.init(D_MODEL, 1e-5, device),
            output: LinearConfig::new(D_MODEL, VOCAB).init(device),
        }
    }

    /// Logits of the next letter: ids `[batch, tokens]` to `[batch, tokens, vocab]`.
    fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let [_, tokens] = ids.dims();
        let mut x = self.tokens.forward(ids);
        if let Some(learned) = &self.learned {
            x = x + learned.forward(tokens).unsqueeze();
        } else if self.sinusoidal {
            x = x.clone() + sinusoidal(tokens, D_MODEL, &x.device()).unsqueeze();
        }
        for layer in &self.layers {
            x = layer.forward(x, None);
        }
        self.output.forward(self.norm.forward(x))
    }

    /// Mean loss in nats per letter over all but the first two, which nothing calls for.
    fn loss(&self, text: Tensor<2, Int>) -> Tensor<1> {
        let [texts, tokens] = text.dims();
        let scored = tokens - 2;
        let logits = self.forward(text.clone().narrow(TOKENS, 0, tokens - 1));
        let logits = logits.narrow(TOKENS, 1, scored).reshape([texts * scored, VOCAB]);
        let targets = text.narrow(TOKENS, 2, scored).reshape([texts * scored]);
        cross_entropy(logits, targets)
    }
}

/// Reports the loss of each scheme, trained at one length and measured at three.
pub(super) fn by_scheme(run: &Run, steps: usize, report: &mut Report) {
    report.say(format!(
        "Two layers of {D_MODEL}, trained for {steps} steps on texts of {LENGTH} letters; loss in \
            nats a letter over"
    ));
    report.say(format!(
        "whole texts (best possible {:.3}, guessing ln {VOCAB} = {:.3}):",
        Language::entropy(),
        (VOCAB as f64).ln()
    ));
    let mut table = Table::new(["positions", "32 letters", "64 letters", "128 letters", "rise"]);
    let mut lines = Vec::new();
    for (name, scheme) in SCHEMES {
        let losses = train_and_measure(scheme, steps, run);
        let mut cells = vec![name.to_string()];
        for (_, loss) in losses {
            cells.push(format!("{loss:.3}"));
        }
        cells.push(format!("{:+.3}", losses[2].1 - losses[0].1));
        table.row(cells);
        lines.push(Line::new(name, losses));
    }
    report.table(&table);
    report.figure(figure(lines));
}

/// Tokens and nats per letter at 1, 2 and 4 times the length of training.
fn train_and_measure(scheme: Scheme, steps: usize, run: &Run) -> [(f64, f64); 3] {
    let device = run.device.clone().autodiff();
    run.device.seed(run.seed);
    let mut rng = StdRng::seed_from_u64(run.seed);
    let language = Language::new(&mut rng);
    let mut model = SmallModel::new(scheme, &device);
    let mut optimizer = AdamWConfig::new().init();
    for _ in 0..steps {
        let loss = model.loss(language.write(BATCH, LENGTH, &mut rng, &device));
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(LEARNING_RATE, model, gradients);
    }
    let model = model.valid();
    let mut losses = [(0.0, 0.0); 3];
    for (loss, times) in losses.iter_mut().zip(TIMES) {
        let text = language.write(MEASURED / times, times * LENGTH, &mut rng, run.device);
        *loss = ((times * LENGTH) as f64, f64::from(model.loss(text).into_scalar::<f32>()));
    }
    losses
}

/// The figure of the losses, with a line at the best possible one.
fn figure(mut lines: Vec<Line>) -> Figure {
    let flat = TIMES.map(|times| ((times * LENGTH) as f64, Language::entropy()));
    lines.push(Line::new("best possible", flat));
    Figure {
        name: "10-extrapolation".into(),
        title: "Trained on 32 letters, measured at 32, 64 and 128".into(),
        alt: "Loss of one small causal model with learned, sinusoidal, RoPE and ALiBi positions \
            at one, two and four times the length it was trained at. At that length all four lie \
            within 0.1 nats of the best possible. At four times that length ALiBi is where it \
            was, and learned positions, sinusoids and RoPE have each lost more than a nat a \
            letter."
            .into(),
        band: 0.5,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("length of the text (letters)"),
            y: Axis::linear("loss (nats per letter)"),
            marks: Marks::Lines(lines),
        }],
    }
}
