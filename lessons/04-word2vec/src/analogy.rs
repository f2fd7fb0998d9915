//! Questions to word vectors: neighbours and analogies.

use std::collections::HashMap;

use burn::tensor::{Device, Int, Tensor, TensorData};
use data::{Section, words};
use similarity::{nearest, normalise};

/// How many questions are answered at once: their cosines with 100,000 words take 100 MB.
const BLOCK: usize = 256;

/// The axis of a table along which its words lie.
pub(crate) const WORDS: usize = 0;

/// Words and their vectors, ready to be asked.
#[derive(Debug, Clone)]
pub struct Space {
    words: Vec<String>,
    rows: HashMap<String, usize>,
    /// Every vector at unit length, `[words, d_model]`.
    table: Tensor<2>,
}

/// How many questions of a section were answered right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The section's name.
    pub section: String,
    /// Number of questions in the section.
    pub questions: usize,
    /// Number of questions all of whose words have vectors; only these are asked.
    pub covered: usize,
    /// Number of questions whose answer was the nearest word.
    pub right: usize,
}

impl Space {
    /// Makes a space of words and their vectors.
    ///
    /// # Shapes
    ///
    /// - vectors: `[words, d_model]` row by row
    ///
    /// # Panics
    ///
    /// If there are no words, or `vectors` cannot be divided into as many rows of one width.
    pub fn new(words: Vec<String>, vectors: Vec<f32>, device: &Device) -> Self {
        let d_model = vectors.len() / words.len();
        let table = Tensor::from_data(TensorData::new(vectors, [words.len(), d_model]), device);
        let mut rows = HashMap::with_capacity(words.len());
        for (row, word) in words.iter().enumerate() {
            rows.insert(word.clone(), row);
        }
        Self { words, rows, table: normalise(table) }
    }

    /// The words in the order of their rows: the most frequent first if [`crate::train`] made them.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The words' vectors at unit length, `[words, d_model]`.
    pub fn table(&self) -> &Tensor<2> {
        &self.table
    }

    /// The row of a word as it is written, or else of the same word in lower case.
    pub fn row(&self, word: &str) -> Option<usize> {
        match self.rows.get(word) {
            Some(&row) => Some(row),
            None => self.rows.get(&word.to_lowercase()).copied(),
        }
    }

    /// The vector of a text: a word's own, or else the mean of its words' at unit length,
    /// `[1, d_model]`; `None` if no word is known.
    pub fn mean_of(&self, text: &str) -> Option<Tensor<2>> {
        if let Some(row) = self.row(text) {
            return Some(self.vectors(&[row]).mean_dim(WORDS));
        }
        let mut rows = Vec::new();
        for word in words(text) {
            rows.extend(self.row(&word));
        }
        if rows.is_empty() { None } else { Some(self.vectors(&rows).mean_dim(WORDS)) }
    }

    /// The `k` words with the largest cosine to the word in `row`, best first, itself left out:
    /// rows and cosines.
    pub fn neighbours(&self, row: usize, k: usize) -> Vec<(usize, f32)> {
        let ranked = nearest(self.vectors(&[row]), self.table.clone(), k + 1).remove(0);
        leave_out(ranked, &[row], k)
    }

    /// a is to b as c is to what? The `k` words with the largest cosine to b - a + c, best first,
    /// the question's own three left out: rows and cosines.
    ///
    /// All vectors are at unit length first: 3CosAdd (Mikolov et al. 2013c, "Linguistic
    /// Regularities in Continuous Space Word Representations", section 4; the name is from Levy &
    /// Goldberg 2014). Not left out, one of the three may be the nearest of all words: the demo
    /// counts how often.
    // ANCHOR: analogy
    pub fn analogy(&self, question: [usize; 3], k: usize) -> Vec<(usize, f32)> {
        self.analogies(&[question], k).remove(0)
    }

    /// The answers of [`Space::analogy`] to each of these questions `[a, b, c]`.
    pub fn analogies(&self, questions: &[[usize; 3]], k: usize) -> Vec<Vec<(usize, f32)>> {
        // The question's own three words may be among the nearest: k are left without them.
        let found = nearest(self.queries(questions), self.table.clone(), k + 3);
        let mut answers = Vec::with_capacity(questions.len());
        for (ranked, question) in found.into_iter().zip(questions) {
            answers.push(leave_out(ranked, question, k));
        }
        answers
    }

    /// The point b - a + c of each question `[a, b, c]`, near which its answer is looked for:
    /// `[questions, d_model]`.
    pub fn queries(&self, questions: &[[usize; 3]]) -> Tensor<2> {
        let (mut a_rows, mut b_rows, mut c_rows) = (Vec::new(), Vec::new(), Vec::new());
        for &[a, b, c] in questions {
            a_rows.push(a);
            b_rows.push(b);
            c_rows.push(c);
        }
        self.vectors(&b_rows) - self.vectors(&a_rows) + self.vectors(&c_rows)
    }
    // ANCHOR_END: analogy

    /// Answers the questions of each section whose four words are known, and counts the right
    /// answers.
    pub fn score(&self, sections: &[Section]) -> Vec<Score> {
        let mut scores = Vec::with_capacity(sections.len());
        for section in sections {
            scores.push(self.score_section(section));
        }
        scores
    }

    /// Answers the questions of one section, and counts the right answers.
    fn score_section(&self, section: &Section) -> Score {
        let (mut questions, mut expected) = (Vec::new(), Vec::new());
        for words in &section.questions {
            if let Some([a, b, c, answer]) = self.rows_of(words) {
                questions.push([a, b, c]);
                expected.push(answer);
            }
        }
        let mut right = 0;
        for (questions, expected) in questions.chunks(BLOCK).zip(expected.chunks(BLOCK)) {
            for (answers, &row) in self.analogies(questions, 1).iter().zip(expected) {
                if answers.first().is_some_and(|answer| answer.0 == row) {
                    right += 1;
                }
            }
        }
        Score {
            section: section.name.clone(),
            questions: section.questions.len(),
            covered: questions.len(),
            right,
        }
    }

    /// The rows of a question's words and of its answer, if all four are known.
    fn rows_of(&self, [a, b, c, answer]: &[String; 4]) -> Option<[usize; 4]> {
        Some([self.row(a)?, self.row(b)?, self.row(c)?, self.row(answer)?])
    }

    /// The vectors in these rows, `[rows, d_model]`.
    fn vectors(&self, rows: &[usize]) -> Tensor<2> {
        let mut ids = Vec::with_capacity(rows.len());
        for &row in rows {
            ids.push(row as i64);
        }
        let ids = TensorData::new(ids, [rows.len()]);
        let ids = Tensor::<1, Int>::from_data(ids, &self.table.device());
        self.table.clone().select(WORDS, ids)
    }
}

/// Leaves the question's own words out, for they are no answers. Keeps the first `k` of the
/// `ranked` rows and cosines that are not rows of the question.
// ANCHOR: leave_out
pub fn leave_out(mut ranked: Vec<(usize, f32)>, question: &[usize], k: usize) -> Vec<(usize, f32)> {
    ranked.retain(|(row, _)| !question.contains(row));
    ranked.truncate(k);
    ranked
}
// ANCHOR_END: leave_out
