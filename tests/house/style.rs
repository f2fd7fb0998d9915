//! Code that reads aloud, and lessons that read alike.
//!
//! What is counted here is a thermometer: code that reads worse for a count's sake is the wrong
//! mend. All of it stands in `.ci/check` and not among the tests that a reader runs: right code is
//! never red.

use std::path::Path;

use crate::none;
use crate::tree::{Source, in_src, lessons, read, relative, root, walk};

/// Methods that chain an iterator or take a closure.
const COMBINATORS: [&str; 40] = [
    "map",
    "filter",
    "filter_map",
    "flat_map",
    "flatten",
    "zip",
    "fold",
    "then",
    "then_some",
    "and_then",
    "map_or",
    "map_or_else",
    "unwrap_or_else",
    "or_else",
    "chain",
    "scan",
    "take_while",
    "skip_while",
    "map_while",
    "try_fold",
    "reduce",
    "for_each",
    "inspect",
    "min_by",
    "max_by",
    "min_by_key",
    "max_by_key",
    "sum",
    "product",
    "collect",
    "enumerate",
    "rev",
    "step_by",
    "partition",
    "unzip",
    "any",
    "all",
    "find",
    "find_map",
    "position",
];
/// Combinators in 10,000 characters of the lessons' code. tokenizers has some 9, burn-nn some 4.
const COMBINATORS_MOST: f64 = 12.0;
/// Closures bound to a name in 1,000 lines of code. What has a name has a signature elsewhere.
const CLOSURES_MOST: f64 = 2.0;
/// Columns of a line of code.
const COLUMNS: usize = 100;

/// Tensor methods whose first argument is an axis.
const BY_AXIS: [&str; 13] = [
    "narrow",
    "sum_dim",
    "mean_dim",
    "max_dim",
    "all_dim",
    "any_dim",
    "squeeze_dim",
    "unsqueeze_dim",
    "repeat_dim",
    "swap_dims",
    "chunk",
    "gather",
    "argmax",
];

/// The parts of a lesson's header, as they are spelt.
const HEADER: [&str; 5] =
    ["**Question.**", "**Equation.**", "**Builds on.**", "**Leaves you with.**", "**Try.**"];

#[test]
#[ignore = "style: bash .ci/check"]
fn code_reads_aloud() {
    let mut breaches = Vec::new();
    for rooms in ["lessons", "crates"] {
        let mut counts = Counts::default();
        for source in in_src(&root().join(rooms)) {
            counts.add(&source);
            for (number, line) in &source.lines {
                if line.chars().count() > COLUMNS {
                    breaches.push(format!("{}:{number}: over {COLUMNS} columns", source.path));
                }
            }
        }
        let (combinators, closures) = (counts.combinators_in_10_000(), counts.closures_in_1_000());
        println!(
            "{rooms}: {combinators:.1} combinators in 10,000 characters, {closures:.1} named \
             closures in 1,000 lines, {} lines",
            counts.lines
        );
        if rooms == "lessons" && combinators > COMBINATORS_MOST {
            breaches.push(format!("{rooms}: {combinators:.1} combinators in 10,000 characters"));
        }
        if closures > CLOSURES_MOST {
            breaches.push(format!("{rooms}: {closures:.1} named closures in 1,000 lines"));
        }
    }
    none(
        breaches,
        &format!(
            "write a loop that accumulates as `for`, and a helper with a name as a private \
             function with a signature: at most {COMBINATORS_MOST} combinators and {CLOSURES_MOST} \
             named closures"
        ),
    );
}

#[test]
#[ignore = "style: bash .ci/check"]
fn lessons_read_alike() {
    let mut breaches = Vec::new();
    for lesson in lessons() {
        let header = read(&lesson.folder.join("src/lib.rs"));
        let title = format!("//! # {} ", lesson.number);
        let named = header.lines().next().and_then(|line| line.strip_prefix(&title));
        if !named.is_some_and(|name| name.starts_with(char::is_alphanumeric)) {
            breaches.push(format!("lessons/{}: the first line is `{title}Title`", lesson.stem));
        }
        for part in HEADER {
            if !header.contains(&format!("//! {part}")) {
                breaches.push(format!("lessons/{}: the header has no {part}", lesson.stem));
            }
        }
        for source in in_src(&lesson.folder) {
            for (number, line) in &source.lines {
                if let Some(odd) = odd_code(line) {
                    breaches.push(format!("{}:{number}: {odd}", source.path));
                }
            }
        }
        for (place, comment) in comments(&lesson.folder.join("src")) {
            if let Some(odd) = odd_shape(&comment) {
                breaches.push(format!("{place}: {odd}"));
            }
        }
    }
    none(breaches, "lessons are written by one hand: see the one before for how it is spelt");
}

