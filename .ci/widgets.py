"""What must hold of the widgets of the book, in a Chromium that refuses a page from the disk what a reader's refuses.

    python .ci/widgets.py BOOK [--screenshots DIR]

Checked of every widget, in a light and a dark theme and at a telephone's width: it starts, without an error and without a
request; its static picture is there without scripts; it answers to a key, and at a telephone's width to a touch; no letter
is smaller than 11 pixels there, nothing wider than the screen; and it shows the numbers that the book has recorded, which
is the function that CHECKS names for it.
"""

import json
import math
import operator
import re
import sys
import time
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from chromium import SIZES, VIEWS, asked, browser, errors_in_console, look, requests_outside

SOURCES = Path(__file__).resolve().parent.parent / "book" / "src"
LEAST_LETTERS = 11  # pixels
MOST_CODE = 60_000  # bytes of all scripts together
PATIENCE = 1.0  # seconds in which a widget answers: Chromium tells a tap from a scroll before it passes a touch on

# What stands in a widget besides its controls: what a key or a touch must change.
ANSWER = """const copy = arguments[0].querySelector('.box').cloneNode(true);
    copy.querySelectorAll('.slider output, input').forEach(control => control.remove());
    return copy.innerHTML"""
PICTURE = """const picture = arguments[0].querySelector(':scope > :not(script):not(.box)');
    return picture !== null && picture.getBoundingClientRect().height > 20"""
LETTERS = """let least = Infinity;
    const texts = document.createTreeWalker(arguments[0].querySelector('.box'), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const parent = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !parent.getClientRects().length) continue;
        const svg = parent.closest('svg');
        const scale = svg ? svg.getScreenCTM().a : 1;
        least = Math.min(least, scale * parseFloat(getComputedStyle(parent).fontSize));
    }
    return least"""
WIDER = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
MIDDLE = """arguments[0].scrollIntoView({block: 'center'});
    const {left, top, width, height} = arguments[0].getBoundingClientRect();
    return [left + width / 2, top + height / 2, width]"""
SET = """arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"""
CONTROLS = "input, select, button, [role=slider]"


class Widget:
    """A widget of the page that is open: what a reader does with it, and what it shows."""

    def __init__(self, driver, name):
        self.driver, self.name = driver, name
        self.place = driver.find_element(By.CSS_SELECTOR, f'.widget[data-widget="{name}"]')

    def all(self, selector):
        return self.place.find_elements(By.CSS_SELECTOR, f".box {selector}")

    def controls(self):
        return self.place.find_elements(By.CSS_SELECTOR, f".box :is({CONTROLS})")

    def shows(self, what):
        """The texts of the nodes that say with `data-shows` what they show."""
        return [node.get_attribute("textContent") for node in self.all(f'[data-shows="{what}"]')]

    def slide(self, index, value):
        """Brings a slider, counted from 0, or another input to a value."""
        self.driver.execute_script(SET, self.all("input:not([type=radio])")[index], value)

    def choose(self, text):
        for label in self.all(".choice label"):
            if label.text == text:
                label.find_element(By.TAG_NAME, "input").send_keys(Keys.SPACE)

    def type(self, text):
        """Writes a text in place of the one that a field has."""
        field = self.all("input[type=text]")[0]
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text or Keys.DELETE)

    def tap(self, node):
        """Clicks on the middle of a node, whatever lies over it."""
        x, y, _ = self.driver.execute_script(MIDDLE, node)
        for kind in ("mousePressed", "mouseReleased"):
            event = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)

    def point(self, node):
        """Moves the mouse to the middle of a node."""
        x, y, _ = self.driver.execute_script(MIDDLE, node)
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})

    def data(self, index=0):
        """What the chapter gives the widget, JSON read."""
        scripts = self.place.find_elements(By.CSS_SELECTOR, 'script[type="application/json"]')
        return json.loads(scripts[index].get_attribute("textContent"))

    def answer(self):
        return self.driver.execute_script(ANSWER, self.place)

    def answers(self, act):
        """Whether what it shows is another after `act` on one of its controls."""
        for index in range(len(self.controls())):
            before = self.answer()
            act(self.controls()[index])
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                if self.answer() != before:
                    return True
        return False

    def press(self, control):
        if control.get_attribute("type") == "text":
            control.send_keys("a")
        elif control.tag_name == "button":
            control.send_keys(Keys.SPACE)
        else:
            self.driver.execute_script("arguments[0].focus()", control)
            key = Keys.ARROW_DOWN if control.tag_name == "select" else Keys.ARROW_RIGHT
            self.driver.switch_to.active_element.send_keys(key)

    def touch(self, control):
        """Taps a button; lays a finger on any other control and moves it a little aside."""
        x, y, width = self.driver.execute_script(MIDDLE, control)
        if control.get_attribute("type") == "range":
            x -= width / 4  # else it may stand there already
        taps = control.tag_name == "button" or control.get_attribute("type") in ("radio", "checkbox")
        moves = [] if taps else [("touchMove", [{"x": x - 15, "y": y + 4}])]
        for kind, points in [("touchStart", [{"x": x, "y": y}]), *moves, ("touchEnd", [])]:
            self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def numbers(lesson):
    """What the demo of a lesson has recorded, by key."""
    entries = (SOURCES / "numbers" / f"{lesson}.txt").read_text().split("ANCHOR: ")[1:]
    return dict(entry.split("\n")[:2] for entry in entries)


