#!/usr/bin/env python3
"""Sentence models of every kind that lesson 14 reads, and what sentence-transformers makes of them.

Usage:  python make_sentence_models.py [OUT_DIR]     (default: the folder of this script)

Writes OUT_DIR/sentence_models. Needs torch, transformers, tokenizers, sentence-transformers, safetensors and numpy, and `bert/`
beside it. CPU, one thread; weights from seed 31 on, one more for each file, drawn as in make_golden.py.

tokenizer/      WordPiece over 100 tokens, for the encoder of bert/
NAME/           the files of one model, but for its encoder: that is bert/ with the files of tokenizer/, laid where modules.json
                says its Transformer is. A table of token vectors (static*) is whole.
recorded.json   of each model: the calls (function, prompt's name), one vector a text, and how far they lie from those of f64
"""
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["HF_HUB_OFFLINE"] = "1"
sys.dont_write_bytecode = True  # this folder holds recorded files and scripts, no caches

import numpy as np
import sentence_transformers
import tokenizers
import torch
import transformers
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)

HERE = Path(__file__).resolve().parent
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / "sentence_models"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = """the cat sat on mat dog ran to river bank money a is of and in query passage : . , hello world paris france big
small red blue sun moon day night house tree bird fish water fire stone bread salt street tea""".split()
TEXTS = ["the cat sat on the mat.", "hello", "", "Paris is a big house, and the moon is RED: query the river bank of the small dog",
         "unknown xyzzy cats"]
seed = 31


def draw(*shape, shift=0.0, scale=0.25):
    global seed
    generator = torch.Generator().manual_seed(seed)
    seed += 1
    return (shift + scale * torch.randn(shape, generator=generator)).contiguous()


def vocabulary():
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    tokens = SPECIAL + WORDS + ["##s", "##ed"] + [letter for letter in letters if letter not in WORDS] + ["##" + letter for letter in letters]
    return list(dict.fromkeys(tokens))[:100]


def wordpiece(framed=True):
    vocab = {token: i for i, token in enumerate(vocabulary())}
    assert len(vocab) == 100, len(vocab)
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    if framed:
        tokenizer.add_special_tokens(SPECIAL)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def weights(path, **tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata={"format": "pt"})


def old(kind):
    return f"sentence_transformers.models.{kind}"


NEW = {
    "Transformer": "sentence_transformers.base.modules.transformer.Transformer",
    "Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
    "Dense": "sentence_transformers.base.modules.dense.Dense",
    "Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    "LayerNorm": "sentence_transformers.sentence_transformer.modules.layer_norm.LayerNorm",
    "Dropout": "sentence_transformers.sentence_transformer.modules.Dropout",
    "StaticEmbedding": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding",
}


class Model:
    """The folder of a model that is being made."""

    all = []

    def __init__(self, name, about, names=old):
        self.name, self.about, self.names = name, about, names
        self.folder, self.modules, self.width, self.calls = OUT / name, [], 32, [("encode", None)]
        self.folder.mkdir(parents=True)
        Model.all.append(self)

    def module(self, kind, path):
        kind = self.names(kind) if callable(self.names) else self.names[kind]
        n = len(self.modules)
        self.modules.append({"idx": n, "name": str(n), "path": path, "type": kind})
        write(self.folder / "modules.json", self.modules)
        return self

    def transformer(self, path=""):
        self.at = path
        return self.module("Transformer", path)

    def pooling(self, **config):
        path = f"{len(self.modules)}_Pooling"
        write(self.folder / path / "config.json", config)
        modes = config.get("pooling_mode", None)
        on = sum(v is True and k.startswith("pooling_mode_") for k, v in config.items())
        self.width = 32 * (len(modes) if isinstance(modes, list) else max(on, 1))
        return self.module("Pooling", path)

    def dense(self, out, activation, bias=True):
        path = f"{len(self.modules)}_Dense"
        config = {"in_features": self.width, "out_features": out, "bias": bias, "activation_function": activation}
        write(self.folder / path / "config.json", config)
        tensors = {"linear.weight": draw(out, self.width)}
        if bias:
            tensors["linear.bias"] = draw(out)
        weights(self.folder / path / "model.safetensors", **tensors)
        self.width = out
        return self.module("Dense", path)

    def layer_norm(self):
        path = f"{len(self.modules)}_LayerNorm"
        write(self.folder / path / "config.json", {"dimension": self.width})
        weights(self.folder / path / "model.safetensors", **{"norm.weight": draw(self.width, shift=1.0), "norm.bias": draw(self.width)})
        return self.module("LayerNorm", path)

    def dropout(self):
        path = f"{len(self.modules)}_Dropout"
        write(self.folder / path / "config.json", {"dropout": 0.5})
        return self.module("Dropout", path)

    def normalize(self):
        return self.module("Normalize", f"{len(self.modules)}_Normalize")

    def table(self, path="", name="embedding.weight"):
        self.at = None
        folder = self.folder / path
        folder.mkdir(parents=True, exist_ok=True)
        self.width = 24
        weights(folder / "model.safetensors", **{name: draw(100, self.width)})
        wordpiece(framed=False).save(str(folder / "tokenizer.json"))
        return self.module("StaticEmbedding", path)

    def config(self, **config):
        write(self.folder / "config_sentence_transformers.json", config)
        return self

    def file(self, name, **config):
        write(self.folder / name, config)
        return self

    def call(self, *calls):
        self.calls = list(calls)
        return self

    def whole(self, to):
        shutil.copytree(self.folder, to)
        if self.at is not None:
            at = to / self.at
            at.mkdir(exist_ok=True)
            for file in ["config.json", "model.safetensors"]:
                shutil.copy(HERE / "bert" / file, at / file)
            for file in ["tokenizer.json", "tokenizer_config.json"]:
                shutil.copy(OUT / "tokenizer" / file, at / file)


