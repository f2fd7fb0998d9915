//! The lists of lessons that pages show, written from what the lessons say of themselves.

use anyhow::{Result, bail};

use crate::LESSONS;

/// The pages with such a list, from the root of the workspace.
pub const PAGES: [&str; 3] = ["README.md", "book/src/architecture.md", "notebooks/README.md"];

/// What a page opens a list with, and what writes all up to [`CLOSE`].
type List = (&'static str, fn() -> String);

const LISTS: [List; 3] = [
    ("<!-- lessons -->", table),
    ("<!-- chapters -->", chapters),
    ("<!-- lessons with weights -->", with_weights),
];
/// What a page closes a list with.
const CLOSE: &str = "<!-- end -->";

/// Returns the page with its lists written anew.
///
/// # Errors
///
/// A page that opens no list, or opens one and does not close it.
pub fn renewed(page: &str) -> Result<String> {
    let mut renewed = page.to_string();
    let mut found = false;
    for (open, write) in LISTS {
        let Some((before, rest)) = renewed.split_once(open) else { continue };
        let Some((_, after)) = rest.split_once(CLOSE) else {
            bail!("expected {CLOSE} after {open}, found none")
        };
        renewed = format!("{before}{open}{}{CLOSE}{after}", write());
        found = true;
    }
    if !found {
        bail!(
            "expected a list that opens with {}, found none",
            LISTS.map(|(open, _)| open).join(" or ")
        );
    }
    Ok(renewed)
}

/// A table of all lessons.
fn table() -> String {
    let mut table = String::from("\n| Lesson | The question | Leaves you with |\n|---|---|---|\n");
    for (lesson, _) in LESSONS {
        table.push_str(&format!(
            "| `{}` | {} | {} |\n",
            lesson.stem, lesson.question, lesson.leaves_you_with
        ));
    }
    table
}

/// The numbers of all lessons, each a link to its chapter.
fn chapters() -> String {
    LESSONS.map(|(lesson, _)| format!("[{}]({}.md)", lesson.number(), lesson.stem)).join(", ")
}

/// The numbers of the lessons that the book shows with real weights.
fn with_weights() -> String {
    let mut numbers = Vec::new();
    for (lesson, _) in LESSONS {
        if lesson.minilm {
            numbers.push(lesson.number());
        }
    }
    let last = numbers.pop().unwrap_or_default();
    format!("{} and {last}", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_anew_and_the_rest_stays() {
        let page = renewed("# A\n<!-- chapters -->old<!-- end --> stays\n").unwrap();
        assert!(page.starts_with("# A\n<!-- chapters -->[01](01-lookup-table.md), [02]"), "{page}");
        assert!(page.ends_with("<!-- end --> stays\n") && !page.contains("old"), "{page}");
        assert_eq!(renewed(&page).unwrap(), page);
    }

    #[test]
    fn a_page_without_a_list_or_with_an_open_one_is_refused() {
        assert!(renewed("# A\n").unwrap_err().to_string().contains("found none"));
        assert!(renewed("<!-- lessons -->").unwrap_err().to_string().contains("<!-- end -->"));
    }
}
