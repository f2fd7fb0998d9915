//! `cargo rungs bench`

mod encoder;
mod generate;
mod gpt_train;
mod operation;
mod search;

use anyhow::Result;
use burn::tensor::Device;
use serde::Serialize;

use crate::cli::BenchArgs;
use crate::model;

/// Runs that are counted; the median of an odd number is one of them.
const RUNS: usize = 7;

/// Times a whole model, or one lesson's operation.
pub fn run(args: &BenchArgs) -> Result<()> {
    let devices: Vec<(String, Device)> =
        args.device.iter().map(|name| Ok((name.clone(), model::device(name)?))).collect::<Result<_>>()?;
    match args.what.as_str() {
        "encoder" => encoder::run(args, &devices),
        "generate" => generate::run(args, &devices),
        "gpt-train" => gpt_train::run(args, &devices),
        "search" => search::run(args),
        lesson => operation::run(lesson, args.format, &devices),
    }
}

/// What several runs of one thing took, in seconds.
#[derive(Debug, Clone, Copy, Serialize)]
struct Seconds {
    min: f64,
    median: f64,
    max: f64,
}

impl Seconds {
    fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self { min: seconds[0], median: seconds[seconds.len() / 2], max: seconds[seconds.len() - 1] }
    }
}

/// Runs `work` once and says how long it took.
fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let start = std::time::Instant::now();
    let result = work()?;
    Ok((result, start.elapsed().as_secs_f64()))
}

/// The most memory this process has held, where the operating system says so (Linux).
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}
