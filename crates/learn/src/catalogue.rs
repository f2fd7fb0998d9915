//! What there is to write: `exercises.toml` of every lesson.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

/// Every exercise of a clone, in order.
#[derive(Debug)]
pub struct Catalogue {
    /// The clone's folder.
    pub root: PathBuf,
    /// Lesson by lesson, and in each in the order of its file.
    pub exercises: Vec<Exercise>,
    /// The mistakes that `bug` plants.
    pub bugs: Vec<Bug>,
}

/// One function to write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// `08.1`: the lesson's number, and a number in it.
    pub id: String,
    /// What it is called in a list.
    pub title: String,
    /// Folder of the package that the function belongs to, from the clone's: the lesson's own
    /// where the file says nothing.
    #[serde(default)]
    pub package: PathBuf,
    /// The file of the function, from the package's folder.
    #[serde(default = "lib")]
    pub file: PathBuf,
    /// Its path in the file: `scores`, `Rope::rotate`, `<Gpt as LanguageModel>::embed`.
    pub item: String,
    /// The anchor of the listing that the chapter folds, where it shows the function.
    pub anchor: Option<String>,
    /// What to write.
    pub task: String,
    /// 1 to 5.
    pub difficulty: u8,
    /// How long it should take.
    pub minutes: u32,
    /// Exercises that are better solved before.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Whether MiniLM's way from a text to its vector goes through the function.
    #[serde(default)]
    pub minilm: bool,
    /// The choices of exercises that it belongs to.
    #[serde(default)]
    pub paths: Vec<Choice>,
    /// From a nudge to nearly the code.
    pub hints: [String; 3],
    /// Asked before anything is written.
    pub before: Question,
    /// Asked when it is right: why, or what breaks.
    pub after: Question,
    /// The lesson's folder name: `08-self-attention`.
    #[serde(skip)]
    pub lesson: String,
}

/// A question and what is to be said about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// A mistake that is planted, and what shows of it.
#[derive(Debug, Clone, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Bug {
    /// The exercise whose function it is planted in.
    pub exercise: String,
    /// The function in the exercise's file of mistakes.
    pub mistake: String,
    /// How it looks from outside.
    pub symptom: String,
}

/// A choice of exercises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Three hours: from a loss to a sentence's vector.
    Evening,
    /// A little of every lesson.
    Week,
    /// Everything.
    All,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLesson {
    #[serde(default, rename = "exercise")]
    exercises: Vec<Exercise>,
    #[serde(default, rename = "bug")]
    bugs: Vec<Bug>,
}

fn lib() -> PathBuf {
    "src/lib.rs".into()
}

impl Catalogue {
    /// Reads what the clone around `folder` has to write.
    ///
    /// # Errors
    ///
    /// Outside of a clone, and for an `exercises.toml` that is not one.
    pub fn around(folder: &Path) -> Result<Self> {
        let root = folder
            .ancestors()
            .find(|folder| folder.join("Cargo.toml").is_file() && folder.join("lessons").is_dir());
        let root = root.ok_or_else(|| {
            anyhow!(
                "expected to be called inside a clone of the course, with its folder lessons/, \
                 found none around {}",
                folder.display()
            )
        })?;
        let mut folders = Vec::new();
        for entry in fs::read_dir(root.join("lessons"))? {
            folders.push(entry?.path());
        }
        folders.sort();
        let mut catalogue = Self { root: root.into(), exercises: Vec::new(), bugs: Vec::new() };
        for folder in folders {
            let path = folder.join("exercises.toml");
            if path.is_file() {
                catalogue.read(&folder, &path)?;
            }
        }
        if catalogue.exercises.is_empty() {
            bail!("no lesson under {} has an exercises.toml", root.join("lessons").display());
        }
        Ok(catalogue)
    }

    fn read(&mut self, folder: &Path, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let of_lesson: OfLesson =
            toml::from_str(&text).with_context(|| path.display().to_string())?;
        let lesson = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for mut exercise in of_lesson.exercises {
            if exercise.package.as_os_str().is_empty() {
                exercise.package = Path::new("lessons").join(&lesson);
            }
            exercise.lesson = lesson.clone();
            self.exercises.push(exercise);
        }
        self.bugs.extend(of_lesson.bugs);
        Ok(())
    }

    /// The exercise with this number.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn find(&self, id: &str) -> Result<&Exercise> {
        let padded = format!("{id:0>4}"); // 8.1 is 08.1
        let found = self.exercises.iter().find(|exercise| exercise.id == padded);
        found.ok_or_else(|| {
            let all = self.exercises.len();
            anyhow!("there is no exercise {id:?}: `cargo learn list` has all {all}")
        })
    }

    /// The exercises of a path, in order.
    pub fn on(&self, path: Choice) -> Vec<&Exercise> {
        let mut chosen = Vec::new();
        for exercise in &self.exercises {
            if path == Choice::All || exercise.paths.contains(&path) {
                chosen.push(exercise);
            }
        }
        chosen
    }
}

impl Exercise {
    /// The number of its lesson: `08`.
    pub fn number(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }

    /// The file of the function in the clone at `root`.
    pub fn source(&self, root: &Path) -> PathBuf {
        root.join(&self.package).join(&self.file)
    }

    /// The folder of the tests that check it, which is also their name for cargo: `lesson`, or the
    /// package's own name where the function belongs to a crate.
    pub fn tests(&self) -> String {
        if self.package.starts_with("lessons") {
            return "lesson".into();
        }
        self.package.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The package for cargo's `--package`.
    pub fn package_name(&self) -> String {
        if self.package.starts_with("lessons") {
            return format!("lesson-{}", self.number());
        }
        self.tests()
    }

    /// The test that checks it.
    pub fn test(&self) -> String {
        format!("exercises::exercise_{}", self.id.replace('.', "_"))
    }

    /// The file with its mistakes, in the clone at `root`.
    pub fn mistakes(&self, root: &Path) -> PathBuf {
        let tests = root.join(&self.package).join("tests").join(self.tests());
        tests.join("mistakes").join(format!("{}.rs", self.id))
    }
}
