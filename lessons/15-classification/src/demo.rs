//! What this lesson shows: labels for words never seen, what each layer knows, a head for every
//! token, and what was recorded on real reviews.

mod layers;
mod reviews;
mod tags;

use anyhow::Result;
use burn::tensor::Tensor;
use course::metrics::{Confusion, accuracy};
use course::{Axis, Figure, Marks, Panel, Report, Run, Step, Table};
use data::World;
use encoder::toy::toy_bert;
use sentences::SentenceEncoder;

use crate::baseline::{BagOfWords, majority};
use crate::{LogisticRegression, likeliest, one_hot};

/// Steps of pretraining of the tiny encoder.
const STEPS: usize = 600;
/// What the feelings of [`World::feelings`] are called here, in their order.
const FEELINGS: [&str; 5] = ["happy", "sad", "angry", "tired", "afraid"];
/// Words of each feeling that are learnt from; the others are asked for.
const LEARNT: usize = 2;
/// How a feeling is said.
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
    feelings(&encoder, &mut report)?;
    layers::layers(&encoder, run, &mut report)?;
    tags::tags(&tiny, run, &mut report)?;
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

/// Sentences on feelings, and their numbers: with the words to learn from, or with the others.
fn sayings(learnt: bool) -> (Vec<String>, Vec<usize>) {
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    for (number, words) in World::feelings().into_iter().enumerate() {
        let words = if learnt { &words[..LEARNT] } else { &words[LEARNT..] };
        for word in words {
            for frame in FRAMES {
                texts.push(frame.replace("{}", word));
                numbers.push(number);
            }
        }
    }
    (texts, numbers)
}

/// Five feelings, each learnt from two words and asked for in others.
fn feelings(encoder: &SentenceEncoder, report: &mut Report) -> Result<()> {
    let ((learnt, learnt_numbers), (asked, truth)) = (sayings(true), sayings(false));
    let labels = FEELINGS.len();
    let x: Tensor<2> = encoder.embed_matrix(&learnt)?;
    let regression = LogisticRegression::as_scikit_learn(10.0, learnt.len(), labels);
    let head = regression.fit(x.clone(), one_hot(&learnt_numbers, labels, &x.device()));
    let said = likeliest(head.forward(encoder.embed_matrix(&asked)?));
    let bag = BagOfWords::fit(&learnt, &learnt_numbers, labels);
    let mut by_words = Vec::new();
    for text in &asked {
        by_words.push(bag.predict(text));
    }
    let commonest = vec![majority(&learnt_numbers, labels); asked.len()];
    report.say(format!(
        "Five feelings, learnt from {} sentences with two words each (\"I am glad.\"), asked for \
            in {} sentences with\n\
            other words (\"I am cheerful.\"):",
        learnt.len(),
        asked.len()
    ));
    let confusion = Confusion::new(labels, &said, &truth);
    let mut table = Table::new(["by", "accuracy", "macro F1"]);
    for (name, said) in [
        ("the commonest label", &commonest),
        ("bag of words", &by_words),
        ("logistic regression", &said),
    ] {
        let right = format!("{:.1}%", 100.0 * accuracy(said, &truth));
        table.row([
            name,
            &right,
            &format!("{:.3}", Confusion::new(labels, said, &truth).macro_f1()),
        ]);
    }
    report.table(&table);
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
    report.table(&table);
    report.figure(matrix(&confusion));
    Ok(())
}

fn matrix(confusion: &Confusion) -> Figure {
    let names = FEELINGS.map(String::from).to_vec();
    let mut values = Vec::new();
    for row in &confusion.counts {
        let mut counts = Vec::new();
        for &count in row {
            counts.push(count as f64);
        }
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
            y: Axis::linear("what is true (colour: sentences)"),
            marks: Marks::Heatmap { values, columns: names.clone(), rows: names },
        }],
    }
}
