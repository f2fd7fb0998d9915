//! What a learner has done, kept under `.learn/` of the clone.
//!
//! | File | Holds |
//! |---|---|
//! | `state.json` | what is open, solved or shown, and how long it took |
//! | `ours/08.1.rs` | the body that the lesson came with |
//! | `attempts/08.1/001.rs` | every body that was written, in order |
//! | `frames/08.1.json` | what stood around the body when the file was last Rust |
//! | `hunt.json` | the mistake that is planted, and the body that it replaced |
//! | `lock` | held while something changes |
//!
//! Every file is written aside and renamed: a kill leaves the old one or the new one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{process, thread};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::catalogue::{Bug, Choice};
use crate::interruption;
use crate::sources::Frame;

/// A pause longer than this is not counted as work.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// A file with a larger number is none of ours.
const MOST_ATTEMPTS: u32 = 999_999;

/// How an exercise stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Not begun, or given back.
    #[default]
    Todo,
    /// Its hole is in the source, or what a learner has written so far.
    Open,
    /// Right, by the learner's hand.
    Solved,
    /// The solution was put in.
    Shown,
}

impl Standing {
    /// Its name in lists and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Open => "open",
            Self::Solved => "solved",
            Self::Shown => "shown",
        }
    }
}

/// What is known of one exercise.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// How it stands.
    pub state: Standing,
    /// Hints that were given.
    pub hints: usize,
    /// Whether the question before was answered.
    pub asked: bool,
    /// Whether it was passed over.
    pub skipped: bool,
    /// The attempt to go on with when it is opened again.
    pub parked: Option<u32>,
    /// Seconds of work until it was right.
    pub seconds: u64,
    /// When something was last done for it, in seconds since 1970.
    pub last: u64,
}

/// What is known of all.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The exercise that is worked on.
    pub current: Option<String>,
    /// The choice that is followed.
    pub path: Option<Choice>,
    /// By number.
    pub exercises: BTreeMap<String, Progress>,
    /// Hunts that ended with the mistake found.
    pub found: Vec<Bug>,
}

impl State {
    /// What is known of an exercise.
    pub fn of(&self, id: &str) -> Progress {
        self.exercises.get(id).cloned().unwrap_or_default()
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, id: &str) -> &mut Progress {
        self.exercises.entry(id.to_string()).or_default()
    }

    /// Counts the time since something was last done for an exercise as work.
    pub fn worked_on(&mut self, id: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let progress = self.of_mut(id);
        let pause = now.saturating_sub(progress.last);
        if progress.last > 0 && pause <= LONGEST_PAUSE.as_secs() {
            progress.seconds += pause;
        }
        progress.last = now;
    }
}

/// A mistake that is planted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hunt {
    /// What was planted.
    pub bug: Bug,
    /// The lesson's number.
    pub lesson: String,
    /// The body that stood there.
    pub body: String,
}

