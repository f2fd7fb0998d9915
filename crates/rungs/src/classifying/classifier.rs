//! A classifier and its folder.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::tensor::{Device, Tensor};
use classify::calibration::{calibration_error, reliability};
use classify::checkpoint::{HEAD_FILE, Head};
use classify::finetune::predict;
use classify::{likeliest, probabilities};
use course::metrics::{Confusion, Scores, accuracy};
use encoder::SequenceClassifier;
use index::Model;
use sentences::SentenceEncoder;
use serde::{Deserialize, Serialize};

use super::report::{Evaluation, Matrix, OfLabel, Prediction};
use crate::cli::ClassifyMethod as Method;
use crate::{model, output};

/// Of the calibration error.
const BINS: usize = 10;
/// What a classifier's folder says of itself.
pub(super) const ABOUT: &str = "classifier.json";

/// What was trained, and how.
#[derive(Serialize, Deserialize)]
pub(super) struct About {
    pub(super) method: Method,
    /// Whose vectors the head reads; of a fine-tuned model, what it began as.
    pub(super) model: Model,
    /// The vectors are those after so many layers.
    pub(super) layer: usize,
    /// The label that most rows had.
    pub(super) majority: String,
}

/// What makes labels of texts.
pub(super) struct Answering {
    /// On frozen vectors, or the last map of the fine-tuned model; with the names of the labels.
    pub(super) head: Head,
    /// A whole model of its own, where it was fine-tuned.
    pub(super) tuned: Option<SequenceClassifier>,
}

impl Answering {
    /// Writes all that belongs to it.
    pub(super) fn save(&self, folder: &Path, encoder: &SentenceEncoder, about: &About) -> Result<()> {
        fs::create_dir_all(folder)
            .with_context(|| format!("{}: expected a folder to write into", folder.display()))?;
        if let Some(model) = &self.tuned {
            encoder::checkpoint::save_sequence_classifier(model, &self.head.names, folder)?;
            encoder.save_tokenizer(folder)?;
        }
        self.head.save(folder)?;
        // Last: a folder without it is no classifier.
        Ok(files::write_json(&folder.join(ABOUT), &serde_json::to_value(about)?)?)
    }
}

/// A classifier from its folder.
pub(super) struct Classifier {
    about: About,
    encoder: SentenceEncoder,
    answering: Answering,
    device: Device,
}

impl Classifier {
    pub(super) fn open(folder: &Path, device: &Device) -> Result<Self> {
        let path = folder.join(ABOUT);
        if !path.exists() {
            let folder = folder.display();
            bail!(
                "{folder}: expected a classifier, found no {ABOUT}; `cargo rungs classify train` makes one"
            );
        }
        let about: About = files::read_json(&path)?;
        let checks = checkpoint::Checks::of(&path);
        let (encoder, tuned) = if about.method == Method::Finetune {
            let model = encoder::checkpoint::load_sequence_classifier(folder, device)?.model;
            let tokenizer = tokens::Tokenizer::open(folder)?;
            let encoder = SentenceEncoder::new(tokenizer, model.bert.clone(), device)?;
            (encoder.with_limits_of(folder)?, Some(model))
        } else {
            let name = &about.model.name;
            let mut encoder = model::open_named(name, model::BATCH as usize, device)?;
            if let Some(why) = about.model.differs(&model::known_by(&encoder, name)?) {
                let problem = format!("expected {name:?} as it was in training, found another one ({why})");
                return Ok(checks.refuse("model", problem)?);
            }
            if about.layer > encoder.layers {
                let last = encoder.layers;
                let problem = format!("expected at most {last}, the model's last, found {}", about.layer);
                return Ok(checks.refuse("layer", problem)?);
            }
            encoder.layers = about.layer;
            (encoder, None)
        };
        let head = Head::open(folder, encoder.bert.d_model(), device)?;
        let columns = tuned.as_ref().map_or(head.names.len(), |model| model.classifier.weight.dims()[1]);
        if head.names.len() != columns {
            let problem = format!("expected the labels of {columns} columns, found {:?}", head.names);
            return Ok(checkpoint::Checks::of(&folder.join(HEAD_FILE)).refuse("labels", problem)?);
        }
        if !head.names.contains(&about.majority) {
            let problem = format!("expected one of {:?}, found {:?}", head.names, about.majority);
            return Ok(checks.refuse("majority", problem)?);
        }
        let answering = Answering { head, tuned };
        Ok(Self { about, encoder, answering, device: device.clone() })
    }

