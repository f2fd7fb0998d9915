//! Reading a tensor: from its place in the file straight into its own buffer.

use std::io::{Read, Seek, SeekFrom};

use burn::tensor::{Device, Tensor, TensorData};
use files::FilesError;

use super::{Shard, Stored, Weights};
use crate::error::CheckpointError;
use crate::gguf::blocks;
use crate::header::Entry;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 18;

impl Weights {
    /// Reads the tensor called `name`, which must have the shape given, as f32.
    ///
    /// # Errors
    ///
    /// A missing name (with the nearest), another shape, numbers other than F32, F16 and BF16, NaN
    /// or infinity, or a file that shrank since it was opened.
    pub fn tensor<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>, CheckpointError> {
        let values = self.values(name, &shape)?;
        Ok(Tensor::from_data(TensorData::new(values, shape), device))
    }

    /// Reads a matrix that PyTorch's `Linear` stored as `[d_out, d_in]` the way burn's multiplies
    /// with it: `[d_in, d_out]`, laid out anew.
    ///
    /// # Errors
    ///
    /// As [`tensor`](Self::tensor).
    pub fn transposed(
        &self,
        name: &str,
        [d_in, d_out]: [usize; 2],
        device: &Device,
    ) -> Result<Tensor<2>, CheckpointError> {
        let values = self.values(name, &[d_out, d_in])?;
        let values = transpose(&values, d_out, d_in);
        Ok(Tensor::from_data(TensorData::new(values, [d_in, d_out]), device))
    }

    /// The numbers of the tensor called `name` in storage order, as f32.
    ///
    /// # Errors
    ///
    /// As [`tensor`](Self::tensor).
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, CheckpointError> {
        let Stored { shard, entry } = self.stored(name, shape)?;
        let shard = &self.shards[*shard];
        let values = match entry.dtype.name {
            "F32" => read(shard, entry, blocks::single),
            "F16" => read(shard, entry, blocks::half),
            "BF16" => read(shard, entry, blocks::brain),
            "Q8_0" => read(shard, entry, blocks::q8_0),
            "Q4_0" => read(shard, entry, blocks::q4_0),
            "Q4_1" => read(shard, entry, blocks::q4_1),
            "Q5_0" => read(shard, entry, blocks::q5_0),
            "Q4_K" => read(shard, entry, blocks::q4_k),
            _ => read(shard, entry, blocks::q6_k),
        };
        let values = values.map_err(FilesError::io(&shard.path, "reading"))?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(position) => Err(CheckpointError::NotFinite {
                path: shard.path.clone(),
                tensor: name.into(),
                value: values[position],
                position,
            }),
        }
    }

    /// Checks that `copy`, if the file has it, equals `table`: output weights that are tied to the
    /// token table are sometimes stored twice.
    ///
    /// # Errors
    ///
    /// If they differ in shape or in any number, or cannot be read.
    pub fn expect_tied(&self, copy: &str, table: &str) -> Result<(), CheckpointError> {
        let Some(shape) = self.shape(copy) else { return Ok(()) };
        if self.values(copy, shape)? == self.values(table, shape)? {
            return Ok(());
        }
        Err(CheckpointError::NotTied {
            path: self.path.clone(),
            copy: copy.into(),
            table: table.into(),
        })
    }
}

/// Reads one tensor, which is stored in blocks of `N` bytes that stand for `M` numbers each.
fn read<const N: usize, const M: usize>(
    shard: &Shard,
    entry: &Entry,
    numbers: impl Fn(&[u8; N]) -> [f32; M],
) -> std::io::Result<Vec<f32>> {
    let mut file = &shard.file;
    file.seek(SeekFrom::Start(entry.start))?;
    let mut left = entry.bytes as usize;
    let mut values = vec![0.0; left / N * M];
    let mut places = values.as_chunks_mut::<M>().0.iter_mut();
    let most = CHUNK / N * N;
    let mut chunk = vec![0; most.min(left)];
    while left > 0 {
        let now = &mut chunk[..most.min(left)];
        file.read_exact(now)?;
        for (block, place) in now.as_chunks::<N>().0.iter().zip(&mut places) {
            *place = numbers(block);
        }
        left -= now.len();
    }
    Ok(values)
}

/// `[rows, columns]` laid out as `[columns, rows]`, in blocks that stay in the cache.
fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const BLOCK: usize = 32;
    let mut transposed = vec![0.0; values.len()];
    let out = transposed.as_mut_slice(); // a slice is indexed without a call in every profile
    for row_block in (0..rows).step_by(BLOCK) {
        for column in (0..columns).step_by(BLOCK) {
            let columns_here = BLOCK.min(columns - column);
            for row in row_block..rows.min(row_block + BLOCK) {
                let mut to = column * rows + row;
                for &value in &values[row * columns + column..][..columns_here] {
                    out[to] = value;
                    to += rows;
                }
            }
        }
    }
    transposed
}
