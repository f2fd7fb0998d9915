//! A notebook as a page of the book: its text, its code, and what that shows when it is run.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use course::Figure;
use serde_json::Value;

/// What the program prints before what a cell does, as `build.rs` writes it.
const CELL: &str = "RUNGS_CELL\n";
/// What `notebooks::draw` prints around a picture and around its data.
const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT\n";

/// Runs the notebook and writes its page, and the pictures that the book does not have, into
/// `folder` of the book's sources.
///
/// # Panics
///
/// If the notebook fails, or its page cannot be written.
pub fn write(name: &str, folder: &Path) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{name}.ipynb"));
    let notebook = fs::read_to_string(&path).expect("the notebook is there");
    let notebook: Value = serde_json::from_str(&notebook).expect("a notebook is JSON");
    let program = env::current_exe().expect("this program has a path");
    let run = Command::new(program).arg(name).output().expect("the cells run");
    assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
    let stdout = String::from_utf8(run.stdout).expect("what cells print is text");
    fs::create_dir_all(folder).expect("a folder to write into");
    let mut page = Page { name, folder, text: String::new(), own: 0 };
    page.text = format!(
        "<!-- written by `cargo run -p notebooks --bin cells -- --pages book/src/notebooks` -->\n\
         *What `notebooks/{name}.ipynb` shows when it is run. To change a number and see what \
         becomes of it, open the notebook itself.*\n\n"
    );
    let mut shown = stdout.split(CELL).skip(1);
    for cell in notebook["cells"].as_array().expect("a notebook has cells") {
        let lines = cell["source"].as_array().expect("a cell's source is a list of lines");
        let source: String = lines.iter().filter_map(Value::as_str).collect();
        if cell["cell_type"] == "code" {
            page.text.push_str(&format!("```rust,wrap\n{}\n```\n\n", source.trim_end()));
            page.output(shown.next().expect("every cell says where it begins"));
        } else {
            page.text.push_str(&format!("{}\n\n", source.trim_end()));
        }
    }
    let text = format!("{}\n", page.text.trim_end());
    fs::write(folder.join(format!("{name}.md")), text).expect("the page can be written");
}

/// A page as far as it is written.
struct Page<'a> {
    name: &'a str,
    folder: &'a Path,
    text: String,
    /// Number of pictures so far that the book does not have.
    own: usize,
}

impl Page<'_> {
    /// Adds what a cell printed and drew.
    fn output(&mut self, output: &str) {
        let mut rest = output;
        while let Some((before, content)) = rest.split_once(BEGIN) {
            let (content, after) = content.split_once(END).expect("a content has an end");
            let (kind, content) = content.split_once('\n').expect("a content has a kind");
            self.printed(before);
            if kind.ends_with("+json") {
                self.drawn(&serde_json::from_str(content).expect("a figure's data are JSON"));
            }
            rest = after;
        }
        self.printed(rest);
    }

    /// Adds what a cell printed; what the book has already is included, so that it is renewed.
    fn printed(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let recorded = format!("output/{}.txt", self.name);
        let book = fs::read_to_string(self.folder.join("..").join(&recorded)).unwrap_or_default();
        let text = if text.trim() == book.trim() {
            format!("{{{{#include ../{recorded}}}}}")
        } else {
            text.trim_end().to_string()
        };
        self.text.push_str(&format!("```text\n{text}\n```\n\n"));
    }

    /// Adds a picture: the book's, or one of the notebook's own.
    fn drawn(&mut self, figure: &Figure) {
        let of_the_book = format!("../figures/{}.svg", figure.name);
        let (alt, path) = if self.folder.join(&of_the_book).exists() {
            (figure.alt.clone(), of_the_book)
        } else {
            self.own += 1;
            let path = format!("{}-{}.svg", self.name, self.own);
            fs::write(self.folder.join(&path), figures::svg(figure)).expect("a file to write");
            (
                format!(
                    "What the cell above draws, of numbers that it makes itself: {}",
                    figure.alt
                ),
                path,
            )
        };
        self.text.push_str(&format!("![{alt}]({path})\n\n"));
    }
}
