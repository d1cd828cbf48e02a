"""Quotation marks in CSV that open or close no field, which parsers read in ways of their own."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

__all__ = ["Misquoted", "misquoted", "quotes_fit"]

CHUNK = 1 << 20
QUOTE = b'"'
BESIDE = np.zeros(256, dtype=bool)  # what stands before a field is opened, and after it is closed
BESIDE[list(b',\r\n"')] = True


def quotes_fit(stream: BinaryIO) -> bool:
    """Tell whether every quotation mark opens or closes a field, at the speed of the disk.

    Parameters
    ----------
    stream : binary file
        CSV.

    Returns
    -------
    bool
        False also where a field that is not quoted has a mark of its own, which is no fault.

    Examples
    --------
    >>> import io
    >>> [quotes_fit(io.BytesIO(text)) for text in (b'a,"b ""c", d', b'"c"d,e', b'a,"b')]
    [True, False, False]
    """
    inside = False
    tail = b"\n"  # the last character done, and after the first chunk one that was put off
    for chunk in _chunks(stream):
        text = tail + chunk
        tail = text[-2:]
        if QUOTE in text:
            block = np.frombuffer(text, dtype=np.uint8)
            marks = np.flatnonzero(block[1:-1] == ord(QUOTE)) + 1  # both neighbors are there
            opening, closing = marks[int(inside) :: 2], marks[1 - int(inside) :: 2]
            if not (BESIDE[block[opening - 1]].all() and BESIDE[block[closing + 1]].all()):
                return False
            inside ^= bool(len(marks) % 2)
    return not inside


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    first = stream.read(CHUNK)
    yield first.removeprefix(BOM_UTF8)
    if first:
        yield from iter(lambda: stream.read(CHUNK), b"")
    yield b"\n"


@dataclass(frozen=True)
class Misquoted:
    """What is wrong with quotation marks.

    Attributes
    ----------
    rows : frozenset of int
        Records with text after the closing mark of a field; the first after the header is 0, the
        header -1.
    records : int
        How many records there are after the header, as far as they can be told apart.
    open_line : int or None
        The line on which a record starts that has a field which is never closed.
    """

    rows: frozenset[int]
    records: int
    open_line: int | None


def misquoted(text: Iterable[str]) -> Misquoted:
    r"""Find records whose quotation marks do not fit.

    Parameters
    ----------
    text : iterable of str
        Lines, with their ends.

    Returns
    -------
    Misquoted

    Examples
    --------
    >>> misquoted(["id,loss\n", '"c"d,100\n', '"e\n', ' f",200\n'])
    Misquoted(rows=frozenset({0}), records=2, open_line=None)
    """
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            taken.append(line)
            yield line

    rows: set[int] = set()
    row, line, start, open_line = -2, 0, 1, None
    reader = csv.reader(lines())
    try:
        for record in reader:
            start, line = line + 1, reader.line_num
            row += bool(record)
            if any('"' in each for each in taken):
                try:
                    for _ in csv.reader(taken, strict=True):
                        pass
                except csv.Error as error:
                    if "unexpected end of data" in str(error):
                        open_line = start
                    else:
                        rows.add(row)
            taken.clear()
    except csv.Error:  # a field too long for this parser: nothing more is known
        pass
    return Misquoted(frozenset(rows), row + 1, open_line)
