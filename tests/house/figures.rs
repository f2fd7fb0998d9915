//! The book's figures are what their data say; their data, the printed texts and the numbers are
//! what the demos make.

use std::path::{Path, PathBuf};

use course::{Figure, Lesson, Marks, Report, Run, SEED, agree};
use rungs::{Demo, LESSONS, measured};

use crate::book::ALT;
use crate::none;
use crate::tree::{entries, read, relative, root};

fn folder() -> PathBuf {
    root().join("book/src/figures")
}

fn recorded() -> Vec<(PathBuf, Figure)> {
    let mut paths = entries(&folder());
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let figure =
        |path: &PathBuf| serde_json::from_str(&read(path)).expect("a figure's data are JSON");
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
    none(
        breaches,
        "redraw with `cargo rungs record NN` and look at the pictures before they are committed",
    );
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
        "a figure is a .json and a .svg that `cargo rungs record NN` writes: take out what it did \
            not",
    );
}

#[test]
fn every_figure_can_be_read_without_seeing_it() {
    let mut breaches = Vec::new();
    for (path, figure) in recorded() {
        let labelled = figure.panels.iter().all(|panel| {
            let without_axes = matches!(panel.marks, Marks::Shapes(_) | Marks::Drawing(_));
            without_axes || !(panel.x.label.is_empty() || panel.y.label.is_empty())
        });
        if figure.title.is_empty() || figure.alt.len() < ALT || !labelled {
            breaches.push(relative(&path));
        }
    }
    none(breaches, "a figure has a title, named axes and an alt text that states its claim");
}

