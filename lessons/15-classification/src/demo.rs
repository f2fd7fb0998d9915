//! What this lesson shows: labels for words never seen, what each layer knows, a head for every
//! token, and what was recorded on real reviews.

mod entities;
mod layers;
pub mod picture;
mod reviews;
mod tags;

use anyhow::Result;
use burn::nn::Linear;
use burn::tensor::Tensor;
use course::metrics::{Confusion, accuracy};
use course::{Axis, Figure, Marks, Panel, Report, Run, Step, Table};
use data::World;
use encoder::toy::toy_bert;
use sentences::SentenceEncoder;

use crate::baseline::{BagOfWords, majority};
use crate::{Labels, LogisticRegression, ROWS, likeliest, one_hot, probabilities};

/// Steps of pretraining of the tiny encoder, as many as in lesson 11's demo.
const STEPS: usize = 600;
/// What the feelings of [`World::feelings`] are called here, in their order.
const FEELINGS: [&str; 5] = ["happy", "sad", "angry", "tired", "afraid"];
/// The textbook's query, which the course begins with, and the texts that it looks among.
const SEARCH: [&str; 4] =
    ["feeling down", "I'm sad today", "The stock went down", "Happy birthday!"];
/// Words of each feeling to train on; the others are the test. Each feeling has at least three
/// words, so that two leave one to ask for.
const TRAIN_WORDS: usize = 2;
/// scikit-learn's `C` for the feelings: on the 60 training sentences the penalty is then 1/600, in
/// the order of this lesson's default, where scikit-learn's own default of 1 means 1/60.
const C: f64 = 10.0;
/// How far shares may lie from the recorded ones: a close call may fall to the other side, and a
/// search for a head may end elsewhere.
const CLOSE_CALLS: f64 = 0.07;
/// Sentences that name a feeling.
const FRAMES: [&str; 6] = [
    "I feel {} today.",
    "I am {}.",
    "Today I am very {}.",
    "I feel very {}.",
    "She is {} because we lost the game.",
    "He is {} today.",
];

/// Shows the lesson, with the real MiniLM if it was fetched.
///
/// # Errors
///
/// A model folder that cannot be read.
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::line(run.device));
    let toy = toy_bert(run.seed, STEPS, run.device)?;
    let tiny = SentenceEncoder::new(toy.tokenizer, toy.model.bert, run.device)?;
    let encoder = match run.minilm {
        Some(folder) => {
            report.say("Vectors are all-MiniLM-L6-v2's.\n");
            SentenceEncoder::open(folder, run.device)?
        }
        None => {
            report.say(
                "MiniLM is not fetched: vectors are those of a tiny BERT, just pretrained on the \
                toy world.\n",
            );
            tiny.clone()
        }
    };
    report.band(CLOSE_CALLS);
    feelings(&encoder, &tiny, &mut report)?;
    layers::layers(&encoder, run, &mut report)?;
    entities::entities(&encoder, run, &mut report)?;
    tags::tags(&tiny, run, &mut report)?;
    report.band(0.0); // what follows is read from a file
    reviews::recorded(&mut report)?;
    Ok(report)
}

/// Which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("ids", "texts, tokens"),
        Step::new("hidden states", "texts, tokens, d_model", "BERT (lesson 11)", ["ids"]),
        Step::new("vectors", "texts, d_model", "pooling (lesson 14)", ["hidden states"]),
        Step::new("logits", "texts, labels", "x W + b", ["vectors"]),
        Step::new("probabilities", "texts, labels", "softmax, or a sigmoid a label", ["logits"]),
        Step::new(
            "token logits",
            "texts, tokens, labels",
            "x W + b, at every token",
            ["hidden states"],
        ),
    ];
    let alt = "Shapes of classification: ids [texts, tokens] become hidden states and, pooled, \
        vectors [texts, d_model]; a head makes logits and probabilities [texts, labels] of them, \
        and a token head logits [texts, tokens, labels] of the hidden states.";
    Figure::shapes("15-shapes", "From vectors to labels", alt, steps)
}

/// Sentences with the words of each feeling that are trained on, or with the others, and the
/// feelings' numbers: every word in every frame.
fn sentences_with(trained_on: bool) -> (Vec<String>, Vec<usize>) {
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    for (number, words) in World::feelings().iter().enumerate() {
        let (training, test) = words.split_at(TRAIN_WORDS);
        for word in if trained_on { training } else { test } {
            for frame in FRAMES {
                texts.push(frame.replace("{}", word));
                numbers.push(number);
            }
        }
    }
    (texts, numbers)
}

