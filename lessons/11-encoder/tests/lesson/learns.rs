//! What training achieves.

use course::{Marks, Run};
use encoder::BertConfig;
use encoder::demo::{demo, pretrained};
use encoder::pretraining::{Pretraining, Special, pretrain};

/// Sentences of which every third word follows from the one before.
fn corpus() -> Vec<Vec<u32>> {
    (0..40).map(|i| vec![2, 5 + i % 8, 13 + i % 8, 21, 3]).collect()
}

#[test]
fn twenty_steps_lower_the_loss() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let config = BertConfig::new(22, 16, 1, 2, 32, 8);
    let special = Special { mask: 4, pad: 0, first_word: 5 };
    let how = Pretraining { steps: 20, batch: 16, learning_rate: 1e-2, seed: 7 };
    let (_, losses) = pretrain(&config, &corpus(), special, how, &device.autodiff());
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    // from ln(22) = 3.1 a fifth is lost by learning which words come at all
    assert!(mean(&losses[15..]) < 0.8 * mean(&losses[..5]), "{losses:?}");
}

#[test]
fn a_pretrained_model_beats_word_counts() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let toy = pretrained(&Run { device: &device, seed: 7, minilm: None }, 150).unwrap();
    let last = toy.losses[130..].iter().sum::<f64>() / 20.0;
    assert!(last < toy.unigram, "loss {last:.2}, word counts alone {:.2}", toy.unigram);
}

/// The folder of the real model, which must have been fetched.
fn minilm() -> std::path::PathBuf {
    zoo::Home::from_env().unwrap().model("minilm")
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn the_two_banks_part_and_the_two_money_banks_stay_together() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let folder = minilm();
    let report = demo(&Run { device: &device, seed: 7, minilm: Some(&folder) }).unwrap();
    let bank = report.figures().iter().find(|figure| figure.name == "11-bank").unwrap();
    let Marks::Lines(lines) = &bank.panels[0].marks else { panic!("11-bank is made of lines") };
    let [within, across] = [0, 1].map(|i| lines[i].points.iter().map(|point| point.1).collect::<Vec<_>>());
    // recorded in tests/golden/minilm/claims.json
    assert!((across[0] - 1.0).abs() < 1e-5 && (within[0] - 1.0).abs() < 1e-5);
    assert!((across[6] - 0.7673).abs() < 1e-4 && (within[6] - 0.9059).abs() < 1e-4);
    assert!(within.iter().zip(&across).skip(1).all(|(within, across)| within > across));
}
