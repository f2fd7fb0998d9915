//! Texts that are read from their beginning to their end: files, and streams that were given.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::Path;

use files::{FilesError, for_terminal, open_text};

#[test]
fn a_file_is_a_text_even_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    for text in ["", "text"] {
        fs::write(&file, text).unwrap();
        let mut read = String::new();
        open_text(&file).unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }
}

#[test]
fn a_stream_that_this_process_has_open_is_one() {
    let (read, mut write) = std::io::pipe().unwrap();
    write.write_all(b"text").unwrap();
    drop(write);
    let path = format!("/dev/fd/{}", read.as_raw_fd());
    let mut text = String::new();
    open_text(Path::new(&path)).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "text");
}

#[test]
fn what_could_block_or_never_end_is_named_before_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let [pipe, socket] = ["pipe", "socket"].map(|name| folder.path().join(name));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = UnixListener::bind(&socket).unwrap();
    for special in [&pipe, &socket, Path::new("/dev/zero"), Path::new("/dev/null")] {
        let error = open_text(special).unwrap_err().to_string();
        assert!(error.contains("a device, pipe or socket; give what it says"), "{error}");
    }
    let error = open_text(folder.path()).unwrap_err().to_string();
    assert!(error.contains("a directory"), "{error}");
    assert!(open_text(&folder.path().join("nothing")).is_err());
    File::create(folder.path().join("file")).unwrap();
    assert!(open_text(&folder.path().join("file/below")).is_err());
}

#[test]
fn a_file_that_changes_its_size_while_it_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    for (size, change) in [(6, "grew"), (2, "became shorter"), (0, "became shorter")] {
        fs::write(&file, "text").unwrap();
        let mut text = open_text(&file).unwrap();
        OpenOptions::new().write(true).open(&file).unwrap().set_len(size).unwrap();
        let error = text.read_to_end(&mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains(change), "{size}: {error}");
    }
    let error = FilesError::io(&file, "reading")(ErrorKind::ResourceBusy.into());
    assert!(error.to_string().contains("a copy of it"), "{error}");
}

#[test]
fn a_text_for_a_terminal_keeps_its_lines_and_cannot_steer_it() {
    let text = "a\u{1b}[2Jb\r\u{9b}1m\tc\ne\u{301}\u{200d}\0\u{202e}\u{2069}";
    let shown = "a\\u{1b}[2Jb\\r\\u{9b}1m\tc\ne\u{301}\u{200d}\\u{0}\\u{202e}\\u{2069}";
    assert_eq!(for_terminal(text), shown);
}
