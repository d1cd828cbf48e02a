"""Every notebook runs top to bottom, and the one kept with its outputs is that notebook."""

import sys
from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
sys.path.insert(0, str(NOTEBOOKS))
import execute  # noqa: E402


@pytest.mark.parametrize("script", execute.scripts(), ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_notebook(script):
    notebook = execute.executed(script)
    kept = jupytext.read(script.with_suffix(".ipynb"))
    assert [cell.source for cell in kept.cells] == [cell.source for cell in notebook.cells]
    outputs = [cell.outputs for cell in kept.cells if cell.cell_type == "code"]
    assert any(outputs), "run make notebooks"
