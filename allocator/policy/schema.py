"""The policy: the keys of its file, and what one can ask of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    StrictStr,
    ValidationInfo,
    model_validator,
)

from allocator.errors import PolicyError
from allocator.policy.changing import changed
from allocator.policy.checks import COLUMNS
from allocator.policy.presets import PRESETS
from allocator.policy.reading import read_file
from allocator.policy.sections import (
    Award,
    Claim,
    Constraint,
    Eligibility,
    Name,
    Objective,
    Section,
    Weights,
)
from allocator.policy.validation import validated
from allocator.policy.values import read_ratio
from allocator.policy.violations import nearest
from allocator.policy.writing import as_json, as_toml

if TYPE_CHECKING:
    from allocator.policy.diff import PolicyDiff
    from allocator.policy.sources import Sourced

__all__ = ["Policy"]


def _whole(value: object) -> object:
    if type(value) is not int:  # true and 1.0 equal 1, too
        raise ValueError("must be the whole number 1")
    return value


class Policy(Section):
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

    schema_version: Annotated[Literal[1], BeforeValidator(_whole)]
    kind: Literal["voucher", "depeg", "loan"] = "voucher"
    name: Annotated[StrictStr, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    currency: Literal["USD"] = "USD"
    tie_break_key: StrictStr = "together-2025-10"
    columns: dict[Name, Name] = Field(default={})
    eligibility: Eligibility = Eligibility()
    claim: Claim = Claim()
    award: Award = Award()
    objective: Objective = Objective()
    weights: Weights = Weights()
    constraints: tuple[Constraint, ...] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _tell_everything(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        return validated(cls, data, handler, info.context or {})

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

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Policy:
        r"""Read a policy file, TOML or JSON by its suffix.

        Raises
        ------
        PolicyError
            If the file cannot be read, is not TOML or JSON, or breaks the schema; with line
            numbers for TOML.
        UnsupportedError
            If the policy is sound, but asks for what this version does not have.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     path = Path(directory, "policy.toml")
        ...     _ = path.write_text('schema_version = 1\nname = "Mine"\naward.minimum = "5.00"')
        ...     policy = Policy.load(path)
        >>> policy.name, policy.award.minimum, policy.award.maximum
        ('Mine', '5.00', '6000.00')
        """
        data, context = read_file(path)
        return cls.model_validate(data, context=context)

    def replace(self, changes: Mapping[str, object] | None = None, /, **more: object) -> Policy:
        """Copy with some keys changed.

        Parameters
        ----------
        changes, more
            New values by key. A bare key such as ``alpha`` is enough where only one section has
            it; ``award.budget`` and ``weights.factors.vip_tier`` work, too.

        Raises
        ------
        PolicyError
            If a key is unknown or ambiguous, or the new policy breaks a rule.

        Examples
        --------
        >>> policy = Policy.default().replace(alpha=2, **{"award.minimum": "5.00"})
        >>> policy.objective.alpha, policy.award.minimum
        (2.0, '5.00')
        """
        data = self.model_dump(exclude_none=True)
        return type(self).model_validate(changed(data, {**(changes or {}), **more}, Policy))

    def diff(self, other: Policy) -> PolicyDiff:
        """List what differs from this policy to another; empty when they mean the same.

        Examples
        --------
        >>> print(Policy.default().diff(Policy.preset("broad")))
        objective.alpha: 1 (assumed) -> 2 (set)
        """
        from allocator.policy.diff import compare

        return compare(self, other)

    def sources(self) -> tuple[Sourced, ...]:
        """Every key with its value and where that comes from: announced, assumed or set.

        Examples
        --------
        >>> [each.source for each in Policy.default().sources() if each.key == "award.budget"]
        ['announced']
        """
        from allocator.policy.sources import sources

        return sources(self)

    def to_toml(self, *, annotated: bool = False) -> str:
        """Write the policy as TOML, every key written out.

        Parameters
        ----------
        annotated : bool
            Say on each line where the value comes from.
        """
        return as_toml(self, annotated=annotated)

    def canonical_json(self) -> str:
        """Write the policy as one line of JSON: equal policies give equal bytes.

        Order is kept only where it has a meaning: in `eligibility.exclude`, where the first rule
        that matches names the reason.
        """
        return as_json(self)

    @property
    def digest(self) -> str:
        """The SHA-256 of `canonical_json`, in hexadecimal."""
        from hashlib import sha256

        return sha256(self.canonical_json().encode()).hexdigest()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attribute columns that the policy refers to, in policy order."""
        named = dict.fromkeys(
            [
                *self.eligibility.exclude,
                *self.weights.factors,
                *self._constrained,
                self.award.per,
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
    def uses_weights(self) -> bool:
        """Whether weights matter: not for claims rules."""
        return self.objective.rule == "alpha_fair"

    @property
    def uses_ratio(self) -> bool:
        """Whether anything depends on loss / net assets."""
        weighed = self.uses_weights and self.weights.ratio_exponent > 0
        return weighed or read_ratio(self.eligibility.min_loss_ratio) > 0

    @property
    def needs_net_assets(self) -> bool:
        """Whether the users table must have net assets."""
        named = (*self.eligibility.exclude, *self._constrained)
        return self.uses_ratio or "net_assets" in named
