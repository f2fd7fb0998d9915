//! Attention that is trained through: the heads of a text side by side, forward and back, without a
//! table of all scores.
//!
//! A few queries at a time meet the keys that they see; their scores stay in the processor's caches.
//! Of the forward pass only the logarithm of each query's sum of exponentials is kept, from which the
//! backward pass computes the shares anew (Dao et al. 2022, "FlashAttention", section 3.1).

use pulp::{Simd, WithSimd};

use crate::dropout::Kept;
use crate::row_gradients;
use crate::rows::{exponentials, largest};

/// Registers that the columns of a tile take.
const REGISTERS: usize = 2;

/// Rows of a tile where there are 32 registers: 16 of them hold sums.
const ROWS: usize = 8;

/// Rows of a tile where there are 16 registers: 8 of them hold sums.
const FEW_ROWS: usize = 4;

/// What a hidden score becomes before the softmax: the lowest finite number, as lesson 09 has it.
const LOWEST: f32 = f32::MIN;

/// Columns that are turned into rows side by side.
const TURNED: usize = 8;

/// Numbers that keep the rows of a block from beginning in the same set of a cache.
const APART: usize = 16;

/// Which keys are hidden from which queries: `[batch or 1, heads or 1, queries or 1, keys]`.
#[derive(Debug, Clone)]
pub(crate) struct Hidden {
    /// Whether each key is hidden, row by row.
    flags: Vec<bool>,
    /// How many keys of each row there are up to the last that is seen.
    seen: Vec<usize>,
    /// How many rows the next text, head and query are away: 0 on an axis where all are alike.
    strides: [usize; 3],
    keys: usize,
}

impl Hidden {
    /// The mask of these flags, `true` = hidden.
    pub(crate) fn new(flags: Vec<bool>, sizes: [usize; 4]) -> Self {
        let [batch, heads, queries, keys] = sizes;
        assert_eq!(
            flags.len(),
            batch * heads * queries * keys,
            "a flag for each place of the mask"
        );
        let mut seen = Vec::with_capacity(batch * heads * queries);
        for row in flags.chunks_exact(keys.max(1)) {
            seen.push(row.iter().rposition(|&hidden| !hidden).map_or(0, |last| last + 1));
        }
        let by_text = if batch == 1 { 0 } else { heads * queries };
        let by_head = if heads == 1 { 0 } else { queries };
        let by_query = usize::from(queries > 1);
        Self { flags, seen, strides: [by_text, by_head, by_query], keys }
    }

    /// The flags of the keys that a query may see, up to the last one.
    #[inline(always)] // into the body of a dispatch, which alone is compiled for wide registers
    fn of(&self, text: usize, head: usize, query: usize) -> &[bool] {
        let [by_text, by_head, by_query] = self.strides;
        let row = text * by_text + head * by_head + query * by_query;
        &self.flags[row * self.keys..][..self.seen[row]]
    }
}

/// What all texts of a batch have in common.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How many heads there are.
    pub(crate) heads: usize,
    /// Which keys are hidden, if any are.
    pub(crate) hidden: Option<Hidden>,
    /// Which shares are dropped, if any are.
    pub(crate) kept: Option<Kept>,
}

/// One text of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) settings: &'a Settings,
    /// Its place in the batch.
    pub(crate) place: usize,
    /// Queries, keys and values of all heads, `[tokens, 3 * heads * d_head]`.
    pub(crate) all: &'a [f32],
    pub(crate) tokens: usize,
}

/// Where in a token's numbers its query, key or value begins.
#[derive(Clone, Copy)]
enum Part {
    Query,
    Key,
    Value,
}

impl<'a> Text<'a> {
    /// Numbers of a head.
    fn d_head(&self) -> usize {
        self.all.len() / (3 * self.tokens * self.settings.heads)
    }

    /// 1 / sqrt(d_head)
    fn scale(&self) -> f32 {
        1.0 / (self.d_head() as f32).sqrt()
    }

