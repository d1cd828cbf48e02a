"""Random problems that are degenerate on purpose, and a judge between two answers."""

import numpy as np

from allocator.backends.objective import Ratios, objective_of
from allocator.core.constraints import Group, Row
from allocator.core.problem import Problem
from allocator.core.rows import rows_of
from allocator.core.rules import AlphaFair, LeastSquares, MaxMin

AGREES = 1e-7  # of what all awards are worth at their slopes
FEASIBLE = 1e-6  # of the mean award
ALPHAS = (0.0, 0.4, 1.0, 2.0, 3.0, np.inf)


def nested_groups(rng, awards):
    """Two disjoint groups, one of them tiny, and one around or inside; some bind exactly."""
    n = len(awards)
    order = rng.permutation(n)
    cut = int(rng.integers(1, n))
    sets = [order[:cut], order[cut:], order[: max(1, cut // 2)]]
    return [bounded(rng, s, awards, f"group {j}") for j, s in enumerate(sets)]


def overlapping_rows(rng, awards):
    """Groups that share members, and a weighted row."""
    n = len(awards)
    sets = [rng.choice(n, int(rng.integers(1, n + 1)), replace=False) for _ in range(2)]
    coefficients = rng.choice([0.0, 1.0, -1.0, 0.5], n)
    total = float(coefficients @ awards)
    return [
        *(bounded(rng, s, awards, f"set {j}") for j, s in enumerate(sets)),
        Row(coefficients, upper=total + rng.choice([0.0, 1.0]), name="row"),
    ]


def bounded(rng, members, awards, name):
    total = float(awards[members].sum())
    loose = rng.choice([0.0, 0.05, 0.3])
    floor = total * (1.0 - loose) if rng.random() < 0.4 else 0.0
    return Group(members, lower=floor, upper=total * (1.0 + loose), name=name)


def problems(seed, count, constraints=None, smallest=2):
    """Yield problems in floats with a rule each; some awards exist that meet everything."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        n = int(rng.integers(smallest, 11))
        weights = [rng.uniform(0.1, 10, n), np.resize([1.0, 1.0, 2.0], n), np.ones(n)][
            int(rng.integers(3))
        ]
        lower = [np.zeros(n), rng.uniform(0.1, 2, n), np.full(n, 0.5)][int(rng.integers(3))]
        upper = lower + [rng.uniform(0.5, 20, n), np.full(n, 4.0)][int(rng.integers(2))]
        upper = np.where(rng.random(n) < 0.1, lower + 0.01, upper)  # hardly any room
        share = rng.choice([0.02, 0.3, 0.6, 0.95, 1.0])  # the last: everybody is capped
        awards = lower + share * (upper - lower)
        claims = rng.uniform(0.5, 5, n)
        baseline = rng.uniform(0, 3, n) if rng.random() < 0.3 else None
        of = "recovery" if rng.random() < 0.3 else "amount"
        rules = [*(AlphaFair(a, of, baseline) for a in ALPHAS), MaxMin(), LeastSquares(3 * claims)]
        rule = rules[number % len(rules)]
        if isinstance(rule, AlphaFair) and constraints is None and rng.random() < 0.3:
            weights[int(rng.integers(n))] = 0.0
        rows = [] if constraints is None else constraints(rng, awards)
        budget = float(awards.sum())
        yield Problem(budget, lower, upper, weights, claims, constraints=rows), rule


def broken(problem, awards):
    """By how much awards break a constraint, in mean awards."""
    rows = rows_of(problem)
    sums = np.array([v @ awards[i] for i, v in rows.matrix])
    misses = [problem.lower - awards, awards - problem.upper, rows.lower - sums, sums - rows.upper]
    misses.append(np.abs([awards.sum() - problem.spend]))
    return max(m.max(initial=0.0) for m in misses) / (problem.budget / len(problem))


def judge(problem, rule, ours, theirs):
    """Say "agree", or whose answer is wrong: whoever breaks a constraint or is worth less."""
    if broken(problem, ours) > FEASIBLE:
        return "ours is infeasible"
    if broken(problem, theirs) > FEASIBLE:
        return "theirs is infeasible"
    objective, _ = objective_of(problem, rule)
    mine, other = ours[objective.members], theirs[objective.members]
    if isinstance(objective, Ratios):
        ratios = [np.sort((x + objective.baseline) / objective.scales) for x in (mine, other)]
        apart = ratios[0] - ratios[1]
        first = np.flatnonzero(np.abs(apart) > FEASIBLE * ratios[0].max())
        if not len(first):
            return "agree"
        return "theirs is worse" if apart[first[0]] > 0 else "ours is worse"
    moving = (problem.lower < problem.upper)[objective.members]
    gains = (objective.values(np.maximum(mine, 0)) - objective.values(np.maximum(other, 0)))[moving]
    stand = mine + getattr(objective, "baseline", 0.0)
    worth = float((np.abs(objective.slopes(mine)) * np.abs(stand))[moving].sum())
    gain = float(gains.sum()) / max(worth, 1e-300)
    if abs(gain) <= AGREES:
        return "agree"
    return "theirs is worse" if gain > 0 else "ours is worse"
