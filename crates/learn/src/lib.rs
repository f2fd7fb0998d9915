//! # Learning by doing
//!
//! What stands behind `cargo learn`: one function of a lesson at a time becomes a hole, a learner
//! fills it, and a check says what is wrong. It has no burn, so that it builds in half a minute and
//! runs while a lesson does not compile.

pub mod book;
pub mod catalogue;
pub mod check;
pub mod desk;
pub mod interruption;
pub mod item;
pub mod page;
pub mod sources;
pub mod state;
