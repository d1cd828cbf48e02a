"""Packages that only reports need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from allocator.errors import MissingPackageError, install

__all__ = ["need"]


def need(module: str) -> ModuleType:
    """Import a module that comes with the extra ``report``.

    Parameters
    ----------
    module : str

    Returns
    -------
    module

    Raises
    ------
    MissingPackageError
        If it is not installed; with the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise MissingPackageError(
            f"reports and figures need {package}, which is not installed: {install('report')}"
        ) from None
