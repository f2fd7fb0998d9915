#!/usr/bin/env python3
"""A training step in PyTorch of the sizes that `cargo rungs bench gpt-train` times; prints one JSON line.

Usage:  python step_torch.py --preset laptop|gpu --mode eager|compiled --device cpu|cuda
                             [--precision highest|high] [--batch N] [--threads N]

The same work as there: forward, backward, gradients clipped at norm 1, AdamW, and the loss read back after every step.
GPT-2's form, biases everywhere and tanh GELU, tied head, 65 tokens, random text, no dropout. Weights and sums are f32.
Products too with `highest`; with `high` PyTorch may round their factors to TF32, 10 bits after the point, on GPUs that
have it. The first step is timed apart: a compiled model is compiled in it. Needs torch.
"""
import argparse
import json
import math
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

PRESETS = {"laptop": (4, 4, 128, 64, 12), "gpu": (6, 6, 384, 256, 64)}  # layers, heads, width, block, batch
VOCAB, WARM_UP, STEPS = 65, 5, 30  # as bench gpt-train has them
SEED = 7

parser = argparse.ArgumentParser()
parser.add_argument("--preset", choices=PRESETS, required=True)
parser.add_argument("--mode", choices=["eager", "compiled"], required=True)
parser.add_argument("--device", choices=["cpu", "cuda"], required=True)
parser.add_argument("--precision", choices=["highest", "high"], default="highest")
parser.add_argument("--batch", type=int, help="blocks of a step, instead of the preset's")
parser.add_argument("--threads", type=int, help="of the CPU [default: all]")
args = parser.parse_args()

LAYERS, HEADS, WIDTH, BLOCK, BATCH = PRESETS[args.preset]
BATCH = args.batch or BATCH
if args.threads:
    torch.set_num_threads(args.threads)
torch.set_float32_matmul_precision(args.precision)
torch.manual_seed(SEED)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attend, self.attend_out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.feed, self.feed_out = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def attention(self, x):
        batch, tokens, _ = x.shape
        q, k, v = self.attend(x).view(batch, tokens, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.attend_out(y.transpose(1, 2).reshape(batch, tokens, WIDTH))

    def forward(self, x):
        x = x + self.attention(self.norm_1(x))
        return x + self.feed_out(F.gelu(self.feed(self.norm_2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCAB, WIDTH), nn.Embedding(BLOCK, WIDTH)
        self.layers = nn.Sequential(*(Layer() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * LAYERS) if "_out" in name else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        logits = F.linear(self.norm(self.layers(x)), self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def step(blocks):
    """Loss of a step and its milliseconds; reading the loss waits for the device."""
    start = time.perf_counter()
    loss = run(blocks[:, :-1], blocks[:, 1:])
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    loss = loss.item()
    if args.device == "cuda":
        torch.cuda.synchronize()  # the optimiser's part of the step comes after the loss
    return loss, (time.perf_counter() - start) * 1e3


model = Gpt().to(args.device)
run = torch.compile(model) if args.mode == "compiled" else model
groups = [{"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.1},
          {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, fused=args.device == "cuda")
text = torch.randint(VOCAB, (1 + WARM_UP + STEPS, BATCH, BLOCK + 1)).to(args.device)
losses, times = zip(*(step(blocks) for blocks in text))
counted = times[1 + WARM_UP :]
median = statistics.median(counted)
print(json.dumps({
    "preset": args.preset, "mode": args.mode, "device": args.device, "precision": args.precision,
    "on": torch.cuda.get_device_name() if args.device == "cuda" else f"{torch.get_num_threads()} threads",
    "parameters": sum(p.numel() for p in model.parameters()), "batch": BATCH, "block": BLOCK,
    "ms_per_step": {"min": round(min(counted), 3), "median": round(median, 3), "max": round(max(counted), 3)},
    "tokens_per_s": round(BATCH * BLOCK / median * 1e3), "first_step_s": round(times[0] / 1e3, 3),
    "first_loss": round(losses[0], 4), "last_loss": round(losses[-1], 4), "torch": torch.__version__,
}))
