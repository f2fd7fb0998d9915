//! The cells of the notebooks as one program: `cells` lists them, `cells NAME` runs one as the
//! kernel would.

include!(concat!(env!("OUT_DIR"), "/cells.rs"));

fn main() {
    let Some(wanted) = std::env::args().nth(1) else {
        NOTEBOOKS.iter().for_each(|(name, _)| println!("{name}"));
        return;
    };
    let (_, run) = NOTEBOOKS
        .iter()
        .find(|(name, _)| *name == wanted)
        .unwrap_or_else(|| panic!("{wanted}: expected the name of a notebook without .ipynb"));
    run();
}
