//! Mistakes in `TokenEmbedding::forward`.

use burn::tensor::{Int, Tensor};
use lookup::TokenEmbedding;

/// Axis of a table along which one vector stands below the other.
const ROWS: usize = 0;

/// Two texts of three tokens come out as three texts of two, each with the other's vectors.
pub fn batch_and_tokens_exchanged_in_the_last_line(
    this: &TokenEmbedding,
    ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    let rows = this.weight.val().select(ROWS, ids.reshape([batch * tokens]));
    rows.reshape([tokens, batch, this.d_model()])
}

/// The numbers of a vector must lie next to each other; here they lie apart by as many tokens.
pub fn tokens_and_d_model_exchanged_in_the_last_line(
    this: &TokenEmbedding,
    ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    let rows = this.weight.val().select(ROWS, ids.reshape([batch * tokens]));
    rows.reshape([batch, this.d_model(), tokens])
}

/// An ID is an index, and the first row is row 0. Every token gets its neighbour's vector.
pub fn ids_counted_from_1(this: &TokenEmbedding, ids: Tensor<2, Int>) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    let rows = this.weight.val().select(ROWS, (ids - 1).reshape([batch * tokens]));
    rows.reshape([batch, tokens, this.d_model()])
}

/// The shape is right, and the tokens of all texts are mixed. A batch of one text does not show it.
pub fn ids_laid_end_to_end_token_by_token_and_not_text_by_text(
    this: &TokenEmbedding,
    ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    let rows = this.weight.val().select(ROWS, ids.transpose().reshape([batch * tokens]));
    rows.reshape([batch, tokens, this.d_model()])
}

/// The numbers are right and the table never learns: no gradient finds its way back to it.
pub fn the_table_cut_off_from_its_gradient(
    this: &TokenEmbedding,
    ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    let rows = this.weight.val().detach().select(ROWS, ids.reshape([batch * tokens]));
    rows.reshape([batch, tokens, this.d_model()])
}

/// A token that comes five times in a batch learns as if it had come once.
pub fn of_a_token_that_comes_again_only_the_last_place_learns(
    this: &TokenEmbedding,
    ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    let ids = ids.reshape([batch * tokens]);
    let list: Vec<i64> = ids.to_data().iter::<i64>().collect();
    let mut last = Vec::new();
    for (place, id) in list.iter().enumerate() {
        last.push(if list[place + 1..].contains(id) { 0.0 } else { 1.0 });
    }
    let rows = this.weight.val().select(ROWS, ids);
    let last = Tensor::<1>::from_floats(last.as_slice(), &rows.device());
    let last = last.reshape([batch * tokens, 1]);
    let others = rows.clone().detach() * (last.clone().neg() + 1.0);
    (rows * last + others).reshape([batch, tokens, this.d_model()])
}
