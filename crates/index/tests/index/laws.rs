//! What holds for every index.

use std::collections::{BTreeMap, BTreeSet};

use index::VectorTable;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{create, embed, search, source, vector};

#[test]
fn the_nearest_are_those_of_brute_force() {
    let mut rng = StdRng::seed_from_u64(7);
    for (rows, width) in [(1, 1), (7, 5), (300, 16), (1000, 33)] {
        let mut random =
            |n: usize| (0..n).map(|_| rng.random_range(-1.0_f32..1.0)).collect::<Vec<f32>>();
        let (vectors, query) = (random(rows * width), random(width));
        let cosine = |row: &[f32]| {
            let sum = |a: &[f32], b: &[f32]| {
                a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
            };
            sum(row, &query) / (sum(row, row) * sum(&query, &query)).sqrt()
        };
        let mut expected: Vec<(usize, f64)> =
            vectors.chunks(width).map(cosine).enumerate().collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1));
        for k in [0, 1, 10, rows, rows + 3] {
            let found = VectorTable::new(width, vectors.clone()).nearest(&query, k);
            assert_eq!(found.len(), k.min(rows));
            for (near, (row, cosine)) in found.iter().zip(&expected) {
                assert_eq!(near.number(), *row);
                assert!((f64::from(near.score) - cosine).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn a_zero_vector_is_at_right_angles_to_every_query_and_so_is_a_zero_query() {
    let scan = VectorTable::new(2, vec![0.0, 0.0, 3.0, 4.0]);
    let scores =
        |query: &[f32]| scan.nearest(query, 2).iter().map(|near| near.score).collect::<Vec<_>>();
    assert_eq!(scores(&[3.0, 4.0]), [1.0, 0.0]);
    assert_eq!(scores(&[0.0, 0.0]), [0.0, 0.0]);
}

#[test]
fn a_text_is_embedded_once_and_found_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = create(&folder.path().join("index"));
    let files = [source("a", &["one", "two", "one"]), source("b", &["one"])];
    let put = index.put(&files, embed).unwrap();
    assert_eq!((put.passages, put.embedded), (4, 2));
    let hit = search(&index, "one", 1).remove(0);
    assert!((hit.score - 1.0).abs() < 1e-6);
    assert_eq!(hit.text, "one");
    assert_eq!(hit.places, [("a".to_string(), 1), ("a".to_string(), 3), ("b".to_string(), 1)]);
    // One line changed: one vector.
    let put = index.put(&[source("a", &["one", "three", "one"])], embed).unwrap();
    assert_eq!(put.embedded, 1);
    let info = index.info().unwrap();
    assert_eq!((info.files, info.passages, info.texts), (2, 4, 2));
    index.remove(&["a".to_string()]).unwrap();
    assert_eq!(search(&index, "three", 9).len(), 1);
}

#[test]
fn an_empty_index_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(search(&create(&folder.path().join("index")), "one", 3).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was put in, renewed and taken out: what is there now is found, as if it had been
    /// built at once.
    #[test]
    fn an_index_that_changed_is_one_built_anew(
        steps in prop::collection::vec((0_u8..5, prop::collection::vec(0_u8..12, 0..6), any::<bool>()), 1..12)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let mut changed = create(&path);
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (file, texts, remove) in steps {
            let (name, texts): (String, Vec<String>) = (format!("file{file}"), texts.iter().map(|text| format!("text {text}")).collect());
            if remove {
                files.remove(&name);
                changed.remove(&[name]).unwrap();
            } else {
                let said: Vec<&str> = texts.iter().map(String::as_str).collect();
                changed.put(&[source(&name, &said)], embed).unwrap();
                files.insert(name, texts);
            }
        }
        let mut built = create(&folder.path().join("built"));
        let all: Vec<_> = files.iter().map(|(name, texts)| source(name, &texts.iter().map(String::as_str).collect::<Vec<_>>())).collect();
        built.put(&all, embed).unwrap();
        drop(changed);
        let changed = index::Index::open_to_read(&path).unwrap(); // what is on the disk counts
        prop_assert_eq!(changed.files().unwrap(), built.files().unwrap());
        let texts: BTreeSet<&String> = files.values().flatten().collect();
        prop_assert_eq!(changed.info().unwrap().texts as usize, texts.len());
        prop_assert_eq!(search(&changed, "text 3", 99), search(&built, "text 3", 99));
        prop_assert_eq!(vector("text 3").len(), changed.info().unwrap().width);
    }
}

/// More vectors than a block holds: some leave the middle of each, others come.
#[test]
fn an_index_of_many_blocks_keeps_every_vector() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = create(&folder.path().join("index"));
    let texts =
        |file: usize| (0..8_000).map(|i| format!("text {file} {i}")).collect::<Vec<String>>();
    let file = |number: usize| {
        source(
            &format!("file{number}"),
            &texts(number).iter().map(String::as_str).collect::<Vec<_>>(),
        )
    };
    index.put(&[file(0), file(1), file(2)], embed).unwrap();
    index.remove(&["file1".to_string()]).unwrap();
    index.put(&[file(3)], embed).unwrap();
    assert_eq!(
        (index.load_vectors().unwrap().len(), index.info().unwrap().texts),
        (24_000, 24_000)
    );
    for (text, is_there) in
        [("text 0 7", true), ("text 1 77", false), ("text 2 7999", true), ("text 3 0", true)]
    {
        let best = &search(&index, text, 1)[0];
        assert_eq!(best.text == text && best.score > 0.999, is_there, "{text}: {best:?}");
    }
}
