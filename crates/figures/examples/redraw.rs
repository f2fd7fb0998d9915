//! Draws every figure of a folder anew from its data: `X.svg` from `X.json`.
//!
//! `cargo run -p figures --example redraw -- book/src/figures`: no lesson is trained again.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use course::Figure;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("expected a folder with the data of figures")?;
    for entry in fs::read_dir(PathBuf::from(folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let figure: Figure = serde_json::from_str(&fs::read_to_string(&path)?)?;
            fs::write(path.with_extension("svg"), figures::svg(&figure))?;
        }
    }
    Ok(())
}
