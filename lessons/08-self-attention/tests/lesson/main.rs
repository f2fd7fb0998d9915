//! Lesson 08's tests.

mod laws;
