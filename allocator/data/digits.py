"""Amounts written as text, parsed one character position at a time for many rows at once.

A small automaton accepts what `money.exact` accepts, exponents apart. Every row is in some state;
a table gives the next state for each class of character. Whatever the automaton does not decide
(an exponent, a character outside ASCII, a very long text) goes through `money.exact`.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from allocator.data.faults import Fault
from allocator.money import FINE, FINE_DIGITS, MAX_DOLLARS, exact

__all__ = ["parse_text"]

BLOCK = 1 << 15  # rows at a time, so that the working arrays stay in cache
LONGEST = 64  # characters decided by the automaton
LONGEST_TEXT = 400  # digits that `money.exact` keeps
HUGE = re.compile(
    r"\s*[+-]?\s*\$?\s*[+-]?(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)\.?(?P<part>[0-9]*)"
    r"(?:[eE](?P<exponent>[+-]?[0-9]+))?\s*"
)

# Classes of characters. END is what stands after the last character of a text.
SPACE, DIGIT, COMMA, POINT, PLUS, MINUS, DOLLAR, LETTER_E, OTHER, FOREIGN, ZERO, END = range(12)
CLASSES = 12

# States. Numbers end well in a state of GOOD; the scale is the number of decimals read.
START, SIGNED, PRICED, SIGNED_PRICED, INNER_SIGN, BARE_POINT = range(6)
ONE, TWO, THREE, MANY, GROUP0, GROUP1, GROUP2, GROUP3 = range(6, 14)
DECIMALS = 14  # DECIMALS + k: k decimals read, 0 to 8
ZEROS = DECIMALS + FINE_DIGITS + 1  # zeros after the eighth decimal
EXCESS = ZEROS + 1  # a nonzero digit after the eighth decimal
TRAILING = EXCESS + 1  # TRAILING + k: space after a number with k decimals
TRAILING_EXCESS = TRAILING + FINE_DIGITS + 1
BAD = TRAILING_EXCESS + 1
UNDECIDED = BAD + 1
STATES = UNDECIDED + 1

TOO_LARGE_DOLLARS = 10**11  # whole dollars stop here, so that eight decimals more fit in a uint64


def _classes() -> NDArray[np.uint8]:
    table = np.full(256, OTHER, dtype=np.uint8)
    table[128:] = FOREIGN
    table[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = SPACE  # what \s matches in ASCII
    table[ord("1") : ord("9") + 1] = DIGIT
    table[ord("0")] = ZERO
    marks = {",": COMMA, ".": POINT, "+": PLUS, "-": MINUS, "$": DOLLAR, "e": LETTER_E}
    for character, kind in (*marks.items(), ("E", LETTER_E)):
        table[ord(character)] = kind
    return table


def _transitions() -> NDArray[np.uint8]:
    table = np.full((STATES, CLASSES), BAD, dtype=np.uint8)

    def go(state: int, target: int, *kinds: int) -> None:
        table[state, list(kinds)] = target

    digits = (DIGIT, ZERO)
    for state in (START, SIGNED, PRICED, SIGNED_PRICED, INNER_SIGN):
        go(state, ONE, *digits)
        go(state, BARE_POINT, POINT)
    for state in (START, SIGNED, PRICED, SIGNED_PRICED):
        go(state, state, SPACE)
    go(START, SIGNED, PLUS, MINUS)
    go(START, PRICED, DOLLAR)
    go(SIGNED, SIGNED_PRICED, DOLLAR)
    go(PRICED, INNER_SIGN, PLUS, MINUS)
    go(BARE_POINT, DECIMALS + 1, *digits)
    for state, target in ((ONE, TWO), (TWO, THREE), (THREE, MANY), (MANY, MANY)):
        go(state, target, *digits)
    for state in (ONE, TWO, THREE, GROUP3):
        go(state, GROUP0, COMMA)
    for state in (GROUP0, GROUP1, GROUP2):
        go(state, state + 1, *digits)
    for k in range(FINE_DIGITS):
        go(DECIMALS + k, DECIMALS + k + 1, *digits)
    for state in (DECIMALS + FINE_DIGITS, ZEROS):
        go(state, ZEROS, ZERO)
        go(state, EXCESS, DIGIT)
    go(EXCESS, EXCESS, *digits)
    whole = (ONE, TWO, THREE, MANY, GROUP3)
    decimals = [DECIMALS + k for k in range(FINE_DIGITS + 1)]
    for state in whole:
        go(state, DECIMALS, POINT)
    for state in (*whole, *decimals, ZEROS, EXCESS):
        go(state, UNDECIDED, LETTER_E)
    for state in whole:
        go(state, TRAILING, SPACE)
    for k, state in enumerate(decimals):
        go(state, TRAILING + k, SPACE)
        go(TRAILING + k, TRAILING + k, SPACE)
    go(ZEROS, TRAILING + FINE_DIGITS, SPACE)
    go(EXCESS, TRAILING_EXCESS, SPACE)
    go(TRAILING_EXCESS, TRAILING_EXCESS, SPACE)
    table[:BAD, FOREIGN] = UNDECIDED
    table[UNDECIDED] = UNDECIDED
    table[:, END] = np.arange(STATES)
    return table


def _outcomes() -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """For each final state, the fault (or none) and what brings the digits read to 1e-8 dollars."""
    faults = np.full(STATES, Fault.NOT_A_NUMBER, dtype=np.uint8)
    factors = np.ones(STATES, dtype=np.uint64)
    good = dict.fromkeys((ONE, TWO, THREE, MANY, GROUP3), 0)
    good |= {DECIMALS + k: k for k in range(FINE_DIGITS + 1)}
    good |= {TRAILING + k: k for k in range(FINE_DIGITS + 1)}
    good[ZEROS] = FINE_DIGITS
    for state, scale in good.items():
        faults[state] = Fault.NONE
        factors[state] = 10 ** (FINE_DIGITS - scale)
    faults[[EXCESS, TRAILING_EXCESS]] = Fault.TOO_FINE
    faults[START] = Fault.MISSING  # nothing but space
    return faults, factors


CLASS = _classes()
NEXT = _transitions().ravel()
FAULTS, FACTORS = _outcomes()
# The digit of a character, and whether the state it leads to takes it into the number.
VALUE = np.zeros(256, dtype=np.uint64)
VALUE[ord("0") : ord("9") + 1] = np.arange(10)
TAKES = np.zeros(STATES, dtype=bool)
TAKES[[ONE, TWO, THREE, MANY, GROUP1, GROUP2, GROUP3]] = True
TAKES[DECIMALS + 1 : DECIMALS + FINE_DIGITS + 1] = True
WHOLE = TAKES.copy()
WHOLE[DECIMALS + 1 :] = False


def parse_text(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Parse amounts such as ``1234.50``, ``1,234.50``, ``-$5`` or ``1e-05``.

    Parameters
    ----------
    data : ndarray of uint8
        UTF-8 bytes of all texts.
    starts, ends : ndarray of int64, shape (n,)
        Where in `data` each text stands.

    Returns
    -------
    parts : ndarray of int64, shape (n,)
        Counts of 1e-8 dollars; 0 where there is a fault.
    faults : ndarray of uint8, shape (n,)
        Members of `Fault`. A text that is empty or only space is missing.

    Examples
    --------
    >>> data = np.frombuffer(b"$1,234.50-2x", dtype=np.uint8)
    >>> parts, faults = parse_text(data, np.array([0, 9, 11]), np.array([9, 11, 12]))
    >>> parts.tolist(), faults.tolist()
    ([123450000000, -200000000, 0], [0, 0, 2])
    """
    parts = np.zeros(len(starts), dtype=np.int64)
    faults = np.zeros(len(starts), dtype=np.uint8)
    for first in range(0, len(starts), BLOCK):
        block = slice(first, first + BLOCK)
        parts[block], faults[block] = _parse_block(data, starts[block], ends[block])
    return parts, faults


