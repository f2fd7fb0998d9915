//! What every architecture checks of its `config.json`, before a tensor is asked for.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use files::FilesError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::CheckpointError;

/// What errors call the file as a whole.
const TOP_LEVEL: &str = "the top level";

/// The checks of one configuration file; each refuses in the words of [`FilesError::Json`], or of
/// [`CheckpointError::Setting`] what may well be right and is not done here.
///
/// ```no_run
/// # fn main() -> Result<(), checkpoint::CheckpointError> {
/// let checks = checkpoint::Checks::of("model/config.json".as_ref());
/// checks.above_zero(&[("n_layer", 12), ("n_head", 12)])?;
/// checks.divides(("n_head", 12), ("n_embd", 768))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Checks {
    path: PathBuf,
    /// What the file says, where it says it in another form than JSON.
    values: Option<Map<String, Value>>,
}

impl Checks {
    /// Checks of the file at `path`, which errors name.
    pub fn of(path: &Path) -> Self {
        Self { path: path.into(), values: None }
    }

    /// Checks of a configuration that the file at `path` holds in another form than JSON.
    pub fn of_values(path: &Path, values: Map<String, Value>) -> Self {
        Self { path: path.into(), values: Some(values) }
    }

    /// What the file says, by key.
    fn values(&self) -> Result<Map<String, Value>, CheckpointError> {
        match &self.values {
            Some(values) => Ok(values.clone()),
            None => Ok(files::read_json(&self.path)?),
        }
    }

    /// Reads the file as the library's class of configuration does: a key that the file lacks has
    /// its value of `defaults`, and each of `other_names` is a second spelling of a key.
    ///
    /// Where a file has both spellings, the second one holds: transformers 5.24.0 sets the fields
    /// of the class first, then what is left over through its `attribute_map` (`configuration_utils`,
    /// `wrap_init_to_accept_kwargs` and `PreTrainedConfig.__post_init__`).
    ///
    /// # Errors
    ///
    /// As [`files::read_json`].
    pub fn read<T: DeserializeOwned>(
        &self,
        defaults: Value,
        other_names: &[(&str, &str)],
    ) -> Result<T, CheckpointError> {
        let mut file = self.values()?;
        for (other, name) in other_names {
            match file.remove(*other) {
                None | Some(Value::Null) => {}
                Some(value) => drop(file.insert((*name).into(), value)),
            }
        }
        if let Value::Object(defaults) = defaults {
            for (key, value) in defaults {
                file.entry(key).or_insert(value);
            }
        }
        self.parse(TOP_LEVEL, Value::Object(file))
    }

    /// The value that stands under `key`, as `T`.
    ///
    /// # Errors
    ///
    /// A value that does not fit `T`, by its key.
    pub fn parse<T: DeserializeOwned>(
        &self,
        key: &str,
        value: Value,
    ) -> Result<T, CheckpointError> {
        serde_path_to_error::deserialize(value).or_else(|error| {
            let key = match error.path().to_string().as_str() {
                "." => key.to_string(),
                inner if key == TOP_LEVEL => format!("{inner:?}"),
                inner => format!("{:?}", format!("{key}.{inner}")),
            };
            self.refuse(&key, error.into_inner().to_string())
        })
    }

    /// What to answer where a key's value cannot be.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn refuse<T>(&self, key: &str, problem: String) -> Result<T, CheckpointError> {
        Err(FilesError::Json { path: self.path.clone(), key: key.into(), problem }.into())
    }

    /// Checks that a key holds the one value that is read here; a missing one is `None`.
    ///
    /// # Errors
    ///
    /// Any other value.
    pub fn is<T: PartialEq + Debug>(
        &self,
        key: &str,
        found: T,
        expected: T,
    ) -> Result<(), CheckpointError> {
        if found == expected {
            return Ok(());
        }
        self.not_read(key, format!("expected {expected:?}, found {found:?}"))
    }

    /// What to answer where a key's value is a setting that is not read here.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn not_read<T>(&self, key: &str, problem: String) -> Result<T, CheckpointError> {
        Err(CheckpointError::Setting { path: self.path.clone(), key: key.into(), problem })
    }

    /// Checks the architecture that a file names.
    ///
    /// # Errors
    ///
    /// Another, or none.
    pub fn model_type(&self, found: Option<&str>, expected: &str) -> Result<(), CheckpointError> {
        self.one_of_types(found, &[expected]).map(drop)
    }

    /// The architecture that the file names, one of `expected`. Ask for it before any other key,
    /// which another architecture may lack.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, another architecture, or none.
    pub fn architecture(&self, expected: &[&str]) -> Result<String, CheckpointError> {
        let file = self.values()?;
        let model_type = file.get("model_type").and_then(Value::as_str);
        self.one_of_types(model_type, expected).map(String::from)
    }

    /// Checks that the architecture that a file names is one of `expected`.
    ///
    /// # Errors
    ///
    /// Another, or none: with all that are expected.
    pub fn one_of_types<'a>(
        &self,
        found: Option<&'a str>,
        expected: &[&str],
    ) -> Result<&'a str, CheckpointError> {
        let refused = match found {
            Some(found) if expected.contains(&found) => return Ok(found),
            Some(other) => format!("{other:?}"),
            None => "no such key".into(),
        };
        let (path, expected) = (self.path.clone(), one_of(expected));
        Err(CheckpointError::Architecture { path, expected, found: refused })
    }

    /// Checks that no size is zero.
    ///
    /// # Errors
    ///
    /// The first that is.
    pub fn above_zero(&self, sizes: &[(&str, usize)]) -> Result<(), CheckpointError> {
        match sizes.iter().find(|(_, size)| *size == 0) {
            Some((key, _)) => self.refuse(key, "expected at least 1, found 0".into()),
            None => Ok(()),
        }
    }

    /// Checks that the first size divides the second.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn divides(
        &self,
        (key, part): (&str, usize),
        (of, whole): (&str, usize),
    ) -> Result<(), CheckpointError> {
        if whole.is_multiple_of(part) {
            return Ok(());
        }
        self.refuse(key, format!("expected a divisor of {of} ({whole}), found {part}"))
    }

    /// Checks what a norm adds to the variance.
    ///
    /// # Errors
    ///
    /// If it does not lie between 0 and 1.
    pub fn epsilon(&self, key: &str, epsilon: f64) -> Result<(), CheckpointError> {
        if epsilon > 0.0 && epsilon < 1.0 {
            return Ok(());
        }
        self.refuse(key, format!("expected a number above 0 and below 1, found {epsilon}"))
    }

    /// Checks a share that is dropped in training.
    ///
    /// # Errors
    ///
    /// If it is negative, or 1 and more.
    pub fn probability(&self, key: &str, share: f64) -> Result<(), CheckpointError> {
        if (0.0..1.0).contains(&share) {
            return Ok(());
        }
        self.refuse(key, format!("expected a probability below 1, found {share}"))
    }
}

/// Names as a choice: `"gpt2", "bloom" or "llama"`.
fn one_of(names: &[&str]) -> String {
    let mut text = String::new();
    for (i, name) in names.iter().enumerate() {
        let before = match names.len() - i {
            _ if i == 0 => "",
            1 => " or ",
            _ => ", ",
        };
        text += &format!("{before}{name:?}");
    }
    text
}
