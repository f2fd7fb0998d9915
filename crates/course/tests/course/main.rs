//! The tests of what learners write in this crate.

// Named so that these tests share the lessons' build of burn, of which they need nothing.
use backend as _;

mod exercises;
