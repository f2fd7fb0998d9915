#!/usr/bin/env python3
"""Two more LLaMA fixtures, in the forms that `llama/` leaves out.

Usage:  python make_llama_variants.py OUT_DIR        (default: the folder of this script)

Needs what make_golden.py needs, and that script beside it. CPU, f32, one thread; weights from seeds 7 and 8, inputs from
121 to 124 and 181 to 184, chosen so that the likeliest token is never a close call.

llama_llama3   RoPE scaled as in Llama 3.1, head_dim of its own, biases everywhere, tied output, weights in bf16 over two
               shards (the expected values: those weights in f32). original_max_position_embeddings is 64, so that each
               of the three rules acts: the first frequency stays, the second is blended, the other six are divided.
llama_linear   linear scaling (all frequencies divided by 4), as many key/value heads as heads, output not tied, f32 in
               one file, config.json as transformers 5 writes it.

Case `full` records no attentions (40 tokens of them are large); `right_padded` and `left_padded` do.
"""
import copy
import json
import sys
from pathlib import Path

import torch

sys.dont_write_bytecode = True  # this folder holds recorded files and scripts, no caches
from make_golden import VERSIONS, Fixture, LlamaConfig, LlamaForCausalLM, build, classic_llama, ids, left_mask, right_mask

SHARD = "36KB"


def config(**kw):
    return LlamaConfig(vocab_size=100, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                       rms_norm_eps=1e-6, bos_token_id=None, eos_token_id=None, **kw)


def record(f, seed):
    """The cases of one model. Inputs are drawn with seed .. seed + 3."""
    f.case("full", {"input_ids": ids((2, 40), 100, seed)}, note="hidden_states.2 is after the final RMSNorm; no attentions recorded")
    for layer in range(2):
        del f.tensors[f"full.attentions.{layer}"], f.cases[-1]["outputs"][f"attentions.{layer}"]
    m = right_mask([16, 9], 16)
    f.case("right_padded", {"input_ids": ids((2, 16), 100, seed + 1) * m, "attention_mask": m}, compare="where attention_mask is 1")
    m = left_mask([12, 7], 12)
    f.case("left_padded", {"input_ids": ids((2, 12), 100, seed + 2) * m, "attention_mask": m}, compare="where attention_mask is 1",
           note="positions count from the first column, padded or not: RoPE depends on differences alone")
    f.greedy("greedy", ids((1, 5), 100, seed + 3), 40)


def bf16_shards(model, folder):
    copy.deepcopy(model).bfloat16().save_pretrained(folder, max_shard_size=SHARD)


def llama_llama3(root):
    rope = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64}
    c = config(num_key_value_heads=2, head_dim=16, max_position_embeddings=512, rope_parameters=rope, tie_word_embeddings=True,
               attention_bias=True, mlp_bias=True)
    f = Fixture(root, "llama_llama3", build(LlamaForCausalLM, c, 7, dtype=torch.bfloat16),
                "LlamaForCausalLM: RoPE scaled as in Llama 3.1, 4 heads of 16 on width 32, 2 key/value heads, biases, tied head, bf16, two shards")
    record(f, 121)
    f.finish(classic_llama, keep_v5=True, save=bf16_shards)


def llama_linear(root):
    rope = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}
    c = config(num_key_value_heads=4, max_position_embeddings=256, rope_parameters=rope, tie_word_embeddings=False)
    f = Fixture(root, "llama_linear", build(LlamaForCausalLM, c, 8),
                "LlamaForCausalLM: linearly scaled RoPE, plain multi-head attention, head not tied, config.json of transformers 5")
    record(f, 181)
    f.finish()


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    for make in (llama_llama3, llama_linear):
        make(root)
    print(json.dumps({"written": ["llama_llama3", "llama_linear"], **VERSIONS}))


if __name__ == "__main__":
    main()
