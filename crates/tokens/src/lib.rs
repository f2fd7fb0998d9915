//! The tokenizers crate, made safe for files of others.
