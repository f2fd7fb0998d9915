//! What the lesson shows: the three measures on small vectors, then a real space of words: who is
//! near whom, and how crowded it is.

pub mod picture;

use std::path::Path;

use anyhow::Result;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use course::{Axis, Block, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::World;
use data::textbook::{TWELVE, WORD_PAIRS};
use lookup::{TokenEmbedding, TokenEmbeddingConfig, cross_entropy};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{COORDINATES, anisotropy, cosine, dot, euclidean, nearest, pairwise};

/// Axis of a table along which one vector stands below the other.
const ROWS: usize = 0;
/// Axis of looked-up vectors `[batch, neighbours, d_model]` along which the neighbours lie.
const CONTEXT: usize = 1;

/// Number of words in one group of [`TWELVE`].
const GROUP: usize = 3;
/// Number of neighbours that are listed.
const NEIGHBOURS: usize = 5;
/// Number of pairs of rows whose cosines are measured; their mean is then known to about
/// 0.2 / sqrt(4000) = 0.003.
const PAIRS: usize = 4000;
/// Width of a bin of cosines.
const BIN: f64 = 0.05;
/// Width of the rows of the lesson's own table.
const D_MODEL: usize = 32;
/// Number of sentences that the lesson's own table is trained on.
const SENTENCES: usize = 4000;
/// Number of words on either side that predict the one between.
const REACH: usize = 2;
/// Number of places predicted at once.
const BATCH: usize = 512;
/// Number of rows of the lesson's own table that no sentence ever uses, as the unused tokens in
/// BERT's.
const UNUSED: usize = 64;
/// Number of training steps: some seven times through the corpus.
const STEPS: usize = 400;
/// Learning rate that AdamW trains with.
const LEARNING_RATE: f64 = 0.02;
/// Band of the figures: trained values differ by processor and number of threads.
const BAND: f64 = 0.15;
/// Band of what is said of the lesson's own table: of means and of single cosines.
const TRAINED_BAND: f64 = 0.05;
/// Band of what is said of a table that is read and not trained: its last digit.
const READ_BAND: f64 = 0.02;
/// Band of how many random pairs, or neighbours, come before a cosine: a small change of that
/// cosine lets many pass.
const COUNT_BAND: f64 = 0.5;
/// Pairs of words whose cosine the chapter quotes, beside those of the textbook.
const QUOTED: [(&str, &str); 27] = [
    ("cat", "fish"),
    ("cat", "rabbit"),
    ("cat", "wolf"),
    ("cat", "cats"),
    ("cat", "kitten"),
    ("cat", "kitty"),
    ("apple", "cherry"),
    ("apple", "sour"),
    ("apple", "grows"),
    ("apple", "apples"),
    ("apple", "iphone"),
    ("apple", "itunes"),
    ("apple", "banana"),
    ("apple", "orange"),
    ("apple", "cat"),
    ("happy", "terrified"),
    ("happy", "furious"),
    ("happy", "happier"),
    ("happy", "happiness"),
    ("happy", "unhappy"),
    ("bank", "wet"),
    ("bank", "grassy"),
    ("bank", "muddy"),
    ("bank", "banks"),
    ("bank", "banking"),
    ("bank", "bankers"),
    ("walk", "sprint"),
];

/// A table of vectors, and the word of each row.
struct WordTable {
    /// What the names of its figures add: empty for the lesson's own.
    name: &'static str,
    /// What the keys of its numbers begin with.
    key: &'static str,
    /// How far its numbers may differ on another processor.
    band: f64,
    /// Whose table it is, in the titles of its figures.
    whose: &'static str,
    /// Description of the table, in a sentence.
    description: String,
    /// The vectors, one for each word: `[words, d_model]`.
    table: Tensor<2>,
    /// The word of each row.
    words: Vec<String>,
    /// Rows of the same training that stand for nothing that was ever said: `[unused, d_model]`.
    unused: Tensor<2>,
}

/// Cosines of random pairs of rows.
struct RandomPairs {
    /// Cosines of two words' rows.
    words: Vec<f64>,
    /// Cosines of two words' rows less the mean row.
    centred: Vec<f64>,
    /// Cosines of two unused rows.
    unused: Vec<f64>,
    /// Cosines of two random vectors of the same width.
    random: Vec<f64>,
}

/// Cosines of the twelve words.
struct Twelve {
    /// The cosine of each word with each: `[12][12]`.
    cosines: Vec<Vec<f64>>,
    /// Mean cosine of two different words of one group.
    within: f64,
    /// Mean cosine of two words of different groups.
    between: f64,
    /// Lowest and highest cosine of two different words of one group.
    inside: (f64, f64),
    /// Lowest and highest cosine of two words of different groups.
    across: (f64, f64),
}

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// A folder of MiniLM that cannot be read.
pub fn demo(run: &Run) -> Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::angle(run.device));
    report.figure(picture::cone(run.device));
    say_measures(&mut report, run.device);
    let (own, losses) = own_table(run);
    report.band(TRAINED_BAND);
    let [first, .., last] = &losses[..] else { anyhow::bail!("a training has steps") };
    report.number("toy-loss-before", "loss of the toy table at first, nats", format!("{first:.2}"));
    report.number("toy-loss-after", "loss after the last step, nats", format!("{last:.2}"));
    show(&mut report, &own, run.seed);
    match run.minilm {
        Some(folder) => show(&mut report, &minilm_table(folder, run.device)?, run.seed),
        None => report
            .say("The same for all-MiniLM-L6-v2's table: run `cargo rungs fetch minilm` first."),
    }
    Ok(report)
}

