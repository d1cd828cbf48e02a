"""``allocator demo``: the main job on simulated users."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import click

from allocator.cli.console import tell
from allocator.cli.run import run_to_directory

__all__ = ["demo"]

USERS = 1_700_000
SEED = 7


@click.command()
@click.option("--users", "n", type=click.IntRange(min=1), default=USERS, show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs/demo"), show_default=True
)
def demo(n: int, out: Path) -> None:
    """Simulate users, allocate $300,000,000.00 by the announced policy, verify, report.

    With fewer users than 1.7 million the budget shrinks in proportion.
    """
    from allocator.data.simulate import simulate_users
    from allocator.data.write import write_parquet
    from allocator.money import exact, format_cents
    from allocator.policy.schema import Policy

    policy = Policy.default()
    if n != USERS:
        cents = max(1, int(exact(policy.award.budget) * 100 * Fraction(n, USERS)))
        text = f"{cents // 100}.{cents % 100:02d}"
        policy = policy.replace({"award.budget": text, "name": "Announced, scaled down"})
        tell(f"budget: {format_cents(cents)}, in proportion to the number of users")
    tell(f"simulating {n:,} users (seed {SEED}) ...")
    users = out.parent / f"{out.name}-users.parquet"
    users.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(users, simulate_users(n, seed=SEED).table)
    run_to_directory(str(users), policy, out, report=True, force=True)
    sys.stdout.flush()
