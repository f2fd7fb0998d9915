//! `prove`: what a learner will do to an exercise, done to the real source: the hole is opened,
//! every mistake put in, the solution put in, and all of it given back.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use learn::catalogue::Exercise;
use learn::check::Verdict;
use learn::desk::Desk;
use learn::sources;
use learn::state::Folder;

use super::OnStandardError;

/// Proves the exercises with these numbers, or all.
pub fn run(desk: Desk, ids: &[String], one_mistake: bool) -> Result<ExitCode> {
    let mut chosen = Vec::new();
    for id in ids {
        chosen.push(desk.catalogue.find(id)?.clone());
    }
    if ids.is_empty() {
        chosen.clone_from(&desk.catalogue.exercises);
    }
    // Beside what the author of the clone has done, and gone at the end.
    let apart = desk.catalogue.root.join("target/prove");
    let _ = fs::remove_dir_all(&apart); // what one that was killed has left
    let desk = Desk { folder: Folder::of(&apart), ..desk };
    let mut slowest = Duration::ZERO;
    for exercise in &chosen {
        let path = exercise.source(&desk.catalogue.root);
        let before = fs::read(&path)?;
        let proved = prove(&desk, exercise, one_mistake);
        if fs::read(&path)? != before {
            files::write(&path, &before)?;
            ensure!(proved.is_err(), "{} leaves another text than it found", exercise.id);
        }
        let mut times = proved?;
        times.sort();
        let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
        slowest = slowest.max(median);
        println!(
            "{} {:28} {:2} verdicts, median {:4.1} s, longest {:4.1} s",
            exercise.id,
            exercise.item,
            times.len(),
            median.as_secs_f64(),
            most.as_secs_f64()
        );
    }
    fs::remove_dir_all(&apart)?;
    println!("the slowest median is {:.1} s", slowest.as_secs_f64());
    Ok(ExitCode::SUCCESS)
}

/// Goes through one exercise; returns how long each verdict took after the save.
fn prove(desk: &Desk, exercise: &Exercise, one_mistake: bool) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    let (ours, _) = desk.solution(exercise)?;
    desk.open(exercise)?;
    expect(desk, exercise, "not begun", None, &mut times)?;
    let mut mistakes = sources::mistakes(&desk.catalogue.root, exercise)?;
    if one_mistake {
        mistakes.truncate(1);
    }
    for mistake in &mistakes {
        desk.source(exercise)?.put(&mistake.body)?;
        expect(desk, exercise, "wrong", Some(&mistake.phrase()), &mut times)?;
    }
    desk.source(exercise)?.put(&ours)?;
    expect(desk, exercise, "right", None, &mut times)?;
    desk.put_solution(exercise)?;
    desk.reset(exercise)?;
    Ok(times)
}

fn expect(
    desk: &Desk,
    exercise: &Exercise,
    verdict: &str,
    looks_like: Option<&str>,
    times: &mut Vec<Duration>,
) -> Result<()> {
    let saved = Instant::now();
    let mut waiting = OnStandardError::new();
    let found = desk.check(exercise, &mut waiting)?;
    waiting.clear();
    let Some(found) = found else { bail!("interrupted") };
    times.push(saved.elapsed());
    let Verdict { says, .. } = &found;
    ensure!(
        found.verdict == verdict && found.looks_like.as_deref() == looks_like,
        "{}: expected {verdict:?} and {looks_like:?}, found: {says}",
        exercise.id
    );
    Ok(())
}
