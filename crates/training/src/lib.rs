//! # The loop that every lesson that trains shares
//!
//! A lesson provides the data and the loss ([`Task`]), a [`Recipe`] the number of steps and the
//! learning rate; [`train`] does the rest: AdamW with warm-up and cosine decay, clipping and
//! accumulation of gradients, evaluation, metrics, checkpoints, resume, early stop, a budget of
//! time, and a guard against NaN and infinity. An [`Observer`] receives every step and evaluation.
//!
//! **Nothing random is remembered.** What a step draws, batches and dropout alike, follows from the
//! seed and the number of the step ([`Draw`]), because burn's generator is one for the whole
//! process and its state cannot be saved. So a training that was killed goes on as if it had not
//! been, loss by loss.
//!
//! **One state, one file.** Weights and both moments of the optimiser lie in one file that is
//! written aside and renamed: a kill at any moment leaves the old state or the new one.
//!
//! **Why not burn-train's `Learner`.** It trains by epochs over a data loader and resumes at the
//! end of one; it saves model, optimiser and scheduler as three files; and its seed is set once. A
//! step that can be repeated bit for bit in the middle of an epoch is what this crate is for, and
//! the loop itself is the smallest part of it. The optimiser is burn's, or on the CPU the same rule
//! in place ([`kernels::adamw`]).
//!
//! **Why not burn's own records.** They are burnpack files, weights and moments apart and joined by
//! ids. One safetensors file by names is renamed as a whole, is read by the bounded check that
//! every file of others goes through ([`checkpoint`]), and opens in any other library.
//!
//! # Layout
//!
//! - `run`: [`train`], the loop, and the [`Task`] that it works on
//! - `recipe`, `preset`: how to train, and sizes that suit a computer
//! - `draw`, `batches`: what a step draws, and the batches made of it
//! - `update`, `parallel_gradients`: the optimiser's step, and gradients on several cores
//! - `observer`, `metrics`, `curve`: events, their file, and a curve of them
//! - `state`, `folder`: the saved state, and the files of a training's folder

mod batches;
mod curve;
mod draw;
mod error;
mod folder;
mod lengths;
mod metrics;
mod observer;
mod parallel_gradients;
mod preset;
mod recipe;
mod run;
mod state;
mod update;

pub use batches::{Blocks, batch_of_epoch, block_at, items_of_draw};
pub use curve::curve;
pub use draw::Draw;
pub use error::{SaveError, TrainingError};
pub use folder::STATE_FILE;
pub use lengths::batches_by_length;
pub use observer::{Event, Observer};
pub use parallel_gradients::{
    gradients_of, joined_gradients, on_all_cores, parallel_gradients, parts,
};
pub use preset::Preset;
pub use recipe::Recipe;
pub use run::{Stop, Task, Trained, TrainingRun, train};
pub use state::begun_with;
pub use update::{Update, gradient_norm};
