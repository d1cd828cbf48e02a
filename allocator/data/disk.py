"""Files on a disk: staged until all are whole, synced, and why one could not be written."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress

__all__ = ["Stage", "size_of", "sync_folder", "why_not"]

FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


class Stage:
    """Files that are whole and on the disk, and have yet to be given their names, all together.

    Attributes
    ----------
    files : dict of str to str
        From the name of each, as an absolute path, to where it stands until then, in the order in
        which they were written.

    Examples
    --------
    >>> import tempfile
    >>> from allocator.data.write import write_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stage, path = Stage(), os.path.join(folder, "hello.txt")
    ...     _ = write_file(path, b"hello", stage=stage)
    ...     before = os.path.exists(path)
    ...     stage.place(path)
    ...     before, os.listdir(folder)
    (False, ['hello.txt'])
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def place(self, path: str) -> None:
        """Give a file its name, unless it has it already."""
        with suppress(FileNotFoundError):
            os.replace(self.files[path], path)

    def drop(self) -> None:
        """Remove the files that have not been given their names."""
        for beside in self.files.values():
            with suppress(OSError):
                os.unlink(beside)


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Make the names in a folder themselves survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def why_not(path: str, folder: str, error: OSError, needed: str) -> str:
    """Say why a file could not be written.

    Parameters
    ----------
    path, folder : str
        Of the file.
    error : OSError
    needed : str
        How much room it needs; "" if nobody knows.

    Returns
    -------
    str
    """
    if error.errno == errno.EFBIG:
        return (
            f"{path} cannot be written: the file-size limit of this process is reached (see "
            "`ulimit -f`). No half-written file is left; raise the limit"
        )
    if error.errno not in FULL:
        return f"{path} cannot be written: {error.strerror or error}"
    room = f"; it needs{needed}" if needed else ""
    with suppress(OSError):
        room += f", and {size_of(shutil.disk_usage(folder).free)} are free"
    return (
        f"{path} cannot be written: {FULL[error.errno]}{room}. No half-written file is left; make "
        "room or write elsewhere"
    )


def size_of(size: int) -> str:
    """Write a number of bytes in the unit that fits.

    Examples
    --------
    >>> size_of(7), size_of(3120), size_of(2_500_000)
    ('7 bytes', '3.1 KB', '2.5 MB')
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size:,} bytes"
