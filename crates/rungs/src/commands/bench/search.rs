//! `cargo rungs bench search`

use std::hint::black_box;

use anyhow::Result;
use course::SEED;
use index::VectorTable;
use indicatif::ProgressBar;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use super::{Args, Seconds, timed};
use crate::shell::output;

/// Width of MiniLM's vectors.
const WIDTH: usize = 384;
/// Passages that a query gets.
const TOP: usize = 10;
/// Runs that are counted of each, reading and query; both are short.
const RUNS: usize = 51;

/// Time of a query, and of reading the vectors.
#[derive(Serialize)]
struct Timing {
    passages: usize,
    width: usize,
    /// Time to read every vector from memory once, on as many threads.
    read_s: Seconds,
    query_s: Seconds,
    /// Median of the queries over that of the readings.
    ratio: f64,
}

/// Times a query over vectors in memory beside the reading of them.
pub fn run(args: &Args, _: &ProgressBar) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let passages = args.passages as usize;
    let query = random(WIDTH, &mut rng);
    let vectors = VectorTable::new(WIDTH, random(passages * WIDTH, &mut rng));
    let (mut read, mut queries) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        read.push(timed(|| Ok(black_box(vectors.sum())))?.1);
        queries.push(timed(|| Ok(black_box(vectors.nearest(&query, TOP))))?.1);
    }
    let (read_s, query_s) = (Seconds::of(read), Seconds::of(queries));
    let ratio = query_s.median / read_s.median;
    let timing = Timing { passages, width: WIDTH, read_s, query_s, ratio };
    output::object(args.format, &timing, || for_people(&timing))
}

/// Random numbers from -1 to 1.
fn random(count: usize, rng: &mut StdRng) -> Vec<f32> {
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// The measurement for people.
fn for_people(timing: &Timing) -> String {
    format!(
        "{} vectors of {WIDTH} numbers, {RUNS} runs in turn, medians\n{}{}ratio   {:8.2}\n",
        timing.passages,
        line("read", &timing.read_s),
        line("query", &timing.query_s),
        timing.ratio
    )
}

/// A line of milliseconds.
fn line(name: &str, seconds: &Seconds) -> String {
    let (min, median, max) = (1e3 * seconds.min, 1e3 * seconds.median, 1e3 * seconds.max);
    format!("{name:8}{median:8.2} ms  ({min:.2} to {max:.2})\n")
}
