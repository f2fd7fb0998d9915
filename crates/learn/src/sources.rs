//! The functions of the exercises in the clone: read, hollowed, filled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

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
    /// Reads the file of an exercise's function.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is no Rust, or lacks the function.
    pub fn read(root: &Path, exercise: &Exercise) -> Result<Self> {
        // A link is followed: the file that it leads to is the one to rename over.
        let path = exercise.source(root);
        let path = path.canonicalize().with_context(|| path.display().to_string())?;
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let function = Function::find(&text, &exercise.item)
            .or_else(|error| broken(root, exercise, &text).ok_or(error))
            .with_context(|| path.display().to_string())?;
        Ok(Self { path, text, function })
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
        if fs::read_to_string(&self.path)? != self.text {
            bail!("{} was saved at the same moment: try again", self.path.display());
        }
        let text = item::with_body(&self.text, &self.function, body);
        files::aside(&self.path, |part| {
            let write = fs::write(part, &text).and_then(|()| fs::set_permissions(part, rights));
            write.map_err(files::FilesError::io(&self.path, "writing"))
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

/// The function in a text that is no Rust, because what a learner is writing is not finished: what
/// stands before and after the body is known from git.
fn broken(root: &Path, exercise: &Exercise, text: &str) -> Option<Function> {
    let known = committed(root, exercise, "HEAD")?.replace("\r\n", "\n");
    let function = Function::find(&known, &exercise.item).ok()?;
    let text_end = text.trim_end().len();
    let (text_lf, crlf) = (text.replace("\r\n", "\n"), text.contains("\r\n"));
    let signature = &known[function.signature.clone()];
    let after = known[function.body.end..].trim_end();
    if crlf || text_lf.matches(signature).count() != 1 || !text.trim_end().ends_with(after) {
        return None;
    }
    let start = text.find(signature)?;
    let body = start + signature.len()..text_end - after.len();
    if body.is_empty() {
        return None;
    }
    Some(Function { signature: start..body.start, body, ..function })
}

/// The lesson's own body of the function: what the clone came with, as far as git knows, and else
/// what stands there.
pub fn ours(root: &Path, exercise: &Exercise, source: &Source) -> Result<String> {
    let mut revisions = vec!["origin/HEAD".to_string(), "HEAD".to_string()];
    revisions.extend(history(root, exercise));
    for revision in revisions {
        let Some(text) = committed(root, exercise, &revision) else { continue };
        let Ok(function) = Function::find(&text, &exercise.item) else { continue };
        let body = &text[function.body];
        if !item::is_hole(body, &exercise.id) {
            // git may keep other line ends than the clone has.
            let body = body.replace("\r\n", "\n");
            let crlf = source.text.contains("\r\n");
            return Ok(if crlf { body.replace('\n', "\r\n") } else { body });
        }
    }
    if item::is_hole(source.body(), &exercise.id) {
        bail!(
            "the lesson's own {} is neither in .learn/ours nor in git: get {} from the course \
             again",
            exercise.item,
            source.path.display()
        );
    }
    Ok(source.body().to_string())
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
