"""What callers write for amounts and weights, as arrays: exact whole units, or floats."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.errors import DataError, UnsupportedError
from allocator.money import exact

__all__ = [
    "MAX_AMOUNT",
    "MAX_UNITS",
    "baseline_units",
    "check",
    "check_reach",
    "claim_units",
    "fractions",
    "numbers",
    "ratios",
    "reals",
    "same_length",
    "shown",
    "units",
    "worth",
]

MAX_UNITS = 2**53  # whole numbers up to here are exact in float64, in which totals are evaluated
MAX_AMOUNT = 1e100  # real amounts: times any slope within the reach below, still a float
SMALLEST, LARGEST = 1e-290, 1e290  # weights and claims: their reciprocals are normal floats, too
NO_CAP = 2**62  # units: far above any budget, and an int64
MAX_INT64 = 2**63 - 1

# A float whose count of units is this close to a whole number is one, as 1234.56 is not k * 0.01:
# the error of a few float operations, relatively, but at least and at most these parts of a unit.
NOISE, LEAST, MOST = 1e-12, 1e-9, 1e-3
FLOAT_PARTS = 1_000_000  # of a unit: what claims written as floats are counted in
ROUGH = 1e12  # units from which floats may be further off than MOST: their shortest decimal decides


def numbers(
    name: str, values: ArrayLike, *, infinite: bool = False, reach: bool = False
) -> NDArray[Any]:
    """One nonnegative number or a sequence of them, as int64 or float64.

    Parameters
    ----------
    name : str
        What they are called in messages.
    values : array_like, shape () or (n,)
    infinite : bool
        Whether inf is fine, as it is for caps; integers beyond int64 are then lowered to it.
    reach : bool
        Whether floats so small or large that products lose them are refused.

    Returns
    -------
    ndarray of int64 or float64
        Unsigned integers beyond int64 become float64.

    Raises
    ------
    DataError
        If the values are no numbers, or one is negative, nan or, where that is refused,
        infinite.

    Examples
    --------
    >>> numbers("weights", [1, -2])
    Traceback (most recent call last):
    ...
    allocator.errors.DataError: weights must be nonnegative and finite; 1 entry is not, at \
position 1
    """
    array = _column(name, values)
    if array.dtype.kind not in "iuf":
        raise DataError(f"{name} must be one number or a sequence of numbers")
    if array.dtype.kind == "u" and array.max(initial=0) > MAX_INT64:
        array = np.minimum(array, MAX_INT64) if infinite else array.astype(np.float64)
    array = array.astype(np.float64 if array.dtype.kind == "f" else np.int64, copy=False)
    if array.size:
        least, most = array.min(), array.max()
        if not 0 <= least <= most < math.inf:  # true for nan, too
            good = (array >= 0) & (infinite | np.isfinite(array))
            check(name, "nonnegative and finite", array, good)
        if reach and array.dtype.kind == "f" and not SMALLEST <= least <= most <= LARGEST:
            check_reach(name, array)
    return array


def check(name: str, what: str, values: NDArray[Any], good: Any) -> None:
    """Raise a DataError that says which values are not good."""
    bad = np.flatnonzero(~np.asarray(good))
    if not len(bad):
        return
    if values.ndim == 0:
        raise DataError(f"{name} must be {what}, not {values}")
    raise DataError(f"{name} must be {what}; {_not(bad)}")


def check_reach(name: str, values: NDArray[Any]) -> None:
    """Refuse weights or claims so small or large that floats lose them.

    Raises
    ------
    UnsupportedError
        If one is not 0 and beyond what products of floats keep.
    """
    bad = np.flatnonzero((values != 0) & ((values < SMALLEST) | (values > LARGEST)))
    if len(bad):
        raise UnsupportedError(
            f"{name} must be 0 or from {SMALLEST:g} to {LARGEST:g}; {_not(bad)} (a common factor "
            "for all changes nothing)"
        )


def same_length(columns: Mapping[str, Any]) -> int:
    """Return the number of claimants: the length of every sequence among the columns.

    Parameters
    ----------
    columns : mapping of str to array, other sequence or None
        By the names that messages use; arrays of shape () are for everybody, None was not given.

    Returns
    -------
    int

    Raises
    ------
    DataError
        If lengths differ, or nothing is a sequence.

    Examples
    --------
    >>> same_length({"claims": [50, 100], "lower": np.array(0), "weights": None})
    2
    >>> same_length({"claims": [50, 100], "weights": [1, 1, 1]})
    Traceback (most recent call last):
    ...
    allocator.errors.DataError: claims and weights must have one entry for each claimant, but \
