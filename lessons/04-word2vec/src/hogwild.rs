//! Training on several threads at once.
//!
//! Threads read and write one pair of tables without waiting for each other, and lose a step of
//! another thread now and then. A window touches few of the many rows, so two threads seldom meet
//! in one, and what is lost is one step of millions (Recht et al. 2011, "HOGWILD!").
//! [`kernels::shared_table`] makes that safe. Under [`kernels::plain`] the threads train plain
//! [`WordTables`] behind a lock, one window after the other.

use std::mem::take;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use burn::config::Config;
use data::{DataError, Ids, Vocabulary};
use kernels::shared_table::SharedTable;
use kernels::window::WindowBuffers;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::sampling::{NoiseTable, around, keep_probability};
use crate::tables::WordTables;

/// The learning rate at the end of training, as in gensim (`min_alpha`).
const LAST_RATE: f64 = 0.0001;
/// One window in so many has its loss measured: logarithms take time. The mean over fewer windows
/// is an estimate of the same loss, only a noisier one.
const MEASURED: u64 = 64;
/// How often progress is reported.
const TICK: Duration = Duration::from_millis(100);

/// What and how to train; the defaults are word2vec.c's and gensim's, where these agree.
#[derive(Config, Debug, Copy)]
pub struct Word2VecConfig {
    /// How many numbers a vector has.
    #[config(default = 100)]
    pub d_model: usize,
    /// The farthest neighbour on either side; for each word the reach is drawn from 1 to this, so
    /// near ones count more.
    #[config(default = 5)]
    pub window: usize,
    /// How many noise words, or negative samples, are drawn for a window. A draw that hits the
    /// centre word is dropped, so a window may have fewer.
    #[config(default = 5)]
    pub negative: usize,
    /// How often the corpus is read.
    #[config(default = 5)]
    pub epochs: usize,
    /// `t` of [`keep_probability`], which thins out frequent words.
    #[config(default = 1e-3)]
    pub sample: f64,
    /// The learning rate at the start; it falls in a straight line with the words read.
    #[config(default = 0.025)]
    pub learning_rate: f64,
    /// Number of threads. With one, the same seed gives the same vectors; with more, which of them
    /// writes last is chance.
    #[config(default = 1)]
    pub threads: usize,
    /// The seed from which everything random follows.
    #[config(default = 7)]
    pub seed: u64,
}

/// How far training has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Word2VecProgress {
    /// Words read so far, of all epochs.
    pub words: u64,
    /// Nats per pair of a word and a neighbour: the mean of the last epoch of which a window has
    /// been measured; NaN before that.
    pub loss: f64,
}

/// The result of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainedVectors {
    /// One vector per word, `[vocab, d_model]` row by row.
    pub vectors: Vec<f32>,
    /// Nats per pair: the mean of each epoch over the windows that were measured, one in 64. An
    /// epoch of which none was measured is left out, as can happen in a corpus of fewer windows.
    pub losses: Vec<f64>,
    /// How many pairs of a word and a neighbour it learned from, of all epochs; of none, the
    /// vectors are as they were drawn.
    pub pairs: u64,
}

/// Trains vectors for the words of a vocabulary. About ten times a second `watch` is called with
/// the progress; it stops the training by returning `false`, and what was learned until then is
/// returned.
///
/// # Errors
///
/// If the corpus on disk cannot be read any more.
///
/// # Panics
///
/// If `d_model`, `window`, `negative`, `epochs` or `threads` of the configuration is 0.
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
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    job.stop.store(true, Relaxed); // the scope waits for the other threads
                    return Err(error);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if !watch(job.progress()) {
                job.stop.store(true, Relaxed);
            }
        }
    })?;
    let (losses, pairs) = (job.losses(), job.pairs.load(Relaxed));
    Ok(TrainedVectors { vectors: job.tables.into_vectors(config.d_model), losses, pairs })
}

