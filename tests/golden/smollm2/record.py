#!/usr/bin/env python3
"""What transformers makes of SmolLM2-135M-Instruct in the GGUF file that `cargo rungs fetch smollm2` keeps.

  python record.py FILE.gguf > answers.json      needs torch, transformers 5.24, gguf; two minutes, CPU, f32

logits      for some texts, of the last token: those of every 1,000th token, and the likeliest token
greedy      ten prompts, and the ids of the 64 likeliest tokens after each
perplexity  the mean loss of a text in nats a token, and its number of tokens
chats       ten conversations, the text that the template makes of each, and its ids
ids         texts and their ids; transformers does not split numbers off when it reads GGUF, as the model's own tokenizer.json
            and llama.cpp do, so no text here has one that is no plain digit
"""
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

transformers.logging.set_verbosity_error()
torch.set_num_threads(2)

PROMPTS = [
    "The capital of France is", "Once upon a time", "Water boils at", "def fibonacci(n):\n", "The three primary colours are",
    "Photosynthesis is the process by which", "In 1969, the first", "My favourite recipe begins with", "To be, or not to be,", "The opposite of hot is",
]
TEXTS = ["hello", "The year 2026 has 365 days.", "don't   stop\n\n  now", "naïve łódź 你好 😀", "x=12345+67;\treturn x", "<|im_end|>stop", ""]
LONG = ("The sun rose slowly over the hills, and the village began to wake. Bakers lit their ovens, children looked for their shoes, and the old clock "
        "in the square struck seven. Nobody noticed the stranger who had arrived during the night.")
CHATS = [
    [("user", "Hi")],
    [("system", "You are a pirate."), ("user", "Who are you?")],
    [("user", "What is 2 + 2?"), ("assistant", "4"), ("user", "And times 3?")],
    [("system", "Be brief."), ("user", "Name a colour."), ("assistant", "Blue."), ("user", "Another."), ("assistant", "Red."), ("user", "One more.")],
    [("user", "你好，世界 😀")],
    [("user", "שלום עולם")],
    [("user", "  blanks around  ")],
    [("user", "two\nlines\n\nand an empty one")],
    [("user", "quotes ' \" and {{ braces }} and \\ and {% tags %}")],
    [("system", ""), ("user", "an empty system message")],
]


def main(path):
    path = Path(path)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    ids = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
    out = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__}}
    with torch.no_grad():
        out["logits"] = []
        for text in PROMPTS[:4]:
            logits = model(torch.tensor([ids(text)])).logits[0, -1]
            out["logits"].append({"text": text, "every_1000th": logits[::1000].tolist(), "likeliest": int(logits.argmax())})
        out["greedy"] = []
        for prompt in PROMPTS:
            given = torch.tensor([ids(prompt)])
            written = model.generate(given, max_new_tokens=64, do_sample=False, eos_token_id=None, pad_token_id=0, attention_mask=torch.ones_like(given))
            out["greedy"].append({"prompt": prompt, "ids": written[0, given.shape[1]:].tolist()})
        given = torch.tensor([ids(LONG)])
        out["perplexity"] = {"text": LONG, "tokens": given.shape[1], "loss": float(model(given, labels=given).loss)}
    out["chats"] = []
    for chat in CHATS:
        messages = [{"role": role, "content": content} for role, content in chat]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        out["chats"].append({"messages": messages, "text": text, "ids": ids(text)})
    out["ids"] = [{"text": text, "ids": ids(text)} for text in TEXTS]
    json.dump(out, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main(sys.argv[1])
