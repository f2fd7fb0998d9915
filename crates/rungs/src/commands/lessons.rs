//! `cargo rungs`, `cargo rungs run`, `cargo rungs record`

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Error, Result};
use course::{Lesson, Report, Run, SEED};
use files::FilesError;
use rungs::{Demo, LESSONS, lists, measured};

use crate::shell::failure::Helpful;
use crate::shell::html::{self, Page};
use crate::shell::options::{DeviceArg, Suggested};
use crate::shell::place::{self, ForceArg, Kind};
use crate::shell::{names, output, progress};

/// Run lessons' demos: print what each shows, draw its figures
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs run                 every lesson, figures into target/rungs/
  cargo rungs run 08 multi-head   two of them, by number or name
  cargo rungs run --open          and all of it as a page in the browser
  cargo rungs run 06 --out /tmp   figures elsewhere")]
pub struct RunArgs {
    /// Lessons by number or name (08, attention); all if none is named
    #[arg(value_name = "NN", value_parser = Suggested::lessons(&[]), hide_possible_values = true)]
    lessons: Vec<String>,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// Where figures go [default: target/rungs in the clone, rungs-figures elsewhere]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Open what they print and draw as one page in the browser: index.html beside the figures
    #[arg(long)]
    open: bool,
    /// Whether what is there may go.
    #[command(flatten)]
    force: ForceArg,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
}

/// Run demos and renew the book's figures, numbers, printed results and lists of lessons
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs record 06           the only command that writes into the book's sources
  cargo rungs record docs         after `cargo update`: the list of packages that the docs corpus \
is made of")]
pub struct RecordArgs {
    /// Lessons by number or name, all if none is named; or docs
    #[arg(
        value_name = "NN|docs", value_parser = Suggested::lessons(&["docs"]),
        hide_possible_values = true,
    )]
    lessons: Vec<String>,
}

/// Prints the lessons.
pub fn list() -> Result<()> {
    for (lesson, _) in &LESSONS {
        output::line(format_args!("{}  {}", lesson.stem, lesson.question))?;
        output::line(format_args!("    leaves you with {}", lesson.leaves_you_with))?;
    }
    note!("\ncargo rungs run shows what they do; cargo rungs --help lists the commands");
    Ok(())
}

/// Runs demos, prints what they say and writes figures outside the clone's tracked files.
pub fn run(args: &RunArgs) -> Result<()> {
    let chosen = choose(&args.lessons)?;
    let device = names::device(&args.device.device)?;
    let here = std::env::current_dir()?;
    let out = match (&args.out, output::clone()) {
        (Some(out), _) => out.clone(),
        (None, Ok(clone)) if here.starts_with(&clone) => clone.join("target/rungs"),
        (None, _) => PathBuf::from("rungs-figures"),
    };
    place::folder(&out)?;
    let page = std::path::absolute(out.join("index.html"))?;
    if args.open {
        place::file(&page, Kind::Page, args.force)?;
    }
    let mut shown = Vec::new();
    let minilm = names::fetched_minilm();
    let run = Run { device: &device, seed: args.seed, minilm: minilm.as_deref() };
    for (lesson, demo) in chosen {
        let report = run_demo(lesson, *demo, &run)?;
        for figure in report.figures() {
            let path = out.join(&figure.name).with_extension("svg");
            place::file(&path, Kind::Figure, args.force)?;
            output::write_text(&path, &figures::svg(figure))?;
            note!("figure: {}", path.display());
        }
        shown.push((lesson, report));
    }
    if args.open {
        output::write_text(&page, &page_of(&shown, args))?;
        note!("page: {}", page.display());
        output::open_in_browser(&page)?;
    }
    Ok(())
}

/// A page of what demos printed and drew.
fn page_of(shown: &[(&Lesson, Report)], args: &RunArgs) -> String {
    let (mut contents, mut sections) = (String::new(), String::new());
    for (lesson, report) in shown {
        let Lesson { stem, question, .. } = lesson;
        let question = html::escaped(question);
        contents += &format!("<li><a href=\"#{stem}\">{stem}</a>: {question}</li>\n");
        sections += &section(stem, &question, report);
    }
    let device = html::escaped(&args.device.device);
    let body = format!(
        "<main>\n<header>\n<h1>What the demos show</h1>\n\
         <p>Printed and drawn by <code>cargo rungs run</code> on {device}, with seed {}.</p>\n\
         <ul>\n{contents}</ul>\n</header>\n{sections}</main>\n",
        args.seed
    );
    Page {
        title: "What the demos show",
        style: include_str!("lessons/run.css"),
        body: &body,
        data: &[],
        script: "",
        pictures: true,
    }
    .text()
}

