//! `cargo rungs bench`

mod encoder;
mod generate;
mod gpt_train;
mod lessons;
mod operation;
mod position_costs;
mod profile;
mod record;
mod row;
mod search;
mod timing;

use std::path::PathBuf;

use anyhow::{Result, bail};
use backend::DeviceError;
use burn::module::Module;
use burn::tensor::Device;
use clap::ArgMatches;
use clap::parser::ValueSource;
use course::SEED;
use indicatif::ProgressBar;
use serde::Serialize;

use operation::{OPERATIONS, Operation};

use crate::shell::failure::{self, Helpful};
use crate::shell::options::{Format, PresetArg, Suggested, share};
use crate::shell::{names, options, progress};

/// Time a lesson's central operation, a whole model at work, or all of them, on each device
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs bench 08                            or: cargo rungs bench attention
  cargo rungs bench 06                            what four ways of positions cost a text
  cargo rungs-all bench lessons --device flex,ndarray,wgpu --out target/backends
  cargo rungs bench gpt-train
  cargo rungs bench generate --tokens 512
  cargo rungs bench search --passages 1000000
  cargo rungs bench encoder --texts my_lines.txt --format json
  cargo rungs bench encoder --plain               what the fast versions buy
  cargo rungs bench encoder --profile             where the time goes, with them and without
  cargo rungs-all bench 10 --device flex,ndarray,wgpu")]
pub struct Args {
    /// A lesson by number or name, every lesson with a few whole models, or a whole model at work
    #[arg(
        value_name = "NN|lessons|encoder|gpt-train|generate|search", default_value = "encoder",
        value_parser = Suggested::lessons(&WHOLE.map(|(name, _)| name)),
        hide_possible_values = true,
    )]
    what: String,
    /// Devices, separated by commas; lessons passes over those that do not work here
    #[arg(
        short, long, value_name = "D,D,..",
        value_delimiter = ',',
        env = backend::DEVICE_VARIABLE,
        default_value = backend::DEFAULT,
        value_parser = Suggested::devices(),
        hide_possible_values = true,
    )]
    device: Vec<String>,
    /// Where lessons writes its table, its rows and its figure
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Texts for the encoder, one a line [default: 256 made-up sentences]
    #[arg(long, value_name = "FILE")]
    texts: Option<PathBuf>,
    /// The encoder by name or a folder [default: minilm], or the folder of a causal language model
    /// [default: 124M random weights]
    #[arg(short, long, value_name = "MODEL")]
    model: Option<String>,
    /// Tokens that generate writes; no more than the model sees at once
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
    /// How large a model gpt-train trains
    #[arg(long, value_enum, default_value = "laptop")]
    preset: PresetArg,
    /// Dropout of gpt-train's model; every device draws other zeros
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    dropout: f64,
    /// Show where the time of encoder, generate or gpt-train goes: each operation's share of it, and
    /// of what this machine reaches
    #[arg(long)]
    profile: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// Runs that are counted; the median of an odd number of runs is one of them.
const RUNS: usize = 7;

/// Size of the vocabulary where a model reads characters: those of an English text.
const CHARACTERS: usize = 65;

/// Function that times something as the arguments say, shows how far it is, and prints it.
type Bench = fn(&Args, &ProgressBar) -> Result<()>;

/// Everything that can be timed beside a lesson's operation, by its name.
const WHOLE: [(&str, Bench); 5] = [
    ("lessons", lessons::run),
    ("encoder", encoder::run),
    ("gpt-train", gpt_train::run),
    ("generate", generate::run),
    ("search", search::run),
];

/// The lessons without an operation, and why they have none.
const UNTIMED: [(&str, &str); 2] = [
    ("02", "lesson 02 has nothing to time: it works on bytes, which have no tensors"),
    ("16", "lesson 16 has nothing to time on a device: `rungs run 16` times its kernels"),
];

/// Name of the command where it refuses options.
const NAME: &str = "cargo rungs bench";

/// Options that some benches alone take.
const OF_SOME: [(&str, &[&str]); 10] = [
    ("out", &["lessons"]),
    ("texts", &["encoder"]),
    ("model", &["encoder", "generate"]),
    ("tokens", &["generate"]),
    ("no_cache", &["generate"]),
    ("batch", &["encoder", "gpt-train"]),
    ("passages", &["search"]),
    ("preset", &["gpt-train"]),
    ("dropout", &["gpt-train"]),
    ("profile", &["encoder", "generate", "gpt-train"]),
];

