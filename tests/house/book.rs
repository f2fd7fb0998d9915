//! The book is whole: what it includes, links to, shows and defines is there. mdBook shows a
//! missing anchor as an empty block, without a word.
//!
//! Every check is a function of texts, so that a test below it can show it failing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use course::Lesson;
use rungs::{LESSONS, measured};

use crate::none;
use crate::tree::{entries, lessons, name, read, relative, root, walk};

/// Lines of a fenced `rust` block that may stand in the text itself.
const QUOTED: usize = 3;
/// Characters of the shortest text that can say what a picture shows.
pub const ALT: usize = 40;
/// What an anchor's name ends with as long as its chapter is not written.
const DRAFT: &str = " (draft)";

fn pages() -> Vec<PathBuf> {
    let mut pages = walk(&root().join("book/src"));
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages
}

/// Every page's breaches, each led by its path.
fn of_every_page(check: impl Fn(&Path, &str) -> Vec<String>) -> Vec<String> {
    let of_page = |page: &PathBuf| {
        let breaches = check(page, &read(page));
        breaches
            .into_iter()
            .map(|breach| format!("{}: {breach}", relative(page)))
            .collect::<Vec<_>>()
    };
    pages().iter().flat_map(of_page).collect()
}

/// The lines of a page outside of its fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

#[test]
fn every_include_of_the_book_finds_its_text() {
    let breaches =
        of_every_page(|page, text| includes(page.parent().expect("a page lies in a folder"), text));
    none(
        breaches,
        "correct the path or add the anchor (`// ANCHOR: name` ... `// ANCHOR_END: name`)",
    );
}

/// Includes of `text`, a page in `folder`, without file, without anchor, or of nothing.
fn includes(folder: &Path, text: &str) -> Vec<String> {
    let directives = text.split("{{#").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0));
    let resolve = |directive: &str| {
        resolve(folder, directive).err().map(|problem| format!("{directive}: {problem}"))
    };
    directives.filter_map(resolve).collect()
}

/// Checks `include path`, `include path:anchor`, `rustdoc_include path:anchor`.
fn resolve(folder: &Path, directive: &str) -> Result<(), String> {
    let (kind, target) = directive.split_once(' ').unwrap_or((directive, ""));
    if !["include", "rustdoc_include"].contains(&kind) {
        return Err("only include and rustdoc_include are used here".into());
    }
    let (path, anchor) = target.trim().split_once(':').unwrap_or((target.trim(), ""));
    let text =
        std::fs::read_to_string(folder.join(path)).map_err(|error| format!("{path}: {error}"))?;
    if anchor.is_empty() {
        return if text.trim().is_empty() { Err(format!("{path} is empty")) } else { Ok(()) };
    }
    if anchor.starts_with(|c: char| c.is_ascii_digit() || c == ':') {
        return Err("by anchor, never by line number".into());
    }
    match anchors(&text)?.iter().find(|(name, _)| name == anchor) {
        Some((_, lines)) if *lines > 0 => Ok(()),
        Some(_) => Err(format!("the anchor {anchor} of {path} holds nothing")),
        None => Err(format!("{path} has no anchor {anchor}")),
    }
}

/// The anchors of a source file, each with the lines of code inside it.
fn anchors(text: &str) -> Result<Vec<(String, usize)>, String> {
    let (mut open, mut closed) = (Vec::<(String, usize)>::new(), Vec::new());
    for line in text.lines().map(str::trim) {
        let mark = line.trim_start_matches(['/', '#', ' ']);
        if let Some(name) = mark.strip_prefix("ANCHOR: ") {
            if open.iter().chain(&closed).any(|(other, _)| other == name) {
                return Err(format!("two anchors {name}"));
            }
            open.push((name.into(), 0));
        } else if let Some(name) = mark.strip_prefix("ANCHOR_END: ") {
            let at = open.iter().position(|(other, _)| other == name);
            closed.push(open.remove(at.ok_or(format!("anchor {name} ends before it begins"))?));
        } else if !line.is_empty() {
            open.iter_mut().for_each(|(_, lines)| *lines += 1);
        }
    }
    match open.first() {
        Some((name, _)) => Err(format!("anchor {name} has no end")),
        None => Ok(closed),
    }
}

