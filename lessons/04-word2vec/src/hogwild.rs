//! Training on every core at once.
//!
//! Threads read and write one pair of tables without waiting for each other, and lose a step of
//! another now and then: rows are many and windows are few, so it seldom happens, and what is lost
//! is one step of millions (Recht et al. 2011, "HOGWILD!"). Two threads that write one number at
//! once are undefined behaviour in C; here every number is read and written atomically, in relaxed
//! order: plain loads and stores, but one word at a time, so rows are copied out before they are
//! worked on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use burn::config::Config;
use data::{DataError, Ids, Vocabulary};
use pulp::Arch;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::gradient::{LANES, Window};
use crate::sampling::{NoiseTable, around, keep_probability};

/// The learning rate falls to this, as in gensim (`min_alpha`).
const LAST_RATE: f64 = 0.0001;
/// One window in so many tells its loss: logarithms cost, and a mean over fewer is as good.
const MEASURED: u64 = 64;
/// How often progress is told.
const TICK: Duration = Duration::from_millis(100);

/// What and how to train; the defaults are word2vec.c's and gensim's, where these agree.
#[derive(Config, Debug, Copy)]
pub struct Word2VecConfig {
    /// The width of a vector.
    #[config(default = 100)]
    pub d_model: usize,
    /// The farthest neighbour on either side; for each word the reach is drawn from 1 to this, so
    /// near ones count more.
    #[config(default = 5)]
    pub window: usize,
    /// Noise words a window.
    #[config(default = 5)]
    pub negative: usize,
    /// Times through the corpus.
    #[config(default = 5)]
    pub epochs: usize,
    /// `t` of [`keep_probability`].
    #[config(default = 1e-3)]
    pub sample: f64,
    /// The first learning rate; it falls in a straight line with the words read.
    #[config(default = 0.025)]
    pub learning_rate: f64,
    /// With one, the same seed gives the same vectors; with more, who writes last is chance.
    #[config(default = 1)]
    pub threads: usize,
    /// Everything random follows from it.
    #[config(default = 7)]
    pub seed: u64,
}

/// Where training stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Word2VecProgress {
    /// Words read so far, of all epochs.
    pub words: u64,
    /// Nats per pair of a word and a neighbour, mean of the last epoch that has begun; NaN before
    /// the first.
    pub loss: f64,
}

/// What training gives.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainedVectors {
    /// One vector a word, `[vocab, d_model]` row by row.
    pub vectors: Vec<f32>,
    /// Nats per pair, mean of each epoch.
    pub losses: Vec<f64>,
}

/// Trains vectors for the words of a vocabulary. `watch` is told about ten times a second where
/// training stands, and stops it by answering `false`; what was learnt until then is returned.
///
/// # Errors
///
/// If the corpus on disk cannot be read any more.
///
/// # Panics
///
/// If the vocabulary is empty, or a count in the configuration is 0.
pub fn train(
    corpus: &Ids,
    vocabulary: &Vocabulary,
    config: &Word2VecConfig,
    watch: &mut dyn FnMut(Word2VecProgress) -> bool,
) -> Result<TrainedVectors, DataError> {
    let job = Job::new(corpus, vocabulary, config);
    thread::scope(|scope| {
        let (done, finished) = mpsc::channel();
        for part in 0..config.threads as u64 {
            let (done, job) = (done.clone(), &job);
            scope.spawn(move || done.send(Worker::new(job, part).run()));
        }
        drop(done);
        loop {
            match finished.recv_timeout(TICK) {
                Ok(result) => result?,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if !watch(job.progress()) {
                job.stop.store(true, Relaxed);
            }
        }
    })?;
    Ok(TrainedVectors { vectors: job.input.rows(config.d_model), losses: job.losses() })
}

/// What all threads share.
struct Job<'a> {
    config: &'a Word2VecConfig,
    corpus: &'a Ids,
    keep: Vec<f32>,
    noise: NoiseTable,
    input: Table,
    output: Table,
    total: u64,
    words: AtomicU64,
    stop: AtomicBool,
    /// Sum of losses and number of pairs of each epoch.
    losses: Mutex<Vec<(f64, u64)>>,
}

