//! # 05 Maps of a space
//!
//! **Question.** What does the space look like?
//!
//! You cannot see 384 dimensions. Two ways lead to a picture: turn the points until their widest
//! side faces you and look at the shadow (PCA), or give up on distances and keep only who is whose
//! neighbour (t-SNE). Whether the groups that you then see are really there is measured in the
//! space itself.
//!
//! **Equation.**
//! - PCA: `C v = lambda v` with `C = X^T X / (n - 1)`, X less its mean (Pearson 1901; Hotelling
//!   1933)
//! - t-SNE: `minimise KL(P || Q) = sum_ij p_ij ln(p_ij / q_ij)` (van der Maaten and Hinton 2008,
//!   sections 3.1 and 3.3)
//!
//! ```text
//! p_j|i = exp(-beta_i |x_i - x_j|^2) / sum_k ...   (beta_i: entropy of the row = ln(perplexity))
//! p_ij  = (p_j|i + p_i|j) / 2n
//! q_ij  = w_ij / sum_kl w_kl                       w_ij = 1 / (1 + |y_i - y_j|^2)
//! dKL/dy_i = 4 sum_j (p_ij - q_ij) w_ij (y_i - y_j)
//! ```
//!
//! - k-means: `minimise sum_i |x_i - centre(i)|^2` (Lloyd 1957)
//! - silhouette: `s_i = (b_i - a_i) / max(a_i, b_i)` (Rousseeuw 1987)
//!
//! **Builds on.**
//! - PCA: `similarity::normalise(x: Tensor<2>) -> Tensor<2>`: every row brought to length 1 (lesson
//!   03)
//! - the demo: `word2vec::toy::toy_vectors(seed, epochs) -> Result<(data::Vocabulary, Trained),
//!   DataError>`: vectors of the toy world's words (lesson 04)
//! - the demo: `word2vec::Space::table(&self) -> &Tensor<2>`: the same at unit length (lesson 04)
//!
//! **Leaves you with.** [`pca`], [`TsneConfig`] and [`KMeansConfig`], which draw and group any
//! matrix of vectors, and [`silhouette`], which says whether to believe what you see.
//!
//! **Try.** Give t-SNE 100 points of pure noise and a perplexity of 3. Predict whether you will see
//! groups; then ask [`silhouette`].

mod affinities;
mod clusters;
pub mod demo;
mod distances;
mod forces;
pub mod naive;
mod pca;
mod tsne;

pub use affinities::{Affinities, EXACT, conditional, joint, largest_perplexity};
pub use clusters::{
    Assignment, KMeans, KMeansConfig, assign, lloyd, move_centres, purity, silhouette,
    silhouette_of_point, silhouettes,
};
pub use distances::squared_distances;
pub use forces::{Map, gradient, kl, repulsion};
pub use pca::{Pca, pca};
pub use tsne::{TsneConfig, TsneProgress};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "05-embedding-maps",
    question: "What does the space look like?",
    leaves_you_with: "PCA, t-SNE and k-means by hand, and the silhouette to tell groups from \
        wishful seeing",
    minilm: false,
};
