#!/usr/bin/env python3
"""What a run of tests/gpu/run found, as Markdown for the book.

Usage:  python table.py OUT
"""
import json
import re
import sys
from pathlib import Path

OUT = Path(sys.argv[1])


def runs(stage):
    """The last run of every command of a stage whose output is there: name without the stage, seconds, output."""
    last = {}
    for line in (OUT / "record.tsv").read_text().splitlines():
        name, seconds, code = line.split("\t")
        last[name] = (float(seconds), int(code))
    for name, (seconds, code) in last.items():
        written = OUT / f"{name}.out"
        if name.startswith(stage + "/") and written.exists():
            yield name[len(stage) + 1 :], seconds, code, written.read_text()


def rows(text):
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return found if isinstance(found, list) else [found]


def table(title, head, body):
    body = list(body)
    if body:
        print(f"\n{title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
        for cells in body:
            print(f"| {' | '.join(str(cell) for cell in cells)} |")


def facts():
    path = OUT / "facts.out"
    text = path.read_text() if path.exists() else ""
    kept = ("date", "commit", "features", "cpu", "gpu", "system", "python", "variables")
    return [line.split(None, 1) for line in text.splitlines() if line.split(None, 1)[:1] and line.split()[0] in kept
            and line[0] != " "]


def parity():
    """The tensor of each folder that comes closest to what it may be off, or exceeds it."""
    for name, _, code, text in runs("parity"):
        device, folder = name.split("-", 1)
        found = rows(text)
        if not found:
            yield device, folder, 0, "-", "-", "FAILED"
            continue
        worst = max(found, key=lambda row: row["max_abs_error"] / max(row["tolerance"], 1e-30))  # 0: exact
        error, allowed = f"{worst['max_abs_error']:.1e}", f"{worst['tolerance']:.0e}"
        yield device, folder, len(found), error, allowed, "ok" if code == 0 else "FAILED"


def milliseconds(row, scale=1.0):
    return " / ".join(f"{row[key] * scale:.2f}" for key in ("min", "median", "max"))


def steps():
    cold = {name: seconds for name, seconds, _, _ in runs("first")}
    for name, seconds, _, text in runs("steps"):
        preset, device = name.split("-", 1)
        # Two whole runs of the program, the first with an empty cache of kernels.
        first = f"{cold[name] - seconds:.1f}" if name in cold else "-"
        for row in rows(text):
            blocks = f"{row['batch']} x {row['block']}"
            yield (preset, f"Rungs, {device}", blocks, milliseconds(row["ms_per_step"]), f"{row['tokens_per_s']:.0f}",
                   first, row["parameters"])
    for _, _, _, text in runs("torch"):
        for row in rows(text):
            who = f"PyTorch {row['mode']}, {row['device']}" + (", TF32" if row["precision"] == "high" else "")
            blocks = f"{row['batch']} x {row['block']}"
            yield (row["preset"], who, blocks, milliseconds(row["ms_per_step"]), row["tokens_per_s"],
                   row["first_step_s"], row["parameters"])


def of_device(stage):
    """The row of the device after which each run is named."""
    for device, _, _, text in runs(stage):
        yield from ((device, row) for row in rows(text) if row["device"] == device)


def encoder():
    for device, row in of_device("encoder"):
        yield (device, f"{row['sentences_per_s']:.0f}", milliseconds(row["seconds"], 1e3),
               f"{row['one_sentence_ms']:.2f}", f"{row['warm_up_s']:.2f}", f"{row['max_abs_difference']:.1e}")


def generate():
    for device, row in of_device("generate"):
        yield (device, f"{row['tokens_per_s']:.1f}", f"{row['prefill_ms']:.1f}", f"{row['ms_at_first']:.2f}",
               f"{row['ms_at_last']:.2f}", f"{row['same_tokens']} of {row['new']}")


def trainings():
    for name, _, code, text in runs("train"):
        preset, device = name.split("-", 1)
        said = {word: re.search(rf"^{word} +([\d.]+)", text, re.M) for word in ("steps", "seconds", "validation")}
        if code == 0 and all(said.values()):
            yield preset, device, *(found[1] for found in said.values())
        else:
            yield preset, device, "-", "-", "FAILED"


def failures():
    last = dict(line.split("\t")[::2] for line in (OUT / "record.tsv").read_text().splitlines())
    return [(name, code) for name, code in last.items() if code != "0"]


SPREAD = "min / median / max ms"
table("Machine", ["what", "found"], facts())
table("Agreement with recorded values", ["device", "folder", "tensors", "largest error", "allowed", ""], parity())
table("A training step, without dropout", ["preset", "by", "blocks", SPREAD, "tokens per second", "first run, s more",
                                           "parameters"], steps())
table("The encoder", ["device", "sentences per second", SPREAD, "one sentence, ms", "first run, s", "from flex"],
      encoder())
table("Writing with 124M parameters", ["device", "tokens per second", "prompt, ms", "ms at first", "ms at last",
                                       "same tokens as flex"], generate())
table("Trained on tinyshakespeare", ["preset", "device", "steps", "seconds", "nats per character"], trainings())
table("Failed", ["command", "exit code"], failures())