def make():
    for mode, switch in [("cls", "cls_token"), ("max", "max_tokens"), ("mean", "mean_tokens"), ("mean_sqrt_len_tokens", "mean_sqrt_len_tokens"),
                         ("weightedmean", "weightedmean_tokens"), ("lasttoken", "lasttoken")]:
        Model(f"pooling_{mode}", "one pooling, the older form").transformer().pooling(word_embedding_dimension=32, **{f"pooling_mode_{switch}": True})
    Model("pooling_unsaid", "nothing switched on: the mean").transformer().pooling(word_embedding_dimension=32)
    Model("pooling_several_old", "several in the older form, in the library's order").transformer().pooling(
        word_embedding_dimension=32, pooling_mode_mean_tokens=True, pooling_mode_cls_token=True, pooling_mode_max_tokens=False)
    Model("pooling_several", "several, in the order of the list", NEW).transformer().pooling(
        embedding_dimension=32, pooling_mode=["lasttoken", "cls", "mean"])
    for activation in ["linear.Identity", "activation.Tanh", "activation.ReLU", "activation.GELU", "activation.Sigmoid", "activation.SiLU"]:
        name = activation.split(".")[1].lower()
        Model(f"dense_{name}", "a Dense module with this activation", NEW).transformer().pooling(embedding_dimension=32, pooling_mode="cls").dense(
            8, f"torch.nn.modules.{activation}", bias=name != "identity")
    Model("stages", "every stage, twice normalised, then cut").transformer().pooling(word_embedding_dimension=32, pooling_mode_mean_tokens=True).dense(
        24, "torch.nn.GELU", bias=False).layer_norm().dropout().normalize().dense(16, "torch.nn.modules.activation.Tanh").normalize().config(truncate_dim=12)
    Model("early_normalize", "Normalize before Pooling makes nothing", NEW).transformer().normalize().pooling(
        embedding_dimension=32, pooling_mode="mean")
    Model("subfolder", "the Transformer in a folder of its own").transformer("0_Transformer").pooling(
        word_embedding_dimension=32, pooling_mode_mean_tokens=True).normalize()
    Model("lengths", "sentence_bert_config.json is empty, the next one counts").transformer().pooling(
        word_embedding_dimension=32, pooling_mode_mean_tokens=True).file("sentence_bert_config.json").file(
        "sentence_distilbert_config.json", max_seq_length=8, do_lower_case=False)
    Model("static", "a table and its mean", NEW).table()
    Model("static_model2vec", "a table as model2vec writes it, in a folder, normalised").table("0_StaticEmbedding", "embeddings").normalize()
    Model("static_dense", "a table under a Dense module").table().dense(8, "torch.nn.modules.activation.Tanh").config(
        prompts={"query": "hello "}).call(("encode", None), ("encode_query", None), ("encode", "query"))
    asked = [("encode", None), ("encode_query", None), ("encode_document", None), ("encode", "other")]
    mean = dict(word_embedding_dimension=32, pooling_mode_mean_tokens=True)
    Model("prompts", "prompts by name").transformer().pooling(**mean).config(
        prompts={"query": "query: ", "document": "passage: ", "other": "hello world "}, default_prompt_name=None).call(*asked)
    Model("prompts_default", "a default prompt; queries and passages have none of their own").transformer().pooling(**mean).config(
        prompts={"other": "hello ", "passage": "paris ", "none": None}, default_prompt_name="other").call(*asked)
    Model("prompts_unpooled", "a prompt's tokens are not pooled").transformer().pooling(
        embedding_dimension=32, pooling_mode=["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"], include_prompt=False).config(
        prompts={"query": "query: ", "other": "hello world "}).call(*asked)


def record():
    recorded = []
    for model in Model.all:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "model"
            model.whole(folder)
            loaded = SentenceTransformer(str(folder), device="cpu")
            calls, worst = [], 0.0
            for function, prompt in model.calls:
                run = lambda: getattr(loaded, function)(TEXTS, prompt_name=prompt, batch_size=len(TEXTS))
                vectors = run()
                exact = loaded.double() and run()
                loaded.float()
                assert vectors.shape == exact.shape and np.isfinite(vectors).all(), model.name
                worst = max(worst, float(np.abs(vectors - exact).max()))
                rows = [[float(f"{x:.9g}") for x in row] for row in vectors.tolist()]
                calls.append({"function": function, "prompt_name": prompt, "vectors": rows})
            recorded.append({"name": model.name, "about": model.about, "transformer": model.at, "calls": calls,
                             "f32_error_against_f64": float(f"{worst:.2g}")})
            print(model.name, [len(call["vectors"][0]) for call in calls], f"{worst:.1e}", file=sys.stderr)
    return recorded


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "tokenizer").mkdir(parents=True)
    wordpiece().save(str(OUT / "tokenizer" / "tokenizer.json"))
    write(OUT / "tokenizer" / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 32})
    make()
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
                "sentence_transformers": sentence_transformers.__version__}
    result = {"versions": versions, "texts": TEXTS, "models": record()}
    text = json.dumps(result, indent=1)
    # A vector a line.
    import re
    text = re.sub(r"\[\s*(-?[\d.e-]+(?:,\s*-?[\d.e-]+)*)\s*\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
    (OUT / "recorded.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
