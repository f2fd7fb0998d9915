//! What the lesson shows: the three measures on small vectors, then a real space of words: who is
//! near whom, and how crowded it is.

use std::path::Path;

use anyhow::Result;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::World;
use data::textbook::{TWELVE, WORD_PAIRS};
use lookup::{TokenEmbedding, TokenEmbeddingConfig, cross_entropy};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{cosine, dot, euclidean, nearest, pairwise};

/// Words in one group of [`TWELVE`].
const GROUP: usize = 3;
/// How many neighbours are listed.
const NEIGHBOURS: usize = 5;
/// Pairs of rows whose cosines are measured; their mean is then known to about 0.2 / sqrt(4000) =
/// 0.003.
const PAIRS: usize = 4000;
/// Width of a bin of cosines.
const BIN: f64 = 0.05;
/// Rows of the own table are this wide.
const D_MODEL: usize = 32;
/// Sentences the own table is trained on.
const SENTENCES: usize = 4000;
/// Words on either side that predict the one between.
const REACH: usize = 2;
/// Places predicted at once.
const BATCH: usize = 512;
/// Rows of the own table that no sentence ever uses, as the spare tokens in BERT's.
const UNSAID: usize = 64;
/// Some seven times through the corpus.
const STEPS: usize = 400;
/// AdamW's step.
const LEARNING_RATE: f64 = 0.02;
/// Trained values differ by processor and number of threads.
const BAND: f64 = 0.15;

/// A table of vectors, and whose each row is.
struct Space {
    /// What the figures' names add: empty for the lesson's own.
    name: &'static str,
    /// Whose table it is, in the figures' titles.
    whose: &'static str,
    /// What it is, in a sentence.
    what: String,
    table: Tensor<2>,
    words: Vec<String>,
    /// Rows of the same training that stand for nothing that was ever said.
    unsaid: Tensor<2>,
}

/// Cosines of random pairs.
struct Crowd {
    words: Vec<f64>,
    centred: Vec<f64>,
    unsaid: Vec<f64>,
    random: Vec<f64>,
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
    say_measures(&mut report, run.device);
    show(&mut report, &own_space(run), run.seed);
    match run.minilm {
        Some(folder) => show(&mut report, &minilm_space(folder, run.device)?, run.seed),
        None => report
            .say("The same for all-MiniLM-L6-v2's table: run `cargo rungs fetch minilm` first."),
    }
    Ok(report)
}

/// Which axes go in and which come out.
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

fn say_measures(report: &mut Report, device: &Device) {
    report.say("Three measures of four pairs of vectors:");
    let pairs = [
        ([3.0, 4.0], [4.0, 3.0]),
        ([3.0, 4.0], [4000.0, 3000.0]),
        ([3.0, 4.0], [-4.0, 3.0]),
        ([3.0, 4.0], [0.0, 0.0]),
    ];
    let a = Tensor::<2>::from_floats(pairs.map(|pair| pair.0), device);
    let b = Tensor::<2>::from_floats(pairs.map(|pair| pair.1), device);
    let measured = [dot(a.clone(), b.clone()), cosine(a.clone(), b.clone()), euclidean(a, b)]
        .map(|m| numbers(&m));
    let mut table = Table::new(["a", "b", "dot", "cosine", "Euclidean"]);
    for (i, (a, b)) in pairs.iter().enumerate() {
        let [dot, cosine, euclidean] = [0, 1, 2].map(|m| format!("{:.2}", measured[m][i]));
        table.row([format!("{a:?}"), format!("{b:?}"), dot, cosine, euclidean]);
    }
    report.table(&table);
    report.say(
        "Only the cosine does not care that b is a thousand times longer. The zero vector points \
            nowhere:",
    );
    report.say("its cosine is 0 by convention.");
    report.say("");
}

