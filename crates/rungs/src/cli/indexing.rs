//! What can be asked of an index, and of a search.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DeviceArg, Format, MODELS, ModelArg};

/// `index`
#[derive(Debug, Args)]
pub struct IndexArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: IndexCommand,
}

/// What to do with an index.
#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Make an index hold exactly these files: a new one, or an old one renewed
    Build {
        /// What to read.
        #[command(flatten)]
        sources: SourcesArgs,
        /// The index, one file
        #[arg(long, value_name = "INDEX", visible_alias = "index")]
        out: PathBuf,
        /// Which model, and how.
        #[command(flatten)]
        model: ModelArg,
    },
    /// Add files to an index, or renew them in it
    Add {
        /// What to read.
        #[command(flatten)]
        sources: SourcesArgs,
        /// The index
        #[arg(long, value_name = "INDEX", visible_alias = "out")]
        index: PathBuf,
        /// Which model, and how.
        #[command(flatten)]
        model: OwnModelArg,
    },
    /// Take files, or all files of a directory, out of an index
    Remove {
        /// Files, directories, or names as searches print them
        #[arg(value_name = "DIR_OR_FILE", required = true)]
        files: Vec<PathBuf>,
        /// The index
        #[arg(long, value_name = "INDEX", visible_alias = "out")]
        index: PathBuf,
        /// How to print
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Say what an index holds
    Info {
        /// The index
        #[arg(value_name = "INDEX")]
        index: PathBuf,
        /// How to print
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Index the documentation of this workspace's dependencies
    Docs {
        /// The index [default: docs.index in the cache]
        #[arg(long, value_name = "INDEX", visible_alias = "index")]
        out: Option<PathBuf>,
        /// Which model, and how.
        #[command(flatten)]
        model: ModelArg,
        /// How to print
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

/// Files to read.
#[derive(Debug, Args)]
pub struct SourcesArgs {
    /// Files, or directories of them
    #[arg(value_name = "DIR_OR_FILE", required = true)]
    pub sources: Vec<PathBuf>,
    /// Of plain texts, what stands between empty lines is a passage, not each line
    #[arg(long)]
    pub paragraphs: bool,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// Which model, where an index may know.
#[derive(Debug, Args)]
pub struct OwnModelArg {
    /// By name, or a folder.
    #[arg(long, value_name = "MODEL", help = format!("{MODELS} [default: the index's own, else minilm]"))]
    pub model: Option<String>,
    /// Texts that go through the encoder together
    #[arg(long, value_name = "N", default_value_t = crate::model::BATCH, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: u32,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
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
    /// Search in an index in place of a file
    #[arg(long, value_name = "INDEX", conflicts_with = "file")]
    pub index: Option<PathBuf>,
    /// Which model, and how.
    #[command(flatten)]
    pub model: OwnModelArg,
    /// How many passages to show
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}
