//! What is done to an exercise: opened, checked, given back, shown. Every one of these keeps what
//! stood in the source before it writes over it, and holds the lock meanwhile.

use anyhow::{Result, bail};

use crate::catalogue::{Catalogue, Choice, Exercise};
use crate::check::{self, Verdict, Waiting};
use crate::item;
use crate::sources::{self, Source};
use crate::state::{Folder, Progress, Standing, State};

/// The exercises of a clone, and what a learner has done with them.
#[derive(Debug)]
pub struct Desk {
    /// What there is.
    pub catalogue: Catalogue,
    /// Where what is done is kept.
    pub folder: Folder,
}

impl Desk {
    /// The desk of the clone around the current folder.
    ///
    /// # Errors
    ///
    /// Outside of a clone.
    pub fn here() -> Result<Self> {
        let catalogue = Catalogue::around(&std::env::current_dir()?)?;
        let folder = Folder::of(&catalogue.root);
        Ok(Self { catalogue, folder })
    }

    /// The source of an exercise as it stands.
    ///
    /// # Errors
    ///
    /// If the function cannot be found.
    pub fn source(&self, exercise: &Exercise) -> Result<Source> {
        let frame = self.folder.frame(&exercise.id);
        Source::read(&self.catalogue.root, exercise, frame.as_ref())
    }

