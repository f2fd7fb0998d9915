//! The exercises are whole: what a learner is promised is there. What a check says of each mistake,
//! the lessons' own tests hold; what becomes of the real sources, `cargo learn prove`.

use std::collections::BTreeSet;
use std::fs;

use learn::book;
use learn::catalogue::{Catalogue, Choice, Exercise};
use learn::item::{hole, is_hole, with_body};
use learn::sources::{self, Source};

use crate::none;
use crate::tree::{lessons, read, root};

/// Exercises of the course at least, and of a lesson.
const EXERCISES: usize = 50;
const OF_A_LESSON: usize = 3;

/// Mistakes of an exercise at least, and mistakes that are planted in a lesson.
const MISTAKES: usize = 5;
const BUGS: usize = 3;

/// Characters of a line of code that gives something away when a hint holds it.
const TELLING: usize = 12;

fn catalogue() -> Catalogue {
    Catalogue::around(&root()).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The breaches of every exercise, each led by its number.
fn of_every_exercise(check: fn(&Catalogue, &Exercise) -> Vec<String>) -> Vec<String> {
    let catalogue = catalogue();
    let mut breaches = Vec::new();
    for exercise in &catalogue.exercises {
        for breach in check(&catalogue, exercise) {
            breaches.push(format!("{}: {breach}", exercise.id));
        }
    }
    breaches
}

#[test]
fn there_are_fifty_exercises_and_three_or_more_in_a_lesson() {
    let catalogue = catalogue();
    let mut breaches = Vec::new();
    if catalogue.exercises.len() < EXERCISES {
        breaches.push(format!("{} in all", catalogue.exercises.len()));
    }
    for lesson in lessons() {
        let number = &lesson.number;
        let exercises = catalogue.exercises.iter().filter(|one| one.number() == number).count();
        let of_lesson =
            |id: &str| catalogue.find(id).is_ok_and(|exercise| exercise.number() == number);
        let bugs = catalogue.bugs.iter().filter(|bug| of_lesson(&bug.exercise)).count();
        if exercises < OF_A_LESSON || bugs < BUGS {
            breaches.push(format!("lesson {number}: {exercises} exercises, {bugs} bugs"));
        }
    }
    none(breaches, "add an [[exercise]] or a [[bug]] to the lesson's exercises.toml");
}

#[test]
fn the_book_says_what_each_path_has() {
    let catalogue = catalogue();
    let page = read(&root().join("book/src/how-to.md"));
    let mut breaches = Vec::new();
    for choice in [Choice::Evening, Choice::Week, Choice::All] {
        let of_path = catalogue.on(choice);
        let said = format!("{} exercises", of_path.len());
        if !page.contains(&said) {
            breaches.push(format!("{choice:?} has {said}"));
        }
        for exercise in of_path.iter().filter(|_| choice == Choice::Evening) {
            if !page.contains(&format!("{}, ", exercise.id)) {
                breaches.push(format!("the evening has {}", exercise.id));
            }
        }
    }
    none(breaches, "say it in book/src/how-to.md, where the paths are");
}

#[test]
fn every_exercise_hollowed_and_filled_again_has_the_same_bytes() {
    let breaches = of_every_exercise(|catalogue, exercise| {
        let source = match Source::read(&catalogue.root, exercise, None) {
            Ok(source) => source,
            Err(error) => return vec![format!("{error:#}")],
        };
        let mut breaches = Vec::new();
        let text = read(&exercise.source(&catalogue.root));
        let hollow =
            with_body(&text, &source.function, &hole(&text, &source.function, &exercise.id));
        match learn::item::Function::find(&hollow, &exercise.item) {
            Ok(found) => {
                let body = &hollow[found.body.clone()];
                if !is_hole(body, &exercise.id) || with_body(&hollow, &found, source.body()) != text
                {
                    breaches.push(format!("{} does not come back", exercise.item));
                }
            }
            Err(error) => breaches.push(error.to_string()),
        }
        if source.function.returns_impl {
            breaches.push(format!("{} returns an impl: todo!() has no such type", exercise.item));
        }
        // What a trait asks for is documented there; the task says it.
        let of_a_trait = exercise.item.starts_with('<');
        if source.function.documentation.is_empty() && !of_a_trait {
            breaches.push(format!("{} says nothing of what it does", exercise.item));
        }
        breaches
    });
    none(breaches, "correct `file` and `item` in exercises.toml, or choose another function");
}

#[test]
fn every_exercise_has_five_mistakes_that_fit_into_the_function() {
    let breaches = of_every_exercise(|catalogue, exercise| {
        let root = &catalogue.root;
        let (mistakes, source) =
            match (sources::mistakes(root, exercise), Source::read(root, exercise, None)) {
                (Ok(mistakes), Ok(source)) => (mistakes, source),
                (Err(error), _) | (_, Err(error)) => return vec![format!("{error:#}")],
            };
        let mut breaches = Vec::new();
        if mistakes.len() < MISTAKES {
            breaches.push(format!("{} mistakes", mistakes.len()));
        }
        let tests = root.join(&exercise.package).join("tests").join(exercise.tests());
        let checks = read(&tests.join("exercises.rs"));
        let test = exercise.test().replace("exercises::", "fn ");
        if !checks.contains(&format!("{test}()")) {
            breaches.push(format!("{} has no {test}", tests.display()));
        }
        for mistake in &mistakes {
            let mut parameters = bare(&mistake.parameters);
            parameters.retain(|name| *name != "this");
            if parameters != bare(&source.function.parameters) {
                breaches.push(format!("{} has other parameters", mistake.name));
            }
            if !checks.contains(&mistake.name) {
                breaches.push(format!("{} is not registered", mistake.name));
            }
            if mistake.about.is_empty() {
                breaches.push(format!("{} does not say how it shows", mistake.name));
            }
        }
        breaches
    });
    none(breaches, "mend the file of mistakes beside the lesson's exercises.rs");
}

/// Names without the underscore of a parameter that is not used.
fn bare(names: &[String]) -> Vec<&str> {
    names.iter().map(|name| name.trim_start_matches('_')).collect()
}

/// Ignored: a learner's right code may hold what a hint says.
#[test]
#[ignore = "a style, checked by .ci/check"]
fn hints_nudge_and_the_first_two_hold_no_line_of_the_solution() {
    let breaches = of_every_exercise(|catalogue, exercise| {
        let Ok(source) = Source::read(&catalogue.root, exercise, None) else { return Vec::new() };
        let mut breaches = Vec::new();
        for line in source.body().lines() {
            let line = line.trim().trim_end_matches(';');
            if line.starts_with("//") || line.len() < TELLING {
                continue;
            }
            if exercise.hints[..2].iter().any(|hint| hint.contains(line)) {
                breaches.push(format!("a hint holds {line:?}"));
            }
        }
        let texts = exercise.hints.iter().chain([
            &exercise.task,
            &exercise.before.question,
            &exercise.before.answer,
            &exercise.after.question,
            &exercise.after.answer,
        ]);
        breaches
            .extend(texts.filter(|text| text.trim().is_empty()).map(|_| "an empty text".into()));
        if !(1..=5).contains(&exercise.difficulty) || !(5..=45).contains(&exercise.minutes) {
            breaches.push("difficulty is 1 to 5, minutes 5 to 45".into());
        }
        breaches
    });
    none(breaches, "say it in words; only the third hint may be nearly the code");
}

/// Needs that come earlier make no circle.
#[test]
fn what_an_exercise_needs_comes_earlier() {
    let catalogue = catalogue();
    let (mut breaches, mut earlier) = (Vec::new(), BTreeSet::new());
    for exercise in &catalogue.exercises {
        for need in &exercise.needs {
            if !earlier.contains(need.as_str()) {
                breaches.push(format!("{} needs {need}", exercise.id));
            }
        }
        if !earlier.insert(exercise.id.as_str()) {
            breaches.push(format!("{} is there twice", exercise.id));
        }
        if !exercise.lesson.starts_with(exercise.number()) {
            breaches.push(format!("{} stands in {}", exercise.id, exercise.lesson));
        }
    }
    none(breaches, "number the exercises in the order in which they can be solved");
}

#[test]
fn every_planted_mistake_is_one_of_the_catalogue() {
    let catalogue = catalogue();
    let mut breaches = Vec::new();
    for bug in &catalogue.bugs {
        let found = catalogue
            .find(&bug.exercise)
            .and_then(|exercise| sources::mistakes(&catalogue.root, exercise))
            .and_then(|mistakes| sources::Mistake::find(mistakes, &bug.mistake));
        if let Err(error) = found {
            breaches.push(format!("{} {}: {error:#}", bug.exercise, bug.mistake));
        }
    }
    none(breaches, "name a function of the exercise's file of mistakes");
}

#[test]
fn the_chapters_say_what_to_write() {
    let catalogue = catalogue();
    let mut breaches = Vec::new();
    for lesson in book::lessons(&catalogue) {
        let path = root().join(book::chapter(lesson));
        let page = fs::read_to_string(&path).expect("a lesson has a chapter");
        match book::renewed(&page, &catalogue, lesson) {
            Ok(renewed) if renewed == page => {}
            Ok(_) => breaches.push(format!("{} differs from exercises.toml", path.display())),
            Err(error) => breaches.push(error.to_string()),
        }
    }
    none(breaches, "run `cargo learn book`");
}
