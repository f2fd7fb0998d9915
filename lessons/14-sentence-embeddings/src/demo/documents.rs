//! One vector for a text that is longer than what the model reads: three ways, judged by a search.

use anyhow::{Context, Result};
use burn::tensor::Tensor;
use course::{Report, Table};
use similarity::pairwise;

use crate::SentenceEncoder;

/// Invented notebooks, a passage a line, each after a question that it answers.
const NOTEBOOKS: &str = include_str!("notebooks.tsv");
/// Number of passages of a notebook; the passages of one follow each other in the file.
const PASSAGES: usize = 8;
/// Number of passages that count as the beginning of a notebook, and as its end.
const ENDS: usize = 3;
/// The passages' axis of `[notebooks, passages, d_model]`.
const WITHIN: usize = 1;
/// The passages' axis of `[questions, notebooks, passages]`.
const SCORES: usize = 2;

/// Searches notebooks for the one that answers a question: by the tokens that the model reads, by
/// the mean of their passages' vectors, by their best passage.
pub(super) fn long(encoder: &SentenceEncoder, report: &mut Report) -> Result<()> {
    let (mut questions, mut passages) = (Vec::new(), Vec::new());
    for line in NOTEBOOKS.lines() {
        let (question, passage) = line.split_once('\t').context("question, tab, passage")?;
        questions.push(question);
        passages.push(passage);
    }
    let (mut forwards, mut backwards, mut tokens) = (Vec::new(), Vec::new(), 0);
    for notebook in passages.chunks(PASSAGES) {
        forwards.push(notebook.join(" "));
        tokens += encoder.tokenizer.encode(&notebook.join(" "), usize::MAX)?.ids.len();
        let turned: Vec<&str> = notebook.iter().rev().copied().collect();
        backwards.push(turned.join(" "));
    }
    let (notebooks, queries) = (forwards.len(), encoder.embed_matrix(&questions)?);
    let by_passage = encoder.embed_matrix(&passages)?;
    let means = by_passage.clone().reshape([notebooks, PASSAGES, encoder.width()]).mean_dim(WITHIN);
    let by_mean = found(pairwise(queries.clone(), means.squeeze_dim(WITHIN)));
    let scores = pairwise(queries.clone(), by_passage);
    let best = scores.reshape([questions.len(), notebooks, PASSAGES]).max_dim(SCORES);
    let by_best = found(best.squeeze_dim(SCORES));
    let as_read = found(pairwise(queries.clone(), encoder.embed_matrix(&forwards)?));
    let turned = found(pairwise(queries, encoder.embed_matrix(&backwards)?));
    // The order of the passages makes a difference only to what is read from the beginning.
    let mut table = Table::new(["vector of a notebook", "vectors", "answer early", "answer late"]);
    for (name, vectors, (early, late)) in [
        ("its first tokens", 1, ends(&as_read, &turned)),
        ("mean of its passages", 1, ends(&by_mean, &by_mean)),
        ("its best passage", PASSAGES, ends(&by_best, &by_best)),
    ] {
        table.row([name.into(), vectors.to_string(), percent(early), percent(late)]);
    }
    report.say(format!(
        "{notebooks} notebooks of {} tokens on average, of which the model reads {}: which one \
            answers a question\n\
            whose answer is one of the first {ENDS} passages, or of the last {ENDS}?",
        tokens / notebooks,
        encoder.limit()
    ));
    report.keyed_table("long", &table);
    Ok(())
}

/// Whether each question's own notebook has the highest of its scores: `[questions, notebooks]`.
fn found(scores: Tensor<2>) -> Vec<bool> {
    let mut hits = Vec::new();
    for (question, best) in crate::rows(scores).into_iter().enumerate() {
        let own = best[question / PASSAGES];
        hits.push(best.iter().all(|&score| score <= own));
    }
    hits
}

/// Shares of hits whose answer stands at the beginning of a notebook and at its end. The same
/// questions are asked twice, of the notebooks as they are and with their passages turned round.
fn ends(as_read: &[bool], turned: &[bool]) -> (f64, f64) {
    let (mut early, mut late, mut asked) = (0, 0, 0);
    for (question, (&as_read, &turned)) in as_read.iter().zip(turned).enumerate() {
        let (begins, ends) = match question % PASSAGES {
            place if place < ENDS => (as_read, turned),
            place if place >= PASSAGES - ENDS => (turned, as_read),
            _ => continue,
        };
        (early, late) = (early + usize::from(begins), late + usize::from(ends));
        asked += 1;
    }
    (early as f64 / asked as f64, late as f64 / asked as f64)
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}
