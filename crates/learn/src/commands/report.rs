//! `report`: what you wrote, and what MiniLM makes of it.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use files::Home;
use learn::catalogue::Exercise;
use learn::check::{self, Built, Ran};
use learn::desk::Desk;
use learn::page::Page;
use learn::state::{Standing, State};

use super::OnStandardError;

/// The lesson whose tests embed texts with MiniLM, and the one that hands over the difference.
const LESSON: &str = "14-sentence-embeddings";
const TEST: &str = "exercises::minilms_vectors_by_the_learners_code";

/// How far MiniLM's vectors may lie from the published library's, as the lesson's own test has it.
const TOLERANCE: f64 = 1e-5;

/// Prints the report.
pub fn run(desk: &Desk) -> Result<ExitCode> {
    let state = desk.state();
    let page = Page::new();
    what_you_wrote(page, desk, &state);
    page.gap();
    let yours = minilms_way(page, desk, &state);
    let fetched = Home::from_env().ok().and_then(|home| home.minilm());
    if fetched.is_none() {
        page.prose(
            "`cargo rungs fetch minilm` gets its weights; then this says how far its vectors, \
             computed by your code, lie from the published library's.",
        );
        return Ok(ExitCode::SUCCESS);
    }
    let Some(difference) = difference(desk)? else { return Ok(ExitCode::FAILURE) };
    page.prose(&format!(
        "Its vectors, computed on the plain road, {yours}: the largest difference from the \
         published library's is {difference:.1e}."
    ));
    if difference > TOLERANCE {
        page.title(&format!("That is more than {TOLERANCE:.0e}: something on the way is wrong."));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn what_you_wrote(page: Page, desk: &Desk, state: &State) {
    let (mut functions, mut seconds, mut attempts, mut shown) = (Vec::new(), 0, 0, 0);
    for exercise in &desk.catalogue.exercises {
        let progress = state.of(&exercise.id);
        match progress.state {
            Standing::Solved => {
                functions.push(format!("{} {}", exercise.id, exercise.item));
                seconds += progress.seconds;
                attempts += desk.folder.attempts(&exercise.id);
            }
            Standing::Shown => shown += 1,
            Standing::Todo | Standing::Open => {}
        }
    }
    page.title(&format!(
        "You wrote {} of {} functions, in {} minutes and {attempts} attempts.",
        functions.len(),
        desk.catalogue.exercises.len(),
        seconds.div_ceil(60),
    ));
    for function in functions {
        page.lines(&format!("  {function}"));
    }
    if shown > 0 {
        page.prose(&format!("{shown} more were shown to you."));
    }
}

/// Which share of the functions on MiniLM's way is the learner's, in a sentence; returns whose code
/// computes, in words.
fn minilms_way(page: Page, desk: &Desk, state: &State) -> &'static str {
    let on_the_way = |exercise: &&Exercise| exercise.minilm;
    let way: Vec<&Exercise> = desk.catalogue.exercises.iter().filter(on_the_way).collect();
    let mut yours = Vec::new();
    for exercise in &way {
        if state.of(&exercise.id).state == Standing::Solved {
            yours.push(exercise.id.as_str());
        }
    }
    let which = if yours.is_empty() { String::new() } else { format!(" ({})", yours.join(", ")) };
    page.prose(&format!(
        "Of the {} functions on all-MiniLM-L6-v2's way from a text to its vector {} are \
         yours{which}.",
        way.len(),
        yours.len()
    ));
    match yours.len() {
        0 => "by the lessons' code",
        all if all == way.len() => "by your code",
        _ => "by your code where you wrote it",
    }
}

/// The largest difference of MiniLM's vectors from the recorded ones, by what stands in the
/// sources; `None`, and the reason printed, where that does not run.
fn difference(desk: &Desk) -> Result<Option<f64>> {
    let of_lesson =
        |exercise: &&Exercise| exercise.lesson == LESSON && exercise.tests() == "lesson";
    let Some(exercise) = desk.catalogue.exercises.iter().find(of_lesson) else {
        bail!("{LESSON} has no exercise")
    };
    let mut waiting = OnStandardError::new();
    let built = check::build(&desk.catalogue.root, exercise, &mut waiting)?;
    waiting.clear();
    let program = match built {
        None => return Ok(None),
        Some(Built::Refused(errors)) => {
            Page::new().lines(&errors);
            bail!("lesson 14 does not compile")
        }
        Some(Built::Program(program)) => program,
    };
    let verdict = desk.folder.path_of_verdict();
    let folder = desk.catalogue.root.join(&exercise.package);
    let ran = check::run_test(&program, &folder, &["--ignored", TEST], &verdict, &mut waiting)?;
    let ended = match ran {
        Ran::Ended(ended) => ended,
        Ran::Stopped => bail!("interrupted"),
        Ran::TooSlow => bail!("MiniLM does not come to an end: is there an endless loop?"),
    };
    let Some(text) = ended.handed_over else {
        let reason = ended.said.iter().find(|line| line.contains("not yet implemented"));
        bail!(
            "MiniLM does not run: {}",
            reason.map_or("its test gave no difference", String::as_str)
        )
    };
    let value: serde_json::Value = serde_json::from_str(&text)?;
    Ok(Some(value["max_abs_difference"].as_f64().context("the test gave no number")?))
}
