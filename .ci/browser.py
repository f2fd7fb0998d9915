"""Opens every page of the built book in headless Chromium, from the disk, and fails on what a reader would meet.

    python .ci/browser.py BOOK [--screenshots DIR]

Checked on every page, in a light and a dark theme and at a telephone's width: no error in the console, no request that
leaves the machine, every picture there and with words for those who do not see it, formulas rendered, nothing wider than
the screen, and on a desk no line of code or output wider than its page. Once: search finds "attention". Its index is
fetched, which Chromium refuses a page from the disk unless it is told otherwise; the widgets fetch nothing, and
widgets.py sees them in a Chromium that was told nothing.
"""

import sys

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import widgets
from chromium import SIZES, VIEWS, asked, browser, errors_in_console, look, requests_outside

PICTURES = """return [...document.querySelectorAll('main img')]
    .filter(image => !(image.complete && image.naturalWidth > 0 && image.alt)).map(image => image.src)"""
FORMULAS = """return [document.querySelectorAll('main .katex').length, document.querySelectorAll('main .katex-error').length,
    [...document.querySelectorAll('main p, main li, main td')].filter(
        part => [...part.childNodes].some(node => node.nodeType === 3 && /\\$[^$]+\\$/.test(node.data))).length]"""
KATEX = "return document.fonts.check('12px KaTeX_Main') && getComputedStyle(document.querySelector('main .katex')).fontFamily"
LINES = """return [...document.querySelectorAll('main pre > code')].filter(code => code.scrollWidth > code.clientWidth)
    .map(code => Math.max(...code.textContent.split('\\n').map(line => line.length)) + ' characters: ' +
        code.textContent.trim().split('\\n')[0].slice(0, 60))"""
THEME = "return document.documentElement.classList.contains(arguments[0])"
WIDER = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def problems_of(driver, page, size, theme):
    found = [f"console: {message}" for message in errors_in_console(driver)]
    found += [f"request: {url}" for url in requests_outside(driver)]
    found += [f"picture missing or without words: {src}" for src in driver.execute_script(PICTURES)]
    if not driver.execute_script(THEME, theme):
        found.append(f"the theme is not {theme}")
    formulas, broken, raw = driver.execute_script(FORMULAS)
    if broken or raw:
        found.append(f"formulas: {broken} broken, {raw} not rendered")
    if formulas and "KaTeX" not in (driver.execute_script(KATEX) or ""):
        found.append("formulas: the fonts did not load")
    if size == "desk":
        found += [f"a line too wide to be seen whole, {line}" for line in driver.execute_script(LINES)]
    wider = driver.execute_script(WIDER)
    if wider > 0:
        found.append(f"{wider} pixels wider than the screen")
    return [f"{page.parent.name}/{page.name}: {problem}" for problem in found]


def search(driver, book):
    look(driver, book / "introduction.html", SIZES["desk"], "light")
    driver.find_element(By.TAG_NAME, "body").send_keys("s")
    field = WebDriverWait(driver, 20).until(lambda d: d.find_element(By.ID, "mdbook-searchbar"))
    WebDriverWait(driver, 20).until(lambda _: field.is_displayed() and field.is_enabled())
    field.send_keys("attention")
    hits = lambda d: [hit.text for hit in d.find_elements(By.CSS_SELECTOR, "#mdbook-searchresults li a")]
    found = WebDriverWait(driver, 20).until(hits)
    return [] if any("attention" in hit.lower() for hit in found) else [f"search for attention found {found}"]


def main():
    book, pages, screenshots = asked()
    driver, problems = browser("--allow-file-access-from-files"), []
    try:
        for size, theme in VIEWS:
            look(driver, book / "introduction.html", SIZES[size], theme)
            for page in pages:
                driver.get(page.as_uri())
                problems += [f"{problem} ({size}, {theme})" for problem in problems_of(driver, page, size, theme)]
                if screenshots:
                    name = "-".join(page.relative_to(book).with_suffix("").parts)
                    driver.save_screenshot(str(screenshots / f"{name}-{size}-{theme}.png"))
        problems += search(driver, book)
    finally:
        driver.quit()
    of_widgets, count = widgets.problems(book, pages, screenshots)
    problems += of_widgets
    for problem in problems:
        print(problem)
    print(f"{len(pages)} pages, {len(VIEWS)} views of each, {count} widgets, {len(problems)} problems")
    sys.exit(1 if problems or not pages else 0)


main()
