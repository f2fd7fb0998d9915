//! What the lesson shows: a lookup is a product with a one-hot row, only looked-up rows learn, and
//! a table trained to predict the next character ends up holding the counts.

pub mod picture;

use anyhow::{Context, Result};
use burn::tensor::{Device, Int, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::World;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{
    Bigram, BigramConfig, TokenEmbeddingConfig, bigram_counts, bigram_entropy, bits_per_character,
    character_ids, one_hot, perplexity, train,
};

/// Number of sentences of the toy world in the corpus: some 15,000 characters.
const SENTENCES: usize = 400;
/// Number of training steps: enough to come within a hundredth of a nat of the counted entropy.
const STEPS: usize = 300;
/// Learning rate: AdamW moves each entry by about this much per step, and logits have some 8 to
/// travel.
const LEARNING_RATE: f64 = 0.1;
/// Band of the figures: trained values differ by processor and number of threads.
const BAND: f64 = 0.02;
/// Band of the printed and quoted values of training. The loss has one valley, and each step reads
/// the whole text in the same order, so what differs elsewhere is rounding: at most one in the last
/// digit that is shown.
const QUOTED: f64 = 0.002;

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// A gradient that burn does not return.
pub fn demo(run: &Run) -> Result<Report> {
    run.device.seed(run.seed);
    let device = run.device.clone().autodiff();
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::lookup(run.device));
    say_lookup(&mut report, &device);
    say_gradient(&mut report, &device)?;
    let text = corpus(run.seed);
    let (alphabet, ids) = character_ids(&text);
    let counts = bigram_counts(&ids, alphabet.len());
    let fresh = BigramConfig::new(alphabet.len()).init(&device);
    let before = fresh.probabilities();
    let (trained, losses) = train(fresh, &ids, STEPS, LEARNING_RATE);
    report.band(QUOTED);
    quote_before(&mut report, &before);
    say_training(&mut report, &losses, &counts, &text);
    say_table(&mut report, &trained, &counts, &alphabet);
    say_samples(&mut report, &trained, &before, &alphabet, run.seed);
    report.figure(table_figure(&before, &trained.probabilities(), &counts, &alphabet));
    report.figure(loss_figure(&losses, &counts));
    Ok(report)
}

/// Draws which axes go in and which come out.
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

/// Joins sentences of the toy world into one text of small letters.
fn corpus(seed: u64) -> String {
    let mut sentences = Vec::with_capacity(SENTENCES);
    for sentence in World::sentences(seed).take(SENTENCES) {
        sentences.push(sentence.to_string().to_lowercase());
    }
    sentences.join(" ")
}

/// Compares a lookup with the product of one-hot rows and the table.
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

/// Shows which rows of a table have a gradient after a lookup.
fn say_gradient(report: &mut Report, device: &Device) -> Result<()> {
    let d_model = 3;
    let table = TokenEmbeddingConfig::new(5, d_model).init(device);
    let ids = Tensor::<2, Int>::from_ints([[2, 0, 2]], device);
    let gradients = table.forward(ids).sum().backward();
    report
        .say("Looked up: rows 2, 0 and 2 again. The gradient of the sum, row by row of the table:");
    let mut shown = Table::new(["row", "looked up", "gradient of each entry"]);
    let gradient = table.weight.val().grad(&gradients).context("the table has no gradient")?;
    let gradient: Vec<f64> = gradient.into_data().iter::<f64>().collect();
    for (row, times) in [1, 0, 2, 0, 0].into_iter().enumerate() {
        let of_first_entry = gradient[row * d_model];
        shown.row([row.to_string(), times.to_string(), of_first_entry.to_string()]);
    }
    report.table(&shown);
    Ok(())
}

/// Shows the loss before and after training beside what is known without training.
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
    let first = losses[0];
    for (key, name, nats) in [("before", "before training", first), ("after", "last loss", last)] {
        let bits = bits_per_character(nats, characters, characters);
        report.number(&format!("loss-{key}"), &format!("{name}, nats"), format!("{nats:.4}"));
        let shown = format!("{:.2}", perplexity(nats));
        report.number(&format!("perplexity-{key}"), &format!("{name}, perplexity"), shown);
        let what = format!("{name}, bits per character");
        report.number(&format!("bits-{key}"), &what, format!("{bits:.3}"));
    }
    for step in [50, 100] {
        let what = format!("loss at step {step}, nats");
        report.number(&format!("loss-{step}"), &what, format!("{:.4}", losses[step]));
    }
    let above = last - bigram_entropy(counts);
    let what = "last loss less the entropy of the counts, nats";
    report.number("above-the-counts", what, format!("{above:.4}"));
}

/// Quotes the least and the largest probability of a fresh table.
fn quote_before(report: &mut Report, before: &[Vec<f64>]) {
    let (mut least, mut largest) = (f64::INFINITY, f64::NEG_INFINITY);
    for &probability in before.iter().flatten() {
        least = least.min(probability);
        largest = largest.max(probability);
    }
    let what = "probability in the fresh table";
    report.number("fresh-least", &format!("least {what}"), format!("{least:.3}"));
    report.number("fresh-largest", &format!("largest {what}"), format!("{largest:.3}"));
}

