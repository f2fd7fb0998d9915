//! What the demo claims of what was learned.

use burn::module::Module;
use classify::baseline::{BagOfWords, majority};
use classify::demo::demo;
use classify::finetune::{Example, Examples, FineTuning, sequence_classifier};
use classify::{LogisticRegression, likeliest, one_hot};
use course::metrics::accuracy;
use course::{Marks, Report, Run};
use data::{Labelled, World};
use encoder::{BertConfig, SequenceClassifier};
use kernels::dropout::with_seed;
use sentences::SentenceEncoder;
use tokens::Tokenizer;
use training::{Draw, Task, gradients_of, train};

/// The rows of the demo's table whose first cell opens with `name`, as the numbers in per cent.
fn percent(report: &Report, name: &str) -> Vec<f64> {
    let line = report
        .text()
        .lines()
        .find(|line| line.trim_start().starts_with(name))
        .expect("a line of the report");
    let shares = line.split_whitespace().filter_map(|cell| cell.strip_suffix('%'));
    shares.map(|share| share.parse().unwrap()).collect()
}

/// The accuracies of the probes, one list over the layers per question.
fn probes(report: &Report) -> Vec<Vec<f64>> {
    let figure = report.figures().iter().find(|figure| figure.name == "15-layers").unwrap();
    let Marks::Lines(lines) = &figure.panels[0].marks else { panic!("15-layers is made of lines") };
    lines.iter().map(|line| line.points.iter().map(|point| point.1).collect()).collect()
}

#[test]
fn without_downloads_vectors_beat_words_and_the_token_head_beats_the_table() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let report = demo(&Run { device: &device, seed: 7, minilm: None }).unwrap();
    assert!(report.text().contains("MiniLM is not fetched"));
    let (words, vectors) =
        (percent(&report, "bag of words")[0], percent(&report, "logistic regression")[0]);
    // Guessing gets 20.0; seed 7 gets 20.0 and 48.3.
    assert!(words <= 25.0 && vectors > words + 10.0, "{words} and {vectors}");
    let tags = percent(&report, "words with several tags");
    assert!(tags[1] > tags[0], "{tags:?}");
    let all = percent(&report, "all words");
    assert!(all[1] > all[0], "{all:?}");
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn real_vectors_know_feelings_in_words_never_seen_and_forget_the_place() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let folder = golden::minilm();
    let report = demo(&Run { device: &device, seed: 7, minilm: Some(&folder) }).unwrap();
    // The book records 95.0; for the place 97.2 at first and 84.5 in the end; for the sense 100.0.
    assert!(percent(&report, "logistic regression")[0] > 85.0);
    let [_, _, place, sense] = &probes(&report)[..] else { panic!("four questions") };
    assert!(place[place.len() - 1] < place[0] - 5.0, "{place:?}");
    assert!(sense[1..].iter().all(|&right| right > 97.0), "{sense:?}");
    // The type of a double name: a guess at first, read best in the middle.
    let [first, middle, last] = [0, 3, 6].map(|layer| {
        let key = format!("names-{layer}-names-with-two-types");
        let number = report.numbers().iter().find(|number| number.key == key).unwrap();
        number.shown.parse::<f64>().unwrap()
    });
    assert!(first < 60.0 && middle > first + 10.0 && middle > last, "{first} {middle} {last}");
}

/// From random weights, sixteen sentences by heart: what 20 steps can do. Over seeds 1 to 16 the
/// loss falls by 0.95 to 1.44 nats.
#[test]
fn twenty_steps_of_fine_tuning_lower_the_loss() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let training_device = device.clone().autodiff();
    let tokenizer = Tokenizer::word_level(&World::vocabulary()).unwrap();
    let examples: Vec<Example<usize>> = World::sentences(7)
        .take(16)
        .map(|sentence| {
            let ids = tokenizer.encode(&sentence.to_string(), 16).unwrap().ids;
            Example { ids, target: sentence.topic as usize }
        })
        .collect();
    let (held_out, training) = (&examples[..], &examples[..]);
    let how = FineTuning::new(7).with_batch(8).with_epochs(10).with_learning_rate(2e-2);
    let label_weights = (0..9).map(|label| 1.0 + label as f32 / 9.0).collect();
    let pad = tokenizer.pad_id().unwrap();
    let task = Examples::<SequenceClassifier> {
        training,
        held_out,
        label_weights,
        pad,
        how,
        device: &training_device,
    };
    let bert = BertConfig::new(tokenizer.vocab_size(), 16, 2, 2, 24, 16)
        .with_epsilon(1e-5)
        .with_pooler(false);
    let model = sequence_classifier(bert.init(&device), 9, &device);
    let before = task.evaluate(&model);
    let run = training::TrainingRun::on(&training_device);
    let recipe = how.recipe(training.len());
    let trained = train(&task, model.train(), &recipe, run, &mut ()).unwrap();
    let model = trained.model.valid();
    let after = task.evaluate(&model);
    assert!(after < before - 0.5, "from {before:.3} to {after:.3} nats");
    // of slopes up to 1, each a sum over some hundred tokens
    assert_parts_are_the_whole(&task, &model.train(), 1e-5);
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

/// Sentences of film reviews with their labels as numbers.
fn reviews(name: &str) -> (Vec<String>, Vec<usize>) {
    let folder = std::env::var("RUNGS_DATA").expect("RUNGS_DATA names the folder of sst2/");
    let rows = data::labelled(&std::path::Path::new(&folder).join("sst2").join(name)).unwrap();
    let number = |row: &Labelled| usize::from(row.label == "1");
    let numbers = rows.iter().map(number).collect();
    (rows.into_iter().map(|row| row.text).collect(), numbers)
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm, and RUNGS_DATA with sst2/train.tsv and dev.tsv"]
fn on_film_reviews_the_head_is_as_good_as_scikit_learns_and_baselines_are_the_recorded_ones() {
    let device = backend::from_env();
    let encoder = SentenceEncoder::open(&golden::minilm(), &device).unwrap();
    let ((texts, numbers), (dev, truth)) = (reviews("train.tsv"), reviews("dev.tsv"));
    let regression = LogisticRegression::as_scikit_learn(1.0, texts.len(), 2);
    let head = regression.fit(encoder.embed_matrix(&texts).unwrap(), one_hot(&numbers, 2, &device));
    let right = accuracy(&likeliest(head.forward(encoder.embed_matrix(&dev).unwrap())), &truth);
    let recorded = golden::file("sst2.json").number("accuracy");
    // Two of 872 sentences either way: a close call may fall to the other side.
    assert!((right - recorded).abs() <= 0.003, "{right} and {recorded}");
    let bag = BagOfWords::fit(&texts, &numbers, 2);
    let by_words = accuracy(&dev.iter().map(|text| bag.predict(text)).collect::<Vec<_>>(), &truth);
    let by_majority = accuracy(&vec![majority(&numbers, 2); dev.len()], &truth);
    assert_eq!(format!("{:.2}% {:.2}%", 100.0 * by_majority, 100.0 * by_words), "50.92% 80.62%");
    assert!(by_words < right, "{by_words} {right}");
}
