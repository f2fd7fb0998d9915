"""Opens a sentence encoder that `cargo rungs tune` wrote in sentence-transformers, and compares vectors.

    cargo rungs tune feelings --out DIR
    cargo rungs embed texts.txt --model DIR > vectors.jsonl
    python open_tuned.py DIR vectors.jsonl

Prints one JSON line with the largest difference of any number and the cosine of the worst text; fails above 1e-5.
Recorded with sentence-transformers 6.2.0, transformers 5.24.0, torch 2.15.0 on the CPU.
"""

import json
import sys

import numpy as np
from sentence_transformers import SentenceTransformer

ALLOWED = 1e-5

folder, vectors = sys.argv[1:3]
rows = [json.loads(line) for line in open(vectors, encoding="utf-8")]
ours = np.array([row["embedding"] for row in rows], dtype=np.float32)
theirs = SentenceTransformer(folder, device="cpu").encode([row["text"] for row in rows], batch_size=len(rows))
worst = float(np.abs(ours - theirs).max())
cosine = float((ours * theirs).sum(1).min())
print(json.dumps({"texts": len(rows), "max_abs_error": worst, "least_cosine": cosine}))
sys.exit(worst > ALLOWED)
