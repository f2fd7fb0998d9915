#!/usr/bin/env python3
"""Tokenizer folders with all that the files around a tokenizer.json may say, and what transformers makes of them.

  python make_tokenizers.py > tokenizers.json      needs transformers 5.24

Each case is a folder (the text of every file), the class that AutoTokenizer reads it with, and for each text its ids,
its ids shortened to as many as `limit` says, and the text that these ids decode to, special tokens left out; for each
pair of texts ids and segments, whole and shortened. `pad`, `bos`, `eos` are ids or null.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

transformers.logging.set_verbosity_error()

CORPUS = ["the cat sat on the mat.", "hello world, hello Paris", "Café naïve", "I don't know", "你好 世界", "un known dogs"] * 3
TEXTS = [
    "The cat sat on the mat.", "  two  blanks\tand\na tab ", "Café naïve cafe\u0301", "你好 world 😀", "[MASK] hello [SEP]",
    "<mask>hello</s> a <s>", "hello [NEW]x foobar Foobar", "<|endoftext|>cat", "ﬁ Å ①\u200b", "", "unknown dogs, don't!",
]
PAIRS = [("the cat", "hello world"), ("a b the cat sat", "the cat sat on the mat"), ("hello hello hello", "the the the")]
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
WORDS = "the The cat sat on mat hello world Paris paris cafe café naive a b two blank ##s dog un ##known un don ' t i know . , ! 你 好 [ ] new mask < > / x".split()


def token(content, special=True, **settings):
    base = {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": not special}
    return {**base, "special": special, **settings}


def entries(tokens, vocab):
    return [{"id": vocab[t], **token(t)} for t in tokens]


def shell(model, vocab, specials, **parts):
    empty = dict.fromkeys(["truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"])
    return {"version": "1.0", **empty, "added_tokens": entries(specials, vocab), "model": model, **parts}


def words(specials=BERT, kind="WordPiece", **parts):
    vocab = {t: i for i, t in enumerate(dict.fromkeys([*specials, *WORDS]))}
    model = {"type": kind, "unk_token": "[UNK]" if "[UNK]" in vocab else "<unk>", "vocab": vocab}
    if kind == "WordPiece":
        model |= {"continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
    normalizer = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": False}
    parts = {"normalizer": normalizer, "pre_tokenizer": {"type": "BertPreTokenizer"}, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True}, **parts}
    return shell(model, vocab, specials, **parts)


def pairs(specials, in_bytes=True, size=300, **parts):
    learner = Tokenizer(models.BPE())
    if in_bytes:
        learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        pre = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        parts = {"pre_tokenizer": pre, "decoder": pre, **parts}
    else:
        learner.pre_tokenizer = pre_tokenizers.Metaspace()
        alphabet, specials = [], [*specials, *[f"<0x{byte:02X}>" for byte in range(256)]]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=specials, initial_alphabet=sorted(alphabet), show_progress=False)
    learner.train_from_iterator(CORPUS, trainer)
    model = json.loads(learner.to_str())["model"]
    return shell(model | {"byte_fallback": not in_bytes, "fuse_unk": not in_bytes}, model["vocab"], specials[:5 if in_bytes else 3], **parts)


def unigram(specials, **parts):
    pieces = [[t, 0.0] for t in specials]
    for piece in ["▁", "▁the", "▁cat", "▁hello", "▁world", "s", "at", "▁on", "▁mat", ".", "é", "e", "caf", "Caf", "na", "ï", "ve", "a", "b", "n", "o", "t", "d", "k", "w", "fi", "1", "Å", "你"]:
        pieces.append([piece, -float(len(pieces)) / 4 - 2])
    model = {"type": "Unigram", "unk_id": specials.index("<unk>"), "vocab": pieces, "byte_fallback": False}
    vocab = {piece: i for i, (piece, _) in enumerate(pieces)}
    return shell(model, vocab, specials, **{"normalizer": {"type": "NFKC"}, **parts})


def template(vocab, first, last):
    single = [{"SpecialToken": {"id": first, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": last, "type_id": 0}}]
    second = [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": last, "type_id": 1}}]
    specials = {t: {"id": t, "ids": [vocab[t]], "tokens": [t]} for t in (first, last)}
    return {"type": "TemplateProcessing", "single": single, "pair": single + second, "special_tokens": specials}


def folder(tokenizer=None, settings=None, model_type=None, **files):
    out = {}
    if tokenizer is not None:
        out["tokenizer.json"] = tokenizer
    if settings is not None:
        out["tokenizer_config.json"] = settings
    if model_type is not None:
        out["config.json"] = {"model_type": model_type}
    out |= {name.replace("__", "."): content for name, content in files.items()}
    return {name: content if isinstance(content, str) else json.dumps(content, ensure_ascii=False) for name, content in out.items()}


def gpt2_files(made):
    merges = "#version: 0.2\n" + "".join(" ".join(merge) + "\n" for merge in made["model"]["merges"])
    return {"vocab__json": made["model"]["vocab"], "merges__txt": merges}


def folders():
    bert, class_of = words(), lambda name, **settings: {"tokenizer_class": name, **settings}
    end = "<|endoftext|>"
    n = len(bert["model"]["vocab"])
    vocab_txt = "".join(t + "\n" for t in bert["model"]["vocab"])
    # BERT: what tokenizer.json says of lower-casing does not hold, what its class has does
    yield "bert_without_settings", folder(bert, None, "bert")
    yield "bert_cased", folder(bert, class_of("BertTokenizer", do_lower_case=False), "bert")
    yield "bert_keeps_accents", folder(bert, class_of("BertTokenizerFast", strip_accents=False), "bert")
    yield "bert_without_chinese", folder(bert, class_of("BertTokenizer", tokenize_chinese_chars=False, do_lower_case=False))
    yield "bert_cut_left", folder(bert, class_of("BertTokenizer", truncation_side="left", padding_side="left"), "bert")
    cut = {"direction": "Left", "max_length": 6, "strategy": "LongestFirst", "stride": 0}
    pad = {"strategy": {"Fixed": 12}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    yield "bert_sides_in_tokenizer_json", folder({**bert, "truncation": cut, "padding": pad}, class_of("DistilBertTokenizer"), "distilbert")
    yield "bert_sides_in_both", folder({**bert, "truncation": cut, "padding": pad}, class_of("BertTokenizer", truncation_side="right", padding_side="right"))
    yield "bert_splits_special_tokens", folder(bert, class_of("BertTokenizer", split_special_tokens=True), "bert")
    yield "bert_cleans_up", folder(bert, class_of("BertTokenizer", clean_up_tokenization_spaces=True), "bert")
    more = {str(i): token(t) for i, t in enumerate(BERT)} | {str(n): token("[NEW]", False, normalized=False), str(n + 1): token("foobar", False)}
    yield "bert_added_tokens_decoder", folder(bert, class_of("BertTokenizer", added_tokens_decoder=more), "bert")
    new = {**bert, "added_tokens": [*bert["added_tokens"], {"id": n, **token("[NEW]", False, normalized=False, rstrip=True)}]}
    yield "bert_added_in_tokenizer_json", folder(new, class_of("BertTokenizer"), "bert")
    yield "bert_added_nowhere_else", folder(new, class_of("BertTokenizer", added_tokens_decoder={str(i): token(t) for i, t in enumerate(BERT)}), "bert")
    yield "bert_vocab_txt", folder(None, class_of("BertTokenizer"), "bert", vocab__txt=vocab_txt, added_tokens__json={"[NEW]": n, "foobar": n + 1})
    yield "bert_special_tokens_map", folder(bert, class_of("BertTokenizer", mask_token="[MASK]"), "bert", special_tokens_map__json={"mask_token": "mask", "sep_token": "[SEP]", "additional_special_tokens": ["cat"]})
    yield "bert_extra_special_tokens", folder(bert, class_of("BertTokenizer", additional_special_tokens=["hello", "[NEW]"], image_token="cat"), "bert")
    named = class_of("BertTokenizer", extra_special_tokens={"image_token": "cat"}, additional_special_tokens=["hello", "[NEW]"])
    yield "bert_named_and_unnamed_extra_tokens", folder(bert, named, "bert")
    yield "bert_named_extra_tokens_and_a_map", folder(bert, named, "bert", special_tokens_map__json={"additional_special_tokens": ["dogs"]})
    yield "bert_without_segments", folder(bert, class_of("BertTokenizer", model_input_names=["input_ids", "attention_mask"]), "bert")
    yield "mpnet", folder(words([*ROBERTA, "[UNK]"]), class_of("MPNetTokenizer", do_lower_case=True), "mpnet")
    # RoBERTa, GPT-2 and their kin
    roberta = pairs(ROBERTA)
    yield "roberta", folder(roberta, class_of("RobertaTokenizer"), "roberta")
    yield "roberta_prefix_space", folder(roberta, class_of("RobertaTokenizerFast", add_prefix_space=True, mask_token={"__type": "AddedToken", **token("<mask>", lstrip=True)}), "roberta")
    yield "roberta_vocab_json", folder(None, None, "roberta", **gpt2_files(roberta))
    gpt2 = pairs([end])
    yield "gpt2_prefix_space", folder(gpt2, class_of("GPT2Tokenizer", add_prefix_space=True), "gpt2")
    yield "gpt2_prefix_space_in_tokenizer_json", folder({**gpt2, "pre_tokenizer": {**gpt2["pre_tokenizer"], "add_prefix_space": True}}, None, "gpt2")
    yield "gpt2_vocab_json", folder(None, {}, "gpt2", **gpt2_files(gpt2))
    yield "gpt2_vocab_json_with_bos", folder(None, class_of("GPT2Tokenizer", add_bos_token=True, add_eos_token=True), "gpt2", **gpt2_files(gpt2))
    yield "gpt2_bos_beside_tokenizer_json", folder(gpt2, class_of("GPT2Tokenizer", add_bos_token=True), "gpt2")
    yield "gpt_neox", folder(pairs([end, "<|padding|>"]), class_of("GPTNeoXTokenizer"))
    yield "qwen2", folder(pairs([end, "[NEW]"]), class_of("PreTrainedTokenizerFast", pad_token="[NEW]"), "qwen2")
    # sentencepiece's
    llama = pairs(["<unk>", "<s>", "</s>"], False, 320, normalizer={"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]})
    framed = {**llama, "post_processor": template(llama["model"]["vocab"], "<s>", "</s>")}
    yield "llama", folder(framed, class_of("LlamaTokenizer", add_bos_token=False), "llama")
    yield "llama_legacy", folder(llama, class_of("LlamaTokenizerFast", legacy=True, pad_token="</s>", padding_side="right"), "llama")
    yield "llama_without_prefix", folder(llama, class_of("LlamaTokenizer", add_prefix_space=False), "llama")
    yield "llama_by_mistral", folder(framed, class_of("LlamaTokenizer"), "mistral")
    yield "llama_in_bytes", folder(pairs([end, "<s>"]), class_of("LlamaTokenizer"), "llama")
    yield "xlm_roberta", folder(unigram(ROBERTA), class_of("XLMRobertaTokenizer"), "xlm-roberta")
    yield "xlm_roberta_by_model", folder(unigram(ROBERTA), None, "xlm-roberta")
    yield "camembert", folder(unigram(ROBERTA), class_of("CamembertTokenizer", add_prefix_space=False), "camembert")
    yield "t5", folder(unigram(["<pad>", "</s>", "<unk>"]), class_of("T5Tokenizer"))
    # tokenizer.json alone
    alone = class_of("PreTrainedTokenizerFast", do_lower_case=True, add_prefix_space=True, unk_token="[UNK]")
    yield "file_of_a_bert", folder({**bert, "post_processor": template(bert["model"]["vocab"], "[CLS]", "[SEP]")}, alone, "bert")
    yield "file_of_a_bert_with_segments", folder({**bert, "post_processor": template(bert["model"]["vocab"], "[CLS]", "[SEP]")}, {**alone, "model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}, "bert")
    yield "file_of_no_class_known", folder(words(kind="WordLevel", normalizer={"type": "NFKC"}), class_of("TokenizerOfMyOwn", padding_side="left"), "bert")
    yield "file_of_a_bloom", folder(gpt2, class_of("BloomTokenizerFast", pad_token=end), "bloom")
    strip = {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Replace", "pattern": {"String": "cat"}, "content": "dogs"}]}
    yield "file_that_changes_texts", folder({**gpt2, "normalizer": strip}, class_of("TokenizersBackend"))


def record(name, files):
    with tempfile.TemporaryDirectory() as directory:
        for file, text in files.items():
            Path(directory, file).write_text(text, encoding="utf-8", newline="")
        tokenizer = AutoTokenizer.from_pretrained(directory)
        frame = tokenizer.num_special_tokens_to_add()
        case = {"name": name, "class": type(tokenizer).__name__, "limit": frame + 3, "pair_limit": tokenizer.num_special_tokens_to_add(True) + 5}
        case |= {role: getattr(tokenizer, f"{role}_token_id") for role in ("pad", "bos", "eos")}
        case |= {"pads_left": tokenizer.padding_side == "left", "texts": [], "pairs": []}
        for text in TEXTS:
            ids = tokenizer(text)["input_ids"]
            short = tokenizer(text, truncation=True, max_length=case["limit"])["input_ids"]
            decoded = tokenizer.decode(ids, skip_special_tokens=True)
            case["texts"].append({"text": text, "ids": ids, "short": short, "decoded": decoded})
        for first, second in PAIRS:
            both = tokenizer(first, second)
            segments = both.get("token_type_ids", [0] * len(both["input_ids"]))  # a model that is given none counts from 0
            short = tokenizer(first, second, truncation=True, max_length=case["pair_limit"])["input_ids"]
            case["pairs"].append({"first": first, "second": second, "ids": both["input_ids"], "segments": segments, "short": short})
        return {**case, "files": files}


json.dump({"transformers": transformers.__version__, "cases": [record(*case) for case in folders()]}, sys.stdout, ensure_ascii=False, indent=0)
print()
