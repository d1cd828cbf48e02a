"""Whether the floors of segments can be met at all, told with the numbers and what would help."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocator.core.lots import Limit
from allocator.errors import InfeasibleError
from allocator.policy.values import show_dollars
from allocator.programs.loan.fund import EXPECTED_LOSS, REFUSALS, Case
from allocator.programs.loan.worth import Posed

__all__ = ["check_floors", "explained"]

Ints = NDArray[np.int64]


def check_floors(case: Case, posed: Posed) -> None:
    """Check what each floor needs by itself, and all of them together of the fund and of risk.

    Raises
    ------
    InfeasibleError
    """
    floors = [limit for limit in posed.lots.limits if limit.least > 0]
    for limit in floors:
        can = int(posed.lots.most[limit.members].sum())
        if can < limit.least:
            raise _too_few(case, limit, can)
    fund = posed.lots.limits[0]
    asked = sum(limit.least for limit in floors)
    if fund.most is not None and asked > fund.most:
        raise InfeasibleError(
            f"the floors of the segments, raised to whole units, are {_money(case, fund, asked)}, "
            f"and the fund lends {_money(case, fund, fund.most)} in whole units: lower a "
            "fund.segments min_share or fund.unit",
            {"floors_cents": asked * case.unit_cents, "fund_cents": fund.most * case.unit_cents},
        )
    risk = next((each for each in posed.lots.limits if each.name == EXPECTED_LOSS), None)
    if risk is None or risk.most is None or not floors:
        return
    needed = _least_risk(posed, floors, risk)
    if needed > risk.most:
        there, least = (case.dollars(risk, 1) * each for each in (risk.most, needed))
        raise InfeasibleError(
            f"the floors of {_names(floors)} need an expected loss of at least "
            f"{show_dollars(_up(least))}, and fund.expected_loss_budget is "
            f"{show_dollars(there)}: raise it to {show_dollars(_up(least))} or more, or lower a "
            "min_share",
            {"needed_dollars": float(least), "expected_loss_budget_dollars": float(there)},
        )


def explained(case: Case, posed: Posed, error: InfeasibleError) -> InfeasibleError:
    """Say in a policy's words that the solver found nothing within all limits."""
    told = []
    for limit in posed.lots.limits:
        least = f"at least {_money(case, limit, limit.least)}" if limit.least else ""
        most = f"at most {_money(case, limit, limit.most)}" if limit.most is not None else ""
        told.append(f"{limit.name} {' and '.join(each for each in (least, most) if each)}")
    lower = "a fund.segments min_share or fund.unit"
    if any(limit.name == EXPECTED_LOSS for limit in posed.lots.limits):
        lower += ", or raise fund.expected_loss_budget"
    return InfeasibleError(
        f"no loans of whole units, each zero or at least its minimum, meet all limits together: "
        f"{'; '.join(told)}. Lower {lower}",
        error.details,
    )


def _too_few(case: Case, limit: Limit, can: int) -> InfeasibleError:
    original = next(each for each in case.limits if each.name == limit.name)
    refused = case.refusal[original.members]
    out = [
        f"{int(np.count_nonzero(refused == code)):,} {REFUSALS[code]}"
        for code in range(1, len(REFUSALS))
        if (refused == code).any()
    ]
    alone = len(original.members) - len(limit.members) - int(np.count_nonzero(refused))
    out += [f"{alone:,} with a minimum above what a limit allows"] * bool(alone)
    left = f" (left out: {', '.join(out)})" if out else ""
    name = limit.name.removeprefix("segment ")
    members = len(original.members)
    return InfeasibleError(
        f"{limit.name} must have at least {_money(case, limit, limit.least)} "
        f"(fund.segments.{name}.min_share), and the {len(limit.members):,} of its {members:,} "
        f"applicants who can have a loan{left} can take {_money(case, limit, can)} at the most, "
        f"{_money(case, limit, limit.least - can)} less: lower its min_share, or let more of them "
        "in",
        {
            "segment": name,
            "least_cents": limit.least * case.unit_cents,
            "can_take_cents": can * case.unit_cents,
            "applicants": members,
        },
    )


def _least_risk(posed: Posed, floors: list[Limit], risk: Limit) -> Fraction:
    """Return the expected loss that floors need even if loans could be of any size."""
    per_unit = dict(zip(risk.members.tolist(), risk.per_unit.tolist(), strict=True))
    total = 0
    for limit in floors:
        left = limit.least
        safest = sorted(limit.members.tolist(), key=lambda i: per_unit[i])
        for i in safest:
            units = min(left, int(posed.lots.most[i]))
            total += units * per_unit[i]
            left -= units
    return Fraction(total)


def _money(case: Case, limit: Limit, total: int) -> str:
    return show_dollars(_up(case.dollars(limit, total)))


def _names(limits: list[Limit]) -> str:
    return ", ".join(limit.name for limit in limits)


def _up(dollars: Fraction) -> Fraction:
    """Raise to whole cents."""
    return Fraction(-(-dollars * 100 // 1), 100)
