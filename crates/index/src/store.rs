//! The index: one file of redb that is opened, changed and read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use guard::guarded;
use redb::{
    Builder, Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase,
    ReadableTable, ReadableTableMetadata, StorageError, WriteTransaction,
};
use serde::{Deserialize, Serialize};

use crate::error::IndexError;
use crate::tables::{
    FILES, FileRow, HEADER, KEYS, PENDING, TEXTS, VECTORS, append_vectors, drop_unused, key,
};
use crate::vectors::{Key, Neighbour, VectorTable};
use crate::{FilePassages, Model, unit_vector};

/// Format that this program reads and writes.
const FORMAT: u32 = 1;
/// Number of texts that are embedded before their vectors are written: what a kill can lose.
const PART: usize = 1024;
/// Number of texts that are embedded at once: what an error in between can lose.
const TEXTS_AT_ONCE: usize = 256;
/// Key of the one row of [`HEADER`].
const INDEX: &[u8] = b"index";

/// The header of an index, which says what the file is.
#[derive(Serialize, Deserialize)]
struct StoreHeader {
    format: u32,
    model: Model,
}

/// An index that is open; see the [crate].
///
/// ```
/// use index::{Index, IndexError, Model, PROBE, FilePassages};
///
/// /// A model of three numbers: how often a text has each vowel.
/// fn embed(texts: &[&str]) -> Result<Vec<Vec<f32>>, IndexError> {
///     let mut vectors = Vec::new();
///     for text in texts {
///         let vowels = ["a", "e", "o"];
///         vectors.push(vowels.map(|vowel| text.matches(vowel).count() as f32).to_vec());
///     }
///     Ok(vectors)
/// }
///
/// let folder = tempfile::tempdir()?;
/// let probe = embed(&[PROBE])?.remove(0);
/// let model = Model { name: "vowels".into(), prompt: String::new(), probe };
/// let mut index = Index::create(&folder.path().join("notes.index"), &model)?;
/// let passages = ["a cat sat", "see the bee"];
/// let mut file = FilePassages { path: "notes.txt".into(), digest: [0; 32], passages: Vec::new() };
/// for (i, text) in passages.iter().enumerate() {
///     file.passages.push(data::Passage { line: i as u32 + 1, text: text.to_string() });
/// }
/// let put = index.put(&[file], embed)?;
/// assert_eq!((put.passages, put.embedded), (2, 2));
///
/// let query = embed(&["the tree"])?.remove(0);
/// let nearest = index.load_vectors()?.nearest(&query, 1);
/// let hit = index.hits(&nearest)?.remove(0);
/// assert_eq!(hit.text, "see the bee");
/// assert_eq!(hit.places, [("notes.txt".to_string(), 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Index {
    path: PathBuf,
    store: Store,
    model: Model,
}

/// The file, open in one of two ways.
enum Store {
    /// It can be changed.
    Writable(Database),
    /// It can only be read, by several processes at once.
    ReadOnly(ReadOnlyDatabase),
}

/// Counts of what [`Index::put`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Put {
    /// Number of passages of the files.
    pub passages: usize,
    /// Number of texts that had to be embedded.
    pub embedded: usize,
}

/// How much an index holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Info {
    /// Name of the model whose vectors these are.
    pub model: String,
    /// Numbers in a vector.
    pub width: usize,
    /// Number of files that were read.
    pub files: usize,
    /// Number of passages in the files.
    pub passages: usize,
    /// Number of different texts among the passages, each with one vector.
    pub texts: u64,
    /// Size of the index on disk.
    pub bytes: u64,
    /// Format of the index.
    pub format: u32,
}

/// A text that was found, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Cosine of the text's vector with the query, -1 to 1.
    pub score: f32,
    /// Text that was found.
    pub text: String,
    /// Path and line of each place where the text stands, in order; at least one.
    pub places: Vec<(String, u32)>,
}

