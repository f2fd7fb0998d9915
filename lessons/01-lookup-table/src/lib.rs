//! Lesson 01: what is a token ID worth before anything is learnt?
