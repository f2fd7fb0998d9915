//! The tests of lesson 15, in one binary.

mod by_hand;
mod exercises;
mod files;
mod laws;
mod learns;
mod parity;
