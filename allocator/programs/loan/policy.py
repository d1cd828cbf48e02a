"""The policy of a loan fund: the keys of its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt

from allocator.policy.base import ProgramPolicy
from allocator.policy.sections import Name, Section
from allocator.policy.sources import Citations
from allocator.policy.text import toml_value
from allocator.policy.values import NUMBER, Alpha, Number, PositiveMoney, PositiveRatio, Rate
from allocator.policy.violations import Violation
from allocator.programs.loan.checks import violations
from allocator.programs.loan.sources import CITATIONS, PAGES
from allocator.programs.loan.values import PART, ShareOrMoney

__all__ = ["Fund", "LoanPolicy", "Objective", "Rates", "Segment"]

# How limits that are not set would be: shares of the fund, or dollars.
EXAMPLES = {"max_share_per_applicant": "2%", "expected_loss_budget": "3000000.00", "min_score": 600}

Months = Annotated[StrictInt, Field(ge=1, le=600)]


class Segment(Section):
    """The least and the most that is lent to a segment.

    Shares are of the budget, however much of it is lent. In whole units floors are raised and caps
    are lowered.
    """

    max_share: Annotated[ShareOrMoney | None, PART] = None
    min_share: Annotated[ShareOrMoney | None, PART] = None


class Rates(Section):
    """The yearly rate of a loan: base + the spread of its grade, and never above the ceiling."""

    base: Rate = "0.03"
    ceiling: Rate = "0.06"
    spread: dict[Name, Rate] = Field(default={})


class Fund(Section):
    """The fund, its limits and its terms. It need not be lent out in full.

    Limits are shares of the fund or money; requests are lowered to whole units, minima raised.
    """

    budget: PositiveMoney = "100000000.00"
    unit: PositiveMoney = "1000.00"
    max_share_per_applicant: Annotated[ShareOrMoney | None, PART] = None
    expected_loss_budget: Annotated[ShareOrMoney | None, PART] = None
    min_score: Annotated[Number | None, NUMBER] = None
    tenors: tuple[Months, ...] = ()
    repayment: Literal["annuity", "bullet"] = "annuity"
    grace_months: Annotated[StrictInt, Field(ge=0, le=599)] = 0
    segments: dict[Name, Segment] = Field(default={})
    rate: Rates = Rates()


class Objective(Section):
    """What makes a division good: Σ w·(φ_alpha(delta + granted/requested) - φ_alpha(delta))."""

    alpha: Alpha = 1.0
    delta: PositiveRatio = "0.1"
    time_limit: Annotated[StrictInt, Field(ge=1, le=86_400)] = 40


class LoanPolicy(ProgramPolicy):
    """The policy of a loan fund. Every key but `schema_version` and `name` has a default.

    Raises
    ------
    PolicyError
        With every rule that is violated: its key, its value, and what would be right.
    UnsupportedError
        If the policy is sound, but asks for what this version does not have.

    Examples
    --------
    >>> policy = LoanPolicy(schema_version=1, name="Mine", fund={"expected_loss_budget": "2%"})
    >>> policy.fund.budget, policy.objective.delta
    ('100000000.00', '0.1')
    >>> LoanPolicy(schema_version=1, name="Mine", fund={"unit": "0.001"})
    Traceback (most recent call last):
    ...
    allocator.errors.PolicyError: policy: 1 thing to correct
      fund.unit = "0.001": must be a whole number of cents, such as "1000.00"
    """

    CITATIONS: ClassVar[Citations] = CITATIONS
    PAGES: ClassVar[Mapping[str, str]] = PAGES
    INLINE: ClassVar[tuple[str, ...]] = ("fund.rate.spread",)
    FREE: ClassVar[tuple[str, ...]] = ("columns.", "fund.segments.", "fund.rate.spread.")

    kind: Literal["loan"] = "loan"
    fund: Fund = Fund()
    objective: Objective = Objective()

    @classmethod
    def example(cls) -> LoanPolicy:
        """Return the documented policy: every default.

        Examples
        --------
        >>> LoanPolicy.example().fund.budget
        '100000000.00'
        """
        return cls(schema_version=1, name="Loan fund")

    def to_toml(self, *, annotated: bool = False) -> str:
        """Write the policy as TOML; limits that are not set are written as comments.

        Parameters
        ----------
        annotated : bool
            Say on each line where the value comes from, and how limits would be set.
        """
        lines = super().to_toml(annotated=annotated).splitlines()
        if annotated:
            unset = [
                f"# {name} = {toml_value(text)}  # none: {CITATIONS[f'fund.{name}'][1]}"
                for name, text in EXAMPLES.items()
                if getattr(self.fund, name) is None
            ]
            at = next(i for i, line in enumerate(lines) if line.startswith("[fund]")) + 1
            lines[at:at] = unset
            if not self.fund.segments:
                at = next(i for i, line in enumerate(lines) if line.startswith("[fund.segments]"))
                lines.insert(at + 1, '# NAME = { max_share = "40%", min_share = "1000000.00" }')
        return "\n".join(lines) + "\n"

    def violations(self) -> list[Violation]:
        """List every rule across keys that the policy violates."""
        return violations(self)