/// The two tables, in the form in which the threads train them.
enum Tables {
    /// Plain numbers behind a lock: one window after the other.
    Plain(Mutex<WordTables>),
    /// Rows that every thread reads and writes without waiting.
    Shared { input: SharedTable, output: SharedTable },
}

impl Tables {
    /// Makes fresh tables: shared ones, unless [`kernels::plain`] is true on this thread.
    fn init(vocab: usize, config: &Word2VecConfig) -> Self {
        let fresh = WordTables::init(vocab, config.d_model, config.seed);
        if kernels::plain() {
            return Self::Plain(Mutex::new(fresh));
        }
        Self::Shared {
            input: SharedTable::new(&fresh.input, config.d_model),
            output: SharedTable::new(&fresh.output, config.d_model),
        }
    }

    /// The vector v of every word, `[vocab, d_model]` row by row.
    fn into_vectors(self, d_model: usize) -> Vec<f32> {
        match self {
            Self::Plain(tables) => tables.into_inner().expect("no thread panicked").input,
            Self::Shared { input, .. } => input.rows(d_model),
        }
    }
}

/// The losses of the windows that were measured.
#[derive(Clone, Copy, Default)]
struct MeasuredLoss {
    /// Nats, summed over the pairs.
    sum: f64,
    /// How many pairs of a word and a neighbour the windows had.
    pairs: u64,
}

/// What all threads share.
struct Job<'a> {
    config: &'a Word2VecConfig,
    corpus: &'a Ids,
    /// [`keep_probability`] of each word.
    keep: Vec<f32>,
    noise_table: NoiseTable,
    tables: Tables,
    /// Words to be read in all epochs.
    total: u64,
    /// Words read so far.
    words_read: AtomicU64,
    /// Pairs learned from so far.
    pairs: AtomicU64,
    /// Whether the threads are to end after the sentence that they train.
    stop: AtomicBool,
    /// The loss of each epoch.
    losses: Mutex<Vec<MeasuredLoss>>,
}

impl<'a> Job<'a> {
    fn new(corpus: &'a Ids, vocabulary: &Vocabulary, config: &'a Word2VecConfig) -> Self {
        for (name, count) in [
            ("d_model", config.d_model),
            ("window", config.window),
            ("negative", config.negative),
            ("epochs", config.epochs),
            ("threads", config.threads),
        ] {
            assert!(count > 0, "{name} must be 1 or more, found 0");
        }
        let all: u64 = vocabulary.counts.iter().sum();
        let mut keep = Vec::with_capacity(vocabulary.counts.len());
        for &count in &vocabulary.counts {
            keep.push(keep_probability(count as f64 / all as f64, config.sample) as f32);
        }
        Self {
            config,
            corpus,
            keep,
            noise_table: NoiseTable::new(&vocabulary.counts),
            tables: Tables::init(vocabulary.words.len(), config),
            total: corpus.words() * config.epochs as u64,
            words_read: AtomicU64::new(0),
            pairs: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            losses: Mutex::new(vec![MeasuredLoss::default(); config.epochs]),
        }
    }

    /// Nats per pair: the mean of each epoch of which a window was measured.
    fn losses(&self) -> Vec<f64> {
        let mut means = Vec::new();
        for loss in self.losses.lock().expect("no thread panics while it adds").iter() {
            if loss.pairs > 0 {
                means.push(loss.sum / loss.pairs as f64);
            }
        }
        means
    }

    /// How far the threads have come together.
    fn progress(&self) -> Word2VecProgress {
        let loss = self.losses().last().copied().unwrap_or(f64::NAN);
        Word2VecProgress { words: self.words_read.load(Relaxed), loss }
    }

    /// The learning rate after so many words: a straight line down to [`LAST_RATE`].
    fn rate(&self, words_read: u64) -> f32 {
        let left = 1.0 - words_read as f64 / self.total as f64;
        (LAST_RATE + (self.config.learning_rate - LAST_RATE) * left) as f32
    }
}

