//! What is written is what is read, and a write that fails changes nothing.

use std::path::Path;
use std::{fs, io};

use files::{FilesError, aside, read_json, write, write_json};
use serde_json::{Value, json};

use crate::assert_says;

/// The names of a folder's files.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn json_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let value = json!({"epsilon": 1e-5, "size": u64::MAX, "name": "é\n\"", "none": null, "list": [1, {"x": []}]});
    write_json(&path, &json!("old")).unwrap();
    write_json(&path, &value).unwrap();
    assert_eq!(read_json::<Value>(&path).unwrap(), value);
    assert!(fs::read_to_string(&path).unwrap().ends_with("}\n"));
    assert_eq!(files(folder.path()), ["config.json"]);
}

/// Writes a file of either kind under its name.
type Write = fn(&Path) -> Result<(), FilesError>;

const WRITES: [(&str, Write); 2] = [
    ("table.txt", |path| write(path, "the 0.5\n")),
    ("config.json", |path| write_json(path, &json!({"a": 1}))),
];

#[test]
fn a_folder_that_is_not_there_is_named() {
    for (name, write) in WRITES {
        let folder = tempfile::tempdir().unwrap();
        assert_says(
            write(&folder.path().join("no").join(name)),
            &[name, "writing failed", "check the path"],
        );
        assert_eq!(files(folder.path()), [""; 0]);
    }
}

#[test]
fn a_name_that_cannot_be_taken_leaves_what_has_it_and_no_part() {
    for (name, write) in WRITES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("old"), "old").unwrap();
        assert_says(write(&path), &[name, "writing failed"]);
        assert_eq!(files(folder.path()), [name]);
        assert_eq!(fs::read_to_string(path.join("old")).unwrap(), "old");
    }
}

#[test]
fn a_write_that_fails_halfway_leaves_the_old_file_and_no_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.txt");
    write(&path, "old").unwrap();
    let full = aside(&path, |part| {
        fs::write(part, "ne").unwrap();
        Err::<(), _>(FilesError::io(&path, "writing")(io::ErrorKind::StorageFull.into()))
    });
    assert_says(full, &["table.txt", "writing failed: no storage space", "check", "free space"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(files(folder.path()), ["table.txt"]);
}

#[test]
fn a_folder_in_the_parts_place_is_named_and_the_old_file_stays() {
    for (name, write) in WRITES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, "old").unwrap();
        let part = format!("{name}.rungs-part");
        fs::create_dir(folder.path().join(&part)).unwrap();
        assert_says(write(&path), &[&part, "removing failed", "check the path"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_somebody_elses_is_not_written_through_a_link_in_the_parts_place() {
    for (name, write) in WRITES {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join(name), folder.path().join("other"));
        fs::write(&other, "somebody else's").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join(format!("{name}.rungs-part")))
            .unwrap();
        write(&path).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "somebody else's");
        assert!(!path.is_symlink());
    }
}

#[test]
fn what_a_killed_run_left_is_not_in_the_way() {
    for (name, write) in WRITES {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(format!("{name}.rungs-part")), "half of it").unwrap();
        write(&folder.path().join(name)).unwrap();
        assert_eq!(files(folder.path()), [name]);
    }
}

#[test]
fn a_file_that_is_called_part_is_the_users_own() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("table.txt.part");
    fs::write(&own, "the first part of my table").unwrap();
    write(&folder.path().join("table.txt"), "new").unwrap();
    assert_eq!(fs::read_to_string(&own).unwrap(), "the first part of my table");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named_and_keeps_the_old_file() {
    use std::os::unix::fs::PermissionsExt;
    for (name, write) in WRITES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, "old").unwrap();
        let allow =
            |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        allow(0o500);
        // The superuser writes all the same.
        if fs::write(folder.path().join("x"), "").is_err() {
            assert_says(write(&path), &[name, "writing failed", "permissions"]);
            assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        }
        allow(0o700);
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_what_it_leads_to_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (link, target) = (folder.path().join("link"), folder.path().join("target"));
    fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    files::write(&link, "new").unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&target).unwrap(), "new");
}

#[cfg(unix)]
#[test]
fn a_socket_is_not_replaced_by_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let error = files::write(&path, "new").unwrap_err().to_string();
    assert!(error.contains("expected a file to write, found a device, pipe or socket"), "{error}");
    assert!(!path.is_file());
}
