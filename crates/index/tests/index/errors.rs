//! Files that are no index, models that are another, vectors that are none.

use std::fs;
use std::path::Path;

use index::{Index, IndexError, Model};

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
fn a_newer_format_is_refused_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    drop(create(&path));
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let about = redb::TableDefinition::<&str, &str>::new("about");
    transaction.open_table(about).unwrap().insert("index", r#"{"format": 2, "more": []}"#).unwrap();
    transaction.commit().unwrap();
    drop(database);
    refused_by_both(&path, &["format 1", "format 2"]);
}

#[test]
fn half_an_index_is_refused_or_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut index = create(&path);
    let texts: Vec<String> = (0..500).map(|i| format!("text {i}")).collect();
    index.put(&[source("a", &texts.iter().map(String::as_str).collect::<Vec<_>>())], embed).unwrap();
    drop(index);
    let bytes = fs::read(&path).unwrap();
    for length in [1, 100, 4096, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        match Index::open(&path).and_then(|index| index.scan()) {
            Ok(scan) => assert_eq!(scan.len(), 500),
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
}

#[test]
fn another_model_is_refused_by_name_and_another_width_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    drop(create(&path));
    let other = |probe| Model { name: "other".into(), probe };
    let wide = other(vec![1.0; WIDTH + 1]);
    assert_refused(Index::create(&path, &wide), &["\"hash\"", "\"other\"", "25 numbers in place of 24"]);
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
        let put = index.put(&[source("a", &["two"])], |_| Ok::<_, IndexError>(vec![vector.clone()]));
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
