//! # A learner's function, checked
//!
//! An [`Exercise`] asks one function on small inputs, its probes, whose answers are known. Where an
//! answer differs, the same probes are put to **mistakes**: functions that do what learners do
//! wrong. The mistake that gives what the learner's function gives is named.
//!
//! ```
//! use exercise::Exercise;
//!
//! type Mean = fn(&[f64]) -> f64;
//!
//! mod mistakes_00_1 {
//!     pub fn not_divided(numbers: &[f64]) -> f64 {
//!         numbers.iter().sum()
//!     }
//!     pub fn divided_by_one_less(numbers: &[f64]) -> f64 {
//!         numbers.iter().sum::<f64>() / (numbers.len() - 1) as f64
//!     }
//! }
//!
//! fn mean(yours: Mean) -> Exercise<Mean> {
//!     let exercise = Exercise::new("00.1", "mean", yours)
//!         .probe("2, 3, 7", |mean: Mean| mean(&[2.0, 3.0, 7.0]), 4.0);
//!     exercise::mistakes!(exercise, mistakes_00_1: not_divided, divided_by_one_less)
//! }
//!
//! mean(|numbers| numbers.iter().sum::<f64>() / numbers.len() as f64).check();
//! let said = mean(mistakes_00_1::not_divided).verdict().says;
//! assert!(said.starts_with("00.1 mean looks like: not divided"), "{said}");
//! ```
//!
//! In a lesson's tests [`Exercise::check`] is one test, so that `cargo test` says the same sentence
//! as `cargo learn check`, which reads it from the file that [`VERDICT_VARIABLE`] names.

mod answer;
mod draw;
mod outcome;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

pub use answer::{Answer, Number};
pub use outcome::LONGEST;
pub use verdict::{VERDICT_VARIABLE, Verdict};

use outcome::Outcome;
use verdict::Kind;

/// How far a number may lie from the expected one, relative to it where that is above 1: what f32
/// leaves of sums in another order, and far below what any mistake does.
const TOLERANCE: f64 = 1e-5;

/// How many random cases [`Exercise::random`] makes.
const RANDOM_CASES: u64 = 16;

/// Fewest mistakes of an exercise.
const FEWEST_MISTAKES: usize = 5;

/// One function to write, with what it must answer and what it looks like when it is wrong.
#[derive(Debug)]
pub struct Exercise<F> {
    id: &'static str,
    item: &'static str,
    yours: F,
    tolerance: f64,
    longest: Duration,
    probes: Vec<Probe<F>>,
    random: Vec<Probe<F>>,
    mistakes: Vec<(String, F)>,
}

/// One question to a function, with its right answer.
#[derive(Clone)]
pub struct Probe<F> {
    given: String,
    ask: Arc<dyn Fn(F) -> Answer + Send + Sync>,
    expected: Answer,
}

impl<F> std::fmt::Debug for Probe<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe").field("given", &self.given).finish_non_exhaustive()
    }
}

impl<F> Probe<F> {
    /// A probe: the input in words, how a function is asked on it, and the right answer.
    pub fn new<A: Into<Answer>>(
        given: impl Into<String>,
        ask: impl Fn(F) -> A + Send + Sync + 'static,
        expected: impl Into<Answer>,
    ) -> Self {
        let ask = Arc::new(move |function| ask(function).into());
        Self { given: given.into(), ask, expected: expected.into() }
    }
}

