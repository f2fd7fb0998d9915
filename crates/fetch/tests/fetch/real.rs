//! The model that the course is about, read whole.

use std::time::Instant;

use checkpoint::Weights;
use fetch::{Fetch, Progress, Source};
use files::Home;

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn minilm_is_complete_and_read_whole() {
    let home = Home::from_env().unwrap();
    // No address answers here: what is complete needs none.
    let mut fetch = Fetch::new(home);
    fetch.hosts.hub = "https://localhost:1".into();
    let mut cached = 0;
    let begun = Instant::now();
    let folder = fetch
        .run(&Source::Minilm, &mut |progress| {
            cached += usize::from(matches!(progress, Progress::Cached { .. }))
        })
        .unwrap();
    println!("checked in {:?}", begun.elapsed());
    assert_eq!(cached, 10);

    let begun = Instant::now();
    let weights = Weights::open(&folder).unwrap();
    assert_eq!(weights.names().count(), 104);
    assert_eq!(weights.layers("encoder.layer."), 6);
    let device = backend::from_env();
    let floats: Vec<&str> =
        weights.names().filter(|name| weights.dtype(name) == Some("F32")).collect();
    assert_eq!(floats.len(), 103);
    for name in floats {
        match *weights.shape(name).unwrap() {
            [d_out, d_in] => drop(weights.transposed(name, [d_in, d_out], &device).unwrap()),
            [width] => drop(weights.tensor::<1>(name, [width], &device).unwrap()),
            _ => panic!("{name} has another rank"),
        }
    }
    println!("read in {:?}", begun.elapsed());
}
