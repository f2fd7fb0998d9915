//! Mistakes in `Bigram::loss`.

use burn::tensor::{Int, Tensor};
use lookup::{Bigram, cross_entropy};

/// Axis of IDs `[batch, tokens]` along which a text runs.
const TOKENS: usize = 1;

/// A loss that goes to 0, which should worry you: the answer stands in the question.
pub fn each_token_predicts_itself(this: &Bigram, ids: Tensor<2, Int>) -> Tensor<1> {
    let [batch, tokens] = ids.dims();
    assert!(tokens > 1, "a bigram needs at least 2 tokens, found {tokens}");
    let logits = this.forward(ids.clone()).reshape([batch * tokens, this.table.vocab()]);
    cross_entropy(logits, ids.reshape([batch * tokens]))
}

/// Shifted twice. The loss falls all the same, to another number.
pub fn each_token_predicts_the_one_after_the_next(this: &Bigram, ids: Tensor<2, Int>) -> Tensor<1> {
    let [batch, tokens] = ids.dims();
    assert!(tokens > 1, "a bigram needs at least 2 tokens, found {tokens}");
    let predicted = batch * (tokens - 2);
    let these = ids.clone().narrow(TOKENS, 0, tokens - 2);
    let nexts = ids.narrow(TOKENS, 2, tokens - 2);
    let logits = this.forward(these).reshape([predicted, this.table.vocab()]);
    cross_entropy(logits, nexts.reshape([predicted]))
}

/// The two halves exchanged: a model that writes its texts backwards.
pub fn each_token_predicts_the_one_before_it(this: &Bigram, ids: Tensor<2, Int>) -> Tensor<1> {
    let [batch, tokens] = ids.dims();
    assert!(tokens > 1, "a bigram needs at least 2 tokens, found {tokens}");
    let predicted = batch * (tokens - 1);
    let these = ids.clone().narrow(TOKENS, 1, tokens - 1);
    let nexts = ids.narrow(TOKENS, 0, tokens - 1);
    let logits = this.forward(these).reshape([predicted, this.table.vocab()]);
    cross_entropy(logits, nexts.reshape([predicted]))
}

/// The last token of a text is asked for the first of the next, which has nothing to do with it.
pub fn predicted_across_the_border_of_two_texts(this: &Bigram, ids: Tensor<2, Int>) -> Tensor<1> {
    let [batch, tokens] = ids.dims();
    assert!(tokens > 1, "a bigram needs at least 2 tokens, found {tokens}");
    let predicted = batch * tokens - 1;
    let text = ids.reshape([1, batch * tokens]);
    let these = text.clone().narrow(TOKENS, 0, predicted);
    let nexts = text.narrow(TOKENS, 1, predicted);
    let logits = this.forward(these).reshape([predicted, this.table.vocab()]);
    cross_entropy(logits, nexts.reshape([predicted]))
}

/// Logits lie text by text and targets place by place: most predictions meet another's target.
pub fn targets_laid_end_to_end_in_another_order_than_the_logits(
    this: &Bigram,
    ids: Tensor<2, Int>,
) -> Tensor<1> {
    let [batch, tokens] = ids.dims();
    assert!(tokens > 1, "a bigram needs at least 2 tokens, found {tokens}");
    let predicted = batch * (tokens - 1);
    let these = ids.clone().narrow(TOKENS, 0, tokens - 1);
    let nexts = ids.narrow(TOKENS, 1, tokens - 1).transpose();
    let logits = this.forward(these).reshape([predicted, this.table.vocab()]);
    cross_entropy(logits, nexts.reshape([predicted]))
}

/// Cross entropy has taken the mean already: a longer text now counts as a worse one.
pub fn multiplied_by_the_number_of_predicted_tokens(
    this: &Bigram,
    ids: Tensor<2, Int>,
) -> Tensor<1> {
    let [batch, tokens] = ids.dims();
    assert!(tokens > 1, "a bigram needs at least 2 tokens, found {tokens}");
    let predicted = batch * (tokens - 1);
    let these = ids.clone().narrow(TOKENS, 0, tokens - 1);
    let nexts = ids.narrow(TOKENS, 1, tokens - 1);
    let logits = this.forward(these).reshape([predicted, this.table.vocab()]);
    cross_entropy(logits, nexts.reshape([predicted])) * predicted as f64
}

/// Perfect, says the loss, of a text on which nothing was tried.
pub fn a_text_of_one_token_costs_nothing(this: &Bigram, ids: Tensor<2, Int>) -> Tensor<1> {
    let [batch, tokens] = ids.dims();
    if tokens < 2 {
        return Tensor::zeros([1], &ids.device());
    }
    let predicted = batch * (tokens - 1);
    let these = ids.clone().narrow(TOKENS, 0, tokens - 1);
    let nexts = ids.narrow(TOKENS, 1, tokens - 1);
    let logits = this.forward(these).reshape([predicted, this.table.vocab()]);
    cross_entropy(logits, nexts.reshape([predicted]))
}
