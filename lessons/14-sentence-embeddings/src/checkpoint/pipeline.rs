//! `modules.json`, and the modules that it names, as sentence-transformers 6.2 loads them
//! (`BaseModel._load_config_modules`, and `load` of each class).

use std::path::{Component, Path, PathBuf};

use burn::nn::LinearConfig;
use burn::tensor::Device;
use checkpoint::{CheckpointError, Expect, Load, Walk, Weights};
use files::FilesError;
use inputs::LayerNormConfig;
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::error::SentenceError;
use crate::{DenseActivation, Pooling, VectorStage};

/// Most modules of a model; published ones have up to six.
const MOST_MODULES: usize = 32;
/// The feature that a module after pooling reads and writes.
const SENTENCE: &str = "sentence_embedding";
/// Name of a Dense module's linear map in its weights.
const LINEAR: &str = "linear";
/// Name of a LayerNorm module's norm in its weights.
const NORM: &str = "norm";
/// Most numbers of a vector that a module gives; the widest published ones have 8,192.
const WIDEST: usize = 1 << 16;

/// The classes of modules that are read, each with the package and the file that hold it.
const CLASSES: [(&str, &str, &str); 7] = [
    ("Transformer", "base", "transformer"),
    ("Dense", "base", "dense"),
    ("Normalize", "base", "normalize"),
    ("Pooling", "sentence_transformer", "pooling"),
    ("StaticEmbedding", "sentence_transformer", "static_embedding"),
    ("LayerNorm", "sentence_transformer", "layer_norm"),
    ("Dropout", "sentence_transformer", "dropout"),
];

/// One line of `modules.json`.
#[derive(Debug, Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The first module: what gives every token a vector, by its folder.
#[derive(Debug)]
pub(super) enum Input {
    Transformer(PathBuf),
    Table(PathBuf),
}

/// What `modules.json` describes.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub input: Input,
    /// How tokens are pooled; a table has its own mean.
    pub pooling: Option<PoolingModule>,
    /// What follows: the class of each module, and its folder.
    following: Vec<(&'static str, PathBuf)>,
}

impl Pipeline {
    /// Reads `modules.json`, which lies at `path`, and the pooling's configuration.
    pub fn read(folder: &Path, path: &Path) -> Result<Self, FilesError> {
        let modules: Vec<Module> = files::read_json(path)?;
        let mut found = Vec::with_capacity(modules.len());
        for module in &modules {
            found.push(module.kind.as_str());
        }
        let order = |problem: &str| {
            let expected = "expected Transformer and Pooling, or StaticEmbedding, then perhaps \
                Dense, LayerNorm, Normalize or Dropout";
            refused(path, "type", format!("{expected}, found {problem}"))
        };
        if modules.len() > MOST_MODULES {
            return Err(order(&format!("{} modules", modules.len())));
        }
        let mut classes = Vec::with_capacity(modules.len());
        for module in &modules {
            let Some(class) = class(&module.kind) else {
                let problem = format!("{:?}, which is not read here", module.kind);
                return Err(order(&problem));
            };
            classes.push((class, inside(folder, &module.path, path)?));
        }
        let mut rest = classes.into_iter();
        let (input, mut pooling) = match rest.next() {
            Some(("Transformer", folder)) => (Input::Transformer(folder), None),
            Some(("StaticEmbedding", folder)) => (Input::Table(folder), None),
            _ => return Err(order(&format!("{found:?}"))),
        };
        let mut following = Vec::new();
        for (class, folder) in rest {
            let pooled = pooling.is_some() || matches!(input, Input::Table(_));
            match class {
                "Pooling" if !pooled => pooling = Some(PoolingModule::read(&folder)?),
                // Of a feature that is not there yet it makes nothing.
                "Normalize" if !pooled => {}
                "Dense" | "LayerNorm" | "Normalize" | "Dropout" if pooled => {
                    following.push((class, folder));
                }
                _ => return Err(order(&format!("{found:?}"))),
            }
        }
        if pooling.is_none() && matches!(input, Input::Transformer(_)) {
            return Err(order(&format!("{found:?}")));
        }
        Ok(Self { input, pooling, following })
    }

