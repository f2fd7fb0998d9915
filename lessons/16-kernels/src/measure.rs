//! What this machine does: its two roofs, and the time of each kernel beside its plain version.

use std::hint::black_box;
use std::time::Instant;

use attention::{attend, scores, softmax, weights};
use burn::tensor::{Device, Tensor, TensorData, module};
use pulp::Arch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::gelu::{gelu, gelu_in_five_passes, gelu_in_one_pass};
use crate::online::{HeadSizes, attend_tiled};
use crate::product::{Block, Packed, product, product_in_loops};
use crate::softmax::{softmax_online, softmax_rows};
use crate::{Roof, Work, gelu_work, gelu_work_in_five_passes, product_work, softmax_work};

/// Rows and numbers per row of MiniLM's batch of 32 texts of 31 tokens, in the feed-forward.
const TOKENS: usize = 32 * 31;
const D_MODEL: usize = 384;
const D_FF: usize = 1536;

/// Rows of its softmax, one for each query of each head, and the keys of each.
const SCORE_ROWS: usize = 12 * TOKENS;
const KEYS: usize = 31;

/// Heads of the attention that is timed.
pub const HEADS: usize = 4;

/// Numbers of a query, a key and a value of it.
pub const D_HEAD: usize = 64;

/// Numbers that are added up to measure the memory: 256 MiB, more than the caches of most
/// processors hold.
const LONG: usize = 64 * 1024 * 1024;

/// Sizes of the product that is measured in the cache of one core: 0.5 MiB in all.
const IN_CACHE: [usize; 3] = [192, 192, 192];

/// How often a core repeats it, so that starting the threads costs nothing against it.
const REPEATS: usize = 64;

/// What was measured on a machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// How it was measured: a command.
    pub command: String,
    /// Threads that worked.
    pub threads: usize,
    /// Numbers of a register.
    pub lanes: usize,
    /// The two roofs.
    pub roof: Roof,
    /// Each kernel at MiniLM's sizes, plain and fast.
    pub kernels: Vec<KernelTime>,
    /// Attention as the sequence grows.
    pub attention: Vec<AttentionTime>,
}

/// A version of a kernel and its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KernelTime {
    /// What is computed: GELU, softmax or product.
    pub kernel: String,
    /// Which version.
    pub version: String,
    /// Arithmetic of it.
    pub flops: u64,
    /// Traffic of it.
    pub bytes: u64,
    /// The shortest of several runs.
    pub seconds: f64,
}

/// Seconds of attention over as many keys as queries, by who computes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AttentionTime {
    /// Queries and keys.
    pub tokens: usize,
    /// Lesson 08 with its softmax spelt out.
    pub spelt_out: f64,
    /// Lesson 08 with burn's softmax in one operation.
    pub fused_softmax: f64,
    /// Burn's own attention.
    pub burns_own: f64,
    /// This lesson's.
    pub tiled: f64,
}

/// The shortest time of `runs` runs, in seconds: whatever else the machine does only adds.
pub fn shortest(runs: usize, mut work: impl FnMut()) -> f64 {
    let mut shortest = f64::INFINITY;
    for _ in 0..runs {
        let start = Instant::now();
        work();
        shortest = shortest.min(start.elapsed().as_secs_f64());
    }
    shortest
}

/// A list that no cache holds. Reading it is what the memory's speed is measured by, and leaves
/// nothing else in the caches.
struct Long(Vec<f32>);

impl Long {
    fn new() -> Self {
        Self(vec![1.0; LONG])
    }

    /// Adds the list up, on every core.
    fn read(&self) {
        let arch = Arch::new();
        let sums = self.0.par_chunks(LONG / 256).map(|chunk| arch.dispatch(|| sum(chunk)));
        black_box(sums.reduce(|| 0.0, |a, b| a + b));
    }

    /// The shortest time of `runs` runs of `work`, each of which finds its numbers in the memory.
    fn shortest_after(&self, runs: usize, mut work: impl FnMut()) -> f64 {
        let mut least = f64::INFINITY;
        for _ in 0..runs {
            self.read();
            least = least.min(shortest(1, &mut work));
        }
        least
    }
}

/// Measures both roofs: a sum over a list that no cache holds, and packed products that stay in the
/// cache of their core.
pub fn roof(runs: usize) -> Roof {
    let arch = Arch::new();
    let long = Long::new();
    let bytes_per_second = size_of_val(&long.0[..]) as f64 / shortest(runs, || long.read());
    let [rows, inner, columns] = IN_CACHE;
    let (a, b) = (numbers(rows * inner, 1), numbers(inner * columns, 2));
    let b = Packed::new(arch, &b, inner, columns);
    let threads = rayon::current_num_threads();
    let seconds = shortest(runs, || {
        (0..threads).into_par_iter().for_each(|_| {
            let mut output = vec![0.0; rows * columns];
            for _ in 0..REPEATS {
                arch.dispatch(Block { a: &a, b: &b, output: &mut output });
            }
            black_box(output);
        });
    });
    let flops = (threads * REPEATS) as u64 * product_work(192, 192, 192).flops; // IN_CACHE
    Roof { flops_per_second: flops as f64 / seconds, bytes_per_second }
}

