//! Files that are no index, models that are another, vectors that are none.

use std::fs;
use std::path::Path;

use index::{Index, IndexError, Model};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redb::ReadableTable;

use crate::{WIDTH, create, embed, model, source, vector};

#[track_caller]
fn assert_refused<T>(result: Result<T, IndexError>, needles: &[&str]) {
    let Err(error) = result else { panic!("expected an error") };
    let error = error.to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    for needle in needles {
        assert!(error.contains(needle), "expected {needle:?} in: {error}");
    }
}

fn refused_by_both(path: &Path, needles: &[&str]) {
    assert_refused(Index::open(path), needles);
    assert_refused(Index::open_to_read(path), needles);
}

#[test]
fn a_file_that_is_no_index_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    refused_by_both(&path, &["found nothing", "build one"]);
    refused_by_both(folder.path(), &["a directory"]);
    fs::write(&path, b"").unwrap();
    refused_by_both(&path, &["an empty file"]);
    for bytes in [&b"seven b"[..], &[b'x'; 100_000], b"{\"an\": \"other\"}"] {
        fs::write(&path, bytes).unwrap();
        refused_by_both(&path, &["expected an index", "another kind"]);
        assert_refused(Index::create(&path, &model()), &["expected an index"]);
        assert_eq!(fs::read(&path).unwrap(), bytes, "nothing is lost");
    }
}

#[test]
fn a_store_of_something_else_is_no_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    drop(redb::Database::create(&path).unwrap());
    refused_by_both(&path, &["expected an index", "something else"]);
}

#[test]
fn a_run_that_was_killed_while_it_made_the_index_is_not_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    fs::write(folder.path().join("index.rungs-part"), [0; 4096]).unwrap();
    let mut index = create(&path);
    index.put(&[source("a", &["one"])], embed).unwrap();
    drop(index);
    assert_eq!(Index::open(&path).unwrap().info().unwrap().texts, 1);
}

/// Changes a store behind the index's back.
fn altered(path: &Path, change: impl FnOnce(&redb::WriteTransaction)) {
    let database = redb::Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

#[test]
fn vectors_that_are_not_one_a_text_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut index = create(&path);
    index.put(&[source("a", &["one", "two"])], embed).unwrap();
    drop(index);
    altered(&path, |transaction| {
        let vectors = redb::TableDefinition::<u32, &[u8]>::new("vectors");
        transaction.open_table(vectors).unwrap().insert(0, &[0_u8; 4 * (WIDTH + 1)][..]).unwrap();
    });
    let index = Index::open_to_read(&path).unwrap();
    assert_refused(
        index.load_vectors().map(|_| ()),
        &["a damaged one", "25 numbers of 2 vectors of 24"],
    );
}

#[test]
fn a_row_that_was_cut_is_damaged_and_no_shorter_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut index = create(&path);
    index.put(&[source("a", &["one", "two"])], embed).unwrap();
    drop(index);
    altered(&path, |transaction| {
        let files = redb::TableDefinition::<&[u8], &[u8]>::new("files");
        let mut files = transaction.open_table(files).unwrap();
        let row = files.get(&b"a"[..]).unwrap().unwrap().value().to_vec();
        files.insert(&b"a"[..], &row[..row.len() - 1]).unwrap();
    });
    let index = Index::open_to_read(&path).unwrap();
    assert_refused(index.info(), &["a damaged one", "a file's row of 71 bytes"]);
    assert_refused(index.files(), &["a damaged one"]);
}

#[test]
fn a_newer_format_is_refused_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    drop(create(&path));
    altered(&path, |transaction| {
        let about = redb::TableDefinition::<&[u8], &[u8]>::new("about");
        let mut about = transaction.open_table(about).unwrap();
        about.insert(&b"index"[..], &br#"{"format": 2, "more": []}"#[..]).unwrap();
    });
    refused_by_both(&path, &["format 1", "format 2"]);
}

#[test]
fn an_index_that_says_much_of_itself_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    drop(create(&path));
    altered(&path, |transaction| {
        let about = redb::TableDefinition::<&[u8], &[u8]>::new("about");
        let mut about = transaction.open_table(about).unwrap();
        let model = "a".repeat(100_000);
        let text = format!("{{\"format\": 1, \"model\": \"{model}\"}}");
        about.insert(&b"index"[..], text.as_bytes()).unwrap();
    });
    let error = Index::open_to_read(&path).err().expect("an error").to_string();
    assert!(error.len() < 1_000 && error.contains("expected an index"), "{error}");
}