/// The lesson's own space: a table trained to predict a word of the toy world from its neighbours.
fn own_space(run: &Run) -> Space {
    let device = run.device.clone().autodiff();
    let words: Vec<String> = World::vocabulary().into_iter().map(String::from).collect();
    let (contexts, centres) = places(&words, run.seed);
    let (table, losses) = train(words.len(), &contexts, &centres, &device, run.seed);
    let rows = table.weight.val().inner();
    let (table, unsaid) =
        (rows.clone().narrow(0, 0, words.len()), rows.narrow(0, words.len() + 1, UNSAID));
    let what = format!(
        "A table of {} words x {D_MODEL}, trained here: {STEPS} steps of predicting a word of the \
            toy world from the {REACH} on either side ({:.2} nats before, {:.2} after).",
        words.len(),
        losses[0],
        losses[losses.len() - 1],
    );
    Space { name: "", whose: "this lesson's table", what, table, words, unsaid }
}

/// Every place in the corpus: its neighbours (the row after the last word stands for the sentence's
/// edge), its word.
fn places(words: &[String], seed: u64) -> (Vec<[u32; 2 * REACH]>, Vec<u32>) {
    let id = |word: &str| words.partition_point(|other| other.as_str() < word) as u32;
    let edge = words.len() as u32;
    let (mut contexts, mut centres) = (Vec::new(), Vec::new());
    for sentence in World::sentences(seed).take(SENTENCES) {
        let mut ids = vec![edge; REACH];
        ids.extend(sentence.words.iter().map(|word| id(&word.text)));
        ids.extend([edge; REACH]);
        for window in ids.windows(2 * REACH + 1) {
            contexts.push(std::array::from_fn(|i| window[if i < REACH { i } else { i + 1 }]));
            centres.push(window[REACH]);
        }
    }
    (contexts, centres)
}

/// logits = mean(rows of the neighbours) x table^T: one table on both sides, as in BERT (Press and
/// Wolf 2017). After the words' rows come the sentence edge's and the unsaid ones, which never are
/// a neighbour nor the answer.
fn train(
    vocab: usize,
    contexts: &[[u32; 2 * REACH]],
    centres: &[u32],
    device: &Device,
    seed: u64,
) -> (TokenEmbedding, Vec<f64>) {
    let mut table = TokenEmbeddingConfig::new(vocab + 1 + UNSAID, D_MODEL)
        .with_initializer_std(0.1)
        .init(device);
    let mut optimizer = AdamWConfig::new().with_weight_decay(0.0).init();
    let mut random = StdRng::seed_from_u64(seed);
    let mut losses = Vec::with_capacity(STEPS);
    for _ in 0..STEPS {
        let batch: Vec<usize> = (0..BATCH).map(|_| random.random_range(0..centres.len())).collect();
        let neighbours: Vec<u32> = batch.iter().flat_map(|&place| contexts[place]).collect();
        let targets: Vec<u32> = batch.iter().map(|&place| centres[place]).collect();
        let neighbours =
            Tensor::<2, Int>::from_data(TensorData::new(neighbours, [BATCH, 2 * REACH]), device);
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [BATCH]), device);
        let context = table.forward(neighbours).mean_dim(1).squeeze_dim::<2>(1); // [batch, d_model]
        let logits = context.matmul(table.weight.val().transpose());
        let loss = cross_entropy(logits, targets);
        losses.push(loss.clone().into_scalar::<f64>());
        let gradients = GradientsParams::from_grads(loss.backward(), &table);
        table = optimizer.step(LEARNING_RATE, table, gradients);
    }
    (table, losses)
}

/// The first thing in all-MiniLM-L6-v2: its table of tokens, before any layer.
fn minilm_space(folder: &Path, device: &Device) -> Result<Space> {
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
    let all: Vec<String> =
        (0..vocab).map(|id| tokenizer.token(id as u32).unwrap_or_default()).collect();
    let whole = |token: &str| !token.is_empty() && token.chars().all(char::is_alphanumeric);
    let table = weights.tensor::<2>(TABLE, [vocab, d_model], device)?;
    let choose = |wanted: &dyn Fn(&str) -> bool| {
        let ids: Vec<i64> = (0..vocab as i64).filter(|&id| wanted(&all[id as usize])).collect();
        let words = ids.iter().map(|&id| all[id as usize].clone()).collect::<Vec<_>>();
        let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [words.len()]), device);
        (table.clone().select(0, ids), words)
    };
    let (words_table, words) = choose(&whole);
    let (unsaid, spare) = choose(&|token| token.starts_with("[unused"));
    anyhow::ensure!(
        words.len() > 1 && spare.len() > 1,
        "{}: expected BERT's vocabulary",
        folder.display()
    );
    let what = format!(
        "all-MiniLM-L6-v2's own table, before any layer: {} whole words of its {vocab} tokens x \
            {d_model}.",
        words.len()
    );
    Ok(Space {
        name: "minilm-",
        whose: "MiniLM's token table",
        what,
        table: words_table,
        words,
        unsaid,
    })
}

