"""Exact money: nothing is rounded that was not said to be."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from allocator.money import (
    FINE,
    FINE_PER_CENT,
    MAX_DOLLARS,
    exact,
    fine_from_floats,
    format_cents,
    format_dollars,
    parse_fine,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1,234.50", "1234.5"),
        ("$1,234.50", "1234.5"),
        ("-$0.01", "-0.01"),
        ("$-0.01", "-0.01"),
        ("+5", "5"),
        ("$+5", "5"),
        (" $ 12 ", "12"),
        ("- 3", "-3"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1,234,567", "1234567"),
        ("1e3", "1000"),
        ("1.5E-8", "0.000000015"),
        ("000123", "123"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        (0.1, "0.1"),
        (np.float64(4.35), "4.35"),
        (np.float32(0.1), "0.1"),
        (1e22, "10000000000000000000000"),
        (7, "7"),
        (np.int64(-7), "-7"),
        (np.uint8(200), "200"),
        (Decimal("2.675"), "2.675"),
        (Decimal("1E+3"), "1000"),
        (-0.0, "0"),
    ],
)
def test_exact(value, expected):
    assert exact(value) == Fraction(expected)


def test_exact_keeps_fractions():
    assert exact(Fraction(1, 3)) == Fraction(1, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "$", "-", ".", "12,34", "1,2345", ",123", "1,234,56", "12 34", "0x10", "1e"),
        *("1e9999", "nan", "inf", "five", "5 USD", "€5", "1_000", "5-", "(5)", "$$5", "1.2.3"),
    ],
)
def test_texts_that_are_no_amounts(text):
    with pytest.raises(ValueError, match=r"is not an amount such as 1234\.50, 1,234\.50") as raised:
        exact(text)
    assert repr(text) in str(raised.value)


@pytest.mark.parametrize("value", ["--5", "+-5", "-$-5", "- +5", "+$+5"])
def test_two_signs(value):
    with pytest.raises(ValueError, match=re.escape(f"{value!r} has two signs")):
        exact(value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -np.inf, np.float64("nan"), Decimal("NaN"), Decimal("inf")],
)
def test_not_finite(value):
    with pytest.raises(ValueError, match="is not a finite number"):
        exact(value)


@pytest.mark.parametrize("value", [True, np.True_])
def test_truth_is_no_amount(value):
    with pytest.raises(ValueError, match=r"True.* is not an amount"):
        exact(value)


@pytest.mark.parametrize("value", [None, [1], b"5", 1j])
def test_other_types(value):
    with pytest.raises(ValueError, match="is not an amount"):
        exact(value)


@settings(max_examples=200)
@given(st.decimals(-(10**12), 10**12, places=12))
def test_texts_of_decimals(value):
    assert exact(f"{value:f}") == Fraction(value)
    assert exact(f"${abs(value):,f}") == abs(Fraction(value))


def test_parse_fine():
    assert parse_fine("0.00000001") == 1
    assert parse_fine("-$49.99999999") == -4_999_999_999
    assert parse_fine("1.100000000000") == 110_000_000  # zeros past the eighth are no digits
    assert parse_fine(0.3) == 30_000_000
    assert parse_fine(Fraction(1, 4)) == FINE // 4
    assert parse_fine(MAX_DOLLARS - 1) < 2**63
    assert parse_fine(Decimal("89999999999.99999999")) == MAX_DOLLARS * FINE - 1


@pytest.mark.parametrize("value", ["0.000000001", "1.123456789", Fraction(1, 3), 1e-9])
def test_more_than_eight_decimals(value):
    with pytest.raises(ValueError, match="has more than 8 decimals"):
        parse_fine(value)


@pytest.mark.parametrize("value", [MAX_DOLLARS, -MAX_DOLLARS, "90000000000.00", "1e100"])
def test_too_large(value):
    with pytest.raises(ValueError, match=re.escape("is not below $90,000,000,000 in size")):
        parse_fine(value)


def by_text(value):
    decimal = Decimal(repr(value)).scaleb(8)
    whole = decimal.to_integral_value(ROUND_HALF_EVEN)
    return int(whole), whole != decimal


DOLLARS = st.floats(-8.9e10, 8.9e10)
EIGHTHS = st.integers(-(10**18), 10**18).map(lambda parts: float(Decimal(parts).scaleb(-8)))
HALVES = st.integers(-(10**12), 10**12).map(lambda k: float(Decimal(2 * k + 1).scaleb(-9) * 5))
CENTS = st.integers(-(10**9), 10**9).map(lambda cents: cents / 100)


@settings(max_examples=400)
@given(st.lists(DOLLARS | EIGHTHS | HALVES | CENTS, max_size=8))
@example([0.5e-8, 1.5e-8, 2.5e-8, -0.5e-8, 5e-9, 1.000000005, 1.000000015, 2.0**26, 2.0**26 + 5e-9])
@example([89999999999.99998, -89999999999.99998, 67108863.99999999, 1e-300, -0.0])
def test_floats_are_their_shortest_decimals(values):
    parts, rounded = fine_from_floats(np.array(values, dtype=np.float64))
    assert parts.dtype == np.int64
    expected = [by_text(value) for value in values]
    assert list(zip(parts.tolist(), rounded.tolist(), strict=True)) == expected


def test_every_cent_is_exact():
    cents = np.arange(400, 600_001)
    parts, rounded = fine_from_floats(cents / 100)
    assert (parts == cents * FINE_PER_CENT).all()
    assert not rounded.any()
    assert ((cents / 100 * 100).astype(np.int64) != cents).mean() > 0.01  # what others do


def test_formatting():
    assert format_dollars(300_000_000) == "$300,000,000.00"
    assert format_dollars(Fraction(1, 200)) == "$0.00"  # half to even
    assert format_dollars(Fraction(3, 200)) == "$0.02"
    assert format_dollars(Decimal("-1234.5")) == "-$1,234.50"
    assert format_dollars(Decimal("0.123456785"), places=8) == "$0.12345678"
    assert format_dollars(Fraction(7, 2), places=0) == "$4"
    assert format_dollars(Fraction(-1, 1000)) == "$0.00"
    assert format_cents(0) == "$0.00"
    assert format_cents(-5) == "-$0.05"
    assert format_cents(np.int64(123_456_789)) == "$1,234,567.89"


@settings(max_examples=200)
@given(st.integers(-(10**15), 10**15))
def test_what_is_shown_reads_back(cents):
    assert exact(format_cents(cents)) * 100 == cents


@pytest.mark.parametrize("decimals", [9, 12])
@pytest.mark.parametrize(("low", "high"), [(8e4, 1e6), (1e6, 3.3e7), (3.3e7, 2.0**26)])
def test_ties_of_large_floats_are_decided_by_their_decimals(low, high, decimals):
    dollars = np.random.default_rng(0).uniform(low, high, 5_000)
    texts = [f"{x:.8f}5" if decimals == 9 else f"{x:.{decimals}f}" for x in dollars]
    values = [156584.890289535, *map(float, texts)]
    parts, rounded = fine_from_floats(np.array(values))
    expected = [by_text(value) for value in values]
    assert list(zip(parts.tolist(), rounded.tolist(), strict=True)) == expected