/// Draws which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("queries", "queries, d_model"),
        Step::input("table", "vectors, d_model"),
        Step::new("unit queries", "queries, d_model", "x / |x|", ["queries"]),
        Step::new("unit table", "vectors, d_model", "x / |x|", ["table"]),
        Step::new(
            "cosines",
            "queries, vectors",
            "product with the transpose",
            ["unit queries", "unit table"],
        ),
        Step::new("nearest", "queries, k", "the k largest of each row", ["cosines"]),
    ];
    let alt = "Shapes of a search: queries [queries, d_model] and a table [vectors, d_model] are \
        brought to unit length, their product is one cosine a pair [queries, vectors], and the k \
        largest of each row are kept.";
    Figure::shapes("03-shapes", "From vectors to neighbours", alt, steps)
}

/// Shows the three measures on small vectors.
fn say_measures(report: &mut Report, device: &Device) {
    report.say("Three measures of four pairs of vectors:");
    let a = [3.0, 4.0];
    let others = [[4.0, 3.0], [4000.0, 3000.0], [-4.0, 3.0], [0.0, 0.0]];
    let rows_a = Tensor::<2>::from_floats([a; 4], device);
    let rows_b = Tensor::<2>::from_floats(others, device);
    let dots = numbers(&dot(rows_a.clone(), rows_b.clone()));
    let cosines = numbers(&cosine(rows_a.clone(), rows_b.clone()));
    let distances = numbers(&euclidean(rows_a, rows_b));
    let mut table = Table::new(["a", "b", "dot", "cosine", "Euclidean"]);
    for (i, b) in others.iter().enumerate() {
        table.row([
            format!("{a:?}"),
            format!("{b:?}"),
            format!("{:.2}", dots[i]),
            format!("{:.2}", cosines[i]),
            format!("{:.2}", distances[i]),
        ]);
    }
    report.table(&table);
    report.say(
        "Only the cosine does not care that b is a thousand times longer. The zero vector points \
            nowhere:",
    );
    report.say("its cosine is 0 by convention.");
    report.say("");
}

