//! What a model remembers of a text.

use heads::KeyValueCache;

/// Every layer's keys and values of the tokens so far.
#[derive(Debug, Clone)]
pub struct Memory {
    caches: Vec<KeyValueCache>,
    padding: Vec<usize>,
}

impl Memory {
    /// An empty memory of a model with this many layers, for texts of at most `capacity` tokens,
    /// each after as many fillers as `padding` says (empty: none).
    pub fn new(layers: usize, capacity: usize, padding: &[usize]) -> Self {
        let caches = vec![KeyValueCache::new(capacity); layers];
        let padding =
            if padding.iter().all(|&padded| padded == 0) { Vec::new() } else { padding.to_vec() };
        Self { caches, padding }
    }

    /// Tokens in it, fillers included.
    pub fn tokens(&self) -> usize {
        self.caches.first().map_or(0, KeyValueCache::len)
    }

    /// Numbers it has taken room for.
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
