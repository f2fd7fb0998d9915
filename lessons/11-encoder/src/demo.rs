//! What this lesson shows.
