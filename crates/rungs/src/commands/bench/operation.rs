//! The operations that can be timed: a lesson's central one each, and an encoder of MiniLM's size.

use attention::{attend, scores, weights};
use burn::nn::LinearConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use classify::{LogisticRegression, one_hot};
use decoder::{GptConfig, LanguageModel};
use encoder::{Batch, Bert, BertConfig};
use heads::MultiHeadAttentionConfig;
use inputs::LayerNormConfig;
use layer::EncoderLayerConfig;
use llama::LlamaConfig;
use lookup::TokenEmbeddingConfig;
use maps::pca;
use positions::RopeConfig;
use sentences::Pooling;
use similarity::{normalise, pairwise};
use word2vec::SkipGram;

use super::{CHARACTERS, placed};

/// Number of texts in a batch.
pub const BATCH: usize = 8;
/// Number of tokens in each text: a sentence.
pub const TOKENS: usize = 32;
/// MiniLM's width (Wang et al. 2020), as its other sizes below.
pub const D_MODEL: usize = 384;
/// Number of heads in a layer.
pub const HEADS: usize = 12;
/// Inner width of a layer's feed-forward network.
pub const D_FF: usize = 1536;
const VOCAB: usize = 30_522;
/// Number of layers.
pub const LAYERS: usize = 6;
/// Layers of the lessons' small models.
const FEW_LAYERS: usize = 2;
/// Inner width of LLaMA's feed-forward network, 8/3 of the width (Touvron et al. 2023, section
/// 2.2).
const LLAMA_D_FF: usize = 8 * D_MODEL / 3;
/// Negative samples for each true neighbour.
const NEGATIVES: usize = 5;
/// Number of principal components.
const DIRECTIONS: usize = 2;
/// Number of labels of the classifier.
const LABELS: usize = 6;
/// Number of texts for the whole encoder.
const SENTENCES: usize = 32;

/// From `[batch, tokens, d_model]` to whatever the operation makes of it, as rows.
pub type Forward = Box<dyn Fn(Tensor<3>) -> Tensor<2>>;

/// Something that can be timed on a device.
pub struct Operation {
    /// The lesson's number, or the name of a whole model.
    pub what: &'static str,
    /// Name of what is computed.
    pub name: &'static str,
    /// Whether training goes backward through it; only then is that timed too.
    pub trains: bool,
    /// Makes the operation on a device, with the same weights on each.
    pub make: fn(&Device) -> Forward,
}

impl Operation {
    const fn new(
        what: &'static str,
        name: &'static str,
        trains: bool,
        make: fn(&Device) -> Forward,
    ) -> Self {
        Self { what, name, trains, make }
    }
}

/// Operations of the lessons, in order.
pub const OPERATIONS: [Operation; 14] = [
    Operation::new("01", "lookup", true, lookup),
    Operation::new("03", "pairwise", false, pairs),
    Operation::new("04", "skip-gram loss", true, skip_gram),
    Operation::new("05", "PCA", false, variances),
    Operation::new("06", "rotate", true, rotate),
    Operation::new("07", "layer norm", true, layer_norm),
    Operation::new("08", "attend", true, self_attention),
    Operation::new("09", "multi-head", true, multi_head),
    Operation::new("10", "encoder layer", true, encoder_layer),
    Operation::new("11", "small encoder", true, small_encoder),
    Operation::new("12", "small GPT", true, gpt),
    Operation::new("13", "small LLaMA", true, small_llama),
    Operation::new("14", "mean pooling", true, mean_pooling),
    // with its gradient, worked out by hand: nothing goes backward
    Operation::new("15", "logistic loss", false, logistic),
];

/// An encoder of MiniLM's size at work.
pub const ENCODER: Operation = Operation::new("encoder", "32 texts of 32 tokens", false, minilm);

fn lookup(device: &Device) -> Forward {
    let table = placed(device, |device| TokenEmbeddingConfig::new(VOCAB, D_MODEL).init(device));
    let ids = ids(7919, [BATCH, TOKENS], VOCAB, device);
    Box::new(move |x| flat(table.forward(ids.clone()) + x))
}

fn pairs(_: &Device) -> Forward {
    Box::new(|x| {
        let x = x.flatten::<2>(0, 1);
        pairwise(x.clone(), x)
    })
}

