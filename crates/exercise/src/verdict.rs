//! What a check says.

use std::{env, fs};

use serde_json::{Value, json};

/// Name of the environment variable with the file into which a check writes its verdict as JSON.
pub const VERDICT_VARIABLE: &str = "RUNGS_LEARN_VERDICT";

/// Where `cargo learn bug` notes the mistake that it has planted, from a package's folder, in which
/// cargo runs its tests.
const HUNT: &str = "../../.learn/hunt.json";

/// Whether a mistake is hunted in the lesson of this exercise, and nobody asks for a verdict.
pub(crate) fn hunt_is_on(id: &str) -> bool {
    let Ok(text) = fs::read_to_string(HUNT) else { return false };
    let hunt: Value = serde_json::from_str(&text).unwrap_or_default();
    let hunted = hunt["lesson"].as_str().is_some_and(|lesson| id.starts_with(lesson));
    hunted && env::var_os(VERDICT_VARIABLE).is_none()
}

/// What a check says of a learner's function.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The exercise's number: `08.1`.
    pub id: String,
    kind: Kind,
    /// The mistake that answers as the function did.
    pub looks_like: Option<String>,
    /// The right answer, drawn.
    pub expected: Option<String>,
    /// What the function gave, drawn.
    pub found: Option<String>,
    /// All of it in words.
    pub says: String,
}

/// How a function fared. (That it does not compile, only whoever compiles it can say.)
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Right,
    Wrong,
    Panics,
    TooSlow,
    NotBegun,
}

impl Verdict {
    pub(crate) fn new(id: &str, kind: Kind) -> Self {
        let (looks_like, expected, found) = (None, None, None);
        Self { id: id.into(), kind, looks_like, expected, found, says: String::new() }
    }

    pub(crate) fn right(id: &str, item: &str) -> Self {
        Self { says: format!("{id} {item} is right"), ..Self::new(id, Kind::Right) }
    }

    /// `hole` is the number of the exercise that was come upon, its own or that of another.
    pub(crate) fn not_begun(id: &str, item: &str, hole: &str) -> Self {
        let says = if hole == id {
            format!("{id} is not begun: `cargo learn open {id}`")
        } else {
            format!("{id} {item} runs on {hole}, which is not begun: `cargo learn open {hole}`")
        };
        Self { says, ..Self::new(id, Kind::NotBegun) }
    }

    /// Whether the function is right.
    pub fn is_right(&self) -> bool {
        self.kind == Kind::Right
    }

    /// The verdict in one or two words, as `cargo learn check --format json` has it.
    pub fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Right => "right",
            Kind::Wrong => "wrong",
            Kind::Panics => "panics",
            Kind::TooSlow => "too slow",
            Kind::NotBegun => "not begun",
        }
    }

    /// Writes the verdict into the file that [`VERDICT_VARIABLE`] names, where one is named.
    pub(crate) fn hand_over(&self) {
        let Some(path) = env::var_os(VERDICT_VARIABLE) else { return };
        let verdict = json!({
            "id": self.id,
            "verdict": self.kind(),
            "looks_like": self.looks_like,
            "expected": self.expected,
            "found": self.found,
            "says": self.says,
        });
        if let Err(error) = fs::write(&path, verdict.to_string()) {
            eprintln!("the verdict could not be written to {}: {error}", path.display());
        }
    }
}
