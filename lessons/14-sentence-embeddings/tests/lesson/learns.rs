//! What the demo claims of what was learnt.

use course::{Marks, Report, Run};
use sentences::demo::demo;

use crate::minilm;

/// The bars of the pooling figure: mean, CLS, max, mean with the mask forgotten, chance.
fn bars(report: &Report) -> Vec<f64> {
    let figure = report.figures().iter().find(|figure| figure.name == "14-pooling").unwrap();
    let Marks::Bars(bars) = &figure.panels[0].marks else { panic!("14-pooling is made of bars") };
    bars.iter().map(|bar| bar.value).collect()
}

#[test]
fn a_tiny_pretrained_encoder_finds_topics_far_above_chance() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let bars = bars(&demo(&Run { device: &device, seed: 7, minilm: None }).unwrap());
    assert!(bars[0] > 3.0 * bars[4], "{bars:?}");
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn real_vectors_find_topics_and_the_mask_matters() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let folder = minilm();
    let report = demo(&Run { device: &device, seed: 7, minilm: Some(&folder) }).unwrap();
    let bars = bars(&report);
    assert!(bars[0] > 80.0 && bars[0] > bars[3], "{bars:?}");
}
