//! One trained model, and ways to draw the next token from its logits.

use anyhow::Result;
use burn::tensor::{Tensor, TensorData};
use course::{Axis, Figure, Line, Panel, Report, Run, Table};

use super::{
    COUNTED, DRAWN, SCORED, TEXTS, WRITTEN, existing_words, generated_texts, opening, panel,
};
use crate::{Gpt, LanguageModel, Sampling, TokenizedCorpus};

/// Temperatures from always the likeliest token to far more even than the model's probabilities.
const TEMPERATURES: [f64; 7] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0];
/// Temperatures whose texts are shown.
const SHOWN: [f64; 4] = [0.0, 0.5, 1.0, 2.0];

/// Temperatures at which top-k and top-p are shown.
const CUT: [f64; 3] = [0.5, 1.0, 2.0];
/// Text before the token that is drawn.
const PROMPT: &str = "The ";
const TOP_K: usize = 5;
const TOP_P: f64 = 0.9;
/// How many of the likeliest tokens the figure shows, and how many of them the table names.
const RANKS: usize = 24;
const NAMED: usize = 5;

/// Reports texts by temperature, and how many of their words exist and differ.
pub(super) fn by_temperature(
    run: &Run,
    model: &Gpt,
    corpus: &TokenizedCorpus,
    report: &mut Report,
) -> Result<()> {
    report.say(format!(
        "The same model after its last step by temperature: {TEXTS} texts each, the share of \
            words that"
    ));
    report.say("exist, and how many different ones of those there are:");
    let mut table = Table::new(["temperature", "words", "different", "text"]);
    let (mut existing, mut different) = (Vec::new(), Vec::new());
    for temperature in TEMPERATURES {
        let texts = generated_texts(run, model, corpus, Sampling::new(temperature, None, 1.0)?)?;
        let (share, kinds) = existing_words(&texts);
        existing.push((temperature, 100.0 * share));
        different.push((temperature, kinds as f64));
        let key = temperature.to_string().replace('.', "-");
        report.band(WRITTEN);
        let what = format!("temperature {temperature}: written words that exist");
        report.number(&format!("exist-{key}"), &what, format!("{:.0}%", 100.0 * share));
        report.band(COUNTED);
        let what = format!("temperature {temperature}: different existing words");
        report.number(&format!("different-{key}"), &what, kinds);
        if SHOWN.contains(&temperature) {
            table.row([
                temperature.to_string(),
                format!("{:.0}%", 100.0 * share),
                kinds.to_string(),
                opening(&texts[0]),
            ]);
        }
    }
    report.loose_table(&table);
    report.band(0.0);
    report.figure(temperature_figure(existing, different));
    Ok(())
}

fn temperature_figure(existing: Vec<(f64, f64)>, different: Vec<(f64, f64)>) -> Figure {
    Figure {
        name: "12-temperature".into(),
        title: "Sure and the same, or daring and wrong".into(),
        alt: format!(
            "Two panels by temperature. The share of written words that exist falls from {:.0} \
                percent at temperature 0 to {:.0} at 2. The number of different ones is {} at \
                temperature 0, rises, and falls to {} at 2.",
            existing[0].1,
            existing[existing.len() - 1].1,
            different[0].1,
            different[different.len() - 1].1
        ),
        band: 20.0, // percent, and words: what training may differ by between processors
        panels: vec![
            by_temperature_panel("do they exist?", "written words that exist (percent)", existing),
            by_temperature_panel("do they differ?", "different existing words", different),
        ],
    }
}

fn by_temperature_panel(title: &str, y: &str, points: Vec<(f64, f64)>) -> Panel {
    let line = Line::new("16 texts of 200 characters", points);
    panel(title, Axis::linear("temperature"), y, vec![line])
}

