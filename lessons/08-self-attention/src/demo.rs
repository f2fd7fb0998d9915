//! What the lesson shows.

pub mod picture;

use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use course::{Axis, Block, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::sinusoidal;

use crate::{SelfAttentionConfig, attend, entropy, scores, softmax, weights};

/// Widths of a head at which the entropy is measured.
const WIDTHS: [usize; 8] = [4, 8, 16, 32, 64, 128, 256, 512];

/// Number of keys that each query chooses from.
const KEYS: usize = 32;

/// Width of the model in this demo: how many numbers a word has.
const D_MODEL: usize = 32;

/// Band of what random tables and projections make: they are drawn by the backend's own generator.
const DRAWN: f64 = 2e-3;

/// Band of the mean entropies over random queries.
const ENTROPY: f64 = 0.01;

/// A difference of two outputs that is smaller than this is rounding: sums of floats depend a
/// little on the order in which they are added up.
const ROUNDING: f32 = 1e-6;

/// Axis of the tokens in `[batch, tokens, d_model]`.
const TOKENS: usize = 1;

/// Axis of the keys in `[queries, keys]`.
const KEY_AXIS: usize = 1;

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// None: it reads nothing.
pub fn demo(run: &Run) -> anyhow::Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::mean(run.device));
    by_hand(run.device, &mut report);
    report.band(DRAWN);
    who_bites_whom(run.device, &mut report);
    same_word_twice(run.device, &mut report);
    report.band(ENTROPY);
    scale_and_entropy(run.device, &mut report);
    Ok(report)
}

/// Figure of the shapes: which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("x", "batch, tokens, d_model"),
        Step::new("q", "batch, tokens, d_head", "x W_q", ["x"]),
        Step::new("k", "batch, tokens, d_head", "x W_k", ["x"]),
        Step::new("v", "batch, tokens, d_head", "x W_v", ["x"]),
        Step::new("scores", "batch, queries, keys", "q . k / sqrt(d_head)", ["q", "k"]),
        Step::new("weights", "batch, queries, keys", "softmax over keys", ["scores"]),
        Step::new("output", "batch, tokens, d_head", "weighted mean of v", ["weights", "v"]),
    ];
    let alt = "Shapes of one attention head: x [batch, tokens, d_model] becomes q, k and v \
        [batch, tokens, d_head]; q and k make scores [batch, queries, keys], softmax makes \
        weights of them, and weights times v is the output [batch, tokens, d_head].";
    Figure::shapes("08-shapes", "One head: every token asks every token", alt, steps)
}

/// The chapter's 2 x 2 case.
fn by_hand(device: &Device, report: &mut Report) {
    let q = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0]], device);
    let v = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], device);
    let scores = scores(q.clone(), q);
    let weights = weights(scores.clone());
    let output = attend(weights.clone(), v);
    report.say("Two tokens, q = k = [[1, 0], [0, 1]], v = [[1, 2], [3, 4]]:");
    let mut table = Table::new(["", "row 0", "", "row 1", ""]);
    for (name, step) in [("scores", scores), ("weights", weights), ("output", output)] {
        let mut cells = vec![name.to_string()];
        for number in step.to_data().iter::<f32>() {
            cells.push(format!("{number:.4}"));
        }
        table.row(cells);
    }
    report.table(&table);
}

/// Without positions the same words give the same vectors, in whatever order.
fn who_bites_whom(device: &Device, report: &mut Report) {
    let dog = Sentence::new("dog bites man", device);
    let man = dog.reordered("man bites dog");
    let head = SelfAttentionConfig::new(dog.d_model(), 16).init(device);
    report.say("\"dog bites man\" and \"man bites dog\" through one untrained head:");
    report.say("largest difference between the two outputs of the same word.");
    let mut table = Table::new(["word", "without positions", "with sinusoidal positions"]);
    let without = [head.forward(dog.vectors()), head.forward(man.vectors())];
    let with = [head.forward(dog.placed_vectors()), head.forward(man.placed_vectors())];
    for word in dog.words() {
        let places = [dog.place(word), man.place(word)];
        let blind = shown(largest_difference(&without, places));
        let placed = shown(largest_difference(&with, places));
        let what = format!("\"{word}\" in both orders, positions added: largest difference");
        report.number(&format!("change-of-{word}"), &what, &placed);
        table.row([word.to_string(), blind, placed]);
    }
    report.table(&table);
}

