//! Lesson 08: how does a vector come to depend on its neighbours?
