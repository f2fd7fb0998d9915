//! The file.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use guard::guarded;
use redb::{
    Builder, Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase,
    ReadableTable, ReadableTableMetadata, StorageError, WriteTransaction,
};
use serde::{Deserialize, Serialize};

use crate::error::IndexError;
use crate::scan::{Key, Near, Scan};
use crate::tables::{ABOUT, FILES, FileRow, KEYS, PENDING, TEXTS, VECTORS, append, key, sweep};
use crate::{Model, Source, unit};

/// What this program writes; a larger number is one that it does not know.
const FORMAT: u32 = 1;
/// Texts that are embedded before anything is written: what a kill can lose.
const PART: usize = 1024;
/// Under which the one row of [`ABOUT`] stands.
const INDEX: &[u8] = b"index";

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
        if path.metadata().is_ok_and(|file| file.len() > 0) {
            check_file(path)?;
        }
        let database = store_of(path, guarded(|| checking_builder().create(path)))?;
        let mut index =
            Self { path: path.into(), store: Store::Whole(database), model: model.clone() };
        // A run that was killed before it wrote anything leaves a store without tables, which is as
        // good as new.
        if index.read(|transaction| Ok(transaction.list_tables()?.next().is_some()))? {
            index = Self::from_store(path, index.store)?;
            index.expect(model)?;
            return Ok(index);
        }
        index.write(|transaction| {
            for table in [KEYS, VECTORS] {
                transaction.open_table(table)?;
            }
            transaction.open_table(PENDING)?;
            transaction.open_table(TEXTS)?;
            transaction.open_table(FILES)?;
            let about = About { format: FORMAT, model: model.clone() };
            let about = serde_json::to_vec(&about).expect("numbers and a name are JSON");
            transaction.open_table(ABOUT)?.insert(INDEX, &about[..])?;
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
        check_file(path)?;
        let database = store_of(path, guarded(|| checking_builder().open(path)))?;
        Self::from_store(path, Store::Whole(database))
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
            outcome => Self::from_store(path, Store::ReadOnly(store_of(path, outcome)?)),
        }
    }

    fn from_store(path: &Path, store: Store) -> Result<Self, IndexError> {
        let no_index = |found: String| IndexError::NoIndex { path: path.into(), found };
        let model = Model { name: String::new(), probe: Vec::new() };
        let mut index = Self { path: path.into(), store, model };
        let about: Vec<u8> = index
            .read(|transaction| {
                let table = transaction.open_table(ABOUT)?;
                Ok(table.get(INDEX)?.map(|about| about.value().to_vec()).unwrap_or_default())
            })
            .map_err(|error| match error {
                IndexError::Store { source, .. } => {
                    no_index(format!("a store of something else ({source})"))
                }
                other => other,
            })?;
        let format = serde_json::from_slice::<serde_json::Value>(&about).ok();
        let format =
            format.and_then(|about| about["format"].as_u64()).and_then(|n| u32::try_from(n).ok());
        match format {
            None => Err(no_index("a store that does not say what it is".into())),
            Some(found) if found != FORMAT => {
                Err(IndexError::Format { path: path.into(), expected: FORMAT, found })
            }
            Some(_) => {
                let about: About =
                    serde_json::from_slice(&about).map_err(|error| no_index(error.to_string()))?;
                index.model = about.model;
                Ok(index)
            }
        }
    }

    /// Whose vectors it holds.
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
    pub fn expect(&self, model: &Model) -> Result<(), IndexError> {
        let Some(why) = self.model.differs(model) else { return Ok(()) };
        let (expected, found) = (self.model.name.clone(), model.name.clone());
        Err(IndexError::OtherModel { path: self.path.clone(), expected, found, why })
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
                files.insert(text(path.value()), FileRow::from_bytes(listed.value())?.digest);
            }
            Ok(files)
        })
    }

    /// Puts files in, or in the place of those of the same path: all of them or, after a failure,
    /// none.
    ///
    /// Texts that were never said before go through `embed`, which gives a vector for each.
    ///
    /// # Errors
    ///
    /// What `embed` fails with, a vector of another width or with a number that is none, or a store
    /// that cannot be written.
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
            last = self.unit_vectors(part, vectors)?;
        }
        self.make_visible(files, &texts, &last)?;
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
                    if let Some(listed) = files.remove(path.as_bytes())? {
                        old.extend(FileRow::from_bytes(listed.value())?.keys());
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
            let mut keys = Vec::new();
            for block in transaction.open_table(KEYS)?.iter()? {
                keys.extend_from_slice(block?.1.value().as_chunks().0);
            }
            let mut vectors = Vec::with_capacity(keys.len() * width);
            for block in transaction.open_table(VECTORS)?.iter()? {
                let block = block?.1;
                vectors.extend(
                    block.value().as_chunks().0.iter().map(|&number| f32::from_le_bytes(number)),
                );
            }
            Ok(Scan { width, keys, vectors })
        })
        .and_then(|scan| {
            let (keys, numbers) = (scan.keys.len(), scan.vectors.len());
            if keys * width == numbers {
                return Ok(scan);
            }
            Err(damaged(&self.path, &format!("{numbers} numbers of {keys} vectors of {width}")))
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
                for (line, key) in FileRow::from_bytes(listed.value())?.passages {
                    if let Some(places) = places.get_mut(&key) {
                        places.push((text(path.value()), line));
                    }
                }
            }
            let texts = transaction.open_table(TEXTS)?;
            let mut hits = Vec::new();
            for near in found {
                let text = texts.get(near.key)?.map(|said| text(said.value())).unwrap_or_default();
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
    fn unknown<'a>(
        &self,
        texts: &HashMap<Key, &'a str>,
    ) -> Result<Vec<(Key, &'a str)>, IndexError> {
        self.read(|transaction| {
            let (said, pending) =
                (transaction.open_table(TEXTS)?, transaction.open_table(PENDING)?);
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
    fn unit_vectors(
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
    fn make_visible(
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
                    let row = FileRow::of(file).to_bytes();
                    if let Some(before) = table.insert(file.path.as_bytes(), &row[..])? {
                        old.extend(FileRow::from_bytes(before.value())?.keys());
                    }
                }
                let mut new: Vec<(Key, Vec<u8>)> = embedded.to_vec();
                let mut pending = transaction.open_table(PENDING)?;
                let mut said = transaction.open_table(TEXTS)?;
                for (&key, &text) in texts {
                    if let Some(vector) = pending.remove(key)? {
                        new.push((key, vector.value().to_vec()));
                    }
                    said.insert(key, text.as_bytes())?;
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
        let read = || {
            let transaction = match &self.store {
                Store::Whole(database) => database.begin_read()?,
                Store::ReadOnly(database) => database.begin_read()?,
            };
            work(&transaction)
        };
        self.done("reading", guarded(read))
    }

    /// One transaction: all of it is on the disk when this returns, or nothing.
    fn write(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), IndexError> {
        let Store::Whole(database) = &self.store else {
            unreachable!("an index that is open to be read")
        };
        let write = || -> Result<(), redb::Error> {
            let mut transaction = database.begin_write()?;
            transaction.set_quick_repair(true); // after a kill the next one opens at once
            work(&transaction)?;
            Ok(transaction.commit()?)
        };
        self.done("writing", guarded(write))
    }

    /// Turns the store's result, or its panic on a damaged page, into ours.
    fn done<T>(
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

fn damaged(path: &Path, why: &str) -> IndexError {
    IndexError::Damaged { path: path.into(), why: why.into() }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What can be told before the store looks at the file.
fn check_file(path: &Path) -> Result<(), IndexError> {
    let no_index =
        |found: &str| Err(IndexError::NoIndex { path: path.into(), found: found.into() });
    match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(IndexError::Missing { path: path.into() })
        }
        Ok(file) if file.is_dir() => no_index("a directory"),
        Ok(file) if file.len() == 0 => no_index("an empty file"),
        _ => Ok(()),
    }
}

/// Checks the sum of every page before anything is written: over a damaged one, the store would end
/// the process.
fn checking_builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_check_integrity_on_open(true);
    builder
}

/// The store that was opened.
fn store_of<D>(
    path: &Path,
    outcome: Result<Result<D, DatabaseError>, String>,
) -> Result<D, IndexError> {
    let no_index = |found: &str| IndexError::NoIndex { path: path.into(), found: found.into() };
    outcome.map_err(|why| damaged(path, &why))?.map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => IndexError::InUse { path: path.into() },
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == ErrorKind::InvalidData =>
        {
            no_index("a file of another kind")
        }
        DatabaseError::Storage(StorageError::Corrupted(why)) => damaged(path, &why),
        error => IndexError::Store {
            path: path.into(),
            action: "opening",
            source: Box::new(error.into()),
        },
    })
}
