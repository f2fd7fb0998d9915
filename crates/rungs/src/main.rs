//! `cargo rungs`: the command line of the course.
//!
//! The only crate that knows every lesson, and the only place that prints. Results go to standard output,
//! everything else to standard error; a failure is one line `error: ...`, at most one line `help: ...`, and an exit
//! code other than 0.

mod bench;
mod classifying;
mod cli;
mod corpus;
mod devices;
mod embed;
mod fetch;
mod generate;
mod indexing;
mod learning;
mod lessons;
mod map;
mod model;
mod output;
mod parity;
mod perplexity;
mod search;
mod sts;
mod train;
mod tune;
mod word2vec;
mod words;
mod writer;

use std::io;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::{Cli, Command};
use output::Helpful;

/// What a shell reports of a command that was given wrong arguments.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS, // the reader has had enough
        Err(error) => {
            eprintln!("error: {}", output::one_line(&error.to_string()));
            if let Some(Helpful { help, .. }) = error.downcast_ref() {
                eprintln!("help: {help}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Option<Command>) -> anyhow::Result<()> {
    match command {
        None => lessons::list(),
        Some(Command::Run(args)) => lessons::run(&args),
        Some(Command::Record(args)) => lessons::record(&args),
        Some(Command::Devices(args)) => devices::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Fetch(args)) => fetch::run(&args),
        Some(Command::Embed(args)) => embed::run(&args),
        Some(Command::Index(args)) => indexing::run(&args.command),
        Some(Command::Search(args)) => search::run(&args),
        Some(Command::Sts(args)) => sts::run(&args),
        Some(Command::Corpus(args)) => corpus::run(&args),
        Some(Command::Word2vec(args)) => word2vec::run(&args),
        Some(Command::Neighbours(args)) => words::neighbours(&args),
        Some(Command::Analogy(args)) => words::analogy(&args),
        Some(Command::Analogies(args)) => words::analogies(&args),
        Some(Command::Map(args)) => map::run(&args),
        Some(Command::Generate(args)) => generate::run(&args),
        Some(Command::Perplexity(args)) => perplexity::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Tune(args)) => tune::run(&args),
        Some(Command::Classify(args)) => classifying::run(&args.command),
        Some(Command::Parity(args)) => parity::run(&args),
    }
}

/// Help and version as clap prints them; a mistake in one line, like every other error.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match error.print() {
            Err(failure) if failure.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        };
    }
    let text = error.to_string();
    let message =
        text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let message: Vec<&str> = message.map(str::trim).filter(|line| !line.is_empty()).collect();
    eprintln!("{}", output::one_line(&message.join(" ")));
    eprintln!("help: cargo rungs --help lists the commands, cargo rungs COMMAND --help their options");
    ExitCode::from(USAGE)
}