/// A difference as the table prints it: rounding has no digits worth printing.
fn shown(difference: f32) -> String {
    if difference < ROUNDING { "< 1e-6".into() } else { format!("{difference:.3}") }
}

/// Largest difference between the rows of one word in two outputs, where it stands at `places`.
fn largest_difference(outputs: &[Tensor<3>; 2], places: [usize; 2]) -> f32 {
    let [first, second] = outputs.clone();
    let difference = first.narrow(TOKENS, places[0], 1) - second.narrow(TOKENS, places[1], 1);
    difference.abs().max().into_scalar()
}

/// A heatmap: a word that stands twice is one word to attention, until it knows its place.
fn same_word_twice(device: &Device, report: &mut Report) {
    let sentence = Sentence::new("the dog sees the cat", device);
    let head = SelfAttentionConfig::new(sentence.d_model(), 16).init(device);
    let without = head.weights(sentence.vectors());
    let with = head.weights(sentence.placed_vectors());
    report_weights(report, &rows(&without), &rows(&with));
    report.figure(Figure {
        name: "08-weights".into(),
        title: "Who looks at whom: one untrained head on a sentence with \"the\" in it twice"
            .into(),
        alt: "Two heatmaps of attention weights. Without positions the two rows and the two \
            columns of \"the\" are equal; with sinusoidal positions they differ."
            .into(),
        band: 1e-3,
        panels: vec![
            heatmap("without positions", &sentence, without),
            heatmap("with positions", &sentence, with),
        ],
    });
}

/// A panel of the weights `[1, queries, keys]` over the words of a sentence.
fn heatmap(title: &str, sentence: &Sentence, weights: Tensor<3>) -> Panel {
    let values = rows(&weights);
    let mut words = Vec::new();
    for word in sentence.words() {
        words.push(word.to_string());
    }
    let mut the = Vec::new();
    for row in (0..words.len()).filter(|&row| words[row] == "the") {
        the.push(Block { rows: (row, row + 1), columns: (0, words.len()) });
    }
    Panel {
        title: title.into(),
        x: Axis::linear("key"),
        y: Axis::linear("query"),
        marks: Marks::heatmap(values, words.clone(), words, "share").outlining(the),
    }
}

/// The rows of attention weights `[1, queries, keys]`, one for each query.
fn rows(weights: &Tensor<3>) -> Vec<Vec<f64>> {
    let [_, _, keys] = weights.dims();
    let numbers: Vec<f64> = weights.to_data().iter::<f64>().collect();
    let mut rows = Vec::new();
    for row in numbers.chunks(keys) {
        rows.push(row.to_vec());
    }
    rows
}

/// Shares of "the dog sees the cat" that the book quotes.
fn report_weights(report: &mut Report, without: &[Vec<f64>], with: &[Vec<f64>]) {
    let [the, dog, sees, other_the, cat] = [0, 1, 2, 3, 4];
    for (key, what, query, asked) in [
        ("the-to-the", "\"the\" to \"the\"", the, the),
        ("the-to-dog", "\"the\" to \"dog\"", the, dog),
        ("the-to-sees", "\"the\" to \"sees\"", the, sees),
        ("the-to-cat", "\"the\" to \"cat\"", the, cat),
        ("dog-to-sees", "\"dog\" to \"sees\"", dog, sees),
        ("sees-to-dog", "\"sees\" to \"dog\"", sees, dog),
        ("cat-to-cat", "\"cat\" to \"cat\"", cat, cat),
    ] {
        let share = format!("{:.3}", without[query][asked]);
        report.number(key, &format!("share without positions, {what}"), share);
    }
    for (key, which, query) in
        [("first-the-to-dog", "first", the), ("second-the-to-dog", "second", other_the)]
    {
        let what = format!("share with positions, the {which} \"the\" to \"dog\"");
        report.number(key, &what, format!("{:.3}", with[query][dog]));
    }
    let mut apart = 0.0f64;
    for (first, second) in with[the].iter().zip(&with[other_the]) {
        apart = apart.max((first - second).abs());
    }
    report.number(
        "rows-apart",
        "largest difference of the two rows of \"the\", with positions",
        format!("{apart:.3}"),
    );
    let (mut smallest, mut largest) = (f64::INFINITY, 0.0f64);
    for share in without.iter().chain(with).flatten() {
        smallest = smallest.min(*share);
        largest = largest.max(*share);
    }
    report.number("smallest-share", "smallest share in both pictures", format!("{smallest:.3}"));
    report.number("largest-share", "largest share in both pictures", format!("{largest:.3}"));
}

