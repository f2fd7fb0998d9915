//! A lesson is short enough to be read in one sitting.
//!
//! A warning of size, which is no reason to hide code in another file. It stands in `.ci/check` and
//! not among the tests that a reader runs: right code is never red.

use std::path::Path;

use crate::none;
use crate::tree::{Source, lessons, sources};

/// Lines of code in a file.
const FILE: usize = 300;
/// Lines of code in a function's body.
const FUNCTION: usize = 40;
/// Lines of code in the body of a `forward`, which reads as its equation.
const FORWARD: usize = 20;

/// Lines of code in a part of a lesson, by the names of its files and folders. All other files are
/// the lesson itself. A demo also gives the book every number by its key, and widgets their data; the
/// picture that explains has a file of its own. Published files are named key by key, for each
/// family that is read.
const PARTS: [(&[&str], usize); 4] = [
    (&["picture"], 130),
    (&["demo"], 800),
    (&["checkpoint", "parity"], 900),
    (&["naive", "exercises"], 700),
];
/// Lines of code in the lesson itself.
const LESSON: usize = 950;

/// The number of a source's part, if it is of one.
fn part(source: &Source) -> Option<usize> {
    let mut names = Vec::new();
    for name in Path::new(&source.path).components() {
        names.push(name.as_os_str().to_string_lossy().trim_end_matches(".rs").to_string());
    }
    PARTS.iter().position(|(part, _)| names.iter().any(|name| part.contains(&name.as_str())))
}

#[test]
#[ignore = "style: bash .ci/check"]
fn a_lesson_is_short() {
    let mut breaches = Vec::new();
    for lesson in lessons() {
        let mut parts = [0; PARTS.len()];
        let mut itself = 0;
        for source in sources(&lesson.folder.join("src")) {
            let lines = source.lines.len();
            match part(&source) {
                Some(part) => parts[part] += lines,
                None if lines > FILE => {
                    breaches.push(format!("{}: {lines}, at most {FILE}", source.path))
                }
                None => itself += lines,
            }
        }
        if itself > LESSON {
            breaches.push(format!("lessons/{}: {itself}, at most {LESSON}", lesson.stem));
        }
        for (lines, (names, most)) in parts.iter().zip(PARTS) {
            if *lines > most {
                breaches.push(format!(
                    "lessons/{}, {}: {lines}, at most {most}",
                    lesson.stem,
                    names.join(", ")
                ));
            }
        }
    }
    none(
        breaches,
        "lines of code: take out what an earlier lesson or a crate has, or split an idea off",
    );
}

#[test]
#[ignore = "style: bash .ci/check"]
fn a_function_of_a_lesson_is_short() {
    let mut breaches = Vec::new();
    for lesson in lessons() {
        for source in
            sources(&lesson.folder.join("src")).iter().filter(|source| part(source).is_none())
        {
            for (line, name, length) in functions(source) {
                let most = if name.starts_with("forward") { FORWARD } else { FUNCTION };
                if length > most {
                    breaches.push(format!(
                        "{}:{line}: {name} has {length} lines, at most {most}",
                        source.path
                    ));
                }
            }
        }
    }
    none(breaches, "split the function where its equation has a term with a name of its own");
}

/// Line, name and length of the body of every function. rustfmt puts a function's last brace under
/// its `fn`.
fn functions(source: &Source) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for (at, (number, line)) in source.lines.iter().enumerate() {
        let code = line.trim_start();
        let Some(name) = code.split("fn ").nth(1).filter(|_| starts_a_function(code)) else {
            continue;
        };
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
