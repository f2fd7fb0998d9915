//! `cargo rungs models`

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use course::Table;
use fetch::{Kept, kept};
use files::{FilesError, Home};
use serde::Serialize;

use crate::shell::failure::Helpful;
use crate::shell::options::{Format, Suggested};
use crate::shell::output;

/// List what was fetched, with sizes, or remove it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs models
  cargo rungs models --format json
  cargo rungs models remove glove hf:sentence-transformers/all-MiniLM-L12-v2

What `cargo rungs fetch` got, and indexes that are kept with it, under $RUNGS_HOME (default: the \
user's cache directory).")]
pub struct Args {
    /// What to do [default: list]
    #[command(subcommand)]
    command: Option<Command>,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// What to do with what was fetched.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Remove models or data from the cache
    #[command(after_help = "Examples:
  cargo rungs models remove smollm2
  cargo rungs models remove glove stsb")]
    Remove {
        /// Names, as the list has them
        #[arg(
            value_name = "NAME", required = true, value_parser = Suggested::fetched(),
            hide_possible_values = true,
        )]
        names: Vec<String>,
    },
}

/// Something in the cache.
#[derive(Serialize)]
struct Row {
    name: String,
    bytes: u64,
    path: PathBuf,
}

/// Lists what lies in the cache, or removes some of it.
pub fn run(args: &Args) -> Result<()> {
    let home = Home::from_env()?;
    let kept = kept(&home)?;
    if let Some(Command::Remove { names }) = &args.command {
        return remove(&kept, names);
    }
    let mut rows = Vec::new();
    for Kept { name, path, bytes } in kept {
        rows.push(Row { name, bytes, path });
    }
    if rows.is_empty() {
        note!(
            "nothing lies in {}; `cargo rungs fetch --help` says what there is",
            home.root().display()
        );
    }
    output::rows(args.format, &rows, || if rows.is_empty() { String::new() } else { table(&rows) })
}

/// Removes all that is named, or nothing where a name is unknown.
fn remove(kept: &[Kept], names: &[String]) -> Result<()> {
    let mut chosen = Vec::new();
    for name in names {
        let Some(found) = kept.iter().find(|kept| kept.name == *name) else {
            let known: Vec<&str> = kept.iter().map(|kept| &kept.name[..]).collect();
            let error = format!("{name:?} is not in the cache; nothing was removed");
            let help = match rungs::nearest(name, &known) {
                Some(near) => format!("did you mean {near}?"),
                None => "`cargo rungs models` lists what is".into(),
            };
            return Err(Helpful { error, help }.into());
        };
        chosen.push(found);
    }
    for Kept { name, path, bytes } in chosen {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        removed.map_err(FilesError::io(path, "removing"))?;
        output::line(format_args!("removed {name}, {}", megabytes(*bytes)))?;
    }
    Ok(())
}

/// The rows for people, with their sum.
fn table(rows: &[Row]) -> String {
    let mut table = Table::new(["name", "size", "where"]);
    let mut sum = 0;
    for Row { name, bytes, path } in rows {
        sum += bytes;
        table.row([name.clone(), megabytes(*bytes), path.display().to_string()]);
    }
    table.row(["in all".into(), megabytes(sum), String::new()]);
    output::fitted(&table)
}

/// A size for people.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