def figure(name):
    """The data of a figure."""
    return json.loads((SOURCES / "figures" / f"{name}.json").read_text())


def differ(what, shown, recorded):
    """The problem, if there is one: what a widget shows is not what is recorded."""
    return [] if shown == recorded else [f"{what}: it shows {shown}, recorded is {recorded}"]


def check_merges(widget):
    recorded, found = numbers("02-subwords"), []
    words = {"the": "the", "iterator": "iterator", "blorptastic": "blorptastic", "logos": "λόγος"}
    for key, word in {"thunderstorm": "thunderstorm", **words}.items():
        widget.type(word)
        for index, size in enumerate([256, 300, 500, 1000, 2000, 4000, 8000]):
            widget.slide(1, index)
            count = widget.shows("tokens")[0].split()[0]
            found += differ(f"tokens of {word}, vocabulary {size}", count, recorded[f"{key}-{size}"])
        parts = widget.shows("tokens")[0].split(": ", 1)[1]
        found += differ(f"the tokens of {word}", parts, recorded[f"{key}-parts"])
    for count, said in [(40, ""), (41, "Only the first 40 of 41 characters are encoded.")]:
        widget.type("λ" * count)
        found += differ(f"{count} characters", widget.all("[role=status]")[0].text, said)
    return found


def check_arrows(widget):
    output = (SOURCES / "output" / "03-similarity.txt").read_text()
    found = []
    # A key moves the tip of b by a half.
    for b, keys in [
        ("[4.0, 3.0]", ""),
        ("[-4.0, 3.0]", Keys.ARROW_LEFT * 16),
        ("[0.0, 0.0]", Keys.ARROW_RIGHT * 8 + Keys.ARROW_DOWN * 6),
    ]:
        widget.all("[role=slider]")[1].send_keys(keys)
        shown = [widget.shows(what)[0].split()[-1] for what in ("dot", "cosine", "euclidean")]
        recorded = output.split(f"[3.0, 4.0]  {b}")[1].split()[:3]
        found += differ(f"a [3.0, 4.0] and b {b}", shown, recorded)
    return found


