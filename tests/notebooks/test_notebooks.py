"""Every notebook runs top to bottom, and the one kept with its outputs is that notebook."""

import json
import re
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


@pytest.mark.parametrize("script", execute.scripts(), ids=lambda path: path.stem)
def test_what_is_kept_is_nobodys_machine(script):
    kept = jupytext.read(script.with_suffix(".ipynb"))
    assert "widgets" not in kept.metadata
    outputs = [output for cell in kept.cells for output in cell.get("outputs", ())]
    assert not [each for each in outputs if each.output_type == "error"]
    assert not [each for each in outputs if each.get("name") == "stderr"]
    text = json.dumps(outputs)
    assert not re.search(r"/(home|root|tmp|work|Users)/|site-packages| at 0x", text)
    assert "widget-view" not in text
