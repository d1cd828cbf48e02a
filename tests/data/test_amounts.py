"""Amounts of every Arrow type against the one-by-one conversion in money."""

from decimal import Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from allocator.data.amounts import read_amounts
from allocator.data.faults import Fault
from allocator.errors import DataError
from allocator.money import FINE, parse_fine

CONTEXT = Context(prec=80)
ALPHABET = "0000111259.,,$+-  eE\tx\u00a0\u0663"
texts = st.lists(st.text(ALPHABET, max_size=14) | st.text("0123456789.,", max_size=80))


def by_hand(value):
    """The exact amount, or None; an independent way for each value."""
    try:
        return parse_fine(value)
    except ValueError:
        return None


def check(column, values):
    amounts = read_amounts(column, "loss")
    assert len(amounts.parts) == len(values)
    for value, parts, fault in zip(values, amounts.parts, amounts.faults, strict=True):
        expected = None if value is None else by_hand(value)
        assert (fault == 0) == (expected is not None), (value, fault)
        assert parts == (expected or 0), value
    return amounts


@given(texts)
@example(["1,234", "12,34", "1,234,567.89", "$-5", "-$5", "- $ 5 ", "$ -5", "-$-5", "$ - 5"])
@example(
    ["+5", "5.", ".5", ".", "$", "", " ", "1234,567", "0,123", "1,23", "1,2345", "1e5", "1E-05"]
)
@example(["1" * 30, "0" * 70 + "1", "1." + "0" * 30, "1." + "0" * 8 + "1", "1.123456780 "])
# 2**64 + 5, which must not come round to 5.
@example(["18446744073709551621", "18446744073709551621.5", "1,844,674,407,370,955,162,105.00"])
@example(["89999999999.99999999", "90000000000", "-90000000000", "99999999999.99999999"])
@example(["nan", "inf", "-inf", "Infinity", "1_000", "0x10", "1e999", "1e", "--5", "5-", "١٢"])
def test_text_means_what_money_says(values):
    for kind in (pa.string(), pa.large_string()):
        check(pa.array(values, kind), values)
        check(pa.array(values, kind).dictionary_encode(), values)


def test_text_faults():
    values = [
        "",
        "  ",
        None,
        "\u00a0",
        "x",
        "1e-9",
        "1.12345678901 ",
        "9e10",
        "90000000000.5",
        "1" * 401,
        "1" * 5000,
        "-$1,234,567" + ",890" * 200,
        "1e999999999999",
        "0." + "0" * 500 + "1e600",
        "1e" + "9" * 5000,
        "0" * 500,
        "12,34" + "1" * 500,
        "1e999999999999x",
        "0e999999999999",
        "1e-999999999999",
        "\uff11\uff12",
        "\u0663",
        "1\u0663",
    ]
    faults = read_amounts(pa.array(values), "loss").faults.tolist()
    missing, fine, large = Fault.MISSING, Fault.TOO_FINE, Fault.TOO_LARGE
    text = Fault.NOT_A_NUMBER
    due = [missing, missing, missing, missing, text, fine, fine, large, large, large]
    assert faults == [*due, *[large] * 5, *[text] * 8]


decimals = st.integers(-(10**37), 10**37) | st.integers(-(10**12), 10**12) | st.just(0)


@given(st.lists(decimals | st.none()), st.integers(-4, 30), st.integers(0, 3))
@example([10**37, -(10**37), -1, 1, 9 * 10**20, 2**63, 2**64, -(2**63), -(2**64)], 18, 0)
@example([8_999_999_999_999, 9_000_000_000_000, -9_000_000_000_000], 2, 0)
def test_decimals_of_any_scale(units, scale, cut):
    values = [None if unit is None else Decimal(unit).scaleb(-scale, CONTEXT) for unit in units]
    for kind in (pa.decimal128(38, scale), pa.decimal256(76, scale)):
        # Python's own conversion refuses negative scales; the digits are the same in any scale.
        whole = pa.array(
            [None if unit is None else Decimal(unit) for unit in units],
            pa.decimal128(38, 0) if kind.bit_width == 128 else pa.decimal256(76, 0),
        )
        column = pa.Array.from_buffers(kind, len(whole), whole.buffers())
        check(column, values)
        check(column.slice(cut), values[cut:])