/// Random queries and keys: how many keys does a query look at, by the width of the head?
fn scale_and_entropy(device: &Device, report: &mut Report) {
    let mut table = Table::new([
        "d_head",
        "scaled: entropy",
        "scaled: largest weight",
        "unscaled: entropy",
        "unscaled: largest weight",
    ]);
    let (mut scaled, mut unscaled) = (Vec::new(), Vec::new());
    for d_head in WIDTHS {
        let q = normal(4 * KEYS, d_head, device);
        let k = normal(KEYS, d_head, device);
        let scores = scores(q, k);
        let with_scale = spread(scores.clone());
        let without = spread(scores * (d_head as f64).sqrt());
        scaled.push((d_head as f64, with_scale.entropy));
        unscaled.push((d_head as f64, without.entropy));
        if d_head == WIDTHS[WIDTHS.len() - 1] {
            let share = format!("{:.3}", without.largest_weight);
            let what = "largest share at d_head 512 without the scale, mean of the queries";
            report.number("largest-share-512", what, share);
        }
        table.row([
            d_head.to_string(),
            format!("{:.3}", with_scale.entropy),
            format!("{:.3}", with_scale.largest_weight),
            format!("{:.3}", without.entropy),
            format!("{:.3}", without.largest_weight),
        ]);
    }
    let all_alike = (KEYS as f64).ln();
    report.say(format!(
        "Entropy in nats of a query's weights over {KEYS} keys (all alike: ln {KEYS} = \
            {all_alike:.3}):"
    ));
    report.table(&table);
    report_entropies(report, &scaled, &unscaled);
    report.figure(entropy_figure(scaled, unscaled));
}

/// The entropies that the book quotes, and how many keys the first and the last of them mean.
fn report_entropies(report: &mut Report, scaled: &[(f64, f64)], unscaled: &[(f64, f64)]) {
    let (mut lowest, mut highest) = (f64::INFINITY, 0.0f64);
    for &(_, nats) in scaled {
        lowest = lowest.min(nats);
        highest = highest.max(nats);
    }
    let last = WIDTHS.len() - 1;
    for (key, what, nats) in [
        ("lowest-scaled", "lowest entropy with the scale, nats", lowest),
        ("highest-scaled", "highest entropy with the scale, nats", highest),
        ("scaled-512", "entropy at d_head 512 with the scale, nats", scaled[last].1),
        ("unscaled-4", "entropy at d_head 4 without the scale, nats", unscaled[0].1),
        ("unscaled-512", "entropy at d_head 512 without the scale, nats", unscaled[last].1),
    ] {
        report.number(key, what, format!("{nats:.3}"));
    }
    for (key, what, nats) in [
        ("keys-4-scaled", "e to the entropy, d_head 4 with the scale: keys", scaled[0].1),
        ("keys-4-unscaled", "e to the entropy, d_head 4 without the scale: keys", unscaled[0].1),
        ("keys-512-scaled", "e to the entropy, d_head 512 with the scale: keys", scaled[last].1),
    ] {
        report.number(key, what, format!("{:.0}", nats.exp()));
    }
    let narrowest = unscaled[last].1.exp();
    report.number(
        "keys-512-unscaled",
        "e to the entropy, d_head 512 without the scale: keys",
        format!("{narrowest:.1}"),
    );
}

