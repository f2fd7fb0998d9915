//! Where boxes stand that are made of one another: in rows, each below all that it is made of,
//! with room for the arrows that pass a row by.
//!
//! The three steps are those of Sugiyama, Tagawa and Toda 1981: rows, then an order in each row
//! with few crossings, then places.

/// Between two neighbours of a row.
const GAP: f64 = 18.0;
/// Sweeps through all rows, down and up: the figures of this book settle within three.
const SWEEPS: usize = 8;
/// How little a passing arrow pulls at the boxes beside it.
const LIGHT: f64 = 0.02;

/// A box, or an arrow on its way past a row.
#[derive(Debug, Clone)]
pub struct Node {
    /// Index of the box; none for an arrow that passes.
    pub step: Option<usize>,
    /// Width in pixels.
    pub width: f64,
    /// Middle in pixels; that of the whole drawing is at 0.
    pub x: f64,
    /// Number of its row, from the top.
    pub row: usize,
}

/// Boxes and arrows in their places.
#[derive(Debug)]
pub struct Layers {
    /// All nodes.
    pub nodes: Vec<Node>,
    /// For each row from the top, its nodes from left to right.
    pub rows: Vec<Vec<usize>>,
    /// For each arrow the nodes on its way: a box, rows that it passes, a box.
    pub ways: Vec<Vec<usize>>,
}

impl Layers {
    /// Lays out boxes of these widths, each made of `parents`, which come before it.
    pub fn new(widths: &[f64], parents: &[Vec<usize>]) -> Self {
        let rows_of = rows_of(parents);
        let last = rows_of.iter().max().map_or(0, |row| row + 1);
        let mut layers = Self { nodes: Vec::new(), rows: vec![Vec::new(); last], ways: Vec::new() };
        for (step, (&width, &row)) in widths.iter().zip(&rows_of).enumerate() {
            layers.stand(Node { step: Some(step), width, x: 0.0, row });
        }
        for (child, parents) in parents.iter().enumerate() {
            for &parent in parents {
                let mut way = vec![parent];
                for row in rows_of[parent] + 1..rows_of[child] {
                    way.push(layers.stand(Node { step: None, width: 8.0, x: 0.0, row }));
                }
                way.push(child);
                layers.ways.push(way);
            }
        }
        layers.order();
        layers.place();
        layers
    }

    /// Pixels from the left edge of the leftmost node to the right edge of the rightmost.
    pub fn width(&self) -> f64 {
        let right = self.nodes.iter().map(|node| node.x + node.width / 2.0).fold(0.0, f64::max);
        2.0 * right
    }

    /// The nodes that arrows lead to `node` from (`up`), or from it to.
    fn neighbours(&self, node: usize, up: bool) -> Vec<usize> {
        let mut neighbours = Vec::new();
        for pair in self.ways.iter().flat_map(|way| way.windows(2)) {
            let (own, other) = if up { (pair[1], pair[0]) } else { (pair[0], pair[1]) };
            if own == node {
                neighbours.push(other);
            }
        }
        neighbours
    }

