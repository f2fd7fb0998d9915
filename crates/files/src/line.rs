//! Texts of a file's own, shown.

/// The most bytes of a text that are shown.
const LONGEST: usize = 300;
/// The most bytes of an error's own part that are shown: it names what a file holds, which may be as
/// long as the file.
const LONGEST_PROBLEM: usize = 800;

/// `text` in one line of bounded length, with everything unprintable escaped.
pub fn one_line(text: &str) -> String {
    line_of(text, LONGEST)
}

/// What an error says of a file, as [`one_line`] shows it, with room for several texts.
pub fn shortened(problem: &str) -> String {
    line_of(problem, LONGEST_PROBLEM)
}

fn line_of(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => line.push(c),
            _ => line.extend(c.escape_debug()),
        }
        if line.len() > longest {
            line.push_str("...");
            break;
        }
    }
    line
}