/// Trains the lesson's own table to predict a word of the toy world from its neighbours; gives the
/// loss before each step too.
fn own_table(run: &Run) -> (WordTable, Vec<f64>) {
    let device = run.device.clone().autodiff();
    let words: Vec<String> = World::vocabulary().into_iter().map(String::from).collect();
    let (contexts, centres) = places(&words, run.seed);
    let (table, losses) = train(words.len(), &contexts, &centres, &device, run.seed);
    let rows = table.weight.val().inner();
    let description = format!(
        "A table of {} words x {D_MODEL}, trained here: {STEPS} steps of predicting a word of the \
            toy world from the {REACH} on either side ({:.2} nats before, {:.2} after).",
        words.len(),
        losses[0],
        losses[losses.len() - 1],
    );
    let own = WordTable {
        name: "",
        key: "toy",
        band: TRAINED_BAND,
        whose: "this lesson's table",
        description,
        table: rows.clone().narrow(ROWS, 0, words.len()),
        unused: rows.narrow(ROWS, words.len() + 1, UNUSED),
        words,
    };
    (own, losses)
}

/// Lists every place in the corpus: the IDs of its neighbours (the row after the last word stands
/// for the sentence's edge), and the ID of its word.
fn places(words: &[String], seed: u64) -> (Vec<[u32; 2 * REACH]>, Vec<u32>) {
    let edge = words.len() as u32;
    let (mut contexts, mut centres) = (Vec::new(), Vec::new());
    for sentence in World::sentences(seed).take(SENTENCES) {
        let mut ids = vec![edge; REACH];
        for word in &sentence.words {
            ids.push(words.partition_point(|other| *other < word.text) as u32);
        }
        ids.extend([edge; REACH]);
        for window in ids.windows(2 * REACH + 1) {
            let mut context = [0; 2 * REACH];
            context[..REACH].copy_from_slice(&window[..REACH]);
            context[REACH..].copy_from_slice(&window[REACH + 1..]);
            contexts.push(context);
            centres.push(window[REACH]);
        }
    }
    (contexts, centres)
}

/// Trains a table; returns the loss before each step too, in nats per predicted word.
///
/// logits = mean(rows of the neighbours) x table^T: one table on both sides, as in BERT (Press and
/// Wolf 2017). After the words' rows come that of the sentence's edge and the unused ones, which
/// never are a neighbour nor the answer.
fn train(
    vocab: usize,
    contexts: &[[u32; 2 * REACH]],
    centres: &[u32],
    device: &Device,
    seed: u64,
) -> (TokenEmbedding, Vec<f64>) {
    let mut table = TokenEmbeddingConfig::new(vocab + 1 + UNUSED, D_MODEL)
        .with_initializer_std(0.1)
        .init(device);
    let mut optimizer = AdamWConfig::new().with_weight_decay(0.0).init();
    let mut random = StdRng::seed_from_u64(seed);
    let mut losses = Vec::with_capacity(STEPS);
    for _ in 0..STEPS {
        let mut neighbours = Vec::with_capacity(BATCH * 2 * REACH);
        let mut targets = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            let place = random.random_range(0..centres.len());
            neighbours.extend(contexts[place]);
            targets.push(centres[place]);
        }
        let neighbours = TensorData::new(neighbours, [BATCH, 2 * REACH]);
        let neighbours = Tensor::<2, Int>::from_data(neighbours, device);
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [BATCH]), device);
        let vectors = table.forward(neighbours);
        let context = vectors.mean_dim(CONTEXT).squeeze_dim::<2>(CONTEXT); // [batch, d_model]
        let logits = context.matmul(table.weight.val().transpose());
        let loss = cross_entropy(logits, targets);
        losses.push(loss.clone().into_scalar::<f64>());
        let gradients = GradientsParams::from_grads(loss.backward(), &table);
        table = optimizer.step(LEARNING_RATE, table, gradients);
    }
    (table, losses)
}

