"""Execute the notebook scripts and keep each with its outputs beside it: ``make notebooks``."""

from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def scripts() -> list[Path]:
    """Return the notebook scripts, in order."""
    return sorted(HERE.glob("[0-9]*.py"))


def executed(script: Path) -> nbformat.NotebookNode:
    """Run a script top to bottom in a fresh kernel; a cell that fails raises."""
    notebook = jupytext.read(script)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False)
    client.execute(cwd=str(HERE))
    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # the same notebook, the same bytes
        for output in cell.get("outputs", ()):  # widgets need a kernel: what stands for them stays
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return notebook


if __name__ == "__main__":
    for path in scripts():
        done = executed(path)
        nbformat.write(done, path.with_suffix(".ipynb"))
        pictures = [
            output.data["image/svg+xml"]
            for cell in done.cells
            for output in cell.get("outputs", ())
            if "image/svg+xml" in output.get("data", {})
        ]
        if pictures and path.stem.startswith("01"):  # for the README
            (HERE / "where_the_money_goes.svg").write_text(pictures[0], encoding="utf-8")