/// Reports the next character's probabilities by temperature, top-k and top-p.
pub(super) fn by_cut(
    run: &Run,
    model: &Gpt,
    corpus: &TokenizedCorpus,
    report: &mut Report,
) -> Result<()> {
    let prompt = corpus.tokenizer.encode_whole(PROMPT)?;
    let ids = TensorData::new(prompt.clone(), [1, prompt.len()]);
    let logits = model.next_logits(Tensor::from_data(ids, run.device), &[]);
    let logits: Vec<f32> = logits.into_data().iter().collect();
    report.say(format!("What may follow {PROMPT:?}, and how likely it is to be drawn:"));
    let mut table = Table::new(["cut", "temperature", "kept", "the likeliest"]);
    let mut panels = Vec::new();
    for (cut, top_k, top_p) in
        [("none", None, 1.0), ("top-k 5", Some(TOP_K), 1.0), ("top-p 0.9", None, TOP_P)]
    {
        let mut lines = Vec::new();
        for temperature in CUT {
            let candidates = Sampling::new(temperature, top_k, top_p)?.candidates(&logits);
            table.row([
                cut.to_string(),
                temperature.to_string(),
                candidates.len().to_string(),
                likeliest_names(&candidates, corpus),
            ]);
            let key = format!("{}-{}", cut.replace([' ', '.'], "-"), temperature);
            cut_numbers(&key.replace('.', "-"), &candidates, report);
            lines.push(line_by_rank(&format!("temperature {temperature}"), &candidates));
        }
        if cut == "none" {
            continue; // the table is enough where nothing is cut
        }
        let rank = Axis::linear("rank of the character (1 = likeliest)");
        panels.push(panel(cut, rank, "probability of being drawn", lines));
    }
    report.loose_table(&table);
    logits_data(&logits, corpus, report);
    report.band(0.0);
    report.figure(Figure {
        name: "12-sampling".into(),
        title: format!("What may follow {PROMPT:?}"),
        alt: "The 24 likeliest characters after \"The \" and their probabilities at temperatures \
            0.5, 1 and 2, in two panels. Top-k 5 keeps five of them at every temperature. Top-p \
            0.9 keeps fewer at 0.5 than at 1, and most at 2."
            .into(),
        band: 0.25, // of a probability: what training may differ by between processors
        panels,
    });
    Ok(())
}

/// Keys what a cut leaves: how many candidates, and what the likeliest of them have.
fn cut_numbers(key: &str, candidates: &[(u32, f64)], report: &mut Report) {
    report.band(COUNTED);
    let what = format!("{key}: characters that may be drawn after {PROMPT:?}");
    report.number(&format!("kept-{key}"), &what, candidates.len());
    report.band(DRAWN);
    let mut sum = 0.0;
    for (rank, &(_, probability)) in candidates.iter().take(NAMED).enumerate() {
        sum += probability;
        let rank = rank + 1;
        let what = format!("{key}: probability of the character of rank {rank}");
        report.number(&format!("rank-{rank}-{key}"), &what, format!("{probability:.3}"));
    }
    let what = format!("{key}: probability of the {NAMED} likeliest characters together");
    report.number(&format!("five-{key}"), &what, format!("{sum:.3}"));
}

/// Keys the logits themselves: the text before, and each character by ID with its logit.
fn logits_data(logits: &[f32], corpus: &TokenizedCorpus, report: &mut Report) {
    let mut characters = Vec::with_capacity(logits.len());
    for (id, &logit) in logits.iter().enumerate() {
        let name = corpus.tokenizer.token(id as u32).unwrap_or_default();
        characters.push((name, (f64::from(logit) * 1e4).round() / 1e4));
    }
    report.band(SCORED);
    let what = format!("every character and its logit after {PROMPT:?}");
    report.data("logits-after-the", &what, &(PROMPT, characters));
}

/// The likeliest candidates by name, each with its probability.
fn likeliest_names(candidates: &[(u32, f64)], corpus: &TokenizedCorpus) -> String {
    let mut names = Vec::new();
    for &(token, probability) in candidates.iter().take(NAMED) {
        let name = corpus.tokenizer.token(token).unwrap_or_default();
        names.push(format!("{name} {probability:.3}"));
    }
    names.join("  ")
}

/// Probabilities by rank, from 1; a token that was cut has 0.
fn line_by_rank(name: &str, candidates: &[(u32, f64)]) -> Line {
    let mut points = Vec::with_capacity(RANKS);
    for rank in 0..RANKS {
        let probability = if rank < candidates.len() { candidates[rank].1 } else { 0.0 };
        points.push((rank as f64 + 1.0, probability));
    }
    Line::new(name, points)
}