#[test]
#[ignore = "style: bash .ci/check"]
fn a_doc_comment_names_its_noun() {
    let mut breaches = Vec::new();
    for rooms in ["lessons", "crates"] {
        for (place, comment) in comments(&root().join(rooms)) {
            if comment.trim_start().starts_with("/// Of ") {
                breaches.push(format!("{place}: {}", comment.trim()));
            }
        }
    }
    none(breaches, "in rustdoc a comment stands alone: say of what, \"Epsilon of the norms\"");
}

/// What is odd in a line of a lesson's code.
fn odd_code(line: &str) -> Option<String> {
    if line.contains("burn::prelude") {
        return Some("import from burn by name".into());
    }
    for method in BY_AXIS {
        for (at, _) in line.match_indices(&format!(".{method}")) {
            let after = &line[at + 1 + method.len()..];
            let Some(arguments) = arguments(after) else { continue };
            if arguments.starts_with(|c: char| c.is_ascii_digit()) {
                return Some(format!("{method} of a bare number: give the axis a name"));
            }
        }
    }
    None
}

/// What is odd in a comment that gives a shape.
fn odd_shape(comment: &str) -> Option<&'static str> {
    let item = comment.trim_start().strip_prefix("/// - ")?;
    if item.starts_with("result:") || item.starts_with("`result`:") {
        return Some("what comes out is called output");
    }
    let name = item.split(':').next().unwrap_or_default();
    if name.starts_with('`') && item.contains(": `[") {
        return Some("a name before its shape has no backticks");
    }
    None
}

/// The text after the bracket that opens a call, whatever types stand before it; none where the
/// name goes on or is not called.
fn arguments(after: &str) -> Option<&str> {
    if let Some(types) = after.strip_prefix("::<") {
        return types.split_once(">(").map(|(_, arguments)| arguments);
    }
    after.strip_prefix('(')
}

/// How dense code is.
#[derive(Default)]
struct Counts {
    lines: usize,
    characters: usize,
    combinators: usize,
    closures: usize,
}

impl Counts {
    fn add(&mut self, source: &Source) {
        let mut opens = false; // the line before ends in `let name =`
        for (_, line) in &source.lines {
            self.lines += 1;
            self.characters += line.chars().count() + 1;
            for (at, _) in line.match_indices('.') {
                let name = line[at + 1..].split(|c: char| !c.is_alphanumeric() && c != '_').next();
                let name = name.unwrap_or_default();
                let called = arguments(&line[at + 1 + name.len()..]).is_some();
                if called && COMBINATORS.contains(&name) {
                    self.combinators += 1;
                }
            }
            let code = line.trim_start();
            let bound = code.starts_with("let ");
            let value = code.split_once("= ").map_or("", |(_, value)| value);
            let value = if opens {
                code
            } else if bound {
                value
            } else {
                ""
            };
            if value.trim_start_matches("move ").starts_with('|') {
                self.closures += 1;
            }
            opens = bound && line.ends_with('=');
        }
    }

    fn combinators_in_10_000(&self) -> f64 {
        1e4 * self.combinators as f64 / self.characters.max(1) as f64
    }

    fn closures_in_1_000(&self) -> f64 {
        1e3 * self.closures as f64 / self.lines.max(1) as f64
    }
}

/// The first line of every doc comment in the files of a `src/` under `folder`, and each of its
/// list items, with the place.
fn comments(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in walk(folder) {
        let in_src = file.components().any(|part| part.as_os_str() == "src");
        if !in_src || file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let mut before = String::new();
        for (number, line) in (1..).zip(read(&file).lines()) {
            let code = line.trim_start();
            let opens = !before.starts_with("///") || code.starts_with("/// - ");
            if code.starts_with("/// ") && opens {
                found.push((format!("{}:{number}", relative(&file)), line.to_string()));
            }
            before = code.to_string();
        }
    }
    found
}

#[test]
fn dense_code_is_counted() {
    let text = "let double = |x| 2 * x;\nlet half =\n    |x| x / 2;\nlet a: Vec<_> = b.iter().map(double).collect::<Vec<_>>();\nlet c = a.map;\n";
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.push((1, line.to_string()));
    }
    let mut counts = Counts::default();
    counts.add(&Source { path: "a.rs".into(), lines });
    assert_eq!((counts.closures, counts.combinators, counts.lines), (2, 2, 5));
}

#[test]
fn a_bare_axis_and_a_shape_in_another_spelling_are_seen() {
    assert!(odd_code("let last = x.narrow(1, 0, 1);").is_some());
    assert!(odd_code("let rows = x.unsqueeze_dim::<3>(0);").is_some());
    assert_eq!(odd_code("let last = x.narrow(TOKENS, 0, 1);"), None);
    assert!(odd_shape("    /// - `ids`: `[batch, tokens]`, token IDs").is_some());
    assert!(odd_shape("/// - result: `[1]`").is_some());
    assert_eq!(odd_shape("/// - ids: `[batch, tokens]`, token IDs"), None);
}