/// Numbers that an attribute has in a picture.
fn attribute(svg: &str, name: &str) -> Vec<f64> {
    let opening = format!(" {name}=\"");
    let values = svg.split(&opening).skip(1);
    values.filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

#[test]
fn every_figure_is_as_wide_as_a_page_at_most_and_its_letters_can_be_read() {
    const PAGE: f64 = 750.0;
    const SMALLEST: f64 = 11.0;
    let mut breaches = Vec::new();
    for (path, figure) in recorded() {
        let svg = figures::svg(&figure);
        let (width, drawn_at) = (attribute(&svg, "width")[0], 10.0);
        let letters = attribute(&svg, "font-size").into_iter().fold(f64::INFINITY, f64::min);
        if width > PAGE || letters / drawn_at < SMALLEST {
            breaches.push(format!(
                "{}: {width} wide, letters of {}",
                relative(&path),
                letters / drawn_at
            ));
        }
    }
    none(breaches, "a wider figure is drawn smaller, and so are its letters");
}

#[test]
fn every_lesson_has_its_printed_output_and_figures_recorded() {
    let mut breaches = Vec::new();
    for (lesson, _) in LESSONS {
        let output = root().join(format!("book/src/output/{}.txt", lesson.stem));
        if !output.exists() || read(&output).trim().is_empty() {
            breaches.push(format!("{} is missing or empty", relative(&output)));
        }
        if !recorded()
            .iter()
            .any(|(_, figure)| figure.name.starts_with(&format!("{}-", lesson.number())))
        {
            breaches.push(format!("lesson {} has no figure", lesson.number()));
        }
    }
    none(breaches, "record it: `cargo rungs record NN`");
}

#[test]
fn every_picture_that_explains_has_the_numbers_of_its_lesson() {
    let device = backend::open(backend::DEFAULT).expect("the default device opens");
    let old = recorded();
    let mut breaches = Vec::new();
    for picture in rungs::pictures(&device).expect("the chapters' numbers are in their ranges") {
        let recorded = old.iter().find(|(_, figure)| figure.name == picture.name);
        let far = recorded.and_then(|(_, figure)| picture.distance(figure));
        if far.is_none_or(|far| far > picture.band) {
            breaches.push(format!("{}: {far:?} off, band {}", picture.name, picture.band));
        }
    }
    none(breaches, "draw it anew with `cargo rungs record NN`, and look at it");
}

/// What a lesson shows otherwise than it was recorded.
fn outside_its_bands(lesson: &Lesson, demo: Demo, minilm: Option<&Path>) -> Vec<String> {
    let device = backend::open(backend::DEFAULT).expect("the default device opens");
    let _seed = backend::seeded(&device, SEED);
    let report = demo(&Run { device: &device, seed: SEED, minilm }).expect("the demo runs");
    let book = root().join("book/src");
    let printed = book.join(format!("output/{}.txt", lesson.stem));
    let mut breaches = Vec::new();
    for difference in report.differences(&read(&printed)) {
        breaches.push(format!("{}: {difference}", relative(&printed)));
    }
    breaches.extend(other_numbers(lesson, &report));
    let mut old = recorded();
    old.retain(|(_, figure)| figure.name.starts_with(&format!("{}-", lesson.number())));
    for figure in report.figures() {
        let Some(at) = old.iter().position(|(_, old)| old.name == figure.name) else {
            breaches.push(format!("{} is not recorded", figure.name));
            continue;
        };
        let (_, old) = old.swap_remove(at);
        match figure.distance(&old) {
            None => {
                breaches.push(format!("{} is made of other panels, names or counts", figure.name))
            }
            Some(far) if far > old.band => {
                breaches.push(format!("{}: {far} off, band {}", figure.name, old.band));
            }
            Some(_) => {}
        }
    }
    for (path, _) in old {
        breaches.push(format!("{} is made no more: take it out", relative(&path)));
    }
    breaches
}

/// The numbers of a report that are not those of the lesson's file, or not as the page lists them.
fn other_numbers(lesson: &Lesson, report: &Report) -> Vec<String> {
    let path = root().join(format!("book/src/numbers/{}.txt", lesson.stem));
    let (file, page) = (read(&path), read(&root().join("book/src/measured.md")));
    let (recorded, numbers) = (measured::read(&file), report.numbers());
    let keys: Vec<&str> = numbers.iter().map(|number| number.key.as_str()).collect();
    if recorded.iter().map(|(key, _)| *key).ne(keys) {
        return vec![format!("{} has other keys", relative(&path))];
    }
    let listed = measured::listed(&page, lesson).expect("the page has a place for every lesson");
    let mut breaches = Vec::new();
    for (number, (key, then)) in numbers.iter().zip(recorded) {
        if !agree(&number.shown, then, number.band) {
            let (now, band) = (&number.shown, number.band);
            breaches.push(format!("{}, {key}: {now}, recorded {then}, band {band}", lesson.stem));
        }
        let band = measured::may_differ(number.band);
        let row = format!("| {} | {band} | `{key}` |", number.what);
        if listed.contains(&format!("| `{key}` |")) && !listed.contains(&row) {
            breaches.push(format!("measured.md lists {key} otherwise than {row}"));
        }
    }
    breaches
}

/// MiniLM's folder: what needs it is ignored until it is fetched.
fn minilm() -> PathBuf {
    let home = files::Home::from_env().expect("a cache folder");
    home.minilm().expect("run `cargo rungs fetch minilm`")
}

/// Runs every demo that the book shows with real weights, or every other one.
fn stay_within_their_bands(minilm: Option<&Path>) {
    let mut breaches = Vec::new();
    for (lesson, demo) in LESSONS {
        if lesson.minilm == minilm.is_some() {
            breaches.extend(outside_its_bands(&lesson, demo, minilm));
        }
    }
    none(
        breaches,
        "shows something else than the book: find out why, then `cargo rungs record NN`",
    );
}

#[test]
#[ignore = "takes minutes: it runs every demo; .ci/run"]
fn lessons_show_what_the_book_shows() {
    stay_within_their_bands(None);
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn lessons_on_real_weights_show_what_the_book_shows() {
    stay_within_their_bands(Some(&minilm()));
}
