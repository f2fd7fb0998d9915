//! The folder in which what was fetched is kept.

use std::path::{Path, PathBuf};

use crate::error::FilesError;

/// The environment variable that names the folder.
pub const HOME_VARIABLE: &str = "RUNGS_HOME";

/// The folder of downloads: `$RUNGS_HOME`, else `rungs` in the user's cache folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The folder that the environment names.
    ///
    /// # Errors
    ///
    /// If neither `RUNGS_HOME` is set nor a cache folder is known.
    pub fn from_env() -> Result<Home, FilesError> {
        let named =
            std::env::var_os(HOME_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let root =
            named.or_else(|| Some(dirs::cache_dir()?.join("rungs"))).ok_or(FilesError::NoHome)?;
        Ok(Home { root })
    }

    /// A folder of the caller's choice.
    pub fn at(root: impl Into<PathBuf>) -> Home {
        Home { root: root.into() }
    }

    /// The folder that everything is kept in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the model called `name` lies, fetched or not: `models/minilm`.
    pub fn model(&self, name: &str) -> PathBuf {
        self.root.join("models").join(name)
    }

    /// The folder of all-MiniLM-L6-v2, if it was fetched.
    pub fn minilm(&self) -> Option<PathBuf> {
        Some(self.model("minilm")).filter(|folder| folder.join("model.safetensors").exists())
    }

    /// Where the data called `name` lie, fetched or not: `data/stsb`.
    pub fn data(&self, name: &str) -> PathBuf {
        self.root.join("data").join(name)
    }
}
