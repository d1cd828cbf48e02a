"""The policy: the keys of its file, and what one can ask of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar, Literal

from allocator.errors import PolicyError, nearest
from allocator.policy.base import ProgramPolicy
from allocator.policy.changing import FREE
from allocator.policy.checks import COLUMNS, violations
from allocator.policy.presets import PRESETS
from allocator.policy.rules import TWO_STAGE
from allocator.policy.sections import (
    Award,
    Claim,
    Constraint,
    Eligibility,
    Objective,
    Weights,
)
from allocator.policy.sources import CITATIONS, PAGES, Citations
from allocator.policy.values import read_ratio
from allocator.policy.violations import Violation
from allocator.policy.writing import as_json

__all__ = ["Policy"]


class Policy(ProgramPolicy):
    """A program's policy. Every key but `schema_version` and `name` has the announced default.

    Raises
    ------
    PolicyError
        With every rule that is violated: its key, its value, and what would be right.
    UnsupportedError
        If the policy is sound, but asks for what this version does not have.

    Examples
    --------
    >>> policy = Policy(schema_version=1, name="Mine", award={"maximum": "5000.00"})
    >>> policy.award.budget, policy.award.maximum
    ('300000000.00', '5000.00')
    >>> Policy(schema_version=1, name="Mine", award={"maximun": "5000.00"})
    Traceback (most recent call last):
    ...
    allocator.errors.PolicyError: policy: 1 thing to correct
      award.maximun: unknown key; did you mean maximum?
    """

    CITATIONS: ClassVar[Citations] = CITATIONS
    PAGES: ClassVar[Mapping[str, str]] = PAGES
    INLINE: ClassVar[tuple[str, ...]] = ("eligibility.exclude",)
    FREE: ClassVar[tuple[str, ...]] = FREE

    kind: Literal["voucher"] = "voucher"
    eligibility: Eligibility = Eligibility()
    claim: Claim = Claim()
    award: Award = Award()
    objective: Objective = Objective()
    weights: Weights = Weights()
    constraints: tuple[Constraint, ...] = ()

    def violations(self) -> list[Violation]:
        """List every rule across keys that the policy violates."""
        return violations(self)

    @classmethod
    def default(cls) -> Policy:
        """Return the announced program.

        Examples
        --------
        >>> Policy.default().award.maximum
        '6000.00'
        """
        return cls.preset("announced")

    @classmethod
    def preset(cls, name: str) -> Policy:
        """Return a named policy: ``announced``, ``pro-rata``, ``broad`` or ``small-first``.

        ``pro-rata`` divides in proportion to losses, with the same floors and caps; ``broad``
        raises alpha to 2; ``small-first`` counts the first $1,000 of a loss in full, the next
        $9,000 at 20% and the rest at 5%.

        Raises
        ------
        PolicyError
            If there is no such preset.

        Examples
        --------
        >>> Policy.preset("broad").objective.alpha
        2.0
        """
        if name not in PRESETS:
            close = nearest(name, PRESETS)
            raise PolicyError(
                f"there is no preset {name!r}; "
                + (f"did you mean {close!r}? " if close else "")
                + "Presets: "
                + ", ".join(PRESETS)
            )
        return cls.model_validate({"schema_version": 1, **PRESETS[name]})

    @classmethod
    def named(cls, value: Policy | str | os.PathLike[str] | None) -> Policy:
        """Return the policy that is meant: itself, a preset, a file, or the announced one for None.

        Parameters
        ----------
        value : Policy, str, path or None
            Text without a suffix is the name of a preset.

        Returns
        -------
        Policy

        Raises
        ------
        PolicyError
            If there is no such preset, or the file is not a policy.

        Examples
        --------
        >>> Policy.named("broad").objective.alpha
        2.0
        """
        if value is None:
            return cls.default()
        if isinstance(value, Policy):
            return value
        name = os.fspath(value)
        return cls.load(name) if os.path.splitext(name)[1] else cls.preset(name)

    def canonical_json(self) -> str:
        """Write the policy as one line of JSON: equal policies give equal bytes.

        Order is kept only where it has a meaning: in `eligibility.exclude`, where the first rule
        that matches names the reason.
        """
        return as_json(self)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attribute columns that the policy refers to, in policy order."""
        named = dict.fromkeys(
            [
                *self.eligibility.exclude,
                *self.weights.factors,
                *self._constrained,
                self.award.per,
                *filter(None, [self.objective.by]),
            ]
        )
        return tuple(name for name in named if name not in COLUMNS)

    @property
    def _constrained(self) -> tuple[str, ...]:
        """The columns by which constraints choose users."""
        return tuple(
            name
            for constraint in self.constraints
            for name in (constraint.where or ([constraint.each] if constraint.each else []))
        )

    @property
    def grouped(self) -> bool:
        """Whether awards depend on groups of users, and not on one level alone."""
        return bool(self.constraints) or self.objective.rule == TWO_STAGE

    @property
    def uses_weights(self) -> bool:
        """Whether weights, and alpha, are all that matters: not for claims rules."""
        return self.objective.rule == "alpha_fair"

    @property
    def weighs(self) -> bool:
        """Whether users have weights: also for a claims rule in its weighted version."""
        return self.uses_weights or bool(self.objective.weighted)

    @property
    def uses_ratio(self) -> bool:
        """Whether anything depends on loss / net assets."""
        return self.weighs_ratio or read_ratio(self.eligibility.min_loss_ratio) > 0

    @property
    def weighs_ratio(self) -> bool:
        """Whether weights depend on loss / net assets."""
        return self.weighs and self.weights.ratio_exponent > 0

    @property
    def needs_net_assets(self) -> bool:
        """Whether the users table must have net assets."""
        return self.uses_ratio or self.names_net_assets

    @property
    def names_net_assets(self) -> bool:
        """Whether a rule is about net assets as such, and not about the ratio."""
        return "net_assets" in (*self.eligibility.exclude, *self._constrained)
