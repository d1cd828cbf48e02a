"""What goes wrong in a solver of others, told apart from what is wrong with a problem."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from allocator.errors import AllocatorError, UnsupportedError

__all__ = ["BackendError", "NothingYetError", "missing", "there"]


class BackendError(AllocatorError):
    """A solver gave up, or called something a solution that breaks the constraints."""


class NothingYetError(BackendError):
    """A solver reached its limit of time or work before it found anything."""


def missing(what: str, package: str) -> UnsupportedError:
    """Say what is not installed, what is, and how to install it.

    Parameters
    ----------
    what : str
        What was asked for.
    package : str
        What it needs.

    Returns
    -------
    UnsupportedError

    Examples
    --------
    >>> str(missing('method="cvxpy:ECOS"', "ecos"))[:64]
    'method="cvxpy:ECOS" needs ecos, which is not installed (pip inst'
    """
    return UnsupportedError(
        f"{what} needs {package}, which is not installed (pip install {package}); "
        f"there are: {', '.join(there())}"
    )


def there() -> list[str]:
    """Name the methods that are there.

    Examples
    --------
    >>> there()[0]
    '"native"'
    """
    found = ['"native"']
    if _installed("highspy"):
        found.append('"highs"')
    if _installed("cvxpy"):
        solvers = import_module("cvxpy").installed_solvers()
        found += [f'"cvxpy:{name}"' for name in solvers]
    return found


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
