//! What is done to one exercise in one step, for scripts and editors.

use std::io::{BufRead, IsTerminal, Write, stdin, stdout};
use std::process::ExitCode;

use anyhow::Result;
use learn::book::section;
use learn::catalogue::Exercise;
use learn::desk::{Desk, Opened};
use learn::page::{Page, uncoloured};
use learn::state::Standing;

use super::OnStandardError;

/// What a shell calls a process that was interrupted.
const INTERRUPTED: u8 = 130;

/// Opens an exercise and says what to write.
pub fn open(desk: &Desk, id: &str) -> Result<ExitCode> {
    let exercise = desk.catalogue.find(id)?;
    let opened = desk.open(exercise)?;
    let page = Page::new();
    let section = section(&desk.catalogue, exercise);
    page.task(exercise, &desk.source(exercise)?, section.as_deref());
    page.gap();
    page.title("Before you write:");
    page.prose(&exercise.before.question);
    page.gap();
    page.prose(&said(desk, exercise, opened)?);
    page.prose("`cargo learn check` says how it stands, `cargo learn hint` helps.");
    Ok(ExitCode::SUCCESS)
}

/// Where the function of an exercise stands, from the clone's folder.
pub fn place(exercise: &Exercise) -> String {
    exercise.package.join(&exercise.file).display().to_string()
}

/// What opening an exercise did.
pub fn said(desk: &Desk, exercise: &Exercise, opened: Opened) -> Result<String> {
    let id = &exercise.id;
    let place = format!("{}:{}", place(exercise), desk.source(exercise)?.line());
    Ok(match opened {
        Opened::Hole => {
            format!(
                "In {place} its body is todo!(\"{id}\") now: fill it in, in your editor, and save."
            )
        }
        Opened::Already => format!("It is open in {place}: what you wrote stands there."),
        Opened::Parked(number) => {
            format!(
                "What you had written stands in {place} again ({}).",
                shown_path(desk, id, number)
            )
        }
        Opened::Kept(number) => format!(
            "In {place} its body is todo!(\"{id}\") now; what stood there is kept as {}.",
            shown_path(desk, id, number)
        ),
    })
}

fn shown_path(desk: &Desk, id: &str, number: u32) -> String {
    let path = desk.folder.path_of_attempt(id, number);
    path.strip_prefix(&desk.catalogue.root).unwrap_or(&path).display().to_string()
}

/// Checks an exercise.
pub fn check(desk: &Desk, id: Option<&str>, as_json: bool) -> Result<ExitCode> {
    let exercise = desk.meant(id)?;
    let mut waiting = OnStandardError::new();
    let verdict = desk.check(exercise, &mut waiting)?;
    waiting.clear();
    let Some(mut verdict) = verdict else {
        eprintln!("interrupted: nothing was changed");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if as_json {
        verdict.says = uncoloured(&verdict.says);
        Page::new().lines(&serde_json::to_string_pretty(&verdict)?);
    } else {
        let page = Page::new();
        page.verdict(&verdict);
        if verdict.is_right() {
            page.gap();
            page.prose(&exercise.after.question);
            page.aside(&format!("(`cargo learn solution {}` has our answer)", exercise.id));
        }
    }
    Ok(if verdict.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the next hint.
pub fn hint(desk: &Desk, id: Option<&str>) -> Result<ExitCode> {
    Page::new().prose(&next_hint(desk, desk.meant(id)?)?);
    Ok(ExitCode::SUCCESS)
}

/// The next hint, with its number.
pub fn next_hint(desk: &Desk, exercise: &Exercise) -> Result<String> {
    let number = desk.hint(exercise)?;
    let hints = exercise.hints.len();
    let last = if number == hints { " (the last)" } else { "" };
    Ok(format!("{number} of {hints}{last}: {}", exercise.hints[number - 1]))
}

/// Gives an exercise back.
pub fn reset(desk: &Desk, id: Option<&str>) -> Result<ExitCode> {
    let exercise = desk.meant(id)?;
    let kept = desk.reset(exercise)?;
    given_back(desk, exercise, kept);
    Ok(ExitCode::SUCCESS)
}

/// Passes an exercise over.
pub fn skip(desk: &Desk, id: Option<&str>) -> Result<ExitCode> {
    let exercise = desk.meant(id)?;
    let kept = desk.skip(exercise)?;
    given_back(desk, exercise, kept);
    if let Some(next) = desk.next(&desk.state()) {
        Page::new().prose(&format!("Next is {} {}.", next.id, next.title));
    }
    Ok(ExitCode::SUCCESS)
}

fn given_back(desk: &Desk, exercise: &Exercise, kept: Option<u32>) {
    let page = Page::new();
    page.prose(&format!("{} stands as the lesson has it.", exercise.item));
    if let Some(number) = kept {
        page.prose(&format!("Yours is kept as {}.", shown_path(desk, &exercise.id, number)));
    }
}

/// Shows our code beside the learner's, and puts it in where that is asked for.
pub fn solution(desk: &Desk, id: &str, put: bool) -> Result<ExitCode> {
    let exercise = desk.catalogue.find(id)?;
    let done = matches!(desk.state().of(id).state, Standing::Solved | Standing::Shown);
    if !done && stdin().is_terminal() && stdout().is_terminal() {
        print!("{id} is not solved yet. See the solution? [y/N] ");
        stdout().flush()?;
        let mut answer = String::new();
        stdin().lock().read_line(&mut answer)?;
        if !answer.trim().eq_ignore_ascii_case("y") {
            return Ok(ExitCode::SUCCESS);
        }
    }
    let page = Page::new();
    show_solution(page, desk, exercise)?;
    if put {
        let kept = desk.put_solution(exercise)?;
        page.gap();
        page.prose(&format!("Ours stands in {} now.", place(exercise)));
        if let Some(number) = kept {
            page.prose(&format!("Yours is kept as {}.", shown_path(desk, id, number)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints our code, the learner's where there is any, and the answer to the question after.
pub fn show_solution(page: Page, desk: &Desk, exercise: &Exercise) -> Result<()> {
    let signature = desk.source(exercise)?.signature().to_string();
    let (ours, yours) = desk.solution(exercise)?;
    if let Some(yours) = yours {
        page.title("Yours");
        page.lines(&format!("{signature} {yours}"));
        page.gap();
    }
    page.title("Ours");
    page.lines(&format!("{signature} {ours}"));
    for question in [&exercise.before, &exercise.after] {
        page.gap();
        page.prose(&question.question);
        page.indented("  ", &question.answer);
    }
    Ok(())
}
