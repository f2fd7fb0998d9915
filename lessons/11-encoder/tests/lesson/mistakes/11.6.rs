//! Mistakes in `Bert::pool`.

use burn::tensor::Tensor;
use encoder::Bert;

/// As the lesson has them.
const TOKENS: usize = 1;
const CLS: usize = 0;

/// That is lesson 14's way, and not what this map was trained on.
pub fn the_mean_of_all_tokens(this: &Bert, hidden_states: Tensor<3>) -> Option<Tensor<2>> {
    let pooler = this.pooler.as_ref()?;
    let mean: Tensor<2> = hidden_states.mean_dim(TOKENS).squeeze_dim(TOKENS);
    Some(pooler.forward(mean).tanh())
}

/// The decoders' habit. In a padded batch the last token is padding.
pub fn the_last_token_and_not_the_first(
    this: &Bert,
    hidden_states: Tensor<3>,
) -> Option<Tensor<2>> {
    let pooler = this.pooler.as_ref()?;
    let [_, tokens, _] = hidden_states.dims();
    let last: Tensor<2> = hidden_states.narrow(TOKENS, tokens - 1, 1).squeeze_dim(TOKENS);
    Some(pooler.forward(last).tanh())
}

/// The first word of the text: counting from 1 where Rust counts from 0.
pub fn the_token_after_cls(this: &Bert, hidden_states: Tensor<3>) -> Option<Tensor<2>> {
    let pooler = this.pooler.as_ref()?;
    let cls: Tensor<2> = hidden_states.narrow(TOKENS, CLS + 1, 1).squeeze_dim(TOKENS);
    Some(pooler.forward(cls).tanh())
}

/// The classifier on top meets numbers of any size, and it was trained on -1 to 1.
pub fn tanh_left_out(this: &Bert, hidden_states: Tensor<3>) -> Option<Tensor<2>> {
    let pooler = this.pooler.as_ref()?;
    let cls: Tensor<2> = hidden_states.narrow(TOKENS, CLS, 1).squeeze_dim(TOKENS);
    Some(pooler.forward(cls))
}

/// What goes into the map is then bounded, and what comes out of it is not.
pub fn tanh_before_the_map(this: &Bert, hidden_states: Tensor<3>) -> Option<Tensor<2>> {
    let pooler = this.pooler.as_ref()?;
    let cls: Tensor<2> = hidden_states.narrow(TOKENS, CLS, 1).squeeze_dim(TOKENS);
    Some(pooler.forward(cls.tanh()))
}

/// A vector comes where there is none, and who reads it does not know that nothing was trained.
pub fn the_bare_vector_where_there_is_no_pooler(
    this: &Bert,
    hidden_states: Tensor<3>,
) -> Option<Tensor<2>> {
    let cls: Tensor<2> = hidden_states.narrow(TOKENS, CLS, 1).squeeze_dim(TOKENS);
    match &this.pooler {
        Some(pooler) => Some(pooler.forward(cls).tanh()),
        None => Some(cls),
    }
}
