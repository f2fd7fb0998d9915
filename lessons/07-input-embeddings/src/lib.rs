//! Lesson 07: what else does a token need to say?