/// The folder `.learn/` of a clone.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// Held while something changes; given back when it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Folder {
    /// The folder of the clone at `root`.
    pub fn of(root: &Path) -> Self {
        Self { path: root.join(".learn") }
    }

    /// Waits until no other instance changes anything, and says so where that takes a moment.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to, or a signal comes meanwhile.
    pub fn lock(&self) -> Result<Lock> {
        let lock = self.lock_while(&mut || !interruption::came())?;
        lock.context("interrupted: nothing was changed")
    }

    /// As [`Folder::lock`], for as long as `goes_on` says so: `None` where it says no more.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn lock_while(&self, goes_on: &mut dyn FnMut() -> bool) -> Result<Option<Lock>> {
        self.make(&self.path)?;
        let path = self.path.join("lock");
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        let mut told = false;
        while file.try_lock().is_err() {
            if !told {
                eprint!("another `cargo learn` is at work here: waiting for it\r\n");
                told = true;
            }
            if !goes_on() {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Some(Lock { _file: file }))
    }

    /// What is known; nothing where there is no file. One that cannot be read is put aside: git and
    /// the sources make up for it.
    pub fn state(&self) -> State {
        let path = self.path.join("state.json");
        let Ok(text) = fs::read_to_string(&path) else { return State::default() };
        serde_json::from_str(&text).unwrap_or_else(|error| {
            let aside = self.path.join("state.damaged.json");
            eprint!("{} cannot be read ({error}): kept as {}\r\n", path.display(), aside.display());
            let _ = fs::rename(&path, aside);
            State::default()
        })
    }

    /// Keeps what is known.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn keep(&self, state: &State) -> Result<()> {
        self.write(&self.path.join("state.json"), &serde_json::to_string_pretty(state)?)
    }

    /// The lesson's own body of an exercise's function, where it was kept.
    pub fn ours(&self, id: &str) -> Option<String> {
        fs::read_to_string(self.path_of_ours(id)).ok()
    }

    /// Keeps the lesson's own body.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn keep_ours(&self, id: &str, body: &str) -> Result<()> {
        self.write(&self.path_of_ours(id), body)
    }

    /// How many attempts of an exercise are kept.
    pub fn attempts(&self, id: &str) -> u32 {
        let mut last = 0;
        for entry in fs::read_dir(self.path.join("attempts").join(id)).into_iter().flatten() {
            let Ok(entry) = entry else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(Ok(number)) = name.strip_suffix(".rs").map(str::parse::<u32>)
                && number <= MOST_ATTEMPTS
            {
                last = last.max(number);
            }
        }
        last
    }

    /// One attempt's body.
    pub fn attempt(&self, id: &str, number: u32) -> Option<String> {
        fs::read_to_string(self.path_of_attempt(id, number)).ok()
    }

    /// Keeps a body as the next attempt, if it is not the last one already; returns its number.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn keep_attempt(&self, id: &str, body: &str) -> Result<u32> {
        let last = self.attempts(id);
        if last > 0 && self.attempt(id, last).as_deref() == Some(body) {
            return Ok(last);
        }
        self.write(&self.path_of_attempt(id, last + 1), body)?;
        Ok(last + 1)
    }

    /// Whether a body is one that a learner has written, whatever ends its lines.
    pub fn is_attempt(&self, id: &str, body: &str) -> bool {
        (1..=self.attempts(id)).any(|number| {
            let attempt = self.attempt(id, number).unwrap_or_default();
            attempt.replace("\r\n", "\n") == body.replace("\r\n", "\n")
        })
    }

    /// What stood around an exercise's body when its file was last Rust.
    pub fn frame(&self, id: &str) -> Option<Frame> {
        self.read(&self.path_of_frame(id))
    }

    /// Keeps what stands around an exercise's body.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn keep_frame(&self, id: &str, frame: &Frame) -> Result<()> {
        if self.frame(id).as_ref() == Some(frame) {
            return Ok(());
        }
        self.write(&self.path_of_frame(id), &serde_json::to_string(frame)?)
    }

    /// Where an attempt lies.
    pub fn path_of_attempt(&self, id: &str, number: u32) -> PathBuf {
        self.path.join("attempts").join(id).join(format!("{number:03}.rs"))
    }

    /// The hunt that is on.
    ///
    /// # Errors
    ///
    /// If its file is damaged.
    pub fn hunt(&self) -> Result<Option<Hunt>> {
        let path = self.path_of_hunt();
        let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
        let hunt = serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is damaged: delete it; `git diff lessons` shows what may still be planted",
                path.display()
            )
        })?;
        Ok(Some(hunt))
    }

    /// Begins a hunt.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn begin_hunt(&self, hunt: &Hunt) -> Result<()> {
        self.write(&self.path_of_hunt(), &serde_json::to_string_pretty(hunt)?)
    }

    /// Ends the hunt.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn end_hunt(&self) -> Result<()> {
        let path = self.path_of_hunt();
        fs::remove_file(&path).with_context(|| path.display().to_string())
    }

    /// Where a check of this process writes its verdict: no other's can be taken for it.
    pub fn path_of_verdict(&self) -> PathBuf {
        self.path.join(format!("verdict-{}.json", process::id()))
    }

    fn path_of_frame(&self, id: &str) -> PathBuf {
        self.path.join("frames").join(format!("{id}.json"))
    }

    fn path_of_ours(&self, id: &str) -> PathBuf {
        self.path.join("ours").join(format!("{id}.rs"))
    }

    /// The exercises' own tests look for it, and tell nothing while it is there.
    fn path_of_hunt(&self) -> PathBuf {
        self.path.join("hunt.json")
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, path: &Path) -> Option<T> {
        serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
    }

    fn write(&self, path: &Path, text: &str) -> Result<()> {
        self.make(path.parent().unwrap_or(&self.path))?;
        Ok(files::write(path, text)?)
    }

    fn make(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())
    }
}
