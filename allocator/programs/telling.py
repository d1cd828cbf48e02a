"""What every program tells people alike: how many, how a page ends, and that a fault is its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allocator.errors import VerificationError
from allocator.programs.certificate import Certificate
from allocator.programs.result import Result

__all__ = ["count_of", "ending", "refuse_failed"]


def count_of(n: int, what: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> count_of(1234, "user"), count_of(1, "loan")
    ('1,234 users', '1 loan')
    """
    return f"{n:,} {what}" + ("s" if n != 1 else "")


def ending(result: Result, figures: Mapping[str, Any], checks: Mapping[str, str]) -> list[str]:
    """Return the last lines of a page: rows set aside, warnings, and what was verified.

    Parameters
    ----------
    result : Result
    figures : mapping
        Of its summary: quarantined, warnings, checks.
    checks : mapping of str to str
        What the checks of this kind of program are called.

    Returns
    -------
    list of str
    """
    end = []
    if figures["quarantined"]:
        rows = figures["quarantined"]
        what = "1 row was" if rows == 1 else f"{rows:,} rows were"
        end.append(f"{what} set aside as bad: quarantined.csv")
    end += [f"warning: {warning}" for warning in figures["warnings"]]
    failed = [checks[name] for name, passed in figures["checks"].items() if not passed]
    if failed:
        end.append("VERIFICATION FAILED: " + ", ".join(failed))
        end += [f"  {failure}" for failure in result.certificate.failures]
    else:
        end.append("verified: " + ", ".join(checks[name] for name in figures["checks"]))
    return end


def refuse_failed(certificate: Certificate) -> None:
    """Give nothing out that does not pass its own verification.

    Raises
    ------
    VerificationError

    Examples
    --------
    >>> refuse_failed(Certificate("loan", "failed", {"fund": False}, failures=("fund: too much",)))
    Traceback (most recent call last):
    ...
    allocator.errors.VerificationError: the result does not pass its own verification, which is a
    fault of this program; please report it: fund: too much
    """
    if not certificate.ok:
        raise VerificationError(
            "the result does not pass its own verification, which is a fault of this program; "
            "please report it: " + "; ".join(certificate.failures)
        )
