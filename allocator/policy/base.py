"""What the policy of every kind of program has: its first keys, and what one can ask of it."""

from __future__ import annotations

import json
import os
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    StrictStr,
    ValidationInfo,
    model_validator,
)

from allocator.policy.changing import changed
from allocator.policy.reading import read_file
from allocator.policy.sections import Name, Section
from allocator.policy.validation import validated
from allocator.policy.writing import as_toml

if TYPE_CHECKING:
    from allocator.policy.diff import PolicyDiff
    from allocator.policy.sources import Citations, Sourced
    from allocator.policy.violations import Violation

__all__ = ["Checked", "ProgramPolicy", "whole_one"]


def whole_one(value: object) -> object:
    """Refuse a schema_version that only equals 1."""
    if type(value) is not int:  # true and 1.0 equal 1, too
        raise ValueError("must be the whole number 1")
    return value


class Checked(Section):
    """A file checked as a whole: everything that is wrong with it is told at once."""

    @model_validator(mode="wrap")
    @classmethod
    def _tell_everything(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        return validated(cls, data, handler, info.context or {})

    @abstractmethod
    def violations(self) -> list[Violation]:
        """List every rule across keys that is violated, each key being valid by itself."""


class ProgramPolicy(Checked):
    """The policy of a program, of whatever kind.

    A kind adds its sections, gives `kind` its one value, and says where its defaults come from.

    Attributes
    ----------
    CITATIONS : mapping, of the class
        For every key with a default: announced or assumed, why, and the page that says so.
    PAGES : mapping, of the class
        The pages, by the names used in `CITATIONS`.
    INLINE : tuple of str, of the class
        Dotted keys of tables that read better on one line of a TOML file.
    FREE : tuple of str, of the class
        Prefixes of tables where any key is known.
    """

    CITATIONS: ClassVar[Citations]
    PAGES: ClassVar[Mapping[str, str]]
    INLINE: ClassVar[tuple[str, ...]] = ()
    FREE: ClassVar[tuple[str, ...]] = ("columns.",)

    schema_version: Annotated[Literal[1], BeforeValidator(whole_one)]
    kind: StrictStr = ""
    name: Annotated[StrictStr, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    currency: Literal["USD"] = "USD"
    tie_break_key: StrictStr = "together-2025-10"
    columns: dict[Name, Name] = Field(default={})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
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
        >>> from allocator.policy.schema import Policy
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     path = Path(directory, "policy.toml")
        ...     _ = path.write_text('schema_version = 1\nname = "Mine"\naward.minimum = "5.00"')
        ...     policy = Policy.load(path)
        >>> policy.name, policy.award.minimum, policy.award.maximum
        ('Mine', '5.00', '6000.00')
        """
        data, context = read_file(path)
        return cls.model_validate(data, context=context)

    def replace(self, changes: Mapping[str, object] | None = None, /, **more: object) -> Self:
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
        >>> from allocator.policy.schema import Policy
        >>> policy = Policy.default().replace(alpha=2, **{"award.minimum": "5.00"})
        >>> policy.objective.alpha, policy.award.minimum
        (2.0, '5.00')
        """
        data = self.model_dump(exclude_none=True)
        return type(self).model_validate(changed(data, {**(changes or {}), **more}, type(self)))

    def diff(self, other: Self) -> PolicyDiff:
        """List what differs from this policy to another; empty when they mean the same.

        Examples
        --------
        >>> from allocator.policy.schema import Policy
        >>> print(Policy.default().diff(Policy.preset("broad")))
        objective.alpha: 1 (assumed) -> 2 (set)
        """
        from allocator.policy.diff import compare

        return compare(self, other)

    def sources(self) -> tuple[Sourced, ...]:
        """Every key with its value and where that comes from: announced, assumed or set.

        Examples
        --------
        >>> from allocator.policy.schema import Policy
        >>> policy = Policy.default()
        >>> [each.source for each in policy.sources() if each.key == "award.budget"]
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
        """Write the policy as one line of JSON: equal policies give equal bytes."""
        data = self.model_dump(exclude_none=True)
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    @property
    def digest(self) -> str:
        """The SHA-256 of `canonical_json`, in hexadecimal."""
        from hashlib import sha256

        return sha256(self.canonical_json().encode()).hexdigest()
