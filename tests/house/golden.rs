//! Recorded values are the recorded ones.

use std::fs;

use serde_json::Value;

use crate::none;
use crate::tree::{read, root, walk};

/// Files in `tests/golden` that are written by hand.
const BY_HAND: [&str; 3] = ["README.md", "MANIFEST.json", ".py"];

#[test]
fn recorded_values_are_what_was_recorded() {
    let folder = root().join("tests/golden");
    let manifest: Value =
        serde_json::from_str(&read(&folder.join("MANIFEST.json"))).expect("the manifest is JSON");
    let files = manifest["files"].as_array().expect("the manifest lists files");
    let mut breaches = Vec::new();
    for file in files {
        let path = file["path"].as_str().expect("a path");
        let Ok(bytes) = fs::read(folder.join(path)) else {
            breaches.push(format!("{path} is missing"));
            continue;
        };
        let sum = files::sha256(&bytes);
        if file["bytes"] != bytes.len() || file["sha256"] != sum.as_str() {
            breaches.push(format!("{path}: {} bytes, sha256 {sum}", bytes.len()));
        }
    }
    none(
        breaches,
        "these files differ from tests/golden/MANIFEST.json: restore them, or say in the manifest \
            who wrote them",
    );
}

#[test]
fn every_recorded_file_is_in_the_manifest() {
    let folder = root().join("tests/golden");
    let manifest = read(&folder.join("MANIFEST.json"));
    let unlisted: Vec<String> = walk(&folder)
        .iter()
        .map(|path| path.strip_prefix(&folder).expect("a file of the folder").display().to_string())
        .filter(|path| {
            !BY_HAND.iter().any(|end| path.ends_with(end))
                && !manifest.contains(&format!("\"{path}\""))
        })
        .collect();
    none(
        unlisted,
        "list the file in tests/golden/MANIFEST.json with bytes and sha256, and its script in the \
            README",
    );
}