def _parse_block(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    lengths = ends - starts
    state = np.zeros(len(starts), dtype=np.uint8)
    value = np.zeros(len(starts), dtype=np.uint64)
    negative = np.zeros(len(starts), dtype=bool)
    longest = int(lengths.max(initial=0))
    for j in range(min(longest, LONGEST)):
        characters = data.take(starts + j, mode="clip")
        kinds = CLASS.take(characters)
        np.putmask(kinds, lengths <= j, END)
        state = NEXT.take(state.astype(np.intp) * CLASSES + kinds)
        takes = TAKES.take(state) & (kinds != END)
        np.putmask(value, takes, value * 10 + VALUE.take(characters))
        if j > 10:  # eleven digits cannot be too many
            np.putmask(value, WHOLE.take(state), np.minimum(value, np.uint64(TOO_LARGE_DOLLARS)))
        negative |= kinds == MINUS
    faults = FAULTS.take(state)
    factors = FACTORS.take(state)
    limit = np.uint64(MAX_DOLLARS * FINE) // factors
    faults[(faults == Fault.NONE) & (value >= limit)] = Fault.TOO_LARGE
    parts = (value * factors).astype(np.int64)
    np.negative(parts, out=parts, where=negative)
    parts[faults != Fault.NONE] = 0
    undecided = (state == UNDECIDED) | ((lengths > LONGEST) & (state != BAD))
    for i in np.flatnonzero(undecided):
        parts[i], faults[i] = _parse_one(data[starts[i] : ends[i]].tobytes())
    return parts, faults


def _is_huge(text: str) -> bool:
    """Tell whether a text is an amount that is too large, however long it is."""
    match = HUGE.fullmatch(text)
    if not match:
        return False
    whole = match["whole"].replace(",", "")
    first = (whole + match["part"]).lstrip("0")
    zeros = len(whole) + len(match["part"]) - len(first)
    exponent = float(match["exponent"] or 0)  # a float has no end
    return bool(first) and len(whole) - zeros + exponent > len(str(MAX_DOLLARS))


def _parse_one(text: bytes) -> tuple[int, Fault]:
    written = text.decode("utf-8", "replace")
    if not written.strip():
        return 0, Fault.MISSING
    try:
        if len(text) > LONGEST_TEXT:
            raise ValueError
        parts = exact(written) * FINE
    except ValueError:
        return 0, Fault.TOO_LARGE if _is_huge(written) else Fault.NOT_A_NUMBER
    if parts.denominator != 1:
        return 0, Fault.TOO_FINE
    return (int(parts), Fault.NONE) if abs(parts) < MAX_DOLLARS * FINE else (0, Fault.TOO_LARGE)
