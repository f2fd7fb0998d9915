//! A sentence encoder on texts: how many a second, how long for one, how long to load, how much
//! memory; and, where it is asked for, all of that again without the fast versions.

use anyhow::{Result, bail};
use burn::tensor::Device;
use course::{SEED, Table};
use data::World;
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
pub fn run(args: &Args) -> Result<()> {
    let mut bench = Bench::new(args)?;
    let mut rows = Vec::new();
    for (name, device) in super::devices(args)? {
        rows.push(bench.row(&name, &device)?);
    }
    output::rows(args.format, &rows, || table(&rows))
}

/// Times the encoder on every device, first with the fast versions and then with the functions that
/// the lessons show.
pub fn run_both_roads(args: &Args) -> Result<()> {
    if kernels::plain() {
        bail!(
            "expected to time the fast road too, found {} set: unset it",
            kernels::PLAIN_VARIABLE
        );
    }
    let devices = super::devices(args)?;
    let mut bench = Bench::new(args)?;
    let mut rows = Vec::new();
    for (name, device) in &devices {
        rows.push(Row { road: Some("fast"), ..bench.row(name, device)? });
    }
    // From here on the whole process is plain, on the threads of the encoder as well.
    kernels::make_plain();
    for (i, (name, device)) in devices.iter().enumerate() {
        let plain = bench.row(name, device)?;
        let plain_over_fast = Some(plain.seconds.median / rows[i].seconds.median);
        rows.push(Row { road: Some("plain"), plain_over_fast, ..plain });
    }
    output::rows(args.format, &rows, || table(&rows))
}

/// What is timed: a model on texts.
struct Bench<'a> {
    model: &'a str,
    batch: usize,
    texts: Vec<String>,
    /// The vectors of the first row, which the others are compared with.
    reference: Option<Vec<Embedded>>,
}

impl<'a> Bench<'a> {
    fn new(args: &'a Args) -> Result<Self> {
        let model = args.model.as_deref().unwrap_or(DEFAULT);
        let batch = args.batch.unwrap_or(BATCH) as usize;
        Ok(Self { model, batch, texts: texts(args)?, reference: None })
    }

    /// Loads the model onto a device and times it there.
    fn row(&mut self, name: &str, device: &Device) -> Result<Row> {
        let texts = &self.texts;
        let (encoder, load_s) = timed(|| names::open_named(self.model, self.batch, device))?;
        let (first, warm_up_s) = timed(|| Ok(encoder.embed(texts)?))?;
        let reference = self.reference.get_or_insert_with(|| first.clone());
        let max_abs_difference = difference(&first, reference);
        let seconds = time_all(&encoder, texts)?;
        let single = time_single(&encoder, texts)?;
        Ok(Row {
            device: name.into(),
            road: None,
            texts: texts.len(),
            tokens: first.iter().map(|text| text.tokens).sum(),
            batch: self.batch,
            max_abs_difference,
            load_s,
            warm_up_s,
            sentences_per_s: texts.len() as f64 / seconds.median,
            seconds,
            one_sentence_ms: single.median * 1e3,
            plain_over_fast: None,
            peak_rss_mb: peak_rss_mb(),
        })
    }
}

/// The texts of the file that the arguments name, or made-up sentences.
fn texts(args: &Args) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    match &args.texts {
        Some(path) => {
            for line in data::lines(input::open(path)?) {
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

/// Seconds for all texts together.
fn time_all(encoder: &SentenceEncoder, texts: &[String]) -> Result<Seconds> {
    let mut seconds = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        seconds.push(timed(|| Ok(encoder.embed(texts)?))?.1);
    }
    Ok(Seconds::of(seconds))
}

/// Seconds for one text alone.
fn time_single(encoder: &SentenceEncoder, texts: &[String]) -> Result<Seconds> {
    let mut seconds = Vec::with_capacity(SINGLE);
    for text in texts.iter().take(SINGLE) {
        seconds.push(timed(|| Ok(encoder.embed(std::slice::from_ref(text))?))?.1);
    }
    Ok(Seconds::of(seconds))
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
    format!("{table}{ratios}")
}
