//! Lesson 09's tests.

mod laws;
