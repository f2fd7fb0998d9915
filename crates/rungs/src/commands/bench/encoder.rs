//! A sentence encoder on texts: how many a second, how long for one, how long to load, how much
//! memory; and, where it is asked for, all of that again without the fast versions.

use anyhow::{Result, bail};
use course::{SEED, Table};
use data::World;
use indicatif::ProgressBar;
use sentences::{Embedded, SentenceEncoder};
use serde::Serialize;

use super::{Args, RUNS, Seconds, megabytes, peak_rss_mb, timed};
use crate::shell::options::{BATCH, DEFAULT};
use crate::shell::{input, names, output};

/// Sentences made up where no file is given.
const SENTENCES: usize = 256;
/// Texts of the single-sentence figure.
const SINGLE: usize = 32;

/// What was measured on one device.
#[derive(Serialize)]
struct Row {
    device: String,
    /// `fast` or `plain`, where both were measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    road: Option<&'static str>,
    texts: usize,
    tokens: usize,
    batch: usize,
    /// Largest difference of a vector's number from the first row's.
    max_abs_difference: f32,
    load_s: f64,
    warm_up_s: f64,
    sentences_per_s: f64,
    seconds: Seconds,
    one_sentence_ms: f64,
    /// Time of the plain road over that of the fast one: what the fast versions buy.
    #[serde(skip_serializing_if = "Option::is_none")]
    plain_over_fast: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_rss_mb: Option<f64>,
}

/// Times the encoder on every device.
pub fn run(args: &Args, progress: &ProgressBar) -> Result<()> {
    time_roads(args, &[Road::AsAsked], progress)
}

/// Times the encoder on every device, with the fast versions and with the functions that the
/// lessons show.
pub fn run_both_roads(args: &Args, progress: &ProgressBar) -> Result<()> {
    if kernels::plain() {
        let variable = kernels::PLAIN_VARIABLE;
        bail!("expected to time the fast road too, found {variable} set: unset it");
    }
    time_roads(args, &[Road::Fast, Road::Plain], progress)
}

/// Which version of a function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    /// The one that the environment asks for.
    AsAsked,
    /// The fast one.
    Fast,
    /// The one that the lesson shows.
    Plain,
}

impl Road {
    /// Name of the road, where there is more than one.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::AsAsked => None,
            Self::Fast => Some("fast"),
            Self::Plain => Some("plain"),
        }
    }

    /// Embeds texts on this road, and says how long it took. The encoder has threads of its own, so
    /// that the whole process takes the road.
    fn embed(self, encoder: &SentenceEncoder, texts: &[String]) -> Result<(Vec<Embedded>, f64)> {
        let _plain = if self == Self::Plain { Some(kernels::plain_everywhere()) } else { None };
        timed(|| Ok(encoder.embed(texts)?))
    }
}

/// Times of one road.
struct Times {
    road: Road,
    /// Number of tokens of all texts.
    tokens: usize,
    warm_up_s: f64,
    max_abs_difference: f32,
    /// Seconds for all texts together, of each run.
    all: Vec<f64>,
    /// Seconds for one text alone, of each text.
    single: Vec<f64>,
}

