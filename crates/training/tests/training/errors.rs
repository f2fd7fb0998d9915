//! What is refused, and that nothing is lost by it.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use training::{Event, Recipe, TrainingRun, begun_with};

use crate::{Pairs, Small, assert_says, fresh, into, losses_of, never, on, recipe};

/// A folder in which twenty steps were trained.
fn trained() -> TempDir {
    let (device, _seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    losses_of(&Pairs::new(&device), model, &recipe(20), into(&device, folder.path()), never)
        .0
        .unwrap();
    folder
}

fn state(folder: &Path) -> std::path::PathBuf {
    folder.join("training.safetensors")
}

/// Every file and what is in it.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| (path.display().to_string(), fs::read(&path).unwrap());
    let mut contents: Vec<_> = files.map(read).collect();
    contents.sort();
    contents
}

/// Goes on in `folder` with another recipe, for its error.
fn resume(folder: &Path, recipe: &Recipe) -> Result<(), training::TrainingError> {
    let (device, _seed, model) = fresh(0.0);
    losses_of(&Pairs::new(&device), model, recipe, on(&device, folder), never).0.map(|_| ())
}

/// Writes the state anew with something else in its text.
fn rewrite(folder: &Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "offsets stay");
    let bytes = fs::read(state(folder)).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let text = std::str::from_utf8(&bytes[8..header]).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{text}");
    fs::write(
        state(folder),
        [&bytes[..8], text.replace(from, to).as_bytes(), &bytes[header..]].concat(),
    )
    .unwrap();
}

