//! The head as a file.

use std::fs;

use burn::nn::LinearConfig;
use classify::Labels;
use classify::checkpoint::{HEAD_FILE, Head};

fn head(kind: Labels) -> Head {
    let linear = LinearConfig::new(4, 2).init(&backend::from_env());
    Head { linear, labels: vec!["gut \"so\"".into(), "böse".into()], kind }
}

fn open(folder: &tempfile::TempDir, d_model: usize) -> Result<Head, String> {
    Head::open(folder.path(), d_model, &backend::from_env()).map_err(|error| error.to_string())
}

#[test]
fn a_head_keeps_its_numbers_and_the_names_of_its_labels() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    for kind in [Labels::One, Labels::Any] {
        let (folder, saved) = (tempfile::tempdir().unwrap(), head(kind));
        saved.save(folder.path()).unwrap();
        let opened = open(&folder, 4).unwrap();
        assert_eq!((&opened.labels, opened.kind), (&saved.labels, kind));
        golden::assert_close(&opened.linear.weight.val(), &saved.linear.weight.val(), 0.0);
        let bias = |head: &Head| head.linear.bias.as_ref().unwrap().val();
        golden::assert_close(&bias(&opened), &bias(&saved), 0.0);
    }
}

#[test]
fn what_is_no_head_of_this_width_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |d_model: usize, needles: &[&str]| {
        let error = open(&folder, d_model).unwrap_err();
        assert!(
            !error.contains('\n') && needles.iter().all(|needle| error.contains(needle)),
            "{error}"
        );
    };
    refused(4, &[HEAD_FILE]);
    fs::write(folder.path().join(HEAD_FILE), b"nothing").unwrap();
    refused(4, &[HEAD_FILE]);
    head(Labels::One).save(folder.path()).unwrap();
    refused(5, &["classifier.weight", "[2, 5]", "[2, 4]"]);
    fs::copy(golden::directory().join("bert/model.safetensors"), folder.path().join(HEAD_FILE))
        .unwrap();
    refused(4, &["labels", "JSON list"]);
}
