"""The window: both ends included, to the last digit, in every unit and way of writing."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.data.times import microseconds, within_window
from allocator.errors import DataError

START = datetime(2025, 10, 10, tzinfo=UTC)
END = datetime(2025, 10, 11, 23, 59, 59, tzinfo=UTC)

TEXTS = {
    "2025-10-10T00:00:00Z": True,
    "2025-10-10 00:00": True,
    "2025-10-09T23:59:59.999999999Z": False,
    "2025-10-09T23:59:59.9999999999999999999Z": False,
    "2025-10-11T23:59:59": True,
    "2025-10-11T23:59:59.000000001": False,
    "2025-10-11T23:59:59.0000000000000001Z": False,
    "2025-10-11T23:59:59,000z": True,
    "2025-10-12T01:59:59+02:00": True,
    "2025-10-12T02:00:00+0200": False,
    "2025-10-12T02:00:00+02": False,
    "2025-10-09T19:00:00-05:00": True,
    "2025-10-09t18:59:59-05": False,
    " 2025-10-10T12:00:00 Z ": True,
    "9999-12-31T23:59:59Z": False,
    "0001-01-01T00:00:00Z": False,
}
BAD = ["x", "2025-10-10", "2025-13-10T00:00:00Z", "2025-10-10T24:00:00", "2025-10-10T00:00+25:00"]
BAD += ["2025-10-10T00:00+01:75", "2025-10-10T00:00.5Z", "10/10/2025 00:00"]


def inside(column, start=START, end=END):
    found, missing, bad = within_window(pa.chunked_array([column]), "time", start, end)
    assert not (found & (missing | bad)).any()
    return found.tolist(), missing.tolist(), bad.tolist()


@pytest.mark.parametrize("alone", [True, False])
def test_texts(alone):
    for texts in [[text] for text in TEXTS] if alone else [list(TEXTS)]:
        for kind in (pa.string(), pa.large_string()):
            found, missing, bad = inside(pa.array(texts, kind))
            assert found == [TEXTS[text] for text in texts]
            assert not any(missing + bad)


def test_bad_and_missing_texts():
    column = pa.array([*BAD, "", None, "2025-10-10T00:00:00Z"])
    for array in (column, column.dictionary_encode()):
        found, missing, bad = inside(array)
        assert bad == [True] * len(BAD) + [False] * 3
        assert missing == [False] * len(BAD) + [True, True, False]
        assert found == [False] * len(BAD) + [False, False, True]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_timestamps_of_every_unit(unit, zone):
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    first, last = (int(moment.timestamp()) * per_second for moment in (START, END))
    column = pa.array([first - 1, first, last, last + 1, None]).cast(pa.timestamp(unit, zone))
    assert inside(column)[0] == [False, True, True, False, False]
    assert inside(column)[1] == [False] * 4 + [True]


def test_bounds_finer_than_the_unit():
    column = pa.array([0, 1, 2]).cast(pa.timestamp("s"))
    half = datetime(1970, 1, 1, 0, 0, 0, 500_000)
    assert inside(column, half, half + timedelta(seconds=1))[0] == [False, True, False]


def test_bounds_beyond_the_unit():
    column = pa.array([0]).cast(pa.timestamp("ns"))
    assert inside(column, datetime(1, 1, 1), datetime(9999, 1, 1))[0] == [True]
    assert inside(pa.array(["1970-01-01T00:00Z"]), datetime(1, 1, 1), datetime(9999, 1, 1))[0] == [
        True
    ]


@given(
    st.lists(
        st.datetimes(START.replace(tzinfo=None) - timedelta(1), END.replace(tzinfo=None)),
        min_size=1,
    ),
    st.sampled_from(
        [None, UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=3))]
    ),
    st.sampled_from(["T", " "]),
)
def test_isoformat(moments, zone, separator):
    moments = [moment.replace(tzinfo=zone) for moment in moments]
    column = pa.array([moment.isoformat(separator) for moment in moments])
    expected = [START <= (m if m.tzinfo else m.replace(tzinfo=UTC)) <= END for m in moments]
    assert inside(column)[0] == expected


def test_other_types():
    assert inside(pa.nulls(2)) == ([False] * 2, [True] * 2, [False] * 2)
    for values in ([date(2025, 10, 10)], [1760000000]):
        with pytest.raises(
            DataError, match=r"column 'time' holds .* values; times must be timestamps"
        ):
            inside(pa.array(values))


def test_microseconds():
    assert microseconds(START) == microseconds(START.replace(tzinfo=None))
    assert np.int64(microseconds(END)) == 1_760_227_199_000_000
