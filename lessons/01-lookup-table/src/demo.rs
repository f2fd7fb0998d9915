//! What the lesson shows: a lookup is a product with a one-hot row, only looked-up rows learn, and
//! a table trained to predict the next character ends up holding the counts.

use anyhow::Result;
use burn::tensor::{Device, Int, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::World;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{
    Bigram, BigramConfig, TokenEmbeddingConfig, bigram_counts, bigram_entropy, bits_per_character,
    character_ids, one_hot, perplexity, train,
};

/// Sentences of the toy world in the corpus: some 15,000 characters.
const SENTENCES: usize = 400;
/// Enough to come within a hundredth of a nat of the counted entropy.
const STEPS: usize = 300;
/// AdamW moves each entry by about this much a step; logits have some 8 to travel.
const LEARNING_RATE: f64 = 0.1;
/// Trained values differ by processor and number of threads.
const BAND: f64 = 0.02;

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// None so far.
pub fn demo(run: &Run) -> Result<Report> {
    run.device.seed(run.seed);
    let device = run.device.clone().autodiff();
    let mut report = Report::default();
    report.figure(shapes());
    say_lookup(&mut report, &device);
    say_gradient(&mut report, &device);
    let text = corpus(run.seed);
    let (alphabet, ids) = character_ids(&text);
    let counts = bigram_counts(&ids, alphabet.len());
    let fresh = BigramConfig::new(alphabet.len()).init(&device);
    let before = fresh.probabilities();
    let (trained, losses) = train(fresh, &ids, STEPS, LEARNING_RATE);
    say_training(&mut report, &losses, &counts, &text);
    say_table(&mut report, &trained, &counts, &alphabet);
    say_samples(&mut report, &trained, &before, &alphabet, run.seed);
    report.figure(table_figure(&before, &trained.probabilities(), &counts, &alphabet));
    report.figure(loss_figure(&losses, &counts));
    Ok(report)
}

/// Which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("ids", "batch, tokens"),
        Step::input("table", "vocab, d_model"),
        Step::new(
            "logits",
            "batch, tokens, vocab",
            "rows picked by id; here d_model = vocab",
            ["ids", "table"],
        ),
        Step::input("next ids", "batch, tokens"),
        Step::new("loss", "", "cross entropy, nats per token", ["logits", "next ids"]),
    ];
    let alt = "Shapes of the bigram model: ids [batch, tokens] pick rows of a table [vocab, \
        d_model], here with d_model = vocab, so the picked rows are logits; cross entropy with \
        the next ids makes one number of them.";
    Figure::shapes("01-shapes", "A table of vectors: ids go in, logits come out", alt, steps)
}

/// Sentences of the toy world in small letters, one after the other.
fn corpus(seed: u64) -> String {
    let sentences: Vec<String> = World::sentences(seed)
        .take(SENTENCES)
        .map(|sentence| sentence.to_string().to_lowercase())
        .collect();
    sentences.join(" ")
}

fn say_lookup(report: &mut Report, device: &Device) {
    let (vocab, d_model) = (1000, 64);
    let table = TokenEmbeddingConfig::new(vocab, d_model).init(device);
    let ids = Tensor::<1, Int>::from_ints([7, 42, 0, 7], device);
    let rows = table.forward(ids.clone().reshape([1, 4])).reshape([4, d_model]);
    let product = one_hot(ids, vocab).matmul(table.weight.val());
    let off = (rows - product).abs().max().into_scalar::<f64>();
    report.say(format!(
        "A table of {vocab} x {d_model}, four IDs looked up: 4 x {d_model} numbers copied."
    ));
    report.say(format!(
        "The same as one-hot rows times the table: {} multiplications, largest difference {off}.",
        4 * vocab * d_model
    ));
    report.say("");
}

fn say_gradient(report: &mut Report, device: &Device) {
    let table = TokenEmbeddingConfig::new(5, 3).init(device);
    let ids = Tensor::<2, Int>::from_ints([[2, 0, 2]], device);
    let gradients = table.forward(ids).sum().backward();
    report
        .say("Looked up: rows 2, 0 and 2 again. The gradient of the sum, row by row of the table:");
    let mut shown = Table::new(["row", "looked up", "gradient of each entry"]);
    let gradient = table
        .weight
        .val()
        .grad(&gradients)
        .map_or(vec![], |g| g.into_data().iter::<f64>().collect());
    for (row, times) in [1, 0, 2, 0, 0].into_iter().enumerate() {
        shown.row([
            row.to_string(),
            times.to_string(),
            gradient.get(3 * row).map_or("-".into(), f64::to_string),
        ]);
    }
    report.table(&shown);
}

