//! A sentence encoder on texts: how many a second, how long for one, how long to load, how much
//! memory.

use anyhow::{Result, bail};
use course::{SEED, Table};
use data::World;
use sentences::Embedded;
use serde::Serialize;
use tokens::TokensError;

use super::{Args, RUNS, Seconds, peak_rss_mb, timed};
use crate::shell::options::{BATCH, DEFAULT};
use crate::shell::{input, names, output};

/// Sentences made up where no file is given.
const SENTENCES: usize = 256;
/// Texts of the single-sentence figure.
const SINGLE: usize = 32;

#[derive(Serialize)]
struct Row {
    device: String,
    texts: usize,
    tokens: usize,
    batch: usize,
    /// Against the first device of the list.
    max_abs_difference: f32,
    load_s: f64,
    warm_up_s: f64,
    sentences_per_s: f64,
    seconds: Seconds,
    one_sentence_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_rss_mb: Option<f64>,
}

pub fn run(args: &Args) -> Result<()> {
    let texts = texts(args)?;
    let batch = args.batch.unwrap_or(BATCH) as usize;
    let mut reference: Option<Vec<Embedded>> = None;
    let mut rows = Vec::new();
    for (name, device) in super::devices(args)? {
        let (encoder, load_s) =
            timed(|| names::open_named(args.model.as_deref().unwrap_or(DEFAULT), batch, &device))?;
        let (first, warm_up_s) = timed(|| Ok(encoder.embed(&texts)?))?;
        let agreement = difference(&first, reference.get_or_insert_with(|| first.clone()));
        let seconds = repeat(RUNS, |_| encoder.embed(&texts))?;
        let single = repeat(SINGLE.min(texts.len()), |i| encoder.embed(&texts[i..=i]))?;
        rows.push(Row {
            device: name,
            texts: texts.len(),
            tokens: first.iter().map(|text| text.tokens).sum(),
            batch,
            max_abs_difference: agreement,
            load_s,
            warm_up_s,
            sentences_per_s: texts.len() as f64 / seconds.median,
            seconds,
            one_sentence_ms: single.median * 1e3,
            peak_rss_mb: peak_rss_mb(),
        });
    }
    output::rows(args.format, &rows, || table(&rows))
}

fn texts(args: &Args) -> Result<Vec<String>> {
    let texts: Vec<String> = match &args.texts {
        Some(path) => data::lines(input::open(path)?).collect::<Result<_, _>>()?,
        None => World::sentences(SEED).take(SENTENCES).map(|text| text.to_string()).collect(),
    };
    if texts.is_empty() {
        bail!("--texts: expected at least one line, found none");
    }
    Ok(texts)
}

fn repeat<T>(
    times: usize,
    mut work: impl FnMut(usize) -> Result<T, TokensError>,
) -> Result<Seconds> {
    let seconds = (0..times).map(|i| Ok(timed(|| Ok(work(i)?))?.1)).collect::<Result<_>>()?;
    Ok(Seconds::of(seconds))
}

fn difference(a: &[Embedded], b: &[Embedded]) -> f32 {
    let numbers =
        |texts: &[Embedded]| texts.iter().flat_map(|text| text.vector.clone()).collect::<Vec<_>>();
    numbers(a).iter().zip(numbers(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new([
        "device",
        "sentences/s",
        "min s",
        "median s",
        "max s",
        "one sentence ms",
        "load s",
        "warm-up s",
        "peak MB",
        "max difference",
    ]);
    for row in rows {
        let memory = row.peak_rss_mb.map_or("-".into(), |mb| format!("{mb:.0}"));
        table.row([
            row.device.clone(),
            format!("{:.1}", row.sentences_per_s),
            format!("{:.3}", row.seconds.min),
            format!("{:.3}", row.seconds.median),
            format!("{:.3}", row.seconds.max),
            format!("{:.2}", row.one_sentence_ms),
            format!("{:.2}", row.load_s),
            format!("{:.2}", row.warm_up_s),
            memory,
            format!("{:.1e}", row.max_abs_difference),
        ]);
    }
    table.to_string()
}
