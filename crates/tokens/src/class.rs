//! Which class of the transformers library reads a folder, and what it takes from it.

use crate::config::Config;
use crate::error::TokensError;

/// A tokenizer's class, as far as it differs from others of the transformers library (5.24). Each of
/// them but the last builds its normaliser, its pre-tokenizer and its decoder itself, and takes from
/// tokenizer.json the vocabulary, the merges, the added tokens and, where it has no framing of its
/// own, the post-processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// BERT's WordPiece.
    Bert,
    /// MPNet's: BERT's words in RoBERTa's frame.
    MpNet,
    /// RoBERTa's byte pairs.
    Roberta,
    /// GPT-2's byte pairs.
    Gpt2,
    /// GPT-NeoX's byte pairs of composed text.
    GptNeoX,
    /// Qwen2's byte pairs of composed text.
    Qwen2,
    /// LLaMA's byte pair encoding of characters, bytes where a character is unknown.
    Llama,
    /// XLM-RoBERTa's Unigram.
    XlmRoberta,
    /// CamemBERT's Unigram.
    Camembert,
    /// T5's Unigram.
    T5,
    /// Whatever tokenizer.json says, all of it.
    File,
}

/// Names of classes that build a tokenizer in a way of their own that is not known here, by
/// `tokenizer_class_from_name`; `Tokenizer` and `Fast` at their end are left out.
const UNKNOWN_HERE: [&str; 78] = [
    "Albert",
    "Barthez",
    "Bartpho",
    "BertGeneration",
    "BertJapanese",
    "Bertweet",
    "BigBird",
    "BioGpt",
    "Blenderbot",
    "BlenderbotSmall",
    "ByT5",
    "CLIP",
    "CTRL",
    "Canine",
    "Clvp",
    "CodeGen",
    "CodeLlama",
    "Cohere",
    "Cpm",
    "CpmAnt",
    "DPRContextEncoder",
    "DPRQuestionEncoder",
    "DPRReader",
    "Deberta",
    "DebertaV2",
    "Dia",
    "Esm",
    "Esmc",
    "FNet",
    "FSMT",
    "FastSpeech2Conformer",
    "Flaubert",
    "Funnel",
    "GPTNeoXJapanese",
    "GPTSw3",
    "Gemma",
    "Herbert",
    "Lasr",
    "LayoutLMv2",
    "LayoutLMv3",
    "LayoutXLM",
    "Luke",
    "M2M100",
    "MBart",
    "MBart50",
    "MLuke",
    "Marian",
    "MarkupLM",
    "Mgpstr",
    "MyT5",
    "Nllb",
    "Nougat",
    "OpenAIGPT",
    "PLBart",
    "Pegasus",
    "Perceiver",
    "Phobert",
    "ProphetNet",
    "Qwen3_5",
    "Reformer",
    "RemBert",
    "RoCBert",
    "RoFormer",
    "SeamlessM4T",
    "Siglip",
    "Siglip2",
    "Speech2Text",
    "SpeechT5",
    "Splinter",
    "Tapas",
    "Udop",
    "Vits",
    "Wav2Vec2CTC",
    "Wav2Vec2PhonemeCTC",
    "Whisper",
    "XGLM",
    "XLM",
    "XLNet",
];

/// Kinds of model whose tokenizer.json is read as it is, whatever class their files name
/// (`TOKENIZER_MAPPING_NAMES` gives them `TokenizersBackend`).
const FILE_ALONE: [&str; 8] =
    ["mistral", "mixtral", "ministral", "granite", "olmo2", "stablelm", "modernbert", "phi3"];

/// Names under which the transformers library reads tokenizer.json alone.
const OF_NO_KIND: [&str; 5] = [
    "TokenizersBackend",
    "PreTrainedTokenizerFast",
    "PreTrainedTokenizer",
    "BloomTokenizer",
    "BloomTokenizerFast",
];

impl Class {
    /// The class that reads a folder, by `AutoTokenizer.from_pretrained`: the class that
    /// tokenizer_config.json or config.json names, unless the kind of model is known to be read
    /// otherwise, or LLaMA's class stands beside byte pairs; else that of the kind of model; and
    /// tokenizer.json alone where the name is unknown there.
    pub fn choose(config: &Config, tokenizer_json: Option<&[u8]>) -> Result<Self, TokensError> {
        let model_type = config.model_type.as_deref().unwrap_or_default();
        let Some(name) = &config.class else {
            return Ok(Self::of_model(model_type));
        };
        if model_type == "qwen2" {
            return Ok(Self::Qwen2);
        }
        let class = match Self::named(name.strip_suffix("Fast").unwrap_or(name)) {
            Some(class) => class,
            None if FILE_ALONE.contains(&model_type) => Self::File,
            None => {
                return Err(config.refused_class("a class that is read here".into()));
            }
        };
        if class == Self::File && config.has("auto_map") && !OF_NO_KIND.contains(&name.as_str()) {
            let expected = "a class of the transformers library, as code of the folder's own \
                            (auto_map) is not run";
            return Err(config.refused_class(expected.into()));
        }
        let byte_pairs = tokenizer_json.is_some_and(|json| contains(json, b"\"ByteLevel\""));
        if FILE_ALONE.contains(&model_type) || (class == Self::Llama && byte_pairs) {
            return Ok(Self::File);
        }
        Ok(class)
    }