their lengths differ: claims 2, weights 3
    """
    lengths = {
        name: len(column)
        for name, column in columns.items()
        if column is not None and not (isinstance(column, np.ndarray) and column.ndim == 0)
    }
    if not lengths:
        raise DataError(f"at least one of {_listed([*columns])} must be a sequence")
    if len(set(lengths.values())) > 1:
        raise DataError(
            f"{_listed([*lengths])} must have one entry for each claimant, but their lengths "
            "differ: " + ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        )
    return next(iter(lengths.values()))


def units(
    name: str, values: ArrayLike, unit: Fraction, *, cap: bool = False, down: bool = False
) -> NDArray[np.int64]:
    """Money as a count of units.

    Integers, decimals, fractions and text are divided exactly; floats may miss a multiple by the
    noise of a few float operations, never by more than a thousandth of a unit.

    Parameters
    ----------
    name : str
        What they are called in messages.
    values : array_like, shape () or (n,)
    unit : Fraction
    cap : bool
        Whether these are caps: huge ones, and inf, are none.
    down : bool
        Round down, rather than refuse what is no multiple.

    Returns
    -------
    ndarray of int64, of the same shape

    Raises
    ------
    DataError
        If a value is negative, not finite, no number, or no multiple of the unit.
    UnsupportedError
        If a count is above 2**53.

    Examples
    --------
    >>> units("lower", ["0.29", 1], Fraction(1, 100)).tolist()
    [29, 100]
    """
    array = _column(name, values)
    flat = array.ravel()
    if array.dtype.kind == "f":
        finite = np.isfinite(flat)
        check(name, "nonnegative and finite", array, (flat >= 0) & (cap & (flat > 0) | finite))
        _, counts, multiple = _float_units(flat.astype(np.float64), unit)
    else:
        exacts = _times(name, flat, unit.denominator, unit.numerator)
        check(name, "nonnegative and finite", array, (exacts >= 0).astype(bool))
        counts = exacts // unit.numerator
        multiple = (exacts % unit.numerator == 0).astype(bool)
    if not down and not multiple.all():
        raise DataError(f"{name} must be a multiple of the unit, {shown(1, unit)}")
    if cap:
        counts = np.minimum(counts, NO_CAP)
    elif (counts > MAX_UNITS).any():
        raise UnsupportedError(
            f"{name} is above 2**53 units of {shown(1, unit)}, beyond which whole units are not "
            "exact: choose a larger unit"
        )
    result: NDArray[np.int64] = counts.astype(np.int64).reshape(array.shape)
    return result


def baseline_units(baseline: NDArray[np.float64], unit: Fraction) -> NDArray[np.float64]:
    """Money already paid as a count of units, whole where it is a multiple within float noise.

    Examples
    --------
    >>> baseline_units(np.array([0.29, 0.295]), Fraction(1, 100)).tolist()
    [29.0, 29.5]
    """
    scaled, counts, multiple = _float_units(baseline.ravel(), unit)
    return np.where(multiple, counts, scaled).reshape(baseline.shape)


def reals(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Money as floats, of the same shape.

    Raises
    ------
    DataError
        If an amount is no number, negative or not finite.
    """
    array = _column(name, values)
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    floats = [_float(v) for v in _fractions(name, array)]
    return np.array(floats, dtype=np.float64).reshape(array.shape)


def ratios(name: str, values: ArrayLike) -> NDArray[Any]:
    """Weights or claims as numbers; text and decimals as integers on a common scale.

    Returns
    -------
    ndarray of int64, or float64 where integers would be too large

    Raises
    ------
    DataError
        If a ratio is no number, negative or not finite.

    Examples
    --------
    >>> ratios("weights", ["0.1", "0.25"]).tolist()
    [2, 5]
    """
    array = _column(name, values)
    if array.dtype.kind in "iuf":
        return numbers(name, array)
    fractions = _fractions(name, array)
    scale = math.lcm(*(f.denominator for f in fractions))
    integers = [int(f * scale) for f in fractions]
    if all(abs(i) < NO_CAP for i in integers):
        return numbers(name, np.array(integers, dtype=np.int64).reshape(array.shape))
    check_reach(name, np.abs(np.array(fractions, dtype=object)))
    return numbers(name, np.array([float(f) for f in fractions]).reshape(array.shape))


def claim_units(name: str, values: ArrayLike, unit: Fraction | None) -> tuple[NDArray[Any], int]:
    """Claims that are amounts, as counts of parts of a unit; floats within their noise.

    Parameters
    ----------
    name : str
    values : array_like, shape (n,)
    unit : Fraction, or None
        None leaves amounts as they are.

    Returns
    -------
    counts : ndarray of int64, or float64 where integers would be too large
    parts : int
        So many of what is counted make a unit.

    Raises
    ------
    DataError
        If a claim is no number, negative or not finite.

    Examples
    --------
    >>> counts, parts = claim_units("claims", ["0.105", "2"], Fraction(1, 100))
    >>> counts.tolist(), parts
    ([21, 400], 2)
    """
    array = _column(name, values)
    if array.dtype.kind == "f":
        floats = numbers(name, array)
        if unit is None:
            return floats, 1
        counts, whole, multiple = _float_units(floats, unit / FLOAT_PARTS)
        return (whole.astype(np.int64), FLOAT_PARTS) if multiple.all() else (counts, FLOAT_PARTS)
    step = Fraction(1) if unit is None else unit
    if array.dtype.kind in "iu" and step.numerator == 1:
        counts = numbers(name, array)
        if counts.max(initial=0) <= NO_CAP // step.denominator:
            return counts * step.denominator, 1
    fractions = [f / step for f in _fractions(name, array)]
    check(name, "nonnegative and finite", array, np.array([f >= 0 for f in fractions]))
    parts = math.lcm(*(f.denominator for f in fractions))
    if parts <= MAX_UNITS and all(f * parts < NO_CAP for f in fractions):
        return np.array([int(f * parts) for f in fractions], dtype=np.int64), parts
    return np.array([float(f) for f in fractions]), 1