#[test]
fn every_anchor_of_the_code_is_whole_and_shown() {
    let shown: String = pages().iter().map(|page| read(page)).collect();
    let mut breaches = Vec::new();
    for lesson in lessons() {
        for file in walk(&lesson.folder.join("src")) {
            match anchors(&read(&file)) {
                Err(problem) => breaches.push(format!("{}: {problem}", relative(&file))),
                Ok(anchors) => breaches.extend(
                    anchors
                        .iter()
                        .filter(|(anchor, _)| !anchor.ends_with(DRAFT))
                        .filter(|(anchor, _)| {
                            !shown.contains(&format!("{}:{anchor}}}}}", relative(&file)))
                        })
                        .map(|(anchor, _)| {
                            format!("{}: anchor {anchor} is on no page", relative(&file))
                        }),
                ),
            }
        }
    }
    none(
        breaches,
        "pair the anchor, show it, or say `(draft)` behind its name until its chapter is written",
    );
}

#[test]
fn code_in_the_book_is_the_code_that_runs() {
    // A notebook's page is written from the notebook, whose cells run.
    let of_a_notebook =
        |page: &Path| page.parent().is_some_and(|folder| folder.ends_with("notebooks"));
    let breaches =
        of_every_page(|page, text| if of_a_notebook(page) { Vec::new() } else { retyped(text) });
    none(breaches, "include the code by anchor: what is retyped falls behind");
}

/// Fenced `rust` blocks longer than a quotation that include nothing.
fn retyped(text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    for block in text.split("\n```rust").skip(1) {
        let code = block.split("\n```").next().unwrap_or_default();
        let lines = code.lines().skip(1).filter(|line| !line.trim().is_empty()).count();
        if lines > QUOTED && !code.contains("{{#include") {
            breaches.push(format!(
                "a block of {lines} lines: {}",
                code.lines().nth(1).unwrap_or_default()
            ));
        }
    }
    breaches
}

#[test]
fn every_lesson_has_its_chapter_and_every_chapter_its_lesson() {
    let chapters: BTreeSet<String> = pages()
        .iter()
        .map(|page| name(page).trim_end_matches(".md").to_string())
        .filter(|stem| stem.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    let lessons: BTreeSet<String> = lessons().into_iter().map(|lesson| lesson.stem).collect();
    assert_eq!(
        chapters, lessons,
        "a lesson and its chapter have one stem: lessons/NN-name, book/src/NN-name.md"
    );
}

#[test]
fn every_figure_is_shown_once_in_its_chapter_and_said_in_words() {
    let mut breaches =
        of_every_page(|_, text| pictures(text).filter_map(|picture| unsaid(&picture)).collect());
    for path in entries(&root().join("book/src/figures")) {
        let file = name(&path);
        let Some(figure) = file.strip_suffix(".svg") else { continue };
        let page = std::fs::read_to_string(page_of(figure)).unwrap_or_default();
        let shown =
            pictures(&page).filter(|(_, target)| target == &format!("figures/{file}")).count();
        if shown != 1 {
            breaches.push(format!("{file} is shown {shown} times on its page"));
        }
    }
    none(
        breaches,
        "show each figure once, as `![what is seen](figures/NN-name.svg)`, with at least 40 \
            letters of alt text",
    );
}

/// The page that a figure's name begins with: `08-weights` belongs to lesson 08, `backends-forward`
/// to `backends.md`.
fn page_of(figure: &str) -> PathBuf {
    let first = figure.split('-').next().unwrap_or_default();
    let lesson = lessons().into_iter().find(|lesson| lesson.number == first);
    let page = lesson.map_or(first.to_string(), |lesson| lesson.stem);
    root().join(format!("book/src/{page}.md"))
}

/// Alt text and target of every picture of a page.
fn pictures(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split("![").skip(1).filter_map(|rest| {
        let (alt, rest) = rest.split_once("](")?;
        Some((alt.to_string(), rest.split_once(')')?.0.to_string()))
    })
}

fn unsaid((alt, target): &(String, String)) -> Option<String> {
    (alt.chars().count() < ALT).then(|| format!("{target} has the alt text {alt:?}"))
}

#[test]
fn every_link_of_the_book_leads_somewhere() {
    let mut breaches = of_every_page(dead_links);
    let readme = root().join("README.md");
    breaches.extend(dead_links(&readme, &read(&readme)));
    none(breaches, "correct the link, or make the file or the heading that it names");
}

fn dead_links(page: &Path, text: &str) -> Vec<String> {
    let folder = page.parent().expect("a page lies in a folder");
    let joined: String = prose(text).map(|line| format!("{line}\n")).collect();
    let targets = joined.split("](").skip(1).filter_map(|link| link.split([')', ' ']).next());
    let dead = |target: &&str| {
        let (file, heading) = target.split_once('#').unwrap_or((target, ""));
        let outside = target.starts_with("http://") || target.starts_with("https://");
        let path = if file.is_empty() { page.to_path_buf() } else { folder.join(file) };
        let there =
            path.exists() && (heading.is_empty() || headings(&read(&path)).contains(heading));
        !outside && !there
    };
    targets.filter(dead).map(String::from).collect()
}

#[test]
fn every_citation_is_a_link() {
    none(
        of_every_page(|_, text| unlinked(text)),
        "link it, a paper where a page names it first: `[Vaswani et al. 2017](https://..)`, \
            `[owner/name#12](https://..)`",
    );
}

/// Issues that stand outside of a link, and papers that no link of the page names.
fn unlinked(text: &str) -> Vec<String> {
    let joined: String = prose(text).map(|line| format!("{line}\n")).collect();
    let (mut plain, mut linked) = (String::new(), String::new());
    let mut rest = joined.as_str();
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        let parts = link.split_once("](").and_then(|(words, rest)| {
            let (target, after) = rest.split_once(')')?;
            (target.starts_with("http") && !words.contains('[')).then_some((words, after))
        });
        match parts {
            Some((words, after)) => {
                linked.push_str(&format!("{words} . "));
                plain.push_str(" . ");
                rest = after;
            }
            None => rest = link,
        }
    }
    plain.push_str(rest);
    let mut breaches = issues(&plain);
    let known = papers(&linked);
    for paper in papers(&plain) {
        if !known.contains(&paper) && !breaches.contains(&paper) {
            breaches.push(paper);
        }
    }
    breaches
}

