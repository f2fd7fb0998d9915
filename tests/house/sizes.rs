//! A lesson is short enough to be read in one sitting.

use std::path::Path;

use crate::none;
use crate::tree::{Source, lessons, sources};

/// Lines of code in a file.
const FILE: usize = 300;
/// Lines of code in a lesson.
const LESSON: usize = 700;
/// Lines of code in a function's body.
const FUNCTION: usize = 30;
/// Lines of code in the body of a `forward`, which reads as its equation.
const FORWARD: usize = 15;

/// Files that carry no new idea: plain loops, pictures, another library's tensor names.
const UNCOUNTED: [&str; 4] = ["naive", "demo", "exercises", "checkpoint"];

fn counted(source: &Source) -> bool {
    let parts =
        Path::new(&source.path).components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    !parts.into_iter().any(|part| UNCOUNTED.contains(&part.trim_end_matches(".rs")))
}

#[test]
fn a_lesson_is_short() {
    let mut breaches = Vec::new();
    for lesson in lessons() {
        let files: Vec<Source> = sources(&lesson.folder.join("src")).into_iter().filter(counted).collect();
        for file in files.iter().filter(|file| file.lines.len() > FILE) {
            breaches.push(format!("{}: {} lines of code, at most {FILE}", file.path, file.lines.len()));
        }
        let total: usize = files.iter().map(|file| file.lines.len()).sum();
        if total > LESSON {
            breaches.push(format!("lessons/{}: {total} lines of code, at most {LESSON}", lesson.stem));
        }
    }
    none(breaches, "take out what an earlier lesson or a crate has, or move files of others into a crate");
}

#[test]
fn a_function_of_a_lesson_is_short() {
    let mut breaches = Vec::new();
    for lesson in lessons() {
        for source in sources(&lesson.folder.join("src")).iter().filter(|source| counted(source)) {
            for (line, name, length) in functions(source) {
                let most = if name.starts_with("forward") { FORWARD } else { FUNCTION };
                if length > most {
                    breaches
                        .push(format!("{}:{line}: {name} has {length} lines, at most {most}", source.path));
                }
            }
        }
    }
    none(breaches, "split the function where its equation has a term with a name of its own");
}

/// Line, name and length of the body of every function. rustfmt puts a function's last brace under its `fn`.
fn functions(source: &Source) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for (at, (number, line)) in source.lines.iter().enumerate() {
        let code = line.trim_start();
        let Some(name) = code.split("fn ").nth(1).filter(|_| starts_a_function(code)) else { continue };
        let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let last = format!("{}}}", &line[..line.len() - code.len()]);
        let rest = &source.lines[at..];
        let Some(open) = rest.iter().position(|(_, line)| line.ends_with('{')) else { continue };
        let Some(close) = rest.iter().position(|(_, line)| *line == last) else { continue };
        if open < close {
            found.push((*number, name, close - open - 1));
        }
    }
    found
}

fn starts_a_function(code: &str) -> bool {
    ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn ", "const fn ", "pub const fn "]
        .iter()
        .any(|start| code.starts_with(start))
        && !code.ends_with('}')
}

#[test]
fn functions_are_measured_right() {
    let text = "impl A {\n    pub fn forward(\n        x: u8,\n    ) -> u8 {\n        x\n    }\n}\nfn b() {}\nfn c() {\n    1;\n    2;\n}\n";
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.to_string())).collect();
    let source = Source { path: "a.rs".into(), lines };
    assert_eq!(functions(&source), [(2, "forward".to_string(), 1), (9, "c".to_string(), 2)]);
}
