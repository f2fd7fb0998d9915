//! The cells of the notebooks as one program: `cells` lists them, `cells NAME` runs one as the
//! kernel would, `cells --pages FOLDER` runs all of them and writes what they show as pages.

mod pages;

use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/cells.rs"));

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => NOTEBOOKS.iter().for_each(|(name, _)| println!("{name}")),
        ["--pages", folder] => {
            for (name, _) in NOTEBOOKS {
                pages::write(name, Path::new(folder));
            }
        }
        [wanted, ..] => run(wanted),
    }
}

/// Runs the cells of a notebook.
fn run(wanted: &str) {
    let (_, run) = NOTEBOOKS
        .iter()
        .find(|(name, _)| *name == wanted)
        .unwrap_or_else(|| panic!("{wanted}: expected the name of a notebook without .ipynb"));
    run();
}