/// A passage of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPassage {
    /// Name of its file.
    pub file: String,
    /// Line where it begins, counted from 1.
    pub line: u32,
    /// Text of the passage.
    pub text: String,
    /// Number of its vector in the table of vectors.
    pub vector: usize,
}

impl Index {
    /// Opens an index to change it, or makes an empty one of this model's vectors.
    ///
    /// # Errors
    ///
    /// A file that is no index, is in use, or cannot be written; an index of another model.
    pub fn create(path: &Path, model: &Model) -> Result<Self, IndexError> {
        let is_there = path.metadata().is_ok_and(|file| file.len() > 0 || !file.is_file());
        if !is_there {
            files::aside(path, |part| Self::write_empty(part, path, model))?;
        }
        let index = Self::open(path)?;
        index.check_model(model)?;
        Ok(index)
    }

    /// Writes an index without texts as the file `part`, which will be called `path`.
    fn write_empty(part: &Path, path: &Path, model: &Model) -> Result<(), IndexError> {
        let database = database_result(path, guarded(|| Database::create(part)))?;
        let index =
            Self { path: path.into(), store: Store::Writable(database), model: model.clone() };
        index.write(|transaction| {
            for table in [KEYS, VECTORS] {
                transaction.open_table(table)?;
            }
            transaction.open_table(PENDING)?;
            transaction.open_table(TEXTS)?;
            transaction.open_table(FILES)?;
            let header = StoreHeader { format: FORMAT, model: model.clone() };
            let header = serde_json::to_vec(&header).expect("numbers and a name are JSON");
            transaction.open_table(HEADER)?.insert(INDEX, &header[..])?;
            Ok(())
        })
    }

