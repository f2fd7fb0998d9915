//! What the lesson shows: one gradient computed two ways, the toy world learnt from its sentences,
//! and what one vector per word cannot say.

pub mod picture;

use anyhow::Result;
use burn::module::Param;
use burn::tensor::{Device, Int, Tensor};
use course::{Axis, Bar, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::{Vocabulary, World};
use similarity::{nearest, pairwise};

use crate::analogy::WORDS;
use crate::toy::{EPOCHS, WIDTH, toy_vectors, toy_vectors_of};
use crate::{
    Gradient, Score, SkipGram, Space, TrainedVectors, Word2VecConfig, fresh_loss, gradient,
    keep_probability, noise_distribution,
};

/// How many epochs the shorter trainings have, for the figure of accuracies.
const FEWER: [usize; 4] = [1, 2, 4, 8];
/// How far a cosine or an accuracy of what was trained may differ from the recorded one: it depends
/// on the processor.
const BAND: f64 = 0.15;
/// How far a loss may differ, which is the mean of thousands of windows.
const LOSS_BAND: f64 = 0.05;
/// Numbers of a vector that are tried, and how often the corpus is read for each.
const WIDTHS: [usize; 7] = [2, 4, 8, 16, 32, WIDTH, 128];
const EPOCHS_FOR_WIDTHS: usize = 8;
/// Questions a, b, c that are shown with their answers: b - a + c.
const QUESTIONS: [[&str; 3]; 3] =
    [["man", "king", "woman"], ["france", "paris", "japan"], ["walk", "walked", "swim"]];
/// How far a figure of shares may differ from the recorded one: numbers lose their last bit on the
/// way into JSON and back.
const ROUNDED: f64 = 1e-12;
/// How many neighbours of a word are listed.
const NEIGHBOURS: usize = 5;
/// The two senses of "bank", and words that belong to each.
const SENSES: [(&str, [&str; 5]); 2] = [
    ("money", ["deposits", "borrows", "cash", "loan", "account"]),
    ("river", ["muddy", "grassy", "steep", "river", "mud"]),
];

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// If the words cannot be kept in a temporary file.
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::window());
    say_gradient(&mut report, run);
    let (vocabulary, trained) = toy_vectors(run.seed, EPOCHS)?;
    say_training(&mut report, &vocabulary, &trained);
    report.figure(thinning_figure(&vocabulary));
    report.figure(loss_figure(&trained));
    let space = Space::new(vocabulary.words, trained.vectors, run.device);
    say_neighbours(&mut report, &space);
    say_questions(&mut report, &space);
    let scores = space.score(&World::analogies());
    say_scores(&mut report, &space, &scores);
    report.figure(epochs_figure(run, &scores)?);
    let widths = accuracies_by_width(run)?;
    say_widths(&mut report, &widths);
    report.figure(widths_figure(&widths));
    say_bank(&mut report, &space);
    report.figure(bank_figure(&space));
    Ok(report)
}

/// The shapes of a window's tensors, from the word ids to the loss.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("contexts", "contexts"),
        Step::new("targets", "1 + k", "the middle word, then k of noise", []),
        Step::new("v", "contexts, d_model", "rows of the input table", ["contexts"]),
        Step::new("u", "1 + k, d_model", "rows of the output table", ["targets"]),
        Step::new("scores", "contexts, 1 + k", "every v_i . u_j", ["v", "u"]),
        Step::new("loss", "", "-log sigmoid of the first, of minus the others; nats", ["scores"]),
    ];
    let alt = "Shapes of a window: the words in reach [contexts] pick rows v [contexts, d_model] \
        of the input table; the middle word and k noise words pick rows u [1 + k, d_model] of the \
        output table; every v with every u makes scores [contexts, 1 + k], and those one loss.";
    Figure::shapes(
        "04-shapes",
        "One window: the words around tell the middle one from noise",
        alt,
        steps,
    )
}

