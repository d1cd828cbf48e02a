"""The policy: what a program says, read, checked, changed and written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    StrictStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from allocator.errors import PolicyError, UnsupportedError
from allocator.policy.checks import COLUMNS, violations
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
from allocator.policy.text import dump_toml, find_lines
from allocator.policy.values import read_ratio
from allocator.policy.violations import Violation, nearest, read_errors, report

if TYPE_CHECKING:
    from allocator.policy.diff import PolicyDiff
    from allocator.policy.sources import Sourced

__all__ = ["PRESETS", "Policy"]

# Each preset is the announced program, but for what stands here.
PRESETS: dict[str, dict[str, Any]] = {
    "announced": {"name": "Announced"},
    "pro-rata": {"name": "Pro rata", "objective": {"rule": "proportional"}},
    "broad": {"name": "Broad", "objective": {"alpha": 2.0}},
    # Like a progressive tax, read backwards: the first dollars of a loss count most. Somebody who
    # lost $1,000 is treated as before relative to somebody who lost $100; a loss of $100,000
    # counts as $7,300 and one of $1,000,000 as $52,300.
    "small-first": {
        "name": "Small first",
        "claim": {
            "brackets": [
                {"up_to": "1000", "rate": "1.00"},
                {"up_to": "10000", "rate": "0.20"},
                {"rate": "0.05"},
            ]
        },
    },
}

_INLINE = ("columns", "eligibility.exclude")


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
        found: list[Violation] = []
        bad: set[tuple[str | int, ...]] = set()
        policy = None
        while policy is None:
            try:
                # What is left once the bad keys are gone still has rules across keys to break.
                policy = handler(_without(data, bad) if bad else data)
            except ValidationError as error:
                if not isinstance(data, Mapping):
                    kind = type(data).__name__
                    message = f"policy: must be a table of keys and values, not {kind}"
                    raise PolicyError(message) from None
                more = read_errors(error.errors(), cls)
                found = found or more
                before = len(bad)
                bad.update(path for each in more for path in each.keys)
                if len(bad) == before:  # nothing left to take away: end here, told or not
                    raise PolicyError(_report(found, info)) from None
        found += [each for each in violations(policy) if not _touches(each, bad)]
        if found:
            wrong = any(each.supported for each in found)
            raise (PolicyError if wrong else UnsupportedError)(_report(found, info))
        return policy

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
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     path = Path(directory, "policy.toml")
        ...     _ = path.write_text('schema_version = 1\nname = "Mine"\naward.minimum = "5.00"')
        ...     policy = Policy.load(path)
        >>> policy.name, policy.award.minimum, policy.award.maximum
        ('Mine', '5.00', '6000.00')
        """
        path = Path(path)
        if path.suffix.lower() not in (".toml", ".json"):
            raise PolicyError(f"{path}: a policy file ends in .toml or .json")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise PolicyError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
        except OSError as error:
            raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
        context: dict[str, object] = {"file": str(path)}
        if path.suffix.lower() == ".json":
            try:
                data = json.loads(text, object_pairs_hook=_distinct)
            except (ValueError, RecursionError) as error:
                raise PolicyError(f"{path}: is not valid JSON: {error}") from None
        else:
            import tomllib

            try:
                data = tomllib.loads(text)
            except (ValueError, RecursionError) as error:
                raise PolicyError(f"{path}: is not valid TOML: {error}") from None
            context["lines"] = find_lines(text)
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
        known = [".".join(path) for path in _paths()]
        for name, value in {**(changes or {}), **more}.items():
            *sections, last = _resolve(name, known).split(".")
            place = data
            for section in sections:
                place = place.setdefault(section, {})
            place[last] = value
        return type(self).model_validate(data)

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
        head, comments = "", None
        if annotated:
            from allocator.policy.sources import PAGES

            head = "".join(f"# {page}: {where}\n" for page, where in PAGES.items()) + "\n"
            comments = {each.key: each.comment for each in self.sources()}
        data = self.model_dump(exclude_none=True)
        if not self.constraints:
            del data["constraints"]  # "[[constraints]]" has no empty form worth showing
        return head + dump_toml(data, comments, _INLINE)

    def canonical_json(self) -> str:
        """Write the policy as one line of JSON: equal policies give equal bytes.

        Order is kept only where it has a meaning: in `eligibility.exclude`, where the first rule
        that matches names the reason.
        """
        data = self.model_dump(exclude_none=True)
        data["columns"] = _sorted(data["columns"])
        data["weights"]["factors"] = _sorted(data["weights"]["factors"])
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """The SHA-256 of `canonical_json`, in hexadecimal."""
        from hashlib import sha256

        return sha256(self.canonical_json().encode()).hexdigest()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attribute columns that the policy refers to, in policy order."""
        named = dict.fromkeys([*self.eligibility.exclude, *self.weights.factors])
        return tuple(name for name in named if name not in COLUMNS)

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
        return self.uses_ratio or "net_assets" in self.eligibility.exclude


def _report(found: list[Violation], info: ValidationInfo) -> str:
    context = info.context or {}
    return report(found, context.get("file", ""), context.get("lines"))


def _touches(violation: Violation, bad: set[tuple[str | int, ...]]) -> bool:
    """Whether a bad key is one of those the rule reads, or stands inside or around one."""
    return any(key[: len(b)] == b or b[: len(key)] == key for key in violation.keys for b in bad)


def _without(data: Any, bad: set[tuple[str | int, ...]], path: tuple[str | int, ...] = ()) -> Any:
    """Drop the bad keys; a list with a bad item goes as a whole."""
    kept = {}
    for key, value in data.items():
        here = (*path, key)
        inside = [b for b in bad if b[: len(here)] == here]
        if here in bad or (inside and not isinstance(value, Mapping)):
            continue
        kept[key] = _without(value, bad, here) if inside else value
    if not path:
        kept = {"schema_version": 1, "name": "?", **kept}  # if these are what was missing
    return kept


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise ValueError(f'the key "{twice}" stands there twice')
    return found


def _paths() -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    for name, info in Policy.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            paths += [(name, key) for key in inner.model_fields]
        else:
            paths.append((name,))
    return paths


def _resolve(name: str, known: list[str]) -> str:
    """Return the key that `name` stands for; in a table of free keys, any is known."""
    if name in known or name.startswith(("columns.", "weights.factors.", "eligibility.exclude.")):
        return name
    matches = [key for key in known if key.rpartition(".")[2] == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise PolicyError(f"{name}: is ambiguous; say {' or '.join(matches)}")
    close = nearest(name, [*known, *(key.rpartition(".")[2] for key in known)])
    raise PolicyError(
        f"{name}: unknown key; "
        + (f"did you mean {close}?" if close else "known keys: " + ", ".join(known))
    )


def _sorted(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _sorted(table[key]) if isinstance(table[key], Mapping) else table[key]
        for key in sorted(table)
    }