impl<'a> Job<'a> {
    fn new(corpus: &'a Ids, vocabulary: &Vocabulary, config: &'a Word2VecConfig) -> Self {
        let Word2VecConfig { d_model, window, negative, epochs, threads, sample, seed, .. } =
            *config;
        for (name, count) in [
            ("d_model", d_model),
            ("window", window),
            ("negative", negative),
            ("epochs", epochs),
            ("threads", threads),
        ] {
            assert!(count > 0, "{name} must be 1 or more, found 0");
        }
        let vocab = vocabulary.words.len();
        let all: u64 = vocabulary.counts.iter().sum();
        let keep = |&count: &u64| keep_probability(count as f64 / all as f64, sample) as f32;
        Self {
            config,
            corpus,
            keep: vocabulary.counts.iter().map(keep).collect(),
            noise: NoiseTable::new(&vocabulary.counts),
            input: Table::noise(vocab, d_model, seed),
            output: Table::of(vocab, d_model, || 0.0),
            total: corpus.words() * epochs as u64,
            words: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            losses: Mutex::new(vec![(0.0, 0); epochs]),
        }
    }

    fn losses(&self) -> Vec<f64> {
        let losses = self.losses.lock().expect("no thread panics while it adds");
        losses
            .iter()
            .filter(|(_, pairs)| *pairs > 0)
            .map(|(sum, pairs)| sum / *pairs as f64)
            .collect()
    }

    fn progress(&self) -> Word2VecProgress {
        let loss = self.losses().last().copied().unwrap_or(f64::NAN);
        Word2VecProgress { words: self.words.load(Relaxed), loss }
    }

    /// The learning rate after `words` words: a straight line down to [`LAST_RATE`].
    fn rate(&self, words: u64) -> f32 {
        let left = 1.0 - words as f64 / self.total as f64;
        (LAST_RATE + (self.config.learning_rate - LAST_RATE) * left) as f32
    }
}

/// One thread: its share of the corpus, and what it works with.
struct Worker<'a> {
    job: &'a Job<'a>,
    part: u64,
    random: SmallRng,
    window: Window,
    targets: Vec<u32>,
    windows: u64,
    loss: (f64, u64),
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job<'a>, part: u64) -> Self {
        let random = SmallRng::seed_from_u64(job.config.seed.wrapping_add(1 + part));
        let window = Window::new(job.config.d_model);
        Self { job, part, random, window, targets: Vec::new(), windows: 0, loss: (0.0, 0) }
    }

    fn run(mut self) -> Result<(), DataError> {
        let mut sentence = Vec::new();
        let arch = Arch::new(); // the widest instructions of this processor
        for epoch in 0..self.job.config.epochs {
            let mut sentences = self.job.corpus.part(self.part, self.job.config.threads as u64)?;
            while sentences.next_into(&mut sentence)? {
                if self.job.stop.load(Relaxed) {
                    return Ok(());
                }
                let before = self.job.words.fetch_add(sentence.len() as u64, Relaxed);
                let rate = self.job.rate(before);
                arch.dispatch(|| self.sentence(&sentence, rate));
                self.report(epoch);
            }
        }
        Ok(())
    }

    fn report(&mut self, epoch: usize) {
        let (sum, pairs) = std::mem::take(&mut self.loss);
        let mut losses = self.job.losses.lock().expect("no thread panics while it adds");
        losses[epoch].0 += sum;
        losses[epoch].1 += pairs;
    }

    // ANCHOR: sentence
    /// Every word left after subsampling, predicted by those in reach of it.
    #[inline(always)]
    fn sentence(&mut self, sentence: &[u32], rate: f32) {
        let keep = &self.job.keep;
        let kept: Vec<u32> = sentence
            .iter()
            .copied()
            .filter(|&id| self.random.random::<f32>() < keep[id as usize])
            .collect();
        for (at, &word) in kept.iter().enumerate() {
            let reach = self.random.random_range(1..=self.job.config.window);
            let (before, after) = around(&kept, at, reach);
            self.targets.clear();
            self.targets.push(word);
            for _ in 0..self.job.config.negative {
                let noise = self.job.noise.draw(&mut self.random);
                if noise != word {
                    self.targets.push(noise); // the word itself is no noise
                }
            }
            self.step(before, after, rate);
        }
    }
    // ANCHOR_END: sentence

    /// One window: fetch the rows, find the way down, go.
    #[inline(always)]
    fn step(&mut self, before: &[u32], after: &[u32], rate: f32) {
        let Self { job, window, targets, .. } = self;
        job.input.fetch(before.iter().chain(after), &mut window.v);
        job.output.fetch(targets.iter(), &mut window.u);
        window.descend();
        job.input.add(before.iter().chain(after), rate, &window.v_step);
        job.output.add(targets.iter(), rate, &window.u_step);
        if self.windows.is_multiple_of(MEASURED) {
            self.loss.0 += self.window.loss();
            self.loss.1 += (before.len() + after.len()) as u64;
        }
        self.windows += 1;
    }
}

