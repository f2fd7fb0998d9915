//! One trained model, and ways to draw from what it says.

use anyhow::Result;
use burn::tensor::{Tensor, TensorData};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};

use super::{TEXTS, opening, words, written};
use crate::{Gpt, LanguageModel, Sampling, TokenizedCorpus};

/// From always the likeliest token to far more even than the model says.
const TEMPERATURES: [f64; 7] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0];
/// Those whose texts are shown.
const SHOWN: [f64; 4] = [0.0, 0.5, 1.0, 2.0];

/// Temperatures that are cut.
const CUT: [f64; 3] = [0.5, 1.0, 2.0];
/// What stands before the token that is drawn.
const PROMPT: &str = "The ";
const TOP_K: usize = 5;
const TOP_P: f64 = 0.9;
/// The likeliest tokens that are drawn in the figure, and those that are named in the table.
const RANKS: usize = 24;
const NAMED: usize = 5;

/// Texts by temperature.
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
        let texts = written(run, model, corpus, Sampling::new(temperature, None, 1.0)?)?;
        let (share, kinds) = words(&texts);
        existing.push((temperature, 100.0 * share));
        different.push((temperature, kinds as f64));
        if SHOWN.contains(&temperature) {
            let cells = [format!("{:.0}%", 100.0 * share), kinds.to_string(), opening(&texts[0])];
            table.row(std::iter::once(temperature.to_string()).chain(cells));
        }
    }
    report.table(&table);
    report.figure(temperatures(existing, different));
    Ok(())
}

fn temperatures(existing: Vec<(f64, f64)>, different: Vec<(f64, f64)>) -> Figure {
    let panel = |title: &str, y: &str, points| Panel {
        title: title.into(),
        x: Axis::linear("temperature"),
        y: Axis::linear(y),
        marks: Marks::Lines(vec![Line::new("16 texts of 200 characters", points)]),
    };
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
            panel("do they exist?", "written words that exist (percent)", existing),
            panel("do they differ?", "different existing words", different),
        ],
    }
}

/// The next character's probabilities by temperature and cut.
pub(super) fn by_cut(
    run: &Run,
    model: &Gpt,
    corpus: &TokenizedCorpus,
    report: &mut Report,
) -> Result<()> {
    let prompt = corpus.tokenizer.encode_whole(PROMPT)?;
    let ids = TensorData::new(prompt.clone(), [1, prompt.len()]);
    let states = model.states(Tensor::from_data(ids, run.device), &[]);
    let last = states.narrow(1, prompt.len() - 1, 1); // [1, 1, d_model]
    let logits: Vec<f32> = model.unembed(last).into_data().iter().collect();
    report.say(format!("What may follow {PROMPT:?}, and how likely it is to be drawn:"));
    let mut table = Table::new(["cut", "temperature", "kept", "the likeliest"]);
    let mut panels = Vec::new();
    for (cut, top_k, top_p) in
        [("none", None, 1.0), ("top-k 5", Some(TOP_K), 1.0), ("top-p 0.9", None, TOP_P)]
    {
        let mut lines = Vec::new();
        for temperature in CUT {
            let candidates = Sampling::new(temperature, top_k, top_p)?.candidates(&logits);
            let named = candidates.iter().take(NAMED).map(|&(id, probability)| {
                format!("{} {probability:.3}", corpus.tokenizer.token(id).unwrap_or_default())
            });
            let named = named.collect::<Vec<_>>().join("  ");
            table.row([
                cut.to_string(),
                temperature.to_string(),
                candidates.len().to_string(),
                named,
            ]);
            let at =
                |rank: usize| candidates.get(rank).map_or(0.0, |&(_, probability)| probability);
            let points = (0..RANKS).map(|rank| (rank as f64 + 1.0, at(rank)));
            lines.push(Line::new(&format!("temperature {temperature}"), points));
        }
        panels.push(Panel {
            title: cut.into(),
            x: Axis::linear("rank of the character (1 = likeliest)"),
            y: Axis::linear("probability of being drawn"),
            marks: Marks::Lines(lines),
        });
    }
    report.table(&table);
    report.figure(Figure {
        name: "12-sampling".into(),
        title: format!("What may follow {PROMPT:?}"),
        alt: "The 24 likeliest characters after \"The \" and their probabilities at temperatures \
            0.5, 1 and 2, in two panels. Top-k 5 keeps five of them at every temperature. Top-p \
            0.9 keeps fewer at 0.5 than at 1, and most at 2."
            .into(),
        band: 0.25, // of a probability: what training may differ by between processors
        panels: panels.split_off(1),
    });
    Ok(())
}
