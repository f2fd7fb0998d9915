//! Options that several commands take.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io::{self, IsTerminal};

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, ValueEnum};
use data::Columns;
use rungs::LESSONS;

/// Name of the encoder that is used where none is named.
pub const DEFAULT: &str = "minilm";

/// Texts that go through the encoder together where `--batch` does not say otherwise.
pub const BATCH: u32 = 32;

/// Help of `--model`: what it takes.
pub const MODELS: &str = "minilm, wordllama or hf:OWNER/NAME[@COMMIT] (fetched before), or a \
    model's folder";

/// Help of `--model` where it is trained: what it takes, which has layers.
pub const TRAINABLE: &str =
    "minilm or hf:OWNER/NAME[@COMMIT] (fetched before), or a model's folder";

/// Help of `--model` where it writes: what it takes.
pub const WRITERS: &str = "smollm2 or hf:OWNER/NAME[@COMMIT] (fetched before), a GGUF file, or a \
    model's folder: config.json, model.safetensors and the tokenizer's files";

/// How alike a text and the name of an option are that was meant: a letter more, less or wrong.
const ALIKE: f64 = 0.85;

/// The option of a command that stands where a text is expected, spelt right or nearly so.
pub fn meant<A: Args>(text: &str) -> Option<String> {
    let name = text.strip_prefix("--")?;
    let command = A::augment_args(clap::Command::new("command"));
    let names = command.get_arguments().filter_map(|option| option.get_long());
    let mut likely = names.filter(|option| strsim::jaro(name, option) > ALIKE);
    likely.next().map(str::to_string)
}

/// Parser of a name, any that there is, for which shells complete those that are known beforehand.
#[derive(Debug, Clone)]
pub struct Suggested(Vec<&'static str>);

impl Suggested {
    /// The lessons, by their folders' names, and what else a command takes.
    pub fn lessons(others: &[&'static str]) -> Self {
        let stems = LESSONS.iter().map(|(lesson, _)| lesson.stem);
        Self(stems.chain(others.iter().copied()).collect())
    }

    /// The devices.
    pub fn devices() -> Self {
        Self(backend::KINDS.iter().map(|kind| kind.name).collect())
    }

    /// What `fetch` gets by a name of its own.
    pub fn fetched() -> Self {
        Self(fetch::NAMES.into())
    }
}

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        option: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, option, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}

/// Option that says where to compute.
#[derive(Debug, Args)]
pub struct DeviceArg {
    /// flex, ndarray, wgpu or cuda
    #[arg(
        short, long, value_name = "D", env = backend::DEVICE_VARIABLE,
        default_value = backend::DEFAULT, value_parser = Suggested::devices(),
        hide_possible_values = true,
    )]
    pub device: String,
}

/// Options that say which encoder, and where it runs.
#[derive(Debug, Args)]
pub struct ModelArg {
    /// Name of the model, or its folder.
    #[arg(short, long, value_name = "MODEL", default_value = DEFAULT, help = MODELS)]
    pub model: String,
    /// Texts that go through the encoder together
    #[arg(
        long, value_name = "N", default_value_t = BATCH,
        value_parser = clap::value_parser!(u32).range(1..=65_536),
    )]
    pub batch: u32,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
}

/// Options that say which encoder, where an index may name its own.
#[derive(Debug, Args)]
pub struct OwnModelArg {
    /// Name of the model, or its folder.
    #[arg(short, long, value_name = "MODEL", help = format!("{MODELS} [default: the index's \
        own, else minilm]"))]
    pub model: Option<String>,
    /// Texts that go through the encoder together
    #[arg(
        long, value_name = "N", default_value_t = BATCH,
        value_parser = clap::value_parser!(u32).range(1..=65_536),
    )]
    pub batch: u32,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
}

/// Option that says what the columns of a table are.
#[derive(Debug, Args)]
pub struct ColumnsArg {
    /// What the columns of the table are, where its first line does not say so, like text,label; -
    /// passes one over
    #[arg(long, value_name = "NAMES", value_parser = columns, allow_hyphen_values = true)]
    pub columns: Option<Columns>,
}

/// Parses names of columns.
fn columns(names: &str) -> Result<Columns, Infallible> {
    Ok(Columns::named(names))
}

/// How to print a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// One JSON document a line
    Jsonl,
}

impl Format {
    /// The format that was asked for; else text where a person reads, and JSON where a program does.
    pub fn for_reader(asked: Option<Self>) -> Self {
        match asked {
            Some(format) => format,
            None if io::stdout().is_terminal() => Self::Text,
            None => Self::Jsonl,
        }
    }
}

/// How much to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PresetArg {
    /// Seconds: 2 layers, 64 wide, block 32, 500 steps
    Tiny,
    /// Minutes: 4 layers, 128 wide, block 64, 2,000 steps
    Laptop,
    /// For a GPU: 6 layers, 384 wide, block 256, 5,000 steps
    Gpu,
}

impl PresetArg {
    /// Returns the sizes and steps that the preset stands for.
    pub fn sizes(self) -> training::Preset {
        match self {
            Self::Tiny => training::Preset::TINY,
            Self::Laptop => training::Preset::LAPTOP,
            Self::Gpu => training::Preset::GPU,
        }
    }
}

/// Parses a number above 0.
pub fn above_zero(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("expected a number above 0".into()),
    }
}

/// Parses a share of numbers that are left out: 0 or more and below 1.
pub fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..1.0).contains(&number) => Ok(number),
        _ => Err("expected a share of 0 or more and below 1".into()),
    }
}

/// Parses what logits are divided by: 0 or more.
pub fn temperature(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number >= 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("expected a number of 0 or more; 0 always takes the likeliest token".into()),
    }
}

/// Parses the share of the probability that is drawn from: above 0 and at most 1.
pub fn top_p(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number <= 1.0 => Ok(number),
        _ => Err("expected a share above 0 and at most 1; 1 draws from all tokens".into()),
    }
}

/// The error of options of the command called `name` that do not go together, which ends the
/// program as those do that clap refuses.
pub fn refused<A: Args>(name: &'static str, problem: String) -> anyhow::Error {
    let mut command = A::augment_args(clap::Command::new(name));
    command.error(ErrorKind::ArgumentConflict, problem).into()
}
