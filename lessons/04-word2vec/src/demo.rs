//! What the lesson shows: one step two ways, a toy world learnt from its sentences, and what one
//! vector a word cannot say.

use anyhow::Result;
use burn::tensor::{Device, Int, Tensor};
use course::{Axis, Bar, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::{Vocabulary, World};
use similarity::{nearest, pairwise};

use crate::toy::{D_MODEL, EPOCHS, toy_vectors};
use crate::{
    Score, SkipGram, Space, TrainedVectors, Word2VecConfig, gradient, keep_probability, noise,
};

/// Fewer times, for the figure.
const FEWER: [usize; 4] = [1, 2, 4, 8];
/// TrainedVectors values differ by processor.
const BAND: f64 = 0.15;
/// Shares lose their last bit on the way into JSON and back.
const ROUNDED: f64 = 1e-12;
/// How many neighbours are listed.
const NEIGHBOURS: usize = 5;
/// Words beside each sense of "bank".
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
    say_gradient(&mut report, run);
    let (vocabulary, trained) = toy_vectors(run.seed, EPOCHS)?;
    say_training(&mut report, &vocabulary, &trained);
    report.figure(thinning_figure(&vocabulary));
    report.figure(loss_figure(&trained));
    let space = Space::new(vocabulary.words, trained.vectors, run.device);
    say_neighbours(&mut report, &space);
    say_king(&mut report, &space);
    let scores = space.score(&World::analogies());
    say_scores(&mut report, &space, &scores);
    report.figure(epochs_figure(run, &scores)?);
    say_bank(&mut report, &space);
    report.figure(bank_figure(&space));
    Ok(report)
}

/// Which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("contexts", "contexts"),
        Step::input("targets", "1 + k"),
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

/// The pair that the chapter works on paper, by hand and by autodiff.
fn say_gradient(report: &mut Report, run: &Run) {
    let (v, u) = ([1.0, 0.0], [1.0, 1.0, -1.0, 2.0]);
    let by_hand = gradient(&v, &u, 2);
    let (loss, of_v, of_u) = by_autodiff(&v, &u, &run.device.clone().autodiff());
    report.say("One word v = (1, 0), its neighbour u_0 = (1, 1), one noise word u_1 = (-1, 2):");
    let mut table = Table::new(["", "loss", "dL/dv", "dL/du_0", "dL/du_1"]);
    let point = |x: &[f32]| format!("({:.4}, {:.4})", x[0], x[1] + 0.0); // no negative zero
    for (name, loss, of_v, of_u) in
        [("by hand", by_hand.loss, &by_hand.v, &by_hand.u), ("by autodiff", loss, &of_v, &of_u)]
    {
        table.row([
            name.into(),
            format!("{loss:.4}"),
            point(of_v),
            point(&of_u[..2]),
            point(&of_u[2..]),
        ]);
    }
    report.table(&table);
}

/// Loss, dL/dv and dL/du of one word, its neighbour and one noise word, of width 2.
fn by_autodiff(v: &[f32; 2], u: &[f32; 4], device: &Device) -> (f64, Vec<f32>, Vec<f32>) {
    let table = |rows: &[f32]| Tensor::<1>::from_floats(rows, device).reshape([-1, 2]);
    let mut model = SkipGram::init(2, 2, device);
    model.input.weight = model.input.weight.map(|_| table(&[v[0], v[1], 0.0, 0.0]).require_grad());
    model.output.weight = model.output.weight.map(|_| table(u).require_grad());
    let id = |id: i32| Tensor::<1, Int>::from_ints([id], device);
    let loss = model.forward(id(0), id(0), id(1).reshape([1, 1]));
    let gradients = loss.backward();
    let of = |weight: Tensor<2>| numbers(&weight.grad(&gradients).expect("it was asked for"));
    (
        loss.into_scalar::<f64>(),
        of(model.input.weight.val())[..2].to_vec(),
        of(model.output.weight.val()),
    )
}

fn say_training(report: &mut Report, vocabulary: &Vocabulary, trained: &TrainedVectors) {
    let Vocabulary { words, said, .. } = vocabulary;
    report.say(format!(
        "The toy world: {said} words, {} different ones, each a vector of {D_MODEL} numbers, read \
            {EPOCHS} times.",
        words.len()
    ));
    let of = |epoch: usize| format!("{:.2}", trained.losses[epoch - 1]);
    report.say(format!(
        "Nats per pair against 5 noise words: 6 ln 2 = 4.16 at the start, {} in the first epoch, \
            {} in the last.",
        of(1),
        of(EPOCHS)
    ));
    report.say("");
    let mut table = Table::new(["word", "times", "kept", "as noise"]);
    let all: u64 = vocabulary.counts.iter().sum();
    let noise = noise(&vocabulary.counts);
    for word in ["the", "is", "cat", "france", "granddaughter"] {
        if let Some(id) = vocabulary.id(word).map(|id| id as usize) {
            let share = vocabulary.counts[id] as f64 / all as f64;
            let kept = keep_probability(share, Word2VecConfig::new().sample);
            table.row([
                word.into(),
                format!("{:.2}%", 100.0 * share),
                format!("{:.0}%", 100.0 * kept),
                format!("{:.2}%", 100.0 * noise[id]),
            ]);
        }
    }
    report.table(&table);
}

fn say_neighbours(report: &mut Report, space: &Space) {
    let mut table = Table::new(["word", "nearest, with cosine"]);
    for word in ["cat", "apple", "run", "france", "king", "happy", "bank"] {
        if let Some(row) = space.row(word) {
            table.row([word.into(), listed(space, space.neighbours(row, NEIGHBOURS))]);
        }
    }
    report.table(&table);
}

