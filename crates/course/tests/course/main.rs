//! What learners write in this crate, and what a report says of its numbers.

// Named so that these tests share the lessons' build of burn, of which they need nothing.
use backend as _;

mod exercises;
mod figure;
mod report;