def check_map(widget):
    words, cosines = widget.data(1)
    places = [(point["x"], point["y"]) for point in widget.data(0)["panels"][0]["marks"]["Points"]]
    apart = lambda a, b: math.dist(places[a], places[b])
    cosine = lambda a, b: cosines[max(a, b)][min(a, b)]
    found = []
    keys = ["", Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ARROW_LEFT, Keys.ARROW_UP]
    for k, key in zip([6, 10, 1, 3, 8], keys):
        widget.slide(0, k)
        widget.all("svg")[0].send_keys(key)
        chosen = words.index(widget.shows("chosen")[0])
        others = [word for word in range(len(words)) if word != chosen]
        # Words of one cosine, to three decimals, may stand in either order.
        best = sorted((cosine(chosen, word) for word in others), reverse=True)[:k]
        found += differ(f"cosines of {words[chosen]}", widget.shows("first-cosine"), [f"{value:.3f}" for value in best])
        near = sorted(others, key=lambda word: apart(chosen, word))[:k]
        found += differ(f"near {words[chosen]}", widget.shows("second-word"), [words[word] for word in near])
        found += differ(
            f"their cosines with {words[chosen]}",
            widget.shows("second-cosine"),
            [f"{cosine(chosen, word):.3f}" for word in near],
        )
    for word in (0, 40, 80):
        widget.tap(widget.all("svg [role=option]")[word])
        found += differ("the word that is tapped", widget.shows("chosen"), [words[word]])
    dots = widget.all("svg [role=option]")
    widget.point(dots[0])
    found += differ("a word is pinned, another pointed at", widget.shows("chosen"), [words[80]])
    widget.tap(dots[80])
    widget.point(dots[0])
    found += differ("no word is pinned, one pointed at", widget.shows("chosen"), [words[0]])
    return found


def check_rope(widget):
    recorded, found = numbers("06-positions"), []
    for m, n in [(3, 1), (7, 5), (102, 100), (5, 0), (12, 7)]:
        widget.slide(0, n)
        widget.slide(1, m - n)
        found += differ(f"query at {m}, key at {n}", widget.shows("score")[0], recorded[f"rope-{m}-half-split"])
    return found


def check_alibi(widget):
    slopes, biases = [panel["marks"] for panel in figure("06-alibi")["panels"]]
    slopes, biases, found = slopes["Points"], biases["Lines"], []
    for heads in ("4", "8", "12", "16"):
        widget.choose(heads)
        recorded = [f"{point['y']:.4f}" for point in slopes if point["group"] == f"{heads} heads"]
        found += differ(f"slopes of {heads} heads", [f"{float(slope):.4f}" for slope in widget.shows("slope")], recorded)
    widget.choose("8")
    for distance in (0, 7, 63):
        widget.slide(-1, distance)
        shown = widget.shows("bias")
        for line in biases:
            head = int(line["name"].split()[1])
            bias = line["points"][distance][1]
            if not math.isclose(float(shown[head - 1]), bias, abs_tol=0.0051):
                found.append(f"bias of head {head} at {distance}: it shows {shown[head - 1]}, recorded is {bias}")
    return found


def check_sinusoids(widget):
    recorded, found = numbers("06-positions"), []
    for position in (0, 500):
        widget.slide(0, position)
        for distance in (0, 1, 2, 5, 10, 20, 50, 100):
            widget.slide(1, distance)
            product = recorded[f"sinusoids-{distance}-from-{position}"]
            found += differ(f"rows {position} and {position + distance}", widget.shows("product")[0], product)
    return found


def check_attention(widget):
    output = (SOURCES / "output" / "08-self-attention.txt").read_text()
    recorded = {line.split()[0]: line.split()[1:] for line in output.splitlines()[2:5]}
    outputs = re.findall(r"\d\.\d+", " ".join(widget.shows("output")))
    return differ("shares", widget.shows("share"), recorded["weights"]) + differ("outputs", outputs, recorded["output"])


def check_masks(widget):
    data, found = json.loads(numbers("09-multi-head")["sentence"]), []
    hides = {
        "none": lambda query, key: False,
        "causal": lambda query, key: key > query,
        "padding": lambda query, key: key >= data["length"],
        "both": lambda query, key: key > query or key >= data["length"],
    }
    for head, (mask, hidden) in zip([1, 4, 7, 12], hides.items()):
        widget.choose(mask)
        widget.slide(0, head)
        for _ in data["tokens"]:
            widget.all("svg")[0].send_keys(Keys.ARROW_UP)
        for query, scores in enumerate(data["scores"][head - 1]):
            parts = [0 if hidden(query, key) else math.exp(score) for key, score in enumerate(scores)]
            shares = ["hidden" if hidden(query, key) else f"{part / sum(parts):.2f}" for key, part in enumerate(parts)]
            found += differ(f"{mask}, head {head}, query {query}", widget.shows("share"), shares)
            widget.all("svg")[0].send_keys(Keys.ARROW_DOWN)
    return found


