//! `cargo rungs book`, where what it needs is missing. The whole of it, in a browser, is tried by
//! `.ci/run`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::assert_refused;

/// Runs the command where only the programs of a folder are found, and nothing was fetched.
fn book(programs: &Path, out: &Path) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["book", "--out"])
        .arg(out)
        .env("PATH", programs)
        .env("RUNGS_HOME", home.path())
        .env("https_proxy", "http://localhost:1") // no network
        .output()
        .unwrap()
}

/// A folder of programs that do nothing.
fn programs(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn a_program_that_is_missing_is_named_with_the_command_that_installs_it() {
    let out = tempfile::tempdir().unwrap();
    let output = book(programs(&[]).path(), out.path());
    assert_refused(&output, &["mdbook is not installed", "cargo install mdbook --version"]);
    let output = book(programs(&["mdbook"]).path(), out.path());
    assert_refused(&output, &["mdbook-katex is not", "cargo install mdbook-katex --version"]);
}

#[test]
fn a_folder_of_other_files_is_not_emptied() {
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("letter.txt"), "dear reader").unwrap();
    let output = book(programs(&["mdbook", "mdbook-katex"]).path(), out.path());
    assert_refused(&output, &["expected a new folder", "name another"]);
    assert!(out.path().join("letter.txt").exists());
}

#[test]
fn without_a_network_the_fonts_of_formulas_are_asked_for() {
    let out = tempfile::tempdir().unwrap();
    let output = book(programs(&["mdbook", "mdbook-katex"]).path(), out.path());
    assert_refused(&output, &["katex-0.16.4.tgz", "npm pack katex@0.16.4"]);
}
