//! Lesson 14: one vector for a whole text?