/// Words such as `owner/name#12` or `#12`.
fn issues(text: &str) -> Vec<String> {
    let mut issues = Vec::new();
    for word in text.split_whitespace() {
        let number = word.split_once('#').map_or("", |(_, number)| number);
        let is_target = word.contains("]("); // of a link within the book
        if number.starts_with(|c: char| c.is_ascii_digit()) && !is_target {
            issues.push(word.into());
        }
    }
    issues
}

/// Citations `Name et al. 2017` and `Name and Name 2017`.
fn papers(text: &str) -> Vec<String> {
    let plain = text.replace(['(', ')', ',', ';', ':', '*', '_'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let is_name = |word: &str| word.starts_with(char::is_uppercase);
    let mut papers = Vec::new();
    for (i, word) in words.iter().enumerate().skip(3) {
        let year = word.trim_end_matches('.');
        let digits = year.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let is_year = digits.parse().is_ok_and(|year: u16| (1900..2100).contains(&year));
        let [name, link, other] = [words[i - 3], words[i - 2], words[i - 1]];
        let several = link == "et" && other == "al.";
        let two = link == "and" && is_name(other);
        if is_year && is_name(name) && (several || two) {
            papers.push(format!("{name} {link} {other} {year}"));
        }
    }
    papers
}

/// What mdBook makes of a page's headings as places to link to.
fn headings(text: &str) -> BTreeSet<String> {
    let slug = |heading: &str| -> String {
        let kept = heading
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .collect::<String>();
        kept.trim().replace(' ', "-")
    };
    prose(text)
        .filter(|line| line.starts_with('#'))
        .map(|line| slug(line.trim_start_matches('#')))
        .collect()
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = read(&root().join("book/src/SUMMARY.md"));
    let book = root().join("book/src");
    let listed = |page: &str| page == "SUMMARY.md" || summary.contains(&format!("]({page})"));
    let strays: Vec<String> = pages()
        .iter()
        .map(|page| page.strip_prefix(&book).expect("a page of the book").display().to_string())
        .filter(|page| !listed(page))
        .collect();
    none(strays, "list the page in book/src/SUMMARY.md");
}

#[test]
fn every_term_of_the_glossary_is_bold_in_the_chapter_that_defines_it() {
    let glossary = read(&root().join("book/src/glossary.md"));
    let chapter = |file: &str| read(&root().join("book/src").join(file));
    none(
        undefined_terms(&glossary, chapter),
        "set the term in bold where the chapter says what it is: `A **token** is ..`",
    );
}

/// Rows of the glossary whose term is in no bold words of its chapter.
fn undefined_terms(glossary: &str, chapter: impl Fn(&str) -> String) -> Vec<String> {
    let mut undefined = Vec::new();
    for (term, file) in terms(glossary) {
        let bold = bold(&chapter(&file));
        let stem = term.trim_end_matches('s');
        let alternatives = || stem.split(',').map(|term| term.trim().trim_end_matches('s'));
        if !bold.iter().any(|words| alternatives().any(|term| words.contains(term))) {
            undefined.push(format!("{term}: not bold in {file}"));
        }
    }
    undefined
}

/// The words of a page between double asterisks, in small letters.
fn bold(page: &str) -> Vec<String> {
    let flat = page.replace('`', "").to_lowercase();
    let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    flat.split("**").skip(1).step_by(2).map(String::from).collect()
}

/// Terms of the glossary in small letters, each with the chapter of its row
/// `| term | .. | [NN](chapter.md) |`.
fn terms(glossary: &str) -> Vec<(String, String)> {
    let table = glossary.split("## Terms").nth(1).unwrap_or_default();
    let mut terms = Vec::new();
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let term = row.split('|').nth(1).and_then(|cell| cell.trim().split(" (").next());
        let chapter = row.rsplit_once("](").and_then(|(_, rest)| rest.split(')').next());
        if let (Some(term), Some(chapter)) = (term, chapter) {
            terms.push((term.to_lowercase(), chapter.to_string()));
        }
    }
    terms
}

#[test]
fn every_measured_number_is_what_its_file_holds_and_its_chapter_says() {
    let page = read(&root().join("book/src/measured.md"));
    let breaches =
        unheld(&page, |path| std::fs::read_to_string(root().join(path)).unwrap_or_default());
    none(
        breaches,
        "record the result again (`cargo rungs record NN`), then correct the number in chapter \
            and appendix",
    );
}

/// Rows `| number | what | `file` |` under a heading that links to the chapter.
fn unheld(page: &str, file: impl Fn(&str) -> String) -> Vec<String> {
    let (mut breaches, mut chapter) = (Vec::new(), String::new());
    for line in page.lines() {
        if let Some(link) = line.strip_prefix("## ").and_then(|heading| heading.split_once("](")) {
            chapter = format!("book/src/{}", link.1.trim_end_matches(')'));
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, _, path, _] = cells[..] else { continue };
        let Some(path) = path.strip_prefix('`').and_then(|path| path.strip_suffix('`')) else {
            continue;
        };
        if !holds(&file(path), number) {
            breaches.push(format!("{path} does not hold {number}"));
        }
        if !file(&chapter).contains(number) {
            breaches.push(format!("{chapter} does not say {number}"));
        }
    }
    breaches
}

/// Whether a text holds these words, or this number, rounded as it is given and whatever its sign.
fn holds(text: &str, wanted: &str) -> bool {
    if text.contains(wanted) {
        return true;
    }
    let Ok(value) = wanted.trim_end_matches('%').parse::<f64>() else { return false };
    let decimals =
        wanted.trim_end_matches('%').split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let near = 0.5 * 10_f64.powi(-(decimals as i32)) + 1e-12;
    let numbers = text.split(|c: char| !(c.is_ascii_digit() || "+-.e".contains(c)));
    numbers
        .filter_map(|number| number.parse::<f64>().ok())
        .any(|number| (number.abs() - value.abs()).abs() <= near)
}

#[test]
fn every_number_that_a_page_quotes_by_key_is_listed_as_it_was_recorded() {
    let list = read(&root().join("book/src/measured.md"));
    let pages: Vec<String> = pages().iter().map(|page| read(page)).collect();
    let mut breaches = Vec::new();
    for (lesson, _) in LESSONS {
        let file = root().join(format!("book/src/numbers/{}.txt", lesson.stem));
        let listed = measured::listed(&list, &lesson).expect("the page has a place for it");
        breaches.extend(listed_otherwise(&lesson, listed, &read(&file), &pages));
    }
    none(breaches, "list them anew: `cargo rungs record NN`");
}

/// Keys that a page quotes or the list has, but not both, and numbers that the list says otherwise
/// than the lesson's file. Data of widgets are not listed.
fn listed_otherwise(lesson: &Lesson, list: &str, file: &str, pages: &[String]) -> Vec<String> {
    let mut breaches = Vec::new();
    for (key, shown) in measured::read(file) {
        if course::is_data(shown) {
            continue;
        }
        let row = list.lines().find(|row| row.ends_with(&format!("| `{key}` |")));
        let quoted = pages.iter().any(|page| measured::is_quoted(page, lesson, key));
        match row {
            None if quoted => breaches.push(format!("{}: {key} is not listed", lesson.stem)),
            Some(_) if !quoted => breaches.push(format!("{}: no page quotes {key}", lesson.stem)),
            Some(row) if !row.starts_with(&format!("| {shown} |")) => {
                breaches.push(format!("{}: {key} is {shown}, listed: {row}", lesson.stem))
            }
            _ => {}
        }
    }
    breaches
}

#[test]
fn a_number_that_may_differ_elsewhere_is_quoted_by_its_key() {
    let list = read(&root().join("book/src/measured.md"));
    let mut breaches = Vec::new();
    for (lesson, _) in LESSONS {
        let listed = measured::listed(&list, &lesson).expect("the page has a place for it");
        let chapter = read(&root().join(format!("book/src/{}.md", lesson.stem)));
        breaches.extend(typed_in(&lesson, listed, &chapter));
    }
    none(breaches, "write `{{#include numbers/NN-lesson.txt:key}}` where the number stands");
}

/// Numbers of the list with a band, and with decimals enough to be no accident, that the chapter's
/// text holds digit by digit.
fn typed_in(lesson: &Lesson, list: &str, chapter: &str) -> Vec<String> {
    let typed: BTreeSet<&str> =
        chapter.split(|c: char| !(c.is_ascii_digit() || ".%".contains(c))).collect();
    let mut breaches = Vec::new();
    for row in list.lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, shown, _, band, key, _] = cells[..] else { continue };
        let telling = shown.contains('.') && shown.len() >= 4;
        if telling && band != "0" && typed.contains(shown) {
            breaches.push(format!("{}: {shown} is {key}", lesson.stem));
        }
    }
    breaches
}