    /// Query, key or value of a head's token.
    #[inline(always)] // as above
    fn part(&self, part: Part, head: usize, token: usize) -> &'a [f32] {
        let (heads, d_head) = (self.settings.heads, self.d_head());
        &self.all[((3 * token + part as usize) * heads + head) * d_head..][..d_head]
    }

    /// Flags of the keys that a query may see, up to the last one; `None` if it sees all.
    #[inline(always)] // as above
    fn flags(&self, head: usize, query: usize) -> Option<&'a [bool]> {
        let hidden = self.settings.hidden.as_ref()?;
        Some(hidden.of(self.place, head, query))
    }

    /// How many keys there are up to the last one that one of these queries sees.
    #[inline(always)] // as above
    fn seen(&self, head: usize, first: usize, end: usize) -> usize {
        let mut seen = 0;
        for query in first..end {
            seen = seen.max(self.flags(head, query).map_or(self.tokens, <[bool]>::len));
        }
        seen
    }

    /// Scales the scores of a query, and sets aside what is hidden from it.
    #[inline(always)] // as above
    fn set_aside(&self, head: usize, query: usize, scores: &mut [f32], scale: f32) {
        let Some(flags) = self.flags(head, query) else {
            for score in scores {
                *score *= scale;
            }
            return;
        };
        let (scores, unseen) = scores.split_at_mut(flags.len().min(scores.len()));
        for (score, &hidden) in scores.iter_mut().zip(flags) {
            *score = if hidden { LOWEST } else { *score * scale };
        }
        unseen.fill(LOWEST);
    }

    /// Drops shares, or what comes back to them, of a query.
    #[inline(always)] // as above
    fn drop_some(&self, head: usize, query: usize, row: &mut [f32]) {
        let Some(kept) = &self.settings.kept else { return };
        let place = (self.place * self.settings.heads + head) * self.tokens + query;
        kept.multiply(row, place * self.tokens);
    }
}

/// The forward pass of a text.
pub(crate) struct Forward<'a> {
    pub(crate) text: Text<'a>,
    /// What the heads see, side by side: `[tokens, heads * d_head]`.
    pub(crate) out: &'a mut [f32],
    /// Logarithm of each query's sum of exponentials, `[heads, tokens]`; infinity for a query that
    /// everything is hidden from.
    pub(crate) log_sums: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 {
            self.by_tiles::<S, ROWS>(simd);
        } else {
            self.by_tiles::<S, FEW_ROWS>(simd);
        }
    }
}

impl Forward<'_> {
    /// Computes the text, R queries at a time.
    #[inline(always)] // as above
    fn by_tiles<S: Simd, const R: usize>(self, simd: S) {
        let Self { text, out, log_sums } = self;
        let (tokens, d_head, scale) = (text.tokens, text.d_head(), text.scale());
        let width = text.settings.heads * d_head;
        let mut keys = Panels::new::<S>(d_head, tokens);
        let mut values = Panels::new::<S>(tokens, d_head);
        let mut shares = Block::new::<R>(R, keys.padded());
        let mut means = Block::new::<R>(R, values.padded());
        for (head, log_sums) in log_sums.chunks_exact_mut(tokens).enumerate() {
            keys.lay_out_turned(|token| text.part(Part::Key, head, token));
            values.lay_out(|token| text.part(Part::Value, head, token));
            for first in (0..tokens).step_by(R) {
                let count = R.min(tokens - first);
                let seen = text.seen(head, first, first + count);
                let queries =
                    std::array::from_fn(|i| text.part(Part::Query, head, first + i.min(count - 1)));
                multiply::<S, R>(simd, queries, &keys, seen, &mut shares, 0);
                for i in 0..count {
                    let row = &mut shares.row_mut(i)[..seen];
                    log_sums[first + i] = weigh(&text, head, first + i, row, scale);
                    text.drop_some(head, first + i, row);
                }
                let rows = std::array::from_fn(|i| &shares.row(i.min(count - 1))[..seen]);
                multiply::<S, R>(simd, rows, &values, d_head, &mut means, 0);
                for i in 0..count {
                    let to = (first + i) * width + head * d_head;
                    out[to..to + d_head].copy_from_slice(&means.row(i)[..d_head]);
                }
            }
        }
    }
}