/// Times a lesson's operation, a whole model, or all of them; `plain` without the fast versions,
/// the encoder both with and without them. `given` says which options were asked for.
pub fn run(args: &Args, plain: bool, given: &ArgMatches) -> Result<()> {
    check_options(&args.what, given)?;
    let progress = progress::still(format!("timing {}", args.what));
    if args.profile {
        return profile::run(args, plain);
    }
    if plain && args.what == "encoder" {
        return encoder::run_both_roads(args, &progress);
    }
    if plain {
        kernels::make_plain();
    }
    for (name, run) in WHOLE {
        if name == args.what {
            return run(args, &progress);
        }
    }
    let operation = operation(&args.what)?;
    if operation.what == position_costs::LESSON {
        return position_costs::run(args);
    }
    timing::run(operation, args)
}

/// Refuses an option that says nothing to the bench called `what`.
fn check_options(what: &str, given: &ArgMatches) -> Result<()> {
    let is_given = |option| given.value_source(option) == Some(ValueSource::CommandLine);
    for (option, benches) in OF_SOME {
        if is_given(option) && !benches.contains(&what) {
            let (option, benches) = (option.replace('_', "-"), benches.join(" or bench "));
            let problem = format!("--{option}: expected bench {benches}, found bench {what:?}");
            return Err(options::refused::<Args>(NAME, problem));
        }
    }
    if is_given("device") && what == "search" {
        let problem = "--device: expected another bench: search computes on the processor";
        return Err(options::refused::<Args>(NAME, problem.into()));
    }
    Ok(())
}

/// The operation of the lesson that `what` names, by number or name.
fn operation(what: &str) -> Result<&'static Operation> {
    let number = match rungs::lesson(what) {
        Ok((lesson, _)) => lesson.number(),
        Err(_) => what, // the list below says more than that no lesson has this name
    };
    for (lesson, why) in UNTIMED {
        if number == lesson {
            bail!("{why}");
        }
    }
    let mut known = Vec::new();
    for operation in &OPERATIONS {
        if operation.what == number {
            return Ok(operation);
        }
        known.push(operation.what);
    }
    known.extend(WHOLE.map(|(name, _)| name));
    let error = format!("bench {what:?}: expected one of {}", known.join(", "));
    match rungs::nearest(what, &known) {
        Some(near) => Err(Helpful { error, help: format!("did you mean {near}?") }.into()),
        None => bail!(error),
    }
}

/// The devices that the arguments name; of several, those that do not work here are passed over.
fn devices(args: &Args) -> Result<Vec<(String, Device)>> {
    if args.device.len() > 1 {
        return devices_that_work(args);
    }
    let mut devices = Vec::new();
    for name in &args.device {
        devices.push((name.clone(), names::device(name)?));
    }
    Ok(devices)
}

/// The devices that the arguments name, without those that do not work here, which are named on
/// standard error.
fn devices_that_work(args: &Args) -> Result<Vec<(String, Device)>> {
    let mut devices = Vec::new();
    for name in &args.device {
        match backend::open(name) {
            Ok(device) => devices.push((name.clone(), device)),
            Err(error @ DeviceError::Unknown { .. }) => return Err(error.into()),
            Err(error) => note!("passed over: {}", failure::printable(&error.to_string())),
        }
    }
    if devices.is_empty() {
        bail!("expected a device that works here, found none in {}", args.device.join(","));
    }
    Ok(devices)
}

/// The module that `init` initialises, with the same weights on every device: each device draws its
/// own random numbers, so the default one draws the weights and they are copied to `device`.
fn placed<M: Module>(device: &Device, init: impl FnOnce(&Device) -> M) -> M {
    let plain = device.clone().inner();
    let drawn_on = backend::open(backend::DEFAULT).unwrap_or_else(|_| plain.clone());
    let _seed = backend::seeded(&drawn_on, SEED);
    // a weight is drawn when it is first asked for, which this does
    let drawn = init(&drawn_on).valid();
    let module = drawn.to_device(&plain);
    if device.is_autodiff() { module.train() } else { module }
}

/// Minimum, median and maximum of several runs, in seconds.
#[derive(Debug, Clone, Copy, Serialize)]
struct Seconds {
    min: f64,
    median: f64,
    max: f64,
}

impl Seconds {
    /// Minimum, median and maximum of the seconds of at least one run.
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
    let (_, rest) = status.split_once("\nVmHWM:")?;
    let kilobytes: f64 = rest.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// A number of megabytes for people, or a dash where it is not known.
fn megabytes(number: Option<f64>) -> String {
    match number {
        Some(number) => format!("{number:.0}"),
        None => "-".into(),
    }
}
