//! The key-value caches of a whole model: what it remembers of a text.

use heads::KeyValueCache;

/// Key-value cache of every layer: the keys and values of the tokens so far.
#[derive(Debug, Clone)]
pub struct ModelCache {
    caches: Vec<KeyValueCache>,
    padding: Vec<usize>,
}

impl ModelCache {
    /// Empty caches of a model with this many layers, for texts of at most `capacity` tokens,
    /// each after as many padding tokens as `padding` says (empty: none).
    pub fn new(layers: usize, capacity: usize, padding: &[usize]) -> Self {
        let caches = vec![KeyValueCache::new(capacity); layers];
        let padding =
            if padding.iter().all(|&padded| padded == 0) { Vec::new() } else { padding.to_vec() };
        Self { caches, padding }
    }

    /// Tokens in the cache, padding included.
    pub fn tokens(&self) -> usize {
        self.caches.first().map_or(0, KeyValueCache::len)
    }

    /// Numbers that the caches have taken room for.
    pub fn numbers(&self) -> usize {
        self.caches.iter().map(KeyValueCache::numbers).sum()
    }

    pub(crate) fn padding(&self) -> &[usize] {
        &self.padding
    }

    pub(crate) fn caches(&mut self) -> &mut [KeyValueCache] {
        &mut self.caches
    }
}
