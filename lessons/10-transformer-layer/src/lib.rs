//! Lesson 10: what makes it deep and trainable?
