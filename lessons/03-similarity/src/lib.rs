//! Lesson 03: what does close mean between two vectors?
