//! The key-value caches of a whole model: what generation need not compute twice.

use heads::KeyValueCache;

/// The key-value caches of all layers: the keys and values of the tokens so far, which every new
/// token reads instead of computing them again.
#[derive(Debug, Clone)]
pub struct ModelCache {
    /// One cache per layer, in the order the layers run.
    layers: Vec<KeyValueCache>,
    /// Padding tokens at the left of each text; empty where no text has any.
    padding: Vec<usize>,
}

impl ModelCache {
    /// Empty caches of a model with this many layers, for texts of at most `capacity` tokens.
    ///
    /// `padding` says how many padding tokens stand at the left of each text; empty means none.
    pub fn new(layers: usize, capacity: usize, padding: &[usize]) -> Self {
        let padded = padding.iter().any(|&pad_count| pad_count > 0);
        Self {
            layers: vec![KeyValueCache::new(capacity); layers],
            padding: if padded { padding.to_vec() } else { Vec::new() },
        }
    }

    /// Tokens of each text in the cache, padding included.
    pub fn tokens(&self) -> usize {
        match self.layers.first() {
            Some(layer) => layer.len(),
            None => 0,
        }
    }

    /// Numbers that the caches have taken room for: 0 until the first token comes.
    pub fn numbers(&self) -> usize {
        self.layers.iter().map(KeyValueCache::numbers).sum()
    }

    pub(crate) fn padding(&self) -> &[usize] {
        &self.padding
    }

    pub(crate) fn layers(&mut self) -> &mut [KeyValueCache] {
        &mut self.layers
    }
}
