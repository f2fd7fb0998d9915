//! The state of a training: one file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::AdaptiveMomentumState;
use burn::tensor::{Device, Tensor, TensorData};
use checkpoint::{CheckpointError, Weights};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::folder::STATE_FILE;
use crate::{Recipe, TrainingError, Update};

/// The version of its form.
const FORMAT: u32 = 1;
/// Under which name of the file's metadata the rest of the state stands.
const STATE: &str = "training";

/// All but weights and moments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    pub format: u32,
    pub recipe: Recipe,
    /// What the training must be resumed with besides the recipe.
    pub settings: Value,
    /// Steps done.
    pub step: usize,
    /// Steps in all, which a budget may have lowered.
    pub steps: usize,
    /// The least loss so far, and the step before which it was measured. In f32, which JSON gives
    /// back to the last bit.
    pub best: Option<(usize, f32)>,
    /// Evaluations since.
    pub since_best: usize,
    /// The step before which it was last measured.
    pub evaluated: Option<usize>,
    /// Steps that each weight's moments have seen; a weight that no gradient has reached has none.
    pub times: BTreeMap<String, usize>,
    /// Spent so far.
    pub seconds: f64,
}

/// Writes weights, moments and state into `folder`.
pub(crate) fn save<M: Module>(
    folder: &Path,
    model: &M,
    update: &Update,
    state: &State,
) -> Result<(), TrainingError> {
    let mut tensors: Vec<(String, TensorData)> =
        values(model).into_iter().map(|(path, data)| (format!("value.{path}"), data)).collect();
    for (path, moments) in &update.moments {
        tensors.push((format!("first.{path}"), moments.moment_1.to_data()));
        tensors.push((format!("second.{path}"), moments.moment_2.to_data()));
    }
    let times = update.moments.iter().map(|(path, moments)| (path.clone(), moments.time)).collect();
    let state = serde_json::to_string(&State { times, ..state.clone() }).expect("a state is JSON");
    Ok(checkpoint::write_weights(&folder.join(STATE_FILE), &tensors, &[(STATE, &state)])?)
}

/// Reads a state into a model that was made as the one that wrote it.
pub(crate) fn load<M: Module>(
    folder: &Path,
    model: M,
    device: &Device,
) -> Result<(M, Update, State), TrainingError> {
    let path = folder.join(STATE_FILE);
    let weights = open(&path)?;
    let state = read_state(&path, &weights)?;
    let mut expected: Vec<(String, Vec<usize>)> = Vec::new();
    for (path, data) in values(&model) {
        expected.push((format!("value.{path}"), data.shape().to_vec()));
        if state.times.contains_key(&path) {
            let moment = |moment: &str| (format!("{moment}.{path}"), vec![data.num_elements()]);
            expected.extend(["first", "second"].map(moment));
        }
    }
    weights.matches(&expected, &[]).map_err(TrainingError::OtherModel)?;
    let mut update = Update::new(&state.recipe);
    let device = device.clone().inner();
    for (path, &time) in &state.times {
        let moment = |moment: &str| {
            let name = format!("{moment}.{path}");
            let numbers = weights.shape(&name).and_then(|shape| shape.first().copied());
            weights.tensor::<1>(&name, [numbers.unwrap_or_default()], &device)
        };
        let (first, second) = (moment("first")?, moment("second")?);
        update.moments.insert(path.clone(), AdaptiveMomentumState::new(time, first, second));
    }
    let mut read = Read { weights: &weights, path: Vec::new(), failed: None };
    let model = model.map(&mut read);
    match read.failed {
        Some(error) => Err(error.into()),
        None => Ok((model, update, state)),
    }
}

fn open(path: &Path) -> Result<Weights, TrainingError> {
    if path.exists() {
        Ok(Weights::open(path)?)
    } else {
        Err(TrainingError::Nothing { path: path.into() })
    }
}

