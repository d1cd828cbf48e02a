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

__all__ = ["file_advice", "unset_budget"]


def file_advice(policy: Policy) -> tuple[Advice, ...]:
    """Warn of a budget that nobody set, and of a preset's name on a policy that is another.

    A run repeats the first, and not the second: a policy as run has every key.

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
    return (*unset_budget(policy), *_another(policy))


def unset_budget(policy: Policy) -> tuple[Advice, ...]:
    """Warn of a budget that nobody set, unless the policy is a preset.

    Parameters
    ----------
    policy : Policy

    Returns
    -------
    tuple of Advice
        One or none.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> unset_budget(Policy.default()), unset_budget(Policy.default().replace(alpha=2))
    ((), ())
    >>> len(unset_budget(Policy(schema_version=1, name="Mine", objective={"alpha": 2})))
    1
    """
    if "budget" in policy.award.model_fields_set:
        return ()
    preset = _preset(policy)
    if preset in PRESETS and not compare(type(policy).preset(preset), policy).changes:
        return ()
    budget = show_dollars(exact(policy.award.budget))
    said = f"is not set: it is the announced {budget}; set it, even to that"
    return (Advice("award.budget", said),)


def _preset(policy: Policy) -> str:
    return policy.name.casefold().replace(" ", "-")


def _another(policy: Policy) -> Iterator[Advice]:
    preset = _preset(policy)
    if preset not in PRESETS:
        return
    changes = compare(type(policy).preset(preset), policy).changes
    if changes:
        differ = ", ".join(change.key for change in changes)
        yield Advice(
            "name",
            f'"{policy.name}" is the name of the preset {preset}, from which this policy differs '
            f"({differ}); give it a name of its own",
        )
