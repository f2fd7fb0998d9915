//! # The house
//!
//! What holds across lessons, as tests (`house/`): who may depend on whom, how long a lesson may
//! be, that every figure redraws from its data and every include of the book finds its text, that
//! recorded values are the recorded ones. `cargo test -p house` runs them; each failure says what
//! to do.
