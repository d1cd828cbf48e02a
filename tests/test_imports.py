"""Which way imports go, read from the sources; and what importing the package costs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import allocator

PACKAGE = Path(allocator.__file__).parent
ROOMS = (
    *("errors", "money", "core", "data", "policy", "allocation"),
    *("scenarios", "report", "programs", "cli"),
)
HEAVY = {
    "pandas",
    "polars",
    "matplotlib",
    "scipy",
    "cvxpy",
    "highspy",
    "ecos",
    "osqp",
    "scs",
    "dask",
}
CORE_THIRD_PARTY = {"numpy"}
# Rooms that are imported by name, when what they do is asked for, from rooms before them.
BY_NAME = {
    "core": {"backends"},
    "allocation": {"backends", "scenarios", "report"},
    "scenarios": {"report"},
    "programs": {"backends"},
}


def modules():
    """Every module of the package: dotted name below `allocator` -> path."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(p for p in parts if p != "__init__")] = path
    return found


MODULES = modules()


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in (
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
    )


def imports(path, *, lazy=True, typing=True):
    """Dotted names that a source file imports, each with what it takes from there.

    Without `lazy`, not what functions import; without `typing`, not what only type checkers read.
    """
    found = set()
    pending = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room they come from"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif not typing and is_type_checking(node):
            pending.extend(node.orelse)
        elif lazy or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            pending.extend(ast.iter_child_nodes(node))
    return found


def module_of(name):
    """Return the module of ours that a dotted name such as `allocator.core.level.find_level` is."""
    below = name.split(".")[1:]
    while below and ".".join(below) not in MODULES:
        below.pop()
    return ".".join(below)


def ours(path, **options):
    names = imports(path, **options)
    names -= {"allocator.__version__"}  # the one name that the package itself holds
    return {module_of(n) for n in names if n == "allocator" or n.startswith("allocator.")}


