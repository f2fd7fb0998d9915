#!/usr/bin/env python3
"""Encoders under heads, and encoders that are a BERT by another name.

Usage:  python make_encoders.py OUT_DIR        (default: the folder of this script)

Needs what make_golden.py needs, and that script beside it. CPU, f32, one thread; weights from seeds 21 to 25, inputs from
211 to 253.

bert_token_classification   BertForTokenClassification, 5 labels a token
bert_question_answering     BertForQuestionAnswering: scores for the first and the last token of an answer; one answer lies
                            outside its text, which the loss leaves out
distilbert                  DistilBertForMaskedLM: no segments, no pooler, names of its own
roberta                     RobertaForMaskedLM: positions counted from the id of padding (1) on, one segment; in `inside` that
                            id also stands between words, where it is no padding and yet not counted
xlm_roberta                 XLMRobertaForSequenceClassification with one label, as rerankers have it: the pooler lies in the
                            head, the loss is the square error; positions counted from 3, a quick GELU

Every folder has a case `loss` with the gradient of each weight in gradients.safetensors.

published_activations.json  every name of an activation in a config.json that is read here, and what transformers' ACT2FN
                            makes of it at the same points
"""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # this folder holds recorded files and scripts, no caches
import torch
from make_golden import VERSIONS, Fixture, bert_config, bert_inputs, build, classic_bert, ids, right_mask
from safetensors.torch import save_file
from transformers import (
    BertForQuestionAnswering,
    BertForTokenClassification,
    DistilBertConfig,
    DistilBertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)
from transformers.activations import ACT2FN

ACTIVATIONS = ["gelu", "gelu_python", "gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh", "relu",
               "silu", "swish", "quick_gelu", "relu2", "relu6", "tanh", "sigmoid", "linear"]


def trained(f, inputs, note):
    """The case `loss`, and the gradient of its loss for every weight."""
    f.model.zero_grad()
    f.model(**inputs).loss.backward()
    gradients = {k: p.grad.clone().contiguous() for k, p in sorted(f.model.named_parameters()) if p.grad is not None}
    f.model.zero_grad(set_to_none=True)
    save_file(gradients, str(f.dir / "gradients.safetensors"))
    f.case("loss", inputs, note=note, check_alone=False)


def token_labels(inputs, labels, seed):
    """A label for every other kept token, -100 elsewhere."""
    drawn = torch.randint(0, labels, inputs["input_ids"].shape, generator=torch.Generator().manual_seed(seed))
    drawn[:, ::2] = -100
    return torch.where(inputs["attention_mask"] == 1, drawn, torch.tensor(-100))


def padded(seed, padding, low):
    """Three texts of 9, 6 and 3 tokens; `padding` fills them up and stands nowhere else."""
    mask = right_mask([9, 6, 3], 9)
    return {"input_ids": torch.where(mask == 1, ids((3, 9), 100, seed, low=low), torch.tensor(padding)), "attention_mask": mask}


def bert_token_classification(root):
    f = Fixture(root, "bert_token_classification", build(BertForTokenClassification, bert_config(num_labels=5), 21),
                "BertForTokenClassification, 5 labels: a linear layer over every token, no pooler")
    f.case("padded", bert_inputs(211))
    inputs = bert_inputs(212)
    trained(f, {**inputs, "labels": token_labels(inputs, 5, 213)}, "loss: mean cross entropy where labels != -100")
    f.finish(classic_bert)


def bert_question_answering(root):
    f = Fixture(root, "bert_question_answering", build(BertForQuestionAnswering, bert_config(), 22),
                "BertForQuestionAnswering: two scores a token, no pooler")
    f.case("padded", bert_inputs(221), check_alone=False)
    inputs = {"input_ids": ids((3, 9), 100, 222), "token_type_ids": (torch.arange(9) > 4).long().expand(3, 9).clone()}
    trained(f, {**inputs, "start_positions": torch.tensor([2, 9, 1]), "end_positions": torch.tensor([4, 12, 1])},
            "loss: the mean of two cross entropies over tokens; positions 9 and 12 lie outside and are left out; no padding, since "
            "here it would be scored and PyTorch gives its row no gradient")
    f.finish(classic_bert)


def distilbert(root):
    c = DistilBertConfig(vocab_size=100, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=32)
    f = Fixture(root, "distilbert", build(DistilBertForMaskedLM, c, 23),
                "DistilBertForMaskedLM: no segments, no pooler; the head is tied to the word embeddings, own bias")
    f.case("padded", padded(231, 0, 3))
    inputs = padded(232, 0, 3)
    trained(f, {**inputs, "labels": token_labels(inputs, 100, 233)}, "loss: mean cross entropy where labels != -100")
    f.finish()


def roberta(root):
    c = RobertaConfig(vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
                      max_position_embeddings=20, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1)
    f = Fixture(root, "roberta", build(RobertaForMaskedLM, c, 24),
                "RobertaForMaskedLM: positions from pad_token_id + 1 on, so that 20 rows are enough for 18 tokens")
    f.case("padded", padded(241, 1, 3))
    longest = ids((2, 18), 100, 242)
    longest[0, 4] = longest[0, 5] = longest[1, 17] = 1
    f.case("inside", {"input_ids": longest}, check_alone=False,
           note="as long as the model reads; id 1 stands between words and at an end without being masked")
    inputs = padded(243, 1, 3)
    trained(f, {**inputs, "labels": token_labels(inputs, 100, 244)}, "loss: mean cross entropy where labels != -100")
    f.finish()


def xlm_roberta(root):
    c = XLMRobertaConfig(vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
                         max_position_embeddings=24, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=3, hidden_act="quick_gelu",
                         num_labels=1)
    f = Fixture(root, "xlm_roberta", build(XLMRobertaForSequenceClassification, c, 25),
                "XLMRobertaForSequenceClassification, one label: dense, tanh and out_proj over the first token")
    f.case("padded", padded(251, 3, 4), check_alone=False)
    trained(f, {**padded(252, 3, 4), "labels": torch.tensor([0.5, -1.25, 2.0])}, "loss: mean square error")
    f.finish()


def published_activations(root):
    x = torch.tensor([-10.0, -5.0, -3.0, -2.0, -1.5, -1.0, -0.5, -0.1, -1e-3, 0.0, 1e-3, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0])
    doc = {"about": "transformers' ACT2FN by the names of hidden_act", "tolerance_for_f32": 2e-6, "versions": VERSIONS, "x": x.tolist(),
           "names": {name: ACT2FN[name](x).tolist() for name in ACTIVATIONS}}
    (Path(root) / "published_activations.json").write_text(json.dumps(doc, indent=1, allow_nan=False) + "\n")


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    for make in (bert_token_classification, bert_question_answering, distilbert, roberta, xlm_roberta, published_activations):
        make(root)
    print(json.dumps({"written": 6, **VERSIONS}))


if __name__ == "__main__":
    main()
