"""What the modules of these rooms promise each other and whoever reads help()."""

import ast
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

import allocator

HOME = Path(allocator.__file__).parent
MODULES = sorted(
    f"allocator.{path.parent.name}.{path.stem}"
    for room in ("policy", "data")
    for path in (HOME / room).glob("[a-z]*.py")
)


@pytest.mark.parametrize("name", MODULES)
def test_dataclasses_document_attributes(name):
    module = import_module(name)
    for each in vars(module).values():
        if not isinstance(each, type) or each.__module__ != name:
            continue
        # Ids are made of their parameters, as a list is.
        if is_dataclass(each) and each.__name__ != "Ids":
            assert "Parameters\n" not in (each.__doc__ or ""), each


def test_modules_list_every_name_that_others_import():
    imported = {
        (node.module, alias.name)
        for path in HOME.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in (*MODULES, "allocator.money")
        for alias in node.names
    }
    assert len(imported) > 100
    assert not {(m, n) for m, n in imported if n not in import_module(m).__all__}
