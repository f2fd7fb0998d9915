#!/usr/bin/env python3
"""What transformers' generate() makes of four prompts of different lengths at once.

Usage:  python make_greedy_batch.py FOLDER... > greedy_batch.json
        (here: gpt2 llama bloom llama_llama3 llama_linear)

Needs torch and transformers. CPU, f32, one thread. The shorter prompts are filled up on the left with ID 0 and masked
(1 = look at it); generate() counts positions from each row's first token where a model asks for them. Each row is also
generated alone, and must come out the same. Prompts are drawn with the first seed from 1 on whose choices are all clear:
the best logit at least CLEAR above the second.
"""
import itertools
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
import transformers

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)
LENGTHS, FILLER, NEW, CLEAR = [9, 6, 3, 1], 0, 24, 0.02


def left_padded(seed, vocab):
    """Prompts with their fillers, and the mask: both [4, 9]."""
    g = torch.Generator().manual_seed(seed)
    mask = (torch.arange(max(LENGTHS)) >= max(LENGTHS) - torch.tensor(LENGTHS)[:, None]).long()
    ids = torch.randint(3, vocab, mask.shape, generator=g)
    return ids * mask + FILLER * (1 - mask), mask


def generate(model, ids, mask):
    """The new tokens [batch, NEW], and the smallest gap between the best two logits of any choice."""
    out = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=NEW, min_new_tokens=NEW, pad_token_id=FILLER,
                         output_logits=True, return_dict_in_generate=True)
    best = torch.stack(out.logits).topk(2, dim=-1).values
    return out.sequences[:, ids.shape[1]:], float((best[..., 0] - best[..., 1]).min())


models = {}
for folder in map(Path, sys.argv[1:]):
    cls = getattr(transformers, json.loads((folder / "config.json").read_text())["architectures"][0])
    model = cls.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    for seed in itertools.count(1):
        ids, mask = left_padded(seed, model.config.vocab_size)
        new, gap = generate(model, ids, mask)
        if gap > CLEAR:
            break
    for row, kept, text in zip(new, mask == 1, ids):
        prompt = text[kept][None]
        assert torch.equal(generate(model, prompt, torch.ones_like(prompt))[0][0], row), folder.name
    models[folder.name] = {
        "seed": seed,
        "input_ids": ids.tolist(),
        "attention_mask": mask.tolist(),
        "generated_ids": new.tolist(),
        "smallest_gap_between_best_two_logits": float(f"{gap:.3g}"),
    }

doc = {
    "about": "greedy generation of four left-padded prompts at once; every row is what its prompt gives alone; no stop at eos",
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    "models": models,
}
print(json.dumps(doc, indent=1, allow_nan=False))