/// Turns the scores of a query into shares, zeros where everything is hidden; the logarithm of the
/// sum of their exponentials.
#[inline(always)] // as above
fn weigh(text: &Text, head: usize, query: usize, row: &mut [f32], scale: f32) -> f32 {
    text.set_aside(head, query, row, scale);
    let sees_nothing = text.flags(head, query).is_some_and(<[bool]>::is_empty);
    if sees_nothing {
        row.fill(0.0);
        return f32::INFINITY;
    }
    let largest = largest(row);
    let total = exponentials(row, largest);
    let factor = 1.0 / total;
    for share in row {
        *share *= factor;
    }
    largest + total.ln()
}

/// The backward pass of a text.
pub(crate) struct Backward<'a> {
    pub(crate) text: Text<'a>,
    /// Logarithms of the forward pass.
    pub(crate) log_sums: &'a [f32],
    /// Gradient of the forward pass's output, `[tokens, heads * d_head]`.
    pub(crate) gradient: &'a [f32],
    /// Gradient of queries, keys and values, `[tokens, 3 * heads * d_head]`.
    pub(crate) out: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 {
            self.by_tiles::<S, ROWS>(simd);
        } else {
            self.by_tiles::<S, FEW_ROWS>(simd);
        }
    }
}

impl Backward<'_> {
    /// Computes the text, R queries at a time, then R keys at a time.
    #[inline(always)] // as above
    fn by_tiles<S: Simd, const R: usize>(self, simd: S) {
        let Self { text, log_sums, gradient, out } = self;
        let (tokens, heads, d_head) = (text.tokens, text.settings.heads, text.d_head());
        let width = heads * d_head;
        let mut turned_keys = Panels::new::<S>(d_head, tokens);
        let mut turned_values = turned_keys.clone();
        let mut keys = Panels::new::<S>(tokens, d_head);
        let mut queries = keys.clone();
        let mut gradients = keys.clone();
        let mut shares = Block::new::<R>(tokens, turned_keys.padded());
        let mut slopes = shares.clone();
        let mut rows = Block::new::<R>(R, keys.padded());
        for (head, log_sums) in log_sums.chunks_exact(tokens).enumerate() {
            let up = |token: usize| &gradient[token * width + head * d_head..][..d_head];
            turned_keys.lay_out_turned(|token| text.part(Part::Key, head, token));
            turned_values.lay_out_turned(|token| text.part(Part::Value, head, token));
            keys.lay_out(|token| text.part(Part::Key, head, token));
            queries.lay_out(|token| text.part(Part::Query, head, token));
            gradients.lay_out(up);
            for first in (0..tokens).step_by(R) {
                let count = R.min(tokens - first);
                let seen = text.seen(head, first, first + count);
                let of_queries =
                    std::array::from_fn(|i| text.part(Part::Query, head, first + i.min(count - 1)));
                let of_gradient = std::array::from_fn(|i| up(first + i.min(count - 1)));
                multiply::<S, R>(simd, of_queries, &turned_keys, seen, &mut shares, first);
                multiply::<S, R>(simd, of_gradient, &turned_values, seen, &mut slopes, first);
                for (query, log_sum) in (first..).zip(&log_sums[first..first + count]) {
                    let (shares, slopes) = (shares.row_mut(query), slopes.row_mut(query));
                    shares[seen..].fill(0.0);
                    slopes[seen..].fill(0.0);
                    let (shares, slopes) = (&mut shares[..seen], &mut slopes[..seen]);
                    weigh_back(&text, head, query, shares, slopes, *log_sum);
                }
                let of_slopes =
                    std::array::from_fn(|i| &slopes.row(first + i.min(count - 1))[..seen]);
                multiply::<S, R>(simd, of_slopes, &keys, d_head, &mut rows, 0);
                for i in 0..count {
                    let to = (3 * (first + i) * heads + head) * d_head;
                    out[to..to + d_head].copy_from_slice(&rows.row(i)[..d_head]);
                }
            }
            for first in (0..tokens).step_by(R) {
                let count = R.min(tokens - first);
                let mut from = 0; // the first R queries that see one of these keys
                while from < tokens && text.seen(head, from, tokens.min(from + R)) <= first {
                    from += R;
                }
                for (part, block, panels) in
                    [(Part::Key, &slopes, &queries), (Part::Value, &shares, &gradients)]
                {
                    multiply_turned::<S, R>(simd, block, first, from, panels, &mut rows);
                    for i in 0..count {
                        let to = ((3 * (first + i) + part as usize) * heads + head) * d_head;
                        out[to..to + d_head].copy_from_slice(&rows.row(i)[..d_head]);
                    }
                }
            }
        }
    }
}

