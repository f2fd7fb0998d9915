//! Lesson 11: static or contextual?
