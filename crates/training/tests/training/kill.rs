//! SIGKILL at any moment.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, io};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use training::{Event, Recipe};

use crate::{Pairs, fresh, into, losses_of, metrics, never, on, recipe};

/// Where a child process trains until it is killed.
const FOLDER: &str = "RUNGS_TEST_IS_KILLED_IN";
/// The state after the last step that a child may ever reach.
const STEPS: usize = 1_000_000;

/// Saved after every step, so that most of the time something is being written.
fn without_end() -> Recipe {
    Recipe { evaluate_every: 1, ..recipe(STEPS) }
}

/// Not long to wait for a computer that does nothing else.
const PATIENCE: Duration = Duration::from_secs(60);

fn state(folder: &Path) -> std::path::PathBuf {
    folder.join("training.safetensors")
}

/// When the state was last written.
fn written(folder: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(state(folder)).and_then(|about| about.modified()).ok()
}

fn begin(folder: &Path) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["--exact", "kill::trains_until_it_is_killed", "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

#[test]
fn a_kill_at_any_moment_leaves_a_state_that_loads() {
    let folder = tempfile::tempdir().unwrap();
    let mut moments = StdRng::seed_from_u64(7);
    let mut reached = 0;
    for round in 0..backend::cases(24) {
        let before = written(folder.path());
        let mut child = begin(folder.path()).unwrap();
        let since = Instant::now();
        while written(folder.path()) == before {
            assert!(child.try_wait().unwrap().is_none(), "round {round}: it ended by itself");
            assert!(since.elapsed() < PATIENCE, "round {round}: nothing was written");
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_micros(moments.random_range(0..40_000)));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();

        let (device, _seed, model) = fresh(0.1);
        let run = on(&device, folder.path());
        let (trained, losses) =
            losses_of(&Pairs::new(&device), model, &without_end(), run, |event| {
                matches!(event, Event::Step { .. })
            });
        let trained = trained.unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert_eq!((losses.len(), losses[0].0 + 1), (1, trained.step), "round {round}");
        assert!(trained.step > reached, "round {round}: {} after {reached}", trained.step);
        reached = trained.step;
        let (steps, evaluations) = metrics(folder.path());
        let each_once: Vec<usize> = (0..reached).collect();
        assert_eq!(steps.iter().map(|step| step.0).collect::<Vec<_>>(), each_once, "round {round}");
        assert!(evaluations.is_sorted_by(|a, b| a < b), "round {round}: {evaluations:?}");
        checkpoint::Weights::open(folder.path())
            .unwrap_or_else(|error| panic!("round {round}: {error}"));
    }
    let names = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".rungs-part")).collect();
    names.sort();
    assert_eq!(
        names,
        ["metrics.jsonl", "model.safetensors", "training.safetensors"],
        "kills leave no litter"
    );
}

/// The child of the test above: begins a training in its folder, or goes on with it.
#[test]
#[ignore = "has no end"]
fn trains_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let (device, _seed, model) = fresh(0.1);
    let run = if state(folder).exists() { on(&device, folder) } else { into(&device, folder) };
    losses_of(&Pairs::new(&device), model, &without_end(), run, never).0.unwrap();
}
