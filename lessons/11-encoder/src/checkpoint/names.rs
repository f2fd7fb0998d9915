//! The names of the tensors: which of a file is which weight of the model.

use checkpoint::{CheckpointError, Walk};
use inputs::LayerNorm;
use layer::EncoderLayer;

use crate::{Bert, MaskedLanguageModel, SequenceClassifier, TokenClassifier};

/// Name of the token table.
pub(crate) const TOKENS: &str = "embeddings.word_embeddings.weight";
/// Name of the pooler's linear map.
pub(crate) const POOLER: &str = "pooler.dense";
/// Positions that older libraries stored and that hold no weight.
pub(crate) const STORED_CONSTANTS: &str = "embeddings.position_ids";

/// A family of published encoders that are a BERT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// BERT itself (Devlin et al. 2019).
    Bert,
    /// A BERT without segments and pooler (Sanh et al. 2019). Here it has a segment table of zeros,
    /// which adds nothing.
    DistilBert,
    /// A BERT whose positions count from padding (Liu et al. 2019); XLM-RoBERTa (Conneau et al.
    /// 2020) and CamemBERT (Martin et al. 2020) differ in their vocabularies alone.
    Roberta,
}

impl Family {
    /// The family that a `model_type` means.
    pub fn of(model_type: &str) -> Option<Self> {
        match model_type {
            "bert" => Some(Self::Bert),
            "distilbert" => Some(Self::DistilBert),
            "roberta" | "xlm-roberta" | "camembert" => Some(Self::Roberta),
            _ => None,
        }
    }

    /// The names of its tensors.
    pub fn names(self) -> &'static Names {
        match self {
            Self::Bert => &BERT,
            Self::DistilBert => &DISTILBERT,
            Self::Roberta => &ROBERTA,
        }
    }
}

/// Names that differ between families of encoders (transformers 5.24: `BertModel`,
/// `DistilBertModel`, `RobertaModel` and the classes with a head over them).
pub(crate) struct Names {
    /// Prefix of the encoder's names in a model with a head.
    pub prefix: &'static str,
    /// Prefix of a layer's names; the number of the layer follows.
    pub layers: &'static str,
    /// Queries, keys and values, within a layer.
    pub attention: [&'static str; 3],
    /// The attention's output map, within a layer.
    pub output: &'static str,
    /// The attention's norm, within a layer.
    pub attention_norm: &'static str,
    /// The feed-forward's map outwards, within a layer.
    pub up: &'static str,
    /// The feed-forward's map back, within a layer.
    pub down: &'static str,
    /// The feed-forward's norm, within a layer.
    pub feed_forward_norm: &'static str,
    /// The masked-language head.
    pub guess: Guess,
    /// All that the classes with a head put over the encoder, passed over when only the encoder is
    /// asked for.
    pub heads: &'static [&'static str],
}

/// Names of the masked-language head.
pub(crate) struct Guess {
    /// Linear map.
    pub transform: &'static str,
    /// Norm after it.
    pub norm: &'static str,
    /// Output bias.
    pub bias: &'static str,
    /// The token table's copy, which some libraries store as the head's output matrix.
    pub table_copy: &'static str,
    /// The output bias's copy beside it.
    pub bias_copy: &'static str,
}

/// BERT's names.
pub(crate) const BERT: Names = Names {
    prefix: "bert.",
    layers: "encoder.layer.",
    attention: ["attention.self.query", "attention.self.key", "attention.self.value"],
    output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    feed_forward_norm: "output.LayerNorm",
    guess: Guess {
        transform: "cls.predictions.transform.dense",
        norm: "cls.predictions.transform.LayerNorm",
        bias: "cls.predictions.bias",
        table_copy: "cls.predictions.decoder.weight",
        bias_copy: "cls.predictions.decoder.bias",
    },
    heads: &["cls.*", "classifier.*", "qa_outputs.*"],
};

/// RoBERTa's names, BERT's but for the heads.
pub(crate) const ROBERTA: Names = Names {
    prefix: "roberta.",
    guess: Guess {
        transform: "lm_head.dense",
        norm: "lm_head.layer_norm",
        bias: "lm_head.bias",
        table_copy: "lm_head.decoder.weight",
        bias_copy: "lm_head.decoder.bias",
    },
    heads: &["lm_head.*", "classifier.*", "qa_outputs.*"],
    ..BERT
};

/// DistilBERT's names.
pub(crate) const DISTILBERT: Names = Names {
    prefix: "distilbert.",
    layers: "transformer.layer.",
    attention: ["attention.q_lin", "attention.k_lin", "attention.v_lin"],
    output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    feed_forward_norm: "output_layer_norm",
    guess: Guess {
        transform: "vocab_transform",
        norm: "vocab_layer_norm",
        bias: "vocab_projector.bias",
        table_copy: "vocab_projector.weight",
        bias_copy: "vocab_projector.bias",
    },
    heads: &[
        "vocab_transform.*",
        "vocab_layer_norm.*",
        "vocab_projector.*",
        "pre_classifier.*",
        "classifier.*",
        "qa_outputs.*",
    ],
};