/// Rows of numbers that any thread may read and write: two numbers in each atomic word of 64 bits.
struct Table {
    words: Vec<AtomicU64>,
    /// Words in a row.
    width: usize,
}

impl Table {
    fn of(vocab: usize, d_model: usize, mut number: impl FnMut() -> f32) -> Self {
        let width = d_model.next_multiple_of(LANES) / 2;
        let mut at = |column: usize| if column < d_model { number() } else { 0.0 };
        let words = (0..vocab * width)
            .map(|word| pack(at(word % width * 2), at(word % width * 2 + 1)))
            .map(AtomicU64::new);
        Self { words: words.collect(), width }
    }

    /// Uniform in (-1/2, 1/2) / d_model, as word2vec.c begins.
    fn noise(vocab: usize, d_model: usize, seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        Self::of(vocab, d_model, || random.random_range(-0.5..0.5) / d_model as f32)
    }

    fn row(&self, id: u32) -> &[AtomicU64] {
        &self.words[id as usize * self.width..][..self.width]
    }

    #[inline(always)]
    fn fetch<'i>(&self, ids: impl Iterator<Item = &'i u32>, rows: &mut Vec<f32>) {
        rows.clear();
        for &id in ids {
            rows.extend(self.row(id).iter().flat_map(|word| unpack(word.load(Relaxed))));
        }
    }

    // ANCHOR: add
    #[inline(always)]
    fn add<'i>(&self, ids: impl Iterator<Item = &'i u32>, rate: f32, steps: &[f32]) {
        for (&id, step) in ids.zip(steps.chunks_exact(2 * self.width)) {
            for (word, step) in self.row(id).iter().zip(step.as_chunks::<2>().0) {
                let [a, b] = unpack(word.load(Relaxed));
                word.store(pack(a + rate * step[0], b + rate * step[1]), Relaxed);
            }
        }
    }
    // ANCHOR_END: add

    fn rows(&self, d_model: usize) -> Vec<f32> {
        let row = |row: &[AtomicU64]| {
            row.iter().flat_map(|word| unpack(word.load(Relaxed))).take(d_model).collect::<Vec<_>>()
        };
        self.words.chunks_exact(self.width).flat_map(row).collect()
    }
}

fn pack(a: f32, b: f32) -> u64 {
    u64::from(a.to_bits()) | u64::from(b.to_bits()) << 32
}

#[inline(always)]
fn unpack(word: u64) -> [f32; 2] {
    [f32::from_bits(word as u32), f32::from_bits((word >> 32) as u32)]
}
