//! `cargo learn`: the exercises of the course on the command line.
//!
//! Verdicts and lists go to standard output, what cargo is doing to standard error. A failure is
//! one line `error: ...` and an exit code other than 0; so is a verdict other than `right`.

mod commands;

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use learn::catalogue::Choice;
use learn::desk::Desk;

use commands::{book, bug, list, prove, report, single, watch};

#[derive(Parser)]
#[command(
    name = "cargo learn",
    bin_name = "cargo learn",
    about = "Write the functions of the course yourself, one hole at a time",
    after_help = "Without a command it goes on where you are: it says what to write, opens the \
        hole in the lesson's source and checks it whenever you save.\n\nNothing that you write is \
        lost: every attempt is kept under .learn/ before anything is written over."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Every exercise with its state, difficulty and minutes
    List(Printed),
    /// Opens an exercise: the body of its function becomes a hole
    Open {
        /// Its number: 08.1
        id: String,
    },
    /// Checks what stands in the source; exits with 0 where it is right and with 1 where not
    Check {
        /// Its number; the open one where there is none
        id: Option<String>,
        #[command(flatten)]
        printed: Printed,
    },
    /// The next of three hints
    Hint {
        /// Its number; the open one where there is none
        id: Option<String>,
    },
    /// Gives an exercise back: the lesson's own code stands there again, yours is kept
    Reset {
        /// Its number; the open one where there is none
        id: Option<String>,
    },
    /// Passes an exercise over; what you wrote is kept for when you open it again
    Skip {
        /// Its number; the open one where there is none
        id: Option<String>,
    },
    /// Our code beside yours
    Solution {
        /// Its number
        id: String,
        /// Puts ours into the source; yours is kept
        #[arg(long)]
        put: bool,
    },
    /// Follows a choice of exercises: three hours, a week, or all
    Path {
        /// The choice
        choice: Choice,
    },
    /// Plants a mistake in a lesson, not said which, or says whether you have found it
    Bug {
        /// The lesson's number: 08
        lesson: String,
        /// Ends the hunt and says what it was
        #[arg(long)]
        give_up: bool,
    },
    /// What you wrote, and what MiniLM's vectors come to by your code
    Report,
    /// Writes the exercises' boxes into the book's chapters
    #[command(hide = true)]
    Book,
    /// Tries exercises as a learner would: hole, mistakes, solution; all where none is named
    #[command(hide = true)]
    Prove {
        /// Their numbers
        ids: Vec<String>,
        /// Only the first mistake of each
        #[arg(long)]
        one_mistake: bool,
    },
}

/// How a list or a verdict is printed.
#[derive(clap::Args)]
struct Printed {
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {}", files::one_line(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let desk = Desk::here()?;
    let json = |printed: &Printed| printed.format == Format::Json;
    match &cli.command {
        None => watch::run(&desk),
        Some(Command::List(printed)) => list::run(&desk, json(printed)),
        Some(Command::Open { id }) => single::open(&desk, id),
        Some(Command::Check { id, printed }) => single::check(&desk, id.as_deref(), json(printed)),
        Some(Command::Hint { id }) => single::hint(&desk, id.as_deref()),
        Some(Command::Reset { id }) => single::reset(&desk, id.as_deref()),
        Some(Command::Skip { id }) => single::skip(&desk, id.as_deref()),
        Some(Command::Solution { id, put }) => single::solution(&desk, id, *put),
        Some(Command::Path { choice }) => list::path(&desk, *choice),
        Some(Command::Bug { lesson, give_up }) => bug::run(&desk, lesson, *give_up),
        Some(Command::Report) => report::run(&desk),
        Some(Command::Book) => book::run(&desk),
        Some(Command::Prove { ids, one_mistake }) => prove::run(desk, ids, *one_mistake),
    }
}