/// Reads the first thing in all-MiniLM-L6-v2: its table of tokens, before any layer.
fn minilm_table(folder: &Path, device: &Device) -> Result<WordTable> {
    const TABLE: &str = "embeddings.word_embeddings.weight";
    let weights = checkpoint::Weights::open(folder)?.strip_prefix("bert.")?;
    let tokenizer = tokens::Tokenizer::open(folder)?;
    let &[vocab, d_model] = weights.shape(TABLE).unwrap_or_default() else {
        anyhow::bail!(
            "{}: expected a matrix {TABLE}, found none: fetch the model again",
            folder.display()
        );
    };
    tokenizer.check_vocab(vocab)?;
    let (mut words, mut word_ids, mut unused_ids) = (Vec::new(), Vec::new(), Vec::new());
    for id in 0..vocab {
        let token = tokenizer.token(id as u32).unwrap_or_default();
        if token.starts_with("[unused") {
            unused_ids.push(id as i64);
        } else if !token.is_empty() && token.chars().all(char::is_alphanumeric) {
            word_ids.push(id as i64);
            words.push(token);
        }
    }
    anyhow::ensure!(
        words.len() > 1 && unused_ids.len() > 1,
        "{}: expected BERT's vocabulary",
        folder.display()
    );
    let table = weights.tensor::<2>(TABLE, [vocab, d_model], device)?;
    let description = format!(
        "all-MiniLM-L6-v2's own table, before any layer: {} whole words of its {vocab} tokens x \
            {d_model}.",
        words.len()
    );
    Ok(WordTable {
        name: "minilm-",
        key: "minilm",
        band: READ_BAND,
        whose: "MiniLM's token table",
        description,
        table: select(&table, word_ids),
        words,
        unused: select(&table, unused_ids),
    })
}

/// Shows who is near whom in a table, and how crowded it is.
fn show(report: &mut Report, space: &WordTable, seed: u64) {
    report.band(space.band);
    report.say(&space.description);
    say_nearest(report, space);
    number_pairs(report, space);
    let twelve = twelve(space);
    number_twelve(report, space, &twelve);
    report.say(format!(
        "The textbook's twelve words: mean cosine {:.3} within a group, {:.3} between groups.",
        twelve.within, twelve.between
    ));
    report.say("");
    say_textbook(report, space);
    let pairs = random_pairs(space, seed);
    say_random_pairs(report, space, &pairs);
    number_strangers(report, space, &pairs);
    report.figure(nearest_figure(space, twelve));
    report.figure(cone_figure(space, &pairs));
}

/// Lists the nearest neighbours of a few words.
fn say_nearest(report: &mut Report, space: &WordTable) {
    let mut asked = Vec::new();
    for word in ["cat", "apple", "run", "france", "king", "happy", "bank"] {
        if index(space, word).is_some() {
            asked.push(word);
        }
    }
    // One more than are listed: the nearest of all is the word itself.
    let found = nearest(rows(space, &asked), space.table.clone(), NEIGHBOURS + 1);
    let mut table = Table::new(["word", "nearest, with cosine"]);
    for (word, neighbours) in asked.iter().zip(found) {
        let mut shown = Vec::new();
        for (row, cosine) in neighbours {
            let other = &space.words[row];
            if other != word && shown.len() < NEIGHBOURS {
                shown.push(format!("{other} {cosine:.3}"));
            }
        }
        table.row([word.to_string(), shown.join(", ")]);
    }
    report.loose_table(&table);
}

/// Reports the cosines of the quoted pairs, of those that the table has.
fn number_pairs(report: &mut Report, space: &WordTable) {
    for (a, b) in QUOTED {
        if index(space, a).is_some() && index(space, b).is_some() {
            let cosine = numbers(&cosine(rows(space, &[a]), rows(space, &[b])));
            number_pair(report, space, a, b, cosine[0]);
        }
    }
}

