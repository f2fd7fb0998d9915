//! A notebook imports its lesson and draws; it defines nothing and keeps no output.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::none;
use crate::tree::{entries, lessons, name, read, relative, root};

/// What opens a definition, which belongs into a lesson, where it has a test.
const DEFINITIONS: [&str; 9] =
    ["fn ", "struct ", "enum ", "trait ", "impl ", "macro_rules!", "const ", "static ", "mod "];

fn notebooks() -> Vec<(PathBuf, Value)> {
    let mut paths = entries(&root().join("notebooks"));
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ipynb"));
    paths
        .into_iter()
        .map(|path| (path.clone(), serde_json::from_str(&read(&path)).expect("a notebook is JSON")))
        .collect()
}

/// The source of every code cell.
fn code(notebook: &Value) -> Vec<String> {
    let cells = notebook["cells"].as_array().expect("a notebook has cells").iter();
    let lines = |cell: &Value| {
        let lines = cell["source"].as_array().expect("a cell's source is a list of lines").iter();
        lines.map(|line| line.as_str().unwrap_or_default()).collect()
    };
    cells.filter(|cell| cell["cell_type"] == "code").map(lines).collect()
}

#[test]
fn every_lesson_has_its_notebook_and_every_notebook_its_lesson() {
    let notebooks: BTreeSet<String> = notebooks()
        .iter()
        .map(|(path, _)| name(path).trim_end_matches(".ipynb").to_string())
        .collect();
    let lessons: BTreeSet<String> = lessons().into_iter().map(|lesson| lesson.stem).collect();
    assert_eq!(
        notebooks, lessons,
        "a lesson and its notebook have one stem: notebooks/NN-name.ipynb"
    );
}

#[test]
fn a_notebook_defines_nothing() {
    let mut breaches = Vec::new();
    for (path, notebook) in notebooks() {
        for line in code(&notebook).iter().flat_map(|cell| cell.lines()) {
            let opened = line.trim_start().trim_start_matches("pub ");
            if DEFINITIONS.iter().any(|definition| opened.starts_with(definition)) {
                breaches.push(format!("{}: {line}", relative(&path)));
            }
        }
    }
    none(breaches, "move the definition into the lesson, and import it");
}

#[test]
fn a_notebook_keeps_no_output() {
    let mut breaches = Vec::new();
    for (path, notebook) in notebooks() {
        let cells = notebook["cells"].as_array().expect("a notebook has cells");
        let stripped = |cell: &&Value| {
            cell["outputs"].as_array().is_none_or(Vec::is_empty)
                && cell["execution_count"].is_null()
        };
        let kept = cells.iter().filter(|cell| !stripped(cell)).count();
        breaches.extend((kept > 0).then(|| format!("{}: {kept} cells", relative(&path))));
    }
    none(breaches, "clear all outputs before committing a notebook");
}

#[test]
fn every_notebooks_page_has_its_text_and_its_code() {
    let mut breaches = Vec::new();
    for (path, notebook) in notebooks() {
        let stem = name(&path).trim_end_matches(".ipynb").to_string();
        let page = read(&root().join(format!("book/src/notebooks/{stem}.md")));
        for cell in notebook["cells"].as_array().expect("a notebook has cells") {
            let lines = cell["source"].as_array().expect("a cell's source is a list of lines");
            let source: String = lines.iter().filter_map(Value::as_str).collect();
            if !page.contains(source.trim_end()) {
                breaches.push(format!("{stem}: {}", source.lines().next().unwrap_or_default()));
            }
        }
    }
    none(
        breaches,
        "write the pages: `cargo run -p notebooks --bin cells -- --pages book/src/notebooks`",
    );
}

#[test]
fn a_notebook_shows_every_figure_that_its_lesson_measures() {
    let mut breaches = Vec::new();
    for (path, notebook) in notebooks() {
        let (code, number) = (code(&notebook).concat(), name(&path)[..2].to_string());
        for figure in entries(&root().join("book/src/figures")) {
            let file = name(&figure);
            let Some(figure) = file.strip_suffix(".svg") else { continue };
            let of_this = figure.starts_with(&format!("{number}-"));
            let explains = figure.ends_with("-shapes") || figure.contains("-picture-");
            if of_this && !explains && !code.contains(&format!(".show(\"{figure}\")")) {
                breaches.push(format!("{}: {figure}", relative(&path)));
            }
        }
    }
    none(breaches, "show the figure in a cell of its own: `book.show(\"NN-name\");`");
}
