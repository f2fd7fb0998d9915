//! The docs corpus: what the dependencies of this workspace say about themselves.
//!
//! Every machine that built the workspace has their sources, so it is a corpus of real English that
//! needs no download. `docs.txt` names the packages, in the order in which they are read, and the
//! sum of the whole: those that the default build needs on Linux, macOS and Windows alike, of each
//! its newest version. A passage that was said before is not said again: headings like "Examples"
//! and licence texts stand in every package.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::passages::prose_passages;
use crate::{DataError, Passage};

/// `sha256 <sum of all passages, each with a line end>`, then `name version` a line.
const LIST: &str = include_str!("docs.txt");

/// The corpus from the beginning.
pub(crate) fn passages() -> Result<Docs, DataError> {
    Docs::of(LIST, &folders()?)
}

/// The files of the corpus, each with what to call it: package, version and path inside.
///
/// # Errors
///
/// A package whose sources are not there, or a cargo that does not say where they are.
pub fn docs_files() -> Result<Vec<(String, PathBuf)>, DataError> {
    let (_, packages) = LIST.split_once('\n').expect("the list opens with the sum");
    let folders = folders()?;
    let mut named = Vec::new();
    for package in packages.lines() {
        let (folder, mut files) = (folder(package, &folders)?, VecDeque::new());
        sources(folder, &mut files).map_err(|error| unreadable(package, &error))?;
        for file in files {
            let inside = file.strip_prefix(folder).unwrap_or(&file).display();
            named.push((format!("{}/{inside}", package.replace(' ', "-")), file));
        }
    }
    Ok(named)
}

/// Writes the list of the corpus anew, for the versions that the workspace has now: what
/// [`docs_files`] and the corpus read from the next build on.
///
/// # Errors
///
/// A package whose sources are not there, or a cargo that does not say what the default build
/// needs.
pub fn renew_docs() -> Result<(), DataError> {
    let packages = needed_everywhere()?.join("\n") + "\n";
    let folders = folders()?;
    let mut docs = Docs::of(&format!("sha256 unknown\n{packages}"), &folders)?;
    while let Some(passage) = docs.passage() {
        passage?;
    }
    let sum = files::hex(&docs.sum.unwrap_or_default().finalize());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/docs.txt");
    files::write(&path, format!("sha256 {sum}\n{packages}")).map_err(DataError::List)
}

/// The systems that the corpus is the same on.
const SYSTEMS: [&str; 3] =
    ["x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

/// `name version` of each package that the default build needs on every system, of several versions
/// the newest.
fn needed_everywhere() -> Result<Vec<String>, DataError> {
    let mut everywhere = needed(SYSTEMS[0])?;
    for system in &SYSTEMS[1..] {
        let here = needed(system)?;
        everywhere.retain(|package| here.contains(package));
    }
    let mut newest: BTreeMap<String, (Vec<u64>, String)> = BTreeMap::new();
    for package in everywhere {
        let Some((name, version)) = package.split_once(' ') else { continue };
        let mut numbers = Vec::new();
        for part in version.split(['.', '-', '+']) {
            if let Ok(number) = part.parse() {
                numbers.push(number);
            }
        }
        let best = newest.entry(name.to_string()).or_default();
        if (&best.0, &best.1) < (&numbers, &package) {
            *best = (numbers, package);
        }
    }
    Ok(newest.into_values().map(|(_, package)| package).collect())
}

/// `name version` of each package of others that the default build needs on one system.
fn needed(system: &str) -> Result<BTreeSet<String>, DataError> {
    let tree = ["tree", "--locked", "--package", "rungs", "--edges", "normal", "--prefix", "none"];
    let output = cargo(&[&tree[..], &["--target", system]].concat())?;
    let mut packages = BTreeSet::new();
    for line in String::from_utf8_lossy(&output).lines() {
        // `name v1.2.3`, perhaps followed by `(proc-macro)`, `(*)` or, of the workspace's own,
        // `(/its/folder)`
        let parts: Vec<&str> = line.split(' ').collect();
        let own = parts.iter().any(|part| part.starts_with("(/") || part.contains(":\\"));
        if let [name, version, ..] = parts[..]
            && !own
        {
            packages.insert(format!("{name} {}", version.trim_start_matches('v')));
        }
    }
    Ok(packages)
}

/// Folder of a package's sources.
fn folder<'a>(
    package: &str,
    folders: &'a BTreeMap<String, PathBuf>,
) -> Result<&'a PathBuf, DataError> {
    match folders.get(package) {
        Some(folder) if folder.is_dir() => Ok(folder),
        _ => Err(DataError::NoSource {
            package: package.into(),
            found: "no folder with them".into(),
        }),
    }
}

/// Passages of the files that remain, and at the end whether all were what the list says.
pub(crate) struct Docs {
    files: VecDeque<PathBuf>,
    passages: VecDeque<Passage>,
    seen: HashSet<[u8; 32]>,
    /// Hash of the passages so far; `None` once it was checked.
    sum: Option<Sha256>,
    expected: String,
}