/// Reports the gradient of the chapter's one pair, by hand and by autodiff.
fn say_gradient(report: &mut Report, run: &Run) {
    let (v, u) = ([1.0, 0.0], [1.0, 1.0, -1.0, 2.0]);
    let by_hand = gradient(&v, &u, 2);
    let by_autodiff = by_autodiff(&v, &u, &run.device.clone().autodiff());
    report.say("One word v = (1, 0), its neighbour u_0 = (1, 1), one noise word u_1 = (-1, 2):");
    let mut table = Table::new(["", "loss", "dL/dv", "dL/du_0", "dL/du_1"]);
    for (name, found) in [("by hand", by_hand), ("by autodiff", by_autodiff)] {
        table.row([
            name.into(),
            format!("{:.4}", found.loss),
            point(&found.v),
            point(&found.u[..2]),
            point(&found.u[2..]),
        ]);
    }
    report.table(&table);
}

/// Two numbers as a point, without a negative zero.
fn point(x: &[f32]) -> String {
    format!("({:.4}, {:.4})", x[0], x[1] + 0.0)
}

/// Loss and gradient of one word, its neighbour and one noise word, of width 2.
fn by_autodiff(v: &[f32; 2], u: &[f32; 4], device: &Device) -> Gradient {
    let mut model = SkipGram::init(2, 2, device);
    let input = Tensor::from_floats([[v[0], v[1]], [0.0, 0.0]], device).require_grad();
    let output = Tensor::from_floats([[u[0], u[1]], [u[2], u[3]]], device).require_grad();
    model.input.weight = Param::from_tensor(input.clone());
    model.output.weight = Param::from_tensor(output.clone());
    let word = Tensor::<1, Int>::from_ints([0], device);
    let noise_words = Tensor::<2, Int>::from_ints([[1]], device);
    let loss = model.forward(word.clone(), word, noise_words);
    let gradients = loss.backward();
    let input_gradient = input.grad(&gradients).expect("input requires a gradient");
    let output_gradient = output.grad(&gradients).expect("output requires a gradient");
    Gradient {
        loss: loss.into_scalar::<f64>(),
        v: numbers(&input_gradient)[..2].to_vec(),
        u: numbers(&output_gradient),
    }
}

/// Reports the loss of the training, and how often some words are trained on and drawn as noise.
fn say_training(report: &mut Report, vocabulary: &Vocabulary, trained: &TrainedVectors) {
    let Vocabulary { words, corpus_words, .. } = vocabulary;
    report.say(format!(
        "The toy world: {corpus_words} words, {} different ones, each a vector of {WIDTH} numbers, \
            read {EPOCHS} times.",
        words.len()
    ));
    report.band(LOSS_BAND);
    report.number("loss-first", "nats per pair in the first epoch", two(trained.losses[0]));
    report.number("loss-second", "nats per pair in the second epoch", two(trained.losses[1]));
    let last = two(trained.losses[EPOCHS - 1]);
    report.number("loss-last", "nats per pair in the last epoch", last);
    report.say(format!(
        "Nats per pair against 5 noise words: 6 ln 2 = {:.2} at the start, {:.2} in the first \
            epoch, {:.2} in the last.",
        fresh_loss(Word2VecConfig::new().negative),
        trained.losses[0],
        trained.losses[EPOCHS - 1]
    ));
    report.band(0.0);
    report.say("");
    let mut table = Table::new(["word", "times", "kept", "as noise"]);
    let noise_shares = noise_distribution(&vocabulary.counts);
    let shares = shares(vocabulary);
    for word in ["the", "is", "cat", "france", "granddaughter"] {
        if let Some(id) = vocabulary.id(word) {
            let share = shares[id as usize];
            let kept = keep_probability(share, Word2VecConfig::new().sample);
            table.row([
                word.into(),
                format!("{:.2}%", 100.0 * share),
                format!("{:.0}%", 100.0 * kept),
                format!("{:.2}%", 100.0 * noise_shares[id as usize]),
            ]);
        }
    }
    report.table(&table);
}

