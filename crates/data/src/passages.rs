//! Files as passages: what each says, and in which line.

use std::path::Path;

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd};

/// A part of a file that is found on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Line where it begins, counted from 1.
    pub line: u32,
    /// Text of the passage.
    pub text: String,
}

/// How a text without markup becomes passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Each line is a passage.
    Lines,
    /// Each paragraph between empty lines is a passage.
    Paragraphs,
}

/// What a file says. Of Markdown (`.md`, `.markdown`) a paragraph, item, table row or block of code
/// is a passage, behind the headings that it stands under; of what stands before the text (front
/// matter) the title is a heading, and the rest a passage. Of Rust (`.rs`) the prose of the
/// documentation comments, without code, a paragraph, heading, item or cell a passage. Of any other
/// file its lines or paragraphs. Blank ones say nothing.
pub fn passages(file: &Path, text: &str, split: Split) -> Vec<Passage> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("md" | "markdown") => markdown(text),
        Some("rs") => prose_passages(file, text),
        _ => plain(text, split),
    }
}

/// A heading that the text stands under.
struct Heading {
    level: usize,
    line: u32,
    text: String,
    /// Whether something stands under it.
    followed: bool,
}

/// Passages of a Markdown text while it is read.
#[derive(Default)]
struct Markdown {
    passages: Vec<Passage>,
    /// Headings that what is read stands under, the highest first.
    headings: Vec<Heading>,
    /// Text of the passage that is read, and the line where it begins.
    text: String,
    begun: Option<u32>,
}

impl Markdown {
    /// Ends a passage that began in `line` unless it said where; returns where it begins and its
    /// words.
    fn end(&mut self, line: u32) -> (u32, String) {
        let text = std::mem::take(&mut self.text);
        let words: Vec<&str> = text.split_whitespace().collect();
        (self.begun.take().unwrap_or(line), words.join(" "))
    }

    /// Adds a passage behind its headings.
    fn push(&mut self, line: u32, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut parts = Vec::new();
        for heading in &mut self.headings {
            heading.followed = true;
            parts.push(&heading.text[..]);
        }
        parts.push(text);
        self.passages.push(Passage { line, text: parts.join(": ") });
    }

    /// Takes the title out of the front matter that was read, as the heading of all.
    fn take_title(&mut self, line: u32) {
        let mut rest = Vec::new();
        let front_matter = std::mem::take(&mut self.text);
        for text in front_matter.lines() {
            match title(text) {
                Some(text) if self.headings.is_empty() => {
                    let heading = Heading { level: 0, line, text: text.into(), followed: false };
                    self.headings.push(heading);
                }
                _ => rest.push(text),
            }
        }
        self.text = rest.join(" ");
    }

    /// Goes under a heading, unless it says the title again.
    fn enter(&mut self, heading: Heading) {
        self.leave(heading.level);
        let is_title = self.headings.last().is_some_and(|title| title.text == heading.text);
        if !heading.text.is_empty() && !is_title {
            self.headings.push(heading);
        }
    }

    /// Leaves the headings of this level and below; one that nothing followed is a passage itself.
    fn leave(&mut self, level: usize) {
        while let Some(heading) = self.headings.pop_if(|heading| heading.level >= level) {
            if !heading.followed {
                self.push(heading.line, &heading.text);
            }
        }
    }
}

