//! Texts of a file's own, shown.

/// The most bytes of a text that are shown.
const LONGEST: usize = 300;

/// `text` in one line of bounded length, with everything unprintable escaped.
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => line.push(c),
            _ => line.extend(c.escape_debug()),
        }
        if line.len() > LONGEST {
            line.push_str("...");
            break;
        }
    }
    line
}
