//! The functions of the exercises in the clone: read, hollowed, filled.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::catalogue::Exercise;
use crate::item::{self, Function};

/// The file of an exercise's function, read.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
    /// Where the function stands in the text.
    pub function: Function,
}

impl Source {
    /// Reads the file of an exercise's function. Where it is no Rust at the moment, the function is
    /// found by what stood around it before.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is no Rust, or lacks the function.
    pub fn read(root: &Path, exercise: &Exercise, frame: Option<&Frame>) -> Result<Self> {
        // A link is followed: the file that it leads to is the one to rename over.
        let path = exercise.source(root);
        let path = path.canonicalize().with_context(|| path.display().to_string())?;
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let found = Function::find(&text, &exercise.item);
        let function = match (found, frame.and_then(|frame| frame.find(&text))) {
            (Ok(function), _) | (Err(_), Some(function)) => function,
            (Err(error), None) => {
                let remedy = "mend it, or get the lesson's file back with `git checkout`";
                return Err(error).with_context(|| format!("{} ({remedy})", path.display()));
            }
        };
        Ok(Self { path, text, function })
    }

    /// What stands around the body.
    pub fn frame(&self) -> Frame {
        Frame {
            signature: self.text[self.function.signature.clone()].to_string(),
            after: self.text[self.function.body.end..].to_string(),
        }
    }

    /// The body that stands there.
    pub fn body(&self) -> &str {
        &self.text[self.function.body.clone()]
    }

    /// The function's head as it stands there.
    pub fn signature(&self) -> &str {
        self.text[self.function.signature.clone()].trim_end()
    }

    /// The line at which the function begins, counted from 1.
    pub fn line(&self) -> usize {
        self.text[..self.function.signature.start].matches('\n').count() + 1
    }

    /// The hole for this function.
    pub fn hole(&self, id: &str) -> String {
        item::hole(&self.text, &self.function, id)
    }

    /// Puts another body in its place: written aside and renamed, with the rights of the old file.
    ///
    /// # Errors
    ///
    /// If the file is read-only or the folder cannot be written to.
    pub fn put(&mut self, body: &str) -> Result<()> {
        if self.body() == body {
            return Ok(());
        }
        let rights = fs::metadata(&self.path)?.permissions();
        if rights.readonly() {
            bail!("{} is read-only: make it writable and try again", self.path.display());
        }
        let text = item::with_body(&self.text, &self.function, body);
        files::aside(&self.path, |part| {
            fs::write(part, &text)?;
            fs::set_permissions(part, rights)?;
            // On the disk before the comparison, so that nothing but the renaming comes after it.
            File::open(part)?.sync_all()?;
            if fs::read_to_string(&self.path)? != self.text {
                bail!("{} was saved at the same moment: try again", self.path.display());
            }
            Ok(())
        })?;
        self.function.body.end = self.function.body.start + body.len();
        self.text = text;
        Ok(())
    }
}

/// Whether the file of an exercise holds its hole somewhere: what is asked of all exercises must not
/// read each of them as Rust.
pub fn may_have_hole(root: &Path, exercise: &Exercise) -> bool {
    let text = fs::read_to_string(exercise.source(root)).unwrap_or_default();
    text.contains(&format!("todo!(\"{}\")", exercise.id))
}

/// What stands around a function's body: enough to find it in a text that is no Rust, because what a
/// learner is writing is not finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    signature: String,
    after: String,
}

impl Frame {
    /// The function in a text that does not parse: its head, alone on its line, is there once, and
    /// the text ends as it did.
    fn find(&self, text: &str) -> Option<Function> {
        if syn::parse_file(text).is_ok() || text.matches(&self.signature).count() != 1 {
            return None;
        }
        let start = text.find(&self.signature)?;
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let end = text.trim_end().strip_suffix(self.after.trim_end())?.len();
        let body = start + self.signature.len()..end;
        if !text[line..start].trim().is_empty() || body.is_empty() {
            return None;
        }
        let (documentation, parameters) = (String::new(), Vec::new());
        let signature = start..body.start;
        Some(Function { body, signature, documentation, parameters, returns_impl: false })
    }
}

/// The lesson's own body of the function, as far as git knows it: that of the course's last commit
/// that this clone builds on, which is no attempt of the learner's.
pub fn ours(
    root: &Path,
    exercise: &Exercise,
    source: &Source,
    is_attempt: impl Fn(&str) -> bool,
) -> Option<String> {
    let base = ["origin/HEAD", "origin/main", "origin/master"]
        .iter()
        .find_map(|course| git(root, &["merge-base", "HEAD", course]));
    let mut revisions = vec![base.map_or("HEAD".into(), |base| base.trim().to_string())];
    revisions.extend(history(root, exercise));
    for revision in revisions {
        let Some(text) = committed(root, exercise, &revision) else { continue };
        let Ok(function) = Function::find(&text, &exercise.item) else { continue };
        // git may keep other line ends than the clone has.
        let body = text[function.body].replace("\r\n", "\n");
        let body = body.replace('\n', item::line_end(&source.text));
        if !item::is_hole(&body, &exercise.id) && !is_attempt(&body) {
            return Some(body);
        }
    }
    None
}

/// The file of an exercise as it was committed, if there is git and it knows.
fn committed(root: &Path, exercise: &Exercise, revision: &str) -> Option<String> {
    let path = exercise.package.join(&exercise.file);
    let path = path.to_string_lossy().replace('\\', "/");
    git(root, &["show", &format!("{revision}:./{path}")])
}

/// The commits that changed an exercise's file, the last one first.
fn history(root: &Path, exercise: &Exercise) -> Vec<String> {
    let path = exercise.package.join(&exercise.file);
    let log = git(root, &["log", "--format=%H", "--max-count=200", "--", &path.to_string_lossy()]);
    log.unwrap_or_default().lines().map(str::to_string).collect()
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

/// The mistakes of an exercise: name of the function, body for the lesson, what it says of itself.
pub fn mistakes(root: &Path, exercise: &Exercise) -> Result<Vec<Mistake>> {
    let path = exercise.mistakes(root);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut mistakes = Vec::new();
    for (name, function) in Function::all(&text).with_context(|| path.display().to_string())? {
        let mut body = item::as_method(&text[function.body.clone()]);
        // A method stands one level deeper.
        if exercise.item.contains("::") {
            body = body.replace('\n', "\n    ");
        }
        let Function { documentation: about, parameters, .. } = function;
        mistakes.push(Mistake { name, body, about, parameters });
    }
    Ok(mistakes)
}

/// One mistake of an exercise.
#[derive(Debug)]
pub struct Mistake {
    /// `not_scaled`.
    pub name: String,
    /// The body, as it compiles in the lesson's file.
    pub body: String,
    /// What it costs or how it shows.
    pub about: String,
    /// Names of its parameters.
    pub parameters: Vec<String>,
}

impl Mistake {
    /// Its name as a check says it (the crate `exercise` has the same rule).
    pub fn phrase(&self) -> String {
        let mut phrase = self.name.replace('_', " ");
        for width in ["d_head", "d_model", "d_ff"] {
            phrase = phrase.replace(&width.replace('_', " "), width);
        }
        phrase
    }

    /// The mistake with this function's name.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn find(mistakes: Vec<Self>, name: &str) -> Result<Self> {
        let found = mistakes.into_iter().find(|mistake| mistake.name == name);
        found.ok_or_else(|| anyhow!("there is no mistake `{name}`"))
    }
}
