//! The exercises in the book: a box that says what to write, the listing folded under it, and the
//! question after. Chapters are written anew from `exercises.toml`.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use crate::catalogue::{Catalogue, Exercise};

/// What closes a block that is written.
const CLOSE: &str = "<!-- end of exercise -->";

/// Where the exercises go that no listing shows.
const AT_LAST: &str = "## What goes wrong in practice";

/// Columns of a line in a chapter.
const COLUMNS: usize = 110;

/// The chapter of a lesson, from the clone's folder.
pub fn chapter(lesson: &str) -> String {
    format!("book/src/{lesson}.md")
}

/// Where an exercise's box stands in the book: the chapter's file and the heading above the box.
pub fn section(catalogue: &Catalogue, exercise: &Exercise) -> Option<String> {
    let name = chapter(&exercise.lesson);
    let page = fs::read_to_string(catalogue.root.join(&name)).ok()?;
    let (before, _) = page.split_once(&format!("**{} {}**", exercise.id, exercise.title))?;
    let heading = before.lines().rev().find_map(|line| line.strip_prefix("## "))?;
    Some(format!("{name}, as far as the box in \"{heading}\""))
}

/// The names of the lessons that have exercises.
pub fn lessons(catalogue: &Catalogue) -> Vec<&str> {
    let mut lessons: Vec<&str> =
        catalogue.exercises.iter().map(|exercise| exercise.lesson.as_str()).collect();
    lessons.dedup();
    lessons
}

/// A chapter with its exercises as their file has them.
///
/// # Errors
///
/// If the chapter shows no listing that an exercise names, or a block is not closed.
pub fn renewed(chapter: &str, catalogue: &Catalogue, lesson: &str) -> Result<String> {
    let mut chapter = chapter.to_string();
    for block in blocks(catalogue, lesson) {
        chapter = with_block(&chapter, &block)
            .map_err(|error| anyhow!("{lesson}, exercise {}: {error}", block[0].id))?;
    }
    Ok(chapter)
}

/// The exercises of a lesson, those together whose functions stand in one listing.
fn blocks<'a>(catalogue: &'a Catalogue, lesson: &str) -> Vec<Vec<&'a Exercise>> {
    let mut blocks: Vec<Vec<&Exercise>> = Vec::new();
    for exercise in &catalogue.exercises {
        if exercise.lesson != lesson {
            continue;
        }
        let together = blocks
            .iter_mut()
            .find(|block| include(block[0]).is_some() && include(block[0]) == include(exercise));
        match together {
            Some(block) => block.push(exercise),
            None => blocks.push(vec![exercise]),
        }
    }
    blocks
}

/// The listing of an exercise as a chapter includes it.
fn include(exercise: &Exercise) -> Option<String> {
    let path = Path::new("../..").join(&exercise.package).join(&exercise.file);
    let anchor = exercise.anchor.as_ref()?;
    Some(format!("```rust\n{{{{#include {}:{anchor}}}}}\n```\n", path.display()))
}

fn with_block(chapter: &str, block: &[&Exercise]) -> Result<String> {
    let text = text(block);
    let open = open(block[0]);
    if let Some((before, rest)) = chapter.split_once(&open) {
        let Some((_, after)) = rest.split_once(CLOSE) else { bail!("{CLOSE} is missing") };
        return Ok(format!("{before}{text}{after}"));
    }
    let Some(listing) = include(block[0]) else {
        let Some((before, after)) = chapter.split_once(AT_LAST) else {
            bail!("the chapter has no {AT_LAST:?}")
        };
        return Ok(format!("{before}{text}\n\n{AT_LAST}{after}"));
    };
    let Some((before, after)) = chapter.split_once(&listing) else {
        bail!("the chapter does not show\n{listing}")
    };
    Ok(format!("{before}{text}\n{after}"))
}

/// What opens the block of an exercise.
fn open(exercise: &Exercise) -> String {
    format!("<!-- exercise {} -->", exercise.id)
}

/// A block: boxes, listing, questions.
fn text(block: &[&Exercise]) -> String {
    let mut text = format!("{}\n", open(block[0]));
    for exercise in block {
        let Exercise { id, title, difficulty, minutes, task, .. } = exercise;
        text.push_str(&format!(
            "> **{id} {title}** (difficulty {difficulty} of 5, about {minutes} minutes)\n>\n"
        ));
        text.push_str(&wrapped("> ", task));
        text.push_str(&format!(">\n> `cargo learn open {id}`\n\n"));
    }
    if let Some(listing) = include(block[0]) {
        text.push_str(&folded("One way to write it", &listing));
    }
    for exercise in block {
        let question = format!("After {}: {}", exercise.id, exercise.after.question);
        text.push_str(&folded(&escaped(&question), &wrapped("", &exercise.after.answer)));
    }
    text.push_str(CLOSE);
    text
}

fn folded(summary: &str, inside: &str) -> String {
    format!("<details>\n<summary>{summary}</summary>\n\n{inside}\n</details>\n\n")
}

/// Prose of a chapter, in which `<` begins no tag and `_` and `*` mean themselves.
fn wrapped(indent: &str, prose: &str) -> String {
    let options = textwrap::Options::new(COLUMNS).initial_indent(indent).subsequent_indent(indent);
    textwrap::fill(&marked(prose), options) + "\n"
}

/// Escapes what Markdown would take for marks, outside of `code`.
fn marked(prose: &str) -> String {
    let mut text = String::new();
    let mut in_code = false;
    for c in prose.chars() {
        in_code ^= c == '`';
        if !in_code && ['_', '*', '<', '[', '|', '$'].contains(&c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// The text of a summary, which is HTML: code keeps its font.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut html = String::new();
    for (number, part) in text.split('`').enumerate() {
        if number > 0 {
            html.push_str(if number % 2 == 1 { "<code>" } else { "</code>" });
        }
        html.push_str(part);
    }
    html
}