/// Turns the scores of a query into the shares that the values got, and the gradient of those into
/// that of the products of query and keys.
#[inline(always)] // as above
fn weigh_back(
    text: &Text,
    head: usize,
    query: usize,
    shares: &mut [f32],
    slopes: &mut [f32],
    log_sum: f32,
) {
    let scale = text.scale();
    text.set_aside(head, query, shares, scale);
    exponentials(shares, log_sum);
    text.drop_some(head, query, slopes);
    row_gradients::softmax(shares, slopes);
    for slope in slopes {
        *slope *= scale;
    }
    text.drop_some(head, query, shares);
}

/// A matrix laid out by panels of as many columns as a tile has; those that it lacks are zero.
#[derive(Clone)]
struct Panels {
    numbers: Vec<f32>,
    rows: usize,
    columns: usize,
    /// Columns of a panel.
    width: usize,
}

impl Panels {
    fn new<S: Simd>(rows: usize, columns: usize) -> Self {
        let width = REGISTERS * S::F32_LANES;
        let numbers = vec![0.0; rows * columns.next_multiple_of(width)];
        Self { numbers, rows, columns, width }
    }

    /// Columns with those that fill up the last panel.
    fn padded(&self) -> usize {
        self.columns.next_multiple_of(self.width)
    }

    /// Lays out the matrix of these rows.
    #[inline(always)] // as above
    fn lay_out<'a>(&mut self, row: impl Fn(usize) -> &'a [f32]) {
        for (panel, numbers) in self.numbers.chunks_exact_mut(self.rows * self.width).enumerate() {
            for (i, place) in numbers.chunks_exact_mut(self.width).enumerate() {
                let row = &row(i)[panel * self.width..];
                let count = row.len().min(self.width);
                place[..count].copy_from_slice(&row[..count]);
            }
        }
    }

    /// Lays out the matrix of these columns.
    #[inline(always)] // as above
    fn lay_out_turned<'a>(&mut self, column: impl Fn(usize) -> &'a [f32]) {
        for (panel, numbers) in self.numbers.chunks_exact_mut(self.rows * self.width).enumerate() {
            let first = panel * self.width;
            let end = self.columns.min(first + self.width);
            let mut i = first;
            // Eight columns side by side, or every number would be written by itself.
            while i + TURNED <= end {
                let columns: [&[f32]; TURNED] = std::array::from_fn(|j| column(i + j));
                let columns = columns.map(|column| &column[..self.rows]);
                for (l, step) in numbers.chunks_exact_mut(self.width).enumerate() {
                    let turned: [f32; TURNED] = std::array::from_fn(|j| columns[j][l]);
                    step[i - first..][..TURNED].copy_from_slice(&turned);
                }
                i += TURNED;
            }
            for i in i..end {
                for (step, number) in numbers.chunks_exact_mut(self.width).zip(column(i)) {
                    step[i - first] = *number;
                }
            }
        }
    }
}

