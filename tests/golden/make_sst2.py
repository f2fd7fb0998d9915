"""What scikit-learn's logistic regression makes of all-MiniLM-L6-v2's vectors of the SST-2 sentences.

    cut -f1 train.tsv | cargo rungs embed > train.jsonl
    cut -f1 dev.tsv | cargo rungs embed > dev.jsonl
    python make_sst2.py train.tsv train.jsonl dev.tsv dev.jsonl > sst2.json

Needs numpy and scikit-learn. The vectors are this project's own, which equal those of sentence-transformers to 1e-5
(tests/golden/minilm); so what is compared is the classifier.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression


def read(table, vectors):
    labels = [line.rstrip("\n").split("\t")[1] for line in open(table, encoding="utf-8") if line.strip()]
    rows = [json.loads(line)["embedding"] for line in open(vectors, encoding="utf-8")]
    assert len(labels) == len(rows), f"{len(labels)} labels and {len(rows)} vectors"
    return np.array(rows, dtype=np.float32), np.array(labels)


x, y = read(*sys.argv[1:3])
dev_x, dev_y = read(*sys.argv[3:5])
model = LogisticRegression(C=1.0, max_iter=1000).fit(x, y)
print(json.dumps({
    "about": "scikit-learn LogisticRegression, C = 1, on all-MiniLM-L6-v2's vectors of SST-2's sentences",
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "training_rows": len(y), "dev_rows": len(dev_y),
    "accuracy": float((model.predict(dev_x) == dev_y).mean()),
    "training_accuracy": float((model.predict(x) == y).mean()),
}, indent=1))
