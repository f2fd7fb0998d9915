//! Where an exact scan stops sufficing, beside an approximate index (usearch, HNSW: Malkov and
//! Yashunin 2020).
//!
//!     cargo run --package index --features scale --example scale -- 1000000
//!
//! Generated vectors of 384 numbers, as a sentence encoder's are: they lie in groups and on few
//! directions. A vector is one of 1,000 centres, plus 32 random numbers through a fixed matrix of
//! rank 32, plus a little noise in every direction. On noise alone no neighbour would mean
//! anything.

use std::time::Instant;

use index::VectorTable;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use usearch::{IndexOptions, MetricKind, ScalarKind};

const WIDTH: usize = 384;
const CENTRES: usize = 1000;
const RANK: usize = 32;
/// Lengths of the parts, about; a centre has 1.
const INSIDE: f32 = 0.7;
const NOISE: f32 = 0.2;
const QUERIES: usize = 100;
const TOP: usize = 10;
const SEED: u64 = 7;

fn main() {
    let largest: usize =
        std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let mut world = World::new();
    let mut vectors: Vec<f32> = Vec::with_capacity(largest * WIDTH);
    (0..largest).for_each(|_| vectors.extend(world.vector()));
    let queries: Vec<Vec<f32>> = (0..QUERIES).map(|_| world.vector()).collect();
    println!(
        "{WIDTH} numbers a vector, {QUERIES} queries for the {TOP} nearest, medians, seed {SEED}\n"
    );
    println!(
        "{:>9}  {:24}{:>9}{:>11}{:>11}{:>10}",
        "vectors", "by", "build s", "query ms", "recall@10", "memory MB"
    );
    for count in [10_000, 100_000, 1_000_000].into_iter().filter(|&count| count <= largest) {
        compare(&vectors[..count * WIDTH], &queries);
    }
}

fn compare(vectors: &[f32], queries: &[Vec<f32>]) {
    let count = vectors.len() / WIDTH;
    let row = |by: &str, build: f64, query: f64, recall: f64, megabytes: f64| {
        println!("{count:>9}  {by:24}{build:>9.1}{query:>11.3}{recall:>11.3}{megabytes:>10.0}");
    };
    let begun = Instant::now();
    let scan = VectorTable::new(WIDTH, vectors.to_vec());
    let build = begun.elapsed().as_secs_f64();
    let (exact, query) = timed(queries, |query| {
        scan.nearest(query, TOP).iter().map(|near| near.number() as u64).collect()
    });
    row("exact scan", build, query, 1.0, (count * WIDTH * size_of::<f32>()) as f64 / 1e6);
    let options = IndexOptions {
        dimensions: WIDTH,
        metric: MetricKind::Cos,
        quantization: ScalarKind::F32,
        ..IndexOptions::default()
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let index = usearch::new_index(&options).expect("an index of these options");
    index.reserve_capacity_and_threads(count, threads).expect("memory for the vectors");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let index = &index;
            scope.spawn(move || {
                for number in (thread..count).step_by(threads) {
                    let vector = &vectors[number * WIDTH..][..WIDTH];
                    index.add(number as u64, vector).expect("room for a vector");
                }
            });
        }
    });
    let build = begun.elapsed().as_secs_f64();
    for expansion in [16, 64, 256] {
        index.change_expansion_search(expansion);
        let (found, query) =
            timed(queries, |query| index.search(query, TOP).expect("an answer").keys.to_vec());
        let hits: usize = exact.iter().zip(&found).map(|(exact, found)| common(exact, found)).sum();
        let recall = hits as f64 / (QUERIES * TOP) as f64;
        row(
            &format!("usearch, expansion {expansion}"),
            build,
            query,
            recall,
            index.memory_usage() as f64 / 1e6,
        );
    }
}

fn common(exact: &[u64], found: &[u64]) -> usize {
    found.iter().filter(|key| exact.contains(key)).count()
}

/// Every query's answer, and the median of what they took, in milliseconds.
fn timed(queries: &[Vec<f32>], ask: impl Fn(&[f32]) -> Vec<u64>) -> (Vec<Vec<u64>>, f64) {
    let mut times = Vec::new();
    let mut answers = Vec::new();
    for query in queries {
        let begun = Instant::now();
        answers.push(ask(query));
        times.push(1e3 * begun.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    (answers, times[times.len() / 2])
}

/// What vectors are made of.
struct World {
    rng: StdRng,
    centres: Vec<Vec<f32>>,
    directions: Vec<Vec<f32>>,
}

impl World {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(SEED);
        let mut rows = |count: usize| (0..count).map(|_| noise(&mut rng, 1.0)).collect();
        let (centres, directions) = (rows(CENTRES), rows(RANK));
        Self { rng, centres, directions }
    }

    fn vector(&mut self) -> Vec<f32> {
        let centre = self.rng.random_range(0..CENTRES);
        let mut vector = noise(&mut self.rng, NOISE);
        vector.iter_mut().zip(&self.centres[centre]).for_each(|(x, centre)| *x += centre);
        for direction in &self.directions {
            let along = self.rng.random_range(-1.0..1.0) * INSIDE * (3.0 / RANK as f32).sqrt();
            vector.iter_mut().zip(direction).for_each(|(x, direction)| *x += along * direction);
        }
        vector
    }
}

/// Numbers of no direction, of about this length together.
fn noise(rng: &mut StdRng, length: f32) -> Vec<f32> {
    let each = length * (3.0 / WIDTH as f32).sqrt();
    (0..WIDTH).map(|_| rng.random_range(-each..each)).collect()
}
