//! A classifier's folder: its head with the names of the labels, what was trained and how, and a
//! fine-tuned model.

use std::fs;
use std::path::{Path, PathBuf};

use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use checkpoint::{CheckpointError, Checks, Expect, Load, Save, Walk, Weights};
use encoder::SequenceClassifier;
use encoder::checkpoint::{load_sequence_classifier, save_sequence_classifier};
use files::FilesError;
use index::Model;
use sentences::{Reading, SentenceEncoder, SentenceError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokens::{Tokenizer, TokensError};

use crate::finetune::predict;
use crate::{Labels, probabilities};

/// File of the head.
pub const HEAD_FILE: &str = "head.safetensors";
/// File that says what a classifier is; a folder without it holds none.
pub const ABOUT_FILE: &str = "classifier.json";
/// Name of the head's tensors in [`HEAD_FILE`], before `.weight` and `.bias`.
const TENSORS: &str = "classifier";
/// Metadata key of the labels' names.
const LABELS_KEY: &str = "labels";
/// Metadata key of how many labels a text has.
const KIND_KEY: &str = "kind";

/// Why a classifier could not be saved, opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClassifierError {
    /// The folder holds no classifier.
    #[error(
        "{}: expected a classifier, found no {ABOUT_FILE}; `cargo rungs classify train` makes one",
        folder.display()
    )]
    NoClassifier {
        /// Folder that was opened.
        folder: PathBuf,
    },
    /// The folder cannot be made.
    #[error("{}: expected a folder to write into: {source}", folder.display())]
    Folder {
        /// Folder that was to be made.
        folder: PathBuf,
        /// Answer of the operating system.
        source: std::io::Error,
    },
    /// A JSON file of the folder cannot be read or written.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The weights cannot be read or written, or are others.
    #[error(transparent)]
    Weights(#[from] CheckpointError),
    /// The encoder of the folder cannot be read.
    #[error(transparent)]
    Encoder(#[from] SentenceError),
    /// The tokenizer cannot be read, or refuses a text.
    #[error(transparent)]
    Tokenizer(#[from] TokensError),
}

/// A head with what its columns mean.
#[derive(Debug)]
pub struct Head {
    /// Map from vectors to labels, `[d_model, labels]`.
    pub linear: Linear,
    /// Names of the labels, in the order of the columns.
    pub labels: Vec<String>,
    /// How many labels a text has.
    pub kind: Labels,
}

impl Head {
    /// Writes `head.safetensors`: `classifier.weight` `[labels, d_model]` and `classifier.bias` as
    /// PyTorch stores them, the labels as a JSON list among the file's metadata.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn save(&self, folder: &Path) -> Result<(), CheckpointError> {
        let label_names = Value::from(self.labels.clone()).to_string();
        let kind = serde_json::to_value(self.kind).unwrap_or_default();
        let metadata =
            [(LABELS_KEY, &label_names[..]), (KIND_KEY, kind.as_str().unwrap_or_default())];
        let mut save = Save::default();
        save.linear(TENSORS, &mut self.linear.clone())?;
        checkpoint::write_weights(&folder.join(HEAD_FILE), &save.tensors, &metadata)
    }

    /// Reads `head.safetensors` for vectors of `d_model` numbers.
    ///
    /// # Errors
    ///
    /// A file that is missing or no head, one without its labels, or one for vectors of another
    /// width.
    pub fn open(folder: &Path, d_model: usize, device: &Device) -> Result<Self, CheckpointError> {
        let path = folder.join(HEAD_FILE);
        let weights = Weights::open(&path)?;
        let checks = Checks::of(&path);
        let names_text = weights.metadata(LABELS_KEY).unwrap_or_default();
        let Ok(label_names) = serde_json::from_str::<Vec<String>>(names_text) else {
            return checks.refuse(
                LABELS_KEY,
                "expected a JSON list of labels in the metadata, found none".into(),
            );
        };
        let kind_text = weights.metadata(KIND_KEY).unwrap_or_default();
        let Ok(kind) = serde_json::from_value(Value::from(kind_text)) else {
            let problem =
                format!("expected \"one\" or \"any\" in the metadata, found {kind_text:?}");
            return checks.refuse(KIND_KEY, problem);
        };
        let mut linear = LinearConfig::new(d_model, label_names.len()).init(device);
        let mut expect = Expect::default();
        expect.linear(TENSORS, &mut linear)?;
        weights.matches(&expect.tensors, &[])?;
        Load::new(&weights, device).linear(TENSORS, &mut linear)?;
        Ok(Self { linear, labels: label_names, kind })
    }
}

/// How a classifier is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Logistic regression on the vectors of the last layer.
    Logreg,
    /// Logistic regression on the vectors of the best layer.
    Probe,
    /// The whole model is trained.
    Finetune,
}

/// What `classifier.json` says of a classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// How it was trained.
    pub method: Method,
    /// Model whose vectors the head reads; of a fine-tuned one, what it began as.
    pub model: Model,
    /// Layers after which the vectors are taken.
    pub layer: usize,
    /// The majority class: the label that most rows of the training had.
    pub majority: String,
}

/// A trained classifier of texts.
#[derive(Debug)]
pub struct Classifier {
    /// What `classifier.json` says of it.
    pub about: About,
    /// Texts to token ids and, where it is frozen, to vectors.
    pub encoder: SentenceEncoder,
    /// The head on frozen vectors, or the last map of a fine-tuned model.
    pub head: Head,
    /// A whole model of its own, where it was fine-tuned.
    pub tuned: Option<SequenceClassifier>,
}

