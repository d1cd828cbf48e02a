"""How awards move when a number of the policy does: derivatives, as a table with units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.sensitivity import Margin, margin
from allocator.data.amounts import read_amounts
from allocator.data.buffers import booleans_of, nulls_of, numbers_of
from allocator.data.columns import AWARD_CAP
from allocator.errors import DataError, UnsupportedError
from allocator.money import CENTS, FINE, exact
from allocator.policy.rules import TWO_STAGE, rule_of
from allocator.policy.values import read_ratio

if TYPE_CHECKING:
    import pandas as pd

    from allocator.allocation.result import Allocation
    from allocator.policy.schema import Policy

__all__ = ["sensitivity"]

Floats = NDArray[np.float64]

DOLLAR, ONE = "dollars per dollar", "dollars per 1"


@dataclass(frozen=True, eq=False)
class _Eligible:
    """What a run says about its m eligible users; money in dollars, bounds and awards in cents."""

    loss: Floats
    claim: Floats
    ratio: Floats
    weight: Floats | None
    lower: Floats
    upper: Floats
    awards: Floats


def sensitivity(allocation: Allocation, direction: str = "up") -> pd.DataFrame:
    """Say how awards move when a number of the policy moves a little.

    Parameters
    ----------
    allocation : Allocation
    direction : {"up", "down"}
        Which way the number moves. Derivatives differ at kinks only, where somebody is just
        reaching a bound.

    Returns
    -------
    pandas.DataFrame
        A row for each of budget, minimum, maximum, loss_exponent, ratio_exponent, ratio_cap and
        alpha, as far as the rule has them, and own_loss. Columns: ``value`` as it is; ``unit`` of
        the derivatives; ``typical_award``, of the user of median loss; ``mean_award``;
        ``at_floor``, ``free`` and ``at_cap``, the totals of users who are there now; how many
        users are ``gainers`` and ``losers``; ``moved``, the dollars that change hands, half the
        sum of all changes. own_loss is the change by a user's own loss, net assets and everybody
        else's staying, of the typical user and in the mean.

    Raises
    ------
    DataError
        If nobody is eligible, or `direction` is neither.
    UnsupportedError
        If the policy has constraints, or awards by person: its table does not say who belongs
        together (`allocator.core.sensitivity.margin` takes the problem itself).

    Notes
    -----
    Of fractional awards, from one level: nothing is solved again. Who is eligible stays, so that
    thresholds have no derivative. For the formulas see `allocator.core.sensitivity`; a weight
    claim^p·ratio^q enters with stand/alpha·d(log weight), stand being award and baseline, and
    alpha with -stand/alpha²·log(weight) (of weight/loss when utility is of the recovery). Weights
    of users who lost nothing are taken as they are.

    Examples
    --------
    >>> import pyarrow as pa
    >>> import allocator as al
    >>> users = pa.table({"user_id": ["ann", "bob", "cy"], "liquidation_loss": [80, 60, 400],
    ...                   "net_assets": [80, 60, 400]})
    >>> policy = al.Policy.default().replace(budget="200.00", maximum="100.00")
    >>> sensitivity(al.allocate(users, policy)).loc[["budget", "maximum"], "typical_award"].round(3)
    parameter
    budget     0.571
    maximum   -0.571
    Name: typical_award, dtype: float64
    """
    import pandas as pd

    if direction not in ("up", "down"):
        raise DataError(f'direction must be "up" or "down", not {direction!r}')
    sign = 1 if direction == "up" else -1
    policy, users = allocation.policy, _eligible(allocation)
    found = margin(_problem(allocation, users), rule_of(policy))
    rows = _rows(policy, users, found, sign)
    typical = int(np.argsort(users.loss, kind="stable")[(len(users.loss) - 1) // 2])
    table = []
    for name, value, unit, change in rows:
        said: dict[str, Any] = {"parameter": name, "value": value, "unit": unit}
        said |= {"typical_award": change[typical], "mean_award": change.mean()}
        if name != "own_loss":
            free = ~(found.at_lower | found.at_upper)
            said |= {
                "at_floor": change[found.at_lower].sum(),
                "free": change[free].sum(),
                "at_cap": change[found.at_upper].sum(),
                "gainers": np.count_nonzero(change > 0),
                "losers": np.count_nonzero(change < 0),
                "moved": np.abs(change).sum() / 2.0,
            }
        table.append(said)
    return pd.DataFrame(table).set_index("parameter")


def _eligible(allocation: Allocation) -> _Eligible:
    policy, table = allocation.policy, allocation.table
    if policy.objective.rule == TWO_STAGE:
        raise UnsupportedError(
            f'sensitivities of objective.rule = "{TWO_STAGE}": groups move, too, and the awards do '
            "not say who belongs together; al.compare tries other numbers"
        )
    if policy.constraints or policy.award.per != "user_id":
        what = "constraints" if policy.constraints else f"award.per = {policy.award.per!r}"
        prices = ""
        if policy.constraints:
            prices = (
                " (the certificate has the price of the budget and, where constraints overlap, of "
                "each of them; al.sweep tries other numbers)"
            )
        raise UnsupportedError(
            f"sensitivities of a policy with {what} need to know who belongs together, which its "
            "awards do not say: give the problem itself to allocator.core.sensitivity.margin"
            + prices
        )
    if AWARD_CAP in policy.columns:
        raise UnsupportedError(
            "sensitivities of a policy with columns.award_cap would take users' own caps for those "
            "of their losses: al.compare tries other numbers"
        )
    who = np.flatnonzero(booleans_of(table.column("eligible")))
    if not len(who):
        raise DataError("nobody is eligible, so that no award moves")

    def floats(name: str) -> Floats:
        column = table.column(name)
        values = np.where(nulls_of(column), np.nan, numbers_of(column).astype(np.float64))
        return np.asarray(values[who])

    ratio_known = table.column("loss_ratio").null_count < len(table)
    cap = float(read_ratio(policy.weights.ratio_cap))
    ratio = floats("loss_ratio") if ratio_known else np.full(len(who), cap)
    return _Eligible(
        loss=read_amounts(table.column("loss"), "loss").parts[who] / FINE,
        claim=floats("claim"),
        ratio=np.where(np.isnan(ratio), cap, ratio),
        weight=floats("weight") if policy.weighs else None,
        lower=floats("lower_cents"),
        upper=floats("upper_cents"),
        awards=floats("award_cents"),
    )


def _problem(allocation: Allocation, users: _Eligible) -> Problem:
    """State the problem in cents as real amounts; what the ineligible keep is no part of it."""
    policy, budget = allocation.policy, float(users.awards.sum())
    if allocation.certificate.status == "caps_reached":
        budget = max(budget, float(allocation.certificate.budget_cents))
    claims = None
    if not policy.uses_weights:
        claims = users.claim * CENTS
    elif policy.objective.of == "recovery":
        claims = users.loss
    return Problem(budget, users.lower, users.upper, users.weight, claims)


def _rows(
    policy: Policy, users: _Eligible, found: Margin, sign: int
) -> list[tuple[str, str, str, Floats]]:
    """Return name, value, unit and everybody's derivative, in dollars."""
    award, weights, rule = policy.award, policy.weights, rule_of(policy)
    floor, cap = (float(exact(v) * CENTS) for v in (award.minimum, award.maximum))
    rows = [
        ("budget", award.budget, DOLLAR, found.budget(sign)),
        ("minimum", award.minimum, DOLLAR, found.respond(lower=users.lower == floor, sign=sign)),
        ("maximum", award.maximum, DOLLAR, found.respond(upper=users.upper == cap, sign=sign)),
    ]
    own_inside: Floats = np.zeros(len(users.loss))
    if isinstance(rule, AlphaFair) and rule.alpha > 0:
        stand, power = found.stand / CENTS, 1.0 / rule.alpha
        p, q = weights.loss_exponent, weights.ratio_exponent
        limit = float(read_ratio(weights.ratio_cap))
        below, w = users.ratio < limit, users.weight
        assert w is not None
        lost = users.claim > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = {"loss": np.log(users.claim), "ratio": np.log(np.minimum(users.ratio, limit))}
            log_weight = np.log(w) - (np.log(users.loss) if rule.of == "recovery" else 0.0)
            by_loss = p * _rates(policy, users.loss) / users.claim + q * below / users.loss
            effects = [
                ("loss_exponent", p, stand * power * logs["loss"]),
                ("ratio_exponent", q, stand * power * logs["ratio"]),
                ("ratio_cap", limit, stand * power * q * ~below / limit),
            ]
            if np.isfinite(rule.alpha):
                effects.append(("alpha", rule.alpha, -stand * power**2 * log_weight))
            scale = (1.0 - power) / users.loss if rule.of == "recovery" else 0.0
            own_inside = np.where(lost & (w > 0), stand * (power * by_loss + scale), 0.0)
        for name, value, effect in effects:
            inside = np.where(lost & (w > 0), effect, 0.0)
            rows.append((name, f"{value:g}", ONE, found.respond(inside, sign=sign)))
    if isinstance(rule, AlphaFair):
        held_by_loss = award.cap_at_loss & (users.upper < cap)
        own = found.own(own_inside, upper=held_by_loss)
        rows.append(("own_loss", "", DOLLAR, own))
    return rows


def _rates(policy: Policy, loss: Floats) -> Floats:
    """Return how much of another dollar of loss is recognized."""
    rates = np.ones(len(loss))
    low = 0.0
    for bracket in policy.claim.brackets:
        rates = np.where(loss >= low, float(read_ratio(bracket.rate)), rates)
        low = np.inf if bracket.up_to is None else float(exact(bracket.up_to))
    return np.asarray(rates)