impl<F: Copy + Send + 'static> Exercise<F> {
    /// An exercise without probes: its number, the name of the function and the lesson's own, which
    /// a learner may have replaced.
    pub fn new(id: &'static str, item: &'static str, yours: F) -> Self {
        let (probes, random, mistakes) = (Vec::new(), Vec::new(), Vec::new());
        let (tolerance, longest) = (TOLERANCE, LONGEST);
        Self { id, item, yours, tolerance, longest, probes, random, mistakes }
    }

    /// Lets numbers lie further from the expected ones than 1e-5 (relative to them above 1). Say
    /// why where it is called.
    pub fn within(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// One probe more: see [`Probe::new`].
    pub fn probe<A: Into<Answer>>(
        mut self,
        given: impl Into<String>,
        ask: impl Fn(F) -> A + Send + Sync + 'static,
        expected: impl Into<Answer>,
    ) -> Self {
        self.probes.push(Probe::new(given, ask, expected));
        self
    }

    /// Sixteen random probes, the same in every run, so that a table of answers does not pass.
    pub fn random(mut self, make: impl Fn(&mut StdRng) -> Probe<F>) -> Self {
        for seed in 0..RANDOM_CASES {
            self.random.push(make(&mut StdRng::seed_from_u64(seed)));
        }
        self
    }

    /// One mistake more; [`mistakes!`](crate::mistakes) adds them by the names of their functions.
    pub fn mistake(mut self, name: &str, function: F) -> Self {
        self.mistakes.push((phrase(name), function));
        self
    }

    /// Checks the lesson's function. While a planted mistake is hunted it says nothing: the other
    /// tests are to show it.
    ///
    /// # Panics
    ///
    /// If it is not right: with the verdict's words and no backtrace.
    #[track_caller]
    pub fn check(&self) {
        if verdict::hunt_is_on(self.id) {
            return;
        }
        let verdict = self.verdict();
        verdict.hand_over();
        if !verdict.is_right() {
            fail(verdict.says);
        }
    }

    /// What the check says of the lesson's function.
    pub fn verdict(&self) -> Verdict {
        self.verdict_of(self.yours)
    }

    /// Checks the exercise itself: at least five mistakes, each recognised as itself only.
    ///
    /// # Panics
    ///
    /// If one is taken for right or for another, or for none.
    #[track_caller]
    pub fn tell_mistakes_apart(&self) {
        let mut breaches = Vec::new();
        if self.mistakes.len() < FEWEST_MISTAKES {
            breaches.push(format!("expected {FEWEST_MISTAKES} mistakes, found fewer"));
        }
        for (name, mistake) in &self.mistakes {
            let verdict = self.verdict_of(*mistake);
            // A mistake that runs on another function, whose hole is open, cannot be tried now.
            let runs = verdict.kind() != "not begun";
            if runs && verdict.looks_like.as_ref() != Some(name) {
                breaches.push(format!("{name:?} is answered by: {}", verdict.says));
            }
        }
        if !breaches.is_empty() {
            fail(format!("{} {}:\n{}", self.id, self.item, breaches.join("\n")));
        }
    }

    fn verdict_of(&self, function: F) -> Verdict {
        let mut first_wrong = None;
        let mut outcomes = Vec::new();
        for probe in &self.probes {
            let outcome = outcome::of(probe, function, self.longest);
            if let Outcome::NotBegun(_) | Outcome::TooSlow = outcome {
                return self.answered(probe, &outcome, None);
            }
            if first_wrong.is_none() && !self.is_right(probe, &outcome) {
                first_wrong = Some(outcomes.len());
            }
            outcomes.push(outcome);
        }
        if let Some(at) = first_wrong {
            let looks_like = self.looks_like(&outcomes);
            return self.answered(&self.probes[at], &outcomes[at], looks_like);
        }
        for probe in &self.random {
            let outcome = outcome::of(probe, function, self.longest);
            if !self.is_right(probe, &outcome) {
                return self.answered(probe, &outcome, None);
            }
        }
        Verdict::right(self.id, self.item)
    }

    fn is_right(&self, probe: &Probe<F>, outcome: &Outcome) -> bool {
        outcome.same(&Outcome::Answered(probe.expected.clone()), self.tolerance)
    }

    /// The one mistake that answers every probe as the learner's function did, right or wrong.
    fn looks_like(&self, outcomes: &[Outcome]) -> Option<&str> {
        let mut found = Vec::new();
        for (name, mistake) in &self.mistakes {
            let mut probes = self.probes.iter().zip(outcomes);
            if probes.all(|(probe, outcome)| {
                outcome.same(&outcome::of(probe, *mistake, self.longest), self.tolerance)
            }) {
                found.push(name.as_str());
            }
        }
        match found[..] {
            [name] => Some(name),
            _ => None,
        }
    }

    fn answered(&self, probe: &Probe<F>, outcome: &Outcome, looks_like: Option<&str>) -> Verdict {
        let mut verdict = match outcome {
            Outcome::NotBegun(hole) => return Verdict::not_begun(self.id, self.item, hole),
            Outcome::TooSlow => Verdict::new(self.id, Kind::TooSlow),
            Outcome::Panicked(_) if looks_like.is_none() => Verdict::new(self.id, Kind::Panics),
            _ => Verdict::new(self.id, Kind::Wrong),
        };
        let begin = format!("{} {}", self.id, self.item);
        let sentence = match (outcome, looks_like) {
            (_, Some(name)) => format!("{begin} looks like: {name}"),
            (Outcome::Panicked(panic), None) => format!("{begin} panics: {panic}"),
            (Outcome::TooSlow, None) => {
                format!("{begin} takes longer than {} s", self.longest.as_secs())
            }
            _ => format!("{begin} is wrong"),
        };
        let drawing = draw::side_by_side(&probe.given, &probe.expected, outcome, self.tolerance);
        (verdict.expected, verdict.found) = (Some(drawing.expected), Some(drawing.found));
        verdict.looks_like = looks_like.map(str::to_string);
        verdict.says = format!("{sentence}\n{}", drawing.text);
        verdict
    }
}

