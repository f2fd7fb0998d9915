//! JSON files of others, read strictly: bounded size, UTF-8, no key twice, and errors that name the
//! key.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::aside::write;
use crate::error::FilesError;
use crate::line::one_line;
use crate::open::read;
use crate::text::utf_8;

/// Configurations take a few KB; the index of the largest sharded models a few MB.
const MOST_BYTES: u64 = 16 << 20;
const EXPECTED: &str = "a JSON file";

/// Reads the JSON file at `path` into `T`: `config.json`, `modules.json` and their like. Fields
/// that `T` does not have are passed over, as serde does unless told otherwise, and so is a byte order
/// mark.
///
/// # Errors
///
/// A file that is missing, no file, larger than 16 MiB, not UTF-8, not JSON, holds a key twice in
/// one object, or does not fit `T`: with the path, the key, what was expected and what was found.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, FilesError> {
    let text = utf_8(path, EXPECTED, read(path, EXPECTED, MOST_BYTES)?)?;
    let refuse = |key: &str, problem: String| FilesError::Json {
        path: path.into(),
        key: key.into(),
        problem,
    };
    serde_json::from_str::<EachKeyOnce>(&text).map_err(|error| {
        let found = no_number(&text, &error).unwrap_or_default();
        refuse("the top level", one_line(&format!("expected JSON, found {found}{error}")))
    })?;
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text)).map_err(
        |error| {
            let key = match error.path().to_string().as_str() {
                "." => "the top level".to_string(),
                key => one_line(&format!("{key:?}")),
            };
            refuse(&key, one_line(&error.into_inner().to_string()))
        },
    )
}

/// What stands where a text is no JSON, if that is what Python writes for no number.
fn no_number(text: &str, error: &serde_json::Error) -> Option<String> {
    let line = text.lines().nth(error.line().checked_sub(1)?)?;
    let before = line.get(..error.column().saturating_sub(1))?;
    let from = before.rfind([':', '[', ',']).map_or(0, |mark| mark + 1);
    let rest = line[from..].trim_start();
    let name = ["NaN", "Infinity", "-Infinity"].into_iter().find(|name| rest.starts_with(name))?;
    Some(format!("{name}, which is no JSON, though Python writes it: "))
}

/// Writes `value` as JSON, aside and renamed.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; the old file stays then, and nothing of the new
/// one.
pub fn write_json(path: &Path, value: &Value) -> Result<(), FilesError> {
    write(path, format!("{value:#}\n"))
}

/// Any JSON in which no object has a key twice. It keeps nothing of it.
struct EachKeyOnce;

impl<'de> Deserialize<'de> for EachKeyOnce {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EachKeyOnce)
    }
}

impl<'de> Visitor<'de> for EachKeyOnce {
    type Value = EachKeyOnce;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<EachKeyOnce, M::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<EachKeyOnce>()?;
            if let Some(key) = seen.replace(key) {
                return Err(M::Error::custom(format!("the key {key:?} twice, expected once")));
            }
        }
        Ok(EachKeyOnce)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<EachKeyOnce, S::Error> {
        while list.next_element::<EachKeyOnce>()?.is_some() {}
        Ok(EachKeyOnce)
    }

    fn visit_bool<E>(self, _: bool) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_i64<E>(self, _: i64) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_u64<E>(self, _: u64) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_f64<E>(self, _: f64) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_str<E>(self, _: &str) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_unit<E>(self) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }
}
