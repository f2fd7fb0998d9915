//! Lesson 10's tests.

mod laws;
