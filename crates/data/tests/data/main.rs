//! The toy world says what its tables say; texts and tables of others are read right or refused.

mod corpus;
mod files;
mod tables;
mod tsv;
mod world;