/// Reports the cosine of a pair of words.
fn number_pair(report: &mut Report, space: &WordTable, a: &str, b: &str, cosine: f64) {
    let key = format!("{}-{a}-{b}", space.key);
    let what = format!("{}, cosine of {a} and {b}", space.whose);
    report.number(&key, &what, format!("{cosine:.3}"));
}

/// Reports the cosines of the twelve words, within the groups and between them.
fn number_twelve(report: &mut Report, space: &WordTable, twelve: &Twelve) {
    for (key, what, cosine) in [
        ("lowest-within", "lowest cosine within a group of the twelve words", twelve.inside.0),
        ("highest-within", "highest cosine within a group", twelve.inside.1),
        ("lowest-between", "lowest cosine between two groups", twelve.across.0),
        ("highest-between", "highest cosine between two groups", twelve.across.1),
    ] {
        let (key, what) = (format!("{}-{key}", space.key), format!("{}, {what}", space.whose));
        report.number(&key, &what, format!("{cosine:.3}"));
    }
    for (key, what, cosine) in [
        ("within", "mean cosine within a group of the twelve words", twelve.within),
        ("between", "mean cosine between two groups", twelve.between),
    ] {
        let (key, what) = (format!("{}-{key}", space.key), format!("{}, {what}", space.whose));
        report.number(&key, &what, format!("{cosine:.3}"));
    }
}

