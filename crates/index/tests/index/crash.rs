//! A process that is killed while it writes.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use index::{Index, IndexError};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{create, embed, search, source};

/// Set in the process that is to be killed: where its index lies.
const VICTIM: &str = "RUNGS_TEST_INDEX";
const KILLS: usize = 25;
const FILES: usize = 40;
const LINES: usize = 60;

/// Line `line` of file `file` in its `edition`: every second line changes from one to the next.
fn text(file: usize, line: usize, edition: usize) -> String {
    format!("file {file} line {line} edition {}", edition * (line % 2))
}

fn write(path: &Path, edition: usize) {
    let mut index = create(path);
    for pair in (0..FILES).collect::<Vec<_>>().chunks(2) {
        let files: Vec<_> = pair
            .iter()
            .map(|&file| {
                let texts: Vec<String> = (0..LINES).map(|line| text(file, line, edition)).collect();
                source(
                    &format!("file{file}"),
                    &texts.iter().map(String::as_str).collect::<Vec<_>>(),
                )
            })
            .collect();
        index.put(&files, embed).unwrap();
    }
}

#[test]
#[ignore = "is run by a_kill_leaves_all_or_nothing_of_each_batch, and killed"]
fn the_victim() {
    let Ok(path) = std::env::var(VICTIM) else { return };
    for edition in 1.. {
        write(path.as_ref(), edition);
    }
}

#[test]
fn a_kill_leaves_all_or_nothing_of_each_batch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    write(&path, 0);
    let mut rng = StdRng::seed_from_u64(7);
    let mut editions = HashSet::new();
    for _ in 0..KILLS {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::the_victim", "--ignored"])
            .env(VICTIM, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(rng.random_range(20..250)));
        victim.kill().unwrap(); // SIGKILL
        victim.wait().unwrap();
        editions.extend(whole(&Index::open_to_read(&path).unwrap()));
    }
    assert!(editions.len() > 2, "the victim got nowhere: {editions:?}");
}

/// Checks that the two files of each batch are of one edition, that each file is whole, and that
/// every text of theirs, and no other, has a vector; the editions that are there.
fn whole(index: &Index) -> HashSet<String> {
    let hits = search(index, "anything", usize::MAX);
    let mut files: Vec<Vec<(u32, String)>> = vec![Vec::new(); FILES];
    for hit in hits {
        let [(path, line)] = &hit.places[..] else {
            panic!("every text stands in one place, found {hit:?}")
        };
        files[path["file".len()..].parse::<usize>().unwrap()].push((*line, hit.text));
    }
    let edition = |text: &str| text.rsplit(' ').next().unwrap().to_string();
    let mut editions = HashSet::new();
    for pair in files.chunks(2) {
        let of_pair: HashSet<String> = pair
            .iter()
            .flatten()
            .filter(|(line, _)| line % 2 == 0)
            .map(|(_, text)| edition(text))
            .collect();
        assert_eq!(of_pair.len(), 1, "a batch of several editions");
        assert!(pair.iter().all(|file| file.len() == LINES));
        editions.extend(of_pair);
    }
    editions
}

#[test]
fn what_was_embedded_before_an_error_is_not_embedded_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = create(&folder.path().join("index"));
    let texts: Vec<String> = (0..3000).map(|i| format!("text {i}")).collect();
    let file = source("long", &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let mut embedded = 0;
    let stopped = index.put(std::slice::from_ref(&file), |texts| {
        if embedded > 1500 {
            return Err(IndexError::Missing { path: "stopped".into() });
        }
        embedded += texts.len();
        embed(texts)
    });
    assert!(stopped.is_err());
    assert_eq!(index.info().unwrap().passages, 0, "nothing is visible");
    assert_eq!(index.pending().unwrap(), embedded as u64);
    let put = index.put(std::slice::from_ref(&file), embed).unwrap();
    assert_eq!((put.passages, put.embedded), (3000, 3000 - embedded));
    assert_eq!(index.load_vectors().unwrap().len(), 3000);
}

#[test]
fn a_kill_loses_no_more_than_was_embedded_since_the_last_writing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut index = create(&path);
    let texts: Vec<String> = (0..3000).map(|i| format!("text {i}")).collect();
    let file = source("long", &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let killed = folder.path().join("killed");
    let mut embedded = 0;
    let put = index.put(std::slice::from_ref(&file), |texts| {
        if embedded == 2560 {
            std::fs::copy(&path, &killed).unwrap(); // what lies on the disk
        }
        embedded += texts.len();
        embed(texts)
    });
    put.unwrap();
    assert_eq!(Index::open(&killed).unwrap().pending().unwrap(), 2048);
}

#[test]
fn what_no_file_came_to_say_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = create(&folder.path().join("index"));
    let texts: Vec<String> = (0..1500).map(|i| format!("text {i}")).collect();
    let file = source("long", &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let mut parts = 0;
    let half = |texts: &[&str]| {
        parts += 1;
        if parts == 2 { Err(IndexError::Missing { path: "stopped".into() }) } else { embed(texts) }
    };
    assert!(index.put(std::slice::from_ref(&file), half).is_err());
    index.forget_pending().unwrap();
    assert_eq!(index.put(&[file], embed).unwrap().embedded, 1500);
}
