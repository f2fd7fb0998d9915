//! What every command stands on: options, names, input, output, progress. Nothing here knows a
//! command.

pub mod failure;
pub mod generation_config;
pub mod html;
pub mod input;
pub mod interrupt;
pub mod names;
pub mod options;
pub mod output;
pub mod place;
pub mod progress;
pub mod prompts;
pub mod watch;
pub mod writers;
