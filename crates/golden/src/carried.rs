//! The recorded BERT inside the program, for a machine that has no clone.

use std::{fs, io};

use tempfile::TempDir;

/// The files of `tests/golden/bert`.
const BERT: [(&str, &[u8]); 4] = [
    ("cases.json", include_bytes!("../../../tests/golden/bert/cases.json")),
    ("config.json", include_bytes!("../../../tests/golden/bert/config.json")),
    ("expected.safetensors", include_bytes!("../../../tests/golden/bert/expected.safetensors")),
    ("model.safetensors", include_bytes!("../../../tests/golden/bert/model.safetensors")),
];

/// The recorded BERT in a temporary folder, written from what the program carries and removed when
/// it is dropped.
///
/// # Errors
///
/// If no temporary folder can be made or written to.
pub fn carried_bert() -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for (name, bytes) in BERT {
        fs::write(folder.path().join(name), bytes)?;
    }
    Ok(folder)
}
