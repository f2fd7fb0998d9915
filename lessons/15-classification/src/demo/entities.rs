//! What kind of thing a name stands for, read off each layer.

use anyhow::{Context, Result};
use course::{Report, Run, Table};
use sentences::SentenceEncoder;

use super::layers::{ProbedWord, probe_accuracy, token_at};

/// A sentence, a tab, and its names, each with its type, in three parts that begin with `#`: to
/// learn from, other names, and names that are of one type here and of another there.
const SENTENCES: &str = include_str!("entities.tsv");
/// Types of names.
const TYPES: [&str; 4] = ["person", "place", "organisation", "work"];

/// Fits a probe for the types of names on every layer.
pub(super) fn entities(encoder: &SentenceEncoder, run: &Run, report: &mut Report) -> Result<()> {
    let parts: Vec<&str> = SENTENCES.split('#').collect();
    let [_, train, others, double] = parts[..] else { anyhow::bail!("three parts of sentences") };
    let mut table = Table::new(["layer", "other names", "names with two types"]);
    let (mut best, mut most, mut asked) = (0, 0.0, [0; 3]);
    for layer in 0..=encoder.reading().layers {
        let mut named = Vec::new();
        for part in [train, others, double] {
            named.push(names(encoder, layer, part)?);
        }
        asked = [named[0].len(), named[1].len(), named[2].len()];
        let [others, double] = [1, 2].map(|part| probe_accuracy(&named[0], &named[part], 0, run).0);
        let cells = [others, double].map(|right| format!("{:.1}", 100.0 * right));
        table.row([&layer.to_string()].into_iter().chain(&cells));
        let right = others * asked[1] as f64 + double * asked[2] as f64;
        if right > most {
            (best, most) = (layer, right);
        }
    }
    report.say(format!(
        "Is a name a person, a place, an organisation or a work? A probe per layer, fitted to {} \
            names, asked about\n\
            {} others, and about {} that are of one type in one sentence and of another in the \
            next (% right):",
        asked[0], asked[1], asked[2]
    ));
    report.keyed_table("names", &table);
    report.number("names-best", "layer whose probe is right about most names", best);
    Ok(())
}

/// The names of sentences: the vector of each one's first token after a layer, and its type as the
/// answer to the first question.
fn names(encoder: &SentenceEncoder, layer: usize, part: &str) -> Result<Vec<ProbedWord>> {
    let rows: Vec<(&str, &str)> = part.lines().filter_map(|line| line.split_once('\t')).collect();
    let texts: Vec<&str> = rows.iter().map(|(text, _)| *text).collect();
    let mut words = Vec::new();
    for (&(text, names), tokens) in rows.iter().zip(encoder.embed_tokens(&texts, layer)?) {
        for name in names.split(", ") {
            let (name, kind) = name.split_once('=').context("a name and its type")?;
            let start = text.find(name).context("a name of the sentence")?;
            // None where a short model does not read as far.
            let Some(first) = token_at(&tokens.encoding.offsets, start) else { continue };
            let kind = TYPES.iter().position(|known| *known == kind);
            let vector = tokens.vectors[first].clone();
            words.push(ProbedWord { vector, answers: [kind, None, None, None] });
        }
    }
    Ok(words)
}