    /// Loads what follows pooling, for vectors of `width` numbers, and keeps the first `most` of
    /// what comes out.
    pub fn load_stages(
        &self,
        mut width: usize,
        most: Option<usize>,
        device: &Device,
    ) -> Result<Vec<VectorStage>, SentenceError> {
        let mut stages = Vec::new();
        for (class, folder) in &self.following {
            let stage = match *class {
                "Dense" => load_dense(folder, width, device)?,
                "LayerNorm" => load_norm(folder, width, device)?,
                "Normalize" => load_normalise(folder)?,
                _ => continue, // Dropout drops nothing but in training
            };
            width = stage.width(width).unwrap_or(width);
            stages.push(stage);
        }
        stages.extend(most.map(VectorStage::Truncate));
        Ok(stages)
    }
}

/// The class that a module's `type` names, by one of the paths that sentence-transformers 6.2 finds
/// it under (`util/deprecated_import.py`, and the `__init__.py` of its packages); `None` for
/// another class, or another library's.
fn class(kind: &str) -> Option<&'static str> {
    let path = kind.strip_prefix("sentence_transformers.")?;
    for (class, package, file) in CLASSES {
        let homes = [
            format!("models.{class}"),
            format!("models.{class}.{class}"),
            format!("{package}.modules.{class}"),
            format!("{package}.modules.{file}.{class}"),
            format!("sentence_transformer.modules.{class}"),
        ];
        if homes.iter().any(|home| home == path) {
            return Some(class);
        }
    }
    None
}

/// What a pooling's `config.json` says: the newer form names the modes, the older has a switch for
/// each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolingConfig {
    word_embedding_dimension: Option<usize>,
    embedding_dimension: Option<usize>,
    pooling_mode: Option<Value>,
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
    #[serde(default = "yes")]
    include_prompt: bool,
}

fn yes() -> bool {
    true
}

/// How a model pools.
#[derive(Debug)]
pub(super) struct PoolingModule {
    pub poolings: Vec<Pooling>,
    /// Whether a prompt's tokens are pooled too.
    pub include_prompt: bool,
    /// The file that says so, and the encoder's width by it.
    path: PathBuf,
    width: Option<usize>,
}

impl PoolingModule {
    /// Reads the configuration in a module's folder.
    fn read(folder: &Path) -> Result<Self, FilesError> {
        let path = folder.join("config.json");
        let config: PoolingConfig = files::read_json(&path)?;
        let poolings = config.poolings(&path)?;
        let (old, new) = (config.word_embedding_dimension, config.embedding_dimension);
        if let (Some(old), Some(new)) = (old, new)
            && old != new
        {
            let problem = format!("expected embedding_dimension's {new}, found {old}");
            return Err(refused(&path, "word_embedding_dimension", problem));
        }
        let include_prompt = config.include_prompt;
        Ok(Self { poolings, include_prompt, path, width: new.or(old) })
    }

    /// Checks that it is a pooling of hidden states of `d_model` numbers.
    pub fn check_width(&self, d_model: usize) -> Result<(), FilesError> {
        match self.width {
            Some(width) if width != d_model => {
                let problem = format!("expected the encoder's width {d_model}, found {width}");
                Err(refused(&self.path, "embedding_dimension", problem))
            }
            _ => Ok(()),
        }
    }
}

impl PoolingConfig {
    /// The poolings that lie side by side; `path` is where this was read.
    ///
    /// The newer key counts where both forms are there, and the mean where nothing is switched on
    /// (sentence-transformers 6.2, `_convert_legacy_pooling_kwargs`).
    // ANCHOR: read_pooling
    fn poolings(&self, path: &Path) -> Result<Vec<Pooling>, FilesError> {
        let names = match &self.pooling_mode {
            Some(Value::Array(names)) => names.clone(),
            Some(name) => vec![name.clone()],
            None => return Ok(self.switched_on()),
        };
        let mut poolings = Vec::with_capacity(names.len());
        for name in &names {
            poolings.extend(name.as_str().and_then(Pooling::named));
        }
        if poolings.len() < names.len() || poolings.is_empty() {
            let known = Pooling::NAMED.map(|(name, _)| name).join(", ");
            let found = Value::from(names);
            let problem = format!("expected some of {known}, found {found}");
            return Err(refused(path, "pooling_mode", problem));
        }
        Ok(poolings)
    }
    // ANCHOR_END: read_pooling
}