/// Shows what the textbook says of pairs of words, beside what this table says of them.
fn say_textbook(report: &mut Report, space: &WordTable) {
    let (mut known, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
    for (a, b, textbook) in WORD_PAIRS {
        if index(space, a).is_some() && index(space, b).is_some() {
            known.push((a, b, textbook));
            first.push(a);
            second.push(b);
        }
    }
    let cosines = numbers(&cosine(rows(space, &first), rows(space, &second)));
    let mut table = Table::new(["pair", "the textbook", "this table"]);
    for ((a, b, textbook), cosine) in known.iter().zip(cosines) {
        table.row([format!("{a}, {b}"), format!("{textbook:.2}"), format!("{cosine:.3}")]);
        number_pair(report, space, a, b, cosine);
    }
    report.table(&table);
}

/// Measures the cosines of the twelve words: each with each, within the groups and between them.
fn twelve(space: &WordTable) -> Twelve {
    let vectors = rows(space, &TWELVE);
    let mut cosines = Vec::with_capacity(TWELVE.len());
    for row in numbers(&pairwise(vectors.clone(), vectors.clone())).chunks(TWELVE.len()) {
        cosines.push(row.to_vec());
    }
    let mut within = Vec::new();
    for group in vectors.split(GROUP, ROWS) {
        within.push(anisotropy(group));
    }
    let (mut inside, mut between) = (Vec::new(), Vec::new());
    for (i, row) in cosines.iter().enumerate() {
        for (j, &cosine) in row.iter().enumerate() {
            if i / GROUP != j / GROUP {
                between.push(cosine);
            } else if i != j {
                inside.push(cosine);
            }
        }
    }
    let (within, across) = (mean(&within), range(&between));
    Twelve { cosines, within, between: mean(&between), inside: range(&inside), across }
}

/// Measures the cosines of random pairs: of words' rows, of the same less their mean, of unused
/// rows, of random vectors.
fn random_pairs(space: &WordTable, seed: u64) -> RandomPairs {
    let mut random = StdRng::seed_from_u64(seed);
    let centred = space.table.clone() - space.table.clone().mean_dim(ROWS);
    let words = cosines_of_random_rows(&space.table, &mut random);
    let centred = cosines_of_random_rows(&centred, &mut random);
    let unused = cosines_of_random_rows(&space.unused, &mut random);
    let first = random_vectors(&space.table);
    let second = random_vectors(&space.table);
    RandomPairs { words, centred, unused, random: numbers(&cosine(first, second)) }
}

/// Measures the cosines of random pairs of two different rows.
fn cosines_of_random_rows(table: &Tensor<2>, random: &mut StdRng) -> Vec<f64> {
    let vectors = table.dims()[ROWS] as i64;
    let (mut first, mut second) = (Vec::with_capacity(PAIRS), Vec::with_capacity(PAIRS));
    for _ in 0..PAIRS {
        first.push(random.random_range(0..vectors));
    }
    for row in &first {
        let further = random.random_range(1..vectors);
        second.push((row + further) % vectors);
    }
    numbers(&cosine(select(table, first), select(table, second)))
}

/// Draws random vectors as wide as those of a table, one for each pair.
fn random_vectors(table: &Tensor<2>) -> Tensor<2> {
    let d_model = table.dims()[COORDINATES];
    Tensor::random([PAIRS, d_model], Distribution::Normal(0.0, 1.0), &table.device())
}

/// Shows how close random pairs are.
fn say_random_pairs(report: &mut Report, space: &WordTable, pairs: &RandomPairs) {
    report.say(format!("{PAIRS} random pairs, their cosine:"));
    let mut table = Table::new(["of", "mean", "standard deviation"]);
    for (name, key, cosines) in [
        ("words", "words", &pairs.words),
        ("words, the mean row taken away", "centred", &pairs.centred),
        ("rows that were never said", "never-said", &pairs.unused),
        ("random vectors", "random", &pairs.random),
    ] {
        let mean = format!("{:.3}", mean(cosines));
        let deviation = format!("{:.3}", standard_deviation(cosines));
        let key = format!("{}-{key}", space.key);
        let what = format!("{}, cosine of random pairs, {name}", space.whose);
        report.number(&format!("{key}-mean"), &format!("{what}: mean"), &mean);
        let what = format!("{what}: standard deviation");
        report.number(&format!("{key}-deviation"), &what, &deviation);
        table.row([name.into(), mean, deviation]);
    }
    report.table(&table);
    report.say(format!(
        "{} rows stand for nothing that was ever said. A softmax pushes such rows away from every \
            answer, all the same",
        space.unused.dims()[ROWS]
    ));
    report.say(
        "way each time: a narrow cone (Gao et al. 2019). Words are pulled back out whenever they \
        are the answer.",
    );
    report.say(
        "How far depends on the training, so a cosine means something only beside the others of \
            its own space.",
    );
    report.say("");
}

/// Reports how many come before "cat" and "dog": random pairs, and neighbours of "cat".
fn number_strangers(report: &mut Report, space: &WordTable, pairs: &RandomPairs) {
    if index(space, "cat").is_none() || index(space, "dog").is_none() {
        return;
    }
    let cat = rows(space, &["cat"]);
    let cat_and_dog = numbers(&cosine(cat.clone(), rows(space, &["dog"])))[0];
    let closer = pairs.words.iter().filter(|cosine| **cosine >= cat_and_dog).count();
    let from_cat = numbers(&pairwise(cat, space.table.clone()));
    // "cat" itself comes before all, so that the first neighbour has place 1.
    let place = from_cat.iter().filter(|cosine| **cosine > cat_and_dog + 1e-6).count();
    report.band(COUNT_BAND);
    let (key, whose) = (space.key, space.whose);
    let what = format!("{whose}, pairs as close as cat and dog, of {PAIRS} random ones");
    report.number(&format!("{key}-as-close"), &what, closer);
    let what = format!("{whose}, place of dog among the neighbours of cat");
    report.number(&format!("{key}-place-of-dog"), &what, place);
}

/// Draws the cosine of each of the twelve words with each.
fn nearest_figure(space: &WordTable, twelve: Twelve) -> Figure {
    let names = TWELVE.map(String::from).to_vec();
    let Twelve { cosines: values, within, between, .. } = twelve;
    Figure {
        name: format!("03-{}nearest", space.name),
        title: format!("Words of a kind lie close: cosines of twelve words in {}", space.whose),
        alt: format!(
            "Heatmap of the cosines of twelve words with each other: cat, dog, fish; apple, \
                orange, banana; run, walk, sprint; france, germany, italy. Four blocks of three \
                by three stand on the diagonal: their pairs have a mean cosine of {within:.2}, \
                the pairs of different blocks {between:.2}."
        ),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("word"),
            y: Axis::linear("word"),
            marks: Marks::heatmap(values, names.clone(), names, "cosine")
                .between(-1.0, 1.0)
                .outlining([0, 3, 6, 9].map(|first| Block::on_diagonal(first, first + 3))),
        }],
    }
}

