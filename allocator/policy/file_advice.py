"""What a policy file leaves unsaid, or says by its name alone: for whoever writes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allocator.money import exact
from allocator.policy.advice import Advice
from allocator.policy.diff import compare
from allocator.policy.presets import PRESETS
from allocator.policy.values import show_dollars

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["file_advice"]


def file_advice(policy: Policy) -> tuple[Advice, ...]:
    """Warn of a budget that nobody set, and of a preset's name on a policy that is another.

    A run does not repeat these: its summary states the budget, and a policy as run has every key.

    Parameters
    ----------
    policy : Policy
        As loaded from a file, so that it is known which keys the file has.

    Returns
    -------
    tuple of Advice
        None for a preset, or a file that copies one.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> print(file_advice(Policy(schema_version=1, name="Mine"))[0])
    award.budget: is not set: it is the announced $300,000,000.00; set it, even to that
    >>> file_advice(Policy.preset("broad"))
    ()
    """
    preset = policy.name.casefold().replace(" ", "-")
    found = _another(policy, preset) if preset in PRESETS else _unset_budget(policy)
    return tuple(found)


def _unset_budget(policy: Policy) -> Iterator[Advice]:
    if "budget" not in policy.award.model_fields_set:
        budget = show_dollars(exact(policy.award.budget))
        yield Advice(
            "award.budget", f"is not set: it is the announced {budget}; set it, even to that"
        )


def _another(policy: Policy, preset: str) -> Iterator[Advice]:
    changes = compare(type(policy).preset(preset), policy).changes
    if changes:
        differ = ", ".join(change.key for change in changes)
        yield Advice(
            "name",
            f'"{policy.name}" is the name of the preset {preset}, from which this policy differs '
            f"({differ}); give it a name of its own",
        )
