//! The state of a training, saved as one file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::AdaptiveMomentumState;
use burn::tensor::{Device, Tensor, TensorData};
use checkpoint::{CheckpointError, Weights};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::folder::STATE_FILE;
use crate::{Recipe, TrainingError, Update};

/// Version of the file's format.
const FORMAT: u32 = 1;
/// Key of the file's metadata under which the rest of the state is kept.
const STATE: &str = "training";

/// State of a training without weights and moments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    /// Version of the file's format.
    pub format: u32,
    /// Recipe of the training.
    pub recipe: Recipe,
    /// Settings that the training must be resumed with besides the recipe.
    pub settings: Value,
    /// Number of steps done.
    pub step: usize,
    /// Number of steps in all, which a budget may have lowered.
    pub steps: usize,
    /// Step before which the least validation loss so far was measured, and that loss: an f32,
    /// which JSON gives back to the last bit.
    pub best: Option<(usize, f32)>,
    /// Number of evaluations since the best one.
    pub since_best: usize,
    /// Step before which the model was last evaluated.
    pub evaluated: Option<usize>,
    /// Number of steps that each weight's moments have seen; a weight that no gradient has reached
    /// has none.
    pub times: BTreeMap<String, usize>,
    /// Seconds spent so far.
    pub seconds: f64,
}

/// Writes weights, moments and state into `folder`.
pub(crate) fn save<M: Module>(
    folder: &Path,
    model: &M,
    update: &Update,
    state: &State,
) -> Result<(), TrainingError> {
    let mut tensors = Vec::new();
    for (path, data) in values(model) {
        tensors.push((format!("value.{path}"), data));
    }
    let mut times = BTreeMap::new();
    for (path, moments) in &update.moments {
        tensors.push((format!("first.{path}"), moments.moment_1.to_data()));
        tensors.push((format!("second.{path}"), moments.moment_2.to_data()));
        times.insert(path.clone(), moments.time);
    }
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
            expected.push((format!("first.{path}"), vec![data.num_elements()]));
            expected.push((format!("second.{path}"), vec![data.num_elements()]));
        }
    }
    weights.matches(&expected, &[]).map_err(TrainingError::OtherModel)?;
    let mut update = Update::new(&state.recipe);
    let device = device.clone().inner();
    for (path, &time) in &state.times {
        let first = moment(&weights, &format!("first.{path}"), &device)?;
        let second = moment(&weights, &format!("second.{path}"), &device)?;
        update.moments.insert(path.clone(), AdaptiveMomentumState::new(time, first, second));
    }
    let mut read = Read { weights: &weights, path: Vec::new(), failed: None };
    let model = model.map(&mut read);
    match read.failed {
        Some(error) => Err(error.into()),
        None => Ok((model, update, state)),
    }
}

/// A moment of a weight, laid out flat.
fn moment(weights: &Weights, name: &str, device: &Device) -> Result<Tensor<1>, CheckpointError> {
    let numbers = match weights.shape(name) {
        Some([numbers]) => *numbers,
        _ => 0, // refused by `tensor`
    };
    weights.tensor(name, [numbers], device)
}

/// Opens the file of a state.
fn open(path: &Path) -> Result<Weights, TrainingError> {
    if path.exists() {
        Ok(Weights::open(path)?)
    } else {
        Err(TrainingError::Nothing { path: path.into() })
    }
}

/// The state in the metadata of a file.
fn read_state(path: &Path, weights: &Weights) -> Result<State, TrainingError> {
    /// The one field that every version has.
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let Some(text) = weights.metadata(STATE) else {
        let found = format!("found no {STATE:?} in its metadata");
        return Err(refused(path, format!("expected the state of a training, {found}")));
    };
    let version: Version = parse(path, text)?;
    if version.format != FORMAT {
        let found = version.format;
        let problem = format!("expected format {FORMAT}, found format {found} of another version");
        return Err(refused(path, problem));
    }
    parse(path, text)
}

/// Parses the JSON of a state.
fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, TrainingError> {
    serde_json::from_str(text).map_err(|error| refused(path, format!("damaged state: {error}")))
}

/// The error of a state that cannot be gone on with.
fn refused(path: &Path, problem: String) -> TrainingError {
    TrainingError::State { path: path.into(), problem }
}

/// The recipe and the settings that the training in a folder was begun with.
///
/// # Errors
///
/// A folder without a state, with one of another version, or with a recipe that cannot be followed.
pub fn begun_with(folder: &Path) -> Result<(Recipe, Value), TrainingError> {
    let path = folder.join(STATE_FILE);
    let state = read_state(&path, &open(&path)?)?;
    state.recipe.check().map_err(|error| refused(&path, error.to_string()))?;
    Ok((state.recipe, state.settings))
}

/// The first key at which two objects differ, and both values.
fn first_difference(a: &Value, b: &Value, path: &str) -> Option<(String, Value, Value)> {
    match (a, b) {
        (Value::Object(of_a), Value::Object(of_b)) => {
            let mut keys = BTreeSet::from_iter(of_a.keys());
            keys.extend(of_b.keys());
            for key in keys {
                let difference = first_difference(&a[key.as_str()], &b[key.as_str()], key);
                if difference.is_some() {
                    return difference;
                }
            }
            None
        }
        _ if a == b => None,
        _ => Some((path.into(), a.clone(), b.clone())),
    }
}

impl State {
    /// This state under the recipe and settings of `given`, which must be those it began with. Only
    /// the number of steps, the patience and how often it is evaluated may differ: a step's own
    /// arithmetic does not depend on them. Fewer steps, planned for a budget by a training that was
    /// killed, stay planned if this one has a budget too.
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
            let problem = format!("begun otherwise: expected {key} {expected}, found {found}");
            return Err(refused(&folder.join(STATE_FILE), problem));
        }
        if steps < self.step {
            let problem = format!("expected at least the {} steps that are done", self.step);
            return Err(refused(&folder.join(STATE_FILE), format!("{problem}, found {steps}")));
        }
        let planned = budgeted && self.recipe.steps == steps && self.step < self.steps;
        Ok(State { recipe: given.recipe, steps: if planned { self.steps } else { steps }, ..self })
    }

    /// The state before the first step.
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
    /// Visitor that collects every weight.
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

/// Mapper that reads every weight of a model from a file.
struct Read<'a> {
    weights: &'a Weights,
    /// Path of the module that is being mapped.
    path: Vec<String>,
    /// First error, if a weight could not be read.
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
