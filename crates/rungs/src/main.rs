//! `cargo rungs`: the command line of the course.
//!
//! It knows every lesson, and is the only place that prints. Results go to standard output,
//! everything else to standard error; a failure is one line `error: ...`, at most one line
//! `help: ...`, and an exit code other than 0.
//!
//! # Layout
//!
//! - `cli`: the list of the commands
//! - `commands`: a file a command, with its arguments, its work and what it prints
//! - `shell`: what every command stands on, and what knows none of them

/// Prints a line on standard error, above all bars: a note, which is no result. What a file says in
/// it cannot steer the terminal. Where it cannot be printed, the command goes on.
macro_rules! note {
    ($($line:tt)*) => {{
        use std::io::Write;
        let line = $crate::shell::progress::folded(&files::for_terminal(&format!($($line)*)));
        let _ = $crate::shell::progress::above(|| writeln!(std::io::stderr().lock(), "{line}"));
    }};
}

mod cli;
mod commands;
mod shell;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use cli::{Cli, Command};
use commands::models::{chat, generate, kept, page, perplexity, train};
use commands::texts::{classify, embed, index, map, search, sts, tune};
use commands::words::{corpus, neighbours, word2vec};
use commands::{bench, book, completions, devices, fetch, lessons, parity};
use shell::{failure, interrupt};

fn main() -> ExitCode {
    // The main thread is one of those that share the work: from outside, each of a model's products
    // would be handed to threads that have to be woken first. If there is a pool already, it stays.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    let given = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&given).unwrap_or_else(|error| error.exit());
    match run(cli, &given) {
        Ok(()) => ExitCode::SUCCESS,
        // the reader has had enough
        Err(error) if failure::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let error = match error.downcast::<clap::Error>() {
                Ok(wrong_arguments) => wrong_arguments.exit(),
                Err(error) => error,
            };
            failure::say(&error);
            interrupt::end_by_signal();
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, given: &ArgMatches) -> anyhow::Result<()> {
    if cli.plain && !matches!(cli.command, Some(Command::Bench(_))) {
        kernels::make_plain();
    }
    match cli.command {
        None => lessons::list(),
        Some(Command::Run(args)) => lessons::run(&args),
        Some(Command::Record(args)) => lessons::record(&args),
        Some(Command::Book(args)) => book::run(&args),
        Some(Command::Devices(args)) => devices::run(&args),
        Some(Command::Bench(args)) => {
            let (_, given) = given.subcommand().expect("it was parsed");
            bench::run(&args, cli.plain, given) // turns plain by itself
        }
        Some(Command::Fetch(args)) => fetch::run(&args),
        Some(Command::Models(args)) => kept::run(&args),
        Some(Command::Embed(args)) => embed::run(&args),
        Some(Command::Index(args)) => index::run(&args),
        Some(Command::Search(args)) => search::run(&args),
        Some(Command::Sts(args)) => sts::run(&args),
        Some(Command::Corpus(args)) => corpus::run(&args),
        Some(Command::Word2vec(args)) => word2vec::run(&args),
        Some(Command::Neighbours(args)) => neighbours::neighbours(&args),
        Some(Command::Analogy(args)) => neighbours::analogy(&args),
        Some(Command::Analogies(args)) => neighbours::analogies(&args),
        Some(Command::Map(args)) => map::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Tune(args)) => tune::run(&args),
        Some(Command::Classify(args)) => classify::run(&args),
        Some(Command::Generate(args)) => generate::run(&args),
        Some(Command::Chat(args)) => chat::run(&args),
        Some(Command::Page(args)) => page::run(&args),
        Some(Command::Perplexity(args)) => perplexity::run(&args),
        Some(Command::Parity(args)) => parity::run(&args),
        Some(Command::Completions(args)) => completions::run(&args, Cli::command()),
    }
}