/// A number with two decimals.
fn two(number: f64) -> String {
    format!("{number:.2}")
}

/// The share of the corpus that each word makes up.
fn shares(vocabulary: &Vocabulary) -> Vec<f64> {
    let all: u64 = vocabulary.counts.iter().sum();
    let mut shares = Vec::with_capacity(vocabulary.counts.len());
    for &count in &vocabulary.counts {
        shares.push(count as f64 / all as f64);
    }
    shares
}

/// Reports the nearest words of some words.
fn say_neighbours(report: &mut Report, space: &Space) {
    let mut table = Table::new(["word", "nearest, with cosine"]);
    for word in ["cat", "apple", "run", "france", "king", "happy", "bank"] {
        if let Some(row) = space.row(word) {
            let found = listed(space, &space.neighbours(row, NEIGHBOURS));
            report.words(&format!("near-{word}"), &format!("nearest words of {word}"), &found);
            table.row([word.into(), found]);
        }
    }
    report.loose_table(&table);
}

/// Words and cosines on one line.
fn listed(space: &Space, found: &[(usize, f32)]) -> String {
    let mut shown = Vec::with_capacity(found.len());
    for (row, cosine) in found {
        shown.push(format!("{} {cosine:.2}", space.words()[*row]));
    }
    shown.join(", ")
}

/// Reports the answers to the textbook's questions, with and without their own words among them.
fn say_questions(report: &mut Report, space: &Space) {
    for [a, b, c] in QUESTIONS {
        let rows = [a, b, c].map(|word| space.row(word).expect("a word of the toy world"));
        let answers = listed(space, &space.analogy(rows, NEIGHBOURS));
        let all = listed(space, &nothing_left_out(space, rows, NEIGHBOURS));
        let question = format!("{b} - {a} + {c}");
        report.words(&format!("{b}-answers"), &question, &answers);
        report.words(&format!("{b}-all"), &format!("{question}, no word left out"), &all);
        report.say_loosely(format!("{question}: {answers}"));
        report.say_loosely(format!("the same, the three words not left out: {all}"));
    }
    report.say("");
}

/// The `k` nearest words to b - a + c, the question's own words included: rows and cosines.
fn nothing_left_out(space: &Space, question: [usize; 3], k: usize) -> Vec<(usize, f32)> {
    nearest(space.queries(&[question]), space.table().clone(), k).remove(0)
}

/// Reports the accuracy of each section, with and without the rule that leaves words out.
fn say_scores(report: &mut Report, space: &Space, scores: &[Score]) {
    report.band(BAND);
    let mut table = Table::new(["section", "right", "questions", "accuracy", "nothing left out"]);
    for (score, section) in scores.iter().zip(World::analogies()) {
        let mut right_with_nothing_left_out = 0;
        for question in &section.questions {
            if is_right_with_nothing_left_out(space, question) {
                right_with_nothing_left_out += 1;
            }
        }
        table.row([
            score.section.clone(),
            score.right.to_string(),
            score.questions.to_string(),
            percent(score.right, score.covered),
            percent(right_with_nothing_left_out, score.covered),
        ]);
    }
    report.keyed_table("analogies", &table);
}

/// The share of each section's questions that are answered right, by width, after a shorter
/// training.
fn accuracies_by_width(run: &Run) -> Result<Vec<(usize, Vec<Score>)>> {
    let mut widths = Vec::with_capacity(WIDTHS.len());
    for width in WIDTHS {
        let (vocabulary, trained) = toy_vectors_of(run.seed, EPOCHS_FOR_WIDTHS, width)?;
        let space = Space::new(vocabulary.words, trained.vectors, run.device);
        widths.push((width, space.score(&World::analogies())));
    }
    Ok(widths)
}