    /// Opens an index to change it.
    ///
    /// # Errors
    ///
    /// A file that is missing, is no index, is in use, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        check_file(path)?;
        let database = database_result(path, guarded(|| checking_builder().open(path)))?;
        Self::from_store(path, Store::Writable(database))
    }

    /// Opens an index to search in it; several processes may.
    ///
    /// # Errors
    ///
    /// A file that is missing, is no index, or is being changed.
    pub fn open_to_read(path: &Path) -> Result<Self, IndexError> {
        check_file(path)?;
        match guarded(|| ReadOnlyDatabase::open(path)) {
            // a killed process left it to be put in order
            Ok(Err(DatabaseError::RepairAborted)) => Self::open(path),
            outcome => Self::from_store(path, Store::ReadOnly(database_result(path, outcome)?)),
        }
    }

    /// The index in a store, whose header is read and checked.
    fn from_store(path: &Path, store: Store) -> Result<Self, IndexError> {
        let model = Model { name: String::new(), prompt: String::new(), probe: Vec::new() };
        let mut index = Self { path: path.into(), store, model };
        let bytes = match index.header_bytes() {
            Err(IndexError::Store { source, .. }) => {
                return Err(no_index(path, &format!("a store of something else ({source})")));
            }
            outcome => outcome?,
        };
        let Some(found) = format_of(&bytes) else {
            return Err(no_index(path, "a store that does not say what it is"));
        };
        if found != FORMAT {
            return Err(IndexError::Format { path: path.into(), expected: FORMAT, found });
        }
        let header: StoreHeader =
            serde_json::from_slice(&bytes).map_err(|error| no_index(path, &error.to_string()))?;
        index.model = header.model;
        Ok(index)
    }

    /// The header as it is stored, empty where there is none.
    fn header_bytes(&self) -> Result<Vec<u8>, IndexError> {
        self.read(|transaction| match transaction.open_table(HEADER)?.get(INDEX)? {
            Some(header) => Ok(header.value().to_vec()),
            None => Ok(Vec::new()),
        })
    }

    /// The model whose vectors the index holds.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Where the index lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that a model makes the vectors that are kept here.
    ///
    /// # Errors
    ///
    /// A model of another width, or one that gives the probe another vector.
    pub fn check_model(&self, model: &Model) -> Result<(), IndexError> {
        let Some(why) = self.model.differs(model) else { return Ok(()) };
        let (expected, found) = (self.model.name.clone(), model.name.clone());
        Err(IndexError::OtherModel { path: self.path.clone(), expected, found, why })
    }

    /// The digest of every file, by the file's path.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn files(&self) -> Result<HashMap<String, [u8; 32]>, IndexError> {
        self.read(|transaction| {
            let mut files = HashMap::new();
            for row in transaction.open_table(FILES)?.iter()? {
                let (path, bytes) = row?;
                files.insert(text(path.value()), FileRow::from_bytes(bytes.value())?.digest);
            }
            Ok(files)
        })
    }

    /// Puts files in, in place of those of the same path: all of them or, after a failure, none.
    ///
    /// Texts that have no vector yet go through `embed`, which gives a vector for each; what it
    /// gave before a failure is kept for the next time.
    ///
    /// # Errors
    ///
    /// What `embed` fails with, a vector of another width or with a NaN or infinity, or a store
    /// that cannot be written.
    pub fn put<E: From<IndexError>>(
        &mut self,
        files: &[FilePassages],
        mut embed: impl FnMut(&[&str]) -> Result<Vec<Vec<f32>>, E>,
    ) -> Result<Put, E> {
        let texts = texts_of(files);
        let passages = files.iter().map(|file| file.passages.len()).sum();
        let unknown = self.texts_without_vector(&texts)?;
        let embedded = unknown.len();
        let mut unwritten = Vec::new();
        for part in unknown.chunks(TEXTS_AT_ONCE) {
            if unwritten.len() >= PART {
                self.store_pending(&unwritten)?;
                unwritten.clear();
            }
            match self.embedded(part, &mut embed) {
                Ok(vectors) => unwritten.extend(vectors),
                Err(error) => {
                    self.store_pending(&unwritten)?;
                    return Err(error);
                }
            }
        }
        self.store_files(files, &texts, &unwritten)?;
        Ok(Put { passages, embedded })
    }

    /// Takes out the files with these paths, and every text that stands in no other file.
    ///
    /// # Errors
    ///
    /// A store that cannot be written.
    pub fn remove(&mut self, paths: &[String]) -> Result<(), IndexError> {
        self.write(|transaction| {
            let mut old = HashSet::new();
            {
                let mut files = transaction.open_table(FILES)?;
                for path in paths {
                    if let Some(before) = files.remove(path.as_bytes())? {
                        FileRow::from_bytes(before.value())?.add_keys(&mut old);
                    }
                }
            }
            drop_unused(transaction, old)
        })
    }

    /// Drops the vectors of files that were never finished.
    ///
    /// # Errors
    ///
    /// A store that cannot be written.
    pub fn forget_pending(&mut self) -> Result<(), IndexError> {
        if self.read(|transaction| Ok(transaction.open_table(PENDING)?.is_empty()?))? {
            return Ok(());
        }
        self.write(|transaction| {
            transaction.delete_table(PENDING)?;
            transaction.open_table(PENDING)?;
            Ok(())
        })
    }

    /// The number of vectors of files that are not finished yet.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn pending(&self) -> Result<u64, IndexError> {
        self.read(|transaction| Ok(transaction.open_table(PENDING)?.len()?))
    }

    /// Brings all vectors into memory.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn load_vectors(&self) -> Result<VectorTable, IndexError> {
        let width = self.model.probe.len();
        let table = self.read(|transaction| {
            let mut keys = Vec::new();
            for block in transaction.open_table(KEYS)?.iter()? {
                keys.extend_from_slice(block?.1.value().as_chunks().0);
            }
            let mut numbers = Vec::with_capacity(keys.len() * width);
            for block in transaction.open_table(VECTORS)?.iter()? {
                for &bytes in block?.1.value().as_chunks().0 {
                    numbers.push(f32::from_le_bytes(bytes));
                }
            }
            Ok(VectorTable { width, keys, numbers })
        })?;
        let (keys, numbers) = (table.keys.len(), table.numbers.len());
        if keys * width != numbers {
            let why = format!("{numbers} numbers of {keys} vectors of {width}");
            return Err(damaged(&self.path, &why));
        }
        Ok(table)
    }

    /// The texts that were found, and where they stand.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn hits(&self, found: &[Neighbour]) -> Result<Vec<Hit>, IndexError> {
        let mut places: HashMap<Key, Vec<(String, u32)>> = HashMap::new();
        for neighbour in found {
            places.insert(neighbour.key, Vec::new());
        }
        self.read(|transaction| {
            for row in transaction.open_table(FILES)?.iter()? {
                let (path, bytes) = row?;
                for (line, key) in FileRow::from_bytes(bytes.value())?.passages {
                    if let Some(places) = places.get_mut(&key) {
                        places.push((text(path.value()), line));
                    }
                }
            }
            let texts = transaction.open_table(TEXTS)?;
            let mut hits = Vec::new();
            for &Neighbour { key, score } in found {
                let text = match texts.get(key)? {
                    Some(bytes) => text(bytes.value()),
                    None => String::new(),
                };
                let places = places.get(&key).cloned().unwrap_or_default();
                hits.push(Hit { score, text, places });
            }
            Ok(hits)
        })
    }

    /// The number of passages of each file, in the order of their names.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn passages_by_file(&self) -> Result<BTreeMap<String, usize>, IndexError> {
        self.read(|transaction| {
            let mut counts = BTreeMap::new();
            for row in transaction.open_table(FILES)?.iter()? {
                let (path, bytes) = row?;
                let passages = FileRow::from_bytes(bytes.value())?.passages;
                counts.insert(text(path.value()), passages.len());
            }
            Ok(counts)
        })
    }

    /// Every passage, by file and line, and which of `vectors` is its own.
    ///
    /// # Errors
    ///
    /// A store that cannot be read, or that lacks a passage's text or vector.
    pub fn passages(&self, vectors: &VectorTable) -> Result<Vec<StoredPassage>, IndexError> {
        let mut rows = HashMap::new();
        for (row, key) in vectors.keys.iter().enumerate() {
            rows.insert(*key, row);
        }
        let passages = self.read(|transaction| {
            let texts = transaction.open_table(TEXTS)?;
            let mut passages = Vec::new();
            for row in transaction.open_table(FILES)?.iter()? {
                let (path, bytes) = row?;
                for (line, key) in FileRow::from_bytes(bytes.value())?.passages {
                    let (Some(said), Some(&vector)) = (texts.get(key)?, rows.get(&key)) else {
                        return Ok(None);
                    };
                    let (file, text) = (text(path.value()), text(said.value()));
                    passages.push(StoredPassage { file, line, text, vector });
                }
            }
            Ok(Some(passages))
        })?;
        passages.ok_or_else(|| damaged(&self.path, "a passage without its text or vector"))
    }

    /// How much the index holds.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn info(&self) -> Result<Info, IndexError> {
        let bytes = match self.path.metadata() {
            Ok(file) => file.len(),
            Err(_) => 0,
        };
        self.read(|transaction| {
            let files = transaction.open_table(FILES)?;
            let mut passages = 0;
            for row in files.iter()? {
                passages += FileRow::from_bytes(row?.1.value())?.passages.len();
            }
            Ok(Info {
                model: self.model.name.clone(),
                width: self.model.probe.len(),
                files: files.len()? as usize,
                passages,
                texts: transaction.open_table(TEXTS)?.len()?,
                bytes,
                format: FORMAT,
            })
        })
    }

    /// The texts that have no vector here, in the order of their keys.
    fn texts_without_vector<'a>(
        &self,
        texts: &HashMap<Key, &'a str>,
    ) -> Result<Vec<(Key, &'a str)>, IndexError> {
        self.read(|transaction| {
            let stored = transaction.open_table(TEXTS)?;
            let pending = transaction.open_table(PENDING)?;
            let mut unknown = Vec::new();
            for (&key, &text) in texts {
                if stored.get(key)?.is_none() && pending.get(key)?.is_none() {
                    unknown.push((key, text));
                }
            }
            unknown.sort_unstable();
            Ok(unknown)
        })
    }

    /// The number of texts of these files that have no vector yet.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn count_without_vector(&self, files: &[FilePassages]) -> Result<usize, IndexError> {
        Ok(self.texts_without_vector(&texts_of(files))?.len())
    }

    /// The vectors that `embed` gives these texts, as they are stored.
    fn embedded<E: From<IndexError>>(
        &self,
        texts: &[(Key, &str)],
        mut embed: impl FnMut(&[&str]) -> Result<Vec<Vec<f32>>, E>,
    ) -> Result<Vec<(Key, Vec<u8>)>, E> {
        let mut said = Vec::with_capacity(texts.len());
        for (_, text) in texts {
            said.push(*text);
        }
        let vectors = embed(&said)?;
        Ok(self.vector_bytes(texts, vectors)?)
    }

    /// The bytes of each text's vector at unit length, as they are stored.
    fn vector_bytes(
        &self,
        texts: &[(Key, &str)],
        vectors: Vec<Vec<f32>>,
    ) -> Result<Vec<(Key, Vec<u8>)>, IndexError> {
        assert_eq!(texts.len(), vectors.len(), "a vector for each text");
        let width = self.model.probe.len();
        let mut stored = Vec::with_capacity(texts.len());
        for (&(key, text), vector) in texts.iter().zip(vectors) {
            if let Some(found) = wrong_numbers(&vector, width) {
                let text = text.chars().take(40).collect();
                return Err(IndexError::Vector { text, expected: width, found });
            }
            let mut bytes = Vec::with_capacity(width * size_of::<f32>());
            for number in unit_vector(vector) {
                bytes.extend(number.to_le_bytes());
            }
            stored.push((key, bytes));
        }
        Ok(stored)
    }

    /// Stores vectors of files that are not done yet.
    fn store_pending(&self, vectors: &[(Key, Vec<u8>)]) -> Result<(), IndexError> {
        self.write(|transaction| {
            let mut pending = transaction.open_table(PENDING)?;
            for (key, vector) in vectors {
                pending.insert(key, &vector[..])?;
            }
            Ok(())
        })
    }

    /// Stores the files, their texts and the vectors of those texts, all at once.
    fn store_files(
        &self,
        files: &[FilePassages],
        texts: &HashMap<Key, &str>,
        embedded: &[(Key, Vec<u8>)],
    ) -> Result<(), IndexError> {
        self.write(|transaction| {
            let mut old = HashSet::new();
            {
                let mut table = transaction.open_table(FILES)?;
                for file in files {
                    let row = FileRow::new(file).to_bytes();
                    if let Some(before) = table.insert(file.path.as_bytes(), &row[..])? {
                        FileRow::from_bytes(before.value())?.add_keys(&mut old);
                    }
                }
                let mut new: Vec<(Key, Vec<u8>)> = embedded.to_vec();
                let mut pending = transaction.open_table(PENDING)?;
                let mut stored = transaction.open_table(TEXTS)?;
                for (&key, &text) in texts {
                    if let Some(vector) = pending.remove(key)? {
                        new.push((key, vector.value().to_vec()));
                    }
                    stored.insert(key, text.as_bytes())?;
                }
                append_vectors(transaction, new)?;
            }
            drop_unused(transaction, old)
        })
    }

    /// Reads in one transaction.
    fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, IndexError> {
        let outcome = guarded(|| {
            let transaction = match &self.store {
                Store::Writable(database) => database.begin_read()?,
                Store::ReadOnly(database) => database.begin_read()?,
            };
            work(&transaction)
        });
        self.index_result("reading", outcome)
    }

    /// Writes in one transaction: all of it is on the disk when this returns, or nothing.
    fn write(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), IndexError> {
        let Store::Writable(database) = &self.store else {
            unreachable!("an index that is open to be read")
        };
        let outcome = guarded(|| {
            let mut transaction = database.begin_write()?;
            transaction.set_quick_repair(true); // after a kill the next one opens at once
            work(&transaction)?;
            Ok(transaction.commit()?)
        });
        self.index_result("writing", outcome)
    }

    /// Turns redb's error, or its panic on a damaged page, into our error.
    fn index_result<T>(
        &self,
        action: &'static str,
        outcome: Result<Result<T, redb::Error>, String>,
    ) -> Result<T, IndexError> {
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Err(why) | Ok(Err(redb::Error::Corrupted(why))) => Err(damaged(&self.path, &why)),
            Ok(Err(error)) => {
                Err(IndexError::Store { path: self.path.clone(), action, source: error.into() })
            }
        }
    }
}