impl Docs {
    fn of(list: &str, folders: &BTreeMap<String, PathBuf>) -> Result<Self, DataError> {
        let (sum, packages) = list.split_once('\n').expect("the list opens with the sum");
        let expected = sum.strip_prefix("sha256 ").expect("the list opens with the sum");
        let mut files = VecDeque::new();
        for package in packages.lines() {
            sources(folder(package, folders)?, &mut files)
                .map_err(|error| unreadable(package, &error))?;
        }
        let (passages, seen) = (VecDeque::new(), HashSet::new());
        Ok(Self { files, passages, seen, sum: Some(Sha256::new()), expected: expected.into() })
    }

    /// Compares the sum of all passages with the list's, once: an error where they differ.
    fn check(&mut self) -> Option<Result<String, DataError>> {
        let found = files::hex(&self.sum.take()?.finalize());
        if found == self.expected {
            return None;
        }
        Some(Err(DataError::OtherDocs { expected: self.expected.clone(), found }))
    }
}

impl Iterator for Docs {
    type Item = Result<String, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.passage() {
            Some(passage) => Some(passage),
            None => self.check(),
        }
    }
}

impl Docs {
    /// The next passage that was not said before.
    fn passage(&mut self) -> Option<Result<String, DataError>> {
        loop {
            while let Some(passage) = self.passages.pop_front() {
                if self.seen.insert(Sha256::digest(&passage.text).into())
                    && let Some(sum) = &mut self.sum
                {
                    sum.update(&passage.text);
                    sum.update("\n");
                    return Some(Ok(passage.text));
                }
            }
            let file = self.files.pop_front()?;
            match fs::read_to_string(&file) {
                Ok(text) => self.passages = prose_passages(&file, &text).into(),
                Err(error) => {
                    (self.files, self.sum) = (VecDeque::new(), None);
                    return Some(Err(unreadable(&file.display().to_string(), &error)));
                }
            }
        }
    }
}

fn unreadable(package: &str, error: &std::io::Error) -> DataError {
    DataError::NoSource { package: package.into(), found: error.to_string() }
}

/// Where cargo keeps the sources of each package of the workspace: `name version` to its folder.
fn folders() -> Result<BTreeMap<String, PathBuf>, DataError> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
        manifest_path: PathBuf,
    }
    let mut arguments = vec!["metadata", "--format-version", "1", "--locked"];
    let host = host();
    if let Some(host) = &host {
        // sources for other systems need not be there
        arguments.extend(["--filter-platform", host]);
    }
    let output = cargo(&arguments)?;
    let metadata: Metadata =
        serde_json::from_slice(&output).map_err(|error| whole(error.to_string()))?;
    let mut folders = BTreeMap::new();
    for package in metadata.packages {
        if let Some(folder) = package.manifest_path.parent() {
            folders.insert(format!("{} {}", package.name, package.version), folder.into());
        }
    }
    Ok(folders)
}

/// What cargo prints about this workspace.
fn cargo(arguments: &[&str]) -> Result<Vec<u8>, DataError> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo
        .args(arguments)
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let output = cargo.output().map_err(|error| whole(format!("cargo did not run: {error}")))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(whole(words.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    Ok(output.stdout)
}

fn whole(found: String) -> DataError {
    DataError::NoSource { package: "the workspace's dependencies".into(), found }
}

/// The system that this machine builds for, as rustc calls it.
fn host() -> Option<String> {
    let output = Command::new("rustc").args(["--print", "host-tuple"]).output().ok()?;
    if !output.status.success() {
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// A package's README, then its sources in the order of their paths.
fn sources(folder: &Path, files: &mut VecDeque<PathBuf>) -> std::io::Result<()> {
    let (readme, src) = (folder.join("README.md"), folder.join("src"));
    if readme.is_file() {
        files.push_back(readme);
    }
    let mut folders = if src.is_dir() { vec![src] } else { Vec::new() };
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort(); // by component, so that it is the same order on every system
    files.extend(found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package of one source file in a folder of its own.
    fn package(source: &str) -> (tempfile::TempDir, BTreeMap<String, PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/lib.rs"), source).unwrap();
        let folders = BTreeMap::from([("one 1.0.0".to_string(), folder.path().to_path_buf())]);
        (folder, folders)
    }

    #[test]
    fn a_package_that_is_not_there_says_how_to_get_it() {
        let refused = |folders: &BTreeMap<_, _>| match Docs::of("sha256 0\none 1.0.0\n", folders) {
            Ok(_) => panic!("expected a missing package"),
            Err(error) => error.to_string(),
        };
        let (folder, folders) = package("");
        drop(folder);
        for error in [refused(&BTreeMap::new()), refused(&folders)] {
            assert!(error.contains("one 1.0.0") && error.contains("cargo fetch"), "{error}");
        }
    }

    #[test]
    fn sources_that_were_changed_are_noticed_at_the_end() {
        let (_folder, folders) = package("/// Says something.\npub struct One;\n");
        let mut docs = Docs::of("sha256 0\none 1.0.0\n", &folders).unwrap();
        assert_eq!(docs.next().unwrap().unwrap(), "Says something.");
        let error = docs.next().unwrap().unwrap_err().to_string();
        assert!(error.contains("sha256 0") && error.contains("changed"), "{error}");
        assert!(docs.next().is_none());
    }
}
