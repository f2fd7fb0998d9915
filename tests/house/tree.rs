//! The workspace as it lies on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where the workspace lies.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in tests/").into()
}

/// A lesson's folder.
pub struct Lesson {
    /// `08-self-attention`
    pub stem: String,
    /// `08`
    pub number: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// Every folder of `lessons/`, in order.
pub fn lessons() -> Vec<Lesson> {
    let mut lessons: Vec<Lesson> = entries(&root().join("lessons"))
        .into_iter()
        .filter(|folder| folder.is_dir())
        .map(|folder| {
            let stem = name(&folder);
            Lesson { number: stem.split('-').next().unwrap_or_default().into(), stem, folder }
        })
        .collect();
    lessons.sort_by(|a, b| a.stem.cmp(&b.stem));
    lessons
}

/// A package of the workspace, as `cargo metadata` tells it.
pub struct Package(Value);

/// What a package depends on.
pub struct Dependency {
    /// `lesson-08`
    pub package: String,
    /// What the code calls it: `attention`.
    pub library: String,
    /// Whether only tests see it.
    pub dev: bool,
    /// Whether it lies in this workspace.
    pub local: bool,
    /// The features it is asked for with.
    pub features: Vec<String>,
}

/// Every package of the workspace.
pub fn packages() -> Vec<Package> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let all: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    all["packages"].as_array().expect("a list of packages").iter().cloned().map(Package).collect()
}

impl Package {
    /// `lesson-08`
    pub fn name(&self) -> &str {
        self.0["name"].as_str().expect("a package has a name")
    }

    /// `08` for `lesson-08`, nothing for other packages.
    pub fn lesson(&self) -> Option<&str> {
        self.name().strip_prefix("lesson-")
    }

    /// Its folder.
    pub fn folder(&self) -> PathBuf {
        let manifest = self.0["manifest_path"].as_str().expect("a package has a manifest");
        Path::new(manifest).parent().expect("a manifest lies in a folder").into()
    }

    /// The name of its library, if it has one.
    pub fn library(&self) -> Option<String> {
        let targets = self.0["targets"].as_array().expect("a package has targets");
        let library = targets.iter().find(|target| target["kind"][0] == "lib")?;
        library["name"].as_str().map(String::from)
    }

    /// What it depends on.
    pub fn dependencies(&self) -> Vec<Dependency> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let dependencies =
            self.0["dependencies"].as_array().expect("a package has a list of dependencies");
        dependencies
            .iter()
            .map(|dependency| Dependency {
                package: text(&dependency["name"]),
                library: dependency["rename"]
                    .as_str()
                    .map_or(text(&dependency["name"]), String::from),
                dev: dependency["kind"] == "dev",
                local: dependency["path"].is_string(),
                features: dependency["features"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(text)
                    .collect(),
            })
            .collect()
    }

    /// Its features, each with what it switches on.
    pub fn features(&self) -> Vec<(String, Vec<String>)> {
        let features = self.0["features"].as_object().expect("a package has a table of features");
        let words = |list: &Value| {
            list.as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(String::from)
                .collect()
        };
        features.iter().map(|(name, list)| (name.clone(), words(list))).collect()
    }
}

/// A Rust file without its comments.
pub struct Source {
    /// From the root of the workspace.
    pub path: String,
    /// Numbered from 1; no blank lines, no comments.
    pub lines: Vec<(usize, String)>,
}

/// Every Rust file under `folder`, in order.
pub fn sources(folder: &Path) -> Vec<Source> {
    let mut files = walk(folder);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files.iter().map(|path| Source::read(path)).collect()
}

/// The Rust files under a `src/` in `folder`, without the tests that close a file.
pub fn in_src(folder: &Path) -> Vec<Source> {
    let mut kept = Vec::new();
    for mut source in sources(folder) {
        if !Path::new(&source.path).components().any(|part| part.as_os_str() == "src") {
            continue;
        }
        for (at, (_, line)) in source.lines.iter().enumerate() {
            if line.trim() == "#[cfg(test)]" {
                source.lines.truncate(at);
                break;
            }
        }
        kept.push(source);
    }
    kept
}

impl Source {
    fn read(path: &Path) -> Self {
        let text = read(path);
        let is_code = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| is_code(line))
            .map(|(number, line)| {
                (number + 1, line.split(" // ").next().unwrap_or(line).to_string())
            })
            .collect();
        Self { path: relative(path), lines }
    }

    /// `use` statements on one line each, with the line they start on and what stands before the
    /// `use`.
    pub fn imports(&self) -> Vec<(usize, String)> {
        let mut imports = Vec::new();
        let mut lines = self.lines.iter();
        while let Some((number, line)) = lines.next() {
            let line = line.trim();
            if !(line.starts_with("use ") || line.starts_with("pub") && line.contains(" use ")) {
                continue;
            }
            let mut statement = line.to_string();
            while !statement.ends_with(';') {
                let Some((_, more)) = lines.next() else { break };
                statement.push_str(more.trim());
            }
            imports.push((*number, statement));
        }
        imports
    }

    /// Whether `word` stands in the code as a whole word.
    pub fn names(&self, word: &str) -> bool {
        self.lines.iter().any(|(_, line)| has_word(line, word))
    }
}

/// Whether `word` stands in `line`, and not as a part of a longer name.
pub fn has_word(line: &str, word: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(in_name) && !after.is_some_and(in_name)
    })
}

/// Every file under `folder`.
pub fn walk(folder: &Path) -> Vec<PathBuf> {
    let (folders, mut files): (Vec<_>, Vec<_>) =
        entries(folder).into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| walk(folder)));
    files
}

/// What lies in `folder`; nothing if there is no such folder.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("a folder can be listed").path()).collect()
}

/// The text of a file.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `path` from the root of the workspace.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into()
}