/// Rows in one piece of memory, some numbers apart.
#[derive(Clone)]
struct Block {
    numbers: Vec<f32>,
    stride: usize,
    rows: usize,
}

impl Block {
    /// Room for these rows, and for the tile of R rows that reaches beyond the last of them.
    fn new<const R: usize>(rows: usize, columns: usize) -> Self {
        let stride = columns + APART;
        Self { numbers: vec![0.0; rows.next_multiple_of(R) * stride], stride, rows }
    }

    #[inline(always)] // as above
    fn row(&self, i: usize) -> &[f32] {
        &self.numbers[i * self.stride..][..self.stride]
    }

    #[inline(always)] // as above
    fn row_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.numbers[i * self.stride..][..self.stride]
    }
}

/// R rows times the first `columns` columns of a matrix, and the first numbers of each row times as
/// many of its rows; written into the block from its row `first` on.
#[inline(always)] // as above
fn multiply<S: Simd, const R: usize>(
    simd: S,
    rows: [&[f32]; R],
    panels: &Panels,
    columns: usize,
    block: &mut Block,
    first: usize,
) {
    let width = panels.width;
    let used = rows[0].len();
    for column in (0..columns).step_by(width) {
        let panel = &panels.numbers[column * panels.rows..][..used * width];
        let (registers, _) = S::as_simd_f32s(panel);
        let (panel, _) = registers.as_chunks::<REGISTERS>();
        let mut rows = rows.map(|row| row.iter());
        let mut sums = [[simd.splat_f32s(0.0); REGISTERS]; R];
        'panel: for columns in panel {
            for i in 0..R {
                // Nothing that may panic: it would keep the sums in memory.
                let Some(&number) = rows[i].next() else { break 'panel };
                let number = simd.splat_f32s(number);
                for j in 0..REGISTERS {
                    sums[i][j] = simd.mul_add_f32s(number, columns[j], sums[i][j]);
                }
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            let to = &mut block.row_mut(first + i)[column..column + width];
            let (to, _) = S::as_mut_simd_f32s(to);
            for (to, sum) in to.iter_mut().zip(sums) {
                *to = *sum;
            }
        }
    }
}

/// R columns of the block, from `first` on and from its row `from` on, each times the rows of a
/// matrix: R rows of block^T matrix.
#[inline(always)] // as above
fn multiply_turned<S: Simd, const R: usize>(
    simd: S,
    block: &Block,
    first: usize,
    from: usize,
    panels: &Panels,
    out: &mut Block,
) {
    let width = panels.width;
    let from = from.min(block.rows);
    let used = &block.numbers[from * block.stride..block.rows * block.stride];
    let whole = panels.rows * width;
    for (panel, numbers) in panels.numbers.chunks_exact(whole.max(1)).enumerate() {
        let (registers, _) = S::as_simd_f32s(&numbers[from * width..]);
        let (steps, _) = registers.as_chunks::<REGISTERS>();
        let mut sums = [[simd.splat_f32s(0.0); REGISTERS]; R];
        for (row, columns) in used.chunks_exact(block.stride).zip(steps) {
            // Nothing that may panic: it would keep the sums in memory.
            let Some(numbers) = row.get(first..).and_then(<[f32]>::first_chunk::<R>) else { break };
            for i in 0..R {
                let number = simd.splat_f32s(numbers[i]);
                for j in 0..REGISTERS {
                    sums[i][j] = simd.mul_add_f32s(number, columns[j], sums[i][j]);
                }
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            let to = &mut out.row_mut(i)[panel * width..(panel + 1) * width];
            let (to, _) = S::as_mut_simd_f32s(to);
            for (to, sum) in to.iter_mut().zip(sums) {
                *to = *sum;
            }
        }
    }
}
