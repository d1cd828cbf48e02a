"""What a further scenario of a sweep costs, beside its own level and cents."""

from __future__ import annotations

from statistics import median

from allocator.allocation.stages import Stages
from allocator.core.solve import solve
from allocator.data.simulate import simulate_users
from allocator.policy.compile import rule_of
from allocator.policy.schema import Policy
from allocator.scenarios.knobs import shown, turned
from allocator.scenarios.reading import load_for
from allocator.scenarios.scenario_figures import scenario_figures
from allocator.scenarios.shared import SharedUsers, Solved
from benchmarks.instances import PROGRAM_BUDGET, PROGRAM_USERS
from benchmarks.measure import seconds_of
from benchmarks.page import Requirement, Section, Table, duration

__all__ = ["CASES", "run"]

LIMIT = 1.3
TURNS = 15  # of some 40 ms each: fewer, and a neighbor on the machine decides
SEED = 7
# What a scenario changes, and whether the arrays it needs are those of the scenario before.
CASES: tuple[tuple[dict[str, object], bool], ...] = (
    ({"objective.alpha": 0.5}, True),
    ({"objective.alpha": 2.0}, True),
    ({"objective.alpha": 5.0}, True),
    ({"award.maximum": "10000.00"}, True),
    ({"award.minimum": "10.00"}, True),
    ({"award.budget": "200000000.00"}, True),
    ({"weights.ratio_exponent": 1.0}, False),
    ({"weights.loss_exponent": 0.6}, False),
    ({"eligibility.min_loss": "100.00"}, False),
    ({"eligibility.min_loss_ratio": "0.40"}, False),
)


def run(*, quick: bool) -> Section:
    """Prepare users once, and time further scenarios."""
    n = 100_000 if quick else PROGRAM_USERS
    budget = f"{PROGRAM_BUDGET * n // PROGRAM_USERS // 100}.00"
    base = Policy.default().replace(budget=budget)
    cases = [(change, turned(base, _scaled(change, n)), same) for change, same in CASES]
    policies = [base, *(policy for _, policy, _ in cases)]
    loaded = load_for(simulate_users(n, seed=SEED), policies, Stages())
    first = seconds_of(lambda: SharedUsers(loaded, policies).solve(base))
    shared = SharedUsers(loaded, policies)
    rows, worst = [], 0.0
    for change, policy, same in cases:
        whole, own, ratio, users = _further(shared, base, policy)
        worst = max(worst, ratio)
        name = shown(change)
        rows.append(
            (
                name,
                f"{users:,}",
                duration(whole),
                duration(own),
                f"{ratio:.2f} x",
                "" if same else "makes arrays anew",
            )
        )
    return Section(
        f"A further scenario of a sweep, {n:,} users",
        [
            f"Users are read, checked and sorted once; the first scenario took {duration(first)}. "
            "A further one is timed after the announced policy, figures included, against `solve` "
            f"(level and cents) on its own problem, in turns; medians of {TURNS}, of the ratio, "
            "too. Scenarios that change exponents or who is in also have to make weights or a "
            "selection anew; in a grid they do so once for all that share them.",
            Table(("changes", "eligible", "scenario", "level and cents", "", ""), rows),
        ],
        []
        if quick
        else [
            Requirement(
                f"a further scenario of {n:,} users: at most {LIMIT} x its own level and cents",
                f"at most {worst:.2f} x",
                worst <= LIMIT,
            )
        ],
    )


def _scaled(change: dict[str, object], n: int) -> dict[str, object]:
    """Scale a budget to the number of users."""
    budget = change.get("award.budget")
    if budget is None:
        return change
    return {"award.budget": f"{int(float(str(budget)) * n / PROGRAM_USERS)}.00"}


def _further(shared: SharedUsers, base: Policy, policy: Policy) -> tuple[float, float, float, int]:
    """Seconds of a scenario after the base, and of its level and cents; their ratio; who is in."""
    whole, own = [], []
    solved: list[Solved] = []

    def scenario() -> None:
        solved.append(shared.solve(policy))
        scenario_figures(solved[-1])
        assert solved[-1].fingerprint >= 0

    for turn in range(TURNS + 1):  # the first turn is to warm up
        shared.solve(base)
        seconds = seconds_of(scenario)
        last = solved.pop()
        alone = seconds_of(lambda done=last: solve(done.problem, rule_of(policy)))  # type: ignore[misc]
        if turn:
            whole.append(seconds)
            own.append(alone)
    ratio = median(a / b for a, b in zip(whole, own, strict=True))
    return median(whole), median(own), ratio, len(last.members)