#[test]
fn a_folder_that_holds_a_training_or_a_model_is_not_begun_in() {
    let folder = trained();
    let before = contents(folder.path());
    let (device, seed, model) = fresh(0.0);
    let refused =
        losses_of(&Pairs::new(&device), model, &recipe(20), into(&device, folder.path()), never).0;
    assert_says(refused, &["new folder", "training.safetensors", "resume"]);
    assert_eq!(contents(folder.path()), before);
    drop(seed);

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.safetensors"), "precious").unwrap();
    let (device, _seed, model) = fresh(0.0);
    let refused =
        losses_of(&Pairs::new(&device), model, &recipe(20), into(&device, folder.path()), never).0;
    assert_says(refused, &["model.safetensors"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn there_is_nothing_to_go_on_with_in_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    assert_says(
        resume(folder.path(), &recipe(20)),
        &["training.safetensors", "does not exist", "begin one"],
    );
    assert_says(begun_with(folder.path()), &["does not exist"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_state_of_another_model_is_refused() {
    let folder = trained();
    let before = contents(folder.path());
    let (device, _seed, _) = fresh(0.0);
    let wide = Small::new(9, 0.0, &device.clone().autodiff());
    let refused =
        losses_of(&Pairs::new(&device), wide, &recipe(20), on(&device, folder.path()), never).0;
    assert_says(refused, &["this model", "table.weight", "[11, 9]", "[11, 8]"]);
    let mut bare = Small::new(8, 0.0, &device.clone().autodiff());
    bare.output.bias = None;
    let refused =
        losses_of(&Pairs::new(&device), bare, &recipe(20), on(&device, folder.path()), never).0;
    assert_says(refused, &["this model", "output.bias"]);
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn another_recipe_or_setting_is_named() {
    let folder = trained();
    let other = |change: fn(&mut Recipe)| {
        let mut recipe = recipe(20);
        change(&mut recipe);
        resume(folder.path(), &recipe)
    };
    assert_says(other(|recipe| recipe.learning_rate = 0.02), &["learning_rate", "0.02", "0.01"]);
    assert_says(other(|recipe| recipe.seed = 8), &["seed", "8", "7"]);
    assert_says(other(|recipe| recipe.clip = None), &["clip", "null", "1"]);
    let (device, _seed, model) = fresh(0.0);
    let task = Pairs { batch: 6, ..Pairs::new(&device) };
    let refused = losses_of(&task, model, &recipe(20), on(&device, folder.path()), never).0;
    assert_says(refused, &["batch", "6", "12"]);
}

#[test]
fn a_recipe_in_a_file_that_cannot_be_followed_is_refused_by_its_path() {
    let folder = trained();
    rewrite(folder.path(), "\\\"accumulation\\\":1", "\\\"accumulation\\\":0");
    assert_says(begun_with(folder.path()), &["training.safetensors", "accumulation", "1 or more"]);
}

#[test]
fn a_recipe_that_cannot_be_followed_is_refused() {
    let refused = |change: fn(&mut Recipe), texts: &[&str]| {
        let (device, _seed, model) = fresh(0.0);
        let mut recipe = recipe(20);
        change(&mut recipe);
        assert_says(
            losses_of(&Pairs::new(&device), model, &recipe, TrainingRun::on(&device), never).0,
            texts,
        );
    };
    refused(|recipe| recipe.steps = 0, &["steps", "1 or more", "found 0"]);
    refused(|recipe| recipe.accumulation = 0, &["accumulation"]);
    refused(|recipe| recipe.evaluate_every = 0, &["evaluate_every"]);
    refused(|recipe| recipe.patience = Some(0), &["patience"]);
    refused(|recipe| recipe.learning_rate = f64::NAN, &["learning_rate", "NaN"]);
    refused(|recipe| recipe.minimum_learning_rate = 1.0, &["minimum_learning_rate", "found 1"]);
    refused(|recipe| recipe.beta_2 = 1.0, &["beta_2", "below 1"]);
    refused(|recipe| recipe.epsilon = 0.0, &["epsilon"]);
    refused(|recipe| recipe.clip = Some(-1.0), &["clip", "above 0"]);
    refused(|recipe| recipe.weight_decay = -0.1, &["weight_decay"]);
}

#[test]
fn a_state_of_another_version_is_refused() {
    let folder = trained();
    rewrite(folder.path(), r#"\"format\":1"#, r#"\"format\":2"#);
    assert_says(resume(folder.path(), &recipe(20)), &["format 1", "format 2"]);
}

#[test]
fn a_damaged_state_is_refused() {
    let folder = trained();
    rewrite(folder.path(), r#"\"since_best\""#, r#"\"since_beet\""#);
    assert_says(resume(folder.path(), &recipe(20)), &["damaged", "since_best"]);

    let folder = trained();
    let bytes = fs::read(state(folder.path())).unwrap();
    for cut in [bytes.len() - 1, bytes.len() / 2, 7, 0] {
        fs::write(state(folder.path()), &bytes[..cut]).unwrap();
        assert_says(resume(folder.path(), &recipe(20)), &["training.safetensors", "expected"]);
    }
    fs::copy(folder.path().join("model.safetensors"), state(folder.path())).unwrap();
    assert_says(resume(folder.path(), &recipe(20)), &["expected the state of a training"]);
}

#[test]
fn a_state_that_cannot_be_written_ends_the_training_and_keeps_the_old_one() {
    let (device, seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("training.safetensors.rungs-part");
    let mut saved = Vec::new();
    let (trained, _) = losses_of(
        &Pairs::new(&device),
        model,
        &recipe(60),
        into(&device, folder.path()),
        |event| {
            if matches!(event, Event::Step { step: 30, .. }) {
                saved = fs::read(state(folder.path())).unwrap();
                // Nothing can be written in its place.
                fs::create_dir(&part).unwrap();
            }
            false
        },
    );
    assert_says(trained, &["training.safetensors", "failed", "check the path"]);
    assert_eq!(fs::read(state(folder.path())).unwrap(), saved);
    fs::remove_dir(&part).unwrap();
    drop(seed);
    resume(folder.path(), &recipe(60)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let (device, _seed, model) = fresh(0.0);
    let begin = |model: Small, folder: &Path| {
        losses_of(&Pairs::new(&device), model, &recipe(20), into(&device, folder), never).0
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_says(
        begin(model.clone(), &file.path().join("run")),
        &["making the folder failed", "check the path"],
    );
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    // The superuser writes all the same.
    if fs::write(folder.path().join("x"), "").is_err() {
        assert_says(
            begin(model, folder.path()),
            &["training.safetensors", "failed", "permissions"],
        );
    }
}

#[test]
fn a_model_that_cannot_be_published_stops_it() {
    let (device, _seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let (trained, _) = losses_of(
        &Pairs::new(&device),
        model,
        &recipe(20),
        into(&device, folder.path()),
        |event| {
            // In the way of the next one.
            if matches!(event, Event::Step { step: 5, .. }) {
                fs::remove_file(folder.path().join("model.safetensors")).unwrap();
                fs::create_dir(folder.path().join("model.safetensors")).unwrap();
            }
            false
        },
    );
    assert_says(trained, &["model.safetensors", "writing failed"]);
}
