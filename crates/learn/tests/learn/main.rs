//! The tool as a learner has it, on a small workspace of its own that builds in a moment.

mod kills;
mod steps;
mod terminal;
mod toy;
