"""The awards table: one row per input row, in input order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.as_read import as_read
from allocator.allocation.bound_groups import deciding_groups
from allocator.data.buffers import array_of, numbers_of, texts_array
from allocator.data.caps import NO_CAP
from allocator.data.check import LOSS, NET_ASSETS, Users
from allocator.money import CENTS, FINE, FINE_PER_CENT, exact
from allocator.policy.compile import Compiled, bounds
from allocator.policy.eligibility import Eligibility
from allocator.policy.schema import Policy
from allocator.policy.waves import raised
from allocator.policy.weights import Weighing

__all__ = ["BINDING", "awards_table", "with_decimal_award"]

BINDING = ("none", "floor", "cap", "loss", "group", "paid", "own_cap")
RATIO_DIGITS = 9  # decimals of a loss ratio in files; it decides nothing


def awards_table(
    users: Users,
    policy: Policy,
    eligibility: Eligibility,
    weighing: Weighing,
    compiled: Compiled,
    award_cents: NDArray[np.int64],
    groups: Mapping[str, Any] | None = None,
) -> pa.Table:
    """Put together what a run says about every user; `groups` are those of its certificate.

    Returns
    -------
    pyarrow.Table
        user_id, eligible, reason, loss, net_assets (as read, text as decimals; null when the policy
        does not need them), loss_ratio, claim (dollars), factor, weight, lower_cents, upper_cents,
        binding (floor, cap, loss, own_cap, group, paid, none), award_cents. Cents are int64, never
        null, 0 for the ineligible. With constraints also group: ``cap of`` or ``floor of``, and the
        name of the innermost group around the user that binds; null where none does. It decides
        where binding is group; elsewhere the user's own floor or cap does. Where constraints
        overlap, all that bind and that the user is in, with "; " between them. Where users have
        caps of their own, award_cap_cents: null for none.
    """
    n, rows = len(users), compiled.rows
    lower, upper = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    own_cap = None if users.cap is None else users.cap[rows]
    # The policy's bounds: a problem lowers caps that are above its budget.
    lower[rows], upper[rows] = (
        units * compiled.unit_cents for units in bounds(users.loss[rows], policy, own_cap)
    )
    own = lower, upper
    if compiled.paid is not None:
        lower, upper = raised(lower, upper, compiled.paid.cents)
    codes = eligibility.codes.astype(np.int8 if len(eligibility.labels) < 128 else np.int16)
    reason = _labels(codes, eligibility.labels)
    loss = as_read(users, policy, LOSS)
    net = as_read(users, policy, NET_ASSETS) if policy.needs_net_assets else pa.nulls(n)
    ratio = None if weighing.ratio is None else np.round(weighing.ratio, RATIO_DIGITS)
    binding = _binding(policy, rows, *own, award_cents)
    if own_cap is not None:
        at = (binding[rows] != BINDING.index("floor")) & (award_cents[rows] == own[1][rows])
        at &= own[1][rows] < bounds(users.loss[rows], policy)[1] * compiled.unit_cents
        binding[rows[at]] = BINDING.index("own_cap")
    if compiled.paid is not None:
        held = compiled.paid.cents
        held_up = (award_cents == held) & (held > own[0]) & (held != own[1])
        binding[held_up] = BINDING.index("paid")
    grouped = {}
    if deciding := deciding_groups(compiled, award_cents[rows] // compiled.unit_cents, groups):
        inside = np.full(n, -1, dtype=np.int32)
        inside[rows] = deciding[0]
        binding[(inside >= 0) & (binding == BINDING.index("none"))] = BINDING.index("group")
        grouped["group"] = _labels(inside, deciding[1])
    if users.cap is not None:
        none = users.cap == NO_CAP
        cents = np.where(none, 0, users.cap // FINE_PER_CENT)
        grouped["award_cap_cents"] = array_of(cents, missing=none)
    return pa.table(
        {
            "user_id": users.ids,
            "eligible": array_of(eligibility.eligible),
            "reason": reason,
            "loss": loss,
            "net_assets": net,
            "loss_ratio": _floats(n, ratio),
            "claim": array_of(weighing.claim / FINE),
            "factor": array_of(np.ones(n) if weighing.factor is None else weighing.factor),
            "weight": _floats(n, weighing.weight),
            "lower_cents": array_of(lower),
            "upper_cents": array_of(upper),
            "binding": _labels(binding, BINDING),
            "award_cents": array_of(award_cents),
            **grouped,
        }
    )


def with_decimal_award(table: pa.Table) -> pa.Table:
    """Add the award in dollars, as a decimal, for people who read CSV.

    Examples
    --------
    >>> table = pa.table({"award_cents": [1215]})
    >>> with_decimal_award(table).column("award")[0].as_py()
    Decimal('12.15')
    """
    cents = numbers_of(table.column("award_cents"))
    wide = np.zeros((len(cents), 2), dtype=np.int64)
    wide[:, 0] = cents
    buffers = [None, pa.py_buffer(wide)]
    award = pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), buffers)
    return table.append_column("award", award)


def _floats(n: int, values: NDArray[np.float64] | None) -> pa.Array:
    """Return floats with nan as null."""
    if values is None:
        return pa.nulls(n, pa.float64())
    missing = np.isnan(values)
    return array_of(values, missing=missing if missing.any() else None)


def _labels(codes: NDArray[Any], labels: Sequence[str]) -> pa.DictionaryArray:
    """Return labels by their number; -1 is null."""
    missing = codes < 0
    numbers = array_of(codes, missing=missing if missing.any() else None)
    return pa.DictionaryArray.from_arrays(numbers, texts_array(labels))


def _binding(
    policy: Policy,
    rows: NDArray[np.int64],
    lower: NDArray[np.int64],
    upper: NDArray[np.int64],
    awards: NDArray[np.int64],
) -> NDArray[np.int8]:
    """Tell which bound each award stands at; a floor that is also the cap is told as the floor."""
    maximum = int(exact(policy.award.maximum) * CENTS)
    mine, floor, cap = awards[rows], lower[rows], upper[rows]
    kind = np.zeros(len(rows), dtype=np.int8)
    kind[mine == cap] = BINDING.index("loss")
    kind[(mine == cap) & (cap == maximum)] = BINDING.index("cap")
    kind[mine == floor] = BINDING.index("floor")
    codes = np.zeros(len(awards), dtype=np.int8)
    codes[rows] = kind
    return codes