fn read_state(path: &Path, weights: &Weights) -> Result<State, TrainingError> {
    let refuse = |problem: String| TrainingError::State { path: PathBuf::from(path), problem };
    let text = weights.metadata(STATE).ok_or_else(|| {
        refuse(format!("expected the state of a training, found no {STATE:?} in its metadata"))
    })?;
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let version: Version =
        serde_json::from_str(text).map_err(|error| refuse(format!("damaged state: {error}")))?;
    if version.format != FORMAT {
        let found = version.format;
        return Err(refuse(format!(
            "expected format {FORMAT}, found format {found} of another version"
        )));
    }
    serde_json::from_str(text).map_err(|error| refuse(format!("damaged state: {error}")))
}

/// What the training in a folder was begun with: its recipe, and its settings.
///
/// # Errors
///
/// A folder without a state, or with one of another version.
pub fn begun_with(folder: &Path) -> Result<(Recipe, Value), TrainingError> {
    let path = folder.join(STATE_FILE);
    let state = read_state(&path, &open(&path)?)?;
    Ok((state.recipe, state.settings))
}

/// The first key at which two objects differ, and both values.
fn first_difference(a: &Value, b: &Value, path: &str) -> Option<(String, Value, Value)> {
    match (a, b) {
        (Value::Object(of_a), Value::Object(of_b)) => {
            let keys: BTreeSet<&String> = of_a.keys().chain(of_b.keys()).collect();
            keys.into_iter()
                .find_map(|key| first_difference(&a[key.as_str()], &b[key.as_str()], key))
        }
        _ => (a != b).then(|| (path.into(), a.clone(), b.clone())),
    }
}

impl State {
    /// This state under the recipe and settings of `given`, which are those it began with. Only how
    /// long it goes on and how often it is measured may be said anew: a step's own arithmetic knows
    /// nothing of them. Fewer steps, planned for a budget by a training that was killed, hold if
    /// this one has a budget too.
    pub fn go_on(
        self,
        given: State,
        folder: &Path,
        budgeted: bool,
    ) -> Result<State, TrainingError> {
        let Recipe { steps, evaluate_every, patience, .. } = given.recipe;
        let began = Recipe { steps, evaluate_every, patience, ..self.recipe.clone() };
        let began = json!({"recipe": began, "settings": self.settings});
        let asked = json!({"recipe": given.recipe, "settings": given.settings}).to_string();
        // as if it had been in a file, to the last bit
        let asked = serde_json::from_str(&asked).expect("JSON");
        if let Some((key, found, expected)) = first_difference(&began, &asked, "") {
            return Err(TrainingError::State {
                path: folder.join(STATE_FILE),
                problem: format!("begun otherwise: expected {key} {expected}, found {found}"),
            });
        }
        let planned = budgeted && self.recipe.steps == steps && self.step < self.steps;
        Ok(State { recipe: given.recipe, steps: if planned { self.steps } else { steps }, ..self })
    }

    pub fn new(recipe: &Recipe, settings: Value) -> Self {
        Self {
            format: FORMAT,
            recipe: recipe.clone(),
            settings,
            step: 0,
            steps: recipe.steps,
            best: None,
            since_best: 0,
            evaluated: None,
            times: BTreeMap::new(),
            seconds: 0.0,
        }
    }
}

/// Every weight of a model by its path.
fn values<M: Module>(model: &M) -> Vec<(String, TensorData)> {
    #[derive(Default)]
    struct Values {
        path: Vec<String>,
        values: Vec<(String, TensorData)>,
    }
    impl ModuleVisitor for Values {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.into());
        }

        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.values.push((self.path.join("."), param.val().into_data()));
        }
    }
    let mut values = Values::default();
    model.visit(&mut values);
    values.values
}

/// Puts every weight in its place.
struct Read<'a> {
    weights: &'a Weights,
    path: Vec<String>,
    failed: Option<CheckpointError>,
}

impl ModuleMapper for Read<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (name, shape) = (format!("value.{}", self.path.join(".")), param.dims());
        match self.weights.tensor::<D>(&name, shape, &param.device()) {
            Ok(value) => param.map(|old| value.set_require_grad(old.is_require_grad())),
            Err(error) => {
                self.failed.get_or_insert(error);
                param
            }
        }
    }
}
