//! What the demo claims of what was learnt.

use burn::module::Module;
use course::{Bar, Marks, Report, Run};
use data::{Related, World};
use kernels::dropout::with_seed;
use sentences::contrastive::{Contrastive, Tuning};
use sentences::demo::demo;
use sentences::{SentenceEncoder, feelings};
use training::{Draw, Task, gradients_of, train};

use golden::minilm;

/// The bars of a figure.
fn bars(report: &Report, figure: &str) -> Vec<Bar> {
    let figure = report.figures().iter().find(|made| made.name == figure).unwrap();
    let Marks::Bars(bars) = &figure.panels[0].marks else {
        panic!("{} is made of bars", figure.name)
    };
    bars.clone()
}

/// The bars of the pooling figure: mean, CLS, max, mean with the mask forgotten, chance.
fn pooling(report: &Report) -> Vec<f64> {
    bars(report, "14-pooling").iter().map(|bar| bar.value).collect()
}

/// Over seeds 1 to 8 the mean is right 8.1 to 8.8 times as often as chance.
#[test]
fn a_tiny_pretrained_encoder_finds_topics_far_above_chance() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let report = demo(&Run { device: &device, seed: 7, minilm: None }).unwrap();
    let bars = pooling(&report);
    assert!(bars[0] > 3.0 * bars[4], "{bars:?}");
    assert!(report.text().contains("MiniLM is not fetched"));
    tuning_beats_shared_words(&report);
}

/// Every pooling, trained, finds more than shared words do, and more than the encoder that only
/// guessed masked words: over seeds 1 to 8 by at least 0.205 to 0.262.
fn tuning_beats_shared_words(report: &Report) {
    let bars = bars(report, "14-retrieval");
    let ndcg: Vec<&Bar> = bars.iter().filter(|bar| bar.group == "nDCG@10").collect();
    let [words, pretrained, tuned @ ..] = &ndcg[..] else { panic!("five bars") };
    assert_eq!(tuned.len(), 3);
    for tuned in tuned {
        assert!(
            tuned.value > words.value + 0.1 && tuned.value > pretrained.value + 0.1,
            "{tuned:?}"
        );
    }
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn real_vectors_find_topics_and_the_mask_matters_and_so_does_the_end_of_a_text() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let folder = minilm();
    let report = demo(&Run { device: &device, seed: 7, minilm: Some(&folder) }).unwrap();
    let bars = pooling(&report);
    assert!(bars[0] > 80.0 && bars[0] > bars[3], "{bars:?}");
    // What is cut off is not found; a mean finds it wherever it stands, a passage of its own more.
    let [cut, mean, best] = ["its-first-tokens", "mean-of-its-passages", "its-best-passage"]
        .map(|way| percent(&report, &format!("long-{way}-answer-late")));
    assert!(cut < 25.0 && mean > cut + 10.0 && best > mean + 10.0, "{cut} {mean} {best}");
}

/// A number of the report, in per cent.
fn percent(report: &Report, key: &str) -> f64 {
    let number = report.numbers().iter().find(|number| number.key == key).unwrap();
    number.shown.trim_end_matches('%').parse().unwrap()
}

fn tuned(
    encoder: &SentenceEncoder,
    pairs: &[Related],
    held_out: &[Related],
    tuning: Tuning,
) -> SentenceEncoder {
    let device = backend::from_env().autodiff();
    device.seed(tuning.seed);
    let task = Contrastive::new(encoder, pairs, held_out, tuning, &device).unwrap();
    let bert = encoder.bert().unwrap().clone().train();
    let run = training::TrainingRun::on(&device);
    let trained = train(&task, bert, &tuning.recipe(pairs.len()), run, &mut ()).unwrap();
    encoder.clone().with_bert(trained.model.valid())
}

#[test]
fn texts_read_in_parts_learn_what_the_whole_batch_learns() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut pairs = Vec::new();
    for (i, (query, meant)) in World::paraphrases(7).take(14).enumerate() {
        // a batch of 7 pairs, some of them with a hard negative: parts of unequal size
        let other = (i % 3 == 0).then(|| query.to_string());
        pairs.push(Related { query: query.to_string(), meant: meant.to_string(), other });
    }
    let encoder = crate::random(&device);
    let training_device = device.autodiff();
    let tuning = Tuning { batch: 7, ..Tuning::default() };
    let task = Contrastive::new(&encoder, &pairs, &pairs[..1], tuning, &training_device).unwrap();
    // of slopes up to 20, since the temperature divides by 0.05
    assert_parts_are_the_whole(&task, &encoder.bert().unwrap().clone().train(), 1e-4);
}

/// Asserts that the gradients of a batch's parts add up to those of the whole, but for roundings.
fn assert_parts_are_the_whole<T: Task>(task: &T, model: &T::Model, on_cpu: f32) {
    let draw = Draw { seed: 7, step: 1, micro: 0 };
    let (whole, expected) = gradients_of(model, task.loss(model, draw));
    let (parts, found) = with_seed(Some(1), || task.gradients(model, draw));
    let tolerance = backend::tolerance(&backend::from_env(), on_cpu);
    let loss = (whole - parts).abs().into_scalar::<f32>();
    assert!(loss < tolerance, "losses {loss} apart");
    let compared = golden::assert_gradients_close(model, &found, &expected, tolerance);
    assert!(compared > 10, "{compared} gradients");
}

/// From random weights, judged by pairs held back: over seeds 1 to 16 the loss falls by 0.39 to 1.88
/// nats.
#[test]
fn forty_steps_bring_feelings_in_other_words_together() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let pairs: Vec<Related> = World::paraphrases(7)
        .take(96)
        .map(|(a, b)| Related { query: a.to_string(), meant: b.to_string(), other: None })
        .collect();
    let (held_out, pairs) = pairs.split_at(16);
    let tuning = Tuning { batch: 16, epochs: 8, learning_rate: 1e-2, ..Tuning::default() };
    let encoder = crate::random(&device);
    let loss = |encoder: &SentenceEncoder| {
        let task = Contrastive::new(encoder, pairs, held_out, tuning, &device).unwrap();
        task.evaluate(encoder.bert().unwrap())
    };
    let (before, after) = (loss(&encoder), loss(&tuned(&encoder, pairs, held_out, tuning)));
    assert!(after < before - 0.2, "from {before:.3} to {after:.3} nats");
}

/// Half a minute on two cores. Three recorded seeds told 22 and more of 32 apart, of which the
/// model told 1 before.
#[test]
#[ignore = "needs: cargo rungs fetch minilm, and RUNGS_DATA with stsb-en-test.csv"]
fn a_short_training_on_feelings_finds_what_is_meant_and_keeps_sts() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let encoder = SentenceEncoder::open(&minilm(), &device).unwrap();
    let pairs = feelings::pairs();
    let tuned = tuned(&encoder, &pairs, &pairs[..8], Tuning { epochs: 3, ..Tuning::default() });
    let (before, after) =
        (feelings::told_apart(&encoder).unwrap(), feelings::told_apart(&tuned).unwrap());
    assert!(before <= 3 && after >= 16, "{before} and {after} of {}", feelings::cases().len());
    let [sad, stock, birthday] = feelings::textbook(&tuned).unwrap();
    assert!(sad > stock && stock > birthday, "{sad} {stock} {birthday}");
    let (before, after) = (crate::parity::sts(&encoder), crate::parity::sts(&tuned));
    assert!(after > before - 0.01, "STS-B from {before:.4} to {after:.4}");
}
