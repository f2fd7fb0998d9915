//! `cargo rungs fetch`

use std::str::FromStr;

use anyhow::Result;
use fetch::{Fetch, Progress, Source};
use files::Home;
use indicatif::ProgressBar;

use crate::cli::FetchArgs;
use crate::output;

const BAR: &str = "{msg:24} {bar:30} {bytes}/{total_bytes} {bytes_per_sec}";

/// Gets what is asked for and prints the folder it lies in.
pub fn run(args: &FetchArgs) -> Result<()> {
    let source = Source::from_str(&args.source)?;
    let fetch = Fetch { from: args.from.clone(), ..Fetch::new(Home::from_env()?) };
    let mut bar = ProgressBar::hidden();
    let folder = fetch.run(&source, &mut |progress| match progress {
        Progress::Start { file, total, done } => {
            bar = output::bar(total.unwrap_or(done), BAR).with_message(file.to_string());
            bar.set_position(done);
        }
        Progress::Advance { done } => bar.set_position(done),
        Progress::Retry { reason } => eprintln!("{}; trying again", output::one_line(reason)),
        Progress::Done { file } => {
            bar.finish_and_clear();
            eprintln!("fetched {file}");
        }
        _ => {}
    })?;
    output::line(folder.display())
}