    fn stand(&mut self, node: Node) -> usize {
        self.rows[node.row].push(self.nodes.len());
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Sorts every row by the middle of its neighbours in the row before, to and fro, and keeps the
    /// order with the fewest crossings.
    fn order(&mut self) {
        let (mut best, mut least) = (self.rows.clone(), self.crossings());
        for sweep in 0..SWEEPS {
            let up = sweep % 2 == 0;
            for row in self.in_turn(up) {
                let mut keys = Vec::new();
                for (index, &node) in self.rows[row].iter().enumerate() {
                    let neighbours = self.neighbours(node, up);
                    let places = neighbours.iter().map(|&other| self.share_of_row(other));
                    let sum: f64 = places.sum();
                    let own = self.share_of_row(node);
                    let key =
                        if neighbours.is_empty() { own } else { sum / neighbours.len() as f64 };
                    keys.push((key, index, node));
                }
                keys.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                self.rows[row] = keys.into_iter().map(|(_, _, node)| node).collect();
            }
            let crossings = self.crossings();
            if crossings < least {
                (best, least) = (self.rows.clone(), crossings);
            }
        }
        self.rows = best;
    }

    /// Rows that have one before them, from the top (`up`: the one before is above) or the bottom.
    fn in_turn(&self, up: bool) -> Vec<usize> {
        let count = self.rows.len();
        if up { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() }
    }

    /// Where a node stands in its row, 0 at the left and 1 at the right.
    fn share_of_row(&self, node: usize) -> f64 {
        let row = &self.rows[self.nodes[node].row];
        let index = row.iter().position(|&other| other == node).unwrap_or(0);
        (index as f64 + 0.5) / row.len() as f64
    }

    fn crossings(&self) -> usize {
        let mut links = Vec::new();
        for pair in self.ways.iter().flat_map(|way| way.windows(2)) {
            let row = self.nodes[pair[0]].row;
            links.push((row, self.share_of_row(pair[0]), self.share_of_row(pair[1])));
        }
        let mut crossings = 0;
        for (i, one) in links.iter().enumerate() {
            for other in &links[..i] {
                let crosses = (one.1 - other.1) * (one.2 - other.2) < 0.0;
                crossings += usize::from(one.0 == other.0 && crosses);
            }
        }
        crossings
    }

    /// Moves every node below or above its neighbours as far as the others of its row let it.
    fn place(&mut self) {
        for row in 0..self.rows.len() {
            self.settle(row, &vec![0.0; self.rows[row].len()]);
        }
        for sweep in 0..SWEEPS {
            let up = sweep % 2 == 0;
            for row in self.in_turn(up) {
                let wishes: Vec<f64> =
                    self.rows[row].iter().map(|&node| self.wish(node, up)).collect();
                self.settle(row, &wishes);
            }
        }
        self.straighten();
        let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
        for node in &self.nodes {
            left = left.min(node.x - node.width / 2.0);
            right = right.max(node.x + node.width / 2.0);
        }
        for node in &mut self.nodes {
            node.x -= (left + right) / 2.0;
        }
    }

    /// Draws an arrow that passes several rows at their end on one line.
    fn straighten(&mut self) {
        for way in self.ways.clone() {
            let passing = &way[1..way.len() - 1];
            let places = passing.iter().map(|&node| self.nodes[node].x);
            let x = if passing.iter().all(|node| self.row_of(*node).last() == Some(node)) {
                places.fold(f64::NEG_INFINITY, f64::max)
            } else if passing.iter().all(|node| self.row_of(*node).first() == Some(node)) {
                places.fold(f64::INFINITY, f64::min)
            } else {
                continue;
            };
            for &node in passing {
                self.nodes[node].x = x;
            }
        }
    }

    /// The nodes of a node's row.
    fn row_of(&self, node: usize) -> &[usize] {
        &self.rows[self.nodes[node].row]
    }

    /// Where a node would stand by its neighbours of the same kind, or else by all.
    fn wish(&self, node: usize, up: bool) -> f64 {
        let all = self.neighbours(node, up);
        let mut same = Vec::new();
        for &other in &all {
            if self.nodes[other].step.is_some() == self.nodes[node].step.is_some() {
                same.push(other);
            }
        }
        let those = if same.is_empty() { all } else { same };
        let sum: f64 = those.iter().map(|&other| self.nodes[other].x).sum();
        if those.is_empty() { self.nodes[node].x } else { sum / those.len() as f64 }
    }

    /// Places a row as near to its wishes as its widths allow: neighbours that would overlap become
    /// a block, which stands at the weighted mean of what they wish.
    fn settle(&mut self, row: usize, wishes: &[f64]) {
        let mut offsets = Vec::new();
        let mut offset = 0.0;
        for (index, &node) in self.rows[row].iter().enumerate() {
            let half = self.nodes[node].width / 2.0;
            offset += if index > 0 { GAP + half } else { 0.0 };
            offsets.push(offset);
            offset += half;
        }
        let mut blocks: Vec<(f64, f64, usize)> = Vec::new(); // sum of weights, place, nodes
        for (index, &node) in self.rows[row].iter().enumerate() {
            let weight = if self.nodes[node].step.is_some() { 1.0 } else { LIGHT };
            let mut block = (weight, wishes[index] - offsets[index], 1);
            while let Some(&(weight, place, count)) = blocks.last()
                && place > block.1
            {
                blocks.pop();
                let sum = weight + block.0;
                block = (sum, (weight * place + block.0 * block.1) / sum, count + block.2);
            }
            blocks.push(block);
        }
        let mut index = 0;
        for (_, place, count) in blocks {
            for _ in 0..count {
                let node = self.rows[row][index];
                self.nodes[node].x = place + offsets[index];
                index += 1;
            }
        }
    }
}

/// The row of each box: below all that it is made of, and what is given right above what first
/// takes it.
fn rows_of(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut rows = vec![0_usize; parents.len()];
    for (step, parents) in parents.iter().enumerate() {
        rows[step] = parents.iter().map(|&parent| rows[parent] + 1).max().unwrap_or(0);
    }
    for step in (0..parents.len()).filter(|&step| parents[step].is_empty()) {
        let children = (0..parents.len()).filter(|&child| parents[child].contains(&step));
        rows[step] = children.map(|child| rows[child].saturating_sub(1)).min().unwrap_or(0);
    }
    rows
}