/// Reports those shares.
fn say_widths(report: &mut Report, widths: &[(usize, Vec<Score>)]) {
    report.say(format!(
        "Analogies right by the numbers of a vector, after {EPOCHS_FOR_WIDTHS} epochs:"
    ));
    let mut table = Table::new(["width", "man-woman", "capital", "language", "past", "ing", "all"]);
    for (width, scores) in widths {
        let mut row = vec![width.to_string()];
        let (mut right, mut asked) = (0, 0);
        for score in scores {
            row.push(percent(score.right, score.covered));
            right += score.right;
            asked += score.covered;
        }
        row.push(percent(right, asked));
        table.row(row);
    }
    report.keyed_table("width", &table);
}

/// The figure of those shares.
fn widths_figure(widths: &[(usize, Vec<Score>)]) -> Figure {
    let mut lines = Vec::new();
    for score in &widths[0].1 {
        lines.push(Line::new(&score.section, []));
    }
    for (width, scores) in widths {
        add_accuracies(&mut lines, *width, scores);
    }
    Figure {
        name: "04-width".into(),
        title: "What width buys: analogies of the toy world by numbers per vector".into(),
        alt: "Share of analogy questions answered right over the width of the vectors, from 2 to \
            128, one curve for each of five sections. With two numbers hardly any question is \
            answered. Man and woman and both sections of verbs reach one at 32; capitals and \
            languages still gain from 50 to 128."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("numbers per vector"),
            y: Axis::linear("share answered right"),
            marks: Marks::Lines(lines),
        }],
    }
}

/// The share `part / all` in per cent.
fn percent(part: usize, all: usize) -> String {
    format!("{:.1}%", 100.0 * part as f64 / all as f64)
}

/// Whether the answer is the very nearest word to b - a + c, the question's own words included.
fn is_right_with_nothing_left_out(space: &Space, question: &[String; 4]) -> bool {
    let mut rows = [0; 4];
    for (row, word) in rows.iter_mut().zip(question) {
        *row = space.row(word).expect("the toy world's questions are of its words");
    }
    let [a, b, c, answer] = rows;
    nothing_left_out(space, [a, b, c], 1)[0].0 == answer
}

/// Cosines of "bank" with the words of each of its senses, as bars.
fn bank(space: &Space) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (sense, words) in SENSES {
        for word in words {
            let cosine = pairwise(vector(space, "bank"), vector(space, word));
            bars.push(Bar {
                label: word.into(),
                group: format!("{sense} bank"),
                value: f64::from(numbers(&cosine)[0]),
            });
        }
    }
    bars
}

/// A word's vector, `[1, d_model]`.
fn vector(space: &Space, word: &str) -> Tensor<2> {
    let row = space.row(word).expect("a word of the toy world");
    space.table().clone().narrow(WORDS, row, 1)
}

/// Reports the cosines of "bank" with the words of each of its senses.
fn say_bank(report: &mut Report, space: &Space) {
    for bars in bank(space).chunks(SENSES[0].1.len()) {
        let mut shown = Vec::with_capacity(bars.len());
        for Bar { label, value, .. } in bars {
            let key = format!("bank-{label}");
            report.number(&key, &format!("cosine of bank and {label}"), two(*value));
            shown.push(format!("{label} {value:.2}"));
        }
        report.say(format!("bank beside words of the {}: {}", bars[0].group, shown.join(", ")));
    }
    report.say("One vector per word lies between the two, whatever the sentence.");
}

/// The figure of those cosines.
fn bank_figure(space: &Space) -> Figure {
    Figure {
        name: "04-bank".into(),
        title: "One vector for two banks: cosine of \"bank\" with words of each".into(),
        alt: "Bars of the cosine of the word bank with five words of money (deposits, borrows, \
            cash, loan, account) and five of the river (muddy, grassy, steep, river, mud): words \
            of both kinds are near it."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("word"),
            y: Axis::linear("cosine with \"bank\""),
            marks: Marks::Bars(bank(space)),
        }],
    }
}

