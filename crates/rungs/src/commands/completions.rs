//! `cargo rungs completions`

use anyhow::Result;
use clap_complete::Shell;

use crate::shell::output;

/// Print what lets a shell complete commands and options
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rungs completions bash > ~/.local/share/bash-completion/completions/rungs
  rungs completions zsh > ~/.zfunc/_rungs            with ~/.zfunc in zsh's fpath
  rungs completions fish > ~/.config/fish/completions/rungs.fish

For the program that `cargo install --path crates/rungs` installs: a shell completes `rungs`, and \
after `cargo rungs` what cargo completes.")]
pub struct Args {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions of `command`.
pub fn run(args: &Args, mut command: clap::Command) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "rungs", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())
}