/// Every text of these files once, by its key.
fn texts_of(files: &[FilePassages]) -> HashMap<Key, &str> {
    let mut texts: HashMap<Key, &str> = HashMap::new();
    for file in files {
        for passage in &file.passages {
            texts.insert(key(&passage.text), &passage.text);
        }
    }
    texts
}

/// Why a vector cannot be kept: a NaN or infinity, or another width; `None` if it can.
fn wrong_numbers(vector: &[f32], width: usize) -> Option<String> {
    for number in vector {
        if !number.is_finite() {
            return Some(format!("{number} among them"));
        }
    }
    if vector.len() == width { None } else { Some(vector.len().to_string()) }
}

/// The format that a header names, if it names one.
fn format_of(header: &[u8]) -> Option<u32> {
    let header: serde_json::Value = serde_json::from_slice(header).ok()?;
    u32::try_from(header["format"].as_u64()?).ok()
}

/// The error of an index that is damaged.
fn damaged(path: &Path, why: &str) -> IndexError {
    IndexError::Damaged { path: path.into(), why: why.into() }
}

/// The error of a file that is no index.
fn no_index(path: &Path, found: &str) -> IndexError {
    IndexError::NoIndex { path: path.into(), found: found.into() }
}

/// The text of stored bytes.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks what can be seen before the store looks at the file.
fn check_file(path: &Path) -> Result<(), IndexError> {
    match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(IndexError::Missing { path: path.into() })
        }
        Ok(file) if file.is_dir() => Err(no_index(path, "a directory")),
        Ok(file) if !file.is_file() => Err(no_index(path, "a device, pipe or socket")),
        Ok(file) if file.len() == 0 => Err(no_index(path, "an empty file")),
        _ => Ok(()),
    }
}

/// A builder that checks the sum of every page before anything is written: over a damaged one, the
/// store would end the process.
fn checking_builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_check_integrity_on_open(true);
    builder
}

/// Turns redb's error while opening a database, or its panic, into our error.
fn database_result<D>(
    path: &Path,
    outcome: Result<Result<D, DatabaseError>, String>,
) -> Result<D, IndexError> {
    let error = match outcome {
        Ok(Ok(database)) => return Ok(database),
        Ok(Err(error)) => error,
        Err(why) => return Err(damaged(path, &why)),
    };
    Err(match error {
        DatabaseError::DatabaseAlreadyOpen => IndexError::InUse { path: path.into() },
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == ErrorKind::InvalidData =>
        {
            no_index(path, "a file of another kind")
        }
        DatabaseError::Storage(StorageError::Corrupted(why)) => damaged(path, &why),
        error => IndexError::Store {
            path: path.into(),
            action: "opening",
            source: Box::new(error.into()),
        },
    })
}
