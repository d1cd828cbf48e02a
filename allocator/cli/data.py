"""``allocator data``: simulate, prepare."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.console import tell
from allocator.cli.options import read_policy

__all__ = ["data"]

_ROWS = {"voucher": "users", "depeg": "positions", "loan": "applicants"}


@click.group()
def data() -> None:
    """Simulate tables, or prepare users from events."""


@data.command()
@click.option(
    "--kind",
    type=click.Choice(list(_ROWS)),
    default="voucher",
    show_default=True,
    help="Of the program that takes the table: users, positions or applicants.",
)
@click.option(
    "--users",
    type=click.IntRange(min=1),
    help="How many users; of kind depeg, how many u1, u2, ... the positions may belong to.",
)
@click.option("--positions", type=click.IntRange(min=1), help="How many, of kind depeg.")
@click.option("--applicants", type=click.IntRange(min=1), help="How many, of kind loan.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help=".parquet or .csv")
def simulate(
    kind: str,
    users: int | None,
    positions: int | None,
    applicants: int | None,
    seed: int,
    out: Path,
) -> None:
    """Simulate a table; the same seed gives the same bytes."""
    given = {"users": users, "positions": positions, "applicants": applicants}
    rows = _ROWS[kind]
    if (n := given[rows]) is None:
        raise click.UsageError(f"--kind {kind} needs --{rows} N")
    for name in given.keys() - {rows} - ({"users"} if kind == "depeg" else set()):
        if given[name] is not None:
            raise click.UsageError(f"--{name} is not for --kind {kind}")
    _write(_simulated(kind, n, users, seed), out)
    tell(f"{n:,} simulated {rows} in {out}")
    if out.suffix.lower() != ".parquet":
        tell(f"{out.name} cannot say that it is simulated, and runs of it will not: .parquet can")


def _simulated(kind: str, n: int, users: int | None, seed: int) -> object:
    if kind == "depeg":
        from allocator.programs.depeg.simulate import simulate_positions

        return simulate_positions(n, seed=seed, users=users).table
    if kind == "loan":
        from allocator.programs.loan.simulate import simulate_applicants

        return simulate_applicants(n, seed=seed).table
    from allocator.data.simulate import simulate_users

    return simulate_users(n, seed=seed).table


@data.command()
@click.option("--liquidations", required=True, help="user_id, time, product, loss")
@click.option("--snapshot", required=True, help="user_id, net_assets")
@click.option("--attributes", help="user_id, and whatever a policy refers to")
@click.option("--policy", required=True, help="Gives the window, the products, the columns.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help=".parquet or .csv")
def prepare(
    liquidations: str, snapshot: str, attributes: str | None, policy: str, out: Path
) -> None:
    """Make a users table: filter the window and products, sum per user, join the snapshot."""
    from allocator.data.prepare import prepare as make_table
    from allocator.policy.values import read_instant

    chosen = read_policy(policy)
    rules = chosen.eligibility
    table, counts = make_table(
        liquidations,
        snapshot,
        attributes,
        window_start=read_instant(rules.window_start),
        window_end=read_instant(rules.window_end),
        products=rules.products,
        columns=chosen.columns,
    )
    _write(table.table, out)
    for name, count in vars(counts).items():
        if name != "sources":
            click.echo(f"{count:>12,} {name.replace('_', ' ')}")
    tell(f"{len(table):,} users in {out}")


def _write(table: object, out: Path) -> None:
    from allocator.data.write import write_csv, write_parquet
    from allocator.errors import AllocatorError

    if not out.parent.is_dir():
        raise AllocatorError(f"cannot write {out}: there is no folder {out.parent}")
    write = {".parquet": write_parquet, ".csv": write_csv}.get(out.suffix)
    if write is None:
        raise click.UsageError(
            f"--out must end in .parquet or .csv, not {out.suffix or out.name!r}"
        )
    write(out, table)
