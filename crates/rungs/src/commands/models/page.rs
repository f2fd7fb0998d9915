//! `cargo rungs page`

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use burn::nn::Linear;
use burn::tensor::Tensor;
use decoder::checkpoint::{LoadedGpt, MODEL_TYPES};
use decoder::{Family, Gpt, GptConfig, LanguageModel};
use inputs::LayerNorm;
use layer::{Activation, DecoderLayer, Norm, Transform};
use positions::alibi_slopes;
use serde::{Deserialize, Serialize};
use tokens::{Tokenizer, Vocabulary};

use crate::shell::failure::Helpful;
use crate::shell::generation_config::GenerationConfig;
use crate::shell::html::{Data, Page};
use crate::shell::names::{self, Expected};
use crate::shell::output;
use crate::shell::place::{self, ForceArg, Kind};

/// Most parameters of a model that a browser runs without a wait and a letter carries.
const MOST_PARAMETERS: usize = 4_000_000;

/// Weights that share a scale.
const BLOCK: usize = 64;

/// What a page begins with where nothing else is asked for, if the model has its characters.
const PROMPT: &str = "The ";

/// The script, in the order in which its parts build on each other.
const SCRIPTS: [&str; 5] = [
    include_str!("page/gpt.js"),
    include_str!("page/tokenizer.js"),
    include_str!("page/sampling.js"),
    include_str!("page/text.js"),
    include_str!("page/page.js"),
];

/// Put a GPT of your own into one page that writes in any browser
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs page --model my_gpt --out my_gpt.html
  cargo rungs page -m my_gpt --prompt 'ROMEO:' -o romeo.html

The page has the weights, the tokenizer and the code in it: it opens from disk, asks for nothing, \
and can be sent to a friend. A model of lesson 12's kind is taken, as `cargo rungs train gpt` \
makes it, of at most 4 million parameters, which are kept in 16 bits each.")]
pub struct Args {
    /// Folder of the model, as `train gpt` writes it
    #[arg(short, long, value_name = "DIR")]
    model: String,
    /// File of the page; - is standard output
    #[arg(short, long, value_name = "HTML")]
    out: PathBuf,
    /// Text that the page begins with [default: 'The ', or the model's first letter]
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// Whether what is there may go.
    #[command(flatten)]
    force: ForceArg,
}

/// What the page's script is told of the model.
#[derive(Serialize)]
struct PageModel {
    name: String,
    prompt: String,
    parameters: usize,
    /// IDs of the tokens that end a text.
    stops: Vec<u32>,
    config: Config,
    tokenizer: Vocabulary,
}

/// Sizes and settings of the model, by the names that the script has for them.
#[derive(Serialize)]
struct Config {
    vocab: usize,
    d_model: usize,
    d_ff: usize,
    n_layers: usize,
    n_heads: usize,
    max_tokens: usize,
    family: &'static str,
    epsilon: f64,
    tied: bool,
    residual_after_norm: bool,
    /// Factor of each layer's scores beside 1 / sqrt(d_head).
    score_scales: Vec<f64>,
    /// Slopes of ALiBi, one per head; only BLOOM has them.
    alibi_slopes: Option<Vec<f32>>,
}

/// Models that a page is made of.
const GPTS: Expected = Expected { what: "the folder of a GPT", names: &[] };