#[test]
fn half_an_index_is_refused_or_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut index = create(&path);
    let texts: Vec<String> = (0..500).map(|i| format!("text {i}")).collect();
    index
        .put(&[source("a", &texts.iter().map(String::as_str).collect::<Vec<_>>())], embed)
        .unwrap();
    drop(index);
    let bytes = fs::read(&path).unwrap();
    for length in [1, 100, 4096, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        match Index::open(&path).and_then(|index| index.load_vectors()) {
            Ok(scan) => assert_eq!(scan.len(), 500),
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
}

/// Whatever is damaged: who writes is refused unless all is well, who reads gets an answer or one
/// line; nothing panics.
#[test]
fn a_damaged_index_is_an_error_of_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut index = create(&path);
    let texts: Vec<String> = (0..300).map(|i| format!("text {i}")).collect();
    index
        .put(&[source("a", &texts.iter().map(String::as_str).collect::<Vec<_>>())], embed)
        .unwrap();
    drop(index);
    let bytes = fs::read(&path).unwrap();
    let mut rng = StdRng::seed_from_u64(7);
    let (mut reads, mut writes) = (0, 0);
    for _ in 0..200 {
        let mut damaged = bytes.clone();
        for _ in 0..rng.random_range(1..20) {
            let at = rng.random_range(0..damaged.len());
            damaged[at] = rng.random();
        }
        fs::write(&path, damaged).unwrap();
        let read = Index::open_to_read(&path).and_then(|index| {
            index.files()?;
            index.info()?;
            index.hits(&index.load_vectors()?.nearest(&vector("text 3"), 9))
        });
        reads += usize::from(one_line(read));
        let written = Index::open(&path).and_then(|mut index| {
            assert_eq!(index.load_vectors()?.len(), 300);
            index.put(&[source("b", &["text 3", "more"])], embed)?;
            index.remove(&["a".to_string()])
        });
        writes += usize::from(one_line(written));
    }
    assert!(
        0 < writes && writes <= reads && reads < 200,
        "{writes} writes and {reads} reads of 200"
    );
}

/// Whether it went well; an error has one line.
fn one_line<T>(result: Result<T, IndexError>) -> bool {
    if let Err(error) = &result {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    result.is_ok()
}

#[test]
fn another_model_is_refused_by_name_and_another_width_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    drop(create(&path));
    let other = |probe| Model { name: "other".into(), prompt: String::new(), probe };
    let wide = other(vec![1.0; WIDTH + 1]);
    assert_refused(
        Index::create(&path, &wide),
        &["\"hash\"", "\"other\"", "25 numbers in place of 24"],
    );
    assert_refused(Index::create(&path, &other(vector("something else"))), &["cosine"]);
    assert_refused(Index::create(&path, &other(vec![0.0; WIDTH])), &["cosine"]);
    let nearly = vector(index::PROBE).iter().map(|x| 2.0 * x + 1e-4).collect();
    assert!(Index::create(&path, &other(nearly)).is_ok());
}

#[test]
fn a_vector_that_is_none_leaves_the_index_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = create(&folder.path().join("index"));
    index.put(&[source("a", &["one"])], embed).unwrap();
    let mut refused = |vector: Vec<f32>, needles: &[&str]| {
        let put =
            index.put(&[source("a", &["two"])], |_| Ok::<_, IndexError>(vec![vector.clone()]));
        assert_refused(put, needles);
        assert_eq!(index.info().unwrap().texts, 1);
    };
    refused(vec![1.0; WIDTH - 1], &["\"two\"", "24", "23"]);
    refused([f32::NAN; WIDTH].to_vec(), &["NaN"]);
    refused([f32::INFINITY; WIDTH].to_vec(), &["inf"]);
}

#[test]
fn a_second_process_is_refused_by_name_while_one_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let index = create(&path);
    refused_by_both(&path, &["index", "in use by another process"]);
    drop(index);
    let (first, second) = (Index::open_to_read(&path), Index::open_to_read(&path));
    assert!(first.is_ok() && second.is_ok(), "several read at once");
    assert_refused(Index::open(&path), &["in use by another process"]);
}
