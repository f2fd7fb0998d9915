//! How passages and vectors lie in the store.

use std::collections::HashSet;

use redb::{ReadableTable, TableDefinition, WriteTransaction};
use sha2::{Digest, Sha256};

use crate::Source;
use crate::scan::Key;

/// The most bytes of a block of vectors. The store gives a value a power of two; this much less
/// than one leaves room for what it writes beside it. A vector a value would be read at a fifth of
/// the speed.
const BLOCK: usize = (1 << 20) - 4096;
/// Bytes of a key.
const KEY: usize = size_of::<Key>();

// Texts are kept as bytes: of a damaged one that is no UTF-8, the store would not give an error but
// end the process.

/// What the file is, as JSON.
pub(crate) const ABOUT: TableDefinition<&[u8], &[u8]> = TableDefinition::new("about");
/// Path to digest and passages, see [`FileRow`].
pub(crate) const FILES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("files");
/// What is said, once each.
pub(crate) const TEXTS: TableDefinition<Key, &[u8]> = TableDefinition::new("texts");
/// A block's keys, one after the other.
pub(crate) const KEYS: TableDefinition<u32, &[u8]> = TableDefinition::new("keys");
/// A block's vectors in the order of its keys: numbers in little-endian order, at unit length.
pub(crate) const VECTORS: TableDefinition<u32, &[u8]> = TableDefinition::new("vectors");
/// Vectors of texts that no file says yet: of a file that is not done, or was not when a run was
/// killed.
pub(crate) const PENDING: TableDefinition<Key, &[u8]> = TableDefinition::new("pending");

/// Drops those texts that no file says any more.
pub(crate) fn sweep(
    transaction: &WriteTransaction,
    mut old: HashSet<Key>,
) -> Result<(), redb::Error> {
    if old.is_empty() {
        return Ok(());
    }
    for row in transaction.open_table(FILES)?.iter()? {
        for key in FileRow::from_bytes(row?.1.value())?.keys() {
            old.remove(&key);
        }
    }
    let mut texts = transaction.open_table(TEXTS)?;
    for &key in &old {
        texts.remove(key)?;
    }
    let blocks: Vec<(u32, Vec<Key>)> = blocks(transaction)?;
    for (block, keys) in
        blocks.into_iter().filter(|(_, keys)| keys.iter().any(|key| old.contains(key)))
    {
        let kept = rows(transaction, block, &keys)?
            .into_iter()
            .filter(|(key, _)| !old.contains(key))
            .collect();
        replace(transaction, block, kept)?;
    }
    Ok(())
}

/// Adds vectors to the last block, and to new ones.
pub(crate) fn append(
    transaction: &WriteTransaction,
    new: Vec<(Key, Vec<u8>)>,
) -> Result<(), redb::Error> {
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
fn replace(
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
    let (of_keys, of_vectors): (Vec<Key>, Vec<Vec<u8>>) = rows.into_iter().unzip();
    keys.insert(block, &of_keys.concat()[..])?;
    vectors.insert(block, &of_vectors.concat()[..])?;
    Ok(())
}

/// Bytes of a line's number.
const LINE: usize = size_of::<u32>();
/// Bytes of a file's digest.
const DIGEST: usize = 32;

/// A row of the files.
pub(crate) struct FileRow {
    /// Digest of the file's bytes, and of how they were made passages.
    pub(crate) digest: [u8; DIGEST],
    /// Line and key of each passage.
    pub(crate) passages: Vec<(u32, Key)>,
}

impl FileRow {
    pub(crate) fn of(file: &Source) -> Self {
        let mut passages = Vec::with_capacity(file.passages.len());
        for passage in &file.passages {
            passages.push((passage.line, key(&passage.text)));
        }
        Self { digest: file.digest, passages }
    }

    /// The bytes in the store: the digest, then line (little-endian) and key of each passage.
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
        let damaged = || redb::Error::Corrupted(format!("a file's row of {} bytes", bytes.len()));
        let (digest, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
        let (rows, []) = rest.as_chunks::<{ LINE + KEY }>() else { return Err(damaged()) };
        let mut passages = Vec::with_capacity(rows.len());
        for row in rows {
            let (line, rest) = row.split_first_chunk().ok_or_else(damaged)?;
            let (key, _) = rest.split_first_chunk().ok_or_else(damaged)?;
            passages.push((u32::from_le_bytes(*line), *key));
        }
        Ok(Self { digest: *digest, passages })
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        self.passages.iter().map(|(_, key)| *key)
    }
}

/// The first half of the text's sha256: two texts with one key are not to be expected on this
/// earth.
pub(crate) fn key(text: &str) -> Key {
    Sha256::digest(text).first_chunk().copied().unwrap_or_default()
}
