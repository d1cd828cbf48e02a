"""The sections of a policy file, key by key, as its format has them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
)

from allocator.money import CENTS, exact
from allocator.policy.values import (
    DOLLARS,
    NUMBER,
    PERCENT,
    Alpha,
    Exponent,
    Factor,
    Instant,
    Money,
    Number,
    PositiveMoney,
    PositiveRatio,
    Rate,
    Ratio,
    ReserveText,
)

__all__ = [
    "Award",
    "Bracket",
    "Claim",
    "Constraint",
    "Eligibility",
    "Name",
    "Objective",
    "Range",
    "Section",
    "Weights",
]

Name = Annotated[StrictStr, Field(min_length=1)]


class Section(BaseModel):
    """A table of a policy file: frozen, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(Section):
    """Numbers from `min` to `max`, both inclusive; at least one of the two."""

    min: Annotated[Number | None, NUMBER] = None
    max: Annotated[Number | None, NUMBER] = None


def _values(value: object) -> object:
    if not isinstance(value, (list, tuple, dict, Range)):
        raise ValueError(
            'must be a list of values, such as ["market_maker"], or a range, such as '
            '{ min = "1000000" }'
        )
    return value


# A rule on a column: the values that are excluded, or the range of numbers that is.
Exclusion = Annotated[
    Annotated[tuple[StrictBool | StrictInt | StrictStr, ...], Field(min_length=1), Tag("<values>")]
    | Annotated[Range, Tag("<range>")],
    Discriminator(lambda value: "<range>" if isinstance(value, (dict, Range)) else "<values>"),
    BeforeValidator(_values),
]


class Eligibility(Section):
    """Who is in. Every bound is inclusive."""

    window_start: Instant = "2025-10-10T00:00:00Z"
    window_end: Instant = "2025-10-11T23:59:59Z"
    snapshot: Instant = "2025-10-09T23:59:00Z"
    products: Annotated[tuple[Name, ...], Field(min_length=1)] = ("futures", "margin")
    min_loss: Money = "50.00"
    min_loss_ratio: Ratio = "0.30"
    nonpositive_net_assets: Literal["ineligible", "eligible"] = "ineligible"
    exclude_already_compensated: StrictBool = True
    exclude: dict[Name, Exclusion] = {}


class Bracket(Section):
    """The part of a loss up to `up_to` dollars counts at `rate`; the last bracket is open."""

    up_to: Annotated[PositiveMoney | None, DOLLARS] = None
    rate: Rate


class Claim(Section):
    """How much of a loss is recognized; all of it when there are no brackets."""

    brackets: tuple[Bracket, ...] = ()


class Award(Section):
    """The budget and the bounds of an award."""

    budget: PositiveMoney = "300000000.00"
    minimum: Money = "4.00"
    maximum: PositiveMoney = "6000.00"
    cap_at_loss: StrictBool = True
    unit: PositiveMoney = "0.01"
    if_budget_exceeds_caps: Literal["spend_less", "error"] = "spend_less"
    below_minimum: Literal["raise", "drop_once", "drop_until_stable"] = "raise"
    per: Name = "user_id"
    reserve: ReserveText = "0.00"

    @property
    def minimum_units(self) -> int:
        """The minimum in whole units.

        Examples
        --------
        >>> Award(budget="10", unit="0.50", minimum="4.00").minimum_units
        8
        """
        return int(exact(self.minimum) / exact(self.unit))

    @property
    def unit_cents(self) -> int:
        """How many cents the unit is.

        Examples
        --------
        >>> Award(unit="0.50").unit_cents
        50
        """
        return int(exact(self.unit) * CENTS)


class Objective(Section):
    """What "fair" means here."""

    rule: Name = "alpha_fair"
    alpha: Alpha = 1.0
    of: Literal["amount", "recovery"] = "amount"
    weighted: StrictBool | None = None
    by: Name | None = None
    stage_rule: Name | None = None
    seed: Annotated[StrictInt | None, Field(ge=0, lt=2**63)] = None


class Weights(Section):
    """Weight = claim^loss_exponent × min(ratio, ratio_cap)^ratio_exponent × factors."""

    loss_exponent: Exponent = 1.0
    ratio_exponent: Exponent = 0.5
    ratio_cap: PositiveRatio = "1.0"
    factors: dict[Name, Annotated[dict[StrictStr, Factor], Field(min_length=1)]] = {}


class Constraint(Section):
    """A floor or a cap on the total award of some users, or of those of every value of a column.

    `where` names users as `eligibility.exclude` does, all of its columns together; `each` makes
    one constraint for every value of a column that an eligible user has. Shares are of the budget.
    Floors are raised to whole units, caps are lowered. A recovery is a total of awards over the
    total of the same users' losses, in full, whatever part of them is recognized: with
    `min_recovery_of_overall` the users' own is at least so much of that of all eligible users.
    """

    name: Name
    where: Annotated[dict[Name, Exclusion] | None, Field(min_length=1)] = None
    each: Name | None = None
    min_total: Annotated[Money | None, DOLLARS] = None
    max_total: Annotated[Money | None, DOLLARS] = None
    min_share: Annotated[Rate | None, PERCENT] = None
    max_share: Annotated[Rate | None, PERCENT] = None
    min_recovery_of_overall: Annotated[Ratio | None, PERCENT] = None
