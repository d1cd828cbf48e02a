"""Claims are exact: sixteen decimals, added up per user, rounded half-up once."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.money import FINE
from allocator.programs.depeg.claims import exact_cents, slow_cents

LARGE = 9 * 10**18 - 1
awkward = st.one_of(
    st.sampled_from([0, 1, 2, 10**8 - 1, 10**8, 10**8 + 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1]),
    st.integers(0, 10**12),
)


def cents_of(rows, users):
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    return exact_cents(columns[0], users, *columns[1:]), slow_cents(columns[0], users, *columns[1:])


@given(st.lists(st.tuples(st.integers(0, 3), awkward, awkward, awkward), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_sums_are_those_of_fractions(rows):
    (cents, too_large), slow = cents_of(rows, 4)
    due = [Fraction(0)] * 4
    for user, quantity, gain, extra in rows:
        due[user] += Fraction(quantity, FINE) * Fraction(gain, FINE) + Fraction(extra, FINE)
    expected = [int(amount * 100 + Fraction(1, 2)) for amount in due]
    assert slow == expected
    assert too_large.tolist() == [each >= 9 * 10**12 for each in expected]
    assert [e for e, large in zip(expected, too_large, strict=True) if not large] == [
        int(c) for c, large in zip(cents, too_large, strict=True) if not large
    ]
    assert not cents[too_large].any()


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_the_largest_numbers_are_found_too_large_and_do_not_wrap_around(count):
    (cents, too_large), _ = cents_of([(0, LARGE, LARGE, LARGE)] * count, 2)
    assert (cents.tolist(), too_large.tolist()) == ([0, 0], [True, False])


def test_just_below_the_limit_is_exact():
    # 89,999,999,999.994999... dollars
    rows = [(0, FINE, 9 * 10**18 - 500_001, 0)]
    (cents, too_large), _ = cents_of(rows, 1)
    assert (cents.tolist(), too_large.tolist()) == ([9 * 10**12 - 1], [False])
    (_, too_large), _ = cents_of([(0, FINE, 9 * 10**18 - 500_000, 0)], 1)
    assert too_large.tolist() == [True]


def test_rounded_half_up_once_and_not_by_position(table, policy):
    # A third of a cent three times is a cent; half a cent is a cent; a bit less is nothing.
    third = ("ann", "1", "0.99656667"), ("ann", "1", "0.99656667"), ("ann", "1", "0.99656666")
    rows = (*third, ("bob", "0.5", "0.9899"), ("cy", "0.49999999", "0.9899"))
    result = al.run_program(table(*rows), policy())
    assert result.table.column("claim_cents").to_pylist() == [1, 1, 0]
    assert result.table.column("reason").to_pylist()[2] == "claim_below_half_a_cent"
    assert "below half a cent" in result.explain("cy")


decimals = st.decimals(0, 20_000, places=8, allow_nan=False, allow_infinity=False)
rows_of_decimals = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", "cy"]), decimals, decimals), min_size=1, max_size=8
)


@given(rows_of_decimals, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_claims_are_exact_and_the_order_of_rows_does_not_matter(table, policy, rows, random):
    prices = {"USDE": "10000.00000001"}
    told = [(user, f"{quantity:f}", f"{price:f}") for user, quantity, price in rows]
    # A budget that may or may not cover the claims.
    mine = policy(prices=prices, budget="1000000.00", minimum="0.02", maximum="400000.00")
    due = dict.fromkeys((user for user, _, _ in rows), Fraction(0))
    for user, quantity, price in rows:
        gain = max(Fraction(0), Fraction("10000.00000001") - Fraction(price))
        due[user] += Fraction(quantity) * gain
    result = al.run_program(table(*told), mine)
    claims = dict(zip(*result.table.select([0, 1]).to_pydict().values(), strict=True))
    for user, amount in due.items():
        exact = Decimal(amount.numerator) / Decimal(amount.denominator) * 100
        assert claims[user] == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    awards = dict(zip(*result.table.select([0, 2]).to_pydict().values(), strict=True))
    assert sum(awards.values()) == min(
        100_000_000, sum(min(c, 40_000_000) for c in claims.values())
    )
    assert all(min(2, claims[user]) <= award <= claims[user] for user, award in awards.items())
    random.shuffle(told)
    again = al.run_program(table(*told), mine)
    assert dict(zip(*again.table.select([0, 2]).to_pydict().values(), strict=True)) == awards


def test_prices_above_the_reference_and_extra_losses(table, policy):
    rows = [("ann", "10", "1.50"), ("ann", "100", "0.8999"), ("bob", "5", "2")]
    extra = pa.array(["", None, "12.345"], pa.string())
    result = al.run_program(table(*rows, verified_extra_loss=extra), policy())
    # A gain on one position takes nothing from the loss on another; 12.345 rounds half-up.
    assert result.table.column("claim_cents").to_pylist() == [1000, 1235]


def test_the_reason_is_that_of_the_position_that_came_furthest(table, policy):
    rows = [("ann", "1", "0.5")] * 2 + [("bob", "1", "0.5")] * 2 + [("cy", "1", "0.5")] * 2
    rows += [("dan", "1", "2"), ("eve", "0", "0.5")]
    late, inside = "2025-10-10T22:16:00.000001Z", "2025-10-10T22:16:00Z"
    result = al.run_program(
        table(
            *rows,
            time=[late, late, late, inside, inside, late, inside, inside],
            asset=["USDE", "USDE", "USDE", "BTC", "USDE", "USDE", "USDE", "USDE"],
            account_type=["margin"] * 4 + ["spot"] + ["margin"] * 3,
        ),
        policy(),
    )
    assert result.table.column("reason").to_pylist() == [
        "outside_window",
        "asset_not_listed",
        "account_type_not_covered",
        "no_loss",
        "no_loss",
    ]
    assert result.certificate.figures["covered_positions"] == 2
    assert result.table.column("award_cents").to_pylist() == [0] * 5
    for user, words in {
        "ann": "No position was liquidated from 2025-10-10T21:36:00Z to 2025-10-10T22:16:00Z",
        "bob": "was in USDE, WBETH",
        "cy": "in an account of type futures, margin, loan",
        "dan": "below its reference price (USDE $0.9999, WBETH $4,100.00)",
    }.items():
        assert words in result.explain(user)
    assert "no position" not in " ".join(result.warnings).replace("no position has it", "")
