//! A case's inputs, checked against the model that is to answer them.

use anyhow::Result;
use burn::tensor::TensorData;
use decoder::LanguageModel;
use decoder::checkpoint::parity::DecoderInputs;
use encoder::SequenceClassifier;
use encoder::parity::{BertInputs, Problem, PublishedBert, UNLABELLED};
use golden::{Case, Folder, GoldenError};

/// The labels of a case.
const LABELS: &str = "labels";
/// The places where the answers of a case begin and end.
const ANSWERS: [&str; 2] = ["start_positions", "end_positions"];

/// The inputs of `case` to an encoder.
pub fn bert(folder: &Folder, case: &Case, model: &PublishedBert) -> Result<BertInputs> {
    let bert = model.bert();
    let mut known = vec!["input_ids", "attention_mask", "token_type_ids"];
    match model {
        PublishedBert::Encoder(_) => {}
        PublishedBert::Question(_) => known.extend(ANSWERS),
        _ => known.push(LABELS),
    }
    folder.only_inputs(case, &known)?;
    let ids = folder.token_ids(case, bert.embeddings.tokens.vocab(), bert.max_tokens())?;
    let shape = ids.shape().to_vec();
    let segments = 0..bert.embeddings.segments.vocab() as i64;
    let (labels, answers) = match model {
        PublishedBert::Encoder(_) => (None, None),
        PublishedBert::MaskedLanguage(model) => {
            let vocab = model.bert.embeddings.tokens.vocab();
            (token_labels(folder, case, &shape, vocab)?, None)
        }
        PublishedBert::Tokens(model) => {
            let [_, labels] = model.classifier.weight.dims();
            (token_labels(folder, case, &shape, labels)?, None)
        }
        PublishedBert::Classifier(model, problem) => {
            (text_labels(folder, case, shape[0], model, *problem)?, None)
        }
        PublishedBert::Question(_) => (None, places(folder, case, &shape)?),
    };
    Ok(BertInputs {
        attention_mask: folder.mask(case, &ids)?,
        token_type_ids: folder.whole_numbers(case, "token_type_ids", &shape, segments, None)?,
        input_ids: ids,
        labels,
        answers,
    })
}

/// Labels of tokens, each of `labels` or none.
fn token_labels(
    folder: &Folder,
    case: &Case,
    shape: &[usize],
    labels: usize,
) -> Result<Option<TensorData>, GoldenError> {
    let range = 0..labels as i64;
    let given = folder.whole_numbers(case, LABELS, shape, range, Some(UNLABELLED))?;
    if let Some(given) = &given
        && given.iter::<i64>().all(|label| label == UNLABELLED)
    {
        let problem =
            format!("expected a label, without which there is no loss, found all {UNLABELLED}");
        return folder.refuse(case, LABELS, problem);
    }
    Ok(given)
}

/// Labels of whole texts, of the kind that the configuration names or that follows from them.
fn text_labels(
    folder: &Folder,
    case: &Case,
    batch: usize,
    model: &SequenceClassifier,
    problem: Option<Problem>,
) -> Result<Option<TensorData>, GoldenError> {
    let Some(shape) = case.inputs.get(LABELS) else { return Ok(None) };
    let [_, n_labels] = model.classifier.weight.dims();
    let problem = match problem {
        Some(problem) => problem,
        None => Problem::of(n_labels, &folder.tensor(case, LABELS)?),
    };
    match (problem, &shape[..]) {
        // What has one number a text may be stored with an axis for it.
        (Problem::SingleLabel, &[n] | &[n, 1]) if n == batch => {
            token_labels(folder, case, shape, n_labels)
        }
        (Problem::Regression, &[n]) if n == batch && n_labels == 1 => {
            folder.floats(case, LABELS, shape)
        }
        (Problem::Regression | Problem::MultiLabel, _) => {
            folder.floats(case, LABELS, &[batch, n_labels])
        }
        (Problem::SingleLabel, _) => token_labels(folder, case, &[batch], n_labels),
    }
    .or_else(|error| match error {
        GoldenError::Input { problem: said, .. } => {
            let named = match problem {
                Problem::Regression => "regression",
                Problem::SingleLabel => "single_label_classification",
                Problem::MultiLabel => "multi_label_classification",
            };
            folder.refuse(case, LABELS, format!("{said}, by problem_type {named}"))
        }
        other => Err(other),
    })
}

/// The places where the answers begin and end, one of each a text.
fn places(
    folder: &Folder,
    case: &Case,
    shape: &[usize],
) -> Result<Option<[TensorData; 2]>, GoldenError> {
    let any = i64::MIN..i64::MAX; // what lies outside the text is not scored
    let mut found = Vec::new();
    for name in ANSWERS {
        let Some(places) = folder.whole_numbers(case, name, &shape[..1], any.clone(), None)? else {
            continue;
        };
        if places.iter::<i64>().all(|place| place >= shape[1] as i64) {
            let problem = "expected a place in a text, without which there is no loss, found none";
            return folder.refuse(case, name, problem.into());
        }
        found.push(places);
    }
    Ok(<[TensorData; 2]>::try_from(found).ok())
}

/// The inputs of `case` to a language model.
pub fn decoder(folder: &Folder, case: &Case, model: &dyn LanguageModel) -> Result<DecoderInputs> {
    folder.only_inputs(case, &["input_ids", "attention_mask"])?;
    let ids = folder.token_ids(case, model.vocab(), model.max_tokens())?;
    let mask = folder.mask(case, &ids)?;
    let tokens = ids.shape()[1];
    let padding = mask.as_ref().map(Padding::of).unwrap_or_default();
    if padding.inside {
        let problem = "expected zeros at the ends of a text, found one between its tokens";
        folder.refuse(case, "attention_mask", problem.into())?;
    }
    if case.outputs.contains_key("loss") {
        if tokens < 2 {
            let problem = "expected at least two tokens a text, since the first is predicted from \
                nothing and has no loss, found one";
            folder.refuse(case, "input_ids", problem.into())?;
        }
        if padding.left || padding.right {
            let problem = "expected no zeros in a case with a loss, which counts every token";
            folder.refuse(case, "attention_mask", problem.into())?;
        }
    }
    if let Some(written) = case.outputs.get("generated_ids") {
        let room = model.max_tokens() + 1 - tokens; // the last one written is not read any more
        match written[..] {
            [batch, more] if batch == ids.shape()[0] && (1..=room).contains(&more) => {}
            _ => {
                let problem = format!(
                    "expected shape [{}, 1 to {room}], for which the model has positions, found \
                     {written:?}",
                    ids.shape()[0]
                );
                folder.refuse(case, "generated_ids", problem)?;
            }
        }
        if padding.right {
            let problem = "expected padding at the left, where a text is written on, found it at \
                the right";
            folder.refuse(case, "attention_mask", problem.into())?;
        }
    }
    Ok(DecoderInputs { input_ids: ids, attention_mask: mask })
}

/// Where a mask hides something.
#[derive(Default)]
struct Padding {
    left: bool,
    right: bool,
    inside: bool,
}

impl Padding {
    /// Where `mask`, `[batch, tokens]`, hides something; every row keeps a token.
    fn of(mask: &TensorData) -> Self {
        let kept: Vec<i64> = mask.iter().collect();
        let mut padding = Self::default();
        for text in kept.chunks(mask.shape()[1]) {
            let left = text.iter().take_while(|&&kept| kept == 0).count();
            let right = text.iter().rev().take_while(|&&kept| kept == 0).count();
            padding.left |= left > 0;
            padding.right |= right > 0;
            padding.inside |= text[left..text.len() - right].contains(&0);
        }
        padding
    }
}