/// Shows for a few characters what most often follows: as learned, and as counted.
fn say_table(report: &mut Report, trained: &Bigram, counts: &[Vec<u32>], alphabet: &[char]) {
    let learned = trained.probabilities();
    report.say("What the trained table says follows a character, beside the counts:");
    let mut table = Table::new(["after", "most likely", "learned", "counted"]);
    for (this, key) in [('t', "t"), ('h', "h"), ('q', "q"), ('.', "stop")] {
        let Ok(row) = alphabet.binary_search(&this) else { continue };
        let counted = shares(&counts[row]);
        let best = most_likely(&counted);
        table.row([
            visible(this),
            visible(alphabet[best]),
            format!("{:.3}", learned[row][best]),
            format!("{:.3}", counted[best]),
        ]);
        let what = format!("learned probability of {:?} after {this:?}", alphabet[best]);
        let shown = format!("{:.3}", learned[row][best]);
        report.number(&format!("learned-after-{key}"), &what, shown);
        if this == 'q' {
            let error = learned[row][best] - counted[best];
            let what = "learned probability of 'u' after 'q', less its share";
            report.number("error-after-q", what, format!("{error:.3}"));
        }
    }
    report.table(&table);
}

/// Index of the largest share; of equal ones the last.
fn most_likely(shares: &[f64]) -> usize {
    let mut best = 0;
    for (index, share) in shares.iter().enumerate() {
        if *share >= shares[best] {
            best = index;
        }
    }
    best
}

/// Lets the table write, as it was before training and as it is after.
fn say_samples(
    report: &mut Report,
    trained: &Bigram,
    before: &[Vec<f64>],
    alphabet: &[char],
    seed: u64,
) {
    report.say_loosely(format!("It writes, before: {}", sample(before, alphabet, seed)));
    let after = sample(&trained.probabilities(), alphabet, seed);
    report.say_loosely(format!("and after:         {after}"));
    report.say(
        "Spaces and pairs of letters are right; nothing that takes more than one character of \
            memory is.",
    );
}

/// Writes sixty characters, each drawn from the row of the one before, from a space on.
fn sample(probabilities: &[Vec<f64>], alphabet: &[char], seed: u64) -> String {
    const LENGTH: usize = 60;
    let mut random = StdRng::seed_from_u64(seed);
    let mut this = alphabet.binary_search(&' ').unwrap_or(0);
    let mut text = String::new();
    for _ in 0..LENGTH {
        this = pick(&probabilities[this], random.random_range(0.0..1.0));
        text.push(alphabet[this]);
    }
    text
}

/// Index at which the probabilities, added up from the left, reach `share`.
fn pick(probabilities: &[f64], share: f64) -> usize {
    let mut left = share;
    for (index, probability) in probabilities.iter().enumerate() {
        left -= probability;
        if left <= 0.0 {
            return index;
        }
    }
    probabilities.len() - 1 // rounding can leave a little
}

/// Turns counts into shares of their row; a row that was never seen is uniform, as an untrained one.
fn shares(counts: &[u32]) -> Vec<f64> {
    let all: u32 = counts.iter().sum();
    if all == 0 {
        return vec![1.0 / counts.len() as f64; counts.len()];
    }
    counts.iter().map(|&count| f64::from(count) / f64::from(all)).collect()
}

/// Writes a character so that it can be seen on an axis.
fn visible(c: char) -> String {
    if c == ' ' { "_".into() } else { c.to_string() }
}

/// Draws the table before training, after it, and as counted.
fn table_figure(
    before: &[Vec<f64>],
    after: &[Vec<f64>],
    counts: &[Vec<u32>],
    alphabet: &[char],
) -> Figure {
    let mut counted = Vec::with_capacity(counts.len());
    for row in counts {
        counted.push(shares(row));
    }
    Figure {
        name: "01-table".into(),
        title: "The trained table is the counts: what comes after which character".into(),
        alt: "Three heatmaps of this character by next character. Before training every cell is \
            close to 1/28, 0.034 to 0.038 in no order: one pale square. After training a few cells \
            of each row stand out, q to u and full stop to space among them; the third heatmap, \
            made by counting pairs in the text, looks the same as the second."
            .into(),
        band: BAND,
        panels: vec![
            heatmap("before training", before, alphabet),
            heatmap("after training", after, alphabet),
            heatmap("counted in the text", &counted, alphabet),
        ],
    }
}

/// Draws probabilities of the next character, one row for each character before it.
fn heatmap(title: &str, probabilities: &[Vec<f64>], alphabet: &[char]) -> Panel {
    let mut names = Vec::with_capacity(alphabet.len());
    for &character in alphabet {
        names.push(visible(character));
    }
    let values = probabilities.to_vec();
    Panel {
        title: title.into(),
        x: Axis::linear("next character"),
        y: Axis::linear("this character"),
        marks: Marks::heatmap(values, names.clone(), names, "probability"),
    }
}

/// Draws the loss by training step, between the level of knowing nothing and that of the counts.
fn loss_figure(losses: &[f64], counts: &[Vec<u32>]) -> Figure {
    let mut curve = Vec::with_capacity(losses.len());
    for (step, &nats) in losses.iter().enumerate() {
        curve.push((step as f64, nats));
    }
    let last_step = losses.len().max(1) - 1;
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
                level("ln(vocab)", (counts.len() as f64).ln(), last_step),
                level("entropy by counting", bigram_entropy(counts), last_step),
            ]),
        }],
    }
}

/// Draws a level line from step 0 to the last.
fn level(name: &str, nats: f64, last_step: usize) -> Line {
    Line::new(name, [(0.0, nats), (last_step as f64, nats)]).as_guide()
}
