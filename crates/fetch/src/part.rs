//! A file while it is being written: `NAME.rungs-part`, renamed to `NAME` once it is complete and on the
//! disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use files::{FilesError, part_of, settle};

use crate::error::FetchError;

/// The unfinished file. It is locked, so that two processes do not write it at once; the lock ends
/// with the process. Neither it nor its folder stays before the first byte comes, so that
/// a fetch that fails or is killed leaves nothing that is empty.
pub(crate) struct Part {
    target: PathBuf,
    path: PathBuf,
    file: Option<File>,
    resumable: bool,
    /// The outermost folder that was made for it.
    made: Option<PathBuf>,
}

impl Part {
    /// Opens the part of `target`, keeping what an earlier run left there only if `resumable`:
    /// without a pin or a commit, nothing tells whether the rest still belongs to it.
    pub fn open(target: &Path, resumable: bool) -> Result<Part, FetchError> {
        let path = part_of(target);
        let mut part = Part { target: target.into(), path, file: None, resumable, made: None };
        let begun = part.path.exists();
        // Where it cannot be written, that is said before anything is asked for.
        part.create()?;
        if !begun {
            part.discard()?;
        } else if !resumable {
            part.restart()?;
        }
        Ok(part)
    }

    /// Makes the file and its folder, where they are not there yet.
    pub fn create(&mut self) -> Result<(), FetchError> {
        if self.file.is_some() {
            return Ok(());
        }
        if let Some(folder) = self.target.parent() {
            let missing = folder.ancestors().take_while(|above| !above.exists());
            self.made = missing.last().map(Path::to_path_buf);
            fs::create_dir_all(folder).map_err(FilesError::io(folder, "creating the folder"))?;
        }
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path);
        let file = options.map_err(FilesError::io(&self.path, "writing"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FetchError::Busy { path: self.path.clone() });
            }
            // A file system without locks: go on without, as before there were any.
            Err(TryLockError::Error(_)) => {}
        }
        self.file = Some(file);
        Ok(())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn len(&self) -> Result<u64, FetchError> {
        match &self.file {
            Some(file) => Ok(file.metadata().map_err(FilesError::io(&self.path, "reading"))?.len()),
            None => Ok(0),
        }
    }

    /// Empties the unfinished file.
    pub fn restart(&mut self) -> Result<(), FetchError> {
        if let Some(file) = &self.file {
            file.set_len(0).map_err(FilesError::io(&self.path, "writing"))?;
        }
        Ok(())
    }

    /// Appends bytes to the unfinished file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.create()?;
        if let Some(file) = &mut self.file {
            let written = file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(bytes));
            written.map_err(FilesError::io(&self.path, "writing"))?;
        }
        Ok(())
    }

    /// Gives it its name.
    pub fn finish(self) -> Result<(), FetchError> {
        Ok(settle(&self.path, &self.target).map_err(FilesError::io(&self.target, "writing"))?)
    }

    /// Removes it, and the folders that were made for it.
    pub fn discard(&mut self) -> Result<(), FetchError> {
        if self.file.take().is_none() {
            return Ok(());
        }
        fs::remove_file(&self.path).map_err(FilesError::io(&self.path, "removing"))?;
        if let Some(made) = &self.made {
            for folder in self.path.ancestors().skip(1) {
                // What is not empty stays: another fetch may have begun in it.
                if fs::remove_dir(folder).is_err() || folder == made {
                    break;
                }
            }
        }
        Ok(())
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
