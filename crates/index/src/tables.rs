//! The tables of the store: how passages and vectors lie in it.

use std::collections::HashSet;

use redb::{ReadableTable, TableDefinition, WriteTransaction};
use sha2::{Digest, Sha256};

use crate::FilePassages;
use crate::vectors::Key;

/// Most bytes of a block of vectors. The store rounds a value up to a power of two; this much less
/// leaves room for what it writes beside it. With one value per vector, reading would take five
/// times as long.
const BLOCK: usize = (1 << 20) - 4096;
/// Size of a key in bytes.
const KEY: usize = size_of::<Key>();

// Texts are kept as bytes: where a damaged one is not UTF-8, the store would end the process
// instead of returning an error.

/// Table of one row, the header of the file as JSON.
pub(crate) const HEADER: TableDefinition<&[u8], &[u8]> = TableDefinition::new("about");
/// Table from a file's path to its digest and passages, see [`FileRow`].
pub(crate) const FILES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("files");
/// Table from a key to its text.
pub(crate) const TEXTS: TableDefinition<Key, &[u8]> = TableDefinition::new("texts");
/// Table from a block's number to its keys, one after the other.
pub(crate) const KEYS: TableDefinition<u32, &[u8]> = TableDefinition::new("keys");
/// Table from a block's number to its vectors in the order of its keys: little-endian numbers, each
/// vector at unit length.
pub(crate) const VECTORS: TableDefinition<u32, &[u8]> = TableDefinition::new("vectors");
/// Table of vectors whose texts stand in no file yet: the file is not done, or was not when a run
/// was killed.
pub(crate) const PENDING: TableDefinition<Key, &[u8]> = TableDefinition::new("pending");

/// Drops those of the `old` texts that stand in no file any more, with their vectors.
pub(crate) fn drop_unused(
    transaction: &WriteTransaction,
    mut old: HashSet<Key>,
) -> Result<(), redb::Error> {
    if old.is_empty() {
        return Ok(());
    }
    for row in transaction.open_table(FILES)?.iter()? {
        for (_, key) in FileRow::from_bytes(row?.1.value())?.passages {
            old.remove(&key);
        }
    }
    let mut texts = transaction.open_table(TEXTS)?;
    for &key in &old {
        texts.remove(key)?;
    }
    for (block, keys) in blocks(transaction)? {
        if keys.iter().any(|key| old.contains(key)) {
            let mut kept = block_vectors(transaction, block, &keys)?;
            kept.retain(|(key, _)| !old.contains(key));
            write_block(transaction, block, kept)?;
        }
    }
    Ok(())
}

/// Adds vectors to the last block, and to new ones.
pub(crate) fn append_vectors(
    transaction: &WriteTransaction,
    new: Vec<(Key, Vec<u8>)>,
) -> Result<(), redb::Error> {
    let Some((_, vector)) = new.first() else { return Ok(()) };
    let most = (BLOCK / vector.len().max(1)).max(1);
    let (mut block, keys) = blocks(transaction)?.pop().unwrap_or_default();
    let mut all =
        if keys.len() < most { block_vectors(transaction, block, &keys)? } else { Vec::new() };
    block += u32::from(keys.len() >= most);
    all.extend(new);
    for part in all.chunks(most) {
        write_block(transaction, block, part.to_vec())?;
        block += 1;
    }
    Ok(())
}

/// The number of every block, and the keys of its vectors.
fn blocks(transaction: &WriteTransaction) -> Result<Vec<(u32, Vec<Key>)>, redb::Error> {
    let mut blocks = Vec::new();
    for block in transaction.open_table(KEYS)?.iter()? {
        let (block, keys) = block?;
        blocks.push((block.value(), keys.value().as_chunks::<KEY>().0.to_vec()));
    }
    Ok(blocks)
}

/// The vectors of a block, each with its key.
fn block_vectors(
    transaction: &WriteTransaction,
    block: u32,
    keys: &[Key],
) -> Result<Vec<(Key, Vec<u8>)>, redb::Error> {
    let table = transaction.open_table(VECTORS)?;
    let Some(vectors) = table.get(block)? else { return Ok(Vec::new()) };
    let vectors = vectors.value();
    let width = vectors.len() / keys.len().max(1);
    let mut rows = Vec::with_capacity(keys.len());
    for (key, vector) in keys.iter().zip(vectors.chunks(width.max(1))) {
        rows.push((*key, vector.to_vec()));
    }
    Ok(rows)
}

/// Writes a block anew, or removes it where no vector is left.
fn write_block(
    transaction: &WriteTransaction,
    block: u32,
    rows: Vec<(Key, Vec<u8>)>,
) -> Result<(), redb::Error> {
    let (mut keys, mut vectors) = (transaction.open_table(KEYS)?, transaction.open_table(VECTORS)?);
    if rows.is_empty() {
        keys.remove(block)?;
        vectors.remove(block)?;
        return Ok(());
    }
    let (mut key_bytes, mut vector_bytes) = (Vec::new(), Vec::new());
    for (key, vector) in &rows {
        key_bytes.extend_from_slice(key);
        vector_bytes.extend_from_slice(vector);
    }
    keys.insert(block, &key_bytes[..])?;
    vectors.insert(block, &vector_bytes[..])?;
    Ok(())
}

/// Size of a line's number in bytes.
const LINE: usize = size_of::<u32>();
/// Size of a file's digest in bytes.
const DIGEST: usize = 32;

/// A row of the table [`FILES`].
pub(crate) struct FileRow {
    /// Digest of the file's bytes, and of how they were made passages.
    pub(crate) digest: [u8; DIGEST],
    /// Line of each passage, and the key of its text.
    pub(crate) passages: Vec<(u32, Key)>,
}

impl FileRow {
    /// The row of a file.
    pub(crate) fn new(file: &FilePassages) -> Self {
        let mut passages = Vec::with_capacity(file.passages.len());
        for passage in &file.passages {
            passages.push((passage.line, key(&passage.text)));
        }
        Self { digest: file.digest, passages }
    }

    /// The row's bytes in the store: the digest, then line (little-endian) and key of each passage.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.digest.to_vec();
        for (line, key) in &self.passages {
            bytes.extend(line.to_le_bytes());
            bytes.extend(key);
        }
        bytes
    }

    /// The row of these bytes; a row of another length is damaged.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, redb::Error> {
        let damaged = redb::Error::Corrupted(format!("a file's row of {} bytes", bytes.len()));
        let Some((digest, rest)) = bytes.split_first_chunk() else { return Err(damaged) };
        let (rows, []) = rest.as_chunks::<{ LINE + KEY }>() else { return Err(damaged) };
        let mut passages = Vec::with_capacity(rows.len());
        for row in rows {
            let (mut line, mut key) = ([0; LINE], [0; KEY]);
            line.copy_from_slice(&row[..LINE]);
            key.copy_from_slice(&row[LINE..]);
            passages.push((u32::from_le_bytes(line), key));
        }
        Ok(Self { digest: *digest, passages })
    }

    /// Adds the keys of the row's passages to `keys`.
    pub(crate) fn add_keys(&self, keys: &mut HashSet<Key>) {
        for (_, key) in &self.passages {
            keys.insert(*key);
        }
    }
}

/// The key of a text, the first half of its sha256: that two texts share one is practically
/// impossible.
pub(crate) fn key(text: &str) -> Key {
    Sha256::digest(text).first_chunk().copied().unwrap_or_default()
}
