//! `list` and `path`: what there is, and how far you are.

use std::process::ExitCode;

use anyhow::Result;
use learn::catalogue::{Choice, Exercise};
use learn::desk::Desk;
use learn::page::Page;
use learn::state::{Standing, State};
use serde_json::json;

/// Columns of a line of the list beside the title.
const COLUMNS: usize = 31;

/// Prints every exercise with its state.
pub fn run(desk: &Desk, as_json: bool) -> Result<ExitCode> {
    let state = desk.state();
    if as_json {
        let mut exercises = Vec::new();
        for exercise in &desk.catalogue.exercises {
            exercises.push(json!({
                "id": exercise.id,
                "item": exercise.item,
                "state": state.of(&exercise.id).state.name(),
                "difficulty": exercise.difficulty,
                "minutes": exercise.minutes,
            }));
        }
        Page::new().lines(&serde_json::to_string_pretty(&exercises)?);
    } else {
        print(Page::new(), &state, &desk.catalogue.exercises.iter().collect::<Vec<_>>());
    }
    Ok(ExitCode::SUCCESS)
}

/// Chooses which exercises `cargo learn` offers, and prints them.
pub fn path(desk: &Desk, choice: Choice) -> Result<ExitCode> {
    desk.follow(choice)?;
    let page = Page::new();
    print(page, &desk.state(), &desk.catalogue.on(choice));
    page.gap();
    page.prose("`cargo learn` goes on with the first that is left.");
    Ok(ExitCode::SUCCESS)
}

/// Prints exercises lesson by lesson, and what is left of them.
pub fn print(page: Page, state: &State, exercises: &[&Exercise]) {
    let widest = exercises.iter().map(|exercise| exercise.title.chars().count()).max();
    let widest = widest.unwrap_or_default().min(page.width().saturating_sub(COLUMNS));
    let (mut lesson, mut left, mut minutes) = ("", 0, 0);
    for exercise in exercises {
        if exercise.lesson != lesson {
            lesson = &exercise.lesson;
            page.title(lesson);
        }
        let standing = state.of(&exercise.id).state;
        if !matches!(standing, Standing::Solved | Standing::Shown) {
            left += 1;
            minutes += exercise.minutes;
        }
        let stars = "*".repeat(usize::from(exercise.difficulty));
        let (id, standing) = (&exercise.id, standing.name());
        let title: String = exercise.title.chars().take(widest).collect();
        page.lines(&format!(
            "  {id}  {title:widest$}  {standing:6}  {stars:5}  {:2} min",
            exercise.minutes
        ));
    }
    let time = match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} minutes"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    };
    page.gap();
    page.prose(&format!("{left} of {} left, about {time} of writing.", exercises.len()));
}