/// Adds mistakes to an exercise, each named as its function: `not_scaled` is "not scaled".
///
/// `mistakes!(exercise, module: first, second)`; `module twice:` where a generic function is asked at
/// two ranks, as a pair.
#[macro_export]
macro_rules! mistakes {
    ($exercise:expr, $module:ident: $($name:ident),+ $(,)?) => {
        $exercise$(.mistake(stringify!($name), $module::$name))+
    };
    ($exercise:expr, $module:ident twice: $($name:ident),+ $(,)?) => {
        $exercise$(.mistake(stringify!($name), ($module::$name, $module::$name)))+
    };
}

/// Whether `work` is refused with a panic, for a probe that asks for what a function documents under
/// `# Panics`: "refused" or "answered".
pub fn refused<T>(work: impl FnOnce() -> T) -> &'static str {
    match guard::guarded(work) {
        Ok(_) => "answered",
        Err(_) => "refused",
    }
}

/// What `work` answers, or "a panic": for a probe that must tell a refusal from several answers.
pub fn answer_or_panic<A: Into<Answer>>(work: impl FnOnce() -> A) -> Answer {
    match guard::guarded(work) {
        Ok(answer) => answer.into(),
        Err(_) => "a panic".into(),
    }
}

/// The name of a mistake's function as a phrase; the width of a model keeps its underscore.
fn phrase(name: &str) -> String {
    let mut phrase = name.replace('_', " ");
    for width in ["d_head", "d_model", "d_ff"] {
        phrase = phrase.replace(&width.replace('_', " "), width);
    }
    phrase
}

