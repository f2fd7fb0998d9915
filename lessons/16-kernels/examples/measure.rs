//! Measures this machine, alone, and prints what lesson 16 keeps as its record:
//!
//! `cargo run -p lesson-16 --example measure > lessons/16-kernels/src/times.json`

use pulp::Arch;
use roofline::measure::{Measured, attention, kernels, roof};

/// Lengths from a sentence to a chapter.
const TOKENS: [usize; 7] = [64, 128, 256, 512, 1024, 2048, 4096];

/// Runs of each, of which the shortest counts: enough to meet a moment in which nobody disturbs.
const RUNS: usize = 25;

fn main() -> anyhow::Result<()> {
    let device = backend::open(backend::DEFAULT)?;
    let measured = Measured {
        command: "cargo run -p lesson-16 --example measure".into(),
        threads: rayon::current_num_threads(),
        lanes: roofline::product::lanes(Arch::new()),
        roof: roof(10 * RUNS), // what all else is held against
        kernels: kernels(RUNS),
        attention: attention(&TOKENS, RUNS, &device),
    };
    println!("{}", serde_json::to_string_pretty(&measured)?);
    Ok(())
}
