//! Weights that are laid out by panels once, and kept for as long as they are the same.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use burn::backend::flex::FlexTensor;
use burn::tensor::Bytes;

use crate::product::Panels;
use crate::tiles::Matrix;

/// Numbers that are kept in all: twice those of a MiniLM. Larger models are laid out as they run.
const KEPT_AT_MOST: usize = 20 << 20;

/// What was laid out.
static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// The panels of one weight.
struct Kept {
    /// Storage of the weight. burn writes into a storage only where nothing refers to it, and its
    /// place in memory is given to no other one while this handle is there: as long as it is alive,
    /// the same address has the same numbers.
    storage: Weak<Bytes>,
    /// Where in the storage the weight begins, and its sizes and strides.
    place: [usize; 5],
    panels: Arc<Panels>,
}

/// The panels of a weight, laid out now or before; `None` if there is no room for them. What was
/// kept of weights that are gone makes room first.
pub(super) fn panels(weight: &FlexTensor, matrix: Matrix) -> Option<Arc<Panels>> {
    let storage = weight.data_arc();
    let Matrix { rows, columns, row_stride, column_stride, .. } = matrix;
    let start = weight.layout().start_offset();
    let place = [start, rows, columns, row_stride, column_stride];
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    for known in kept.iter() {
        if known.storage.as_ptr() == Arc::as_ptr(&storage) && known.place == place {
            return Some(Arc::clone(&known.panels));
        }
    }
    kept.retain(|known| known.storage.strong_count() > 0);
    let mut numbers = rows * columns;
    for known in kept.iter() {
        numbers += known.panels.len();
    }
    if numbers > KEPT_AT_MOST {
        return None;
    }
    let panels = Arc::new(Panels::of(matrix));
    kept.push(Kept { storage: Arc::downgrade(&storage), place, panels: Arc::clone(&panels) });
    Some(panels)
}
