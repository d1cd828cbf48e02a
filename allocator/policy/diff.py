"""What differs between two policies, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allocator.errors import PolicyError
from allocator.policy.meaning import Leaf, leaves, meaning, shown
from allocator.policy.sources import Source, source_of

if TYPE_CHECKING:
    from allocator.policy.base import ProgramPolicy

__all__ = ["Change", "PolicyDiff", "compare"]

_LABELS = ("schema_version", "name")  # what a policy is called changes nobody's award


@dataclass(frozen=True)
class Change:
    """One setting that differs.

    Attributes
    ----------
    key : str
        Dotted, as ``award.maximum``.
    before, after : str
        As people read them; "none" where there is no such setting.
    before_source, after_source : {"announced", "assumed", "set"}
    """

    key: str
    before: str
    after: str
    before_source: Source
    after_source: Source

    def __str__(self) -> str:
        return (
            f"{self.key}: {self.before} ({self.before_source}) -> "
            f"{self.after} ({self.after_source})"
        )


@dataclass(frozen=True)
class PolicyDiff:
    """The settings that differ, in file order; empty, and false, when two policies mean the same.

    Attributes
    ----------
    changes : tuple of Change
    """

    changes: tuple[Change, ...]

    def __len__(self) -> int:
        return len(self.changes)

    def __str__(self) -> str:
        return "\n".join(str(change) for change in self.changes)


def compare(before: ProgramPolicy, after: ProgramPolicy) -> PolicyDiff:
    """List what differs from one policy to another; names apart.

    Parameters
    ----------
    before, after : ProgramPolicy
        Of one kind of program.

    Returns
    -------
    PolicyDiff

    Raises
    ------
    PolicyError
        If they are of different kinds.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> lower = Policy.default().replace(maximum="5000.00", min_loss_ratio="30%")
    >>> print(compare(Policy.default(), lower))
    award.maximum: $6,000.00 (announced) -> $5,000.00 (set)
    """
    if before.kind != after.kind:
        raise PolicyError(
            f"a {before.kind} policy and a {after.kind} policy have no keys to compare: name two "
            "of one kind"
        )
    changes = [
        change
        for old, new in zip(leaves(before), leaves(after), strict=True)
        if old.key not in _LABELS and _differ(old, new)
        for change in _changes(old, new, type(before))
    ]
    return PolicyDiff(tuple(changes))


def _differ(old: Leaf, new: Leaf) -> bool:
    return old.meaning != new.meaning or _order(old) != _order(new)


def _order(leaf: Leaf) -> list[str]:
    """Return the order of exclusions: the first that matches names the reason."""
    if leaf.key == "eligibility.exclude" and isinstance(leaf.value, Mapping):
        return list(leaf.value)
    return []


def _changes(old: Leaf, new: Leaf, model: type[ProgramPolicy]) -> Iterator[Change]:
    before, after = (source_of(leaf.key, leaf.meaning, model)[0] for leaf in (old, new))
    sources = before, after
    if not isinstance(old.value, Mapping) or not isinstance(new.value, Mapping):
        yield Change(old.key, old.shown, new.shown, *sources)
        return
    changed = list(_table_changes(old.key, old.value, new.value, sources))
    if not changed:
        first, then = (", ".join(_order(leaf)) for leaf in (old, new))
        changed = [Change(f"{old.key} (order)", first, then, *sources)]
    yield from changed


def _table_changes(
    key: str,
    old: Mapping[str, object],
    new: Mapping[str, object],
    sources: tuple[Source, Source],
) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if meaning(before) == meaning(after):
            continue
        inner = f"{key}.{name}"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _table_changes(inner, before, after, sources)
        else:
            texts = ["none" if value is None else shown(value) for value in (before, after)]
            yield Change(inner, texts[0], texts[1], *sources)
