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

/// How long the small models are trained, and how many of them.
#[derive(Debug, Clone, Copy)]
pub struct ShortTrainings {
    /// Steps of each, every one on fresh texts.
    pub steps: usize,
    /// Seeds that each scheme is trained with: what two of them differ by is chance.
    pub seeds: u64,
}

impl ShortTrainings {
    /// That of the demo.
    pub const DEMO: Self = Self { steps: 300, seeds: 3 };
}

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

/// How far a loss may lie from the recorded one on another processor: at the length of training,
/// with ALiBi at any length, and with the others beyond it, where nothing was learned that could
/// hold it.
const TRAINED: f64 = 0.05;
const BEYOND: f64 = 0.3;

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

/// Reports the loss of each scheme, trained at one length and measured at three: its mean over the
/// seeds, and its range.
pub(super) fn by_scheme(run: &Run, training: ShortTrainings, report: &mut Report) {
    let ShortTrainings { steps, seeds } = training;
    report.say(format!(
        "Two layers of {D_MODEL}, trained for {steps} steps on texts of {LENGTH} letters; mean of \
            {seeds} seeds,"
    ));
    report.say(format!(
        "least to most, of nats per letter over whole texts (best possible {:.3}, guessing \
            {:.3}):",
        Language::entropy(),
        (VOCAB as f64).ln()
    ));
    let mut table = Table::new(["positions", "32 letters", "64 letters", "128 letters", "rise"]);
    let mut lines = Vec::new();
    for (name, scheme) in SCHEMES {
        let mut runs = Vec::new();
        for seed in run.seed..run.seed + seeds {
            runs.push(train_and_measure(scheme, steps, seed, run.device));
        }
        let line = Line::over_runs(name, &runs);
        let mut cells = vec![name.to_string()];
        for (&(_, mean), &(least, most)) in line.points.iter().zip(&line.range) {
            cells.push(format!("{mean:.3} ({least:.3} to {most:.3})"));
        }
        cells.push(format!("{:+.3}", rise(&line)));
        table.row(cells);
        lines.push(line);
    }
    report.band(BEYOND);
    report.table(&table);
    for line in &lines {
        numbers(line, report);
    }
    report.figure(figure(lines));
}

/// How much more the longest texts lose than those of the length of training, in the mean.
fn rise(line: &Line) -> f64 {
    line.points[TIMES.len() - 1].1 - line.points[0].1
}

/// Gives the book the numbers of a scheme.
fn numbers(line: &Line, report: &mut Report) {
    let scheme = line.name.to_lowercase();
    let beyond_training = if scheme == "alibi" { TRAINED } else { BEYOND };
    for (&(letters, mean), &(least, most)) in line.points.iter().zip(&line.range) {
        report.band(if letters > LENGTH as f64 { beyond_training } else { TRAINED });
        let what = format!("{scheme}, {letters} letters: nats per letter");
        let key = format!("loss-{scheme}-{letters}");
        report.number(&key, &format!("{what}, mean of three seeds"), format!("{mean:.3}"));
        report.number(&format!("{key}-least"), &format!("{what}, least"), format!("{least:.3}"));
        report.number(&format!("{key}-most"), &format!("{what}, most"), format!("{most:.3}"));
    }
    report.band(beyond_training);
    let what = format!("{scheme}: rise of the mean from 32 to 128 letters");
    report.number(&format!("rise-{scheme}"), &what, format!("{:+.3}", rise(line)));
    // A causal model's loss on the first letters is that in a text of the length of training.
    let (short, long) = (LENGTH as f64 - 2.0, 2.0 * LENGTH as f64 - 2.0);
    let beyond = (long * line.points[1].1 - short * line.points[0].1) / (long - short);
    let what = format!("{scheme}: nats per letter on letters 33 to 64 alone");
    report.number(&format!("beyond-{scheme}"), &what, format!("{beyond:.3}"));
}

/// Tokens and nats per letter at 1, 2 and 4 times the length of training. The seed draws the
/// language, the weights and the texts.
fn train_and_measure(scheme: Scheme, steps: usize, seed: u64, device: &Device) -> Vec<(f64, f64)> {
    let autodiff = device.clone().autodiff();
    device.seed(seed);
    let mut rng = StdRng::seed_from_u64(seed);
    let language = Language::new(&mut rng);
    let mut model = SmallModel::new(scheme, &autodiff);
    let mut optimizer = AdamWConfig::new().init();
    for _ in 0..steps {
        let loss = model.loss(language.write(BATCH, LENGTH, &mut rng, &autodiff));
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(LEARNING_RATE, model, gradients);
    }
    let model = model.valid();
    let mut losses = Vec::new();
    for times in TIMES {
        let text = language.write(MEASURED / times, times * LENGTH, &mut rng, device);
        let nats = f64::from(model.loss(text).into_scalar::<f32>());
        losses.push(((times * LENGTH) as f64, nats));
    }
    losses
}

/// The figure of the losses, with a line at the best possible one.
fn figure(mut lines: Vec<Line>) -> Figure {
    let flat = TIMES.map(|times| ((times * LENGTH) as f64, Language::entropy()));
    lines.push(Line::new("best possible", flat).as_guide());
    Figure {
        name: "10-extrapolation".into(),
        title: "Trained on 32 letters, measured at 32, 64 and 128".into(),
        alt: "Loss of one small causal model with learned, sinusoidal, RoPE and ALiBi positions \
            at one, two and four times the length it was trained at, mean of three seeds with \
            their range. At that length all four lie near the best possible. At four times that \
            length ALiBi is where it was with every seed, and learned positions, sinusoids and \
            RoPE have each lost more than half a nat per letter."
            .into(),
        band: BEYOND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("length of the text (letters)"),
            y: Axis::linear("loss (nats per letter)"),
            marks: Marks::Lines(lines),
        }],
    }
}
