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

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use backend::DeviceError;
use burn::module::Module;
use burn::tensor::Device;
use course::SEED;
use serde::Serialize;

use operation::{OPERATIONS, Operation};

use crate::shell::options::{Format, Preset};
use crate::shell::{failure, names};

/// Time a lesson's central operation, a whole model at work, or all of them, on each device
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs bench 08
  cargo rungs-all bench lessons --device flex,ndarray,wgpu --out target/backends
  cargo rungs bench gpt-train
  cargo rungs bench generate --tokens 512
  cargo rungs bench search --passages 1000000
  cargo rungs bench encoder --texts my_lines.txt --format json
  cargo rungs-all bench 10 --device flex,ndarray,wgpu")]
pub struct Args {
    /// A lesson's number, every lesson with a few whole models, or a whole model at work
    #[arg(value_name = "NN|lessons|encoder|gpt-train|generate|search", default_value = "encoder")]
    what: String,
    /// Devices, separated by commas; lessons passes over those that do not work here
    #[arg(
        long, value_name = "D,D,..",
        value_delimiter = ',',
        env = backend::DEVICE_VARIABLE,
        default_value = backend::DEFAULT,
    )]
    device: Vec<String>,
    /// Where lessons writes its table, its rows and its figure
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Texts for the encoder, one a line [default: 256 made-up sentences]
    #[arg(long, value_name = "FILE")]
    texts: Option<PathBuf>,
    /// The encoder by name or a folder [default: minilm], or the folder of a model that writes
    /// [default: 124M random weights]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Tokens that generate writes
    #[arg(
        long, value_name = "N", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(2..),
    )]
    tokens: u32,
    /// Let generate compute everything anew for each token
    #[arg(long)]
    no_cache: bool,
    /// Texts that go through the encoder together [default: 32], or blocks of a training step
    /// [default: the preset's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: Option<u32>,
    /// Vectors that search looks through
    #[arg(
        long, value_name = "N", default_value_t = 100_000,
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    passages: u32,
    /// How large a model gpt-train trains, without dropout
    #[arg(long, value_enum, default_value = "laptop")]
    preset: Preset,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Runs that are counted; the median of an odd number is one of them.
const RUNS: usize = 7;

/// Tokens there are where a model reads characters: those of a text of English.
const CHARACTERS: usize = 65;

/// What times something as the arguments say, and prints it.
type Bench = fn(&Args) -> Result<()>;

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
pub fn run(args: &Args) -> Result<()> {
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
fn devices(args: &Args) -> Result<Vec<(String, Device)>> {
    let mut devices = Vec::new();
    for name in &args.device {
        devices.push((name.clone(), names::device(name)?));
    }
    Ok(devices)
}

/// Those of the devices that the arguments name which work here; the others are named on standard
/// error.
fn devices_that_work(args: &Args) -> Result<Vec<(String, Device)>> {
    let mut devices = Vec::new();
    for name in &args.device {
        match backend::open(name) {
            Ok(device) => devices.push((name.clone(), device)),
            Err(error @ DeviceError::Unknown { .. }) => return Err(error.into()),
            Err(error) => eprintln!("passed over: {}", failure::printable(&error.to_string())),
        }
    }
    if devices.is_empty() {
        bail!("expected a device that works here, found none in {}", args.device.join(","));
    }
    Ok(devices)
}

/// The module that `init` draws, with the same weights on every device: each draws numbers of its
/// own, so that all are drawn on the default one and brought to `device`.
fn placed<M: Module>(device: &Device, init: impl FnOnce(&Device) -> M) -> M {
    let plain = device.clone().inner();
    let drawn_on = backend::open(backend::DEFAULT).unwrap_or_else(|_| plain.clone());
    let _seed = backend::seeded(&drawn_on, SEED);
    // a weight is drawn when it is first asked for, which this does
    let drawn = init(&drawn_on).valid();
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
        Self {
            min: seconds[0],
            median: seconds[seconds.len() / 2],
            max: seconds[seconds.len() - 1],
        }
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