/// The figure of what subsampling and the noise distribution make of the words' shares.
fn thinning_figure(vocabulary: &Vocabulary) -> Figure {
    let shares = shares(vocabulary);
    let mut kept = Vec::with_capacity(shares.len());
    for &share in &shares {
        kept.push(share * keep_probability(share, Word2VecConfig::new().sample));
    }
    let lines = vec![
        Line::new("as said", numbered(&shares)),
        Line::new("trained on, after thinning", numbered(&kept)),
        Line::new("drawn as noise", numbered(&noise_distribution(&vocabulary.counts))),
    ];
    Figure {
        name: "04-thinning".into(),
        title: "Frequent words are thinned out, and noise is flatter than speech".into(),
        alt: "Shares of the toy world's words over their rank, both axes logarithmic. As said, \
            the first word has a share of about a fifth and the curve falls steeply. What is \
            trained on is far flatter at the frequent end. Noise lies between the two there, and \
            above both at the rare end."
            .into(),
        band: ROUNDED,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("rank of the word"),
            y: Axis::log("share of all words"),
            marks: Marks::Lines(lines),
        }],
    }
}

/// The points (1, first height), (2, second height) and so on.
fn numbered(heights: &[f64]) -> Vec<(f64, f64)> {
    let mut points = Vec::with_capacity(heights.len());
    for (i, &height) in heights.iter().enumerate() {
        points.push(((i + 1) as f64, height));
    }
    points
}

/// The figure of the loss by epoch, with the computed loss of fresh vectors at 0.
fn loss_figure(trained: &TrainedVectors) -> Figure {
    let mut losses = vec![(0.0, fresh_loss(Word2VecConfig::new().negative))];
    losses.extend(numbered(&trained.losses));
    Figure {
        name: "04-loss".into(),
        title: "Telling neighbours from noise is learnt fast, and never wholly".into(),
        alt: "Loss per pair by epoch. It starts at 6 ln 2 = 4.16 nats, where everything is a \
            guess, has fallen by more than half after one epoch and then falls slowly: a noise \
            word may well be a possible neighbour."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("epoch"),
            y: Axis::linear("loss (nats per pair, 5 noise words)"),
            marks: Marks::Lines(vec![Line::new("mean of the epoch", losses)]),
        }],
    }
}

/// The figure of each section's accuracy after shorter and longer trainings.
fn epochs_figure(run: &Run, last: &[Score]) -> Result<Figure> {
    let mut lines = Vec::with_capacity(last.len());
    for score in last {
        lines.push(Line::new(&score.section, []));
    }
    for epochs in FEWER {
        let (vocabulary, trained) = toy_vectors(run.seed, epochs)?;
        let space = Space::new(vocabulary.words, trained.vectors, run.device);
        add_accuracies(&mut lines, epochs, &space.score(&World::analogies()));
    }
    add_accuracies(&mut lines, EPOCHS, last);
    Ok(Figure {
        name: "04-epochs".into(),
        title: "What is learnt when: analogies of the toy world by length of training".into(),
        alt: "Share of analogy questions answered right over the number of epochs, one curve for \
            each of five sections. Man and woman and both sections of verbs are near one after a \
            single epoch. Capitals and languages begin low and need sixteen."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("epochs"),
            y: Axis::linear("share answered right"),
            marks: Marks::Lines(lines),
        }],
    })
}

/// Adds a point to each section's line: its accuracy after so many epochs.
fn add_accuracies(lines: &mut [Line], epochs: usize, scores: &[Score]) {
    for (line, score) in lines.iter_mut().zip(scores) {
        line.points.push((epochs as f64, score.right as f64 / score.covered as f64));
    }
}

/// The entries of a tensor.
fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}
