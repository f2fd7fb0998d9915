//! Lesson 09: how do several views fit in one layer?
