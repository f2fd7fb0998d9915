"""Runs notebooks with the real kernel and fails on an error, on a panic, or on a figure that differs from the book's.

    python .ci/notebooks.py notebooks/08-self-attention.ipynb ..
    python .ci/notebooks.py --new       lists the notebooks whose code no kernel has run yet, and runs nothing

`cargo test -p notebooks` compiles and runs the same cells in a fraction of the time. What only the kernel can say is whether
it can keep a cell's variables for the next one, which depends on the code of the cells: notebooks/kernel.json has the
sha256 of the code that it has run, and is brought up to date here. Commit it with the notebook.

Needs nbclient, and evcxr_jupyter installed as a kernel. Nothing is written into the notebooks.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "book/src/figures"
RECORD = ROOT / "notebooks/kernel.json"
DATA = "application/vnd.rungs.figure+json"  # as notebooks/src/lib.rs calls it
COMPILING = 1800  # seconds: the first cell of the first notebook compiles every lesson's dependencies


def digest(path):
    """The sha256 of a notebook's code."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return hashlib.sha256("\n\n".join(cells).encode()).hexdigest()


def outputs(notebook):
    return [(cell, output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def numbers(value):
    """Every number of a figure's panels, in order."""
    if isinstance(value, bool):
        return []
    if isinstance(value, (int, float)):
        return [float(value)]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [number for item in items for number in numbers(item)]


def differs(figure):
    """What is wrong with a figure beside the book's of the same name, or None."""
    path = FIGURES / f"{figure['name']}.json"
    if not path.exists():
        return f"{figure['name']} is not in the book"
    book = json.loads(path.read_text())
    here, there = numbers(figure["panels"]), numbers(book["panels"])
    if figure["title"] != book["title"] or len(here) != len(there):
        return f"{figure['name']} is made of other words or counts than the book's"
    far = max((abs(a - b) for a, b in zip(here, there)), default=0.0)
    return f"{figure['name']}: {far} off, band {book['band']}" if far > book["band"] else None


def run(path):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=COMPILING, startup_timeout=300, kernel_name="rust", resources={"metadata": {"path": path.parent}}
    )
    try:
        client.execute()
    except CellExecutionError as error:
        said = [output["text"] for _, output in outputs(notebook) if output.get("name") == "stderr"]
        return [f"{error}\n{''.join(said)}"]
    problems, shown = [], 0
    for cell, output in outputs(notebook):
        text = output.get("text", "") + output.get("data", {}).get("text/plain", "")
        if "panicked at" in text:
            problems.append(f"panic in: {cell.source}\n{text}")
        figure = output.get("data", {}).get(DATA)
        if figure and figure["name"] != "own":
            shown += 1
            problems.append(differs(figure))
    if not shown:
        problems.append("shows no figure of the book")
    return [problem for problem in problems if problem]


def main():
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if sys.argv[1:] == ["--new"]:
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            if digest(path) != recorded.get(path.stem):
                print(path.relative_to(ROOT))
        return
    paths = [Path(name).resolve() for name in sys.argv[1:]]
    failed = 0
    for path in paths:
        start = time.monotonic()
        problems = run(path)
        print(f"{time.monotonic() - start:6.0f} s  {path.name}: {'FAILED' if problems else 'ok'}", flush=True)
        for problem in problems:
            print(f"          {problem}", flush=True)
        failed += bool(problems)
        if not problems and recorded.get(path.stem) != digest(path):
            recorded[path.stem] = digest(path)
            RECORD.write_text(json.dumps(dict(sorted(recorded.items())), indent=2) + "\n")
    print(f"{len(paths) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not paths else 0)


main()