impl Classifier {
    /// Writes the head, what the classifier says of itself and, where it was fine-tuned, its model
    /// and tokenizer.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn save(&self, folder: &Path) -> Result<(), ClassifierError> {
        fs::create_dir_all(folder)
            .map_err(|source| ClassifierError::Folder { folder: folder.into(), source })?;
        if let Some(model) = &self.tuned {
            save_sequence_classifier(model, &self.head.labels, folder)?;
            self.encoder.save_tokenizer(folder)?;
        }
        self.head.save(folder)?;
        // Last: a folder without it is no classifier.
        let about = serde_json::to_value(&self.about).expect("names and numbers are JSON");
        Ok(files::write_json(&folder.join(ABOUT_FILE), &about)?)
    }

    /// Opens a classifier from its folder. One that was not fine-tuned asks for its frozen encoder
    /// by the name it was trained with: `frozen` opens it and says by what it is known again.
    ///
    /// # Errors
    ///
    /// A folder without a classifier, files that do not belong together, another encoder than that
    /// of the training, or what `frozen` fails with.
    pub fn open<E: From<ClassifierError>>(
        folder: &Path,
        device: &Device,
        frozen: impl FnOnce(&str) -> Result<(SentenceEncoder, Model), E>,
    ) -> Result<Self, E> {
        let about = read_about(folder)?;
        if about.method == Method::Finetune {
            return Ok(open_tuned(folder, about, device)?);
        }
        let (encoder, found) = frozen(&about.model.name)?;
        Ok(open_frozen(folder, about, encoder, &found, device)?)
    }

    /// The probability of each label for each text.
    ///
    /// # Shapes
    ///
    /// - output: `[texts, labels]`; rows sum to 1 where a text has one label
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    ///
    /// # Panics
    ///
    /// If there is no text.
    pub fn probabilities(&self, texts: &[String]) -> Result<Tensor<2>, TokensError> {
        let Some(model) = &self.tuned else {
            let reading = Reading { layers: self.about.layer, ..self.encoder.reading() };
            let logits = self.head.linear.forward(self.encoder.embed_matrix_with(texts, &reading)?);
            return Ok(probabilities(logits, self.head.kind));
        };
        let mut ids = Vec::with_capacity(texts.len());
        for text in texts {
            ids.push(self.encoder.encode(text)?.ids);
        }
        let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        let device = model.classifier.weight.device();
        Ok(predict(model, &ids, self.encoder.tokenizer.pad_id()?, &device))
    }
}

/// Reads `classifier.json`; a folder without it holds no classifier.
fn read_about(folder: &Path) -> Result<About, ClassifierError> {
    let path = folder.join(ABOUT_FILE);
    if !path.exists() {
        return Err(ClassifierError::NoClassifier { folder: folder.into() });
    }
    Ok(files::read_json(&path)?)
}

/// Opens a fine-tuned classifier: its own model, tokenizer and head.
fn open_tuned(folder: &Path, about: About, device: &Device) -> Result<Classifier, ClassifierError> {
    let model = load_sequence_classifier(folder, device)?.model;
    let encoder = SentenceEncoder::new(Tokenizer::open(folder)?, model.bert.clone(), device)?;
    let encoder = encoder.with_limits_of(folder)?;
    let head = Head::open(folder, encoder.d_model(), device)?;
    let [_, columns] = model.classifier.weight.dims();
    if head.labels.len() != columns {
        let problem = format!("expected the labels of {columns} columns, found {:?}", head.labels);
        return Ok(Checks::of(&folder.join(HEAD_FILE)).refuse(LABELS_KEY, problem)?);
    }
    if head.kind != Labels::One {
        let problem =
            "expected \"one\", since a fine-tuned model gives a text one label, found \"any\""
                .into();
        return Ok(Checks::of(&folder.join(HEAD_FILE)).refuse(KIND_KEY, problem)?);
    }
    check_majority(folder, &about, &head)?;
    Ok(Classifier { about, encoder, head, tuned: Some(model) })
}

/// Opens a head on a frozen encoder, if that is the encoder of the training (`found` says which it
/// is).
fn open_frozen(
    folder: &Path,
    about: About,
    encoder: SentenceEncoder,
    found: &Model,
    device: &Device,
) -> Result<Classifier, ClassifierError> {
    let checks = Checks::of(&folder.join(ABOUT_FILE));
    let name = &about.model.name;
    if let Some(why) = about.model.differs(found) {
        let problem = format!("expected {name:?} as it was in training, found another one ({why})");
        return Ok(checks.refuse("model", problem)?);
    }
    let last = encoder.reading().layers;
    if about.layer > last {
        let problem = format!("expected at most {last}, the model's last, found {}", about.layer);
        return Ok(checks.refuse("layer", problem)?);
    }
    let head = Head::open(folder, encoder.width(), device)?;
    check_majority(folder, &about, &head)?;
    Ok(Classifier { about, encoder, head, tuned: None })
}

/// Refuses a majority class that is none of the head's labels.
fn check_majority(folder: &Path, about: &About, head: &Head) -> Result<(), ClassifierError> {
    let (label_names, majority) = (&head.labels, &about.majority);
    if label_names.contains(majority) {
        return Ok(());
    }
    let problem = format!("expected one of {label_names:?}, found {majority:?}");
    Ok(Checks::of(&folder.join(ABOUT_FILE)).refuse("majority", problem)?)
}