/// The passages of a Markdown text, without pictures, addresses and HTML.
fn markdown(text: &str) -> Vec<Passage> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let (mut line, mut read, mut silent) = (1, 0, 0);
    let mut found = Markdown::default();
    let parser = Parser::new_with_broken_link_callback(text, options, Some(broken_link));
    for (event, range) in parser.into_offset_iter() {
        if range.start > read {
            line += text[read..range.start].matches('\n').count() as u32;
            read = range.start;
        }
        match event {
            Event::Start(Tag::Image { .. } | Tag::HtmlBlock) => silent += 1,
            Event::End(TagEnd::Image | TagEnd::HtmlBlock) => silent -= 1,
            Event::Start(Tag::TableCell) if !found.text.is_empty() => found.text.push_str(" | "),
            Event::Text(text) | Event::Code(text) if silent == 0 => {
                found.begun.get_or_insert(line);
                found.text.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak => found.text.push(' '),
            Event::End(TagEnd::Heading(level)) => {
                let ((line, text), level) = (found.end(line), level as usize);
                found.enter(Heading { level, line, text, followed: false });
            }
            Event::End(
                end @ (TagEnd::Paragraph
                | TagEnd::Item
                | TagEnd::BlockQuote(_)
                | TagEnd::CodeBlock
                | TagEnd::TableHead
                | TagEnd::TableRow
                | TagEnd::MetadataBlock(_)),
            ) => {
                if matches!(end, TagEnd::MetadataBlock(_)) {
                    found.take_title(line);
                }
                let (begun, words) = found.end(line);
                found.push(begun, &words);
            }
            _ => {}
        }
    }
    found.leave(0);
    found.passages
}

/// The title that a line of front matter gives, in YAML (`title: Bread`) or TOML
/// (`title = "Bread"`).
fn title(line: &str) -> Option<&str> {
    let value = line.strip_prefix("title")?.trim_start().strip_prefix([':', '='])?.trim();
    let value = value.trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

fn plain(text: &str, split: Split) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut open = false;
    for (line, text) in (1..).zip(text.lines().map(str::trim)) {
        if text.is_empty() {
            open = false;
        } else if let Some(passage) = passages.last_mut().filter(|_| open) {
            passage.text.push(' ');
            passage.text.push_str(text);
        } else {
            passages.push(Passage { line, text: text.into() });
            open = split == Split::Paragraphs;
        }
    }
    passages
}

/// The passages of a README or of a source's documentation comments.
pub(crate) fn prose_passages(file: &Path, text: &str) -> Vec<Passage> {
    let mut passages = Vec::new();
    if file.extension().is_some_and(|extension| extension == "rs") {
        for (line, comment) in comments(text) {
            prose(&comment, line, &mut passages);
        }
    } else {
        prose(text, 1, &mut passages);
    }
    passages
}

/// Documentation comments, each of consecutive lines that open with `///` or `//!`, and where each
/// begins.
fn comments(source: &str) -> Vec<(u32, String)> {
    let mut comments: Vec<(u32, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in (1..).zip(source.lines().map(str::trim_start)) {
        let text = line
            .strip_prefix("//!")
            .or(line.strip_prefix("///").filter(|rest| !rest.starts_with('/')));
        if let Some(text) = text {
            if !std::mem::replace(&mut inside, true) {
                comments.push((number, String::new()));
            }
            let (_, comment) = comments.last_mut().expect("one was begun");
            comment.push_str(text.strip_prefix(' ').unwrap_or(text));
            comment.push('\n');
        } else {
            inside = false;
        }
    }
    comments
}

/// A link that leads nowhere, such as one to an item of the code: its words are kept.
fn broken_link<'a>(link: BrokenLink<'_>) -> Option<(CowStr<'a>, CowStr<'a>)> {
    Some((link.reference.into_string().into(), "".into()))
}