#[test]
fn every_test_that_a_chapter_names_is_a_test() {
    let mut tests = BTreeSet::new();
    for folder in ["lessons", "crates", "tests"] {
        for file in walk(&root().join(folder)).iter().filter(|file| name(file).ends_with(".rs")) {
            tests.extend(
                read(file)
                    .split("fn ")
                    .skip(1)
                    .filter_map(|rest| rest.split('(').next())
                    .map(String::from),
            );
        }
    }
    none(
        of_every_page(|_, text| strangers(text, &tests)),
        "name the test as it is called, or write it",
    );
}

/// Names in backticks that read like a test's sentence, of five words or more, and are none.
fn strangers(text: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let sentence = |name: &&str| {
        name.split('_').count() >= 5
            && name.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    quoted.filter(sentence).filter(|name| !tests.contains(*name)).map(String::from).collect()
}

/// Each check above, shown failing.
mod shown_to_fail {
    use super::*;

    const LESSON: Lesson =
        Lesson { stem: "01-table", question: "", leaves_you_with: "", minilm: false };
    const LIST: &str =
        "\n| number | what | may differ by | key |\n| 1.25 | loss | 0.02 | `loss` |\n";

    #[test]
    fn a_number_listed_and_not_quoted_or_quoted_and_not_listed_or_said_otherwise() {
        let quoting = ["{{#include numbers/01-table.txt:loss}}".to_string()];
        let of = |list, file, pages: &[String]| listed_otherwise(&LESSON, list, file, pages).len();
        let file = "ANCHOR: loss\n1.25\nANCHOR_END: loss\n";
        assert_eq!(of(LIST, file, &quoting), 0);
        assert_eq!(of(LIST, file, &[]), 1);
        assert_eq!(of("", file, &quoting), 1);
        assert_eq!(of("", "ANCHOR: loss\n[1.25]\nANCHOR_END: loss\n", &quoting), 0);
        assert_eq!(of(LIST, "ANCHOR: loss\n1.26\nANCHOR_END: loss\n", &quoting), 1);
    }

    #[test]
    fn an_issue_or_a_paper_that_is_no_link() {
        assert_eq!(unlinked("As owner/name#12 says."), ["owner/name#12"]);
        assert_eq!(unlinked("As [owner/name#12](https://a.org/12) says, [x](y.md#2)."), [""; 0]);
        let paper = "(Vaswani et al. 2017, section 3)";
        assert_eq!(unlinked(paper), ["Vaswani et al. 2017"]);
        let linked = format!("[Vaswani et al. 2017](https://a.org), [eq. 1]. {paper}");
        assert_eq!(unlinked(&linked), [""; 0]);
        assert_eq!(unlinked("Levy and Goldberg 2014"), ["Levy and Goldberg 2014"]);
    }

    #[test]
    fn a_number_with_a_band_that_is_typed_into_the_text() {
        assert_eq!(typed_in(&LESSON, LIST, "It loses 1.25 nats.").len(), 1);
        assert_eq!(typed_in(&LESSON, LIST, "It loses 11.25 or 1.255 nats.").len(), 0);
        assert_eq!(typed_in(&LESSON, &LIST.replace("0.02", "0"), "It loses 1.25 nats.").len(), 0);
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder to write into");
        let code = "// ANCHOR: whole\nfn f() {}\n// ANCHOR_END: whole\n// ANCHOR: empty\n// \
            ANCHOR_END: empty\n";
        std::fs::write(folder.path().join("code.rs"), code).expect("a file to write");
        std::fs::write(folder.path().join("open.rs"), "// ANCHOR: open\nfn f() {}\n")
            .expect("a file to write");
        std::fs::write(folder.path().join("page.md"), "# A page\n\n## Whom to ask?\n")
            .expect("a file to write");
        folder
    }

    #[test]
    fn an_include_without_file_or_anchor_or_of_nothing() {
        let folder = folder();
        let of = |directive: &str| includes(folder.path(), &format!("{{{{#{directive}}}}}")).len();
        assert_eq!((of("include code.rs:whole"), of("include code.rs")), (0, 0));
        for broken in [
            "include gone.rs",
            "include code.rs:gone",
            "include code.rs:empty",
            "include code.rs:2:3",
            "include open.rs:open",
            "playground code.rs",
        ] {
            assert_eq!(of(broken), 1, "{broken}");
        }
    }

    #[test]
    fn an_anchor_that_is_open_doubled_or_only_closed() {
        assert!(anchors("// ANCHOR: a\n").is_err());
        assert!(anchors("// ANCHOR_END: a\n").is_err());
        assert!(
            anchors("// ANCHOR: a\n// ANCHOR_END: a\n// ANCHOR: a\n// ANCHOR_END: a\n").is_err()
        );
    }

    #[test]
    fn code_that_is_retyped() {
        assert_eq!(retyped("text\n```rust\na\nb\nc\n```\n").len(), 0);
        assert_eq!(retyped("text\n```rust\na\nb\nc\nd\n```\n").len(), 1);
    }

    #[test]
    fn a_picture_without_words() {
        assert!(pictures("![too short](figures/a.svg)").all(|picture| unsaid(&picture).is_some()));
    }

    #[test]
    fn a_link_to_nowhere() {
        let page = folder();
        let path = page.path().join("page.md");
        let dead = |link: &str| dead_links(&path, &format!("see [it]({link})")).len();
        assert_eq!(
            (
                dead("code.rs"),
                dead("#whom-to-ask"),
                dead("page.md#a-page"),
                dead("https://burn.dev")
            ),
            (0, 0, 0, 0)
        );
        assert_eq!((dead("gone.md"), dead("#gone"), dead("page.md#gone")), (1, 1, 1));
    }

    #[test]
    fn a_term_that_its_chapter_does_not_define() {
        let glossary = "## Terms\n\n| term | meaning | first in |\n|---|---|---|\n| mask | hides \
            | [09](09.md) |\n";
        assert_eq!(undefined_terms(glossary, |_| "a **mask** hides".into()).len(), 0);
        let undefined = undefined_terms(glossary, |_| "a mask hides".into());
        assert_eq!(undefined, ["mask: not bold in 09.md"]);
    }

    #[test]
    fn a_number_that_its_file_does_not_hold_or_its_chapter_does_not_say() {
        let page = "## [01](01.md)\n\n| number | what | held by |\n|---|---|---|\n| 0.44 | cosine \
            | `out.txt` |\n";
        let with = |out: &'static str, chapter: &'static str| {
            unheld(page, |path| if path == "out.txt" { out.into() } else { chapter.into() }).len()
        };
        assert_eq!((with("x 0.4388", "it is 0.44"), with("-0.4399", "0.44")), (0, 0));
        assert_eq!((with("0.4500", "0.44"), with("0.44", "0.4388"), with("", "")), (1, 1, 2));
    }

    #[test]
    fn a_test_that_does_not_exist() {
        let tests = BTreeSet::from(["a_mask_hides_the_future".to_string()]);
        assert!(strangers("`a_mask_hides_the_future` and `d_model`", &tests).is_empty());
        assert_eq!(strangers("`a_mask_hides_the_past`", &tests), ["a_mask_hides_the_past"]);
    }
}
