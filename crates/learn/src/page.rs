//! What a learner reads: wrapped to the terminal, coloured only there.

use std::io::{IsTerminal, Write, stdout};

use crossterm::style::Stylize;
use crossterm::terminal;

use crate::catalogue::Exercise;
use crate::check::Verdict;
use crate::sources::Source;

/// Columns where no terminal says how many it has.
const COLUMNS: usize = 100;

/// Columns of a line of prose at most: longer ones are hard to read.
const PROSE: usize = 88;

/// Where everything is printed.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    colours: bool,
    /// What begins and ends a line: in raw mode a status may stand in it, and the cursor does not
    /// go back by itself.
    line_start: &'static str,
    line_end: &'static str,
}

impl Page {
    /// The page of a command, on standard output.
    pub fn new() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colours: stdout().is_terminal() && !plain, line_start: "", line_end: "\n" }
    }

    /// The page of a terminal in raw mode.
    pub fn raw(self) -> Self {
        Self { line_start: "\r\x1b[K", line_end: "\r\n", ..self }
    }

    /// Columns of a line.
    pub fn width(self) -> usize {
        Self::columns()
    }

    fn columns() -> usize {
        if !stdout().is_terminal() {
            return COLUMNS;
        }
        terminal::size().map_or(COLUMNS, |(columns, _)| usize::from(columns).max(20))
    }

    /// Prints lines as they are. A reader that has gone away is no failure.
    pub fn lines(self, text: &str) {
        let mut out = stdout().lock();
        for line in text.lines() {
            let line = if self.colours { line.to_string() } else { uncoloured(line) };
            let _ = write!(out, "{}{line}{}", self.line_start, self.line_end);
        }
        let _ = out.flush();
    }

    /// Writes over the line that the cursor is in; an empty text takes it away.
    pub fn status(self, text: &str) {
        let fits: String = text.chars().take(Self::columns() - 1).collect();
        let mut out = stdout().lock();
        let _ = write!(out, "\r\x1b[K{fits}");
        let _ = out.flush();
    }

    /// Prints an empty line.
    pub fn gap(self) {
        self.lines("\n");
    }

    /// Prints prose, wrapped.
    pub fn prose(self, text: &str) {
        self.indented("", text);
    }

    /// Prints prose, wrapped and indented.
    pub fn indented(self, indent: &str, text: &str) {
        let width = Self::columns().min(PROSE);
        for paragraph in text.lines() {
            let options =
                textwrap::Options::new(width).initial_indent(indent).subsequent_indent(indent);
            for line in textwrap::wrap(paragraph, options) {
                self.lines(if line.is_empty() { "\n" } else { &line });
            }
        }
    }

    /// Prints a headline.
    pub fn title(self, text: &str) {
        for line in textwrap::wrap(text, Self::columns().min(PROSE)) {
            self.lines(&if self.colours { line.bold().to_string() } else { line.into() });
        }
    }

    /// Prints something less important.
    pub fn aside(self, text: &str) {
        for line in textwrap::wrap(text, Self::columns().min(PROSE)) {
            self.lines(&if self.colours { line.dim().to_string() } else { line.into() });
        }
    }

    /// What is to be written: title, task, documentation, signature and place.
    pub fn task(self, exercise: &Exercise, source: &Source, section: Option<&str>) {
        self.title(&format!("{} {}", exercise.id, exercise.title));
        self.aside(&format!(
            "difficulty {} of 5, about {} minutes",
            exercise.difficulty, exercise.minutes
        ));
        if let Some(section) = section {
            self.aside(&format!("read before: {section}"));
        }
        self.gap();
        self.prose(&exercise.task);
        self.gap();
        for paragraph in paragraphs(&unmarked(&source.function.documentation)) {
            if paragraph.is_empty() {
                self.gap();
            }
            self.indented("  ", &paragraph);
        }
        self.gap();
        for line in source.signature().lines() {
            self.lines(&format!("  {line}"));
        }
        if !exercise.needs.is_empty() {
            self.gap();
            self.aside(&format!("It runs on {}.", exercise.needs.join(", ")));
        }
    }

    /// What a check says, its first line coloured by what it means.
    pub fn verdict(self, verdict: &Verdict) {
        let (sentence, rest) = verdict.says.split_once('\n').unwrap_or((&verdict.says, ""));
        for line in textwrap::wrap(sentence, Self::columns().min(PROSE)) {
            self.lines(&match (self.colours, verdict.verdict.as_str()) {
                (false, _) => line.into(),
                (true, "right") => line.green().bold().to_string(),
                (true, "not begun") => line.yellow().bold().to_string(),
                (true, _) => line.red().bold().to_string(),
            });
        }
        self.lines(rest);
    }
}

/// A documentation comment without the marks that rustdoc needs.
fn unmarked(documentation: &str) -> String {
    let text = documentation.replace("[`", "`").replace("`]", "`").replace("**", "");
    text.replace("# ", "")
}

/// The paragraphs of a documentation comment, each in one line; an item of a list is one, and so is
/// the emptiness between two.
fn paragraphs(documentation: &str) -> Vec<String> {
    let (mut paragraphs, mut goes_on) = (Vec::<String>::new(), false);
    for line in documentation.lines() {
        match paragraphs.last_mut() {
            Some(last) if goes_on && !line.is_empty() && !line.starts_with("- ") => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => paragraphs.push(line.to_string()),
        }
        goes_on = !line.is_empty();
    }
    paragraphs
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}

/// A line without the escapes by which the compiler colours it.
pub fn uncoloured(line: &str) -> String {
    let mut plain = String::new();
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        if c == '\u{1b}' {
            for c in characters.by_ref() {
                if c.is_ascii_alphabetic() || c == '\\' {
                    break;
                }
            }
        } else {
            plain.push(c);
        }
    }
    plain
}
