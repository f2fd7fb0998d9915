#!/usr/bin/env python3
"""Opens with transformers a model folder that this project wrote, GPT-2 or LLaMA.

Usage:  python open_written.py FOLDER ID...            [--new 20] [--logits FILE]
        python open_written.py FOLDER --text "ROMEO:"  [--new 20] [--logits FILE]

FOLDER holds config.json, model.safetensors and, for --text, tokenizer.json and tokenizer_config.json. Needs torch and
transformers; CPU, f32, one thread, no network. Prints one JSON line:

missing, unexpected, mismatched   tensors that loading reported: none, or the exit status is 1
max_abs_difference   against FILE (or logits.json of the folder, if there): {"ids": [..], "logits": [[..] per ID]}, or both
                     with one more level for a batch
greedy, text         what the likeliest token each time makes of the prompt
round_trip           whether the prompt's IDs decode to the prompt
"""
import argparse
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("ids", type=int, nargs="*")
parser.add_argument("--text")
parser.add_argument("--new", type=int, default=20)
parser.add_argument("--logits", type=Path)
args = parser.parse_args()
if (args.text is None) == (not args.ids):
    parser.error("expected IDs or --text")

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)

model, info = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
model.eval()
report = {"model": type(model).__name__, "parameters": model.num_parameters()}
report |= {key: sorted(map(str, info[f"{key}_keys"])) for key in ("missing", "unexpected", "mismatched")}
ok = not any(report[key] for key in ("missing", "unexpected", "mismatched"))

ids = args.ids
if args.text is not None:
    tokenizer = AutoTokenizer.from_pretrained(args.folder)
    ids = tokenizer(args.text)["input_ids"]
    report |= {"tokenizer": type(tokenizer).__name__, "ids": ids, "round_trip": tokenizer.decode(ids) == args.text}
    ok &= report["round_trip"]

recorded = args.logits or args.folder / "logits.json"
if args.logits or recorded.exists():
    ours = json.loads(recorded.read_text())
    at, expected = torch.tensor(ours["ids"]), torch.tensor(ours["logits"])
    with torch.no_grad():
        logits = model(at.reshape(-1, at.shape[-1])).logits
    report["max_abs_difference"] = float((logits.reshape(expected.shape) - expected).abs().max())

prompt = torch.tensor([ids])
new = model.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=args.new, min_new_tokens=args.new,
                     pad_token_id=0)[0, len(ids):].tolist()
report["greedy"] = new
if args.text is not None:
    report["text"] = tokenizer.decode(new)
print(json.dumps(report, ensure_ascii=False))
sys.exit(not ok)