    /// The exercise that is meant: the one with this number, or the one that is worked on.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn meant(&self, id: Option<&str>) -> Result<&Exercise> {
        match (id, self.state().current) {
            (Some(id), _) => self.catalogue.find(id),
            (None, Some(id)) => self.catalogue.find(&id),
            (None, None) => bail!("no exercise is open: `cargo learn open 01.1` opens one"),
        }
    }

    /// What a learner has done. A hole in the source is open, whatever the file says, and so is what
    /// is not ours where nothing else is known: the file may have been deleted, or a kill came
    /// between the two.
    pub fn state(&self) -> State {
        let mut state = self.folder.state();
        state.current = state.current.take().filter(|id| self.catalogue.find(id).is_ok());
        let hunted = self.folder.hunt().is_ok_and(|hunt| hunt.is_some());
        for exercise in &self.catalogue.exercises {
            let standing = state.of(&exercise.id).state;
            let untouched =
                standing == Standing::Todo && (hunted || self.folder.ours(&exercise.id).is_none());
            let hollow = sources::may_have_hole(&self.catalogue.root, exercise);
            if !hollow && (untouched || standing != Standing::Todo) {
                continue;
            }
            let Ok(source) = self.source(exercise) else { continue };
            if item::is_hole(source.body(), &exercise.id) {
                state.of_mut(&exercise.id).state = Standing::Open;
                state.current.get_or_insert_with(|| exercise.id.clone());
            } else if standing == Standing::Todo
                && self.ours(exercise, &source).is_ok_and(|ours| ours != source.body())
            {
                state.of_mut(&exercise.id).state = Standing::Open;
            }
        }
        state
    }

    /// The exercise to go on with: the open one, or the next that is not done.
    pub fn next(&self, state: &State) -> Option<&Exercise> {
        if let Some(id) = &state.current
            && state.of(id).state == Standing::Open
        {
            return self.catalogue.find(id).ok();
        }
        let chosen = self.catalogue.on(state.path.unwrap_or(Choice::All));
        let done = |exercise: &&&Exercise| {
            let progress = state.of(&exercise.id);
            progress.state == Standing::Todo && !progress.skipped
        };
        chosen.iter().find(done).copied()
    }

    /// Opens the hole of an exercise, or puts in what was parked when another was opened.
    ///
    /// # Errors
    ///
    /// If the source cannot be read or written.
    pub fn open(&self, exercise: &Exercise) -> Result<Opened> {
        let _lock = self.folder.lock()?;
        self.refuse_hunted(exercise)?;
        let mut state = self.state();
        let mut source = self.source(exercise)?;
        if item::is_hole(source.body(), &exercise.id) {
            self.ours(exercise, &source)?;
            self.begin(&mut state, exercise)?;
            return Ok(Opened::Hole);
        }
        let progress = state.of(&exercise.id);
        let ours = self.ours(exercise, &source)?;
        // Where ours stands there again, someone has undone the hole by git: it is opened anew.
        let untouched = source.body() == ours;
        let current = state.current.as_ref() == Some(&exercise.id);
        if progress.state == Standing::Open && current && !untouched {
            return Ok(Opened::Already);
        }
        self.park_others(&mut state, exercise)?;
        source = self.source(exercise)?; // which may be the file that was just written
        let mut opened = Opened::Hole;
        let mut body = source.hole(&exercise.id);
        if !untouched {
            // What stands there is no text of ours: kept, and gone on with if it was open.
            let number = self.folder.keep_attempt(&exercise.id, source.body())?;
            opened = Opened::Kept(number);
            if progress.state == Standing::Open {
                body = source.body().to_string();
                opened = Opened::Already;
            }
        } else if let Some(number) = progress.parked
            && let Some(parked) = self.folder.attempt(&exercise.id, number)
        {
            (body, opened) = (parked, Opened::Parked(number));
        }
        source.put(&body)?;
        self.folder.keep_frame(&exercise.id, &source.frame())?;
        self.begin(&mut state, exercise)?;
        Ok(opened)
    }

    /// Parks what else is open: the exercise that was worked on, and every other hole.
    fn park_others(&self, state: &mut State, opening: &Exercise) -> Result<()> {
        for exercise in &self.catalogue.exercises {
            let open = state.of(&exercise.id).state == Standing::Open;
            if !open || exercise.id == opening.id {
                continue;
            }
            let current = state.current.as_ref() == Some(&exercise.id);
            let source = self.source(exercise)?;
            if current || item::is_hole(source.body(), &exercise.id) {
                self.park(state, exercise)?;
            }
        }
        Ok(())
    }

    fn begin(&self, state: &mut State, exercise: &Exercise) -> Result<()> {
        state.current = Some(exercise.id.clone());
        state.worked_on(&exercise.id);
        let progress = state.of_mut(&exercise.id);
        (progress.state, progress.parked, progress.skipped) = (Standing::Open, None, false);
        self.folder.keep(state)
    }

    /// Checks what stands in the source: `None` where the waiting was ended.
    ///
    /// # Errors
    ///
    /// If cargo cannot be run.
    pub fn check(&self, exercise: &Exercise, waiting: &mut dyn Waiting) -> Result<Option<Verdict>> {
        let Some(_lock) = self.folder.lock_while(&mut || waiting.goes_on())? else {
            return Ok(None);
        };
        let mut state = self.state();
        if let Ok(source) = self.source(exercise) {
            self.keep(exercise, &source)?;
            if state.of(&exercise.id).state == Standing::Open {
                self.folder.keep_frame(&exercise.id, &source.frame())?;
            }
        }
        let verdict =
            check::check(&self.catalogue.root, exercise, &self.folder.path_of_verdict(), waiting)?;
        let progress = state.of_mut(&exercise.id);
        if progress.state == Standing::Open {
            state.worked_on(&exercise.id);
            if verdict.as_ref().is_some_and(Verdict::is_right) {
                state.of_mut(&exercise.id).state = Standing::Solved;
            }
        }
        self.folder.keep(&state)?;
        Ok(verdict)
    }

    /// Builds the tests of an exercise, so that the first check need not.
    ///
    /// # Errors
    ///
    /// If cargo cannot be run.
    pub fn build(&self, exercise: &Exercise, waiting: &mut dyn Waiting) -> Result<()> {
        check::build(&self.catalogue.root, exercise, waiting).map(drop)
    }

    /// Gives an exercise back: ours stands there again, what stood there is kept.
    ///
    /// # Errors
    ///
    /// If the source cannot be read or written.
    pub fn reset(&self, exercise: &Exercise) -> Result<Option<u32>> {
        let _lock = self.folder.lock()?;
        self.refuse_hunted(exercise)?;
        let mut state = self.state();
        let kept = self.keep(exercise, &self.source(exercise)?)?;
        let progress = state.of_mut(&exercise.id);
        (progress.state, progress.parked) = (Standing::Todo, None);
        if state.current.as_ref() == Some(&exercise.id) {
            state.current = None;
        }
        // The source last: after a kill between the two, what stands there says how it stands.
        self.folder.keep(&state)?;
        self.put_ours(exercise)?;
        Ok(kept)
    }

    /// Passes an exercise over: ours stands there again, and it is not offered any more. What was
    /// written is there when it is opened again.
    ///
    /// # Errors
    ///
    /// If the source cannot be read or written.
    pub fn skip(&self, exercise: &Exercise) -> Result<Option<u32>> {
        let _lock = self.folder.lock()?;
        self.refuse_hunted(exercise)?;
        let mut state = self.state();
        if matches!(state.of(&exercise.id).state, Standing::Solved | Standing::Shown) {
            bail!("{0} is done: `cargo learn reset {0}` gives it back", exercise.id);
        }
        self.park(&mut state, exercise)?;
        let progress = state.of_mut(&exercise.id);
        progress.skipped = true;
        let kept = progress.parked;
        if state.current.as_ref() == Some(&exercise.id) {
            state.current = None;
        }
        self.folder.keep(&state)?;
        Ok(kept)
    }

    /// Puts our solution in; what stood there is kept.
    ///
    /// # Errors
    ///
    /// If the source cannot be read or written.
    pub fn put_solution(&self, exercise: &Exercise) -> Result<Option<u32>> {
        let _lock = self.folder.lock()?;
        self.refuse_hunted(exercise)?;
        let mut state = self.state();
        let kept = self.keep(exercise, &self.source(exercise)?)?;
        self.put_ours(exercise)?;
        state.of_mut(&exercise.id).state = Standing::Shown;
        self.folder.keep(&state)?;
        Ok(kept)
    }

    /// Our body of an exercise's function, and the learner's where there is one.
    ///
    /// # Errors
    ///
    /// If the source cannot be read.
    pub fn solution(&self, exercise: &Exercise) -> Result<(String, Option<String>)> {
        let source = self.source(exercise)?;
        let ours = self.ours(exercise, &source)?;
        let yours = source.body();
        let yours = (yours != ours && !item::is_hole(yours, &exercise.id)).then(|| yours.into());
        Ok((ours, yours))
    }

    /// Follows a choice of exercises.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn follow(&self, choice: Choice) -> Result<()> {
        let _lock = self.folder.lock()?;
        let mut state = self.state();
        state.path = Some(choice);
        self.folder.keep(&state)
    }

    /// The next hint, counted from 1; the last one again where all are given.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn hint(&self, exercise: &Exercise) -> Result<usize> {
        let given = (self.state().of(&exercise.id).hints + 1).min(exercise.hints.len());
        self.change(&exercise.id, |progress| progress.hints = given)?;
        Ok(given)
    }

    /// Changes what is known of an exercise.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Progress)) -> Result<()> {
        let _lock = self.folder.lock()?;
        let mut state = self.state();
        change(state.of_mut(id));
        self.folder.keep(&state)
    }

    /// Parks an exercise that is open: what was written is kept for when it is opened again.
    fn park(&self, state: &mut State, exercise: &Exercise) -> Result<()> {
        let kept = self.keep(exercise, &self.source(exercise)?)?;
        let progress = state.of_mut(&exercise.id);
        (progress.state, progress.parked) = (Standing::Todo, kept);
        self.folder.keep(state)?;
        self.put_ours(exercise)
    }

    fn put_ours(&self, exercise: &Exercise) -> Result<()> {
        let mut source = self.source(exercise)?;
        let ours = self.ours(exercise, &source)?;
        source.put(&ours)
    }

    /// Keeps what stands in the source as an attempt, if a learner wrote it: it is neither ours nor
    /// the hole nor planted.
    fn keep(&self, exercise: &Exercise, source: &Source) -> Result<Option<u32>> {
        let body = source.body();
        let hunted = self.folder.hunt()?.is_some_and(|hunt| hunt.bug.exercise == exercise.id);
        let ours = self.ours(exercise, source).is_ok_and(|ours| ours == body);
        if hunted || ours || item::is_hole(body, &exercise.id) {
            return Ok(None);
        }
        self.folder.keep_attempt(&exercise.id, body).map(Some)
    }

    /// The lesson's own body: what git knows, else what was kept, else what stands there when it is
    /// first asked for.
    ///
    /// # Errors
    ///
    /// If the hole stands there and nothing is known.
    pub fn ours(&self, exercise: &Exercise, source: &Source) -> Result<String> {
        let id = &exercise.id;
        let is_attempt = |body: &str| self.folder.is_attempt(id, body);
        let kept = self.folder.ours(id);
        let known = sources::ours(&self.catalogue.root, exercise, source, is_attempt);
        let ours = match (known, &kept) {
            (Some(known), _) => known,
            (None, Some(kept)) => kept.clone(),
            (None, None) if item::is_hole(source.body(), id) => bail!(
                "the lesson's own {} is neither in .learn/ nor in git: get its file from the \
                 course again",
                exercise.item
            ),
            (None, None) => source.body().to_string(),
        };
        if kept.as_ref() != Some(&ours) {
            self.folder.keep_ours(id, &ours)?;
        }
        Ok(ours)
    }

    fn refuse_hunted(&self, exercise: &Exercise) -> Result<()> {
        if let Some(hunt) = self.folder.hunt()?
            && hunt.bug.exercise == exercise.id
        {
            bail!(
                "a mistake is planted in lesson {}: `cargo learn bug {}` ends the hunt first",
                hunt.lesson,
                hunt.lesson
            );
        }
        Ok(())
    }
}

/// What [`Desk::open`] put into the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Opened {
    /// The hole.
    Hole,
    /// Nothing: it was open.
    Already,
    /// The attempt with this number, parked when another exercise was opened.
    Parked(u32),
    /// The hole; what stood there is kept as the attempt with this number.
    Kept(u32),
}
