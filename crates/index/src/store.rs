//! The file.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use redb::{
    Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, StorageError, TableDefinition, WriteTransaction,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::IndexError;
use crate::scan::{Key, Near, Scan};
use crate::{Model, SAME, Source, unit};

/// What this program writes; a larger number is one that it does not know.
const FORMAT: u32 = 1;
/// Texts that are embedded before anything is written: what a kill can lose.
const PART: usize = 1024;
/// The most bytes of a block of vectors. The store gives a value a power of two; this much less than one leaves room for
/// what it writes beside it. A vector a value would be read at a fifth of the speed.
const BLOCK: usize = (1 << 20) - 4096;
/// Of a key.
const KEY: usize = size_of::<Key>();

const ABOUT: TableDefinition<&str, &str> = TableDefinition::new("about");
/// Path to digest and passages, see [`Listed`].
const FILES: TableDefinition<&str, &[u8]> = TableDefinition::new("files");
const TEXTS: TableDefinition<Key, &str> = TableDefinition::new("texts");
/// A block's keys, one after the other.
const KEYS: TableDefinition<u32, &[u8]> = TableDefinition::new("keys");
/// A block's vectors in the order of its keys: numbers in little-endian order, at unit length.
const VECTORS: TableDefinition<u32, &[u8]> = TableDefinition::new("vectors");
/// Vectors of texts that no file says yet: of a file that is not done, or was not when a run was killed.
const PENDING: TableDefinition<Key, &[u8]> = TableDefinition::new("pending");

#[derive(Serialize, Deserialize)]
struct About {
    format: u32,
    model: Model,
}

/// An index that is open; see the [crate].
pub struct Index {
    path: PathBuf,
    store: Store,
    model: Model,
}

enum Store {
    Whole(Database),
    ReadOnly(ReadOnlyDatabase),
}

/// What [`Index::put`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Put {
    /// Passages that the files now have.
    pub passages: usize,
    /// Texts that had to be embedded.
    pub embedded: usize,
}

/// How much an index holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Info {
    /// Whose vectors.
    pub model: String,
    /// Numbers of a vector.
    pub width: usize,
    /// Files that were read.
    pub files: usize,
    /// Passages in them.
    pub passages: usize,
    /// Different texts among those, each with one vector.
    pub texts: u64,
    /// Of the file on disk.
    pub bytes: u64,
    /// Of the file.
    pub format: u32,
}

/// A text that was found, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its cosine with the query, -1 to 1.
    pub score: f32,
    /// What it says.
    pub text: String,
    /// Path and line of each place, in order; at least one.
    pub places: Vec<(String, u32)>,
}

impl Index {
    /// Opens an index to change it, or makes an empty one of this model's vectors.
    ///
    /// # Errors
    ///
    /// A file that is no index, is in use, or cannot be written; an index of another model.
    pub fn create(path: &Path, model: &Model) -> Result<Self, IndexError> {
        let existing = path.metadata().is_ok_and(|file| file.len() > 0);
        if existing {
            let index = Self::open(path)?;
            index.expect(model)?;
            return Ok(index);
        }
        let database = Database::create(path).map_err(|error| opening(path, error))?;
        let index = Self { path: path.into(), store: Store::Whole(database), model: model.clone() };
        index.write(|transaction| {
            for table in [KEYS, VECTORS] {
                transaction.open_table(table)?;
            }
            transaction.open_table(PENDING)?;
            transaction.open_table(TEXTS)?;
            transaction.open_table(FILES)?;
            let about = About { format: FORMAT, model: model.clone() };
            let about = serde_json::to_string(&about).expect("numbers and a name are JSON");
            transaction.open_table(ABOUT)?.insert("index", &about[..])?;
            Ok(())
        })?;
        Ok(index)
    }