/// Writes the page.
pub fn run(args: &Args) -> Result<()> {
    place::text(&args.out, Kind::Page, args.force)?;
    let folder = names::folder(&args.model, GPTS)?;
    check_kind(&folder)?;
    let device = names::device(backend::DEFAULT)?;
    let LoadedGpt { model, config, .. } = decoder::checkpoint::load(&folder, &device)?;
    check_model(&folder, &model, &config)?;
    let tokenizer = Tokenizer::open(&folder)?;
    let Some(vocabulary) = tokenizer.own_vocabulary() else {
        return Err(not_for_a_page(
            &folder,
            "a tokenizer of other tokens than characters or bytes",
        ));
    };
    if tokenizer.vocab_size() != model.vocab() {
        let (tokens, rows) = (tokenizer.vocab_size(), model.vocab());
        let found = format!("a tokenizer of {tokens} tokens beside a table of {rows}");
        return Err(not_for_a_page(&folder, &found));
    }
    let about = PageModel {
        name: name(&folder)?,
        prompt: prompt(args, &tokenizer)?,
        parameters: model.parameters(),
        stops: GenerationConfig::read(&folder, model.vocab())?.stops,
        config: page_config(&config),
        tokenizer: vocabulary,
    };
    let page = Page {
        title: &about.name,
        style: include_str!("page/page.css"),
        body: include_str!("page/page.html"),
        data: &[("model", Data::json(&about)?), ("weights", Data::bytes(&blocks(&model)))],
        script: &SCRIPTS.concat(),
        pictures: false,
    }
    .text();
    output::write_text(&args.out, &page)?;
    let megabytes = page.len() as f64 / 1e6;
    let said = format!(
        "written     {}: {megabytes:.1} MB, {} parameters of 16 bits; it opens in any browser, and \
            needs no network",
        output::name(&args.out),
        about.parameters
    );
    if output::is_stdout(&args.out) {
        note!("{said}");
        return Ok(());
    }
    output::line(said)
}

/// The part of a `config.json` that says what kind of model it describes.
#[derive(Deserialize)]
struct Described {
    model_type: Option<String>,
}

/// Refuses a folder of another kind of model before its weights are read.
fn check_kind(folder: &Path) -> Result<()> {
    let path = folder.join("config.json");
    if !path.exists() {
        return Err(not_for_a_page(folder, "a folder without config.json, as a GGUF model's"));
    }
    let Described { model_type } = files::read_json(&path)?;
    match model_type.as_deref() {
        Some(found) if MODEL_TYPES.contains(&found) => Ok(()),
        Some(other) => Err(not_for_a_page(folder, other)),
        None => Err(not_for_a_page(folder, "a config.json without model_type")),
    }
}

/// Refuses a model that the script cannot run, or not quickly.
fn check_model(folder: &Path, model: &Gpt, config: &GptConfig) -> Result<()> {
    if config.activation != Activation::GeluTanh {
        let found = format!("the activation {}", config.activation.published_name());
        return Err(not_for_a_page(folder, &found));
    }
    let parameters = model.parameters();
    if parameters > MOST_PARAMETERS {
        let error = format!(
            "{}: expected at most {MOST_PARAMETERS} parameters, which a page has room for, found \
                {parameters}",
            folder.display()
        );
        let help = "`cargo rungs train gpt --preset laptop --out DIR` makes one of 0.8 million";
        return Err(Helpful { error, help: help.into() }.into());
    }
    Ok(())
}

/// The error of a model that is not one of lesson 12's.
fn not_for_a_page(folder: &Path, found: &str) -> anyhow::Error {
    let error = format!(
        "{}: expected a GPT of lesson 12 as `train gpt` makes it, found {found}",
        folder.display()
    );
    Helpful { error, help: "`cargo rungs train gpt --out DIR` makes one".into() }.into()
}

/// What the page calls the model: its folder's name.
fn name(folder: &Path) -> Result<String> {
    let path = std::path::absolute(folder)?;
    Ok(match path.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => "GPT".into(),
    })
}

/// The text that the page begins with, which has a token at least.
fn prompt(args: &Args, tokenizer: &Tokenizer) -> Result<String> {
    let Some(prompt) = &args.prompt else {
        return match tokenizer.encode_whole(PROMPT) {
            Ok(_) => Ok(PROMPT.into()),
            Err(_) => first_letter(tokenizer),
        };
    };
    if tokenizer.encode_whole(prompt)?.is_empty() {
        bail!("--prompt: expected text to go on from, found none; one character is enough");
    }
    Ok(prompt.clone())
}

