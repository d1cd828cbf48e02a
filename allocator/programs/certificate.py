"""The certificate of a program: what was checked of its awards, with the figures of its kind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from allocator.errors import DataError

__all__ = ["Certificate"]

SCHEMA_VERSION = 1
DIGITS = 12  # significant digits of floats in files: the same on every machine
OWN = {
    "status": str,
    "checks": dict,
    "failures": list,
    "proves": list,
    "does_not_prove": list,
}


@dataclass(frozen=True)
class Certificate:
    """Evidence that awards follow from a policy and a table.

    Attributes
    ----------
    kind : str
        Of the program.
    status : str
        Such as ``paid_in_full``, ``optimal`` or ``failed``; the kind says which there are.
    checks : mapping of str to bool
    figures : mapping of str to object
        What the kind of program tells besides, by the names it has in certificate.json: money in
        whole cents, under names that end in ``_cents``.
    failures : tuple of str
        A sentence for each check that failed.
    proves, does_not_prove : tuple of str
    """

    kind: str
    status: str
    checks: Mapping[str, bool]
    figures: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    failures: tuple[str, ...] = ()
    proves: tuple[str, ...] = ()
    does_not_prove: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(self.checks.values())

    def to_dict(self) -> dict[str, Any]:
        """Return what goes into certificate.json.

        Examples
        --------
        >>> Certificate("depeg", "paid_in_full", {"total": True}, {"users": 2}).to_dict()
        {'schema_version': 1, 'kind': 'depeg', 'status': 'paid_in_full', 'users': 2,
         'checks': {'total': True}, 'failures': [], 'proves': [], 'does_not_prove': []}
        """
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": self.kind,
            "status": self.status,
            **{name: _plain(value) for name, value in self.figures.items()},
            "checks": dict(self.checks),
            "failures": list(self.failures),
            "proves": list(self.proves),
            "does_not_prove": list(self.does_not_prove),
        }

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read back what `to_dict` gave.

        Raises
        ------
        DataError
            If it is something else.
        """
        if not (
            isinstance(data, dict)
            and isinstance(data.get("kind"), str)
            and all(isinstance(data.get(name), kind) for name, kind in OWN.items())
            and all(type(each) is bool for each in data["checks"].values())
        ):
            raise DataError("it is not the certificate of a program")
        own = {"schema_version", "kind", *OWN}
        return cls(
            kind=data["kind"],
            status=data["status"],
            checks=MappingProxyType(dict(data["checks"])),
            figures=MappingProxyType({k: v for k, v in data.items() if k not in own}),
            failures=tuple(map(str, data["failures"])),
            proves=tuple(map(str, data["proves"])),
            does_not_prove=tuple(map(str, data["does_not_prove"])),
        )


def _plain(value: Any) -> Any:
    """Return JSON: floats to a fixed number of digits, infinities as text."""
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (tuple, list)) else value
