//! The index: its file changed as any other, or what is kept in it through its store, whose sums are
//! right again afterwards.

use std::path::Path;

use index::{FilePassages, Index, IndexError, Model, VectorTable};
use rand::RngExt;
use rand::rngs::StdRng;
use redb::{ReadableTable, TableDefinition};

use super::changes::change;
use super::formats::Used;
use super::samples::{Files, written};

/// A vector of four numbers that follow from the text.
fn vector_of(text: &str) -> Vec<f32> {
    (0..4)
        .map(|seed| text.bytes().fold(seed, |sum, byte| sum * 31 % 97 + u32::from(byte)) as f32)
        .collect()
}

fn embed(texts: &[&str]) -> Result<Vec<Vec<f32>>, IndexError> {
    Ok(texts.iter().map(|text| vector_of(text)).collect())
}

fn source(path: &str, texts: &[&str]) -> FilePassages {
    let mut passages = Vec::new();
    for (line, text) in (1..).zip(texts) {
        passages.push(data::Passage { line, text: text.to_string() });
    }
    FilePassages { path: path.into(), digest: [7; 32], passages }
}

pub fn index() -> Files {
    written(|folder| {
        let model =
            Model { name: "letters".into(), probe: vector_of(index::PROBE), prompt: String::new() };
        let mut index = Index::create(&folder.join("notes.index"), &model).expect("a new index");
        let files = [source("a.txt", &["one", "two"]), source("b.md", &["three", "one"])];
        index.put(&files, embed).expect("an index that can be written");
    })
}

/// Changes a value that the index keeps, or takes it away.
pub fn change_row(bytes: &[u8], rng: &mut StdRng) -> Vec<u8> {
    const ABOUT: TableDefinition<&[u8], &[u8]> = TableDefinition::new("about");
    const FILES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("files");
    const TEXTS: TableDefinition<[u8; 16], &[u8]> = TableDefinition::new("texts");
    const KEYS: TableDefinition<u32, &[u8]> = TableDefinition::new("keys");
    const VECTORS: TableDefinition<u32, &[u8]> = TableDefinition::new("vectors");
    let folder = tempfile::tempdir().expect("a folder for the index");
    let path = folder.path().join("notes.index");
    std::fs::write(&path, bytes).expect("a copy of the index");
    let store = redb::Database::open(&path).expect("a valid index");
    let transaction = store.begin_write().expect("an index that can be written");
    match rng.random_range(0..5) {
        0 => change_first(&transaction, ABOUT, "about.json", rng),
        1 => change_first(&transaction, FILES, "files", rng),
        2 => change_first(&transaction, TEXTS, "texts", rng),
        3 => change_first(&transaction, KEYS, "keys", rng),
        _ => change_first(&transaction, VECTORS, "vectors", rng),
    }
    transaction.commit().expect("an index that can be written");
    drop(store);
    std::fs::read(&path).expect("the changed index")
}

/// Changes the first value of a table as a file of this name would be changed.
fn change_first<K: redb::Key + 'static>(
    transaction: &redb::WriteTransaction,
    table: TableDefinition<K, &[u8]>,
    name: &str,
    rng: &mut StdRng,
) {
    let mut table = transaction.open_table(table).expect("a table of the index");
    let (key, value) = {
        let (key, value) = table.first().expect("a table that can be read").expect("a row");
        (K::as_bytes(&key.value()).as_ref().to_vec(), value.value().to_vec())
    };
    let value = change(name, &value, &[], rng);
    table.insert(K::from_bytes(&key), &value[..]).expect("a row that can be written");
}

pub fn read_index(folder: &Path) -> Used {
    // opened as it is, then changed in a copy: the folder stays what it was
    let index = Index::open_to_read(&folder.join("notes.index"))?;
    search(&index)?;
    index.files()?;
    index.info()?;
    drop(index);
    let copy = folder.join("copy.index");
    std::fs::copy(folder.join("notes.index"), &copy)?;
    let mut index = Index::open(&copy)?;
    let width = index.model().probe.len();
    index.forget_pending()?;
    index.put(&[source("c.txt", &["four", "two"])], |texts| {
        Ok::<_, IndexError>(vec![vec![0.5; width]; texts.len()])
    })?;
    index.remove(&["a.txt".to_string()])?;
    search(&index)?;
    Ok(())
}

fn search(index: &Index) -> Result<(), IndexError> {
    let query = vec![1.0; index.model().probe.len()];
    let table: VectorTable = index.load_vectors()?;
    index.hits(&table.nearest(&query, 3))?;
    index.check_model(&index.model().clone())
}
