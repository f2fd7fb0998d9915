//! Lesson 06: how does a set become a sequence?
