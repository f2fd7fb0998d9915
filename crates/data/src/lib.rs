//! Corpora and data sets, with a small world to make sentences from.