def check_bank(widget):
    recorded, found = numbers("11-encoder"), []
    for layer in range(7):
        widget.slide(0, layer)
        keys = [f"cosine-{layer}-{who}-money-{other}" for who in ("bank", "plain") for other in ("cash", "river")]
        shown = widget.shows("cosine")
        found += differ(f"bank, layer {layer}", shown[0:2] + shown[3:5], [recorded[key] for key in keys])
    for sense in widget.data():
        widget.choose(sense["word"])
        for layer, name in [(1, "first"), (6, "last")]:
            widget.slide(0, layer)
            gap = recorded[f"word-{sense['word']}-{name}-two-senses"]
            found += differ(f"gap of {sense['word']}, layer {layer}", widget.shows("cosine")[2], gap)
            shares = [share for sentence in sense["sentences"] for share in sentence["attention"][layer - 1]]
            shown = [float(share) for share in widget.shows("share")]
            if max(map(abs, map(operator.sub, shares, shown))) > 0.0051:
                found.append(f"shares of {sense['word']}, layer {layer}: it shows {shown}, recorded are {shares}")
    return found


def check_sampling(widget):
    recorded, found = numbers("12-decoder"), []
    everything = len(widget.data()[1])
    for cut, top_k, top_p in [("none", everything, 1), ("top-k-5", 5, 1), ("top-p-0-9", everything, 0.9)]:
        for temperature in ("0.5", "1", "2"):
            widget.slide(0, temperature)
            widget.slide(1, top_k)
            widget.slide(2, top_p)
            key = f"{cut}-{temperature.replace('.', '-')}"
            words = widget.shows("kept")[0].rstrip(".").split()
            shown = [words[0], words[-1]]
            found += differ(key, shown, [recorded[f"kept-{key}"], recorded[f"rank-1-{key}"]])
    widget.slide(0, 0.05)
    widget.slide(2, 1)
    found += differ("nothing is cut", widget.shows("kept")[0].split()[0], str(everything))
    return found


def check_diary(widget):
    recorded, found = numbers("14-sentence-embeddings"), []
    slug = lambda text: "-".join(re.findall("[a-z0-9]+", text.lower()))
    queries, lines = widget.data()["queries"], widget.data()["lines"]
    for query in queries[:5]:
        widget.choose(query)
        scores = dict(zip(widget.shows("line"), widget.shows("score")))
        for line in lines[:3]:
            found += differ(f"{query}: {line}", scores[line], recorded[f"search-{slug(query)}-{slug(line)}"])
    widget.type("dog")
    found += differ("dog finds", widget.shows("line")[0], "My dog ate the homework")
    shown = lambda: [line.is_displayed() for line in widget.all("[data-shows=line]")]
    widget.type("zebra")
    found += differ("zebra is not recorded: lines", shown(), [False] * len(lines))
    widget.choose(queries[0])
    found += differ("a query after it: lines", shown(), [True] * len(lines))
    return found


def check_threshold(widget):
    recorded, found = numbers("15-classification"), []
    dev, calibration = json.loads(recorded["dev"])
    for threshold in (0, 0.2, 0.5, 0.9, 1):
        widget.slide(0, threshold)
        counts = []
        for probabilities in (dev["complaint"], dev["praise"]):
            said = sum(p >= threshold for p in probabilities)
            counts += [str(len(probabilities) - said), str(said)]
        found += differ(f"counts at {threshold}", widget.shows("cell")[:4], counts)
    widget.slide(0, 0.5)
    accuracy = float(recorded["reviews-head-on-frozen-vectors-accuracy"].rstrip("%")) / 100
    if abs(float(widget.shows("accuracy")[0]) - accuracy) > 0.0006:
        found.append(f"accuracy: it shows {widget.shows('accuracy')[0]}, recorded is {accuracy}")
    for of_one in calibration:
        widget.choose(of_one["name"])
        key = "off-" + of_one["name"].replace(", ", "-").replace(" ", "-") + "-calibration-error"
        found += differ(of_one["name"], widget.shows("error")[0], recorded[key])
        bins = [[str(b["answers"]), f"{b['confidence']:.3f}", f"{b['accuracy']:.3f}"] for b in of_one["bins"]]
        found += differ(f"bins of {of_one['name']}", widget.shows("cell")[4:], sum(bins, []))
    return found


