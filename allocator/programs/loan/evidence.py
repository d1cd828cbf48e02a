"""The certificate of a loan fund: every limit in exact arithmetic, and how near the best it is."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.lots import Limit
from allocator.money import CENTS, exact, exact_sum
from allocator.policy.values import show_dollars
from allocator.programs.certificate import Certificate
from allocator.programs.loan.found import Search
from allocator.programs.loan.fund import (
    BUDGET,
    EXPECTED_LOSS,
    REFUSALS,
    Case,
    loss_budget,
    segment_name,
)
from allocator.programs.loan.worth import Posed

__all__ = ["certify"]

Ints = NDArray[np.int64]

BEST = 1e-9  # a gap that floats may leave where bound and value are the same
ENOUGH = 1e-3  # the gap that is promised
HAIR = 1e-9  # of the value: how far below it a bound of floats may be

PROVES = (
    "Nobody has a loan who is refused by a rule of the policy; every loan is in whole units, at "
    "least the applicant's minimum, and at most the request and the applicant's limit.",
    "The loans are within the fund, within the floors and caps of all segments, and within the "
    "expected-loss budget, in exact arithmetic.",
    "Nobody who is refused or cut could have a unit more without breaking a limit, unless it is "
    "worth nothing to the objective.",
)
BY_PRICES = (
    "No loans within the limits are worth more than the price_bound: reckoned afresh from the "
    "prices, by weak duality."
)
DOES_NOT_PROVE = (
    "That HiGHS's own bound holds, where it is below the price_bound: it is taken on trust.",
    "That the limits are the right ones, or that probabilities of default are: they are taken as "
    "given.",
)


def certify(
    case: Case,
    posed: Posed,
    granted_cents: Ints,
    search: Search,
    faults: Sequence[str] = (),
) -> Certificate:
    """Check the loans of all applicants; nothing is solved, and nothing raised for bad ones.

    Parameters
    ----------
    case : Case
    posed : Posed
        Its problem, for what loans are worth and what prices say.
    granted_cents : ndarray of int64, shape (n,)
    search : Search
        What only the solver could know.
    faults : sequence of str
        What is wrong with the list of loans itself.

    Returns
    -------
    Certificate
    """
    units, odd = np.divmod(granted_cents, case.unit_cents)
    has = granted_cents != 0
    fits = ~has | ((units >= case.least) & (units <= case.most) & (odd == 0))
    failures = list(faults)
    checks = {"applicants": not faults}
    checks["refusals"] = not _tell(
        failures, case, has & (case.refusal > 0), "refusals: {} loans for those who are refused"
    )
    checks["amounts"] = not _tell(
        failures,
        case,
        ~fits & (case.refusal == 0),
        "amounts: {} loans are not whole units from the minimum to the most",
    )
    for name, limits in _kinds(case).items():
        broken = [_broken(case, limit, units) for limit in limits if not limit.allows(units)]
        checks[name] = not broken
        failures += [f"{name}: {each}" for each in broken]
    more = _could_have_more(posed, units[posed.rows])
    checks["no_more"] = not len(more) or not all(checks.values())
    if not checks["no_more"]:
        failures.append(
            f"no_more: {len(more):,} applicants could have a unit more, the first "
            f"{_id(case, int(posed.rows[more[0]]))}"
        )
    figures = _figures(case, posed, units, granted_cents, search)
    bounds = [figures[name] for name in ("price_bound", "highs_bound") if figures[name] is not None]
    checks["bound"] = all(figures["value"] <= each + HAIR * abs(each) for each in bounds)
    if not checks["bound"]:
        failures.append(
            f"bound: the loans are worth {figures['value']:.9g}, more than a bound of "
            f"{min(bounds):.9g}"
        )
    ok = all(checks.values())
    gap = figures["gap"]
    status = "unbounded" if gap is None else "time_limit"
    if gap is not None and gap <= ENOUGH:
        status = "optimal" if gap <= BEST else "within_gap"
    return Certificate(
        kind="loan",
        status=status if ok else "failed",
        checks=MappingProxyType(checks),
        figures=MappingProxyType(figures),
        failures=tuple(failures),
        proves=(*PROVES, *([BY_PRICES] if search.prices else [])) if ok else (),
        does_not_prove=DOES_NOT_PROVE,
    )


def _kinds(case: Case) -> dict[str, list[Limit]]:
    kinds: dict[str, list[Limit]] = {"fund": [], "segments": [], "expected_loss": []}
    for limit in case.limits:
        special = {BUDGET: "fund", EXPECTED_LOSS: "expected_loss"}
        kinds[special.get(limit.name, "segments")].append(limit)
    return {name: limits for name, limits in kinds.items() if limits}


def _tell(failures: list[str], case: Case, bad: NDArray[np.bool_], what: str) -> bool:
    """Add a failure for applicants who are marked, and tell whether there are any."""
    rows = np.flatnonzero(bad)
    if len(rows):
        failures.append(f"{what.format(f'{len(rows):,}')}, the first {_id(case, int(rows[0]))}")
    return bool(len(rows))


def _id(case: Case, row: int) -> str:
    return repr(case.applicants.ids[row].as_py())


def _broken(case: Case, limit: Limit, units: Ints) -> str:
    total = show_dollars(case.dollars(limit, limit.total(units)))
    least = show_dollars(case.dollars(limit, limit.least))
    most = case.dollars(limit, limit.most or 0)
    if limit.name == EXPECTED_LOSS:
        most = loss_budget(case.policy) or most
    return f"{limit.name} has {total}, not from {least} to {show_dollars(most)}"


def _could_have_more(posed: Posed, units: Ints) -> Ints:
    """Return who gains by another unit, or by their least, that is within all limits."""
    lots = posed.lots
    step = np.where(units > 0, 1, lots.least)
    can = (units < lots.most) & (lots.worth(lots.most) > 0)
    for limit in lots.limits:
        if limit.most is not None:
            room = limit.most - limit.total(units)
            needs = limit.per_unit * step[limit.members].astype(object)
            can[limit.members] &= np.array([each <= room for each in needs.tolist()], dtype=bool)
    return np.flatnonzero(can)


def _figures(
    case: Case, posed: Posed, units: Ints, granted_cents: Ints, search: Search
) -> dict[str, Any]:
    fund, objective = case.policy.fund, case.policy.objective
    value = posed.lots.value(np.maximum(units[posed.rows], 0)) * posed.scale
    price_bound = bound = gap = None
    if search.prices.keys() == {limit.name for limit in case.limits}:
        prices = np.array([search.prices[limit.name] for limit in case.limits])
        with np.errstate(over="ignore", invalid="ignore"):  # of prices that somebody changed
            price_bound = posed.lots.bound(prices * posed.dollars / posed.scale) * posed.scale
        price_bound = inf if isnan(price_bound) else price_bound
        bound = max(value, min(price_bound, search.highs_bound or 0.0))
        gap = (bound - value) / bound if bound else 0.0
    budget = int(exact(fund.budget) * CENTS)
    granted = exact_sum(granted_cents)
    risk = next((each for each in case.limits if each.name == EXPECTED_LOSS), None)
    risk_budget = loss_budget(case.policy)
    return {
        "alpha": objective.alpha,
        "delta": objective.delta,
        "budget_cents": budget,
        "granted_cents": granted,
        "unspent_cents": budget - granted,
        "unit_cents": case.unit_cents,
        "applicants": len(case),
        "considered": len(case.considered),
        "approved": int(np.count_nonzero(granted_cents)),
        "refused_by_rule": {
            REFUSALS[code]: int(np.count_nonzero(case.refusal == code))
            for code in range(1, len(REFUSALS))
            if (case.refusal == code).any()
        },
        "expected_loss": None if risk is None else _dollars(case, risk, risk.total(units)),
        "expected_loss_budget": None if risk_budget is None else show_dollars(risk_budget),
        "segments": {name: _segment(case, name, units) for name in fund.segments},
        "value": value,
        "bound": bound,
        "gap": gap,
        "price_bound": price_bound,
        "highs_bound": search.highs_bound,
        "prices": dict(search.prices),
    }


def _segment(case: Case, name: str, units: Ints) -> dict[str, int]:
    limit = next(each for each in case.limits if each.name == segment_name(name))
    counts = {"granted": limit.total(units), "least": limit.least, "most": limit.most or 0}
    return {f"{what}_cents": total * case.unit_cents for what, total in counts.items()}


def _dollars(case: Case, limit: Limit, total: int) -> str:
    """Return an exact amount as text: expected losses are no whole cents."""
    return show_dollars(case.dollars(limit, total))
