"""Duplicates against a dictionary of lists, also with a hash that always collides."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.data import unique
from allocator.data.unique import duplicates

ids = st.lists(
    st.none()
    | st.sampled_from(["", "a", "b", "a\0", "aaaaaaaa", "aaaaaaaa\0", "é", "x" * 17])
    | st.text("ab", max_size=20),
    max_size=30,
)


def by_hand(values):
    groups = {}
    for row, value in enumerate(values):
        if value is not None:
            groups.setdefault(value, []).append(row)
    return sorted(
        (row, rows[1] if row == rows[0] else rows[0])
        for rows in groups.values()
        if len(rows) > 1
        for row in rows
    )


def layouts(values, kind):
    yield pa.array(values, kind)
    yield pa.array([None, *values, None], kind)[1:-1]
    yield pa.chunked_array([pa.array(values[:3], kind), pa.array(values[3:], kind)])
    yield pa.array(values, kind).dictionary_encode()


def found(column):
    rows, others = duplicates(column)
    return list(zip(rows.tolist(), others.tolist(), strict=True))


@pytest.fixture(params=["hash", "constant"])
def _hash(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "constant":
            patch.setattr(unique, "hashes_of", lambda ids: np.zeros(len(ids), np.uint64))
        yield


@pytest.mark.usefixtures("_hash")
class TestAgainstDictionaries:
    @given(ids)
    def test_text(self, values):
        for kind in (pa.string(), pa.large_string()):
            for column in layouts(values, kind):
                assert found(column) == by_hand(values)

    @given(st.lists(st.none() | st.integers(-3, 3) | st.just(2**63 - 1), max_size=20))
    def test_integers(self, values):
        for column in layouts(values, pa.int64()):
            assert found(column) == by_hand(values)


def test_small_and_unsigned_integers():
    assert found(pa.array([200, 100, 200], pa.uint8())) == [(0, 2), (2, 0)]
    assert found(pa.array([2**64 - 1, 2**64 - 1, 1], pa.uint64())) == [(0, 1), (1, 0)]


def test_many_ids_across_blocks():
    values = [f"user-{i}" for i in range(140_000)]
    assert found(pa.array(values)) == []
    values[139_000] = values[5]
    assert found(pa.array(values)) == [(5, 139_000), (139_000, 5)]


def test_hashes_of_different_ids_differ():
    values = [f"{i:x}" * k for i in range(1, 2000) for k in (1, 3)]
    assert len(set(unique.hashes_of(pa.array(values)).tolist())) == len(set(values))


def test_hashes_that_collide_without_any_duplicate(monkeypatch):
    monkeypatch.setattr(unique, "hashes_of", lambda ids: np.zeros(len(ids), np.uint64))
    assert found(pa.array(["a", "b"])) == []