    /// The class of a name without `Fast`; none for those that are [`UNKNOWN_HERE`].
    fn named(name: &str) -> Option<Self> {
        if let Some(stem) = name.strip_suffix("Tokenizer")
            && UNKNOWN_HERE.contains(&stem)
        {
            return None;
        }
        Some(match name {
            "BertTokenizer"
            | "DistilBertTokenizer"
            | "ElectraTokenizer"
            | "MobileBertTokenizer"
            | "ConvBertTokenizer"
            | "LxmertTokenizer"
            | "SqueezeBertTokenizer" => Self::Bert,
            "MPNetTokenizer" => Self::MpNet,
            "RobertaTokenizer" | "BartTokenizer" | "LEDTokenizer" | "MvpTokenizer" => Self::Roberta,
            "GPT2Tokenizer" => Self::Gpt2,
            "GPTNeoXTokenizer" => Self::GptNeoX,
            "Qwen2Tokenizer" => Self::Qwen2,
            "LlamaTokenizer" => Self::Llama,
            "XLMRobertaTokenizer" => Self::XlmRoberta,
            "CamembertTokenizer" => Self::Camembert,
            "T5Tokenizer" => Self::T5,
            _ => Self::File,
        })
    }

    /// The class of a kind of model whose files name none (`TOKENIZER_MAPPING_NAMES`).
    fn of_model(model_type: &str) -> Self {
        match model_type {
            "bert" | "distilbert" | "electra" | "mobilebert" | "convbert" | "nomic_bert" => {
                Self::Bert
            }
            "mpnet" => Self::MpNet,
            "roberta" | "roberta-prelayernorm" | "bart" | "longformer" => Self::Roberta,
            "gpt2" | "gpt_neo" | "gptj" | "opt" | "phi" | "starcoder2" => Self::Gpt2,
            "gpt_neox" | "olmo" | "olmoe" | "mamba" => Self::GptNeoX,
            "qwen2" | "qwen2_moe" | "qwen3" | "qwen3_moe" => Self::Qwen2,
            "xlm-roberta" | "xmod" => Self::XlmRoberta,
            "camembert" => Self::Camembert,
            "t5" | "mt5" => Self::T5,
            _ => Self::File,
        }
    }

    /// The texts of the special tokens that the class has where nothing is said, by role.
    pub fn special_tokens(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Bert => &[
                ("unk", "[UNK]"),
                ("sep", "[SEP]"),
                ("pad", "[PAD]"),
                ("cls", "[CLS]"),
                ("mask", "[MASK]"),
            ],
            Self::MpNet => &[
                ("bos", "<s>"),
                ("eos", "</s>"),
                ("unk", "[UNK]"),
                ("sep", "</s>"),
                ("pad", "<pad>"),
                ("cls", "<s>"),
                ("mask", "<mask>"),
            ],
            Self::Roberta | Self::XlmRoberta | Self::Camembert => &[
                ("bos", "<s>"),
                ("eos", "</s>"),
                ("unk", "<unk>"),
                ("sep", "</s>"),
                ("pad", "<pad>"),
                ("cls", "<s>"),
                ("mask", "<mask>"),
            ],
            Self::Gpt2 => {
                &[("bos", "<|endoftext|>"), ("eos", "<|endoftext|>"), ("unk", "<|endoftext|>")]
            }
            Self::GptNeoX => &[
                ("bos", "<|endoftext|>"),
                ("eos", "<|endoftext|>"),
                ("unk", "<|endoftext|>"),
                ("pad", "<|padding|>"),
            ],
            Self::Qwen2 => {
                &[("eos", "<|endoftext|>"), ("unk", "<|endoftext|>"), ("pad", "<|endoftext|>")]
            }
            Self::Llama => &[("bos", "<s>"), ("eos", "</s>"), ("unk", "<unk>")],
            Self::T5 => &[("eos", "</s>"), ("unk", "<unk>"), ("pad", "<pad>")],
            Self::File => &[],
        }
    }

    /// The roles of the special tokens without which the class cannot frame or read a text.
    pub fn required_roles(self) -> &'static [&'static str] {
        match self {
            Self::Bert => &["unk", "pad", "cls", "sep"],
            Self::MpNet => &["unk", "cls", "sep"],
            Self::Roberta => &["cls", "sep"],
            Self::XlmRoberta | Self::Camembert => &["bos", "eos"],
            Self::T5 => &["eos"],
            Self::Gpt2 | Self::GptNeoX | Self::Qwen2 | Self::Llama | Self::File => &[],
        }
    }
}

/// Whether bytes hold other bytes somewhere.
fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
