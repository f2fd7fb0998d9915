//! The numbers that the book quotes by key: their files, and the page that lists them.
//!
//! A demo reports a number by its key. `record` writes it into `book/src/numbers/NN-lesson.txt`
//! between two anchors, so that a page says `{{#include numbers/NN-lesson.txt:key}}`, and lists in
//! `book/src/measured.md` what pages quote.

use anyhow::{Result, bail};
use course::{Lesson, Number, is_data};

/// What the page closes a list of numbers with.
const CLOSE: &str = "<!-- end -->";

/// What the page opens a lesson's list of numbers with.
pub fn open(lesson: &Lesson) -> String {
    format!("<!-- numbers of {} -->", lesson.number())
}

/// The file of a lesson's numbers: each between two anchors of its key.
pub fn file(numbers: &[Number]) -> String {
    let mut file = String::new();
    for Number { key, shown, .. } in numbers {
        file.push_str(&format!("ANCHOR: {key}\n{shown}\nANCHOR_END: {key}\n"));
    }
    file
}

/// The keys and numbers of such a file, in its order.
pub fn read(file: &str) -> Vec<(&str, &str)> {
    let mut numbers = Vec::new();
    for entry in file.split("ANCHOR: ").skip(1) {
        let mut lines = entry.lines();
        numbers.push((lines.next().unwrap_or_default(), lines.next().unwrap_or_default()));
    }
    numbers
}

/// Whether a page quotes the number.
pub fn is_quoted(page: &str, lesson: &Lesson, key: &str) -> bool {
    page.contains(&format!("{{{{#include numbers/{}.txt:{key}}}}}", lesson.stem))
}

/// The lesson's list: those of its numbers that one of the pages quotes. Data of widgets are none.
pub fn list(lesson: &Lesson, numbers: &[Number], pages: &[String]) -> String {
    let mut list = String::from("\n| number | what | may differ by | key |\n|---|---|---|---|\n");
    for Number { key, what, shown, band } in numbers {
        if !is_data(shown) && pages.iter().any(|page| is_quoted(page, lesson, key)) {
            list.push_str(&format!("| {shown} | {what} | {} | `{key}` |\n", may_differ(*band)));
        }
    }
    list
}

/// How the list says what another processor's number may differ by.
pub fn may_differ(band: f64) -> String {
    if band == f64::INFINITY { "any words".into() } else { band.to_string() }
}

/// The list that stands on the page for this lesson.
///
/// # Errors
///
/// A page that has no place for it.
pub fn listed<'a>(page: &'a str, lesson: &Lesson) -> Result<&'a str> {
    let open = open(lesson);
    let Some((list, _)) = page.split_once(&open).and_then(|(_, rest)| rest.split_once(CLOSE))
    else {
        bail!("expected {open} and {CLOSE} after it, found none");
    };
    Ok(list)
}

/// The page with the lesson's list written anew.
///
/// # Errors
///
/// A page that has no place for it.
pub fn renewed(page: &str, lesson: &Lesson, list: &str) -> Result<String> {
    let (open, old) = (open(lesson), listed(page, lesson)?);
    Ok(page.replace(&format!("{open}{old}{CLOSE}"), &format!("{open}{list}{CLOSE}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: Lesson =
        Lesson { stem: "01-table", question: "?", leaves_you_with: "a table", minilm: false };

    fn numbers() -> Vec<Number> {
        let number = |key: &str, shown: &str| Number {
            key: key.into(),
            what: "loss, nats".into(),
            shown: shown.into(),
            band: 0.02,
        };
        vec![number("loss", "1.25"), number("share", "68%"), number("pairs", "[[1,2]]")]
    }

    #[test]
    fn a_file_of_numbers_says_them_between_anchors() {
        let file = file(&numbers());
        assert!(
            file.starts_with("ANCHOR: loss\n1.25\nANCHOR_END: loss\nANCHOR: share\n"),
            "{file}"
        );
        assert_eq!(read(&file), [("loss", "1.25"), ("share", "68%"), ("pairs", "[[1,2]]")]);
    }

    #[test]
    fn the_list_has_what_a_page_quotes_but_data_and_the_rest_of_the_page_stays() {
        let pages = ["It loses {{#include numbers/01-table.txt:loss}} nats. \
            {{#include numbers/01-table.txt:pairs}}"
            .to_string()];
        let list = list(&LESSON, &numbers(), &pages);
        assert!(list.ends_with("\n| 1.25 | loss, nats | 0.02 | `loss` |\n"), "{list}");
        let page = "# Numbers\n<!-- numbers of 01 -->old<!-- end -->\nrest<!-- end -->";
        let renewed = renewed(page, &LESSON, &list).unwrap();
        assert!(renewed.starts_with("# Numbers\n<!-- numbers of 01 -->\n| number"), "{renewed}");
        assert!(renewed.ends_with("|\n<!-- end -->\nrest<!-- end -->"), "{renewed}");
        assert_eq!(listed(&renewed, &LESSON).unwrap(), list);
    }

    #[test]
    fn a_page_without_a_place_for_the_list_is_refused() {
        let error = renewed("# Numbers\n", &LESSON, "").unwrap_err().to_string();
        assert!(error.contains("<!-- numbers of 01 -->"), "{error}");
    }
}