/// Draws how the cosines of random pairs are distributed: of words, and of unused rows.
fn cone_figure(space: &WordTable, pairs: &RandomPairs) -> Figure {
    Figure {
        name: format!("03-{}cone", space.name),
        title: format!("What is never said ends up in a cone: random pairs of {}", space.whose),
        alt: format!(
            "Distributions of the cosines of random pairs, each beside that of random vectors, \
                which lie around 0. Left: words, spread around {:.2}. Right: rows that no text \
                ever held, a peak around {:.2}: they all point the same way.",
            mean(&pairs.words),
            mean(&pairs.unused)
        ),
        band: BAND,
        panels: vec![
            distribution("words", &pairs.words, &pairs.random, "share of pairs per bin of 0.05"),
            distribution(
                "rows never said",
                &pairs.unused,
                &pairs.random,
                "share of pairs (a scale of its own)",
            ),
        ],
    }
}

/// Draws a distribution of cosines beside that of random vectors.
fn distribution(name: &str, cosines: &[f64], random: &[f64], share: &str) -> Panel {
    Panel {
        title: name.into(),
        x: Axis::linear("cosine of a random pair"),
        y: Axis::linear(share),
        marks: Marks::Lines(vec![
            Line::new(name, histogram(cosines)),
            Line::new("random vectors", histogram(random)),
        ]),
    }
}

/// Share of cosines in each bin of -1..1, at the bin's middle.
fn histogram(cosines: &[f64]) -> Vec<(f64, f64)> {
    let bins = (2.0 / BIN).round() as usize;
    let mut counts = vec![0; bins];
    for cosine in cosines {
        counts[(((cosine + 1.0) / BIN) as usize).min(bins - 1)] += 1;
    }
    let mut shares = Vec::with_capacity(bins);
    for (bin, &count) in counts.iter().enumerate() {
        let middle = -1.0 + (bin as f64 + 0.5) * BIN;
        shares.push((middle, f64::from(count) / cosines.len() as f64));
    }
    shares
}

/// Rows of these words, in order: `[words, d_model]`. Words that the table lacks are left out.
fn rows(space: &WordTable, words: &[&str]) -> Tensor<2> {
    let mut found = Vec::with_capacity(words.len());
    for word in words {
        if let Some(row) = index(space, word) {
            found.push(row as i64);
        }
    }
    select(&space.table, found)
}

/// Rows of a table by index: `[rows, d_model]`.
fn select(table: &Tensor<2>, rows: Vec<i64>) -> Tensor<2> {
    let count = rows.len();
    let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &table.device());
    table.clone().select(ROWS, rows)
}

/// Index of a word's row, if the table has one.
fn index(space: &WordTable, word: &str) -> Option<usize> {
    space.words.iter().position(|other| other == word)
}

/// Lowest and highest of the values.
fn range(values: &[f64]) -> (f64, f64) {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (lowest, highest)
}

/// Arithmetic mean of the values.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation of values, how far one typically lies from their mean.
fn standard_deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let mut squares = 0.0;
    for value in values {
        squares += (value - mean).powi(2);
    }
    (squares / values.len() as f64).sqrt()
}

/// Entries of a tensor, row by row.
fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}