# For each widget the function that compares what it shows with what is recorded, and returns the problems.
CHECKS = {
    "02-merges": check_merges,
    "03-arrows": check_arrows,
    "05-map": check_map,
    "06-rope": check_rope,
    "06-alibi": check_alibi,
    "06-sinusoids": check_sinusoids,
    "08-attention": check_attention,
    "09-masks": check_masks,
    "11-bank": check_bank,
    "12-sampling": check_sampling,
    "14-diary": check_diary,
    "15-threshold": check_threshold,
}


def names_on(page):
    return re.findall(r'<div class="widget" data-widget="([^"]+)"', page.read_text())


def problems_without_scripts(driver, page):
    """A reader whose browser runs no scripts sees the static pictures."""
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.get(page.as_uri())
    found = []
    for name in names_on(page):
        if not driver.execute_script(PICTURE, Widget(driver, name).place):
            found.append(f"{name}: no static picture without scripts")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    return found


def problems_of(driver, name, size):
    widget = Widget(driver, name)
    if "answers" not in widget.place.get_attribute("class").split():
        return [f"{name} did not start"]
    found = []
    if driver.execute_script(PICTURE, widget.place):
        found.append(f"{name}: the static picture stands beside what answers")
    if size == "telephone":
        letters = driver.execute_script(LETTERS, widget.place)
        if letters < LEAST_LETTERS:
            found.append(f"{name}: letters of {letters:.1f} pixels")
        if not widget.answers(widget.touch):
            found.append(f"{name} does not answer to a touch")
    elif not widget.answers(widget.press):
        found.append(f"{name} does not answer to a key")
    wider = driver.execute_script(WIDER)
    if wider > 0:
        found.append(f"{name}: {wider} pixels wider than the screen")
    return found


def problems_of_page(driver, page, size, theme, screenshots):
    found = []
    for name in names_on(page):
        driver.get(page.as_uri())
        if screenshots:
            place = Widget(driver, name).place
            place.screenshot(str(screenshots / f"widget-{name}-{size}-{theme}.png"))
        found += problems_of(driver, name, size)
    found += [f"console: {message}" for message in errors_in_console(driver)]
    return found + [f"request: {url}" for url in requests_outside(driver)]


def problems(book, pages, screenshots=None):
    """The problems of all widgets of the built book, and how many widgets there are."""
    pages = [page for page in pages if names_on(page)]
    names = [name for page in pages for name in names_on(page)]
    found = [f"{name} has no check in CHECKS" for name in names if name not in CHECKS]
    found += [f"{name} has a check and is on no page" for name in CHECKS if name not in names]
    code = sum(len(script.read_bytes()) for script in (book / "widgets").glob("*.js"))
    if code > MOST_CODE:
        found.append(f"the scripts of all widgets have {code} bytes, more than {MOST_CODE}")
    driver = browser()
    try:
        for size, theme in VIEWS:
            look(driver, pages[0], SIZES[size], theme)
            touch = {"enabled": size == "telephone"}
            driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", touch)
            for page in pages:
                of_page = problems_of_page(driver, page, size, theme, screenshots)
                found += [f"{page.name}: {problem} ({size}, {theme})" for problem in of_page]
        for page in pages:
            for name in names_on(page):
                driver.get(page.as_uri())
                check = CHECKS.get(name, lambda widget: [])
                found += [f"{name}: {problem}" for problem in check(Widget(driver, name))]
            found += [f"{page.name}: {problem}" for problem in problems_without_scripts(driver, page)]
    finally:
        driver.quit()
    return found, len(names)


def main():
    book, pages, screenshots = asked()
    found, count = problems(book, pages, screenshots)
    for problem in found:
        print(problem)
    print(f"{count} widgets, {len(found)} problems")
    sys.exit(1 if found or not count else 0)


if __name__ == "__main__":
    main()
