//! Words asked by their vectors.

use std::collections::HashMap;

use burn::tensor::{Device, Int, Tensor, TensorData};
use data::{Section, words};
use similarity::{nearest, normalise};

/// Questions answered at once: their cosines with 100,000 words take 100 MB.
const BLOCK: usize = 256;

/// Words and their vectors, ready to be asked.
#[derive(Debug, Clone)]
pub struct Space {
    words: Vec<String>,
    rows: HashMap<String, usize>,
    /// Every vector at unit length, `[vocab, d_model]`.
    table: Tensor<2>,
}

/// How many questions of a section were answered right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The section's name.
    pub section: String,
    /// Questions in it.
    pub questions: usize,
    /// Questions all of whose words have vectors; only these are asked.
    pub covered: usize,
    /// Questions whose answer was the nearest word.
    pub right: usize,
}

impl Space {
    /// A space of these words.
    ///
    /// # Shapes
    ///
    /// - vectors: `[words, d_model]` row by row
    ///
    /// # Panics
    ///
    /// If there are no words, or the vectors are not of one width.
    pub fn new(words: Vec<String>, vectors: Vec<f32>, device: &Device) -> Self {
        let d_model = vectors.len() / words.len();
        let table = Tensor::from_data(TensorData::new(vectors, [words.len(), d_model]), device);
        let rows = words.iter().cloned().zip(0..).collect();
        Self { words, rows, table: normalise(table) }
    }

    /// The words, most frequent first where they were trained here.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Their vectors at unit length, `[words, d_model]`.
    pub fn table(&self) -> &Tensor<2> {
        &self.table
    }

    /// The row of a word: as it is written, or else in small letters.
    pub fn row(&self, word: &str) -> Option<usize> {
        self.rows.get(word).or_else(|| self.rows.get(&word.to_lowercase())).copied()
    }

    /// The vector of a text: a word's own, or else the mean of its words' at unit length,
    /// `[1, d_model]`; none if no word is known.
    pub fn mean_of(&self, text: &str) -> Option<Tensor<2>> {
        let rows = match self.row(text) {
            Some(row) => vec![row],
            None => words(text).iter().filter_map(|word| self.row(word)).collect(),
        };
        (!rows.is_empty()).then(|| self.rows_of(rows).mean_dim(0))
    }

    /// The `k` words with the largest cosine to the word in `row`, best first, itself left out.
    pub fn neighbours(&self, row: usize, k: usize) -> Vec<(usize, f32)> {
        self.ranked(self.rows_of([row]), &[row], k)
    }

    // ANCHOR: analogy
    /// a is to b as c is to what? The `k` words with the largest cosine to b - a + c, best first,
    /// the three left out.
    ///
    /// All vectors are at unit length first: 3CosAdd (Mikolov et al. 2013c, "Linguistic
    /// Regularities in Continuous Space Word Representations", section 4; the name is from Levy &
    /// Goldberg 2014). Not left out, one of the three may be the nearest of all words: the demo
    /// counts how often.
    pub fn analogy(&self, [a, b, c]: [usize; 3], k: usize) -> Vec<(usize, f32)> {
        self.ranked(self.rows_of([b]) - self.rows_of([a]) + self.rows_of([c]), &[a, b, c], k)
    }
    // ANCHOR_END: analogy

    fn ranked(&self, query: Tensor<2>, without: &[usize], k: usize) -> Vec<(usize, f32)> {
        let found = nearest(query, self.table.clone(), k + without.len()).remove(0);
        found.into_iter().filter(|(row, _)| !without.contains(row)).take(k).collect()
    }

    /// Answers questions, section by section.
    pub fn score(&self, sections: &[Section]) -> Vec<Score> {
        sections.iter().map(|section| self.score_section(section)).collect()
    }

    fn score_section(&self, Section { name, questions }: &Section) -> Score {
        let known = |question: &[String; 4]| {
            let rows: Vec<usize> = question.iter().filter_map(|word| self.row(word)).collect();
            <[usize; 4]>::try_from(rows).ok()
        };
        let asked: Vec<[usize; 4]> = questions.iter().filter_map(known).collect();
        let right = asked.chunks(BLOCK).map(|block| self.right(block)).sum();
        Score { section: name.clone(), questions: questions.len(), covered: asked.len(), right }
    }

    /// How many of these `[a, b, c, answer]` are answered right.
    fn right(&self, asked: &[[usize; 4]]) -> usize {
        let column = |i: usize| self.rows_of(asked.iter().map(|question| question[i]));
        let found = nearest(column(1) - column(0) + column(2), self.table.clone(), 4);
        let answer = |(found, [a, b, c, _]): (Vec<(usize, f32)>, &[usize; 4])| {
            found.into_iter().map(|(row, _)| row).find(|row| ![a, b, c].contains(&row))
        };
        let answers = found.into_iter().zip(asked).map(answer);
        answers.zip(asked).filter(|(answer, question)| *answer == Some(question[3])).count()
    }

    fn rows_of(&self, rows: impl IntoIterator<Item = usize>) -> Tensor<2> {
        let ids: Vec<i64> = rows.into_iter().map(|row| row as i64).collect();
        let count = ids.len();
        let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [count]), &self.table.device());
        self.table.clone().select(0, ids)
    }
}
