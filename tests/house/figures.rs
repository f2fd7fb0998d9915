//! The book's figures are what their data say, and their data are what the demos make.

use std::path::PathBuf;

use course::{Figure, Marks, Run};
use rungs::LESSONS;

use crate::none;
use crate::tree::{entries, read, relative, root};

/// The seed `cargo rungs record` uses.
const SEED: u64 = 7;

fn folder() -> PathBuf {
    root().join("book/src/figures")
}

fn recorded() -> Vec<(PathBuf, Figure)> {
    let mut paths = entries(&folder());
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let figure = |path: &PathBuf| serde_json::from_str(&read(path)).expect("a figure's data are JSON");
    paths.iter().map(|path| (path.clone(), figure(path))).collect()
}

#[test]
fn every_figure_redraws_from_its_data_byte_for_byte() {
    let mut breaches = Vec::new();
    for (path, figure) in recorded() {
        let svg = path.with_extension("svg");
        if !svg.exists() || read(&svg) != figures::svg(&figure) {
            breaches.push(relative(&svg));
        }
    }
    none(breaches, "redraw with `cargo rungs record NN` and look at the pictures before they are committed");
}

#[test]
fn every_picture_has_its_data() {
    let mut breaches = Vec::new();
    for path in entries(&folder()) {
        if !path.with_extension("json").exists() || !path.with_extension("svg").exists() {
            breaches.push(relative(&path));
        }
    }
    none(
        breaches,
        "a figure is a .json and a .svg that `cargo rungs record NN` writes: take out what it did not",
    );
}

#[test]
fn every_figure_can_be_read_without_seeing_it() {
    let mut breaches = Vec::new();
    for (path, figure) in recorded() {
        let labelled = figure.panels.iter().all(|panel| {
            let without_axes = matches!(panel.marks, Marks::Shapes(_));
            without_axes || !(panel.x.label.is_empty() || panel.y.label.is_empty())
        });
        if figure.title.is_empty() || figure.alt.len() < 40 || !labelled {
            breaches.push(relative(&path));
        }
    }
    none(breaches, "a figure has a title, named axes and an alt text that states its claim");
}

#[test]
fn every_lesson_has_its_printed_output_and_figures_recorded() {
    let mut breaches = Vec::new();
    for (lesson, _) in LESSONS {
        let output = root().join(format!("book/src/output/{}.txt", lesson.stem));
        if !output.exists() || read(&output).trim().is_empty() {
            breaches.push(format!("{} is missing or empty", relative(&output)));
        }
        if !recorded().iter().any(|(_, figure)| figure.name.starts_with(&format!("{}-", lesson.number()))) {
            breaches.push(format!("lesson {} has no figure", lesson.number()));
        }
    }
    none(breaches, "record it: `cargo rungs record NN`");
}

/// Runs a lesson's demo on the device of the record and compares figure by figure.
fn stays_within_its_band(number: &str, minilm: Option<PathBuf>) {
    let device = backend::open(backend::DEFAULT).expect("the default device opens");
    let (lesson, demo) = LESSONS.iter().find(|(lesson, _)| lesson.number() == number).expect("a lesson");
    let _seed = backend::seeded(&device, SEED);
    let report =
        demo(&Run { device: &device, seed: SEED, minilm: minilm.as_deref() }).expect("the demo runs");
    let mine: Vec<(PathBuf, Figure)> =
        recorded().into_iter().filter(|(_, figure)| figure.name.starts_with(&format!("{number}-"))).collect();
    let mut breaches = Vec::new();
    for figure in report.figures() {
        let Some((_, old)) = mine.iter().find(|(_, old)| old.name == figure.name) else {
            breaches.push(format!("{} is not recorded", figure.name));
            continue;
        };
        match figure.distance(old) {
            None => breaches.push(format!("{} is made of other panels, names or counts", figure.name)),
            Some(far) if far > old.band => {
                breaches.push(format!("{}: {far} off, band {}", figure.name, old.band))
            }
            Some(_) => {}
        }
    }
    let fresh = |name: &str| report.figures().iter().any(|figure| figure.name == name);
    let gone = mine.iter().filter(|(_, old)| !fresh(&old.name));
    breaches.extend(gone.map(|(path, _)| format!("{} is made no more: take it out", relative(path))));
    let remedy = format!(
        "lesson {number} shows something else than the book: find out why, then `cargo rungs record {number}`"
    );
    none(breaches, &format!("{remedy} ({})", lesson.stem));
}

/// MiniLM's folder: the tests that ask for it are ignored until it is fetched.
fn minilm() -> Option<PathBuf> {
    let home = files::Home::from_env().expect("a cache folder");
    let folder = fetch::Source::Minilm.folder(&home);
    assert!(folder.join("model.safetensors").exists(), "run `cargo rungs fetch minilm`");
    Some(folder)
}

#[test]
fn lesson_01_shows_what_the_book_shows() {
    stays_within_its_band("01", None);
}

#[test]
fn lesson_02_shows_what_the_book_shows() {
    stays_within_its_band("02", None);
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn lesson_03_shows_what_the_book_shows() {
    stays_within_its_band("03", minilm());
}

#[test]
fn lesson_04_shows_what_the_book_shows() {
    stays_within_its_band("04", None);
}

#[test]
fn lesson_05_shows_what_the_book_shows() {
    stays_within_its_band("05", None);
}

#[test]
fn lesson_06_shows_what_the_book_shows() {
    stays_within_its_band("06", None);
}

#[test]
fn lesson_07_shows_what_the_book_shows() {
    stays_within_its_band("07", None);
}

#[test]
fn lesson_08_shows_what_the_book_shows() {
    stays_within_its_band("08", None);
}

#[test]
fn lesson_09_shows_what_the_book_shows() {
    stays_within_its_band("09", None);
}

#[test]
fn lesson_10_shows_what_the_book_shows() {
    stays_within_its_band("10", None);
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn lesson_11_shows_what_the_book_shows() {
    stays_within_its_band("11", minilm());
}

#[test]
fn lesson_12_shows_what_the_book_shows() {
    stays_within_its_band("12", None);
}

#[test]
fn lesson_13_shows_what_the_book_shows() {
    stays_within_its_band("13", None);
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn lesson_14_shows_what_the_book_shows() {
    stays_within_its_band("14", minilm());
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn lesson_15_shows_what_the_book_shows() {
    stays_within_its_band("15", minilm());
}