/// One thread: its part of the corpus, and what it works with.
struct Worker<'a> {
    job: &'a Job<'a>,
    /// Which of the corpus's parts this thread reads.
    part: u64,
    random: SmallRng,
    /// The words around the centre word.
    contexts: Vec<u32>,
    /// The centre word, then its noise words.
    targets: Vec<u32>,
    buffers: WindowBuffers,
    /// How many windows this thread has trained so far.
    windows_trained: u64,
    /// How many pairs it learned from since that was last reported.
    pairs: u64,
    /// The loss since it was last reported.
    loss: MeasuredLoss,
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job<'a>, part: u64) -> Self {
        Self {
            job,
            part,
            random: SmallRng::seed_from_u64(job.config.seed.wrapping_add(1 + part)),
            contexts: Vec::new(),
            targets: Vec::new(),
            buffers: WindowBuffers::new(job.config.d_model),
            windows_trained: 0,
            pairs: 0,
            loss: MeasuredLoss::default(),
        }
    }

    /// Reads this thread's part of the corpus in every epoch, and trains on it.
    fn run(mut self) -> Result<(), DataError> {
        let mut sentence = Vec::new();
        for epoch in 0..self.job.config.epochs {
            let mut sentences = self.job.corpus.part(self.part, self.job.config.threads as u64)?;
            while sentences.next_into(&mut sentence)? {
                if self.job.stop.load(Relaxed) {
                    return Ok(());
                }
                let words_before = self.job.words_read.fetch_add(sentence.len() as u64, Relaxed);
                self.train_sentence(&sentence, self.job.rate(words_before));
                self.report(epoch);
            }
        }
        Ok(())
    }

    /// Adds the loss that was measured to that of the epoch, and the pairs to those of all threads.
    fn report(&mut self, epoch: usize) {
        self.job.pairs.fetch_add(take(&mut self.pairs), Relaxed);
        let measured = take(&mut self.loss);
        let mut losses = self.job.losses.lock().expect("no thread panics while it adds");
        losses[epoch].sum += measured.sum;
        losses[epoch].pairs += measured.pairs;
    }

    /// Trains every word that is left after subsampling: the words in reach predict it.
    // ANCHOR: sentence
    fn train_sentence(&mut self, sentence: &[u32], rate: f32) {
        let mut kept = Vec::with_capacity(sentence.len());
        for &word in sentence {
            if self.random.random::<f32>() < self.job.keep[word as usize] {
                kept.push(word);
            }
        }
        for (position, &word) in kept.iter().enumerate() {
            let reach = self.random.random_range(1..=self.job.config.window);
            let (before, after) = around(&kept, position, reach);
            self.contexts.clear();
            self.contexts.extend_from_slice(before);
            self.contexts.extend_from_slice(after);
            self.targets.clear();
            self.targets.push(word);
            for _ in 0..self.job.config.negative {
                let noise_word = self.job.noise_table.draw(&mut self.random);
                if noise_word != word {
                    self.targets.push(noise_word); // the centre word itself is no noise
                }
            }
            self.train_window(rate);
        }
    }
    // ANCHOR_END: sentence

    /// Trains one window, on the plain or the shared tables, and measures the loss of one window in
    /// [`MEASURED`].
    fn train_window(&mut self, rate: f32) {
        let measure = self.windows_trained.is_multiple_of(MEASURED);
        self.windows_trained += 1;
        self.pairs += self.contexts.len() as u64;
        let loss = match &self.job.tables {
            Tables::Plain(tables) => {
                let mut tables = tables.lock().expect("no thread panics while it trains");
                tables.train_window(&self.contexts, &self.targets, rate)
            }
            Tables::Shared { input, output } => {
                self.buffers.train_window(input, output, &self.contexts, &self.targets, rate);
                if measure { self.buffers.loss() } else { 0.0 }
            }
        };
        if measure {
            self.loss.sum += loss;
            self.loss.pairs += self.contexts.len() as u64;
        }
    }
}
