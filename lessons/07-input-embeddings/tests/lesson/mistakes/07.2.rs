//! Mistakes in `BertEmbeddings::sum`.

use burn::tensor::{Int, Tensor, assert_shape};
use inputs::BertEmbeddings;

/// Both sentences of a pair look alike, and training never touches the segment table.
pub fn segments_forgotten(
    this: &BertEmbeddings,
    ids: Tensor<2, Int>,
    segment_ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    assert_shape!(segment_ids, [batch, tokens]);
    let positions = this.position_vectors(&ids);
    this.tokens.forward(ids) + positions
}

/// Nothing fails: each token has a segment, and scores of pairs are off.
pub fn every_token_in_segment_0(
    this: &BertEmbeddings,
    ids: Tensor<2, Int>,
    segment_ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    assert_shape!(segment_ids, [batch, tokens]);
    let positions = this.position_vectors(&ids);
    this.tokens.forward(ids) + positions + this.segments.forward(segment_ids.zeros_like())
}

/// Rows 0 and 1 of the token table belong to words, and each token gets one of them added.
pub fn segments_looked_up_in_the_token_table(
    this: &BertEmbeddings,
    ids: Tensor<2, Int>,
    segment_ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    assert_shape!(segment_ids, [batch, tokens]);
    let positions = this.position_vectors(&ids);
    this.tokens.forward(ids) + positions + this.tokens.forward(segment_ids)
}

/// Each token gets its neighbour's row, and the longest text that fits is one token shorter.
pub fn positions_counted_from_1(
    this: &BertEmbeddings,
    ids: Tensor<2, Int>,
    segment_ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    assert_shape!(segment_ids, [batch, tokens]);
    let positions = this.positions.forward(tokens + 1).narrow(0, 1, tokens).unsqueeze();
    this.tokens.forward(ids) + positions + this.segments.forward(segment_ids)
}

/// A word has the same vector wherever it stands: the order of the words is lost.
pub fn positions_looked_up_by_the_ids_of_the_tokens(
    this: &BertEmbeddings,
    ids: Tensor<2, Int>,
    segment_ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    assert_shape!(segment_ids, [batch, tokens]);
    let flat = ids.clone().reshape([batch * tokens]);
    let positions = this.positions.weight.val().select(0, flat);
    let [_, d_model] = positions.dims();
    let positions = positions.reshape([batch, tokens, d_model]);
    this.tokens.forward(ids) + positions + this.segments.forward(segment_ids)
}

/// The one row is stretched over the whole text, and all tokens stand at its beginning.
pub fn the_position_of_the_first_token_for_all(
    this: &BertEmbeddings,
    ids: Tensor<2, Int>,
    segment_ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    assert_shape!(segment_ids, [batch, tokens]);
    let positions = this.positions.forward(tokens).narrow(0, 0, 1).unsqueeze();
    this.tokens.forward(ids) + positions + this.segments.forward(segment_ids)
}

/// The norm comes after, in `forward`, which then runs it twice.
pub fn normalised_already(
    this: &BertEmbeddings,
    ids: Tensor<2, Int>,
    segment_ids: Tensor<2, Int>,
) -> Tensor<3> {
    let [batch, tokens] = ids.dims();
    assert_shape!(segment_ids, [batch, tokens]);
    let positions = this.position_vectors(&ids);
    let sum = this.tokens.forward(ids) + positions + this.segments.forward(segment_ids);
    this.norm.forward(sum)
}

/// One segment is stretched over a text without a word: whoever forgot the others never hears of
/// it.
pub fn segments_of_another_shape_let_through(
    this: &BertEmbeddings,
    ids: Tensor<2, Int>,
    segment_ids: Tensor<2, Int>,
) -> Tensor<3> {
    let positions = this.position_vectors(&ids);
    this.tokens.forward(ids) + positions + this.segments.forward(segment_ids)
}