fn skip_gram(device: &Device) -> Forward {
    let model = placed(device, |device| SkipGram::init(VOCAB, D_MODEL, device));
    let words = ids(7919, [BATCH, TOKENS], VOCAB, device).flatten::<1>(0, 1);
    let neighbours = ids(6131, [BATCH, TOKENS], VOCAB, device).flatten::<1>(0, 1);
    let negatives = ids(104_729, [BATCH * TOKENS, NEGATIVES], VOCAB, device);
    Box::new(move |x| {
        let loss = model.forward(words.clone(), neighbours.clone(), negatives.clone());
        loss.reshape([BATCH, TOKENS]) + x.mean_dim(2).squeeze_dim(2)
    })
}

/// The variances and not the directions: of random points two may be nearly as wide, and either
/// then comes first.
fn variances(_: &Device) -> Forward {
    Box::new(|x| pca(x.flatten(0, 1), DIRECTIONS).explained_variance.unsqueeze())
}

fn rotate(device: &Device) -> Forward {
    let rope = RopeConfig::new(D_MODEL).init(device);
    Box::new(move |x| rope.rotate(x.unsqueeze_dim(1), 0).flatten(1, 3))
}

fn layer_norm(device: &Device) -> Forward {
    let norm = placed(device, |device| LayerNormConfig::new(D_MODEL).init(device));
    Box::new(move |x| flat(norm.forward(x)))
}

fn self_attention(_: &Device) -> Forward {
    Box::new(|x| flat(attend(weights(scores(x.clone(), x.clone())), x)))
}

fn multi_head(device: &Device) -> Forward {
    let heads = placed(device, |device| MultiHeadAttentionConfig::new(D_MODEL, HEADS).init(device));
    Box::new(move |x| flat(heads.forward(x, None)))
}

fn encoder_layer(device: &Device) -> Forward {
    let layer = placed(device, |device| EncoderLayerConfig::new(D_MODEL, HEADS, D_FF).init(device));
    Box::new(move |x| flat(layer.forward(x, None)))
}

fn small_encoder(device: &Device) -> Forward {
    let bert = bert(FEW_LAYERS, device);
    let batch = Batch::from_tensors(ids(7919, [BATCH, TOKENS], VOCAB, device), None, None);
    Box::new(move |x| flat(bert.forward(&batch) + x))
}

fn gpt(device: &Device) -> Forward {
    let config = GptConfig::new(CHARACTERS, D_MODEL, FEW_LAYERS, HEADS, TOKENS);
    logits(placed(device, |device| config.init(device)), device)
}

fn small_llama(device: &Device) -> Forward {
    let config = LlamaConfig::new(CHARACTERS, D_MODEL, FEW_LAYERS, HEADS, LLAMA_D_FF, TOKENS)
        .with_n_kv_heads(Some(HEADS / 2));
    logits(placed(device, |device| config.init(device)), device)
}

/// The logits of a causal language model.
fn logits(model: impl LanguageModel + 'static, device: &Device) -> Forward {
    let ids = ids(7919, [BATCH, TOKENS], CHARACTERS, device);
    Box::new(move |x| flat(model.forward(ids.clone(), &[]) + x.mean_dim(2)))
}

fn mean_pooling(_: &Device) -> Forward {
    Box::new(|x| Pooling::Mean.pool(x, None))
}

fn logistic(device: &Device) -> Forward {
    let head = placed(device, |device| LinearConfig::new(D_MODEL, LABELS).init(device));
    let labels: Vec<usize> = (0..BATCH * TOKENS).map(|row| row % LABELS).collect();
    let y = one_hot(&labels, LABELS, device);
    let regression = LogisticRegression::new();
    let row_weights = regression.row_weights(&y);
    Box::new(move |x| {
        let (_, gradients) = regression.loss(&head, &x.flatten(0, 1), &y, &row_weights);
        gradients
            .get(head.weight.id)
            .expect("the loss comes with the gradient of the head's weight")
    })
}

fn minilm(device: &Device) -> Forward {
    let bert = bert(LAYERS, device);
    let batch = Batch::from_tensors(ids(7919, [SENTENCES, TOKENS], VOCAB, device), None, None);
    Box::new(move |_| normalise(Pooling::Mean.pool(bert.forward(&batch), None)))
}

fn bert(layers: usize, device: &Device) -> Bert {
    let config = BertConfig::new(VOCAB, D_MODEL, layers, HEADS, D_FF, TOKENS);
    placed(device, |device| config.init(device))
}

/// Token IDs that jump through a vocabulary, the same ones every time.
fn ids(step: usize, shape: [usize; 2], vocab: usize, device: &Device) -> Tensor<2, Int> {
    let ids: Vec<i64> = (0..shape[0] * shape[1]).map(|i| (i * step % vocab) as i64).collect();
    Tensor::from_data(TensorData::new(ids, shape), device)
}

fn flat(x: Tensor<3>) -> Tensor<2> {
    x.flatten(1, 2)
}