/// What one demo printed and drew.
fn section(stem: &str, question: &str, report: &Report) -> String {
    let printed = html::escaped(report.text().trim_end());
    let mut section = format!(
        "<section id=\"{stem}\">\n<h2>{stem}</h2>\n<p class=\"question\">{question}</p>\n\
         <pre tabindex=\"0\">\n{printed}</pre>\n"
    );
    for figure in report.figures() {
        let drawing = html::base64(figures::svg(figure).as_bytes());
        let alt = html::escaped(&figure.alt);
        section += &format!("<img src=\"data:image/svg+xml;base64,{drawing}\" alt=\"{alt}\">\n");
    }
    section + "</section>\n"
}

/// Runs demos on the default device and renews what the book shows of them, and the lists of
/// lessons.
pub fn record(args: &RecordArgs) -> Result<()> {
    if args.lessons == ["docs"] {
        return Ok(data::renew_docs()?);
    }
    let chosen = choose(&args.lessons).map_err(|error| suggesting_docs(error, &args.lessons))?;
    let device = names::device(backend::DEFAULT)?;
    let minilm = names::fetched_minilm();
    if minilm.is_none() && chosen.iter().any(|(lesson, _)| lesson.minilm) {
        let mut with_weights = Vec::new();
        for (lesson, _) in &LESSONS {
            if lesson.minilm {
                with_weights.push(lesson.number());
            }
        }
        let error = format!(
            "the book's lessons {} show real weights, which are not fetched",
            with_weights.join(", ")
        );
        return Err(Helpful { error, help: "run `cargo rungs fetch minilm`".into() }.into());
    }
    let clone = output::clone()?;
    let book = clone.join("book/src");
    let (figures, printed) = (book.join("figures"), book.join("output"));
    let (numbers, list) = (book.join("numbers"), book.join("measured.md"));
    for folder in [&figures, &printed, &numbers] {
        output::folder(folder)?;
    }
    let pages = pages(&book)?;
    let run = Run { device: &device, seed: SEED, minilm: minilm.as_deref() };
    for (lesson, demo) in chosen {
        let report = run_demo(lesson, *demo, &run)?;
        output::write_text(&printed.join(format!("{}.txt", lesson.stem)), report.text())?;
        output::write_text(
            &numbers.join(format!("{}.txt", lesson.stem)),
            &measured::file(report.numbers()),
        )?;
        let quoted = measured::list(lesson, report.numbers(), &pages);
        let renewed = measured::renewed(&read_page(&list)?, lesson, &quoted)?;
        output::write_text(&list, &renewed)?;
        for figure in report.figures() {
            output::write_figure(&figures, figure)?;
        }
    }
    for page in lists::PAGES {
        let path = clone.join(page);
        output::write_text(&path, &lists::renewed(&read_page(&path)?)?)?;
    }
    Ok(())
}

/// The error of an unknown lesson; where `docs` was likely meant, it says so.
fn suggesting_docs(error: Error, asked: &[String]) -> Error {
    for name in asked {
        if rungs::lesson(name).is_err() && rungs::nearest(name, &["docs"]).is_some() {
            let error = format!("{name:?}: expected docs or lessons, found no lesson of this name");
            return Helpful { error, help: "did you mean docs?".into() }.into();
        }
    }
    error
}

/// The text of a page.
fn read_page(path: &Path) -> Result<String> {
    Ok(files::read_text(path, "a page of the clone")?)
}

/// The texts of the book's pages.
fn pages(book: &Path) -> Result<Vec<String>> {
    let mut pages = Vec::new();
    for entry in book.read_dir().map_err(FilesError::io(book, "reading"))? {
        let path = entry.map_err(FilesError::io(book, "reading"))?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(read_page(&path)?);
        }
    }
    Ok(pages)
}

/// The lessons of these names, all if there is none, in the order of the course.
fn choose(names: &[String]) -> Result<Vec<&'static (Lesson, Demo)>> {
    if names.is_empty() {
        return Ok(LESSONS.iter().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        chosen.push(rungs::lesson(name)?);
    }
    chosen.sort_by_key(|(lesson, _)| lesson.stem);
    chosen.dedup_by_key(|(lesson, _)| lesson.stem);
    Ok(chosen)
}

/// Runs a lesson's demo and prints what it reports.
fn run_demo(lesson: &Lesson, demo: Demo, run: &Run) -> Result<Report> {
    output::line(format_args!("## {}\n\n{}\n", lesson.stem, lesson.question))?;
    let progress = progress::spinner(format!("running {}", lesson.stem));
    let printed = Rc::new(RefCell::new(Ok(())));
    let outcome = printed.clone();
    let mut blank = String::new(); // lines that are printed when another follows
    let say = move |text: &str| {
        let written = text.trim_end();
        if outcome.borrow().is_ok() && !written.is_empty() {
            *outcome.borrow_mut() = output::lines(&format!("{blank}{written}"));
            blank.clear();
            blank.push_str(text[written.len()..].strip_prefix('\n').unwrap_or_default());
        } else {
            blank.push_str(text);
        }
    };
    let report = course::heard(say, || demo(run));
    progress.finish_and_clear();
    printed.replace(Ok(()))?;
    let report = report?;
    output::line("")?;
    Ok(report)
}