/// Times the encoder on every device and every road.
fn time_roads(args: &Args, roads: &[Road], progress: &ProgressBar) -> Result<()> {
    let texts = texts(args)?;
    let batch = args.batch.unwrap_or(BATCH) as usize;
    let model = args.model.as_deref().unwrap_or(DEFAULT);
    let mut reference: Option<Vec<Embedded>> = None;
    let mut rows = Vec::new();
    for (name, device) in super::devices(args)? {
        let (encoder, load_s) = timed(|| names::open_named(model, batch, &device))?;
        let mut fast_s = None;
        for times in time(&encoder, &texts, roads, &mut reference, progress)? {
            let (seconds, single) = (Seconds::of(times.all), Seconds::of(times.single));
            if times.road == Road::Fast {
                fast_s = Some(seconds.median);
            }
            let plain_over_fast = match fast_s {
                Some(fast_s) if times.road == Road::Plain => Some(seconds.median / fast_s),
                _ => None,
            };
            rows.push(Row {
                device: name.clone(),
                road: times.road.name(),
                texts: texts.len(),
                tokens: times.tokens,
                batch,
                max_abs_difference: times.max_abs_difference,
                load_s,
                warm_up_s: times.warm_up_s,
                sentences_per_s: texts.len() as f64 / seconds.median,
                seconds,
                one_sentence_ms: single.median * 1e3,
                plain_over_fast,
                peak_rss_mb: peak_rss_mb(),
            });
        }
    }
    output::rows(args.format, &rows, || table(&rows))
}

/// The texts of the file that the arguments name, or made-up sentences.
pub fn texts(args: &Args) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    match &args.texts {
        Some(path) => {
            for line in input::lines(path)? {
                texts.push(line?);
            }
        }
        None => {
            for sentence in World::sentences(SEED).take(SENTENCES) {
                texts.push(sentence.to_string());
            }
        }
    }
    if texts.is_empty() {
        bail!("--texts: expected at least one line, found none");
    }
    Ok(texts)
}

/// Times every road, run by run in turn: a computer that becomes slower meanwhile is slower on each.
/// The first vectors of all become the reference.
fn time(
    encoder: &SentenceEncoder,
    texts: &[String],
    roads: &[Road],
    reference: &mut Option<Vec<Embedded>>,
    progress: &ProgressBar,
) -> Result<Vec<Times>> {
    let mut times = Vec::new();
    for &road in roads {
        let (first, warm_up_s) = road.embed(encoder, texts)?;
        let reference = reference.get_or_insert_with(|| first.clone());
        let max_abs_difference = difference(&first, reference);
        let tokens = first.iter().map(|text| text.tokens).sum();
        let (all, single) = (Vec::new(), Vec::new());
        times.push(Times { road, tokens, warm_up_s, max_abs_difference, all, single });
    }
    for run in 1..=RUNS {
        progress.set_message(format!("timing {} texts, run {run} of {RUNS}", texts.len()));
        for times in &mut times {
            times.all.push(times.road.embed(encoder, texts)?.1);
        }
    }
    progress.set_message("timing texts one by one");
    for text in texts.iter().take(SINGLE) {
        for times in &mut times {
            times.single.push(times.road.embed(encoder, std::slice::from_ref(text))?.1);
        }
    }
    Ok(times)
}

/// The largest difference between two numbers at the same place of the same text.
fn difference(actual: &[Embedded], expected: &[Embedded]) -> f32 {
    let mut largest: f32 = 0.0;
    for (actual, expected) in actual.iter().zip(expected) {
        for (a, b) in actual.vector.iter().zip(&expected.vector) {
            largest = largest.max((a - b).abs());
        }
    }
    largest
}

/// The rows as a table for people, and below it what the fast versions buy.
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
    let mut ratios = String::new();
    for row in rows {
        let device = match row.road {
            Some(road) => format!("{}, {road}", row.device),
            None => row.device.clone(),
        };
        if let Some(ratio) = row.plain_over_fast {
            let device = &row.device;
            ratios.push_str(&format!("{device}: plain takes {ratio:.2} times as long as fast\n"));
        }
        table.row([
            device,
            format!("{:.1}", row.sentences_per_s),
            format!("{:.3}", row.seconds.min),
            format!("{:.3}", row.seconds.median),
            format!("{:.3}", row.seconds.max),
            format!("{:.2}", row.one_sentence_ms),
            format!("{:.2}", row.load_s),
            format!("{:.2}", row.warm_up_s),
            megabytes(row.peak_rss_mb),
            format!("{:.1e}", row.max_abs_difference),
        ]);
    }
    output::fitted(&table) + &ratios
}