/// The first of a model's tokens that is a letter, else the first that can be seen, else the first.
fn first_letter(tokenizer: &Tokenizer) -> Result<String> {
    let mut texts = Vec::new();
    for id in 0..tokenizer.vocab_size() as u32 {
        texts.push(tokenizer.decode(&[id])?);
    }
    let kinds: [fn(char) -> bool; 2] = [char::is_alphabetic, is_visible];
    for kind in kinds {
        for text in &texts {
            if text.starts_with(kind) {
                return Ok(text.clone());
            }
        }
    }
    Ok(tokenizer.decode(&[0])?)
}

fn is_visible(character: char) -> bool {
    !character.is_whitespace() && !character.is_control()
}

fn page_config(config: &GptConfig) -> Config {
    let mut score_scales = Vec::with_capacity(config.n_layers);
    for i in 0..config.n_layers {
        score_scales.push(config.score_scale(i).unwrap_or(1.0));
    }
    let (family, alibi_slopes) = match config.family {
        Family::Gpt2 => ("gpt2", None),
        Family::Bloom => ("bloom", Some(alibi_slopes(config.n_heads))),
    };
    Config {
        vocab: config.vocab,
        d_model: config.d_model,
        d_ff: config.d_ff(),
        n_layers: config.n_layers,
        n_heads: config.n_heads,
        max_tokens: config.max_tokens,
        family,
        epsilon: config.epsilon,
        tied: config.tied,
        residual_after_norm: config.residual_after_norm,
        score_scales,
        alibi_slopes,
    }
}

/// Every weight of a model in 16 bits, in the order in which the script makes the model of them:
/// blocks of [`BLOCK`] numbers as lesson 13 has them, each its scale, the `f32` that a step is worth,
/// then its numbers in steps, `i16`; all little endian. An `f16` would take as much room and be ten
/// times as coarse where the numbers of a block are much of one size, as weights are.
fn blocks(model: &Gpt) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * model.parameters());
    for block in weights(model).chunks(BLOCK) {
        let mut largest: f32 = 0.0;
        for weight in block {
            largest = largest.max(weight.abs());
        }
        let scale = largest / f32::from(i16::MAX);
        bytes.extend(scale.to_le_bytes());
        for weight in block {
            let steps = if scale > 0.0 { (weight / scale).round() } else { 0.0 };
            bytes.extend((steps as i16).to_le_bytes());
        }
    }
    bytes
}

fn weights(model: &Gpt) -> Vec<f32> {
    let mut weights = Vec::with_capacity(model.parameters());
    push(&mut weights, model.tokens.weight.val());
    if let Some(positions) = &model.positions {
        push(&mut weights, positions.weight.val());
    }
    if let Some(norm) = &model.embeddings_norm {
        push_norm(&mut weights, norm);
    }
    for layer in &model.layers {
        push_layer(&mut weights, layer);
    }
    push_norm(&mut weights, &model.norm);
    if let Some(output) = &model.output {
        push(&mut weights, output.weight.val());
    }
    weights
}

fn push_layer(weights: &mut Vec<f32>, layer: &DecoderLayer) {
    let (
        Norm::Layer(attention_norm),
        Norm::Layer(feed_forward_norm),
        Transform::Plain(feed_forward),
    ) = (&layer.attention_norm, &layer.feed_forward_norm, &layer.feed_forward)
    else {
        unreachable!("a GPT's layers are made with LayerNorm and the plain feed-forward");
    };
    push_norm(weights, attention_norm);
    push_linear(weights, &layer.attention.projection);
    push_linear(weights, &layer.attention.output);
    push_norm(weights, feed_forward_norm);
    push_linear(weights, &feed_forward.up);
    push_linear(weights, &feed_forward.down);
}

fn push_norm(weights: &mut Vec<f32>, norm: &LayerNorm) {
    push(weights, norm.weight.val());
    push(weights, norm.bias.val());
}

fn push_linear(weights: &mut Vec<f32>, map: &Linear) {
    push(weights, map.weight.val());
    if let Some(bias) = &map.bias {
        push(weights, bias.val());
    }
}

fn push<const D: usize>(weights: &mut Vec<f32>, tensor: Tensor<D>) {
    weights.extend(tensor.into_data().iter::<f32>());
}
