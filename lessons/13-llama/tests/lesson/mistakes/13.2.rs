//! Mistakes in `Llama::unembed`.

use burn::tensor::Tensor;
use llama::Llama;

/// A tied model is right; one with an output of its own is read through the wrong table.
pub fn the_token_table_although_there_is_an_output(this: &Llama, x: Tensor<3>) -> Tensor<3> {
    this.tokens.unembed(x)
}

/// A tied model has none, and its file has no tensor for one.
pub fn an_output_taken_to_be_always_there(this: &Llama, x: Tensor<3>) -> Tensor<3> {
    this.output.as_ref().expect("an output matrix").forward(x)
}

/// Two answers to one question.
pub fn both_tables_added_up(this: &Llama, x: Tensor<3>) -> Tensor<3> {
    match &this.output {
        Some(output) => output.forward(x.clone()) + this.tokens.unembed(x),
        None => this.tokens.unembed(x),
    }
}

/// The loss applies softmax to logits, and does so once more to shares: it hardly falls.
pub fn shares_and_not_logits(this: &Llama, x: Tensor<3>) -> Tensor<3> {
    let logits = match &this.output {
        Some(output) => output.forward(x),
        None => this.tokens.unembed(x),
    };
    burn::tensor::activation::softmax(logits, 2)
}

/// `x` comes out of the final norm; its weights are then applied twice.
pub fn normed_a_second_time(this: &Llama, x: Tensor<3>) -> Tensor<3> {
    let x = this.norm.forward(x);
    match &this.output {
        Some(output) => output.forward(x),
        None => this.tokens.unembed(x),
    }
}

/// That is attention's scale, of scores between a query and a key.
pub fn divided_by_the_square_root_of_d_model(this: &Llama, x: Tensor<3>) -> Tensor<3> {
    let [_, _, d_model] = x.dims();
    let logits = match &this.output {
        Some(output) => output.forward(x),
        None => this.tokens.unembed(x),
    };
    logits / (d_model as f64).sqrt()
}
