//! Directories that hold what cannot be read, and names that are no text.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use data::Split;
use index::{FileProgress, Index, Renewal, Renewed, SourceFile, find_files, remove_files, renew};
use tempfile::TempDir;

use crate::{create, embed, search};

const ALL: Renewal = Renewal { split: Split::Lines, only: true };

/// A directory with one note, and an index beside it.
fn notes() -> (TempDir, PathBuf, Index) {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("a.txt"), "the note\n").unwrap();
    let index = create(&folder.path().join("index"));
    (folder, notes, index)
}

/// Renews the files, and tells what was passed over.
fn renewed(index: &mut Index, files: &[SourceFile]) -> (Renewed, Vec<String>) {
    let mut said = Vec::new();
    let mut on_progress = |event: FileProgress| {
        if let FileProgress::PassedOver(error) = event {
            said.push(error.to_string());
        }
    };
    let renewed = renew(index, files, ALL, &mut on_progress, embed).unwrap();
    (renewed, said)
}

#[test]
fn what_is_no_file_is_passed_over_in_a_directory_and_refused_where_it_is_named() {
    let (_folder, notes, _index) = notes();
    let (pipe, socket) = (notes.join("pipe.txt"), notes.join("socket"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = UnixListener::bind(&socket).unwrap();
    symlink(&notes, notes.join("round")).unwrap();
    symlink(notes.join("self.txt"), notes.join("self.txt")).unwrap();
    symlink("nowhere", notes.join("broken.txt")).unwrap();
    let found = find_files(std::slice::from_ref(&notes)).unwrap();
    assert_eq!(found.files.len(), 1);
    assert_eq!((found.passed_over, found.links), (0, 3));
    let said: BTreeSet<String> = found.unreadable.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2);
    for (file, said) in [&pipe, &socket].into_iter().zip(&said) {
        assert!(said.starts_with(&file.display().to_string()), "{said}");
        assert!(said.contains("a device, pipe or socket"), "{said}");
    }
    for (named, needle) in [
        (&pipe, "a device, pipe or socket"),
        (&socket, "a device, pipe or socket"),
        (&PathBuf::from("/dev/zero"), "a device, pipe or socket"),
        (&notes.join("self.txt"), "symbolic links"),
        (&notes.join("broken.txt"), "found nothing"),
    ] {
        let error = find_files(&[notes.clone(), named.clone()]).unwrap_err().to_string();
        assert!(error.contains(needle), "{error}");
    }
}

#[test]
fn a_file_that_went_or_changed_its_kind_after_it_was_found_is_passed_over_and_taken_out() {
    let (_folder, notes, mut index) = notes();
    for name in ["b.txt", "c.txt", "d.txt"] {
        fs::write(notes.join(name), name).unwrap();
    }
    let found = find_files(std::slice::from_ref(&notes)).unwrap().files;
    assert_eq!(renewed(&mut index, &found).0.renewed, 4);
    fs::remove_file(notes.join("b.txt")).unwrap();
    fs::remove_file(notes.join("c.txt")).unwrap();
    fs::create_dir(notes.join("c.txt")).unwrap();
    fs::write(notes.join("d.txt"), b"\xff").unwrap();
    let (counts, said) = renewed(&mut index, &found);
    assert_eq!((counts.unchanged, counts.removed, counts.passed_over), (1, 3, 3));
    for (said, name) in said.iter().zip(["b.txt", "c.txt", "d.txt"]) {
        assert!(said.contains(name), "{said}");
    }
    let asked: Vec<SourceFile> =
        found.into_iter().map(|file| SourceFile { asked_for: true, ..file }).collect();
    let error = renew(&mut index, &asked, ALL, &mut |_| {}, embed).unwrap_err().to_string();
    assert!(error.contains("b.txt"), "{error}");
}

#[test]
fn names_that_are_no_text_stay_apart_and_can_be_taken_out() {
    let (_folder, notes, mut index) = notes();
    let [first, second] = [&b"n\xfe.txt"[..], b"n\xff.txt"].map(|name| {
        let path = notes.join(OsStr::from_bytes(name));
        fs::write(&path, format!("the text of {}\n", name[1])).unwrap();
        path
    });
    let found = find_files(&[notes.clone(), first.clone()]).unwrap().files;
    assert_eq!(found.len(), 3);
    assert!(found[1].name.ends_with("n\\xfe.txt") && found[2].name.ends_with("n\\xff.txt"));
    assert_eq!(renewed(&mut index, &found).0.renewed, 3);
    assert_eq!(search(&index, "the text of 255", 1)[0].places[0].0, found[2].name);
    assert_eq!(remove_files(&mut index, &[second]).unwrap(), 1);
    assert_eq!(remove_files(&mut index, &[PathBuf::from(&found[1].name)]).unwrap(), 1);
    assert_eq!(index.info().unwrap().files, 1);
}

#[test]
fn a_name_that_looks_like_an_escaped_byte_is_another_file() {
    let (_folder, notes, mut index) = notes();
    for (name, text) in [(&b"a\xff.txt"[..], "one"), (&b"a\\xff.txt"[..], "two")] {
        fs::write(notes.join(OsStr::from_bytes(name)), format!("the text of {text}\n")).unwrap();
    }
    let found = find_files(std::slice::from_ref(&notes)).unwrap().files;
    assert_eq!(found.len(), 3);
    assert_eq!(renewed(&mut index, &found).0.renewed, 3);
    assert_eq!(index.info().unwrap().files, 3);
}

/// The superuser reads all the same.
#[test]
fn what_may_not_be_read_is_passed_over_in_a_directory() {
    let (_folder, notes, mut index) = notes();
    let (file, inner) = (notes.join("secret.txt"), notes.join("secrets"));
    fs::write(&file, "a secret\n").unwrap();
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("b.txt"), "another\n").unwrap();
    for path in [&file, &inner] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    if fs::read(&file).is_err() {
        let found = find_files(std::slice::from_ref(&notes)).unwrap();
        assert!(found.unreadable[0].to_string().contains("secrets"), "{:?}", found.unreadable);
        let (counts, said) = renewed(&mut index, &found.files);
        assert_eq!((counts.renewed, counts.passed_over), (1, 1));
        assert!(said[0].contains("secret.txt") && said[0].contains("denied"), "{said:?}");
        let error = find_files(std::slice::from_ref(&inner)).unwrap_err().to_string();
        assert!(error.contains("secrets") && error.contains("denied"), "{error}");
    }
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_zero_or_a_carriage_return_that_ends_no_line_is_no_text() {
    let (_folder, notes, mut index) = notes();
    fs::write(notes.join("zero.txt"), "one\n\0two\n").unwrap();
    fs::write(notes.join("old.txt"), "one\r\ntwo\rthree\r").unwrap();
    fs::write(notes.join("windows.txt"), "one\r\ntwo\r\n").unwrap();
    let found = find_files(std::slice::from_ref(&notes)).unwrap();
    let (done, said) = renewed(&mut index, &found.files);
    assert_eq!((done.renewed, done.passed_over), (2, 2));
    for (said, needles) in said.iter().zip([
        ["old.txt", "a carriage return at byte 8"],
        ["zero.txt, byte offset 4", "found byte 0x00"],
    ]) {
        assert!(needles.iter().all(|needle| said.contains(needle)), "{said}");
    }
}

#[test]
fn how_many_texts_are_to_be_embedded_is_known_before_the_first_is() {
    let (_folder, notes, mut index) = notes();
    for file in 0..3 {
        let mut text = String::from("the note\n");
        for line in 0..1000 {
            text.push_str(&format!("line {line} of {file}\n"));
        }
        fs::write(notes.join(format!("{file}.txt")), text).unwrap();
    }
    let found = find_files(std::slice::from_ref(&notes)).unwrap().files;
    assert_eq!(renewed(&mut index, &found[..1]).0.renewed, 1); // 0.txt
    let (looked, to_embed, embedded) = (Cell::new(0), Cell::new(None), Cell::new(0));
    let mut on_progress = |event: FileProgress| match event {
        FileProgress::Looked => looked.set(looked.get() + 1),
        FileProgress::ToEmbed(texts) => to_embed.set(Some((looked.get(), texts))),
        FileProgress::PassedOver(error) => panic!("{error}"),
    };
    renew(&mut index, &found, ALL, &mut on_progress, |texts| {
        assert_eq!(to_embed.get(), Some((4, 2000)));
        embedded.set(embedded.get() + texts.len());
        embed(texts)
    })
    .unwrap();
    assert_eq!(embedded.get(), 2000);
}
