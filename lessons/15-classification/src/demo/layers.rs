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

/// Sentences to learn from, and to ask about.
const LEARNT: usize = 240;
const ASKED: usize = 120;
/// Of the search for a head: enough to compare layers.
const STEPS: usize = 40;
/// Places that are asked for: those which nearly every sentence has.
const PLACES: usize = 7;
const QUESTIONS: [&str; 4] = ["which word", "part of speech", "place", "sense of \"bank\""];

/// A word where it stands: its vector, and the answer to each question if it has one.
type Asked = (Vec<f32>, [Option<usize>; 4]);

/// Fits a head a question on every layer.
pub(super) fn layers(encoder: &SentenceEncoder, run: &Run, report: &mut Report) -> Result<()> {
    let mut encoder = encoder.clone();
    let last = encoder.layers;
    let learnt: Vec<Sentence> = World::sentences(run.seed + 4).take(LEARNT).collect();
    let asked: Vec<Sentence> = World::sentences(run.seed + 5).take(ASKED).collect();
    let mut lines: Vec<Line> = QUESTIONS.iter().map(|name| Line::new(name, [])).collect();
    let mut baselines = [0.0; 4];
    for layer in 0..=last {
        encoder.layers = layer;
        let (learnt, asked) = (words(&encoder, &learnt)?, words(&encoder, &asked)?);
        for (question, line) in lines.iter_mut().enumerate() {
            let (right, baseline) = probed(&learnt, &asked, question, run);
            line.points.push((layer as f64, 100.0 * right));
            baselines[question] = 100.0 * baseline;
        }
    }
    report.say(format!(
        "A linear probe a layer: a head on the vectors of words in {LEARNT} sentences, asked \
            about those of {ASKED} others\n\
            (% right; layer 0 is the embeddings' output):"
    ));
    let mut table = Table::new(["layer", QUESTIONS[0], QUESTIONS[1], QUESTIONS[2], QUESTIONS[3]]);
    for layer in 0..=last {
        let cells = lines.iter().map(|line| format!("{:.1}", line.points[layer].1));
        table.row([layer.to_string()].into_iter().chain(cells));
    }
    table.row(
        ["commonest".to_string()].into_iter().chain(baselines.map(|share| format!("{share:.1}"))),
    );
    report.table(&table);
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

/// Accuracy of a head on words it has not seen, and of the commonest answer.
fn probed(learnt: &[Asked], asked: &[Asked], question: usize, run: &Run) -> (f64, f64) {
    let with = |words: &[Asked]| -> (Vec<f32>, Vec<usize>) {
        let answered = words.iter().filter_map(|(x, answers)| Some((x, answers[question]?)));
        let (vectors, answers): (Vec<&Vec<f32>>, Vec<usize>) = answered.unzip();
        (vectors.into_iter().flatten().copied().collect(), answers)
    };
    let ((x, y), (asked_x, truth)) = (with(learnt), with(asked));
    let labels = y.iter().chain(&truth).max().map_or(1, |most| most + 1);
    let table = |x: Vec<f32>, rows: usize| {
        let width = x.len() / rows;
        Tensor::<2>::from_data(TensorData::new(x, [rows, width]), run.device)
    };
    let regression = LogisticRegression::new().with_steps(STEPS);
    let head = regression.fit(table(x, y.len()), one_hot(&y, labels, run.device));
    let said = likeliest(head.forward(table(asked_x, truth.len())));
    (accuracy(&said, &truth), accuracy(&vec![majority(&y, labels); truth.len()], &truth))
}

/// Every word of the sentences: the vector of its first token, and the answers.
fn words(encoder: &SentenceEncoder, sentences: &[Sentence]) -> Result<Vec<Asked>> {
    let vocabulary: BTreeMap<&str, usize> = World::vocabulary().into_iter().zip(0..).collect();
    let texts: Vec<String> = sentences.iter().map(ToString::to_string).collect();
    let mut words = Vec::new();
    for ((sentence, text), tokens) in
        sentences.iter().zip(&texts).zip(encoder.embed_tokens(&texts)?)
    {
        for (place, (word, at)) in sentence.words.iter().zip(starts(sentence, text)).enumerate() {
            let first =
                tokens.encoding.offsets.iter().position(|&(from, to)| from == at && to > from);
            let Some(first) = first else { continue };
            let answers = [
                vocabulary.get(&word.text[..]).copied(),
                Some(word.tag as usize),
                (place < PLACES).then_some(place),
                word.sense.map(|sense| sense as usize),
            ];
            words.push((tokens.vectors[first].clone(), answers));
        }
    }
    Ok(words)
}

/// Where each word of a sentence begins in its text, in bytes.
pub(super) fn starts(sentence: &Sentence, text: &str) -> Vec<usize> {
    let text = text.to_lowercase();
    let mut from = 0;
    let start = |word: &data::Word| {
        let at = from + text[from..].find(&word.text).unwrap_or(0);
        from = at + word.text.len();
        at
    };
    sentence.words.iter().map(start).collect()
}
