"""The report: one page that needs nothing else, for people who will never install anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from allocator.allocation.loading import load_allocation
from allocator.allocation.pipeline import Loaded
from allocator.allocation.result import Allocation
from allocator.data.write import write_file
from allocator.errors import AllocatorError, DataError, UnsupportedError
from allocator.policy.schema import Policy
from allocator.report.awards import draw_awards
from allocator.report.calculator import script, script_hash
from allocator.report.content import page_content
from allocator.report.disclosure import told_apart
from allocator.report.eligibility import draw_eligibility
from allocator.report.figures import Plots, check_number
from allocator.report.health_words import health_rows
from allocator.report.optional import need
from allocator.report.style import to_svg
from allocator.report.where_it_goes import draw_money
from allocator.scenarios.bands import award_bands
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.health.health import health, health_of
from allocator.scenarios.health.result import Health
from allocator.scenarios.panel import distinct_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["render", "report"]

MARK = '<meta name="generator" content="allocator">'


def report(
    allocations: Allocation | str | os.PathLike[str] | Sequence[Any],
    path: str | os.PathLike[str],
    force: bool = False,
    users: object = None,
) -> None:
    """Write a report of one to three allocations of the same users.

    Parameters
    ----------
    allocations : Allocation, directory of a run, or a sequence of one to three of these
        The report is about the first; the others are compared with it.
    path : path
        Of the page: one file under 1 MB that opens with no network and has no user ids.
    force : bool
        Replace a file that is not a report.
    users : path, UsersTable, data frame or Arrow table, optional
        The users table of the first allocation. With it the page also tells what the health
        checks of its policy found, where they take such a policy.

    Raises
    ------
    DataError
        If there are none or more than three, they have no user in common, or one is neither an
        allocation nor a run.
    UnsupportedError
        If matplotlib or jinja2 is not installed.
    AllocatorError
        If `path` is a file that is not a report, or cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="5000.00")
    >>> result = al.allocate(al.simulate_users(200, seed=7), policy)
    >>> with TemporaryDirectory() as folder:
    ...     page = Path(folder) / "report.html"
    ...     al.report(result, page)
    ...     print(page.read_text(encoding="utf-8").splitlines()[0])
    <!doctype html>
    """
    one = isinstance(allocations, (Allocation, Policy, str, os.PathLike))
    listed = [allocations] if one or not isinstance(allocations, Iterable) else allocations
    loaded = [_loaded(each) for each in listed]
    if not force and os.path.exists(path) and not _is_report(path):
        said = f"{os.fspath(path)} exists and is not a report: choose another "
        raise AllocatorError(f"{said}name, or force=True").in_shell(f"{said}--out")
    write_file(path, render(loaded, users).encode("utf-8"))


def render(allocations: Sequence[Allocation], users: object = None) -> str:
    """Return the page of a report.

    Parameters
    ----------
    allocations : sequence of Allocation
        One to three.
    users : Loaded, or path, UsersTable, data frame or Arrow table, optional
        As in `report`; what the first allocation was just run on costs less.

    Returns
    -------
    str
        HTML. The same allocations give the same page.

    Raises
    ------
    DataError, UnsupportedError
        As in `report`.
    """
    jinja2 = need("jinja2")
    need("matplotlib.figure")
    check_number(allocations)
    names = distinct_names([each.policy.name for each in allocations])
    shown, left_out = told_apart(list(zip(names, allocations, strict=True)))
    plots = Plots([run for _, run in shown], [name for name, _ in shown])
    with ThreadPoolExecutor(1) as pool:  # drawing leaves a core to spare
        found = None if users is None else pool.submit(_health, users, allocations[0])
        content = page_content(plots, left_out)
        content["figures"] = _figures(plots, content)
    content["health"] = None
    if found is not None and not content["few"]:
        with suppress(UnsupportedError):  # of a policy that they cannot look at, the page says so
            content["health"] = health_rows(found.result(), hide_cap=1 in content["hidden_sums"])
    content |= {"script": script(), "script_hash": script_hash()}
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("allocator.report", "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page: str = environment.get_template("page.html").render(**content, mark=MARK)
    return page


def _loaded(run: object) -> Allocation:
    if isinstance(run, Allocation):
        return run
    if isinstance(run, (str, os.PathLike)):
        return load_allocation(run)
    raise DataError(
        f"cannot report a {type(run).__name__}: a report is of allocations, made by "
        "allocate(users, policy), or of directories of runs"
    )


def _health(users: object, allocation: Allocation) -> Health:
    if isinstance(users, Loaded):
        return health_of(allocation, users)
    return health(users, allocation.policy)


def _figures(plots: Plots, content: dict[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Each figure in two widths; None where few users could be recognized in it.

    The markup is safe, because matplotlib escapes its texts.
    """
    markup = need("markupsafe").Markup
    comparison, out, few = plots.comparison, content["out"], content["few"]
    users, scenario = comparison.users, comparison.users.scenarios[0]
    certificate = scenario.allocation.certificate
    deciles = comparison.tables().users[:DECILES]
    some = {k for k, row in enumerate(deciles) if row.users} - content["gone"][scenario.name]
    drawings: dict[str, tuple[bool, Callable[[bool], Figure]]] = {
        "money": (
            bool(some) and not few,
            lambda narrow: draw_money(comparison, narrow=narrow),
        ),
        "awards": (
            len(award_bands(users, scenario)) > 1 and not few,
            lambda narrow: draw_awards(comparison, narrow=narrow),
        ),
        "eligibility": (
            not content["hide_users"],
            lambda narrow: draw_eligibility(
                certificate.users, certificate.eligible, out, narrow=narrow
            ),
        ),
    }
    return {
        name: {
            width: markup(to_svg(draw(width == "narrow"), f"{name}-{width}"))
            for width in ("wide", "narrow")
        }
        if shown
        else None
        for name, (shown, draw) in drawings.items()
    }


def _is_report(path: str | os.PathLike[str]) -> bool:
    try:
        with open(path, "rb") as file:
            return MARK.encode() in file.read(1024)
    except OSError:  # a folder, or not ours to read
        return False