    /// Opens an index to change it.
    ///
    /// # Errors
    ///
    /// A file that is missing, is no index, is in use, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        check(path)?;
        let database = Database::open(path).map_err(|error| opening(path, error))?;
        Self::opened(path, Store::Whole(database))
    }

    /// Opens an index to search in it; several processes may.
    ///
    /// # Errors
    ///
    /// A file that is missing, is no index, or is being changed.
    pub fn open_to_read(path: &Path) -> Result<Self, IndexError> {
        check(path)?;
        match ReadOnlyDatabase::open(path) {
            Ok(database) => Self::opened(path, Store::ReadOnly(database)),
            Err(DatabaseError::RepairAborted) => Self::open(path), // a killed process left it to be put in order
            Err(error) => Err(opening(path, error)),
        }
    }

    fn opened(path: &Path, store: Store) -> Result<Self, IndexError> {
        let no_index = |found: String| IndexError::NoIndex { path: path.into(), found };
        let model = Model { name: String::new(), probe: Vec::new() };
        let mut index = Self { path: path.into(), store, model };
        let about: String = index
            .read(|transaction| {
                let table = transaction.open_table(ABOUT)?;
                Ok(table.get("index")?.map(|about| about.value().to_string()).unwrap_or_default())
            })
            .map_err(|error| match error {
                IndexError::Store { source, .. } => no_index(format!("a store of something else ({source})")),
                other => other,
            })?;
        let format = serde_json::from_str::<serde_json::Value>(&about).ok();
        let format = format.and_then(|about| about["format"].as_u64()).and_then(|n| u32::try_from(n).ok());
        match format {
            None => Err(no_index("a store that does not say what it is".into())),
            Some(found) if found != FORMAT => {
                Err(IndexError::Format { path: path.into(), expected: FORMAT, found })
            }
            Some(_) => {
                let about: About =
                    serde_json::from_str(&about).map_err(|error| no_index(error.to_string()))?;
                index.model = about.model;
                Ok(index)
            }
        }
    }

    /// Whose vectors it holds.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Checks that a model makes the vectors that are kept here.
    ///
    /// # Errors
    ///
    /// A model of another width, or one that gives the probe another vector.
    pub fn expect(&self, model: &Model) -> Result<(), IndexError> {
        let (own, other) = (&self.model.probe, &model.probe);
        let other_model = |why: String| {
            let (expected, found) = (self.model.name.clone(), model.name.clone());
            Err(IndexError::OtherModel { path: self.path.clone(), expected, found, why })
        };
        if own.len() != other.len() {
            return other_model(format!("{} numbers in place of {}", other.len(), own.len()));
        }
        let cosine: f32 = unit(own.clone()).iter().zip(unit(other.clone())).map(|(a, b)| a * b).sum();
        if cosine.is_nan() || cosine < SAME {
            return other_model(format!("a cosine of {cosine:.3} between the two vectors of one sentence"));
        }
        Ok(())
    }

    /// Every file by its path, with its digest.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn files(&self) -> Result<HashMap<String, [u8; 32]>, IndexError> {
        self.read(|transaction| {
            let mut files = HashMap::new();
            for row in transaction.open_table(FILES)?.iter()? {
                let (path, listed) = row?;
                files.insert(path.value().to_string(), Listed(listed.value()).digest());
            }
            Ok(files)
        })
    }

    /// Puts files in, or in the place of those of the same path: all of them or, after a failure, none.
    ///
    /// Texts that were never said before go through `embed`, which gives a vector for each.
    ///
    /// # Errors
    ///
    /// What `embed` fails with, a vector of another width or with a number that is none, or a store that cannot be
    /// written.
    pub fn put<E: From<IndexError>>(
        &mut self,
        files: &[Source],
        mut embed: impl FnMut(&[&str]) -> Result<Vec<Vec<f32>>, E>,
    ) -> Result<Put, E> {
        let texts: HashMap<Key, &str> = files
            .iter()
            .flat_map(|file| &file.passages)
            .map(|said| (key(&said.text), &said.text[..]))
            .collect();
        let unknown = self.unknown(&texts)?;
        let embedded = unknown.len();
        let mut last = Vec::new();
        for (number, part) in unknown.chunks(PART).enumerate() {
            if number > 0 {
                self.keep_aside(&last)?;
            }
            let part_texts: Vec<&str> = part.iter().map(|(_, text)| *text).collect();
            let vectors = embed(&part_texts)?;
            last = self.checked(part, vectors)?;
        }
        self.place(files, &texts, &last)?;
        let passages = files.iter().map(|file| file.passages.len()).sum();
        Ok(Put { passages, embedded })
    }

    /// Takes out the files with these paths, and every text that no other file says.
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
                    if let Some(listed) = files.remove(&path[..])? {
                        old.extend(Listed(listed.value()).keys());
                    }
                }
            }
            sweep(transaction, old)
        })
    }

    /// Forgets what was embedded for files that never got done.
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

    /// Brings all vectors into memory.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn scan(&self) -> Result<Scan, IndexError> {
        let width = self.model.probe.len();
        self.read(|transaction| {
            let rows = transaction.open_table(TEXTS)?.len()? as usize;
            let (mut keys, mut vectors) = (Vec::with_capacity(rows), Vec::with_capacity(rows * width));
            for block in transaction.open_table(KEYS)?.iter()? {
                keys.extend_from_slice(block?.1.value().as_chunks().0);
            }
            for block in transaction.open_table(VECTORS)?.iter()? {
                let block = block?.1;
                vectors.extend(block.value().as_chunks().0.iter().map(|&number| f32::from_le_bytes(number)));
            }
            Ok(Scan { width, keys, vectors })
        })
    }

    /// What was found says, and where it stands.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn hits(&self, found: &[Near]) -> Result<Vec<Hit>, IndexError> {
        let mut places: HashMap<Key, Vec<(String, u32)>> =
            found.iter().map(|near| (near.key, Vec::new())).collect();
        self.read(|transaction| {
            for row in transaction.open_table(FILES)?.iter()? {
                let (path, listed) = row?;
                for (line, key) in Listed(listed.value()).passages() {
                    if let Some(places) = places.get_mut(&key) {
                        places.push((path.value().to_string(), line));
                    }
                }
            }
            let texts = transaction.open_table(TEXTS)?;
            let mut hits = Vec::new();
            for near in found {
                let text = texts.get(near.key)?.map(|text| text.value().to_string()).unwrap_or_default();
                let places = places.get(&near.key).cloned().unwrap_or_default();
                hits.push(Hit { score: near.score, text, places });
            }
            Ok(hits)
        })
    }

    /// How much it holds.
    ///
    /// # Errors
    ///
    /// A store that cannot be read.
    pub fn info(&self) -> Result<Info, IndexError> {
        let bytes = self.path.metadata().map(|file| file.len()).unwrap_or_default();
        self.read(|transaction| {
            let files = transaction.open_table(FILES)?;
            let mut passages = 0;
            for row in files.iter()? {
                passages += Listed(row?.1.value()).passages().count();
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
    fn unknown<'a>(&self, texts: &HashMap<Key, &'a str>) -> Result<Vec<(Key, &'a str)>, IndexError> {
        self.read(|transaction| {
            let (said, pending) = (transaction.open_table(TEXTS)?, transaction.open_table(PENDING)?);
            let mut unknown = Vec::new();
            for (&key, &text) in texts {
                if said.get(key)?.is_none() && pending.get(key)?.is_none() {
                    unknown.push((key, text));
                }
            }
            unknown.sort_unstable();
            Ok(unknown)
        })
    }

    /// Vectors of the index's width, at unit length, as they are kept.
    fn checked(
        &self,
        texts: &[(Key, &str)],
        vectors: Vec<Vec<f32>>,
    ) -> Result<Vec<(Key, Vec<u8>)>, IndexError> {
        let width = self.model.probe.len();
        assert_eq!(texts.len(), vectors.len(), "a vector for each text");
        let check = |(&(key, text), vector): (&(Key, &str), Vec<f32>)| {
            let refuse = |found| {
                let text = text.chars().take(40).collect();
                Err(IndexError::Vector { text, expected: width, found })
            };
            match vector.iter().find(|number| !number.is_finite()) {
                Some(number) => refuse(format!("{number} among them")),
                None if vector.len() != width => refuse(format!("{}", vector.len())),
                None => Ok((key, unit(vector).into_iter().flat_map(f32::to_le_bytes).collect())),
            }
        };
        texts.iter().zip(vectors).map(check).collect()
    }

    fn keep_aside(&self, vectors: &[(Key, Vec<u8>)]) -> Result<(), IndexError> {
        self.write(|transaction| {
            let mut pending = transaction.open_table(PENDING)?;
            for (key, vector) in vectors {
                pending.insert(key, &vector[..])?;
            }
            Ok(())
        })
    }

    /// Makes the files visible.
    fn place(
        &self,
        files: &[Source],
        texts: &HashMap<Key, &str>,
        embedded: &[(Key, Vec<u8>)],
    ) -> Result<(), IndexError> {
        self.write(|transaction| {
            let mut old = HashSet::new();
            {
                let mut table = transaction.open_table(FILES)?;
                for file in files {
                    let listed = Listed::of(file);
                    if let Some(before) = table.insert(&file.path[..], &listed[..])? {
                        old.extend(Listed(before.value()).keys());
                    }
                }
                let mut new: Vec<(Key, Vec<u8>)> = embedded.to_vec();
                let mut pending = transaction.open_table(PENDING)?;
                let mut said = transaction.open_table(TEXTS)?;
                for (&key, &text) in texts {
                    if let Some(vector) = pending.remove(key)? {
                        new.push((key, vector.value().to_vec()));
                    }
                    said.insert(key, text)?;
                }
                append(transaction, new)?;
            }
            sweep(transaction, old)
        })
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, IndexError> {
        let transaction = match &self.store {
            Store::Whole(database) => database.begin_read(),
            Store::ReadOnly(database) => database.begin_read(),
        };
        let done = transaction.map_err(redb::Error::from).and_then(|transaction| work(&transaction));
        done.map_err(|error| self.failed("reading", error))
    }

    /// One transaction: all of it is on the disk when this returns, or nothing.
    fn write(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), IndexError> {
        let Store::Whole(database) = &self.store else { unreachable!("an index that is open to be read") };
        let write = || -> Result<(), redb::Error> {
            let mut transaction = database.begin_write()?;
            transaction.set_quick_repair(true); // after a kill the next one opens at once
            work(&transaction)?;
            Ok(transaction.commit()?)
        };
        write().map_err(|error| self.failed("writing", error))
    }

    fn failed(&self, action: &'static str, error: redb::Error) -> IndexError {
        IndexError::Store { path: self.path.clone(), action, source: error.into() }
    }
}

/// Drops those texts that no file says any more.
fn sweep(transaction: &WriteTransaction, mut old: HashSet<Key>) -> Result<(), redb::Error> {
    if old.is_empty() {
        return Ok(());
    }
    for row in transaction.open_table(FILES)?.iter()? {
        for key in Listed(row?.1.value()).keys() {
            old.remove(&key);
        }
    }
    let mut texts = transaction.open_table(TEXTS)?;
    for &key in &old {
        texts.remove(key)?;
    }
    let blocks: Vec<(u32, Vec<Key>)> = blocks(transaction)?;
    for (block, keys) in blocks.into_iter().filter(|(_, keys)| keys.iter().any(|key| old.contains(key))) {
        let kept =
            rows(transaction, block, &keys)?.into_iter().filter(|(key, _)| !old.contains(key)).collect();
        replace(transaction, block, kept)?;
    }
    Ok(())
}

/// Adds vectors to the last block, and to new ones.
fn append(transaction: &WriteTransaction, new: Vec<(Key, Vec<u8>)>) -> Result<(), redb::Error> {
    let Some((_, vector)) = new.first() else { return Ok(()) };
    let most = (BLOCK / vector.len().max(1)).max(1);
    let (mut block, keys) = blocks(transaction)?.pop().unwrap_or_default();
    let mut all = if keys.len() < most { rows(transaction, block, &keys)? } else { Vec::new() };
    block += u32::from(keys.len() >= most);
    all.extend(new);
    for part in all.chunks(most) {
        replace(transaction, block, part.to_vec())?;
        block += 1;
    }
    Ok(())
}

/// Every block and the keys of its vectors.
fn blocks(transaction: &WriteTransaction) -> Result<Vec<(u32, Vec<Key>)>, redb::Error> {
    let mut blocks = Vec::new();
    for block in transaction.open_table(KEYS)?.iter()? {
        let (block, keys) = block?;
        blocks.push((block.value(), keys.value().as_chunks::<KEY>().0.to_vec()));
    }
    Ok(blocks)
}

/// The vectors of a block, each with its key.
fn rows(
    transaction: &WriteTransaction,
    block: u32,
    keys: &[Key],
) -> Result<Vec<(Key, Vec<u8>)>, redb::Error> {
    let table = transaction.open_table(VECTORS)?;
    let Some(vectors) = table.get(block)? else { return Ok(Vec::new()) };
    let vectors = vectors.value();
    let width = vectors.len() / keys.len().max(1);
    Ok(keys.iter().copied().zip(vectors.chunks(width.max(1)).map(<[u8]>::to_vec)).collect())
}

/// Writes a block anew; one without vectors is none.
fn replace(transaction: &WriteTransaction, block: u32, rows: Vec<(Key, Vec<u8>)>) -> Result<(), redb::Error> {
    let (mut keys, mut vectors) = (transaction.open_table(KEYS)?, transaction.open_table(VECTORS)?);
    if rows.is_empty() {
        keys.remove(block)?;
        vectors.remove(block)?;
        return Ok(());
    }
    let (of_keys, of_vectors): (Vec<Key>, Vec<Vec<u8>>) = rows.into_iter().unzip();
    keys.insert(block, &of_keys.concat()[..])?;
    vectors.insert(block, &of_vectors.concat()[..])?;
    Ok(())
}

/// A row of the files: the digest, then line and key of each passage.
struct Listed<'a>(&'a [u8]);

/// Bytes of a digest, and of a passage: line and key.
const DIGEST: usize = 32;
const LISTED: usize = 4 + KEY;

impl Listed<'_> {
    fn of(file: &Source) -> Vec<u8> {
        let passages = file
            .passages
            .iter()
            .flat_map(|passage| passage.line.to_le_bytes().into_iter().chain(key(&passage.text)));
        file.digest.into_iter().chain(passages).collect()
    }

    fn digest(&self) -> [u8; DIGEST] {
        self.0.first_chunk().copied().unwrap_or_default()
    }

    fn passages(&self) -> impl Iterator<Item = (u32, Key)> {
        self.0.get(DIGEST..).unwrap_or_default().as_chunks::<LISTED>().0.iter().map(|row| {
            let (line, key) = row.split_at(4);
            let line = line.first_chunk().copied().unwrap_or_default();
            (u32::from_le_bytes(line), key.first_chunk().copied().unwrap_or_default())
        })
    }

    fn keys(&self) -> impl Iterator<Item = Key> {
        self.passages().map(|(_, key)| key)
    }
}

/// The first half of the text's sha256: two texts with one key are not to be expected on this earth.
fn key(text: &str) -> Key {
    Sha256::digest(text).first_chunk().copied().unwrap_or_default()
}

/// What can be told before the store looks at the file.
fn check(path: &Path) -> Result<(), IndexError> {
    let no_index = |found: &str| Err(IndexError::NoIndex { path: path.into(), found: found.into() });
    match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(IndexError::Missing { path: path.into() })
        }
        Ok(file) if file.is_dir() => no_index("a directory"),
        Ok(file) if file.len() == 0 => no_index("an empty file"),
        _ => Ok(()),
    }
}

fn opening(path: &Path, error: DatabaseError) -> IndexError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => IndexError::InUse { path: path.into() },
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == std::io::ErrorKind::InvalidData =>
        {
            IndexError::NoIndex { path: path.into(), found: "a file of another kind".into() }
        }
        DatabaseError::Storage(StorageError::Corrupted(why)) => {
            IndexError::NoIndex { path: path.into(), found: format!("a damaged one ({why})") }
        }
        error => IndexError::Store { path: path.into(), action: "opening", source: Box::new(error.into()) },
    }
}
