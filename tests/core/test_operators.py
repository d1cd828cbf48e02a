"""Operators: what they make of the rules that everybody knows."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.core.divide import divide
from allocator.core.operators import Dual, MinimalRightsFirst, Truncated
from allocator.core.properties.case import divider
from allocator.errors import UnsupportedError

CEA, CEL, P = al.ConstrainedEqualAwards(), al.ConstrainedEqualLosses(), al.Proportional()


@st.composite
def estates(draw):
    claims = draw(st.lists(st.sampled_from([0, 1, 1, 2, 3, 5, 7, 10]), min_size=1, max_size=5))
    return claims, draw(st.integers(0, sum(claims)))


@pytest.mark.parametrize(
    ("made", "known"),
    [
        (Dual(CEA), CEL),
        (Dual(CEL), CEA),
        (Dual(P), P),
        (Dual(al.Talmud()), al.Talmud()),
        (Dual(al.ReverseTalmud()), al.ReverseTalmud()),
        (Dual(al.RandomArrival()), al.RandomArrival()),
        (Dual(al.AverageOfAwards()), al.AverageOfAwards()),
        (Dual(Dual(al.AlphaMin())), al.AlphaMin()),
        # Curiel, Maschler & Tijs, Zeitschrift für Operations Research 31, 1987
        (MinimalRightsFirst(Truncated(P)), al.AdjustedProportional()),
        (Truncated(MinimalRightsFirst(P)), al.AdjustedProportional()),
        (Truncated(CEA), CEA),
        (MinimalRightsFirst(CEL), CEL),
        (Truncated(Truncated(P)), Truncated(P)),
        (MinimalRightsFirst(MinimalRightsFirst(P)), MinimalRightsFirst(P)),
        # Thomson & Yeh, Journal of Economic Theory 143, 2008
        (Dual(Truncated(CEL)), MinimalRightsFirst(CEA)),
        (Dual(MinimalRightsFirst(al.Piniles())), Truncated(Dual(al.Piniles()))),
    ],
)
@given(estates())
@settings(max_examples=60, deadline=None)
def test_operators_make_known_rules(made, known, estate):
    assert divider(made)(*estate) == divider(known)(*estate)


@given(st.integers(0, 9), st.integers(0, 9), st.data())
@settings(max_examples=60, deadline=None)
def test_two_claimants_who_truncate_and_have_their_rights_concede_and_divide(one, other, data):
    # Dagan, Social Choice and Welfare 13, 1996, for rules that also treat equals equally.
    budget = data.draw(st.integers(0, one + other))
    for rule in (P, CEA, CEL, al.Piniles()):
        made = divider(MinimalRightsFirst(Truncated(rule)))([one, other], budget)
        assert made == divider(al.ConcedeAndDivide())([one, other], budget)


def test_divide_takes_what_operators_make():
    assert divide(Fraction(1), [1, 2], Dual(P)).tolist() == [Fraction(1, 3), Fraction(2, 3)]
    assert divide(100, [100, 200, 300], Truncated(P), unit="0.01").sum() == 100
    with pytest.raises(UnsupportedError, match="alpha_fair does not give rational awards"):
        divide(1, [1, 2], Dual(al.AlphaFair(2)))
