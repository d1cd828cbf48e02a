"""A policy checked as a whole: everything that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ModelWrapValidatorHandler, ValidationError

from allocator.errors import PolicyError, UnsupportedError
from allocator.policy.violations import Violation, read_errors, report

if TYPE_CHECKING:
    from allocator.policy.base import Checked

__all__ = ["KINDS", "validated"]

# Kind of program -> what reads its policies; every model reads those of its own kind only.
KINDS = {
    "voucher": "allocator.Policy",
    "depeg": "allocator.DepegPolicy",
    "loan": "allocator.LoanPolicy",
    "initiative": "allocator.Initiative",
}

Model = TypeVar("Model", bound="Checked")
Path = tuple[str | int, ...]


def validated(
    model: type[Model],
    data: Any,
    handler: ModelWrapValidatorHandler[Model],
    context: Mapping[str, Any],
) -> Model:
    """Make a policy of data, or tell everything that is wrong with them.

    Parameters
    ----------
    model : type
        The model of a policy; it brings its own rules across keys.
    data : object
    handler : callable
        Pydantic's own validation of the model.
    context : mapping
        For the message: ``file``, and ``lines``, the line of each key; both optional.

    Returns
    -------
    ProgramPolicy
        Of that model.

    Raises
    ------
    PolicyError
        With every rule that is violated: its key, its value, and what would be right.
    UnsupportedError
        If the policy is sound, but asks for what this version does not have.
    """
    if isinstance(data, Mapping) and (other := _other_kind(model, data.get("kind"))):
        raise PolicyError(_report([other], context))
    found: list[Violation] = []
    bad: set[Path] = set()
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
            more = read_errors(error.errors(), model)
            found = found or more
            before = len(bad)
            bad.update(path for each in more for path in each.keys)
            if len(bad) == before:  # nothing left to take away: end here, told or not
                raise PolicyError(_report(found, context)) from None
    found += [each for each in policy.violations() if not _touches(each, bad)]
    if found:
        wrong = any(each.supported for each in found)
        raise (PolicyError if wrong else UnsupportedError)(_report(found, context))
    return policy


def _other_kind(model: type[Model], kind: object) -> Violation | None:
    """Refuse the policy of another kind of program: all of its keys would be unknown here."""
    own = model.model_fields["kind"].default
    if kind == own or not isinstance(kind, str) or kind not in KINDS:
        return None
    how = "`allocator run` or allocator.run_program"
    if kind == "initiative":
        how = "`allocator initiative run` or allocator.run_initiative"
    return Violation(
        (("kind",),),
        f'kind = "{kind}": {KINDS[own]} reads policies of kind "{own}"; those of kind "{kind}" are '
        f"read by {KINDS[kind]} and run by {how}",
    )


def _report(found: list[Violation], context: Mapping[str, Any]) -> str:
    return report(found, context.get("file", ""), context.get("lines"))


def _touches(violation: Violation, bad: set[Path]) -> bool:
    """Whether a bad key is one of those the rule reads, or stands inside or around one."""
    return any(key[: len(b)] == b or b[: len(key)] == key for key in violation.keys for b in bad)


def _without(data: Any, bad: set[Path], path: Path = ()) -> Any:
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
