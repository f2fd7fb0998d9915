//! Writes the cells of every notebook as one function each, for `src/bin/cells.rs` to compile with
//! everything else: a cell that a change of a lesson breaks fails the build, not a reader.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

fn main() {
    println!("cargo::rerun-if-changed=.");
    let mut notebooks: Vec<PathBuf> = fs::read_dir(".")
        .expect("this folder")
        .map(|entry| entry.expect("a file").path())
        .collect();
    notebooks.retain(|path| path.extension().is_some_and(|extension| extension == "ipynb"));
    notebooks.sort();
    let out = Path::new(&env::var("OUT_DIR").expect("cargo names a folder to write into"))
        .join("cells.rs");
    fs::write(&out, program(&notebooks)).expect("that folder can be written into");
}

/// A function for each notebook, and a list of their names with them.
fn program(notebooks: &[PathBuf]) -> String {
    let mut functions = String::new();
    let mut list = String::new();
    for path in notebooks {
        let stem = path.file_stem().expect("a notebook has a name").to_string_lossy();
        let function = format!("notebook_{}", &stem[..2]);
        write!(functions, "fn {function}() {{\n{}}}\n", code(path))
            .expect("a string can be written to");
        writeln!(list, "    ({stem:?}, {function}),").expect("a string can be written to");
    }
    format!("{functions}\nconst NOTEBOOKS: &[(&str, fn())] = &[\n{list}];\n")
}

/// The code of a notebook's cells, one after the other, without the kernel's own commands.
fn code(path: &Path) -> String {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let notebook: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut code = String::new();
    for cell in notebook["cells"].as_array().expect("a notebook has cells") {
        if cell["cell_type"] != "code" {
            continue;
        }
        code += "println!(\"RUNGS_CELL\");\n"; // tells what one cell shows from the next
        for line in cell["source"].as_array().expect("a cell's source is a list of lines") {
            let line = line.as_str().expect("a line is text").trim_end();
            if !line.starts_with(':') {
                code += line;
                code.push('\n');
            }
        }
    }
    code
}
