//! Every tracked file lies where a reader looks for it.

use std::process::Command;

use crate::none;
use crate::tree::root;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 4] = ["utils", "common", "helpers", "misc"];

/// Ends of names that editors, patches and programs leave behind.
const LEFT_BEHIND: [&str; 9] =
    [".orig", ".rej", ".bak", ".rungs-part", ".log", ".tmp", ".swp", "~", ".DS_Store"];

/// Tracked files; nothing where git is not at hand, as in an unpacked archive.
fn tracked() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output();
    let Ok(output) = listed else { return Vec::new() };
    String::from_utf8_lossy(&output.stdout).lines().map(String::from).collect()
}

#[test]
fn nothing_stray_is_tracked() {
    let mut breaches = Vec::new();
    for path in tracked() {
        let says_nothing = path.split('/').any(|part| {
            let stem = part.split('.').next().unwrap_or_default();
            EMPTY_NAMES.contains(&stem) || stem.ends_with("_v2") || stem.starts_with("previous_")
        });
        if says_nothing || LEFT_BEHIND.iter().any(|end| path.ends_with(end)) {
            breaches.push(path);
        }
    }
    none(
        breaches,
        "take the file out of the repository, or give it the place and the name that say what it is",
    );
}
