"""Groups by total claim first, then members."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.core.divide import divide
from allocator.core.two_stage import TwoStage
from allocator.errors import DataError

RULES = (
    "proportional",
    "constrained_equal_awards",
    "constrained_equal_losses",
    "talmud",
    "piniles",
)


def by_hand(budget, claims, labels, rule):
    names = list(dict.fromkeys(labels))
    members = [[i for i, label in enumerate(labels) if label == name] for name in names]
    shares = divide(budget, [sum(claims[i] for i in group) for group in members], rule)
    result = [Fraction(0)] * len(claims)
    for group, share in zip(members, shares, strict=True):
        for i, award in zip(group, divide(share, [claims[i] for i in group], rule), strict=True):
            result[i] = award
    return result


@given(
    claims=st.lists(st.integers(1, 20), min_size=1, max_size=7),
    labels=st.lists(st.sampled_from("abc"), min_size=7, max_size=7),
    part=st.fractions(0, 1, max_denominator=9),
    rule=st.sampled_from(RULES),
)
def test_two_divisions(claims, labels, part, rule):
    labels = labels[: len(claims)]
    budget = part * sum(claims)
    exact = [Fraction(claim) for claim in claims]
    due = by_hand(budget, exact, labels, rule)
    assert divide(budget, exact, TwoStage(labels, rule)).tolist() == due
    near = divide(float(budget), claims, TwoStage(labels, rule))
    assert near == pytest.approx(np.array(due, dtype=float), abs=1e-9)


@given(
    claims=st.lists(st.integers(1, 2000), min_size=1, max_size=7),
    labels=st.lists(st.sampled_from("abc"), min_size=7, max_size=7),
    part=st.integers(0, 100),
    rule=st.sampled_from(RULES),
    rounding=st.sampled_from(["level", "largest_remainder"]),
)
def test_whole_units_add_up_in_every_group(claims, labels, part, rule, rounding):
    labels = labels[: len(claims)]
    budget = sum(claims) * part // 100
    how = {"unit": 1, "rounding": rounding}
    ids = [f"x{i}" for i in range(len(claims))]
    awards = divide(budget, claims, TwoStage(labels, rule), ids=ids, **how)
    names = sorted(set(labels))
    totals = [sum(c for c, g in zip(claims, labels, strict=True) if g == name) for name in names]
    shares = divide(budget, totals, rule, ids=names, **how)
    for name, share in zip(names, shares, strict=True):
        assert sum(a for a, g in zip(awards, labels, strict=True) if g == name) == share
    assert (awards <= claims).all()


def test_it_is_not_nested_budgets():
    claims, labels = [50, 50, 100], ["a", "a", "b"]
    assert divide(90, claims, TwoStage(labels, "constrained_equal_awards")).tolist() == [
        22.5,
        22.5,
        45.0,
    ]
    assert divide(90, claims, "constrained_equal_awards").tolist() == [30.0] * 3
    assert divide(90, claims, TwoStage(labels)).tolist() == divide(90, claims).tolist()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"claims": None}, "TwoStage takes claims, and no weights, bounds or constraints"),
        ({"weights": [1, 1]}, "TwoStage takes claims, and no weights"),
        ({"upper": 1}, "TwoStage takes claims, and no weights"),
        ({"claims": [1]}, "TwoStage has 2 labels for 1 claims"),
        ({"rule": TwoStage(["a", None])}, "some labels are missing"),
    ],
)
def test_what_it_does_not_take(arguments, told):
    with pytest.raises(DataError, match=told):
        divide(1, **({"claims": [1, 1], "rule": TwoStage(["a", "b"])} | arguments))
