//! The tests of lesson 11, in one binary.

mod parity;