fn listed(space: &Space, found: Vec<(usize, f32)>) -> String {
    let shown: Vec<String> = found
        .into_iter()
        .map(|(row, cosine)| format!("{} {cosine:.2}", space.words()[row]))
        .collect();
    shown.join(", ")
}

/// One famous question, with and without its own words among the answers.
fn say_king(report: &mut Report, space: &Space) {
    let rows =
        ["man", "king", "woman"].map(|word| space.row(word).expect("the toy world has royals"));
    report.say(format!("king - man + woman: {}", listed(space, space.analogy(rows, NEIGHBOURS))));
    let row = |word: usize| space.table().clone().narrow(0, rows[word], 1);
    let all = nearest(row(1) - row(0) + row(2), space.table().clone(), NEIGHBOURS).remove(0);
    report.say(format!("the same, the three words not left out: {}", listed(space, all)));
    report.say("");
}

fn say_scores(report: &mut Report, space: &Space, scores: &[Score]) {
    let mut table = Table::new(["section", "right", "questions", "accuracy", "nothing left out"]);
    for (score, section) in scores.iter().zip(World::analogies()) {
        let percent = |right: usize| format!("{:.1}%", 100.0 * right as f64 / score.covered as f64);
        let not_left_out =
            section.questions.iter().filter(|question| answers_itself(space, question)).count();
        let (right, all) = (score.right.to_string(), score.questions.to_string());
        table.row([score.section.clone(), right, all, percent(score.right), percent(not_left_out)]);
    }
    report.table(&table);
}

/// Whether the answer is the very nearest word to b - a + c, the question's own words included.
fn answers_itself(space: &Space, question: &[String; 4]) -> bool {
    let rows: Vec<usize> = question.iter().filter_map(|word| space.row(word)).collect();
    let row = |word: usize| space.table().clone().narrow(0, rows[word], 1);
    nearest(row(1) - row(0) + row(2), space.table().clone(), 1)[0][0].0 == rows[3]
}

/// Cosines of "bank" with the words of each of its senses.
fn bank(space: &Space) -> Vec<(&'static str, &'static str, f64)> {
    let row = |word: &str| {
        space.table().clone().narrow(0, space.row(word).expect("a word of the toy world"), 1)
    };
    let cosine = |word: &str| f64::from(numbers(&pairwise(row("bank"), row(word)))[0]);
    let of_sense = |(sense, words): (&'static str, [&'static str; 5])| {
        words.map(|word| (sense, word, cosine(word)))
    };
    SENSES.into_iter().flat_map(of_sense).collect()
}

fn say_bank(report: &mut Report, space: &Space) {
    let cosines = bank(space);
    for (sense, _) in SENSES {
        let shown: Vec<String> = cosines
            .iter()
            .filter(|(of, ..)| *of == sense)
            .map(|(_, word, cosine)| format!("{word} {cosine:.2}"))
            .collect();
        report.say(format!("bank beside words of the {sense} bank: {}", shown.join(", ")));
    }
    report.say("One vector a word lies between the two, whatever the sentence.");
}

fn bank_figure(space: &Space) -> Figure {
    let cosines = bank(space);
    let bar = |&(sense, word, cosine): &(&str, &str, f64)| Bar {
        label: word.into(),
        group: format!("{sense} bank"),
        value: cosine,
    };
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
            marks: Marks::Bars(cosines.iter().map(bar).collect()),
        }],
    }
}

fn thinning_figure(vocabulary: &Vocabulary) -> Figure {
    let all: u64 = vocabulary.counts.iter().sum();
    let share = |count: &u64| *count as f64 / all as f64;
    let kept =
        |count: &u64| share(count) * keep_probability(share(count), Word2VecConfig::new().sample);
    let over_ranks = |shares: Vec<f64>| (1..).map(f64::from).zip(shares).collect::<Vec<_>>();
    let lines = vec![
        Line::new("as said", over_ranks(vocabulary.counts.iter().map(share).collect())),
        Line::new(
            "trained on, after thinning",
            over_ranks(vocabulary.counts.iter().map(kept).collect()),
        ),
        Line::new("drawn as noise", over_ranks(noise(&vocabulary.counts))),
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

fn loss_figure(trained: &TrainedVectors) -> Figure {
    let start = (0.0, 6.0 * std::f64::consts::LN_2);
    let falling =
        [start].into_iter().chain((1..).map(f64::from).zip(trained.losses.iter().copied()));
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
            marks: Marks::Lines(vec![Line::new("mean of the epoch", falling)]),
        }],
    }
}

fn epochs_figure(run: &Run, last: &[Score]) -> Result<Figure> {
    let accuracy = |score: &Score| score.right as f64 / score.covered as f64;
    let mut lines: Vec<Line> = last.iter().map(|score| Line::new(&score.section, [])).collect();
    for epochs in FEWER {
        let (vocabulary, trained) = toy_vectors(run.seed, epochs)?;
        let scores =
            Space::new(vocabulary.words, trained.vectors, run.device).score(&World::analogies());
        for (line, score) in lines.iter_mut().zip(&scores) {
            line.points.push((epochs as f64, accuracy(score)));
        }
    }
    lines
        .iter_mut()
        .zip(last)
        .for_each(|(line, score)| line.points.push((EPOCHS as f64, accuracy(score))));
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

fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}
