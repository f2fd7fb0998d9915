//! Mistakes in `masked_loss`.

use burn::tensor::{Int, Tensor};
use lookup::cross_entropy;

/// As the lesson has it.
const ROWS: usize = 0;

/// Every text is scored at the first one's places: only the first learns from its own words.
pub fn the_places_of_the_first_text_for_all(
    logits: Tensor<3>,
    targets: &[Vec<(usize, u32)>],
) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for targets in targets {
        for &(place, id) in targets {
            rows.push((place) as i64);
            ids.push(id as i64);
        }
    }
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows);
    cross_entropy(masked, ids)
}

/// Each guess is asked for beside its hole. The loss falls all the same: what is learned is to say
/// at every place what stands at the next one.
pub fn one_place_too_far_left(logits: Tensor<3>, targets: &[Vec<(usize, u32)>]) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            rows.push(((text * tokens + place).saturating_sub(1)) as i64);
            ids.push(id as i64);
        }
    }
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows);
    cross_entropy(masked, ids)
}

/// The loss, and with it the step, grows with the number of holes in a batch.
pub fn the_sum_and_not_the_mean(logits: Tensor<3>, targets: &[Vec<(usize, u32)>]) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            rows.push((text * tokens + place) as i64);
            ids.push(id as i64);
        }
    }
    let guessed = rows.len() as f64;
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows);
    cross_entropy(masked, ids) * guessed
}

/// Numbers of another unit, larger by 44 %: beside a paper's in nats the model looks bad.
pub fn bits_and_not_nats(logits: Tensor<3>, targets: &[Vec<(usize, u32)>]) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            rows.push((text * tokens + place) as i64);
            ids.push(id as i64);
        }
    }
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows);
    cross_entropy(masked, ids) / std::f64::consts::LN_2
}

/// A seventh of the loss: with 15 % of the places guessed, the step is too small by that factor.
pub fn divided_by_all_places(logits: Tensor<3>, targets: &[Vec<(usize, u32)>]) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            rows.push((text * tokens + place) as i64);
            ids.push(id as i64);
        }
    }
    let guessed = rows.len() as f64;
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows);
    cross_entropy(masked, ids) * guessed / (batch * tokens) as f64
}

/// A hole in a text that has few counts more than one in a text that has many.
pub fn the_mean_of_every_text_first(logits: Tensor<3>, targets: &[Vec<(usize, u32)>]) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let device = logits.device();
    let logits = logits.reshape([batch * tokens, vocab]);
    let mut sum = Tensor::<1>::zeros([1], &device);
    for (text, targets) in targets.iter().enumerate() {
        let (mut rows, mut ids) = (Vec::new(), Vec::new());
        for &(place, id) in targets {
            rows.push((text * tokens + place) as i64);
            ids.push(id as i64);
        }
        let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
        let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
        sum = sum + cross_entropy(logits.clone().select(ROWS, rows), ids);
    }
    sum / batch as f64
}

/// The number is right, and no gradient comes back from it: the loss never falls.
pub fn cut_off_from_what_it_should_train(
    logits: Tensor<3>,
    targets: &[Vec<(usize, u32)>],
) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            rows.push((text * tokens + place) as i64);
            ids.push(id as i64);
        }
    }
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows);
    cross_entropy(masked.detach(), ids)
}

/// A loss that ends at 20.7 nats, however wrong the guess is, and no gradient beyond: what is most
/// wrong is not mended.
pub fn a_small_number_added_before_the_logarithm(
    logits: Tensor<3>,
    targets: &[Vec<(usize, u32)>],
) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            rows.push((text * tokens + place) as i64);
            ids.push(id as i64);
        }
    }
    let guessed = rows.len();
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows);
    let shares = burn::tensor::activation::softmax(masked, 1);
    -(shares + 1e-9).log().gather(1, ids.reshape([guessed, 1])).mean()
}

/// Of logits that are 200 apart the smaller one's share is 0 in f32, and the loss infinite.
pub fn the_logarithm_of_a_softmax_that_is_0(
    logits: Tensor<3>,
    targets: &[Vec<(usize, u32)>],
) -> Tensor<1> {
    let [batch, tokens, vocab] = logits.dims();
    assert_eq!(targets.len(), batch);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            rows.push((text * tokens + place) as i64);
            ids.push(id as i64);
        }
    }
    let guessed = rows.len();
    let device = logits.device();
    let rows = Tensor::<1, Int>::from_data(&rows[..], &device);
    let ids = Tensor::<1, Int>::from_data(&ids[..], &device);
    let masked = logits.reshape([batch * tokens, vocab]).select(ROWS, rows);
    let shares = burn::tensor::activation::softmax(masked, 1);
    -shares.log().gather(1, ids.reshape([guessed, 1])).mean()
}