impl PoolingConfig {
    /// The poolings by the older form, in the library's order; without any it is the mean.
    fn switched_on(&self) -> Vec<Pooling> {
        let mut poolings = Vec::new();
        for (is_on, pooling) in [
            (self.pooling_mode_cls_token, Pooling::Cls),
            (self.pooling_mode_max_tokens, Pooling::Max),
            (self.pooling_mode_mean_tokens, Pooling::Mean),
            (self.pooling_mode_mean_sqrt_len_tokens, Pooling::MeanSqrtLen),
            (self.pooling_mode_weightedmean_tokens, Pooling::WeightedMean),
            (self.pooling_mode_lasttoken, Pooling::LastToken),
        ] {
            if is_on {
                poolings.push(pooling);
            }
        }
        if poolings.is_empty() {
            poolings.push(Pooling::Mean);
        }
        poolings
    }
}

/// What [`PoolingConfig`] reads: one pooling in the older form, which every version knows, several
/// in the newer, which keeps their order.
pub(super) fn pooling_config(poolings: &[Pooling], width: usize, include_prompt: bool) -> Value {
    let mut config = json!({"word_embedding_dimension": width});
    if let &[pooling] = poolings {
        let switch = match pooling {
            Pooling::LastToken => "lasttoken".to_string(),
            Pooling::Cls => "cls_token".to_string(),
            Pooling::MeanSqrtLen => pooling.name().to_string(),
            _ => format!("{}_tokens", pooling.name()),
        };
        for key in ["cls_token", "mean_tokens", "max_tokens"] {
            config[format!("pooling_mode_{key}")] = json!(false);
        }
        config[format!("pooling_mode_{switch}")] = json!(true);
    } else {
        let mut names = Vec::with_capacity(poolings.len());
        for pooling in poolings {
            names.push(pooling.name());
        }
        config["pooling_mode"] = json!(names);
    }
    if !include_prompt {
        config["include_prompt"] = json!(false);
    }
    config
}

/// What a Dense module's `config.json` says; the library passes over other keys, and refuses or
/// ignores an activation that is not a class of `torch.nn`.
#[derive(Debug, Deserialize)]
struct DenseConfig {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default = "tanh")]
    activation_function: String,
    #[serde(default)]
    use_residual: bool,
    #[serde(flatten)]
    features: Features,
}

fn tanh() -> String {
    "torch.nn.modules.activation.Tanh".into()
}

/// Which of a text's features a module reads and writes.
#[derive(Debug, Default, Deserialize)]
struct Features {
    module_input_name: Option<String>,
    module_output_name: Option<String>,
}

impl Features {
    /// Refuses a module that reads or writes something else than the pooled vector.
    fn check(&self, path: &Path) -> Result<(), FilesError> {
        for (key, found) in [
            ("module_input_name", &self.module_input_name),
            ("module_output_name", &self.module_output_name),
        ] {
            if let Some(found) = found
                && found != SENTENCE
            {
                return Err(refused(path, key, format!("expected {SENTENCE:?}, found {found:?}")));
            }
        }
        Ok(())
    }
}

