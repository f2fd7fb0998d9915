//! Digests by SHA-256, in hexadecimal.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::FilesError;

/// Bytes as they are written down, two hexadecimal digits each.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of `bytes`, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of the file at `path`, in hexadecimal.
///
/// # Errors
///
/// A file that cannot be read.
pub fn sha256_of(path: &Path) -> Result<String, FilesError> {
    let mut file = std::fs::File::open(path).map_err(FilesError::io(path, "reading"))?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 18];
    loop {
        match file.read(&mut chunk).map_err(FilesError::io(path, "reading"))? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&chunk[..read]),
        }
    }
}