    /// `[texts, labels]`, rows that sum to 1.
    fn probabilities(&self, texts: &[String]) -> Result<Tensor<2>> {
        let progress = output::spinner(format!("reading {} texts", texts.len()));
        let Answering { head, tuned } = &self.answering;
        let p = match tuned {
            None => probabilities(head.linear.forward(self.encoder.embed_matrix(texts)?), head.labels),
            Some(model) => {
                let ids: Vec<Vec<u32>> =
                    texts.iter().map(|text| Ok(self.encoder.encode(text)?.ids)).collect::<Result<_>>()?;
                let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
                predict(model, &ids, self.encoder.tokenizer.pad_id()?, &self.device)
            }
        };
        progress.finish_and_clear();
        Ok(p)
    }

    /// Answers, a JSON line a text.
    pub(super) fn print(&self, texts: &[String]) -> Result<()> {
        let p = self.probabilities(texts)?;
        let said = likeliest(p.clone());
        let numbers: Vec<f32> = p.into_data().iter().collect();
        let mut out = io::stdout().lock();
        for ((text, p), best) in texts.iter().zip(numbers.chunks(self.answering.head.names.len())).zip(said) {
            let probabilities =
                self.answering.head.names.iter().map(String::as_str).zip(p.iter().copied()).collect();
            let (label, probability) = (&self.answering.head.names[best][..], p[best]);
            let prediction = Prediction { text, label, probability, probabilities };
            writeln!(out, "{}", serde_json::to_string(&prediction)?)?;
        }
        Ok(())
    }

    /// How it fares with labelled texts.
    pub(super) fn evaluate(&self, rows: &[data::Labelled]) -> Result<Evaluation> {
        let mut labels = self.answering.head.names.clone();
        let mut unseen: Vec<String> =
            rows.iter().map(|row| row.label.clone()).filter(|label| !labels.contains(label)).collect();
        unseen.sort();
        unseen.dedup();
        labels.extend(unseen.iter().cloned());
        let number = |label: &String| labels.iter().position(|known| known == label).expect("listed above");
        let truth: Vec<usize> = rows.iter().map(|row| number(&row.label)).collect();
        let texts: Vec<String> = rows.iter().map(|row| row.text.clone()).collect();
        let p = self.probabilities(&texts)?;
        let said = likeliest(p.clone());
        let sure: Vec<f64> = p.max_dim(1).into_data().iter().collect();
        let answers: Vec<(f64, bool)> = sure
            .into_iter()
            .zip(said.iter().zip(&truth))
            .map(|(p, (said, truth))| (p.clamp(0.0, 1.0), said == truth))
            .collect();
        let calibration = reliability(&answers, BINS);
        let confusion = Confusion::new(labels.len(), &said, &truth);
        let of_label = |(label, scores): (&String, Scores)| {
            let Scores { precision, recall, f1, support } = scores;
            (label.clone(), OfLabel { precision, recall, f1, support })
        };
        Ok(Evaluation {
            rows: rows.len(),
            accuracy: accuracy(&said, &truth),
            macro_f1: confusion.macro_f1(),
            majority: accuracy(&vec![number(&self.about.majority); rows.len()], &truth),
            calibration_error: calibration_error(&calibration),
            calibration,
            labels: labels.iter().zip(confusion.scores()).map(of_label).collect(),
            confusion: Matrix { labels, counts: confusion.counts },
            unseen,
        })
    }
}
