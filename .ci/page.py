"""Makes pages of small GPTs and opens them in headless Chromium, from the disk.

    python .ci/page.py [--screenshots DIR]

Needs selenium and Debian's chromium and chromium-driver. A model of characters, one of byte pairs and a recorded BLOOM:
the logits of ten prompts, and the tokens that may be drawn, are those of the Rust model; what is pressed, tapped and typed
does what it says; nothing is asked for over a network or from the disk, nothing is said in the console, and no prompt gets out
of its place.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
FAR = 1e-3  # how far a logit may lie from the Rust model's, whose weights have 32 bits
HOSTILE = "</script><script>window.hurt=1</script>"
TEXT = f"The cat sat on the mat; the dog didn't.\nWho hears {HOSTILE}? \u00e9t\u00e9 1945, \u2018no\u2019 \U0001f642\n\tEnd.\n"
PROMPTS = [
    "The ", "t", "The cat sat", "\n", "didn't the dog", "1945, \u00e9t\u00e9", "\u2018no\u2019 \U0001f642", "  \n\t The",
    HOSTILE[:30], "Who hears the mat?",
]
READ = "const {ids} = encode(tokenizer, arguments[0]); const text = readText(gpt, ids); const logits = text.logits.at(-1);"
LOGITS = READ + "return [ids, Array.from(logits), candidates(logits, {temperature: 0.7, topK: 20, topP: 0.9})]"
# How far the newest logits lie from those of the same tokens, read at once.
AGAIN = """const again = readText(gpt, now.text.ids.slice(now.text.start)).logits.at(-1);
    return Math.max(...again.map((logit, i) => Math.abs(logit - now.text.logits.at(-1)[i])))"""
# Twenty thousand characters, as they are pasted.
LONG = """document.getElementById('prompt').value = 'The cat sat. '.repeat(1600);
    const begun = performance.now();
    begin();
    const box = document.getElementById('text');
    const below = box.scrollHeight - box.clientHeight - box.scrollTop;
    return performance.now() - begun < 5000 && below < 2 && box.scrollTop > 0"""
PLACE = """const token = now.made.at(-3);
    token.scrollIntoView({block: 'center'});
    const {x, y} = token.getBoundingClientRect();
    return {x: x + 2, y: y + 8}"""


def rungs(*arguments):
    command = ["cargo", "run", "--quiet", "--package", "rungs", "--", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def trained(folder, *more):
    corpus = folder / "corpus.txt"
    corpus.write_text(TEXT * 60, encoding="utf-8")
    model = folder / ("bytes" if more else "characters")
    rungs("train", "gpt", "--corpus", corpus, "--preset", "tiny", "--steps", 300, "--out", model, *more)
    return model


# A recorded model has no tokenizer: one of a hundred characters, those of the text among them.
def recorded(folder):
    model, record = folder / "bloom", Path("tests/golden/bloom_post_norm")
    model.mkdir()
    for name in ("config.json", "model.safetensors"):
        (model / name).write_bytes((record / name).read_bytes())
    alphabet = "".join(sorted(set(TEXT)))
    alphabet += "".join(chr(0x4E00 + i) for i in range(100 - len(alphabet)))
    bpe = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None}
    bpe |= {"fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "merges": []}
    bpe["vocab"] = {character: i for i, character in enumerate(alphabet)}
    parts = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": None}
    parts |= {"post_processor": None, "decoder": {"type": "Fuse"}, "model": bpe}
    (model / "tokenizer.json").write_text(json.dumps(parts))
    return model


def of_rust(model):
    lines = "".join(json.dumps(prompt) + "\n" for prompt in PROMPTS)
    command = ["cargo", "run", "--quiet", "--package", "lesson-12", "--example", "logits", "--", str(model)]
    said = subprocess.run(command, input=lines, text=True, check=True, stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in said.splitlines()]


def browser():
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.binary_location = "/usr/bin/chromium"
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


def look(driver, page, width, scheme):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(page.as_uri())


# What the page computes beside what the model computes, as problems.
def differences(driver, model):
    found, most = [], 0.0
    for prompt, rust in zip(PROMPTS, of_rust(model), strict=True):
        ids, logits, candidates = driver.execute_script(LOGITS, prompt)
        if ids != rust["ids"]:
            found.append(f"tokens of {prompt!r}: {ids}, expected {rust['ids']}")
            continue
        most = max([most] + [abs(a - b) for a, b in zip(logits, rust["logits"], strict=True)])
        drawn = [(candidate["token"], candidate["probability"]) for candidate in candidates]
        sure = [(token, share) for token, share in rust["candidates"] if share > 2 * FAR]
        shares = dict(drawn)
        if any(abs(shares.get(token, 0) - share) > 5 * FAR for token, share in sure):
            found.append(f"drawn after {prompt!r}: {drawn}, expected {rust['candidates']}")
    print(f"{model.name}: logits at most {most:.1e} off")
    if most > FAR:
        found.append(f"a logit is {most:.1e} off, at most {FAR:.0e}")
    return found


def tokens(driver):
    return driver.execute_script("return now.text.ids.length")


# What a reader does, as problems.
def behaviour(driver):
    found = []

    def expect(what, holds):
        if not holds:
            found.append(what)

    def at(name):
        return driver.find_element(By.ID, name)

    def begin_with(text):
        at("prompt").clear()
        at("prompt").send_keys(text)
        WebDriverWait(driver, 60).until(lambda d: d.execute_script("return now.typing === null"))

    begun = tokens(driver)
    at("step").send_keys(Keys.ENTER)
    expect("a key writes a token", tokens(driver) == begun + 1)
    at("run").click()
    WebDriverWait(driver, 60).until(lambda d: tokens(d) > begun + 70)
    at("run").click()
    paused = tokens(driver)
    seen = driver.execute_script("return gpt.config.max_tokens")
    expect("of a long text the older half is forgotten", driver.execute_script("return now.text.start > 0") == (paused > seen))
    expect("it is said what pale means", at("forgotten").is_displayed() == (paused > seen))
    expect("the cache changes nothing", driver.execute_script(AGAIN) < 1e-4)
    shown = driver.find_elements(By.CSS_SELECTOR, "#text .token")
    expect("paused it writes nothing, and every token is shown", len(shown) == paused == tokens(driver))
    before = at("looked").text
    shown[-1].send_keys(Keys.ARROW_LEFT)
    expect("an arrow key looks from another token", at("looked").text != before)
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    place = driver.execute_script(PLACE)
    for kind, points in (("touchStart", [place]), ("touchEnd", [])):
        driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    WebDriverWait(driver, 60).until(lambda d: f"(token {paused - 2})" in at("looked").text)
    driver.find_elements(By.CSS_SELECTOR, "#next button")[1].click()
    expect("a chosen token takes the place of what came", tokens(driver) == paused - 1)
    head = driver.find_elements(By.CSS_SELECTOR, "#heads input")[0]
    head.send_keys(Keys.ARROW_RIGHT)
    expect("a key chooses a head", "head 2" in at("looked").text)
    at("temperature").send_keys(Keys.HOME)
    at("top-k").send_keys(Keys.HOME)
    expect("one token is left to draw from", "100%" in at("next").text and at("next").text.count("out") >= 9)
    begin_with("\u6f22")
    expect("a character without a token is said", "no token for" in at("lost").text or tokens(driver) == 3)
    begin_with(HOSTILE)
    expect("a prompt stays text", driver.execute_script("return window.hurt === undefined && now.text.ids.length > 5"))
    expect("a long prompt is read at once and shown from its end", driver.execute_script(LONG))
    return found


def requests(driver, page):
    urls = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            urls.append(message["params"]["request"]["url"])
    return [url for url in urls if url != page.as_uri()]


def problems_of(driver, model, page, screenshots):
    found = []
    for width, scheme in ((390, "dark"), (1280, "light")):
        look(driver, page, width, scheme)
        if driver.execute_script("return document.documentElement.scrollWidth > innerWidth"):
            found.append(f"wider than {width} pixels")
        if screenshots:
            screenshots.mkdir(parents=True, exist_ok=True)
            driver.save_screenshot(str(screenshots / f"page-{model.name}-{width}-{scheme}.png"))
    found += differences(driver, model)
    look(driver, page, 390, "light")
    found += behaviour(driver)
    found += [f"console: {entry['message']}" for entry in driver.get_log("browser")]
    found += [f"request: {url}" for url in requests(driver, page)]
    return [f"{model.name}: {problem}" for problem in found]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--screenshots", type=Path)
    arguments = parser.parse_args()
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        driver = browser()
        try:
            for model in (trained(folder), trained(folder, "--bpe", "300"), recorded(folder)):
                page = folder / f"{model.name}.html"
                rungs("page", "--model", model, "--out", page)
                problems += problems_of(driver, model, page, arguments.screenshots)
        finally:
            driver.quit()
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