def fractions(name: str, values: ArrayLike) -> NDArray[Any]:
    """Amounts as exact fractions, of the same shape; floats are their shortest decimals.

    Raises
    ------
    DataError
        If a value is negative, not finite, or no number.

    Examples
    --------
    >>> fractions("claims", [1, 0.1, "2.5"]).tolist()
    [Fraction(1, 1), Fraction(1, 10), Fraction(5, 2)]
    """
    array = _column(name, np.array(values, dtype=object))
    exacts = _fractions(name, array)
    check(name, "nonnegative and finite", array, np.array([f >= 0 for f in exacts], dtype=bool))
    out = np.empty(len(exacts), dtype=object)
    out[:] = exacts
    return out.reshape(array.shape)


def worth(count: Any, unit: Fraction | None) -> Any:
    """Return what a count of units is worth, for messages; the count itself without a unit."""
    if unit is None:
        return count
    money = int(count) * unit
    return money.numerator if money.denominator == 1 else float(money)


def shown(count: Any, unit: Fraction | None = None) -> str:
    """Return a count of units as money, for messages: whole units are worth a decimal, exactly.

    Examples
    --------
    >>> shown(1, Fraction(1, 100)), shown(123456789, Fraction(1, 100)), shown(1, Fraction(1, 3))
    ('0.01', '1,234,567.89', '1/3')
    >>> shown(1000), shown(0.1 + 0.2)
    ('1,000', '0.3')
    """
    if unit is not None:
        money = int(count) * unit
        if money.denominator == 1:
            return f"{money.numerator:,}"
        near = exact(float(money))  # the shortest decimal
        return f"{Decimal(repr(float(money))):,f}" if near == money else str(money)
    return f"{count:,}" if isinstance(count, (int, np.integer)) else f"{count:,.10g}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _not(bad: NDArray[np.intp]) -> str:
    """Say how many entries are not what they must be, and where."""
    if len(bad) == 1:
        return f"1 entry is not, at position {bad[0]}"
    return f"{len(bad):,} entries are not, the first at position {bad[0]}"


def _column(name: str, values: ArrayLike) -> NDArray[Any]:
    if isinstance(values, (Mapping, Set, Iterator)):
        remedy = "give a list"
        if isinstance(values, Mapping):
            remedy = "for a dict d give list(d.values()), with ids=list(d)"
        kind = type(values).__name__
        raise DataError(
            f"{name} must be one number or a sequence of numbers, not a {kind}: {remedy}"
        )
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):  # lists of different lengths
        array = np.empty((0, 0))
    if array.ndim > 1:
        raise DataError(f"{name} must be one number or a sequence of numbers")
    return array


def _float_units(
    money: NDArray[np.float64], unit: Fraction
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return counts as they are, whole ones (rounded, or rounded down), and which are whole."""
    with np.errstate(over="ignore"):  # an infinite count is too large, or no cap
        counts = np.minimum(money * unit.denominator / unit.numerator, NO_CAP)
    nearest = np.rint(counts)
    multiple = np.abs(counts - nearest) <= np.clip(NOISE * nearest, LEAST, MOST)
    whole = np.where(multiple, nearest, np.floor(counts))
    for i in np.flatnonzero((counts > ROUGH) & (counts <= MAX_UNITS)):
        count = exact(money[i]) / unit
        whole[i] = round(count) if abs(count - round(count)) <= MOST else math.floor(count)
        multiple[i] = abs(count - round(count)) <= MOST
    return counts, whole, multiple


def _times(name: str, flat: NDArray[Any], factor: int, divisor: int) -> NDArray[Any]:
    """Exact products: int64 where they and the divisor fit, else Python's own numbers."""
    if flat.dtype.kind in "iu":
        largest = max(abs(int(flat.min(initial=0))), int(flat.max(initial=0)), 1)
        fits = max(largest * factor, divisor) <= MAX_INT64
        flat = flat.astype(np.int64 if fits else object)
        return np.array(flat * factor)
    return np.array([f * factor for f in _fractions(name, flat)], dtype=object)


def _fractions(name: str, array: NDArray[Any]) -> list[Fraction]:
    try:
        return [exact(v) for v in array.ravel().tolist()]
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