/// What Markdown that begins in line `first` says, without code blocks, pictures, addresses and
/// HTML.
fn prose(markdown: &str, first: u32, passages: &mut Vec<Passage>) {
    let options = Options::ENABLE_TABLES;
    let (mut line, mut read) = (first, 0);
    let (mut passage, mut begun) = (String::new(), None);
    let mut silent = 0;
    let parser = Parser::new_with_broken_link_callback(markdown, options, Some(broken_link));
    for (event, range) in parser.into_offset_iter() {
        if range.start > read {
            line += markdown[read..range.start].matches('\n').count() as u32;
            read = range.start;
        }
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::Image { .. } | Tag::HtmlBlock) => silent += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::Image | TagEnd::HtmlBlock) => silent -= 1,
            Event::Text(text) | Event::Code(text) if silent == 0 => {
                begun.get_or_insert(line);
                passage.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak => passage.push(' '),
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::Item
                | TagEnd::TableCell
                | TagEnd::BlockQuote(_),
            ) => {
                let words: Vec<&str> = passage.split_whitespace().collect();
                if !words.is_empty() {
                    passages.push(Passage { line: begun.unwrap_or(line), text: words.join(" ") });
                }
                passage.clear();
                begun = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str, split: Split) -> Vec<(u32, String)> {
        passages(Path::new(name), text, split)
            .into_iter()
            .map(|passage| (passage.line, passage.text))
            .collect()
    }

    #[test]
    fn prose_is_kept_and_code_addresses_and_pictures_are_not() {
        let source = concat!(
            "//! Reads a [`Thing`], see [the guide](https://example.org).\n//!\n",
            "//! ```\n//! let x = 1;\n//! ```\n",
            "//! * first\n//! * second ![picture](p.png)\n",
            "//// a line of signs\n// a remark\n/// Goes\n/// on.\n",
        );
        let expected =
            [(1, "Reads a Thing, see the guide."), (6, "first"), (7, "second"), (10, "Goes on.")];
        assert_eq!(
            of("lib.rs", source, Split::Lines),
            expected.map(|(line, text)| (line, text.to_string()))
        );
    }

    #[test]
    fn a_passage_of_markdown_knows_its_line() {
        let text = "---\nby: me\n---\nFirst.\n\n# Alone\n\n# Title\n\nOne\ntwo.\n\n```sh\nls -l\npwd\n```\n\n\
                    - a\n- b\n\n| x | y |\n|---|---|\n| 1 | `2` |\n\n## Last\n";
        let expected = [
            (2, "by: me"),
            (4, "First."),
            (6, "Alone"),
            (10, "Title: One two."),
            (14, "Title: ls -l pwd"),
            (18, "Title: a"),
            (19, "Title: b"),
            (21, "Title: x | y"),
            (23, "Title: 1 | 2"),
            (25, "Title: Last"),
        ];
        assert_eq!(
            of("a.md", text, Split::Lines),
            expected.map(|(line, text)| (line, text.to_string()))
        );
    }

    #[test]
    fn the_title_of_the_front_matter_is_the_heading_of_all() {
        for (front_matter, rest) in [
            ("---\ntitle: 'Rye bread'\ntags: [oven]\n---\n", "tags: [oven]"),
            ("\u{feff}+++\ntags = []\ntitle = \"Rye bread\"\n+++\n", "tags = []"),
        ] {
            let text =
                front_matter.to_string() + "First.\n\n# Rye bread\n\nCold.\n\n## Oven\n\nHot.\n";
            let expected = [
                (2, format!("Rye bread: {rest}")),
                (5, "Rye bread: First.".into()),
                (9, "Rye bread: Cold.".into()),
                (13, "Rye bread: Oven: Hot.".into()),
            ];
            assert_eq!(of("a.md", &text, Split::Lines), expected);
        }
        let text = "---\ntitle: Alone\n---\n";
        assert_eq!(of("a.md", text, Split::Lines), [(2, "Alone".to_string())]);
        assert_eq!(of("a.md", "\u{feff}# One\n\nTwo.\n", Split::Lines), [(3, "One: Two.".into())]);
    }

    #[test]
    fn a_plain_text_is_lines_or_paragraphs() {
        let text = "\u{feff}one\r\n two \n\n \nthree\nfour";
        let expected = [(1, "one"), (2, "two"), (5, "three"), (6, "four")];
        assert_eq!(
            of("a.txt", text, Split::Lines),
            expected.map(|(line, text)| (line, text.to_string()))
        );
        let expected = [(1, "one two"), (5, "three four")];
        assert_eq!(
            of("a", text, Split::Paragraphs),
            expected.map(|(line, text)| (line, text.to_string()))
        );
        assert!(of("a.txt", " \n\n", Split::Paragraphs).is_empty());
    }
}
