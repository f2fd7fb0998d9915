//! What the lesson shows.

use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::sinusoidal;

use crate::{SelfAttentionConfig, entropy, scores, softmax, weights};

/// Widths of a head at which the entropy is measured.
const WIDTHS: [usize; 8] = [4, 8, 16, 32, 64, 128, 256, 512];

/// Keys that each query chooses from.
const KEYS: usize = 32;

/// Numbers a word has in this demo.
const D_MODEL: usize = 32;

/// Runs the lesson.
///
/// # Errors
///
/// None: it reads nothing.
pub fn demo(run: &Run) -> anyhow::Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    by_hand(run.device, &mut report);
    who_bites_whom(run.device, &mut report);
    same_word_twice(run.device, &mut report);
    scale_and_entropy(run.device, &mut report);
    Ok(report)
}

/// Which axes go in and which come out.
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
    let rows = |t: &Tensor<2>| -> Vec<f32> { t.to_data().iter().collect() };
    report.say("Two tokens, q = k = [[1, 0], [0, 1]], v = [[1, 2], [3, 4]]:");
    let mut table = Table::new(["", "row 0", "", "row 1", ""]);
    let steps =
        [("scores", scores), ("weights", weights.clone()), ("output", crate::attend(weights, v))];
    for (name, step) in steps {
        let numbers = rows(&step).into_iter().map(|x| format!("{x:.4}"));
        table.row(std::iter::once(name.to_string()).chain(numbers));
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
    let plain = [head.forward(dog.vectors()), head.forward(man.vectors())];
    let placed = [head.forward(dog.placed_vectors()), head.forward(man.placed_vectors())];
    for word in dog.words() {
        let differ = |[a, b]: &[Tensor<3>; 2]| {
            let rows =
                a.clone().narrow(1, dog.place(word), 1) - b.clone().narrow(1, man.place(word), 1);
            rows.abs().max().into_scalar::<f32>()
        };
        table.row([
            word.to_string(),
            format!("{:.1e}", differ(&plain)),
            format!("{:.1e}", differ(&placed)),
        ]);
    }
    report.table(&table);
}

/// A heatmap: a word that stands twice is one word to attention, until it knows its place.
fn same_word_twice(device: &Device, report: &mut Report) {
    let sentence = Sentence::new("the dog sees the cat", device);
    let head = SelfAttentionConfig::new(sentence.d_model(), 16).init(device);
    let words: Vec<String> = sentence.words().iter().map(|word| word.to_string()).collect();
    let panel = |title: &str, x: Tensor<3>| Panel {
        title: title.into(),
        x: Axis::linear("key"),
        y: Axis::linear("query"),
        marks: Marks::Heatmap {
            values: matrix(head.weights(x)),
            columns: words.clone(),
            rows: words.clone(),
        },
    };
    report.figure(Figure {
        name: "08-weights".into(),
        title: "Who looks at whom: one untrained head on a sentence with \"the\" in it twice"
            .into(),
        alt: "Two heatmaps of attention weights. Without positions the two rows and the two \
            columns of \"the\" are equal; with sinusoidal positions they differ."
            .into(),
        band: 1e-3,
        panels: vec![
            panel("without positions", sentence.vectors()),
            panel("with positions", sentence.placed_vectors()),
        ],
    });
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
        let normal =
            |rows| Tensor::<2>::random([rows, d_head], Distribution::Normal(0.0, 1.0), device);
        let with_scale = scores(normal(4 * KEYS), normal(KEYS));
        let without = with_scale.clone() * (d_head as f64).sqrt();
        let [with_scale, without] = [with_scale, without].map(|scores| {
            let weights = softmax(scores);
            let largest = weights.clone().max_dim(1).mean().into_scalar::<f32>();
            (f64::from(entropy(weights).mean().into_scalar::<f32>()), largest)
        });
        scaled.push((d_head as f64, with_scale.0));
        unscaled.push((d_head as f64, without.0));
        let cells =
            [f64::from(with_scale.1), without.0, f64::from(without.1)].map(|x| format!("{x:.3}"));
        table.row([d_head.to_string(), format!("{:.3}", with_scale.0)].into_iter().chain(cells));
    }
    let all_alike = (KEYS as f64).ln();
    report.say(format!(
        "Entropy in nats of a query's weights over {KEYS} keys (all alike: ln {KEYS} = \
            {all_alike:.3}):"
    ));
    report.table(&table);
    let flat = WIDTHS.map(|d_head| (d_head as f64, all_alike));
    report.figure(Figure {
        name: "08-entropy".into(),
        title: "The scale keeps a query's view open, whatever the width".into(),
        alt: "Entropy of attention weights over 32 keys by head width, 4 to 512: about 3 nats \
            throughout with the scale 1/sqrt(d_head), falling towards 0 without it."
            .into(),
        band: 0.05,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("d_head (numbers a head)"),
            y: Axis::linear("entropy of the weights (nats)"),
            marks: Marks::Lines(vec![
                Line::new("q.k / sqrt(d_head)", scaled),
                Line::new("q.k", unscaled),
                Line::new("ln 32: all keys alike", flat),
            ]),
        }],
    });
}

/// The first of a batch as rows.
fn matrix(weights: Tensor<3>) -> Vec<Vec<f64>> {
    let [_, queries, keys] = weights.dims();
    let numbers: Vec<f64> =
        weights.to_data().iter::<f32>().take(queries * keys).map(f64::from).collect();
    numbers.chunks(keys).map(<[f64]>::to_vec).collect()
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

    /// The same words, the same table, another order.
    fn reordered(&self, text: &'a str) -> Self {
        let words = text.split(' ').collect();
        Self { words, vocabulary: self.vocabulary.clone(), table: self.table.clone() }
    }

    fn words(&self) -> &[&'a str] {
        &self.words
    }

    fn place(&self, word: &str) -> usize {
        self.words
            .iter()
            .position(|&other| other == word)
            .expect("both sentences have the same words")
    }

    fn d_model(&self) -> usize {
        self.table.d_model()
    }

    /// `[1, tokens, d_model]`
    fn vectors(&self) -> Tensor<3> {
        let id = |word| {
            self.vocabulary.binary_search(word).expect("every word is in the vocabulary") as i64
        };
        let ids: Vec<i64> = self.words.iter().map(id).collect();
        let data = TensorData::new(ids, [1, self.words.len()]);
        self.table.forward(Tensor::<2, Int>::from_data(data, &self.table.weight.device()))
    }

    /// `[1, tokens, d_model]`
    fn placed_vectors(&self) -> Tensor<3> {
        let vectors = self.vectors();
        let places = sinusoidal(self.words.len(), D_MODEL, &vectors.device());
        vectors + places.unsqueeze()
    }
}