/// The sum of a list, in as many sums as keep a core busy.
#[inline(always)]
fn sum(numbers: &[f32]) -> f32 {
    let mut sums = [0.0; 64];
    for chunk in numbers.as_chunks::<64>().0 {
        for (sum, number) in sums.iter_mut().zip(chunk) {
            *sum += number;
        }
    }
    let mut all = 0.0;
    for sum in sums {
        all += sum;
    }
    all
}

/// Times every kernel at MiniLM's sizes.
pub fn kernels(runs: usize) -> Vec<KernelTime> {
    let long = Long::new();
    let mut times = Vec::new();
    time_gelu(runs, &long, &mut times);
    time_softmax(runs, &long, &mut times);
    time_product(runs, &long, &mut times);
    times
}

fn time_gelu(runs: usize, long: &Long, times: &mut Vec<KernelTime>) {
    let x = numbers(TOKENS * D_FF, 1);
    let one_pass = gelu_work(x.len() as u64);
    let five_passes = gelu_work_in_five_passes(x.len() as u64);
    let seconds = long.shortest_after(runs, || {
        black_box(gelu_in_five_passes(&x));
    });
    push(times, "GELU", "five passes", five_passes, seconds);
    let mut y = x.clone();
    let seconds = long.shortest_after(runs, || gelu_in_one_pass(black_box(&mut y)));
    push(times, "GELU", "one pass", one_pass, seconds);
    let mut y = x.clone();
    let seconds = long.shortest_after(runs, || gelu(black_box(&mut y)));
    push(times, "GELU", "fast", one_pass, seconds);
}

fn time_softmax(runs: usize, long: &Long, times: &mut Vec<KernelTime>) {
    let mut scores = numbers(SCORE_ROWS * KEYS, 1);
    let work = softmax_work(SCORE_ROWS as u64, KEYS as u64);
    let seconds = long.shortest_after(runs, || {
        for row in black_box(&mut scores).chunks_exact_mut(KEYS) {
            softmax_online(row);
        }
    });
    push(times, "softmax", "online, one by one", work, seconds);
    let seconds = long.shortest_after(runs, || softmax_rows(black_box(&mut scores), KEYS));
    push(times, "softmax", "fast", work, seconds);
}

fn time_product(runs: usize, long: &Long, times: &mut Vec<KernelTime>) {
    let arch = Arch::new();
    let (a, b) = (numbers(TOKENS * D_MODEL, 1), numbers(D_MODEL * D_FF, 2));
    let work = product_work(TOKENS as u64, D_MODEL as u64, D_FF as u64);
    let seconds = long.shortest_after(runs, || {
        black_box(product_in_loops(&a, &b, [TOKENS, D_MODEL, D_FF]));
    });
    push(times, "product", "three loops", work, seconds);
    let packed = Packed::new(arch, &b, D_MODEL, D_FF);
    let seconds = long.shortest_after(runs, || {
        black_box(product(arch, &a, &packed, TOKENS));
    });
    push(times, "product", "fast", work, seconds);
}

fn push(times: &mut Vec<KernelTime>, kernel: &str, version: &str, work: Work, seconds: f64) {
    let (kernel, version) = (kernel.into(), version.into());
    times.push(KernelTime { kernel, version, flops: work.flops, bytes: work.bytes, seconds });
}

/// Times attention over sequences of `tokens` in four ways.
pub fn attention(tokens: &[usize], runs: usize, device: &Device) -> Vec<AttentionTime> {
    let mut times = Vec::new();
    for &tokens in tokens {
        let sizes = HeadSizes { queries: tokens, keys: tokens, d_head: D_HEAD };
        let slices = [1, 2, 3].map(|seed| numbers(HEADS * tokens * D_HEAD, seed));
        let hidden = vec![false; tokens];
        let [q, k, v] = [0, 1, 2].map(|i| tensor(&slices[i], tokens, device));
        let tiled = shortest(runs, || {
            let slices = [&slices[0][..], &slices[1][..], &slices[2][..]];
            black_box(attend_tiled(Arch::new(), slices, &hidden, sizes));
        });
        let spelt_out = shortest(runs, || {
            finish(attend(softmax(scores(q.clone(), k.clone())), v.clone()));
        });
        let fused_softmax = shortest(runs, || {
            finish(attend(weights(scores(q.clone(), k.clone())), v.clone()));
        });
        let burns_own = shortest(runs, || {
            let [q, k, v] = [&q, &k, &v].map(Tensor::clone);
            finish(module::attention(q, k, v, None, None, Default::default()));
        });
        times.push(AttentionTime { tokens, spelt_out, fused_softmax, burns_own, tiled });
    }
    times
}

/// Waits until a tensor is computed: a GPU's operations are only queued.
fn finish(x: Tensor<4>) {
    black_box(x.into_data());
}

fn tensor(numbers: &[f32], tokens: usize, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), [1, HEADS, tokens, D_HEAD]), device)
}

/// Numbers in -1..1 that look like chance and are the same in every run: the fractions of multiples
/// of the golden ratio.
pub fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(count);
    let mut place = seed as f64;
    for _ in 0..count {
        place = (place + 0.618_033_988_749_895).fract();
        numbers.push((2.0 * place - 1.0) as f32);
    }
    numbers
}