fn show(report: &mut Report, space: &Space, seed: u64) {
    report.say(&space.what);
    say_nearest(report, space);
    let cosines = twelve(space);
    let (within, between) = groups(&cosines);
    report.say(format!(
        "The textbook's twelve words: mean cosine {within:.3} within a group, {between:.3} \
            between groups."
    ));
    report.say("");
    say_textbook(report, space);
    let crowd = crowd(space, seed);
    say_crowd(report, space, &crowd);
    report.figure(nearest_figure(space, cosines));
    report.figure(cone_figure(space, &crowd));
}

fn say_nearest(report: &mut Report, space: &Space) {
    let asked: Vec<&str> = ["cat", "apple", "run", "france", "king", "happy", "bank"]
        .into_iter()
        .filter(|w| index(space, w).is_some())
        .collect();
    let mut table = Table::new(["word", "nearest, with cosine"]);
    for (word, neighbours) in
        asked.iter().zip(nearest(rows(space, &asked), space.table.clone(), NEIGHBOURS + 1))
    {
        let others = neighbours.into_iter().filter(|&(row, _)| space.words[row] != *word);
        let shown: Vec<String> = others
            .take(NEIGHBOURS)
            .map(|(row, cosine)| format!("{} {cosine:.2}", space.words[row]))
            .collect();
        table.row([word.to_string(), shown.join(", ")]);
    }
    report.table(&table);
}

/// What the textbook says of pairs of words, beside what this table says of them.
fn say_textbook(report: &mut Report, space: &Space) {
    let known = WORD_PAIRS
        .iter()
        .filter(|(a, b, _)| index(space, a).is_some() && index(space, b).is_some());
    let known: Vec<_> = known.collect();
    let of = |side: fn(&(&'static str, &'static str, f64)) -> &'static str| {
        rows(space, &known.iter().map(|pair| side(pair)).collect::<Vec<_>>())
    };
    let cosines = numbers(&cosine(of(|pair| pair.0), of(|pair| pair.1)));
    let mut table = Table::new(["pair", "the textbook", "this table"]);
    for ((a, b, textbook), cosine) in known.iter().zip(cosines) {
        table.row([format!("{a}, {b}"), format!("{textbook:.2}"), format!("{cosine:.2}")]);
    }
    report.table(&table);
}

/// Cosine of each of the twelve words with each.
fn twelve(space: &Space) -> Vec<Vec<f64>> {
    let rows = rows(space, &TWELVE);
    numbers(&pairwise(rows.clone(), rows)).chunks(TWELVE.len()).map(<[f64]>::to_vec).collect()
}

/// Mean cosine of two different words of one group, and of two groups.
fn groups(cosines: &[Vec<f64>]) -> (f64, f64) {
    let (mut within, mut between) = (Vec::new(), Vec::new());
    for (i, row) in cosines.iter().enumerate() {
        for (j, &cosine) in row.iter().enumerate().filter(|&(j, _)| j != i) {
            if i / GROUP == j / GROUP { within.push(cosine) } else { between.push(cosine) }
        }
    }
    (mean(&within), mean(&between))
}

/// Cosines of random pairs: of words' rows, of the same less their mean, of unsaid rows, of random
/// vectors.
fn crowd(space: &Space, seed: u64) -> Crowd {
    let device = space.table.device();
    let d_model = space.table.dims()[1];
    let mut random = StdRng::seed_from_u64(seed);
    let noise = || Tensor::<2>::random([PAIRS, d_model], Distribution::Normal(0.0, 1.0), &device);
    Crowd {
        words: of_pairs(&space.table, &mut random),
        centred: of_pairs(&(space.table.clone() - space.table.clone().mean_dim(0)), &mut random),
        unsaid: of_pairs(&space.unsaid, &mut random),
        random: numbers(&cosine(noise(), noise())),
    }
}

