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

/// So many things in words: `1 file`, `2 files`.
pub fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// Whether a terminal obeys a character instead of showing it: it is a control character, or sets
/// the direction of what stands around it, by which a text can be made to read as another (Boucher
/// and Anderson 2021, "Trojan Source").
pub fn steers_terminal(c: char) -> bool {
    let sets_direction = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || sets_direction
}

/// `text` with its lines and tabs as they are, and every other character that
/// [steers a terminal](steers_terminal) escaped.
pub fn for_terminal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers_terminal(c) && !matches!(c, '\n' | '\t') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
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
