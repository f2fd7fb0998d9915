//! What a function answers: numbers in rows, words, or several of them.

use burn::tensor::{Bool, Int, Tensor, TensorData};

/// What a function gave back, as a check compares and draws it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Numbers laid out row by row; no axis for a single one.
    Numbers {
        /// Sizes of the axes.
        shape: Vec<usize>,
        /// As many numbers as the sizes multiply to.
        numbers: Vec<f64>,
    },
    /// What is compared letter by letter: text, or that nothing came.
    Words(String),
    /// The parts of a tuple.
    Several(Vec<Answer>),
}

/// A number that an answer is made of; true counts as 1.
pub trait Number: Copy {
    /// The number as the check compares it.
    fn number(self) -> f64;
}

macro_rules! number {
    ($($kind:ty),+) => {$(
        impl Number for $kind {
            fn number(self) -> f64 {
                self as f64
            }
        }
        impl From<$kind> for Answer {
            fn from(number: $kind) -> Self {
                Self::Numbers { shape: Vec::new(), numbers: vec![number.number()] }
            }
        }
    )+};
}
number!(f32, f64, u8, u32, u64, usize, i32, i64);

impl Number for bool {
    fn number(self) -> f64 {
        f64::from(u8::from(self))
    }
}

impl From<bool> for Answer {
    fn from(truth: bool) -> Self {
        Self::Numbers { shape: Vec::new(), numbers: vec![truth.number()] }
    }
}

impl<T: Number> From<Vec<T>> for Answer {
    fn from(list: Vec<T>) -> Self {
        Self::from(&list[..])
    }
}

impl<T: Number, const N: usize> From<[T; N]> for Answer {
    fn from(list: [T; N]) -> Self {
        Self::from(&list[..])
    }
}

impl<T: Number> From<&[T]> for Answer {
    fn from(list: &[T]) -> Self {
        let numbers = list.iter().map(|number| number.number()).collect();
        Self::Numbers { shape: vec![list.len()], numbers }
    }
}

impl<T: Number, const N: usize, const M: usize> From<[[T; N]; M]> for Answer {
    fn from(rows: [[T; N]; M]) -> Self {
        Self::Numbers {
            shape: vec![M, N],
            numbers: rows.as_flattened().iter().map(|number| number.number()).collect(),
        }
    }
}

/// Rows of one length are a matrix; of several lengths, a list of lists.
impl<T: Number> From<Vec<Vec<T>>> for Answer {
    fn from(rows: Vec<Vec<T>>) -> Self {
        stacked(rows.into_iter().map(Self::from).collect())
    }
}

impl<T: Number> From<Vec<Vec<Vec<T>>>> for Answer {
    fn from(matrices: Vec<Vec<Vec<T>>>) -> Self {
        stacked(matrices.into_iter().map(Self::from).collect())
    }
}

/// A pair a row.
impl<A: Number, B: Number> From<Vec<(A, B)>> for Answer {
    fn from(pairs: Vec<(A, B)>) -> Self {
        let mut numbers = Vec::new();
        for (a, b) in &pairs {
            numbers.extend([a.number(), b.number()]);
        }
        Self::Numbers { shape: vec![pairs.len(), 2], numbers }
    }
}

/// Answers of one shape as one with an axis more in front.
fn stacked(rows: Vec<Answer>) -> Answer {
    let (mut all, mut below) = (Vec::new(), None);
    for row in &rows {
        let Answer::Numbers { shape, numbers } = row else { return Answer::Several(rows) };
        if below.is_some_and(|below| below != shape) {
            return Answer::Several(rows);
        }
        below = Some(shape);
        all.extend(numbers);
    }
    let mut shape = vec![rows.len()];
    shape.extend(below.into_iter().flatten());
    Answer::Numbers { shape, numbers: all }
}

impl<const D: usize> From<Tensor<D>> for Answer {
    fn from(tensor: Tensor<D>) -> Self {
        Self::from(tensor.into_data())
    }
}

impl<const D: usize> From<Tensor<D, Int>> for Answer {
    fn from(tensor: Tensor<D, Int>) -> Self {
        Self::from(tensor.into_data())
    }
}

impl<const D: usize> From<Tensor<D, Bool>> for Answer {
    fn from(tensor: Tensor<D, Bool>) -> Self {
        Self::from(tensor.int())
    }
}

impl From<TensorData> for Answer {
    fn from(data: TensorData) -> Self {
        Self::Numbers { shape: data.shape().to_vec(), numbers: data.iter::<f64>().collect() }
    }
}

impl From<&str> for Answer {
    fn from(words: &str) -> Self {
        Self::Words(words.to_string())
    }
}

impl From<String> for Answer {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl<A: Into<Answer>> From<Option<A>> for Answer {
    fn from(answer: Option<A>) -> Self {
        answer.map_or_else(|| Self::from("None"), Into::into)
    }
}

impl<A: Into<Answer>, B: Into<Answer>> From<(A, B)> for Answer {
    fn from((a, b): (A, B)) -> Self {
        Self::Several(vec![a.into(), b.into()])
    }
}

impl<A: Into<Answer>, B: Into<Answer>, C: Into<Answer>> From<(A, B, C)> for Answer {
    fn from((a, b, c): (A, B, C)) -> Self {
        Self::Several(vec![a.into(), b.into(), c.into()])
    }
}

impl Answer {
    /// Whether two answers have one shape and no number is further off than `tolerance`, relative
    /// to the number where that is above 1. NaN is the same as NaN only.
    pub(crate) fn same(&self, other: &Self, tolerance: f64) -> bool {
        match (self, other) {
            (
                Self::Numbers { shape, numbers },
                Self::Numbers { shape: other_shape, numbers: others },
            ) => shape == other_shape && all_close(numbers, others, tolerance),
            (Self::Words(words), Self::Words(others)) => words == others,
            (Self::Several(parts), Self::Several(others)) => {
                parts.len() == others.len()
                    && parts.iter().zip(others).all(|(part, other)| part.same(other, tolerance))
            }
            _ => false,
        }
    }
}

fn all_close(numbers: &[f64], others: &[f64], tolerance: f64) -> bool {
    numbers.iter().zip(others).all(|(&number, &other)| close(number, other, tolerance))
}

/// Whether two numbers agree; two that are not finite agree where they are the same.
pub(crate) fn close(a: f64, b: f64, tolerance: f64) -> bool {
    if a.is_finite() && b.is_finite() {
        (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
    } else {
        a == b || (a.is_nan() && b.is_nan())
    }
}