/// Cosines of random pairs of two different rows.
fn of_pairs(table: &Tensor<2>, random: &mut StdRng) -> Vec<f64> {
    let vectors = table.dims()[0] as i64;
    let first: Vec<i64> = (0..PAIRS).map(|_| random.random_range(0..vectors)).collect();
    let second = first.iter().map(|i| (i + random.random_range(1..vectors)) % vectors).collect();
    let rows = |ids: Vec<i64>| {
        let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [PAIRS]), &table.device());
        table.clone().select(0, ids)
    };
    numbers(&cosine(rows(first), rows(second)))
}

fn say_crowd(report: &mut Report, space: &Space, crowd: &Crowd) {
    report.say(format!("{PAIRS} random pairs, their cosine:"));
    let mut table = Table::new(["of", "mean", "standard deviation"]);
    for (name, cosines) in [
        ("words", &crowd.words),
        ("words, the mean row taken away", &crowd.centred),
        ("rows that were never said", &crowd.unsaid),
        ("random vectors", &crowd.random),
    ] {
        let centre = mean(cosines);
        let spread = mean(&cosines.iter().map(|c| (c - centre).powi(2)).collect::<Vec<_>>()).sqrt();
        table.row([name.into(), format!("{centre:.3}"), format!("{spread:.3}")]);
    }
    report.table(&table);
    report.say(format!(
        "{} rows stand for nothing that was ever said. A softmax pushes such rows away from every \
            answer, all the same",
        space.unsaid.dims()[0]
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

fn nearest_figure(space: &Space, values: Vec<Vec<f64>>) -> Figure {
    let names: Vec<String> = TWELVE.map(String::from).to_vec();
    let (within, between) = groups(&values);
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
            marks: Marks::Heatmap { values, columns: names.clone(), rows: names },
        }],
    }
}

fn cone_figure(space: &Space, crowd: &Crowd) -> Figure {
    let panel = |name: &str, cosines: &[f64]| Panel {
        title: name.into(),
        x: Axis::linear("cosine of a random pair"),
        y: Axis::linear("share of pairs (per bin of 0.05)"),
        marks: Marks::Lines(vec![
            Line::new(name, histogram(cosines)),
            Line::new("random vectors", histogram(&crowd.random)),
        ]),
    };
    Figure {
        name: format!("03-{}cone", space.name),
        title: format!("What is never said ends up in a cone: random pairs of {}", space.whose),
        alt: format!(
            "Distributions of the cosines of random pairs, each beside that of random vectors, \
                which lie around 0. Left: words, spread around {:.2}. Right: rows that no text \
                ever held, a peak around {:.2}: they all point the same way.",
            mean(&crowd.words),
            mean(&crowd.unsaid)
        ),
        band: BAND,
        panels: vec![panel("words", &crowd.words), panel("rows never said", &crowd.unsaid)],
    }
}

/// The share of cosines in each bin of -1..1, at the bin's middle.
fn histogram(cosines: &[f64]) -> Vec<(f64, f64)> {
    let bins = (2.0 / BIN).round() as usize;
    let mut counts = vec![0; bins];
    for cosine in cosines {
        counts[(((cosine + 1.0) / BIN) as usize).min(bins - 1)] += 1;
    }
    let middle = |bin: usize| -1.0 + (bin as f64 + 0.5) * BIN;
    counts
        .iter()
        .enumerate()
        .map(|(bin, &count)| (middle(bin), f64::from(count) / cosines.len() as f64))
        .collect()
}

/// The rows of these words, in order: `[words, d_model]`. Words that the space lacks are left out.
fn rows(space: &Space, words: &[&str]) -> Tensor<2> {
    let ids: Vec<i64> =
        words.iter().filter_map(|word| index(space, word)).map(|row| row as i64).collect();
    let count = ids.len();
    let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [count]), &space.table.device());
    space.table.clone().select(0, ids)
}

fn index(space: &Space, word: &str) -> Option<usize> {
    space.words.iter().position(|other| other == word)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}
