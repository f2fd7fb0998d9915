//! Files of others: fetched, pinned, checked, read.
