//! `cargo rungs bench search`

use std::hint::black_box;

use anyhow::Result;
use course::SEED;
use index::Scan;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use super::{Args, Seconds, timed};
use crate::shell::output;

/// MiniLM's.
const WIDTH: usize = 384;
/// Passages that a query gets.
const TOP: usize = 10;
/// Runs that are counted of each; both are short.
const RUNS: usize = 51;

#[derive(Serialize)]
struct Timing {
    passages: usize,
    width: usize,
    /// To read every vector from memory once, on as many threads.
    read_s: Seconds,
    query_s: Seconds,
    /// Of the medians.
    ratio: f64,
}

/// Times a query over vectors in memory beside the reading of them.
pub fn run(args: &Args) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let passages = args.passages as usize;
    let mut random = |n: usize| (0..n).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f32>>();
    let query = random(WIDTH);
    let scan = Scan::of(WIDTH, random(passages * WIDTH));
    let (mut read, mut asked) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        read.push(timed(|| Ok(black_box(scan.sum())))?.1);
        asked.push(timed(|| Ok(black_box(scan.nearest(&query, TOP))))?.1);
    }
    let (read_s, query_s) = (Seconds::of(read), Seconds::of(asked));
    let ratio = query_s.median / read_s.median;
    let timing = Timing { passages, width: WIDTH, read_s, query_s, ratio };
    output::object(args.format, &timing, || {
        let row = |name: &str, seconds: &Seconds| {
            let [min, median, max] = [seconds.min, seconds.median, seconds.max].map(|s| 1e3 * s);
            format!("{name:8}{median:8.2} ms  ({min:.2} to {max:.2})\n")
        };
        let text = [row("read", &read_s), row("query", &query_s)].concat();
        format!(
            "{passages} vectors of {WIDTH} numbers, {RUNS} runs in turn, medians\n{text}ratio   \
                {ratio:8.2}\n"
        )
    })
}
