//! `cargo rungs bench`

mod encoder;
mod generate;
mod gpt_train;
mod lessons;
mod operation;
mod record;
mod row;
mod search;
mod timing;

use anyhow::{Result, anyhow, bail};
use backend::DeviceError;
use burn::module::Module;
use burn::tensor::Device;
use serde::Serialize;

use crate::cli::{BenchArgs, SEED};
use crate::{model, output};
use operation::{OPERATIONS, Operation};

/// Runs that are counted; the median of an odd number is one of them.
const RUNS: usize = 7;

/// Tokens there are where a model reads characters: those of a text of English.
const CHARACTERS: usize = 65;

/// What times something as the arguments say, and prints it.
type Bench = fn(&BenchArgs) -> Result<()>;

/// What can be timed beside a lesson's operation.
const WHOLE: [(&str, Bench); 5] = [
    ("lessons", lessons::run),
    ("encoder", encoder::run),
    ("gpt-train", gpt_train::run),
    ("generate", generate::run),
    ("search", search::run),
];

/// The one lesson without an operation, and why it has none.
const UNTIMED: (&str, &str) =
    ("02", "lesson 02 has nothing to time: it works on bytes, which have no tensors");

/// Times a lesson's operation, a whole model, or all of them.
pub fn run(args: &BenchArgs) -> Result<()> {
    if args.out.is_some() && args.what != "lessons" {
        bail!("--out: expected `bench lessons`, which writes files, found bench {:?}", args.what);
    }
    match WHOLE.iter().find(|(name, _)| *name == args.what) {
        Some((_, run)) => run(args),
        None => timing::run(operation(&args.what)?, args),
    }
}

/// The operation of the lesson that `what` names by its number.
fn operation(what: &str) -> Result<&'static Operation> {
    let number = format!("{what:0>2}");
    if number == UNTIMED.0 {
        bail!("{}", UNTIMED.1);
    }
    let found = OPERATIONS.iter().find(|operation| operation.what == number);
    found.ok_or_else(|| {
        let mut known: Vec<&str> = OPERATIONS.iter().map(|operation| operation.what).collect();
        known.extend(WHOLE.map(|(name, _)| name));
        anyhow!("bench {what:?}: expected one of {}", known.join(", "))
    })
}

/// The devices that the arguments name.
fn devices(args: &BenchArgs) -> Result<Vec<(String, Device)>> {
    let mut devices = Vec::new();
    for name in &args.device {
        devices.push((name.clone(), model::device(name)?));
    }
    Ok(devices)
}

/// Those of the devices that the arguments name which work here; the others are named on standard error.
fn devices_that_work(args: &BenchArgs) -> Result<Vec<(String, Device)>> {
    let mut devices = Vec::new();
    for name in &args.device {
        match backend::open(name) {
            Ok(device) => devices.push((name.clone(), device)),
            Err(error @ DeviceError::Unknown { .. }) => return Err(error.into()),
            Err(error) => eprintln!("passed over: {}", output::one_line(&error.to_string())),
        }
    }
    if devices.is_empty() {
        bail!("expected a device that works here, found none in {}", args.device.join(","));
    }
    Ok(devices)
}

/// The module that `init` draws, with the same weights on every device: each draws numbers of its own, so that all are
/// drawn on the default one and brought to `device`.
fn placed<M: Module>(device: &Device, init: impl FnOnce(&Device) -> M) -> M {
    let plain = device.clone().inner();
    let drawn_on = backend::open(backend::DEFAULT).unwrap_or_else(|_| plain.clone());
    let _seed = backend::seeded(&drawn_on, SEED);
    let drawn = init(&drawn_on).valid(); // a weight is drawn when it is first asked for, which this does
    let module = drawn.to_device(&plain);
    if device.is_autodiff() { module.train() } else { module }
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