/// A head for the feelings, fitted to an encoder's vectors of the training sentences.
fn fitted(encoder: &SentenceEncoder) -> Result<Linear> {
    let (training, numbers) = sentences_with(true);
    let x: Tensor<2> = encoder.embed_matrix(&training)?;
    let regression = LogisticRegression::as_scikit_learn(C, training.len(), FEELINGS.len());
    Ok(regression.fit(x.clone(), one_hot(&numbers, FEELINGS.len(), &x.device())))
}

/// Five feelings, each trained on two words and asked for in others.
fn feelings(real: &SentenceEncoder, tiny: &SentenceEncoder, report: &mut Report) -> Result<()> {
    let ((training, numbers), (test, truth)) = (sentences_with(true), sentences_with(false));
    let n_labels = FEELINGS.len();
    let (head, x) = (fitted(real)?, real.embed_matrix(&test)?);
    let by_head = likeliest(head.forward(x));
    let by_tiny = likeliest(fitted(tiny)?.forward(tiny.embed_matrix(&test)?));
    let bag = BagOfWords::fit(&training, &numbers, n_labels);
    let mut by_words = Vec::new();
    for text in &test {
        by_words.push(bag.predict(text));
    }
    let by_majority = vec![majority(&numbers, n_labels); test.len()];
    report.say(format!(
        "Five feelings, learned from {} sentences with two words each (\"I am glad.\"), asked for \
            in {} sentences with\n\
            other words (\"I am cheerful.\"):",
        training.len(),
        test.len()
    ));
    let confusion = Confusion::new(n_labels, &by_head, &truth);
    let mut table = Table::new(["by", "accuracy", "macro F1"]);
    for (name, predicted) in [
        ("the commonest label", &by_majority),
        ("bag of words", &by_words),
        ("logistic regression", &by_head),
        ("the same, tiny BERT", &by_tiny),
    ] {
        let right = format!("{:.1}%", 100.0 * accuracy(predicted, &truth));
        let macro_f1 = Confusion::new(n_labels, predicted, &truth).macro_f1();
        table.row([name, &right, &format!("{macro_f1:.3}")]);
    }
    report.keyed_table("feelings", &table);
    let mut table = Table::new(["feeling", "precision", "recall", "F1", "rows"]);
    for (name, scores) in FEELINGS.iter().zip(confusion.scores()) {
        table.row([
            name.to_string(),
            format!("{:.3}", scores.precision),
            format!("{:.3}", scores.recall),
            format!("{:.3}", scores.f1),
            scores.support.to_string(),
        ]);
    }
    report.keyed_table("feeling", &table);
    report.figure(matrix(&confusion));
    let mut wrong = Vec::new();
    for (row, text) in test.iter().enumerate() {
        if by_head[row] != truth[row] {
            wrong.push(format!("{text} ({})", FEELINGS[by_head[row]]));
        }
    }
    report.say_loosely(format!("Taken for another: {}\n", wrong.join(" ")));
    let [a, b, c, d, e] = FEELINGS;
    let mut table = Table::new(["the textbook's search", a, b, c, d, e]);
    let p = probabilities(head.forward(real.embed_matrix(&SEARCH)?), Labels::One);
    for (text, p) in SEARCH.iter().zip(p.iter_dim(ROWS)) {
        let mut cells = vec![text.to_string()];
        cells.extend(p.into_data().iter::<f64>().map(|p| format!("{p:.3}")));
        table.row(cells);
    }
    report.keyed_table("search", &table);
    Ok(())
}

fn matrix(confusion: &Confusion) -> Figure {
    let names = FEELINGS.map(String::from).to_vec();
    let mut truths = Vec::new();
    let mut values = Vec::new();
    for row in &confusion.counts {
        let mut counts = Vec::new();
        for &count in row {
            counts.push(count as f64);
        }
        truths.push(format!("{} ({})", FEELINGS[values.len()], counts.iter().sum::<f64>()));
        values.push(counts);
    }
    Figure {
        name: "15-confusion".into(),
        title: "Which feeling is taken for which".into(),
        alt: "A confusion matrix of five feelings in words never seen in training: most sentences \
            lie on the diagonal."
            .into(),
        band: 4.0, // sentences: a close call may fall either way
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("what was said"),
            y: Axis::linear("what is true (how many sentences)"),
            marks: Marks::heatmap(values, names, truths, "sentences"),
        }],
    }
}