fn say_training(report: &mut Report, losses: &[f64], counts: &[Vec<u32>], text: &str) {
    let (vocab, characters) = (counts.len(), text.chars().count());
    report.say(format!(
        "A bigram of {vocab} x {vocab} logits on {characters} characters of the toy world:"
    ));
    let mut table = Table::new(["", "nats", "perplexity", "bits per character"]);
    let last = losses.last().copied().unwrap_or(f64::NAN);
    for (name, nats) in [
        ("ln(vocab): every character as likely", (vocab as f64).ln()),
        ("before training", losses[0]),
        (&format!("at step {STEPS}"), last),
        ("entropy of the counts: the best there is", bigram_entropy(counts)),
    ] {
        let bits = bits_per_character(nats, characters, characters);
        table.row([
            name.into(),
            format!("{nats:.4}"),
            format!("{:.2}", perplexity(nats)),
            format!("{bits:.3}"),
        ]);
    }
    report.table(&table);
}

fn say_table(report: &mut Report, trained: &Bigram, counts: &[Vec<u32>], alphabet: &[char]) {
    let learnt = trained.probabilities();
    report.say("What the trained table says follows a character, beside the counts:");
    let mut table = Table::new(["after", "most likely", "learnt", "counted"]);
    for this in ['t', 'h', 'q', '.'] {
        let Some(row) = alphabet.iter().position(|&c| c == this) else { continue };
        let counted = shares(&counts[row]);
        let best =
            (0..alphabet.len()).max_by(|&a, &b| counted[a].total_cmp(&counted[b])).unwrap_or(0);
        let [learnt, counted] =
            [learnt[row][best], counted[best]].map(|share| format!("{share:.3}"));
        table.row([visible(this), visible(alphabet[best]), learnt, counted]);
    }
    report.table(&table);
}

fn say_samples(
    report: &mut Report,
    trained: &Bigram,
    before: &[Vec<f64>],
    alphabet: &[char],
    seed: u64,
) {
    report.say(format!("It writes, before: {}", sample(before, alphabet, seed)));
    report.say(format!("and after:         {}", sample(&trained.probabilities(), alphabet, seed)));
    report.say(
        "Spaces and pairs of letters are right; nothing that takes more than one character of \
            memory is.",
    );
}

/// Sixty characters, each drawn from the row of the one before.
fn sample(probabilities: &[Vec<f64>], alphabet: &[char], seed: u64) -> String {
    const LENGTH: usize = 60;
    let mut random = StdRng::seed_from_u64(seed);
    let mut this = alphabet.iter().position(|&c| c == ' ').unwrap_or(0);
    let mut draw = || {
        let mut left: f64 = random.random_range(0.0..1.0);
        let passed = probabilities[this].iter().take_while(|&&p| {
            left -= p;
            left > 0.0
        });
        this = passed.count().min(alphabet.len() - 1);
        alphabet[this]
    };
    (0..LENGTH).map(|_| draw()).collect()
}

/// Counts as shares of their row; a row that was never seen is uniform, as an untrained one.
fn shares(row: &[u32]) -> Vec<f64> {
    let all: u32 = row.iter().sum();
    if all == 0 {
        return vec![1.0 / row.len() as f64; row.len()];
    }
    row.iter().map(|&count| f64::from(count) / f64::from(all)).collect()
}

/// A character that can be seen on an axis.
fn visible(c: char) -> String {
    if c == ' ' { "_".into() } else { c.to_string() }
}

fn table_figure(
    before: &[Vec<f64>],
    after: &[Vec<f64>],
    counts: &[Vec<u32>],
    alphabet: &[char],
) -> Figure {
    let names: Vec<String> = alphabet.iter().copied().map(visible).collect();
    let panel = |title: &str, values: Vec<Vec<f64>>| Panel {
        title: title.into(),
        x: Axis::linear("next character (_ is the space)"),
        y: Axis::linear("this character"),
        marks: Marks::Heatmap { values, columns: names.clone(), rows: names.clone() },
    };
    let counted = counts.iter().map(|row| shares(row)).collect();
    Figure {
        name: "01-table".into(),
        title: "The trained table is the counts: probability of the next character".into(),
        alt: "Three heatmaps of this character by next character. Before training every cell is \
            close to 1/28, 0.034 to 0.038 in no order. After training a few cells of each row \
            stand out, q to u and full stop to space among them; the third heatmap, made by \
            counting pairs in the text, looks the same as the second."
            .into(),
        band: BAND,
        panels: vec![
            panel("before training", before.to_vec()),
            panel("after training", after.to_vec()),
            panel("counted in the text", counted),
        ],
    }
}

fn loss_figure(losses: &[f64], counts: &[Vec<u32>]) -> Figure {
    let last = (losses.len().max(1) - 1) as f64;
    let level = |name: &str, nats: f64| Line::new(name, [(0.0, nats), (last, nats)]);
    let curve = losses.iter().enumerate().map(|(step, &nats)| (step as f64, nats));
    Figure {
        name: "01-loss".into(),
        title: "From knowing nothing to knowing the counts".into(),
        alt: "The loss starts on the upper level, the logarithm of the vocabulary, falls steeply \
            within the first fifty steps and settles on the lower level, the entropy that \
            counting pairs in the text gives."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("training step"),
            y: Axis::linear("loss (nats per character)"),
            marks: Marks::Lines(vec![
                Line::new("bigram in training", curve),
                level("ln(vocab)", (counts.len() as f64).ln()),
                level("entropy by counting", bigram_entropy(counts)),
            ]),
        }],
    }
}
