//! A file while it is being written: `NAME.part`, renamed to `NAME` once it is complete and on the
//! disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use files::{FilesError, part_of, settle};

use crate::error::FetchError;

/// The unfinished file. It is locked, so that two processes do not write it at once; the lock ends
/// with the process.
pub(crate) struct Part {
    target: PathBuf,
    path: PathBuf,
    file: File,
    resumable: bool,
}

impl Part {
    /// Opens the part of `target`, keeping what an earlier run left there only if `resumable`:
    /// without a pin or a commit, nothing tells whether the rest still belongs to it.
    pub fn open(target: &Path, resumable: bool) -> Result<Part, FetchError> {
        let path = part_of(target);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(FilesError::io(folder, "creating the folder"))?;
        }
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = options.map_err(FilesError::io(&path, "writing"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FetchError::Busy { path }),
            // A file system without locks: go on without, as before there were any.
            Err(TryLockError::Error(_)) => {}
        }
        let mut part = Part { target: target.into(), path, file, resumable };
        if !resumable {
            part.restart()?;
        }
        Ok(part)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn len(&self) -> Result<u64, FetchError> {
        Ok(self.file.metadata().map_err(FilesError::io(&self.path, "reading"))?.len())
    }

    /// Empties the unfinished file.
    pub fn restart(&mut self) -> Result<(), FetchError> {
        Ok(self.file.set_len(0).map_err(FilesError::io(&self.path, "writing"))?)
    }

    /// Appends bytes to the unfinished file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let written = self.file.seek(SeekFrom::End(0)).and_then(|_| self.file.write_all(bytes));
        Ok(written.map_err(FilesError::io(&self.path, "writing"))?)
    }

    /// Gives it its name.
    pub fn finish(self) -> Result<(), FetchError> {
        Ok(settle(&self.path, &self.target).map_err(FilesError::io(&self.target, "writing"))?)
    }

    pub fn discard(&mut self) -> Result<(), FetchError> {
        Ok(fs::remove_file(&self.path).map_err(FilesError::io(&self.path, "removing"))?)
    }

    /// After a failed transfer: a part with something in it stays for the next run, unless the
    /// error says that it is the wrong file.
    pub fn keep_if_useful(&mut self, error: &FetchError) -> Result<(), FetchError> {
        let passing = matches!(
            error,
            FetchError::Network { .. }
                | FetchError::File(FilesError::Io { .. })
                | FetchError::Http { .. }
        );
        if self.resumable && passing && self.len()? > 0 { Ok(()) } else { self.discard() }
    }
}