/// Loads a Dense module for vectors of `width` numbers.
fn load_dense(folder: &Path, width: usize, device: &Device) -> Result<VectorStage, SentenceError> {
    let path = folder.join("config.json");
    let config: DenseConfig = files::read_json(&path)?;
    config.features.check(&path)?;
    if config.use_residual {
        let problem = "expected false: a residual is not read here, found true".into();
        return Err(refused(&path, "use_residual", problem).into());
    }
    check_width(&path, "in_features", config.in_features, width)?;
    if config.out_features == 0 || config.out_features > WIDEST {
        let problem = format!("expected 1 to {WIDEST}, found {}", config.out_features);
        return Err(refused(&path, "out_features", problem).into());
    }
    let name = &config.activation_function;
    let mut activation = None;
    for (torch, known) in DenseActivation::NAMED {
        let (_, class) = torch.split_once('.').unwrap_or_default();
        if *name == format!("torch.nn.modules.{torch}") || *name == format!("torch.nn.{class}") {
            activation = Some(known);
        }
    }
    let Some(activation) = activation else {
        let known = DenseActivation::NAMED.map(|(name, _)| name).join(", ");
        let problem = format!("expected one of torch.nn.modules' {known}, found {name:?}");
        return Err(refused(&path, "activation_function", problem).into());
    };
    let linear = LinearConfig::new(width, config.out_features).with_bias(config.bias).init(device);
    Ok(load_weights(folder, VectorStage::Dense(linear, activation), device)?)
}

/// What a LayerNorm module's `config.json` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NormConfig {
    dimension: usize,
}

/// Loads a LayerNorm module for vectors of `width` numbers.
fn load_norm(folder: &Path, width: usize, device: &Device) -> Result<VectorStage, SentenceError> {
    let path = folder.join("config.json");
    let config: NormConfig = files::read_json(&path)?;
    check_width(&path, "dimension", config.dimension, width)?;
    let norm = LayerNormConfig::new(width).init(device);
    Ok(load_weights(folder, VectorStage::LayerNorm(norm), device)?)
}

/// Reads a Normalize module, whose folder older versions left empty.
fn load_normalise(folder: &Path) -> Result<VectorStage, SentenceError> {
    let path = folder.join("config.json");
    if path.exists() {
        files::read_json::<Features>(&path)?.check(&path)?;
    }
    Ok(VectorStage::Normalise)
}

/// Checks that a module takes the vectors that come to it.
fn check_width(path: &Path, key: &str, found: usize, width: usize) -> Result<(), FilesError> {
    if found == width {
        return Ok(());
    }
    let problem = format!("expected {width}, the width of what comes before, found {found}");
    Err(refused(path, key, problem))
}

/// Fills a stage with the weights in its folder.
fn load_weights(
    folder: &Path,
    mut stage: VectorStage,
    device: &Device,
) -> Result<VectorStage, CheckpointError> {
    let weights = Weights::open(folder)?;
    let mut expect = Expect::default();
    walk(&mut expect, &mut stage)?;
    weights.matches(&expect.tensors, &[])?;
    walk(&mut Load::new(&weights, device), &mut stage)?;
    Ok(stage)
}

/// Visits the tensors of a stage by the names that its module gives them.
fn walk(walk: &mut impl Walk, stage: &mut VectorStage) -> Result<(), CheckpointError> {
    match stage {
        VectorStage::Normalise | VectorStage::Truncate(_) => Ok(()),
        VectorStage::Dense(linear, _) => walk.linear(LINEAR, linear),
        VectorStage::LayerNorm(norm) => {
            walk.tensor(&format!("{NORM}.weight"), &mut norm.weight)?;
            walk.tensor(&format!("{NORM}.bias"), &mut norm.bias)
        }
    }
}

/// The longest name of a module's folder, in bytes: that of the usual file systems.
const LONGEST_NAME: usize = 255;

/// A folder that a module names, which must lie inside the model's own.
fn inside(folder: &Path, name: &str, named_by: &Path) -> Result<PathBuf, FilesError> {
    if name.len() > LONGEST_NAME {
        let found = name.len();
        let problem = format!("expected a name of at most {LONGEST_NAME} bytes, found {found}");
        return Err(refused(named_by, "path", problem));
    }
    let mut path = folder.to_path_buf();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => {
                let problem = format!("expected a folder inside the model's, found {name:?}");
                return Err(refused(named_by, "path", problem));
            }
        }
    }
    Ok(path)
}
