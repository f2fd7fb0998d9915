//! `cargo rungs book`

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fetch::{Fetch, Source};
use files::{FilesError, Home};
use flate2::read::GzDecoder;
use tar::Archive;

use crate::shell::failure::Helpful;
use crate::shell::{output, place, progress};

/// Programs that build the book, with the versions that it is built with.
const PROGRAMS: [(&str, &str); 2] = [("mdbook", "0.5.3"), ("mdbook-katex", "0.10.0")];
/// The archive that [`Source::Katex`] is.
const KATEX: &str = "katex-0.16.4.tgz";
/// A page of every book that mdBook builds.
const CONTENTS: &str = "toc.html";
/// What of the archive the pages need: a style sheet, which asks for fonts beside it.
const NEEDED: [&str; 3] = ["package/LICENSE", "package/dist/katex.min.css", "package/dist/fonts/"];

/// Build the book's pages, which can be read offline
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs book --open
  cargo rungs book --out public

Needs mdbook and mdbook-katex, and says which of them is missing. The style sheet and the fonts of \
the formulas are those of the npm package katex 0.16.4, which is fetched once.")]
pub struct Args {
    /// Open the pages in the browser
    #[arg(long)]
    open: bool,
    /// Where the pages go [default: target/book]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Builds the pages and prints where they begin.
pub fn run(args: &Args) -> Result<()> {
    if let Some(out) = &args.out {
        place::folder(out)?;
    }
    let root = output::clone()?;
    for (program, version) in PROGRAMS {
        if !is_there(program) {
            let error = format!("{program} is not installed, which builds the book");
            let help = format!("run `cargo install {program} --version {version} --locked`");
            return Err(Helpful { error, help }.into());
        }
    }
    let out = std::path::absolute(args.out.clone().unwrap_or_else(|| root.join("target/book")))?;
    check_out(&out)?;
    let archive = katex()?;
    let mut mdbook = Command::new("mdbook");
    mdbook.arg("build").arg(root.join("book")).arg("--dest-dir").arg(&out);
    let mdbook = output::quiet(&mut mdbook).context("mdbook could not be started")?;
    if !mdbook.success() {
        bail!("mdbook could not build the book: {mdbook}");
    }
    unpack(&archive, &out.join("katex"))?;
    let first = out.join("index.html");
    output::line(first.display())?;
    if args.open {
        output::open_in_browser(&first)?;
    }
    Ok(())
}

/// Refuses a folder of other files, since mdBook empties the one that it builds into.
fn check_out(out: &Path) -> Result<()> {
    let is_empty =
        !out.exists() || out.read_dir().map_err(FilesError::io(out, "reading"))?.next().is_none();
    if !is_empty && !out.join(CONTENTS).exists() {
        bail!(
            "{}: expected a new folder or one of a book, which is emptied, found other files; \
             name another",
            out.display()
        );
    }
    Ok(())
}

/// Whether a program of this name can be started.
fn is_there(program: &str) -> bool {
    output::quiet(Command::new(program).arg("--version")).is_ok()
}

/// The archive of KaTeX, fetched if it is not there.
fn katex() -> Result<PathBuf> {
    let fetch = Fetch::new(Home::from_env()?);
    let spinner = progress::spinner("fetching katex".into());
    let folder = fetch.run(&Source::Katex, &mut |_| {});
    spinner.finish_and_clear();
    match folder {
        Ok(folder) => Ok(folder.join(KATEX)),
        Err(error) => {
            let help = format!(
                "run `npm pack katex@0.16.4`, then `cargo rungs fetch katex --from {KATEX}`"
            );
            Err(Helpful { error: error.to_string(), help }.into())
        }
    }
}

/// Lays what the pages need of the archive into `folder`.
fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    for entry in
        Archive::new(GzDecoder::new(files::open(archive, "the archive of KaTeX")?.0)).entries()?
    {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        if !NEEDED.iter().any(|needed| path.starts_with(needed)) {
            continue;
        }
        let place = folder.join(path.trim_start_matches("package/").trim_start_matches("dist/"));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        output::folder(place.parent().unwrap_or(folder))?;
        files::write(&place, bytes)?;
    }
    Ok(())
}
