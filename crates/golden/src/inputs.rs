//! What went into a recorded run, checked against the model before a tensor is made of it: a
//! device need not notice an id beyond a table.

use std::ops::Range;

use burn::tensor::TensorData;

use crate::{Case, Folder, GoldenError};

impl Folder {
    /// The error for an input of `case` that does not fit its model.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn refuse<T>(&self, case: &Case, input: &str, problem: String) -> Result<T, GoldenError> {
        Err(GoldenError::Input {
            path: self.path.join("cases.json"),
            case: case.case.clone(),
            input: input.into(),
            problem,
        })
    }

    /// Checks that `case` was given nothing but the inputs that are `known`: another would change
    /// the answers and be passed over.
    ///
    /// # Errors
    ///
    /// The first other one.
    pub fn only_inputs(&self, case: &Case, known: &[&str]) -> Result<(), GoldenError> {
        match case.inputs.keys().find(|input| !known.contains(&input.as_str())) {
            None => Ok(()),
            Some(other) => {
                let problem =
                    format!("expected no other inputs of this model than {}", known.join(", "));
                self.refuse(case, other, problem)
            }
        }
    }

    /// The token ids of `case`, `[batch, tokens]`, for a model with tables of `vocab` ids and
    /// `max_tokens` positions.
    ///
    /// # Errors
    ///
    /// Ids that are missing, of another rank or kind, beyond the vocabulary, or too many.
    pub fn token_ids(
        &self,
        case: &Case,
        vocab: usize,
        max_tokens: usize,
    ) -> Result<TensorData, GoldenError> {
        const NAME: &str = "input_ids";
        let shape = match case.inputs.get(NAME).map(Vec::as_slice) {
            Some(&[batch, tokens]) if batch > 0 && tokens > 0 => [batch, tokens],
            found => {
                let problem = format!("expected ids of shape [batch, tokens], found {found:?}");
                return self.refuse(case, NAME, problem);
            }
        };
        if shape[1] > max_tokens {
            let problem = format!(
                "expected at most {max_tokens} tokens, for which the model has positions, found {}",
                shape[1]
            );
            return self.refuse(case, NAME, problem);
        }
        match self.whole_numbers(case, NAME, &shape, 0..vocab as i64, None)? {
            Some(ids) => Ok(ids),
            None => self.refuse(case, NAME, "expected token ids, found none".into()),
        }
    }

    /// The attention mask of `case`, 1 = keep, or `None` where the run was not given one; `ids` are
    /// its token ids.
    ///
    /// # Errors
    ///
    /// A mask of another shape or kind, other numbers, or a text of which nothing is kept.
    pub fn mask(&self, case: &Case, ids: &TensorData) -> Result<Option<TensorData>, GoldenError> {
        const NAME: &str = "attention_mask";
        let shape = ids.shape();
        let Some(mask) = self.whole_numbers(case, NAME, shape, 0..2, None)? else {
            return Ok(None);
        };
        let kept: Vec<i64> = mask.iter().collect();
        for (text, kept) in kept.chunks(shape[1]).enumerate() {
            if !kept.contains(&1) {
                let problem = format!("expected a 1 in every row, found none in row {text}");
                return self.refuse(case, NAME, problem);
            }
        }
        Ok(Some(mask))
    }

    /// An input of `case` that holds whole numbers of a range, or `ignored`, where one is; `None`
    /// where the run was not given it.
    ///
    /// # Errors
    ///
    /// Another shape, numbers that are not stored as I64, or one beyond the range.
    pub fn whole_numbers(
        &self,
        case: &Case,
        name: &str,
        shape: &[usize],
        range: Range<i64>,
        ignored: Option<i64>,
    ) -> Result<Option<TensorData>, GoldenError> {
        let Some(data) = self.of_shape(case, name, shape)? else { return Ok(None) };
        if data.dtype().is_float() {
            return self.refuse(case, name, "expected whole numbers (I64), found F32".into());
        }
        for (place, number) in data.iter::<i64>().enumerate() {
            if !range.contains(&number) && Some(number) != ignored {
                let problem = format!(
                    "expected numbers from {} to {}, found {number} at place {place}",
                    range.start,
                    range.end - 1
                );
                return self.refuse(case, name, problem);
            }
        }
        Ok(Some(data))
    }

    /// An input of `case` that holds finite floats, or `None` where the run was not given it.
    ///
    /// # Errors
    ///
    /// Another shape, numbers that are not stored as F32, NaN or infinity.
    pub fn floats(
        &self,
        case: &Case,
        name: &str,
        shape: &[usize],
    ) -> Result<Option<TensorData>, GoldenError> {
        let Some(data) = self.of_shape(case, name, shape)? else { return Ok(None) };
        if !data.dtype().is_float() {
            return self.refuse(case, name, "expected floats (F32), found I64".into());
        }
        if data.iter::<f32>().any(|number| !number.is_finite()) {
            return self.refuse(case, name, "expected finite numbers".into());
        }
        Ok(Some(data))
    }

    /// An input of `case` in the shape that it must have.
    fn of_shape(
        &self,
        case: &Case,
        name: &str,
        shape: &[usize],
    ) -> Result<Option<TensorData>, GoldenError> {
        match case.inputs.get(name) {
            None => Ok(None),
            Some(found) if found == shape => self.input(case, name),
            Some(found) => {
                self.refuse(case, name, format!("expected shape {shape:?}, found {found:?}"))
            }
        }
    }
}