def named(path):
    """Rooms that a file names in strings, as for `import_module("allocator.room.module")`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    names = [t for t in texts if isinstance(t, str) and re.fullmatch(r"allocator(\.\w*)+", t)]
    return {name.split(".")[1] for name in names} & {*ROOMS, "backends"}


def third_party(path, **options):
    tops = {name.split(".")[0] for name in imports(path, **options)}
    return {t for t in tops if t not in sys.stdlib_module_names and t != "allocator"}


def room(module):
    return module.split(".")[0]


INSIDE = sorted(m for m in MODULES if m and m != "__main__")


def test_every_module_has_a_room():
    assert {room(m) for m in INSIDE} <= {*ROOMS, "backends"}
    assert {"core.certificate", "core.level", "money", "errors"} <= set(INSIDE)


@pytest.mark.parametrize("module", INSIDE)
def test_a_room_imports_only_what_stands_before_it(module):
    own = room(module)
    if own == "backends":
        allowed = {"errors", "money", "core", "backends"}
    else:
        allowed = {own, *ROOMS[: ROOMS.index(own)]}
    for imported in ours(MODULES[module], typing=False):
        assert room(imported) in allowed, f"{module} imports {imported}, which stands after it"


def test_a_room_names_only_what_is_known_to_be_imported_by_name():
    found = {}
    for module in INSIDE:
        own = room(module)
        before = ROOMS[: ROOMS.index(own)] if own in ROOMS else ()
        if after := named(MODULES[module]) - {own, *before}:
            found.setdefault(own, set()).update(after)
    assert found == BY_NAME


@pytest.mark.parametrize("module", ["errors", "money"])
def test_errors_and_money_stand_alone(module):
    assert not ours(MODULES[module])
    assert third_party(MODULES[module]) <= {"numpy"}


@pytest.mark.parametrize("module", [m for m in INSIDE if room(m) == "core"])
def test_core_needs_numpy_only(module):
    assert third_party(MODULES[module]) <= CORE_THIRD_PARTY


@pytest.mark.parametrize("module", [m for m in INSIDE if room(m) != "backends"])
def test_heavy_packages_are_never_imported_on_loading(module):
    heavy = HEAVY - {"matplotlib"} if room(module) == "report" else HEAVY
    assert not third_party(MODULES[module], lazy=False, typing=False) & heavy


def closure(module):
    """Return the module and everything of ours that loading it loads."""
    seen, pending = set(), [module]
    while pending:
        current = pending.pop()
        if current not in seen:
            seen.add(current)
            pending.extend(ours(MODULES[current]))
    return seen


def test_the_certificate_does_not_know_how_awards_are_found():
    loaded = closure("core.certificate")
    searching = {"core.level", "core.cents", "core.solve", "core.tiers", "core.prices"}
    assert not loaded & {*searching, "core.divide"}
    assert {"core.edge", "core.gap", "core.order", "core.problem"} <= loaded  # the reading works


def test_the_search_knows_no_rule():
    assert ours(MODULES["core.level"]) == {"core.curves"}
    assert "core.rules" not in closure("core.level")


def test_the_package_itself_imports_nothing_on_loading():
    assert not ours(MODULES[""], lazy=False, typing=False)
    assert not third_party(MODULES[""], lazy=False, typing=False)


def test_what_type_checkers_read_is_what_is_imported_on_first_use():
    tree = ast.parse(MODULES[""].read_text(encoding="utf-8"))
    (typing,) = (node for node in tree.body if is_type_checking(node))
    read = [
        (alias.asname, f"{node.module}.{alias.name}")
        for node in typing.body
        for alias in node.names
    ]
    homes = {name: f"allocator.{home}.{name}" for name, home in allocator._HOMES.items()}
    homes |= {name: f"allocator.{home}" for name, home in allocator._MODULES.items()}
    homes["report"] = "allocator.report.report.report"  # the function that calling the room calls
    assert dict(read) == homes
    assert len(read) == len(homes)
    for name in homes:
        assert getattr(allocator, name).__name__.rpartition(".")[2] == name


def loaded_by(statement):
    code = f"import sys\n{statement}\nprint(*sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in run.stdout.split()}


def test_importing_the_package_is_light():
    loaded = loaded_by("import allocator")
    assert "allocator" in loaded
    assert not loaded & {*HEAVY, "pyarrow", "pydantic", "numpy", "click", "jinja2"}


def test_using_the_core_is_light():
    loaded = loaded_by(
        "from allocator.core.divide import divide\n"
        "from allocator.core.certificate import verify\n"
        "assert divide(10, claims=[5, 15], unit=1).tolist() == [2, 8]"
        " or divide(10, claims=[5, 15], unit=1).tolist() == [3, 7]"
    )
    assert "numpy" in loaded
    assert not loaded & {*HEAVY, "pyarrow", "pydantic", "click", "jinja2"}


def test_reading_imports(tmp_path):
    source = tmp_path / "module.py"
    source.write_text(
        "from typing import TYPE_CHECKING\nimport numpy as np\n"
        "if TYPE_CHECKING:\n    import pandas\n"
        "try:\n    import scipy\nexcept ImportError:\n    pass\n"
        "class A:\n    import cvxpy\n    def f(self):\n        from dask.array import sum\n"
    )
    assert third_party(source) == {"numpy", "pandas", "scipy", "cvxpy", "dask"}
    assert third_party(source, typing=False) == {"numpy", "scipy", "cvxpy", "dask"}
    assert third_party(source, lazy=False, typing=False) == {"numpy", "scipy", "cvxpy"}
    source.write_text(
        'import_module("allocator.report.cards")\nimport_module(f"allocator.cli.{a}")\n'
    )
    assert named(source) == {"report", "cli"}
    assert module_of("allocator.core.level.find_level") == "core.level"
    assert module_of("allocator.core") == "core"
    assert module_of("allocator") == ""