def test_narrow_decimals():
    for kind in (pa.decimal32(9, 2), pa.decimal64(18, 2)):
        column = pa.array([Decimal("12.34"), None, Decimal("-1.50")], kind)
        assert read_amounts(column, "loss").parts.tolist() == [1234000000, 0, -150000000]


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64", "uint8", "uint32", "uint64"])
def test_integers_at_their_ends(kind):
    info = np.iinfo(kind)
    values = [0, 1, int(info.min), int(info.max), 100]
    check(pa.array(values, kind), values)
    check(pa.array([None, *values], kind)[1:], values)


@given(st.lists(st.floats() | st.none()))
@example([1e-9, 0.1, 4.35, 5e-9, 1.5e-8, 2.5e-8, 89999999999.99, 9e10, -9e10, 1e300, -0.0])
def test_floats_are_their_shortest_decimals(values):
    column = pa.array(values, pa.float64())
    amounts = read_amounts(column, "loss")
    for value, parts, fault, rounded in zip(
        values, amounts.parts, amounts.faults, amounts.rounded, strict=True
    ):
        if value is None:
            assert fault == Fault.MISSING
        elif not np.isfinite(value):
            assert fault == Fault.NOT_FINITE
        elif abs(value) >= 9e10:
            assert fault == Fault.TOO_LARGE
        else:
            exact = Decimal(repr(value)) * FINE
            assert parts == int(exact.to_integral_value("ROUND_HALF_EVEN"))
            assert rounded == (exact != exact.to_integral_value())
            assert fault == 0


@given(st.lists(st.floats(-1e6, 1e6, width=32)))
@example([0.1, 1e-9, 123456.78])
def test_single_floats_are_their_own_shortest_decimals(values):
    column = pa.array(values, pa.float32())
    for value, parts in zip(values, read_amounts(column, "loss").parts, strict=True):
        exact = Decimal(str(np.float32(value))) * FINE
        assert parts == int(exact.to_integral_value("ROUND_HALF_EVEN"))


def test_single_floats_that_are_not_numbers():
    column = pa.array([np.nan, np.inf, None, 1.5], pa.float32())
    assert read_amounts(column, "loss").faults.tolist() == [3, 3, 1, 0]


def test_dictionaries_with_nulls_in_either_place():
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2]), pa.array(["5", None, "x"]))
    amounts = read_amounts(pa.chunked_array([column, column[:1]]), "loss")
    assert amounts.parts.tolist() == [5 * FINE, 0, 0, 0, 5 * FINE]
    assert amounts.faults.tolist() == [0, 1, 1, 2, 0]
    empty = pa.DictionaryArray.from_arrays(pa.array([None], pa.int8()), pa.array([], pa.string()))
    assert read_amounts(empty, "loss").faults.tolist() == [1]


def test_null_column_and_empty_columns():
    assert read_amounts(pa.nulls(2), "loss").faults.tolist() == [1, 1]
    kinds = (pa.string(), pa.int64(), pa.float64(), pa.float32(), pa.decimal128(18, 2), pa.null())
    for kind in kinds:
        assert len(read_amounts(pa.array([], kind), "loss").parts) == 0
    assert read_amounts(pa.array(["", ""]), "loss").faults.tolist() == [1, 1]


@pytest.mark.parametrize(
    "column", [pa.array([True]), pc.strptime(["1"], "%d", "s"), pa.array([[1]])]
)
def test_types_that_hold_no_amounts(column):
    with pytest.raises(DataError, match=r"column 'loss' holds .* values; amounts must be decimals"):
        read_amounts(column, "loss")


def test_blocks_join_up():
    values = [f"{i}.{i % 100:02d}" for i in range(70_000)]
    amounts = read_amounts(pa.array(values), "loss")
    i = np.arange(70_000)
    assert np.array_equal(amounts.parts, i * FINE + i % 100 * 10**6)


def test_half_floats_hold_no_amounts():
    halves = pa.array(np.array([0.1, 100], np.float16))
    told = "column 'loss' holds .*halffloat.* values; amounts must be .* floats of 32 or 64 bits"
    for column in (halves, halves.dictionary_encode()):
        with pytest.raises(DataError, match=told):
            read_amounts(column, "loss")
