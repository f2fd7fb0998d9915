"""Headless Chromium as the checks of the book use it.

Needs selenium and Debian's chromium and chromium-driver.
"""

import argparse
import json
from pathlib import Path

from selenium import webdriver

SIZES = {"desk": (1280, 1600), "telephone": (390, 844)}
THEMES = ["light", "navy"]
VIEWS = [(size, theme) for size in SIZES for theme in THEMES]
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


def asked():
    """What the command line names: a book, its pages, and the folder of screenshots, if one is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("book", type=Path)
    parser.add_argument("--screenshots", type=Path)
    arguments = parser.parse_args()
    book = arguments.book.resolve()
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    pages = sorted(page for page in book.rglob("*.html") if page.name not in ("404.html", "print.html", "toc.html"))
    return book, pages, arguments.screenshots


def browser(*flags):
    options = webdriver.ChromeOptions()
    for flag in [*FLAGS, *flags]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.binary_location = "/usr/bin/chromium"
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


def requests_outside(driver):
    urls = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            urls.append(message["params"]["request"]["url"])
    return [url for url in urls if not url.startswith(("file:", "data:", "blob:", "about:", "chrome:"))]


def errors_in_console(driver):
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def look(driver, page, size, theme):
    """Opens a page. Every page that is opened after it is seen in this size and theme."""
    driver.set_window_size(*size)
    # The width of the page itself: a headless window has a least width that is above a telephone's.
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.get(page.as_uri())
    driver.execute_script("localStorage.setItem('mdbook-theme', arguments[0])", theme)
