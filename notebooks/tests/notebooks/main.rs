//! What the notebooks show is what the book shows.

use std::path::Path;
use std::process::{Command, Output};

use course::Figure;

/// What `notebooks::draw` puts around a figure's data, which the kernel hands to the page.
const BEGIN: &str = "EVCXR_BEGIN_CONTENT application/vnd.rungs.figure+json\n";
const END: &str = "\nEVCXR_END_CONTENT";

/// Figures that a reader draws, which the book does not have.
const OWN: &str = "own";

/// Runs the program of all cells.
fn cells(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cells")).args(arguments).output().expect("the cells run")
}

/// The figures of the book among those that a run of cells showed.
fn figures(stdout: &str) -> Vec<Figure> {
    let mut figures = Vec::new();
    for content in stdout.split(BEGIN).skip(1) {
        let data = content.split(END).next().expect("a content has an end");
        let figure: Figure = serde_json::from_str(data).expect("a figure's data are JSON");
        if figure.name != OWN {
            figures.push(figure);
        }
    }
    figures
}

/// What is wrong with a figure beside the book's of the same name.
fn breach(figure: &Figure) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src/figures");
    let path = folder.join(&figure.name).with_extension("json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Some(format!("{} is not in the book", figure.name));
    };
    let book: Figure = serde_json::from_str(&text).expect("a figure's data are JSON");
    match figure.distance(&book) {
        None => Some(format!(
            "{} is made of other panels, names or counts than the book's",
            figure.name
        )),
        Some(far) if far > book.band => {
            Some(format!("{}: {far} off, band {}", figure.name, book.band))
        }
        Some(_) => None,
    }
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn every_notebook_runs_and_draws_the_books_figures() {
    let mut breaches = Vec::new();
    for name in String::from_utf8_lossy(&cells(&[]).stdout).lines() {
        let output = cells(&[name]);
        if !output.status.success() {
            breaches.push(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
            continue;
        }
        let figures = figures(&String::from_utf8_lossy(&output.stdout));
        if figures.is_empty() {
            breaches.push(format!("{name}: shows no figure of the book"));
        }
        breaches
            .extend(figures.iter().filter_map(breach).map(|breach| format!("{name}: {breach}")));
    }
    assert!(
        breaches.is_empty(),
        "run the notebook, then `cargo rungs record NN`:\n{}",
        breaches.join("\n")
    );
}

#[test]
fn a_notebook_of_another_name_is_refused() {
    let output = cells(&["99-nothing"]);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("99-nothing: expected the name of a notebook")
    );
}
