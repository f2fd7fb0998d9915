//! What the book includes and links to is there. mdBook shows a missing anchor as an empty block, without a word.

use std::path::Path;

use crate::none;
use crate::tree::{read, relative, root, walk};

fn pages() -> Vec<std::path::PathBuf> {
    let mut pages = walk(&root().join("book/src"));
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages
}

#[test]
fn every_include_of_the_book_finds_its_text() {
    let mut breaches = Vec::new();
    for page in pages() {
        for (number, line) in read(&page).lines().enumerate() {
            for include in line.split("{{#").skip(1) {
                let Some((directive, _)) = include.split_once("}}") else { continue };
                if let Err(problem) = resolve(&page, directive) {
                    breaches.push(format!(
                        "{}:{}: {{{{#{directive}}}}}: {problem}",
                        relative(&page),
                        number + 1
                    ));
                }
            }
        }
    }
    none(breaches, "correct the path or add the anchor (`// ANCHOR: name` ... `// ANCHOR_END: name`)");
}

/// Checks `include path`, `include path:anchor`, `rustdoc_include path:anchor`.
fn resolve(page: &Path, directive: &str) -> Result<(), String> {
    let (kind, target) = directive.split_once(' ').unwrap_or((directive, ""));
    if !["include", "rustdoc_include"].contains(&kind) {
        return Err("only include and rustdoc_include are used here".into());
    }
    let (path, anchor) = target.trim().split_once(':').unwrap_or((target.trim(), ""));
    let file = page.parent().expect("a page lies in a folder").join(path);
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{path}: {error}"))?;
    if anchor.is_empty() {
        return if text.trim().is_empty() { Err(format!("{path} is empty")) } else { Ok(()) };
    }
    if anchor.starts_with(|c: char| c.is_ascii_digit() || c == ':') {
        return Err("by anchor, never by line number".into());
    }
    for mark in ["ANCHOR", "ANCHOR_END"] {
        let found = text.lines().filter(|line| {
            line.trim_start().trim_start_matches(['/', '#', ' ']) == format!("{mark}: {anchor}")
        });
        if found.count() != 1 {
            return Err(format!("{path} needs exactly one `{mark}: {anchor}`"));
        }
    }
    Ok(())
}

#[test]
fn every_link_of_the_book_leads_to_a_file() {
    let mut readers = pages();
    readers.push(root().join("README.md"));
    let mut breaches = Vec::new();
    for page in readers {
        for (number, line) in read(&page).lines().enumerate() {
            for link in line.split("](").skip(1) {
                let target = link.split([')', '#', ' ']).next().unwrap_or_default();
                let outside = target.starts_with("http://") || target.starts_with("https://");
                let file = page.parent().expect("a page lies in a folder").join(target);
                if !target.is_empty() && !outside && !file.exists() {
                    breaches.push(format!("{}:{}: {target}", relative(&page), number + 1));
                }
            }
        }
    }
    none(breaches, "correct the link or make the file it names");
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
