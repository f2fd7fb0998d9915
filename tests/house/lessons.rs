//! Every lesson has the same parts in the same places.

use std::collections::{BTreeMap, BTreeSet};

use course::Lesson;
use rungs::{LESSONS, lists};

use crate::none;
use crate::tree::{entries, in_src, lessons, name, read, root};

/// The parts of a lesson's header, in order.
const HEADER: [&str; 5] = ["**Question", "**Equation", "**Builds on", "**Leaves you with", "**Try"];

/// The parts of a lesson's tests that no lesson goes without.
const TESTS: [&str; 3] = ["by_hand", "laws", "parity"];

#[test]
fn a_lesson_opens_with_its_question() {
    let mut breaches = Vec::new();
    for lesson in lessons() {
        let text = read(&lesson.folder.join("src/lib.rs"));
        let header: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let mut from = 0;
        for part in HEADER {
            match header[from..].iter().position(|line| line.starts_with(&format!("//! {part}"))) {
                Some(at) => from += at + 1,
                None => breaches
                    .push(format!("lessons/{}/src/lib.rs: no {part} in its place", lesson.stem)),
            }
        }
    }
    none(breaches, &format!("a lesson's `//!` header has, in this order, {}", HEADER.join(".** ")));
}

#[test]
fn a_lesson_has_a_demo_and_tests_of_each_kind() {
    let mut breaches = Vec::new();
    for lesson in lessons() {
        let mut needed = vec!["src/demo.rs".to_string(), "tests/lesson/main.rs".into()];
        needed.extend(TESTS.iter().map(|kind| format!("tests/lesson/{kind}.rs")));
        let missing = needed.iter().filter(|file| !lesson.folder.join(file).is_file());
        breaches.extend(missing.map(|file| format!("lessons/{}/{file} is missing", lesson.stem)));
        let main = read(&lesson.folder.join("tests/lesson/main.rs"));
        for file in entries(&lesson.folder.join("tests/lesson")) {
            let module = name(&file).trim_end_matches(".rs").to_string();
            // A file of mistakes/ is a module of exercises.rs.
            let needs_none = ["main", "mistakes"].contains(&module.as_str());
            if !needs_none && !main.lines().any(|line| line == format!("mod {module};")) {
                breaches.push(format!(
                    "lessons/{}: tests/lesson/main.rs has no `mod {module};`",
                    lesson.stem
                ));
            }
        }
        if entries(&lesson.folder.join("tests")).len() != 1 {
            breaches.push(format!("lessons/{}/tests: one binary, tests/lesson/", lesson.stem));
        }
    }
    none(
        breaches,
        "every lesson has a demo and one test binary with the modules by_hand, laws, parity (and \
            learns)",
    );
}

#[test]
fn every_lesson_says_its_stem_and_runs_its_demo_here() {
    let here: Vec<&str> = LESSONS.iter().map(|(lesson, _)| lesson.stem).collect();
    let folders: Vec<String> = lessons().into_iter().map(|lesson| lesson.stem).collect();
    assert_eq!(
        here, folders,
        "LESSON.stem is the folder's name, and crates/rungs/src/lib.rs lists every lesson"
    );
}

#[test]
fn pages_list_what_the_lessons_say_of_themselves() {
    let mut breaches = Vec::new();
    for page in lists::PAGES {
        let text = read(&root().join(page));
        match lists::renewed(&text) {
            Ok(renewed) if renewed == text => {}
            Ok(_) => breaches.push(page.to_string()),
            Err(error) => breaches.push(format!("{page}: {error}")),
        }
    }
    none(breaches, "`cargo rungs record` writes the lists of lessons anew");
}

#[test]
fn what_a_lesson_says_of_itself_is_a_sentence() {
    let odd =
        |lesson: &Lesson| !lesson.question.ends_with('?') || lesson.leaves_you_with.len() < 20;
    let odd: Vec<String> = LESSONS
        .iter()
        .filter(|(lesson, _)| odd(lesson))
        .map(|(lesson, _)| lesson.stem.into())
        .collect();
    none(odd, "LESSON.question asks, LESSON.leaves_you_with names what later lessons import");
}

/// Names of a lesson's public types that may stand elsewhere too, and why.
const SHARED_NAMES: [(&str, &str); 0] = [];

#[test]
fn a_lessons_public_type_has_its_name_alone() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut public = BTreeSet::new();
    for rooms in ["lessons", "crates"] {
        for source in in_src(&root().join(rooms)) {
            for (number, line) in &source.lines {
                let Some((name, is_public)) = type_defined(line) else { continue };
                if is_public && rooms == "lessons" {
                    public.insert(name.to_string());
                }
                let place = format!("{}:{number}", source.path);
                places.entry(name.to_string()).or_default().push(place);
            }
        }
    }
    let mut breaches = Vec::new();
    for (name, places) in &places {
        let excepted = SHARED_NAMES.iter().any(|(shared, _)| shared == name);
        if places.len() > 1 && public.contains(name) && !excepted {
            breaches.push(format!("{name}: {}", places.join(", ")));
        }
    }
    none(
        breaches,
        "one name, one thing: rename what is not the lesson's, or state the exception and why",
    );
}

/// The name of the type that a line of code defines, and whether it is public.
fn type_defined(line: &str) -> Option<(&str, bool)> {
    if line.starts_with(' ') && line.trim_start().starts_with("type ") {
        return None; // an associated type, whose name is its trait's
    }
    let line = line.trim_start();
    let definition = line.strip_prefix("pub ").unwrap_or(line);
    for kind in ["struct ", "enum ", "trait ", "type "] {
        if let Some(rest) = definition.strip_prefix(kind) {
            let name = rest.split(|c: char| !c.is_alphanumeric()).next()?;
            return Some((name, definition.len() < line.len()));
        }
    }
    None
}

#[test]
fn a_types_definition_is_seen() {
    assert_eq!(type_defined("pub struct Gpt<B> {"), Some(("Gpt", true)));
    assert_eq!(type_defined("    enum Kind {"), Some(("Kind", false)));
    assert_eq!(type_defined("    type Item = Vec<u32>;"), None);
    assert_eq!(type_defined("let structure = 1;"), None);
}
