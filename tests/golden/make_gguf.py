#!/usr/bin/env python3
"""Small GGUF files, and what the Python package gguf reads in them.

  python make_gguf.py OUT_DIR      (default: the folder of this script); needs gguf 0.19, numpy, safetensors

blocks.gguf         a tensor of each type that is read, its blocks drawn with seed 5 (scales finite), and a key of each type
blocks.safetensors  the same tensors as f32, by gguf.quants.dequantize
llama.gguf          the weights of ../llama in f32, named and ordered as llama.cpp's converter does, with a tokenizer of
                    characters and scores and a chat template
"""
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else HERE) / "gguf"
TYPES = "F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q4_K Q6_K".split()
# Where the f16 numbers of a block stand: scales and minima.
HALVES = {"Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q4_K": [0, 2], "Q6_K": [208]}
ROWS, COLUMNS = 3, 512


def blocks(kind, random):
    """Bytes of a [ROWS, COLUMNS] tensor of a type."""
    if kind == "F32":
        return random.standard_normal((ROWS, COLUMNS)).astype(np.float32)
    if kind in ("F16", "BF16"):
        numbers = random.standard_normal((ROWS, COLUMNS)).astype(np.float32)
        return numbers.astype(np.float16) if kind == "F16" else gguf.quants.quantize(numbers, gguf.GGMLQuantizationType.BF16)
    numbers, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    data = random.integers(0, 256, (ROWS, COLUMNS // numbers, size), dtype=np.uint8)
    for place in HALVES[kind]:
        scales = random.standard_normal((ROWS, COLUMNS // numbers, 1)).astype(np.float16)
        data[:, :, place : place + 2] = scales.view(np.uint8)
    return data.reshape(ROWS, -1)


def write_blocks():
    random = np.random.default_rng(5)
    writer = gguf.GGUFWriter(OUT / "blocks.gguf", "test")
    for name, value in [("uint8", 200), ("int8", -100), ("uint16", 60_000), ("int16", -30_000), ("uint32", 4_000_000_000),
                        ("int32", -2_000_000_000), ("uint64", 2**63), ("int64", -(2**62)), ("float32", 0.1), ("float64", 0.1), ("bool", True),
                        ("string", "Ġ łódź")]:
        getattr(writer, f"add_{name}")(f"test.{name}", value)
    writer.add_array("test.texts", ["a", "", "b c"])
    writer.add_array("test.numbers", [3, -1, 2])
    expected = {}
    for kind in TYPES:
        data, number = blocks(kind, random), gguf.GGMLQuantizationType[kind]
        writer.add_tensor(kind.lower(), data, raw_dtype=number)
        expected[kind.lower()] = gguf.quants.dequantize(data, number).reshape(ROWS, COLUMNS).astype(np.float32)
    finish(writer)
    save_file(expected, OUT / "blocks.safetensors")


def permute(rows, heads):
    """The order of a map's rows in which RoPE turns neighbours (convert_hf_to_gguf.py, LlamaModel.permute)."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def write_llama():
    config = json.loads((HERE / "llama/config.json").read_text())
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    writer = gguf.GGUFWriter(OUT / "llama.gguf", "llama")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_rope_dimension_count(config["hidden_size"] // heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    add_tokenizer(writer, config["vocab_size"])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    for name, values in load_file(HERE / "llama/model.safetensors").items():
        if "q_proj" in name:
            values = permute(values, heads)
        elif "k_proj" in name:
            values = permute(values, kv_heads)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), values)
    finish(writer)


def add_tokenizer(writer, vocab):
    letters = [chr(ord("a") + i) for i in range(26)]
    tokens = ["<unk>", "<s>", "</s>", "▁", *letters, *"th he in er an re on at".split(), *[f"▁{letter}" for letter in letters]]
    tokens += [chr(0x4E00 + i) for i in range(vocab - len(tokens))]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (vocab - 3)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(i) for i in range(vocab)])
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_chat_template("{% for message in messages %}{{ bos_token }}{{ message.content }}{{ eos_token }}{% endfor %}")


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write_blocks()
    write_llama()