/// Fails a test with what it has to say: no place in this file and no backtrace.
fn fail(report: String) -> ! {
    eprintln!("{report}");
    std::panic::resume_unwind(Box::new(report))
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    type Sum = fn(&[f64]) -> f64;

    fn right(numbers: &[f64]) -> f64 {
        numbers.iter().sum()
    }

    fn first_left_out(numbers: &[f64]) -> f64 {
        numbers.iter().skip(1).sum()
    }

    fn last_left_out(numbers: &[f64]) -> f64 {
        numbers.iter().rev().skip(1).sum()
    }

    /// The same as the one above where a list is not empty.
    fn stops_at_an_empty_list(numbers: &[f64]) -> f64 {
        right(&numbers[..numbers.len() - 1])
    }

    fn sum(yours: Sum) -> Exercise<Sum> {
        let exercise = Exercise::new("00.1", "sum", yours)
            .probe("1, 2, 4", |sum: Sum| sum(&[1.0, 2.0, 4.0]), 7.0)
            .probe("nothing", |sum: Sum| sum(&[]), 0.0)
            .random(|rng| {
                let numbers: Vec<f64> = (0..5).map(|_| rng.random()).collect();
                let expected = numbers.iter().fold(0.0, |sum, number| sum + number);
                Probe::new("five numbers", move |sum: Sum| sum(&numbers), expected)
            });
        mistakes!(exercise, tests: first_left_out, last_left_out, stops_at_an_empty_list)
    }

    use super::tests;

    fn said(yours: Sum) -> (&'static str, String) {
        let verdict = sum(yours).verdict();
        (verdict.kind(), verdict.says.lines().next().unwrap_or_default().to_string())
    }

    #[test]
    fn what_is_right_is_right_in_whatever_order_it_adds() {
        assert_eq!(said(right), ("right", "00.1 sum is right".into()));
        assert_eq!(said(|numbers| numbers.iter().rev().sum()).0, "right");
        sum(right).check();
    }

    #[test]
    fn a_mistake_is_named_by_all_that_it_answers() {
        let (kind, says) = said(first_left_out);
        assert_eq!((kind, says.as_str()), ("wrong", "00.1 sum looks like: first left out"));
        // Alike at the first probe, and told apart by the panic at the second.
        assert_eq!(said(last_left_out).1, "00.1 sum looks like: last left out");
        assert_eq!(said(stops_at_an_empty_list).1, "00.1 sum looks like: stops at an empty list");
    }

    #[test]
    fn what_no_catalogue_has_is_wrong_all_the_same_and_drawn() {
        let verdict = sum(|_| 8.5).verdict();
        assert_eq!((verdict.kind(), verdict.looks_like), ("wrong", None));
        assert!(
            verdict.says.contains("expected   |  found\n  7          |  8.5"),
            "{}",
            verdict.says
        );
    }

    #[test]
    fn a_table_of_answers_does_not_pass() {
        let table: Sum = |numbers| if numbers.is_empty() { 0.0 } else { 7.0 };
        assert_eq!(said(table), ("wrong", "00.1 sum is wrong".into()));
    }

    #[test]
    fn a_hole_is_not_begun_and_another_ones_is_named() {
        let (kind, says) = said(|_| todo!("00.1"));
        assert_eq!(
            (kind, says.as_str()),
            ("not begun", "00.1 is not begun: `cargo learn open 00.1`")
        );
        let (kind, says) = said(|_| todo!("00.7"));
        assert_eq!(kind, "not begun");
        assert!(says.contains("runs on 00.7, which is not begun"), "{says}");
    }

    #[test]
    fn a_panic_of_its_own_is_told_in_its_words() {
        let (kind, says) = said(|numbers| numbers[7]);
        assert_eq!(kind, "panics");
        assert!(says.contains("index out of bounds"), "{says}");
    }

    #[test]
    fn an_endless_loop_is_left_to_itself() {
        let endless: Sum = |_| {
            loop {
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        let exercise = Exercise { longest: Duration::from_millis(100), ..sum(endless) };
        assert_eq!(exercise.verdict().kind(), "too slow");
    }

    #[test]
    fn a_mistake_that_is_taken_for_another_is_a_fault_of_the_exercise() {
        let told = guard::guarded(|| sum(right).tell_mistakes_apart());
        assert!(told.unwrap_err().contains("00.1 sum"), "three mistakes are too few");
    }

    #[test]
    fn answers_of_another_shape_differ_and_nan_is_like_nan_only() {
        let same = |a: Answer, b: Answer| a.same(&b, TOLERANCE);
        assert!(!same([1.0, 2.0].into(), [[1.0, 2.0]].into()));
        assert!(same([f64::NAN].into(), [f64::NAN].into()));
        assert!(!same([f64::NAN].into(), [0.0].into()));
        assert!(same([f64::INFINITY].into(), [f64::INFINITY].into()));
        assert!(!same(Some(1.0).into(), None::<f64>.into()));
        assert!(same((1.0, "a").into(), (1.000_001, "a").into()));
    }

    #[test]
    fn a_number_of_a_large_answer_is_shown_with_its_place() {
        let mut found = vec![vec![1.0; 20]; 20];
        found[15][13] = 7.0;
        let expected = Answer::from(vec![vec![1.0; 20]; 20]);
        let outcome = Outcome::Answered(found.into());
        let drawing = draw::side_by_side("ones", &expected, &outcome, TOLERANCE);
        assert!(
            drawing.text.contains("number 313 (row by row), 1 expected, 7 found"),
            "{}",
            drawing.text
        );
    }
}
