#!/usr/bin/env python3
"""What the package wordllama makes of some texts, with the table that `cargo rungs fetch wordllama` keeps.

  python record.py FOLDER > vectors.json      needs wordllama 0.4.0.post1 and what it needs; seconds, CPU, f32

texts  the ids of each, and the mean of their rows at unit length; of a text without tokens the mean as it is, 0
pairs  sentences of the same words in another order, or of one word more, and the package's similarity of each pair
"""
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from wordllama.inference import WordLlamaInference

TEXTS = [
    "The cat sat on the mat.",
    "hello",
    "  blanks   around\tand\n\nlines  ",
    "Café déjà vu, naïve façade, Ångström",
    "你好，世界",
    "شكرا και ευχαριστώ",
    "👩‍🚀 😀 𝔘𝔫𝔦",
    "a\u0301 \ufeff \u00ad \x07 \ufffd",
    "</s> <unk> <0x41> ▁",
    "x=12345+67;\treturn x",
    "word " * 300,
    "",
]
PAIRS = [
    ("The dog bites the man.", "The man bites the dog."),
    ("The cat chases the mouse.", "The mouse chases the cat."),
    ("It is not hot, it is cold.", "It is hot, it is not cold."),
]


def numbers(vector):
    """Each number with as many digits as f32 has."""
    return [float(str(np.float32(number))) for number in vector]


def main(folder):
    folder = Path(folder)
    table = load_file(folder / "model.safetensors")["embedding.weight"]
    model = WordLlamaInference(table, Tokenizer.from_file(str(folder / "tokenizer.json")))
    out = {"versions": {"wordllama": version("wordllama"), "numpy": np.__version__, "tokenizers": version("tokenizers")}}
    out["texts"] = []
    for text in TEXTS:
        ids = model.tokenize(text)[0].ids
        out["texts"].append({"text": text, "ids": ids, "vector": numbers(model.embed(text, norm=bool(ids))[0])})
    out["pairs"] = [{"a": a, "b": b, "similarity": model.similarity(a, b)} for a, b in PAIRS]
    json.dump(out, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main(sys.argv[1])
