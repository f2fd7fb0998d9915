//! The commands that can be asked for.

use clap::{Parser, Subcommand};

use crate::commands::models::{chat, generate, kept, page, perplexity, train};
use crate::commands::texts::{classify, embed, index, map, search, sts, tune};
use crate::commands::words::{corpus, neighbours, word2vec};
use crate::commands::{bench, book, completions, devices, fetch, lessons, parity};

/// A transformer, one rung at a time.
///
/// Without a command, lists the lessons.
#[derive(Debug, Parser)]
#[command(
    name = "rungs",
    bin_name = "cargo rungs",
    version,
    max_term_width = 110,
    after_help = "Examples:
  cargo rungs run attention                    what lesson 08 shows
  cargo rungs fetch minilm
  cargo rungs search 'feeling down' diary.txt
  cargo rungs search --help                    what a command takes, with examples

Installed by `cargo install --path crates/rungs` it is called `rungs`, without cargo."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Run the functions that the lessons show, not their fast versions
    #[arg(long, global = true)]
    pub plain: bool,
}

/// A command with its arguments, in the order in which `--help` lists them.
#[derive(Debug, Subcommand)]
pub enum Command {
    Run(lessons::RunArgs),
    Record(lessons::RecordArgs),
    Book(book::Args),
    Devices(devices::Args),
    Bench(bench::Args),
    Fetch(fetch::Args),
    Models(kept::Args),
    Embed(embed::Args),
    Index(index::Args),
    Search(search::Args),
    Sts(sts::Args),
    Corpus(corpus::Args),
    Word2vec(word2vec::Args),
    Neighbours(neighbours::NeighboursArgs),
    Analogy(neighbours::AnalogyArgs),
    Analogies(neighbours::AnalogiesArgs),
    Map(map::Args),
    Train(train::Args),
    Tune(tune::Args),
    Classify(classify::Args),
    Generate(generate::Args),
    Chat(chat::Args),
    Page(page::Args),
    Perplexity(perplexity::Args),
    Parity(parity::Args),
    Completions(completions::Args),
}
