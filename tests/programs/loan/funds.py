"""Small loan funds, and what is best for them by trying everything."""

from fractions import Fraction
from itertools import product
from math import ceil, expm1, floor, log1p

import pyarrow as pa

import allocator as al

COLUMNS = ("requested", "minimum", "segment", "grade", "pd", "lgd", "score", "tenor_months")


def applicants(rows, **columns):
    """A table of applicants of (requested, minimum) pairs in dollars, with columns besides."""
    n = len(rows)
    table = {
        "applicant_id": [f"a{i}" for i in range(1, n + 1)],
        "requested": [str(each[0]) for each in rows],
        "minimum": [str(each[1]) for each in rows],
        "tenor_months": [12] * n,
    }
    return pa.table(table | columns)


def policy(alpha=1.0, delta="0.1", time_limit=20, **fund):
    return al.LoanPolicy(
        schema_version=1,
        name="Test",
        fund={"budget": "10000.00", **fund},
        objective={"alpha": alpha, "delta": delta, "time_limit": time_limit},
    )


def granted(result):
    """Dollars granted to each applicant."""
    return [cents // 100 for cents in result.to_arrow().column("granted_cents").to_pylist()]


def worth(share, alpha, delta):
    """φ(delta + share) - φ(delta), from its definition."""
    logs = log1p(share / delta)
    if alpha == 1:
        return logs
    return delta ** (1 - alpha) * expm1((1 - alpha) * logs) / (1 - alpha)


def meets(units, segments, losses, fund):
    """Whether units of each are within the fund, the segments' bounds, and the loss budget."""
    budget, unit = Fraction(fund["budget"]), Fraction(fund["unit"])
    if sum(units) * unit > budget:
        return False
    for name, bounds in fund.get("segments", {}).items():
        total = sum(u for u, s in zip(units, segments, strict=True) if s == name) * unit
        if total > Fraction(bounds.get("max_share", "1")) * budget:
            return False
        if total < Fraction(bounds.get("min_share", "0")) * budget:
            return False
    if "expected_loss_budget" in fund:
        lost = sum((u * e for u, e in zip(units, losses, strict=True)), Fraction(0)) * unit
        if lost > Fraction(fund["expected_loss_budget"]):
            return False
    return True


def best(rows, fund, *, alpha, delta, segments=None, losses=None, weights=None):
    """The highest worth of whole units, by trying all; None when nothing is within the limits."""
    unit = Fraction(fund["unit"])
    n = len(rows)
    choices = []
    for requested, minimum in rows:
        low = max(1, ceil(Fraction(minimum) / unit))
        choices.append([0, *range(low, floor(Fraction(requested) / unit) + 1)])
    top = None
    for units in product(*choices):
        if not meets(units, segments or [""] * n, losses or [Fraction(0)] * n, fund):
            continue
        value = sum(
            w * worth(float(u * unit / Fraction(r)), alpha, delta)
            for u, (r, _), w in zip(units, rows, weights or [1.0] * n, strict=True)
        )
        top = value if top is None else max(top, value)
    return top
