#!/usr/bin/env python3
"""Ten AdamW steps of PyTorch from the recorded weights of `gpt2/` and `llama/`.

Usage:  python make_steps.py > steps.json        (reads gpt2/ and llama/ beside this script)

Needs torch, transformers, safetensors. CPU, f32, one thread, no dropout. Batches of 4 x 12 IDs are drawn with seed 20 and
recorded; inputs are the first 11 of each row, targets the last 11. Weights of rank 2 and more decay, the others do not; a
tied table counts once, in the norm and in the step. `gradient_norm` is over all gradients, before clipping; `parameters`
after the last step are recorded as the length of each tensor.

Two runs a model: `constant` learning rate, and nanoGPT's `warmup_cosine`.
"""
import json
import math
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
import torch.nn.functional as F
import transformers

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)

STEPS, BATCH, LENGTH = 10, 4, 12
RECIPE = {"lr": 1e-3, "betas": [0.9, 0.99], "eps": 1e-8, "weight_decay": 0.1, "clip": 1.0}
SCHEDULE = {"lr": 1e-2, "min_lr": 1e-3, "warmup_iters": 3, "lr_decay_iters": 9}


def warmup_cosine(it):
    """nanoGPT's train.py, get_lr."""
    lr, low, warmup, decay = SCHEDULE.values()
    if it < warmup:
        return lr * (it + 1) / (warmup + 1)
    if it > decay:
        return low
    return low + 0.5 * (1 + math.cos(math.pi * (it - warmup) / (decay - warmup))) * (lr - low)


def train(name, batches, rate):
    folder = Path(__file__).resolve().parent / name
    cls = getattr(transformers, json.loads((folder / "config.json").read_text())["architectures"][0])
    model = cls.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    named = dict(model.named_parameters())  # a tied table once
    groups = [{"params": [p for p in named.values() if p.dim() >= 2], "weight_decay": RECIPE["weight_decay"]},
              {"params": [p for p in named.values() if p.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RECIPE["lr"], betas=tuple(RECIPE["betas"]), eps=RECIPE["eps"])
    steps = []
    for it, ids in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = rate(it)
        logits = model(input_ids=ids[:, :-1]).logits
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(named.values(), RECIPE["clip"])
        optimizer.step()
        optimizer.zero_grad()
        steps.append({"loss": loss.item(), "gradient_norm": norm.item(), "learning_rate": rate(it)})
    return {"steps": steps, "parameters": {k: p.detach().norm().item() for k, p in named.items()}}


draw = torch.Generator().manual_seed(20)
batches = torch.randint(0, 100, (STEPS, BATCH, LENGTH), generator=draw)
doc = {
    "about": "AdamW from the recorded weights; loss: mean over all targets, in nats, before the step",
    "recipe": RECIPE,
    "warmup_cosine": SCHEDULE,
    "seed": 20,
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    "ids": batches.tolist(),
    "models": {name: {"constant": train(name, batches, lambda _: RECIPE["lr"]), "warmup_cosine": train(name, batches, warmup_cosine)}
               for name in ("gpt2", "llama")},
}
print(json.dumps(doc, indent=1, allow_nan=False))
