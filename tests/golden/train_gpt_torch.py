#!/usr/bin/env python3
"""A small GPT trained on characters in PyTorch: nanoGPT's setting for a CPU, the whole validation split as its measure.

Usage:  python train_gpt_torch.py TEXT [--bias] [--seed 1337] [--threads 2] [--record train_gpt_torch.json]

TEXT is tinyshakespeare (1,115,394 characters). Prints one JSON line; --record also puts it into the `runs` of that file.
Needs torch. CPU, f32; the same seed, threads and version give the same numbers on the same kind of processor.

Model: 4 layers, 4 heads, 128 wide, block 64, tied head, no dropout. Without --bias as nanoGPT trains it: no biases, exact
GELU. With --bias in GPT-2's form: biases everywhere, tanh GELU. Init: N(0, 0.02), what is added to the residual stream
N(0, 0.02 / sqrt(2 layers)), biases 0.
Recipe: 2,000 steps of 12 random blocks of the first 90 %; AdamW, betas 0.9 and 0.99, weight decay 0.1 on weights of rank 2
and more; learning rate up to 1e-3 over 100 steps, then a cosine down to 1e-4; gradients clipped at norm 1. One seed, set
once, gives weights and batches.
Validation: the last 10 % cut into blocks of 64 side by side; mean loss over all their targets, in nats a character (a last
partial block is left out), after 0, 200, .. 2,000 steps.
"""
import argparse
import json
import math
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("text", type=Path)
parser.add_argument("--bias", action="store_true")
parser.add_argument("--seed", type=int, default=1337)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--record", type=Path)
args = parser.parse_args()

LAYERS, HEADS, WIDTH, BLOCK, BATCH = 4, 4, 128, 64, 12
STEPS, WARMUP, LR, MIN_LR, EVERY = 2000, 100, 1e-3, 1e-4, 200
ABOUT = "nanoGPT's CPU setting on tinyshakespeare; validation: [steps taken, mean loss over the whole split in nats a character]"

torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        linear = lambda n, m: nn.Linear(n, m, bias=args.bias)
        self.ln_1, self.ln_2 = (nn.LayerNorm(WIDTH, bias=args.bias) for _ in range(2))
        self.attend, self.attend_proj = linear(WIDTH, 3 * WIDTH), linear(WIDTH, WIDTH)
        self.feed, self.feed_proj = linear(WIDTH, 4 * WIDTH), linear(4 * WIDTH, WIDTH)
        self.gelu = nn.GELU(approximate="tanh" if args.bias else "none")

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (z.view(b, t, HEADS, -1).transpose(1, 2) for z in self.attend(self.ln_1(x)).split(WIDTH, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attend_proj(y.transpose(1, 2).reshape(b, t, WIDTH))
        return x + self.feed_proj(self.gelu(self.feed(self.ln_2(x))))


class Gpt(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, WIDTH), nn.Embedding(BLOCK, WIDTH)
        self.layers = nn.Sequential(*(Layer() for _ in range(LAYERS)))
        self.ln = nn.LayerNorm(WIDTH, bias=args.bias)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * LAYERS) if "proj" in name else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, x, y):
        h = self.layers(self.tokens(x) + self.positions.weight[: x.shape[1]])
        logits = F.linear(self.ln(h), self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())


def learning_rate(step):
    """nanoGPT's train.py, get_lr, with lr_decay_iters = STEPS."""
    if step < WARMUP:
        return LR * (step + 1) / (WARMUP + 1)
    return MIN_LR + 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP))) * (LR - MIN_LR)


@torch.no_grad()
def validation():
    n = (len(held_out) - 1) // BLOCK * BLOCK
    x, y = held_out[:n].view(-1, BLOCK), held_out[1 : n + 1].view(-1, BLOCK)
    parts = [model(a, b).double() * len(a) for a, b in zip(x.split(128), y.split(128))]
    return float(sum(parts)) / len(x)


text = args.text.read_text()
ids = {c: i for i, c in enumerate(sorted(set(text)))}
data = torch.tensor([ids[c] for c in text])
cut = int(len(data) * 0.9)
train, held_out = data[:cut], data[cut:]

model = Gpt(len(ids))
groups = [{"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.1},
          {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99), eps=1e-8)
curve = [[0, round(validation(), 4)]]
for step in range(STEPS):
    at = torch.randint(len(train) - BLOCK, (BATCH,))
    blocks = torch.stack([train[i : i + BLOCK + 1] for i in at])
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step)
    model(blocks[:, :-1], blocks[:, 1:]).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    if (step + 1) % EVERY == 0:
        curve.append([step + 1, round(validation(), 4)])

run = {"form": "gpt2" if args.bias else "no biases", "seed": args.seed, "threads": args.threads,
       "parameters": sum(p.numel() for p in model.parameters()), "validation": curve, "final": curve[-1][1],
       "versions": {"torch": torch.__version__}}
print(json.dumps(run))
if args.record:
    runs = json.loads(args.record.read_text())["runs"] if args.record.exists() else []
    lines = ",\n".join("  " + json.dumps(r) for r in runs + [run])
    args.record.write_text('{\n "about": ' + json.dumps(ABOUT) + ',\n "runs": [\n' + lines + "\n ]\n}\n")
