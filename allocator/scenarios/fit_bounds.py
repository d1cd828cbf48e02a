"""Floor and cap of a fit: from clumps at the smallest and the largest award, or given."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from allocator.errors import PolicyError
from allocator.money import CENTS, FINE_PER_CENT, exact, format_cents
from allocator.policy.schema import Policy
from allocator.scenarios.fit_examples import ExampleTable

__all__ = ["Bound", "at_loss", "find_bound"]

CLUMP = 3  # examples that are not alike and share an award: two may do so by chance
STRAY = 10  # at most one example in so many may lie beyond a clump: they will be outliers
Side = Literal["minimum", "maximum"]


@dataclass(frozen=True, eq=False)
class Bound:
    """A floor or a cap, and what the examples say about it.

    Attributes
    ----------
    side : {"minimum", "maximum"}
    cents : int
    at : ndarray of bool, shape (n,)
        The examples that it holds: the formula by itself may give them any award beyond.
    determined : {"well", "weakly", "not", "given"}
    why : str
    """

    side: Side
    cents: int
    at: NDArray[np.bool_]
    determined: Literal["well", "weakly", "not", "given"]
    why: str


def find_bound(examples: ExampleTable, policy: Policy, side: Side, given: object = None) -> Bound:
    """Find the floor or the cap.

    Parameters
    ----------
    examples : ExampleTable
    policy : Policy
        Its own bound stands where the examples do not say otherwise.
    side : {"minimum", "maximum"}
    given : str, int or Decimal, optional
        Dollars.

    Returns
    -------
    Bound

    Raises
    ------
    PolicyError
        If the given bound is not an amount of whole cents, and of whole units of the policy.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from allocator.scenarios.fit_examples import read_examples
    >>> table = pa.table({"liquidation_loss": [60, 70, 80, 900], "award": [5, 5, 5, 40]})
    >>> examples = read_examples(table, Policy.default(), None)
    >>> bound = find_bound(examples, Policy.default(), "minimum")
    >>> bound.cents, bound.determined
    (500, 'well')
    """
    award = examples.award
    sign = 1 if side == "minimum" else -1
    extreme = int(award.min() if sign == 1 else award.max())
    beyond_word = "smallest" if sign == 1 else "largest"
    if given is not None:
        cents = _cents(given, side)
        if cents % policy.award.unit_cents:
            raise PolicyError(
                f"{side}: must be a multiple of award.unit, ${policy.award.unit}, not {given}"
            )
        at = sign * award <= sign * cents
        return Bound(side, cents, at, "given", f"given; {_count(at)} there or beyond")
    default = int(exact(getattr(policy.award, side)) * CENTS)
    clump = _clump(examples, sign)
    if clump is not None:
        at = sign * award <= sign * clump
        why = f"{int((award == clump).sum()):,} examples that differ share it"
        return Bound(side, clump, at, "well", why)
    at = award == extreme
    shown = format_cents(extreme)
    if extreme == default:
        why = f"{_count(at)} at the {side} of {policy.name}"
        return Bound(side, default, at, "weakly", why)
    cents = default if sign * default < sign * extreme else extreme
    why = (
        f"no example shows it: it is at {'most' if sign == 1 else 'least'} {shown}, the "
        f"{beyond_word} award"
    )
    if len(np.unique(examples.alike[at])) > 1 and len(np.unique(award)) > 1:
        why += f", which {int(at.sum())} examples share: if it is the {side}, give it"
    return Bound(side, cents, np.zeros(len(award), dtype=bool), "not", why)


def at_loss(examples: ExampleTable, policy: Policy) -> NDArray[np.bool_]:
    """Tell which examples have their whole loss, down to a unit, so that it may be what holds them.

    Parameters
    ----------
    examples : ExampleTable
    policy : Policy

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    if not policy.award.cap_at_loss:
        return np.zeros(len(examples), dtype=bool)
    unit = policy.award.unit_cents
    whole: NDArray[np.bool_] = examples.award == examples.loss // (unit * FINE_PER_CENT) * unit
    return whole


def _clump(examples: ExampleTable, sign: int) -> int | None:
    award = examples.award
    values = np.unique(award)
    if len(values) == 1:
        return None  # all alike: a floor, a cap and an equal award explain them as well
    for value in values[::sign]:
        beyond = int((sign * award < sign * value).sum())
        if beyond > len(award) // STRAY:
            return None
        # Whatever lies beyond speaks against it: then three may be alike by chance.
        if len(np.unique(examples.alike[award == value])) >= max(CLUMP, beyond + 2):
            return int(value)
    return None


def _cents(given: object, side: str) -> int:
    try:
        cents = exact(given) * CENTS
    except ValueError as error:
        raise PolicyError(f"{side}: {error}") from None
    if cents.denominator != 1 or cents < 0:
        raise PolicyError(f"{side}: must be an amount of whole cents, such as 4.00, not {given}")
    return int(Fraction(cents))


def _count(at: NDArray[np.bool_]) -> str:
    count = int(at.sum())
    return "no example" if not count else f"{count:,} example{'s' if count > 1 else ''}"
