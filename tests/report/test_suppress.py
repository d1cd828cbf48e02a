import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.report.suppress import (
    hidden,
    hidden_cells,
    is_small,
    merge_small,
    shown_count,
    shown_share,
    without_small_counts,
)
from allocator.report.tables import rules_table
from allocator.scenarios.out import Out

COUNTS = st.lists(st.integers(0, 30), max_size=12)
TABLES = st.integers(1, 3).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0, 0, 1, 3, 9, 10, 12, 40, 500]), min_size=width, max_size=width),
        min_size=1,
        max_size=8,
    )
)


@given(COUNTS)
def test_no_small_count_is_shown_or_follows_from_the_others(counts):
    gone = hidden(counts)
    assert all(not is_small(count) or k in gone for k, count in enumerate(counts))
    # What is hidden is known in sum, which is of ten people at least, and of two groups.
    if gone and sum(counts) >= 10:
        assert sum(counts[k] for k in gone) >= 10
        assert len(gone) > 1
    assert not gone or any(is_small(count) for count in counts)


def followed(rows, gone):
    """Cells that follow from a table's sums, by linear algebra, as an attacker would."""
    last, width = len(rows) - 1, len(rows[0])
    places = {cell: k for k, cell in enumerate(sorted(gone))}
    equations = []
    for r in range(len(rows)):
        equations.append([cell[0] == r for cell in places])
    for c in range(width):
        equations.append([(cell[1] == c) * (-1 if cell[0] == last else 1) for cell in places])
    matrix = np.array(equations, dtype=float)
    if not places:
        return set()
    rank = np.linalg.matrix_rank(matrix)
    unit = np.eye(len(places))
    return {
        cell
        for cell, k in places.items()
        if np.linalg.matrix_rank(np.vstack([matrix, unit[k]])) == rank
    }


@given(TABLES, st.booleans())
def test_no_small_cell_of_a_table_follows_from_its_sums(body, has_unseen):
    rows = [*body, [sum(column) for column in zip(*body, strict=True)]]
    unseen = {len(rows[0]) - 1} if has_unseen else set()
    gone = hidden_cells(rows, unseen=unseen)
    small = {(r, c) for r, row in enumerate(rows) for c, n in enumerate(row) if is_small(n)}
    assert small <= gone
    every = {(r, c) for r, row in enumerate(rows) for c, n in enumerate(row) if n}
    if gone != every:  # then the whole would have to be hidden
        follow = followed(rows, gone)
        assert not small & follow
        unknown = gone - follow  # what is left of a sum when all that is known is taken off it
        for r in range(len(rows)):
            assert not is_small(sum(rows[r][c] for k, c in unknown if k == r))
        for c in range(len(rows[0])):
            inside = {(k, each) for k, each in unknown if each == c}
            assert (len(body), c) in inside or not is_small(sum(rows[k][c] for k, c in inside))


def test_a_bridge_of_hidden_cells_is_hidden_better():
    # Every line has two hidden cells, and yet the one in the middle would follow.
    rows = [[20, 20, 50], [20, 20, 60], [70, 30, 5], [110, 70, 115]]
    gone = hidden_cells(rows)
    assert (2, 2) in gone
    assert (2, 2) not in followed(rows, gone)


def test_a_small_sum_and_a_row_that_is_gone():
    assert hidden_cells([[3, 50], [0, 60], [3, 110]]) >= {(0, 0), (2, 0), (2, 1)}
    assert hidden_cells([[30, 50], [20, 60], [50, 110]], gone={1}) == {(1, 0), (1, 1)}
    assert hidden_cells([[30, 50], [20, 60], [50, 110]]) == set()


def test_counts_and_shares():
    assert [shown_count(n) for n in (0, 1, 9, 10, 12_000)] == [
        "0",
        "withheld",
        "withheld",
        "10",
        "12,000",
    ]
    assert [shown_share(n, 100) for n in (0, 5, 10, 50, 95, 100)] == [
        "0.0%",
        "withheld",
        "10.0%",
        "50.0%",
        "withheld",
        "100.0%",
    ]
    assert shown_share(5, 5) == "withheld"
    assert shown_share(0, 0) == "0.0%"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 user has", "fewer than 10 users has"),
        ("3 users of X, and 9 rows", "fewer than 10 users of X, and fewer than 10 rows"),
        ("1,003 users", "1,003 users"),
        ("0.3 users, 13 users, alpha 2, $5", "0.3 users, 13 users, alpha 2, $5"),
    ],
)
def test_small_counts_in_sentences(text, told):
    assert without_small_counts(text) == told


def out(counts, source="announced"):
    return [Out(f"r{k}", f"reason {k}", n, 100 * n, source) for k, n in enumerate(counts)]


@given(st.lists(st.integers(1, 30), max_size=8))
def test_merged_reasons_add_up_and_hide_the_small_ones(counts):
    merged = merge_small(out(counts))
    assert sum(each.users for each in merged) == sum(counts)
    assert sum(each.loss_cents for each in merged) == 100 * sum(counts)
    small = [each for each in merged if each.users < 10]
    assert not small or sum(counts) < 10


def test_small_reasons_go_together_with_the_next_larger():
    first, second, other = merge_small(
        [*out([50, 3, 40]), Out("no_net_assets", "no net assets", 12, 7, "assumed")]
    )
    assert [first.users, second.users] == [50, 40]
    assert other.text == "other reasons: reason 1; no net assets"
    assert (other.users, other.loss_cents, other.source) == (15, 307, "assumed")


def test_a_small_reason_alone_is_not_shown_in_the_table():
    table = rules_table(100, merge_small(out([4])), hide_users=True)
    assert table.rows == [
        ["all users", "", "", "withheld", ""],
        ["reason 0", "withheld", "withheld", "withheld", "announced"],
    ]
    assert table.withheld