/// Random numbers of N(0, 1): `[rows, d_head]`.
fn normal(rows: usize, d_head: usize, device: &Device) -> Tensor<2> {
    Tensor::random([rows, d_head], Distribution::Normal(0.0, 1.0), device)
}

/// How spread the weights of a query are, on average over the queries.
struct Spread {
    /// Entropy of the weights in nats.
    entropy: f64,
    /// Largest weight of a query.
    largest_weight: f32,
}

/// Spread of the weights that these scores make, `[queries, keys]`.
fn spread(scores: Tensor<2>) -> Spread {
    let weights = softmax(scores);
    let largest_weight = weights.clone().max_dim(KEY_AXIS).mean().into_scalar();
    let nats: f32 = entropy(weights).mean().into_scalar();
    Spread { entropy: f64::from(nats), largest_weight }
}

/// Entropy over d_head, with the scale and without.
fn entropy_figure(scaled: Vec<(f64, f64)>, unscaled: Vec<(f64, f64)>) -> Figure {
    let all_alike = WIDTHS.map(|d_head| (d_head as f64, (KEYS as f64).ln()));
    Figure {
        name: "08-entropy".into(),
        title: "The scale keeps a query's view open, whatever the width".into(),
        alt: "Entropy of attention weights over 32 keys by head width, 4 to 512: about 3 nats \
            throughout with the scale 1/sqrt(d_head), falling towards 0 without it."
            .into(),
        band: 0.05,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("d_head (numbers per head)"),
            y: Axis::linear("entropy of the attention weights (nats)"),
            marks: Marks::Lines(vec![
                Line::new("q.k / sqrt(d_head)", scaled),
                Line::new("q.k", unscaled),
                Line::new("ln 32: all keys alike", all_alike).as_guide(),
            ]),
        }],
    }
}

/// Words with their vectors: ids are looked up in an untrained table of N(0, 1).
struct Sentence<'a> {
    words: Vec<&'a str>,
    vocabulary: Vec<&'a str>,
    table: TokenEmbedding,
}

impl<'a> Sentence<'a> {
    fn new(text: &'a str, device: &Device) -> Self {
        let words: Vec<&str> = text.split(' ').collect();
        let mut vocabulary = words.clone();
        vocabulary.sort_unstable();
        vocabulary.dedup();
        let table = TokenEmbeddingConfig::new(vocabulary.len(), D_MODEL)
            .with_initializer_std(1.0)
            .init(device);
        Self { words, vocabulary, table }
    }

    /// A sentence of the same words in another order, with the same table.
    fn reordered(&self, text: &'a str) -> Self {
        let words = text.split(' ').collect();
        Self { words, vocabulary: self.vocabulary.clone(), table: self.table.clone() }
    }

    fn words(&self) -> &[&'a str] {
        &self.words
    }

    /// Position of a word in the sentence.
    fn place(&self, word: &str) -> usize {
        self.words
            .iter()
            .position(|&other| other == word)
            .expect("both sentences have the same words")
    }

    fn d_model(&self) -> usize {
        self.table.d_model()
    }

    /// Vectors of the words, without positions: `[1, tokens, d_model]`.
    fn vectors(&self) -> Tensor<3> {
        let mut ids = Vec::new();
        for word in &self.words {
            let id = self.vocabulary.binary_search(word).expect("every word is in the vocabulary");
            ids.push(id as i64);
        }
        let data = TensorData::new(ids, [1, self.words.len()]);
        self.table.forward(Tensor::<2, Int>::from_data(data, &self.table.weight.device()))
    }

    /// Vectors of the words with their sinusoidal positions added: `[1, tokens, d_model]`.
    fn placed_vectors(&self) -> Tensor<3> {
        let vectors = self.vectors();
        let places = sinusoidal(self.words.len(), D_MODEL, &vectors.device());
        vectors + places.unsqueeze()
    }
}
