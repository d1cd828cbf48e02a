"""The grid that a knob is searched on: whole units of money, fractions for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from allocator.data.check import Users
from allocator.errors import DataError
from allocator.money import CENTS, FINE, exact
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio, show_number

__all__ = ["KnobRange", "knob_range"]

# Of knobs that are no money: the step of the grid, and the ends when none are given.
NUMBERS: dict[str, tuple[str, str, str]] = {
    "objective.alpha": ("0.001", "0.1", "10"),
    "weights.loss_exponent": ("0.001", "0", "3"),
    "weights.ratio_exponent": ("0.001", "0", "3"),
    "weights.ratio_cap": ("0.0001", "0.01", "1"),
    "eligibility.min_loss_ratio": ("0.0001", "0", "1"),
}
RATIOS = ("weights.ratio_cap", "eligibility.min_loss_ratio")
FACTOR = ("0.001", "0.001", "10")
MONEY = ("award.budget", "award.minimum", "award.maximum", "eligibility.min_loss")


@dataclass(frozen=True)
class KnobRange:
    """Places from `low` to `high`, each a multiple of `step`.

    Attributes
    ----------
    key : str
    step : Fraction
        Dollars, or a plain number.
    low, high : int
        Steps.
    as_text : bool
        Whether a policy writes the knob as text.
    """

    key: str
    step: Fraction
    low: int
    high: int
    as_text: bool

    def value(self, place: int) -> str | float:
        """Return what a policy says for a place on the grid."""
        exactly = place * self.step
        if not self.as_text:
            return float(exactly)
        return show_number(exactly, least=2 if self.key in MONEY else 0).replace(",", "")

    def place(self, value: object) -> int:
        """Return the place nearest to a value, within the range."""
        number = read_ratio(value) if isinstance(value, str) else exact(value)
        return min(max(round(number / self.step), self.low), self.high)


def knob_range(
    policy: Policy, key: str, users: Users, between: tuple[object, object] | None
) -> KnobRange:
    """Return the grid of a knob, and how far it is searched.

    Parameters
    ----------
    policy : Policy
    key : str
        A dotted name.
    users : Users
        Their losses bound the search where nothing else does.
    between : (low, high), optional
        In dollars for money, else in the knob's own unit.

    Returns
    -------
    KnobRange

    Raises
    ------
    DataError
        If the knob is not a number, or the range is empty.
    """
    factor = key.startswith("weights.factors.") and key.count(".") == 3
    if key not in MONEY and key not in NUMBERS and not factor:
        raise DataError(
            f"{key} is not a number to search for; those are {', '.join([*MONEY, *NUMBERS])} and "
            "factors such as weights.factors.vip_tier.regular"
        )
    if key in MONEY:
        step = exact(policy.award.unit) if key.startswith("award.") else Fraction(1, CENTS)
        ends = _money_ends(policy, key, users)
    else:
        texts = FACTOR if factor else NUMBERS[key]
        step, *ends = (exact(text) for text in texts)
    if between is not None:
        try:
            given = [read_ratio(e) if isinstance(e, str) else exact(e) for e in between]
            low, high = given
        except (TypeError, ValueError):
            raise DataError(
                f"between must be two finite numbers for {key}, low and high, not {between!r}"
            ) from None
        ends = [low, high]
    low_place, high_place = -(-ends[0] // step), ends[1] // step
    if low_place < 0 or low_place >= high_place:
        raise DataError(
            f"there is nothing to search between {float(ends[0]):g} and {float(ends[1]):g} for "
            f"{key}, which moves in steps of {float(step):g} from 0 up"
        )
    as_text = key in MONEY or key in RATIOS
    return KnobRange(key, step, int(low_place), int(high_place), as_text)


def _money_ends(policy: Policy, key: str, users: Users) -> list[Fraction]:
    """Return the ends beyond which a knob of money changes nothing, or means nothing."""
    award = policy.award
    unit, largest = exact(award.unit), Fraction(int(users.loss.max(initial=0)), FINE)
    budget, low, high = (exact(text) for text in (award.budget, award.minimum, award.maximum))
    if key == "award.minimum":
        return [Fraction(0), high]
    if key == "award.maximum":
        top = min(budget, largest) if award.cap_at_loss else budget
        return [max(low, unit), max(top, low + unit)]
    if key == "award.budget":
        return [unit, high * len(users)]
    return [Fraction(0), largest]
