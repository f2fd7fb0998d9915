//! What each layer knows of a word: which it is, its part of speech, its place, its sense.

use std::collections::BTreeMap;

use anyhow::Result;
use burn::tensor::{Tensor, TensorData};
use course::metrics::accuracy;
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};
use data::{Sentence, World};
use sentences::SentenceEncoder;

use crate::baseline::majority;
use crate::{LogisticRegression, likeliest, one_hot};

/// Sentences to train on.
const TRAIN: usize = 240;
/// Sentences to test with: their 992 words resolve a tenth of a per cent.
const TEST: usize = 120;
/// Seeds of the sentences, added to the run's; lessons 11 and 14 use 1 to 3.
const TRAIN_SEED: u64 = 4;
const TEST_SEED: u64 = 5;
/// Steps of the search for a head, enough to compare layers: on layer 0 of MiniLM they get every
/// test word right that the training sentences have, but for two.
const STEPS: usize = 40;
/// Places that are asked for: those which nearly every sentence has.
const PLACES: usize = 7;
const QUESTIONS: [&str; 4] = ["which word", "part of speech", "place", "sense of \"bank\""];

/// A word where it stands, with the answers that a probe is to give.
pub(super) struct ProbedWord {
    /// Vector of its first token, from the layer that is probed.
    pub(super) vector: Vec<f32>,
    /// Answer to each question, if the word has one.
    pub(super) answers: [Option<usize>; 4],
}

/// The words that have an answer to one question, as rows to fit or to test a probe with.
struct ProbeSet {
    /// `[words, d_model]`
    vectors: Tensor<2>,
    answers: Vec<usize>,
}

/// Fits one head per question on every layer.
pub(super) fn layers(encoder: &SentenceEncoder, run: &Run, report: &mut Report) -> Result<()> {
    let last = encoder.reading().layers;
    let train: Vec<Sentence> = World::sentences(run.seed + TRAIN_SEED).take(TRAIN).collect();
    let test: Vec<Sentence> = World::sentences(run.seed + TEST_SEED).take(TEST).collect();
    let mut lines = QUESTIONS.map(|name| Line::new(name, [])).to_vec();
    let mut baselines = [0.0; 4];
    for layer in 0..=last {
        let (train, test) = (words(encoder, layer, &train)?, words(encoder, layer, &test)?);
        for (question, line) in lines.iter_mut().enumerate() {
            let (right, baseline) = probe_accuracy(&train, &test, question, run);
            line.points.push((layer as f64, 100.0 * right));
            baselines[question] = 100.0 * baseline;
        }
    }
    report.say(format!(
        "A linear probe per layer: a head on the vectors of words in {TRAIN} sentences, asked \
            about those of {TEST} others\n\
            (% right; layer 0 is the embeddings' output):"
    ));
    let mut table = Table::new(["layer", QUESTIONS[0], QUESTIONS[1], QUESTIONS[2], QUESTIONS[3]]);
    for layer in 0..=last {
        let mut cells = vec![layer.to_string()];
        for line in &lines {
            cells.push(format!("{:.1}", line.points[layer].1));
        }
        table.row(cells);
    }
    let mut cells = vec!["commonest".to_string()];
    for share in baselines {
        cells.push(format!("{share:.1}"));
    }
    table.row(cells);
    report.keyed_table("probes", &table);
    report.figure(Figure {
        name: "15-layers".into(),
        title: "What a linear head reads off each layer".into(),
        alt: "Accuracy of linear probes by layer. The place of a word is read best early and \
            fades; the part of speech and which word it is fade little; the sense of bank is \
            certain from layer 1 on."
            .into(),
        band: 6.0, // per cent: a search of 40 steps ends elsewhere on another processor
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("layer"),
            y: Axis::linear("right answers (%)"),
            marks: Marks::Lines(lines),
        }],
    });
    Ok(())
}

/// Accuracy of a probe on words of the test sentences, and of the majority class.
pub(super) fn probe_accuracy(
    train: &[ProbedWord],
    test: &[ProbedWord],
    question: usize,
    run: &Run,
) -> (f64, f64) {
    let train = with_answer_to(question, train, run);
    let test = with_answer_to(question, test, run);
    let mut n_labels = 1;
    for &answer in train.answers.iter().chain(&test.answers) {
        n_labels = n_labels.max(answer + 1);
    }
    let truth = &test.answers;
    let regression = LogisticRegression::new().with_steps(STEPS);
    let head = regression.fit(train.vectors, one_hot(&train.answers, n_labels, run.device));
    let predicted = likeliest(head.forward(test.vectors));
    let by_majority = vec![majority(&train.answers, n_labels); truth.len()];
    (accuracy(&predicted, truth), accuracy(&by_majority, truth))
}

/// The words that have an answer to a question.
fn with_answer_to(question: usize, words: &[ProbedWord], run: &Run) -> ProbeSet {
    let (mut vectors, mut answers): (Vec<f32>, Vec<usize>) = (Vec::new(), Vec::new());
    for word in words {
        if let Some(answer) = word.answers[question] {
            vectors.extend(&word.vector);
            answers.push(answer);
        }
    }
    let (rows, d_model) = (answers.len(), vectors.len() / answers.len());
    let vectors = Tensor::from_data(TensorData::new(vectors, [rows, d_model]), run.device);
    ProbeSet { vectors, answers }
}

/// Every word of the sentences: the vector of its first token after a layer, and the answers.
fn words(
    encoder: &SentenceEncoder,
    layer: usize,
    sentences: &[Sentence],
) -> Result<Vec<ProbedWord>> {
    let mut number_of = BTreeMap::new();
    for (number, word) in World::vocabulary().into_iter().enumerate() {
        number_of.insert(word, number);
    }
    let texts: Vec<String> = sentences.iter().map(ToString::to_string).collect();
    let mut words = Vec::new();
    for (number, tokens) in encoder.embed_tokens(&texts, layer)?.into_iter().enumerate() {
        let (sentence, text) = (&sentences[number], &texts[number]);
        for (place, start) in starts(sentence, text).into_iter().enumerate() {
            let Some(first) = token_at(&tokens.encoding.offsets, start) else { continue };
            let word = &sentence.words[place];
            let answers = [
                number_of.get(&word.text[..]).copied(),
                Some(word.tag as usize),
                if place < PLACES { Some(place) } else { None },
                word.sense.map(|sense| sense as usize),
            ];
            words.push(ProbedWord { vector: tokens.vectors[first].clone(), answers });
        }
    }
    Ok(words)
}

/// The token that begins at a byte of its text, special tokens left out: those have no length.
pub(super) fn token_at(offsets: &[(usize, usize)], start: usize) -> Option<usize> {
    offsets.iter().position(|&(from, to)| from == start && to > from)
}

/// Where each word of a sentence begins in its text, in bytes.
pub(super) fn starts(sentence: &Sentence, text: &str) -> Vec<usize> {
    let text = text.to_lowercase();
    let mut starts = Vec::new();
    let mut end = 0; // of the word before
    for word in &sentence.words {
        let start = end + text[end..].find(&word.text).unwrap_or(0);
        starts.push(start);
        end = start + word.text.len();
    }
    starts
}
