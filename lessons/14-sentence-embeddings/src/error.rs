//! The error of sentence models. Each text is one line: what was expected, what came, what to do
//! next.

use checkpoint::CheckpointError;
use files::FilesError;
use tokens::TokensError;

/// Why a folder is not a sentence encoder, or an encoder cannot do what was asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SentenceError {
    /// One of its files could not be read or written, or holds a value that cannot be.
    #[error(transparent)]
    File(#[from] FilesError),
    /// Its encoder could not be read or written.
    #[error(transparent)]
    Encoder(#[from] CheckpointError),
    /// Its tokenizer could not be read or written.
    #[error(transparent)]
    Tokenizer(#[from] TokensError),
    /// A prompt that the model does not have.
    #[error(
        "prompt {name:?}: expected one of the model's, {}, found no such name; give its text \
            instead",
        known.join(", ")
    )]
    NoPrompt {
        /// Name that was asked for.
        name: String,
        /// Names that the model has.
        known: Vec<String>,
    },
    /// A model that has no layers.
    #[error(
        "expected an encoder with layers, found a table of token vectors (StaticEmbedding); use \
            another model"
    )]
    NoLayers,
    /// A model with stages of its own weights, which would stay as they are.
    #[error(
        "expected an encoder that pooling alone follows, found learned modules behind it (Dense or \
            LayerNorm), which are not trained here; use another model"
    )]
    NotTrained,
    /// A model whose vectors are compared in another way than by their cosine.
    #[error(
        "similarity_fn_name: expected cosine, or dot of vectors of unit length, found \
            {similarity:?}: this ranks by cosine, which would be another order; take the vectors \
            with `embed` and compare them so"
    )]
    NotByCosine {
        /// Name of the function.
        similarity: String,
    },
}