/// Visits every tensor of the encoder with its published name; the walker decides whether it is
/// checked, loaded or saved.
pub(crate) fn encoder(
    walk: &mut impl Walk,
    family: Family,
    bert: &mut Bert,
) -> Result<(), CheckpointError> {
    body(walk, family, bert)?;
    if let Some(pooler) = &mut bert.pooler {
        walk.linear(POOLER, pooler)?;
    }
    Ok(())
}

/// Visits the encoder without its pooler.
fn body(walk: &mut impl Walk, family: Family, bert: &mut Bert) -> Result<(), CheckpointError> {
    let (names, inputs) = (family.names(), &mut bert.embeddings);
    walk.tensor(TOKENS, &mut inputs.tokens.weight)?;
    walk.tensor("embeddings.position_embeddings.weight", &mut inputs.positions.weight)?;
    if family != Family::DistilBert {
        walk.tensor("embeddings.token_type_embeddings.weight", &mut inputs.segments.weight)?;
    }
    norm(walk, "embeddings.LayerNorm", &mut inputs.norm)?;
    for (i, one) in bert.layers.iter_mut().enumerate() {
        layer(&mut walk.under(format!("{}{i}.", names.layers)), names, one)?;
    }
    Ok(())
}

/// Visits the tensors of one layer by their published names, which keep queries, keys and values
/// apart.
// ANCHOR: layer
fn layer(
    walk: &mut impl Walk,
    names: &Names,
    layer: &mut EncoderLayer,
) -> Result<(), CheckpointError> {
    // Asked for its lazy shape, no weight is drawn.
    let [_, d] = layer.attention.output.weight.lazy_shape().dims();
    let [query, key, value] = names.attention;
    walk.joined(&[(query, d), (key, d), (value, d)], &mut layer.attention.projection)?;
    walk.linear(names.output, &mut layer.attention.output)?;
    norm(walk, names.attention_norm, &mut layer.attention_norm)?;
    walk.linear(names.up, &mut layer.feed_forward.up)?;
    walk.linear(names.down, &mut layer.feed_forward.down)?;
    norm(walk, names.feed_forward_norm, &mut layer.feed_forward_norm)
}
// ANCHOR_END: layer

/// Visits the weight and the bias of a LayerNorm.
fn norm(walk: &mut impl Walk, name: &str, norm: &mut LayerNorm) -> Result<(), CheckpointError> {
    walk.tensor(&format!("{name}.weight"), &mut norm.weight)?;
    walk.tensor(&format!("{name}.bias"), &mut norm.bias)
}

/// Visits the encoder, `prefix` before its names, and its masked-language head, whose output table
/// is the token table.
pub(crate) fn masked_language_model(
    walk: &mut impl Walk,
    prefix: &str,
    family: Family,
    model: &mut MaskedLanguageModel,
) -> Result<(), CheckpointError> {
    let guess = &family.names().guess;
    encoder(&mut walk.under(prefix), family, &mut model.bert)?;
    walk.linear(guess.transform, &mut model.transform)?;
    norm(walk, guess.norm, &mut model.norm)?;
    walk.tensor(guess.bias, &mut model.bias)
}

/// Visits the encoder, `prefix` before its names, and its sequence-classification head. RoBERTa's
/// keeps the pooler in the head.
pub(crate) fn sequence_classifier(
    walk: &mut impl Walk,
    prefix: &str,
    family: Family,
    model: &mut SequenceClassifier,
) -> Result<(), CheckpointError> {
    let head = labels(family);
    if family != Family::Roberta {
        encoder(&mut walk.under(prefix), family, &mut model.bert)?;
        return walk.linear(head, &mut model.classifier);
    }
    body(&mut walk.under(prefix), family, &mut model.bert)?;
    if let Some(pooler) = &mut model.bert.pooler {
        walk.linear("classifier.dense", pooler)?;
    }
    walk.linear(head, &mut model.classifier)
}

/// Name of the map to the labels of a whole text.
pub(crate) fn labels(family: Family) -> &'static str {
    if family == Family::Roberta { "classifier.out_proj" } else { "classifier" }
}

/// Visits the encoder, `prefix` before its names, and the linear map called `head` over every token.
pub(crate) fn token_classifier(
    walk: &mut impl Walk,
    prefix: &str,
    family: Family,
    head: &str,
    model: &mut TokenClassifier,
) -> Result<(), CheckpointError> {
    encoder(&mut walk.under(prefix), family, &mut model.bert)?;
    walk.linear(head, &mut model.classifier)
}
