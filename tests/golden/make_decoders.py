#!/usr/bin/env python3
"""Decoders whose config.json sets what those of make_golden.py leave at its default.

Usage:  python make_decoders.py OUT_DIR        (default: the folder of this script)

Needs what make_golden.py needs, and that script beside it. CPU, f32, one thread; weights from seeds 21 to 27, inputs from
210 on, chosen so that the likeliest token is never a close call. config.json is as transformers 5 writes it.

gpt2_untied      an output matrix of its own; scores of layer i divided by i + 1
gpt2_unscaled    scores not divided by sqrt(d_head); a feed-forward of 48 numbers with ReLU
bloom_post_norm  the residual keeps what the norm made; an output matrix of its own
mistral          every layer sees 4 tokens; 4 heads of 16 on width 32, 2 key/value heads
qwen2            biases of queries, keys and values only; tied output
qwen2_sliding    the same, its second layer with a window of 4 by max_window_layers; output not tied
qwen3            queries and keys with norms of their own; heads of 16; its first layer with a window of 4 by layer_types

Case `full` is a text longer than every window; `greedy_batch` four prompts of 9, 6, 3 and 1 tokens with fillers at their
left, which generate() writes on at once; each row is also generated alone, and must come out the same.
"""
import itertools
import json
import sys
from pathlib import Path

import torch

sys.dont_write_bytecode = True  # this folder holds recorded files and scripts, no caches
from make_golden import (
    VERSIONS, BloomConfig, BloomForCausalLM, Fixture, GPT2Config, GPT2LMHeadModel, build, ids, left_mask, right_mask,
)
from transformers import MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

LENGTHS, FILLER, NEW, CLEAR = [9, 6, 3, 1], 0, 24, 0.01
NO_ENDS = dict(bos_token_id=None, eos_token_id=None)
WINDOW = 4


def generate(model, x, mask):
    """The new tokens [batch, NEW], and the smallest gap between the best two logits of any choice."""
    out = model.generate(x, attention_mask=mask, do_sample=False, max_new_tokens=NEW, min_new_tokens=NEW, pad_token_id=FILLER,
                         output_logits=True, return_dict_in_generate=True)
    best = torch.stack(out.logits).topk(2, dim=-1).values
    return out.sequences[:, x.shape[1]:], float((best[..., 0] - best[..., 1]).min())


def greedy_batch(f, seed):
    """Four left-padded prompts at once, from the first seed from `seed` on whose choices are all clear."""
    mask = left_mask(LENGTHS, max(LENGTHS))
    for seed in itertools.count(seed):
        x = ids(mask.shape, 100, seed) * mask + FILLER * (1 - mask)
        new, gap = generate(f.model, x, mask)
        if gap > CLEAR:
            break
    for row, kept, text in zip(new, mask == 1, x):
        alone = text[kept][None]
        assert torch.equal(generate(f.model, alone, torch.ones_like(alone))[0][0], row), f.name
    f.case("greedy_batch", {"input_ids": x, "attention_mask": mask}, compare="exact", outputs={"generated_ids": new}, check_alone=False,
           note=f"seed {seed}, smallest gap between the best two logits {gap:.3g}; no stop at eos")


def greedy(f, seed):
    """Fixture.greedy, from the first seed from `seed` on whose choices are all clear."""
    for seed in itertools.count(seed):
        try:
            return f.greedy("greedy", ids((1, 5), 100, seed), NEW)
        except AssertionError:
            pass


def record(root, name, model, about, seed, padded=left_mask, gradients=True):
    f = Fixture(root, name, model, about)
    f.case("full", {"input_ids": ids((2, 12), 100, seed)}, note="hidden_states.2 is after the final norm")
    m = padded([9, 6], 9)
    side = "left" if padded is left_mask else "right"
    f.case(f"{side}_padded", {"input_ids": ids((2, 9), 100, seed + 1) * m, "attention_mask": m}, compare="where attention_mask is 1")
    f.loss("loss", {"input_ids": ids((2, 12), 100, seed + 2)}, with_gradients=gradients)
    greedy(f, seed + 3)
    greedy_batch(f, seed + 3)
    f.finish()


def gpt2(**kw):
    return GPT2Config(vocab_size=100, n_positions=64, n_embd=32, n_layer=2, n_head=4, **NO_ENDS, **kw)


def modern(cls, **kw):
    return cls(vocab_size=100, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
               max_position_embeddings=64, **NO_ENDS, **kw)


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    # GPT-2's own forward counts positions from the first column, padded or not: only its generate() counts from the first token.
    c = gpt2(tie_word_embeddings=False, scale_attn_by_inverse_layer_idx=True)
    record(root, "gpt2_untied", build(GPT2LMHeadModel, c, 21),
           "GPT2LMHeadModel: head not tied, scores of layer i divided by i + 1", 210, right_mask)
    c = gpt2(scale_attn_weights=False, n_inner=48, activation_function="relu")
    record(root, "gpt2_unscaled", build(GPT2LMHeadModel, c, 22),
           "GPT2LMHeadModel: scores not divided by the root of d_head, n_inner 48, ReLU", 220, right_mask)
    c = BloomConfig(vocab_size=100, hidden_size=32, n_layer=2, n_head=4, pad_token_id=3, apply_residual_connection_post_layernorm=True,
                    tie_word_embeddings=False, **NO_ENDS)
    record(root, "bloom_post_norm", build(BloomForCausalLM, c, 23),
           "BloomForCausalLM: residuals from the output of the norms, head not tied", 230, gradients=False)
    c = modern(MistralConfig, head_dim=16, sliding_window=WINDOW)
    record(root, "mistral", build(MistralForCausalLM, c, 24), "MistralForCausalLM: a window of 4 in every layer, 4 heads of 16 on width 32", 240)
    record(root, "qwen2", build(Qwen2ForCausalLM, modern(Qwen2Config, tie_word_embeddings=True), 25),
           "Qwen2ForCausalLM: biases of queries, keys and values, tied head", 250)
    c = modern(Qwen2Config, use_sliding_window=True, sliding_window=WINDOW, max_window_layers=1)
    record(root, "qwen2_sliding", build(Qwen2ForCausalLM, c, 26), "Qwen2ForCausalLM: a window of 4 in the second layer, head not tied", 260)
    c = modern(Qwen3Config, head_dim=16, use_sliding_window=True, sliding_window=WINDOW, layer_types=["sliding_attention", "full_attention"])
    record(root, "qwen3", build(Qwen3ForCausalLM, c, 27),
           "Qwen3ForCausalLM: norms of queries and keys, 4 heads of 16 on width 32, a window of 4 in the first layer", 270)
    print(json.dumps({"written": ["gpt2_untied", "gpt2_unscaled", "bloom_post_norm", "mistral", "qwen2", "qwen2_sliding", "qwen3"], **VERSIONS}))


if __name__ == "__main__":
    main()
