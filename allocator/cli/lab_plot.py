"""``allocator lab plot``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from allocator.cli.console import clear_line, progress, refuse_no_run, tell

if TYPE_CHECKING:
    from allocator.report.figures import Plots
    from allocator.report.plots.chart import Chart

__all__ = ["plot"]

FORMATS: dict[str, Literal["png", "svg"]] = {".png": "png", ".svg": "svg"}
DPI = 150


@click.command()
@click.argument(
    "directories", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path)
)
@click.option("--figure", "name", metavar="NAME", help="Which figure; all of them if not given.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="A .png or .svg file; a folder for all figures. Named after the figure, or figures, if "
    "not given.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Write the numbers behind it as CSV instead.")
@click.option(
    "--users",
    metavar="USERS",
    help="The users table: for the frontier, and for all that was assumed in the tornado.",
)
def plot(
    directories: tuple[Path, ...],
    name: str | None,
    out: Path | None,
    as_csv: bool,
    users: str | None,
) -> None:
    """Draw pictures of the runs in DIR...: the first is the base of comparisons.

    For example: allocator lab plot runs/announced runs/broad --figure gainers --out gainers.svg
    """
    from allocator.allocation.loading import load_allocation
    from allocator.report.disclosure import told_apart
    from allocator.report.figures import NAMES, Plots
    from allocator.scenarios.panel import distinct_names

    known = (*NAMES, "frontier")
    if name is not None and name not in known:
        raise click.UsageError(f"there is no figure {name!r}; there are {', '.join(known)}")
    if name == "frontier" and users is None:
        raise click.UsageError("--figure frontier runs the policies again: give --users USERS, too")
    if name == "gainers" and len(directories) < 2:
        raise click.UsageError("--figure gainers compares policies: name a second run, too")
    for directory in directories:
        refuse_no_run(directory)
    if out is not None:
        _check_out(out, one=name is not None, as_csv=as_csv)
    runs = [load_allocation(each) for each in directories]
    names = distinct_names([each.policy.name for each in runs])
    shown, left_out = told_apart(list(zip(names, runs, strict=True)))
    plots = Plots([run for _, run in shown], [called for called, _ in shown])
    wanted = [name] if name else [each for each in known if users or each != "frontier"]
    charts = [_chart(plots, each, users) for each in wanted]
    clear_line()
    for called, _ in left_out:
        tell(f"left out {called}: beside {names[0]} it would tell what fewer than ten people get")
    if name is not None:
        _one(charts[0], out, as_csv=as_csv)
        return
    folder = out or Path("figures")
    folder.mkdir(parents=True, exist_ok=True)
    for chart in charts:
        if chart.shown:
            _write(chart, folder / f"{chart.name}{'.csv' if as_csv else '.png'}")
        else:
            tell(f"left out {chart.name}: {chart.title}")
    if users is None:
        tell("left out frontier: it needs --users USERS")


def _check_out(out: Path, *, one: bool, as_csv: bool) -> None:
    picture = out.suffix.lower() in FORMATS
    if one and not as_csv and not picture:
        raise click.UsageError(f"--out {out}: a figure is a .png or .svg file")
    if one and as_csv and picture:
        raise click.UsageError(f"--out {out}: with --csv, the numbers are a .csv file")
    if not one and picture and not out.is_dir():
        raise click.UsageError(f"--out {out}: all figures need a folder; one needs --figure NAME")


def _chart(plots: Plots, name: str, users: str | None) -> Chart:
    policies = [each.policy for each in plots.comparison.allocations]
    if name == "frontier":
        from allocator.scenarios.frontier import frontier

        return plots.frontier_chart(
            *(frontier(users, each, progress=progress()) for each in policies)
        )
    if name == "tornado" and users is not None:
        from allocator.scenarios.health.health import health

        return plots.tornado_chart(*(health(users, each, progress=progress()) for each in policies))
    return plots.chart(name)


def _one(chart: Chart, out: Path | None, *, as_csv: bool) -> None:
    from allocator.report.plots.chart import rows_csv

    if as_csv and out is None:
        click.echo(rows_csv(chart.rows), nl=False)
        return
    _write(chart, out or Path(f"{chart.name}.png"))


def _write(chart: Chart, path: Path) -> None:
    from allocator.data.write import write_file
    from allocator.report.plots.chart import rows_csv

    suffix = path.suffix.lower()
    if suffix in FORMATS:
        write_file(path, chart.figure().encoded(FORMATS[suffix], dpi=DPI))
    else:
        write_file(path, rows_csv(chart.rows).encode("utf-8"))
    tell(f"wrote {path}: {chart.title}")
