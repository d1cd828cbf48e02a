"""Values that others have published, with their sources."""

from fractions import Fraction

import numpy as np
import pytest

from allocator.core.divide import divide
from allocator.core.rules import AlphaFair

from .cases import INF
from .census import HILL, YEAR_1790, YEAR_1880

ANY_ALPHA = [0.01, 0.5, 1.0, 2.0, 10.0, INF]


def hill(population, seats, **options):
    squares = np.array(population, dtype=np.int64) ** 2
    return divide(seats, weights=squares, rule=AlphaFair(2), unit=1, **options).astype(int)


def webster(population, seats, **options):
    return divide(seats, weights=population, unit=1, **options).astype(int)


def hamilton(population, seats, **options):
    return divide(seats, weights=population, unit=1, rounding="largest_remainder", **options)


@pytest.mark.parametrize("year", HILL)
def test_the_house_by_huntington_hill(year):
    states, rows = list(HILL[year]), list(HILL[year].values())
    population, seats = zip(*rows, strict=True)
    assert sum(seats) == 435
    ours = hill(population, 435, lower=1, ids=states)
    assert dict(zip(states, ours.tolist(), strict=True)) == dict(zip(states, seats, strict=True))


def test_the_priority_list_of_2020_ends_with_minnesota_before_new_york():
    # The 435th seat went to Minnesota; New York would have had the 436th (U.S. Census Bureau,
    # "Priority Values for 2020 Census").
    states = list(HILL[2020])
    population = [p for p, _ in HILL[2020].values()]
    awards = {seats: hill(population, seats, lower=1) for seats in (434, 435, 436)}
    assert [states[i] for i in np.flatnonzero(awards[435] - awards[434])] == ["MN"]
    assert [states[i] for i in np.flatnonzero(awards[436] - awards[435])] == ["NY"]


def test_the_year_1940_when_hill_and_webster_disagreed_on_one_seat():
    # Hill's method gave Arkansas a seat that Webster's would have given Michigan, which is why
    # the Act of 1941 chose it (Balinski & Young, "Fair Representation", 1982, chapter 6).
    states = list(HILL[1940])
    population = [p for p, _ in HILL[1940].values()]
    by_hill = dict(zip(states, hill(population, 435, lower=1), strict=True))
    by_webster = dict(zip(states, webster(population, 435, lower=1), strict=True))
    assert (by_hill["AR"], by_hill["MI"]) == (7, 17)
    assert (by_webster["AR"], by_webster["MI"]) == (6, 18)
    assert {s for s in states if by_hill[s] != by_webster[s]} == {"AR", "MI"}


def test_the_vetoed_bill_of_1792_by_largest_remainders():
    population, vetoed, _ = zip(*YEAR_1790.values(), strict=True)
    assert hamilton(population, 120).tolist() == list(vetoed)


def test_1792_by_largest_remainders_with_105_seats():
    # "13 of the 15 states would have been assigned the same number of Representatives they
    # received under Jefferson"; Virginia had one more and Delaware one less by Jefferson's method
    # (MAA, "Apportioning Representatives in the United States Congress").
    population, _, jefferson = zip(*YEAR_1790.values(), strict=True)
    difference = hamilton(population, 105) - jefferson
    assert {s: d for s, d in zip(YEAR_1790, difference, strict=True) if d} == {"VA": -1, "DE": 1}


def test_the_census_of_1880_that_showed_the_alabama_paradox():
    # Seaton's table gives Nevada, whose quota is 0.38, its guaranteed seat at the expense of the
    # last remainder: that of Illinois at 299 seats, that of Alabama at 300.
    population, with_299, with_300 = zip(*YEAR_1880.values(), strict=True)
    for seats, published, last in ((299, with_299, "IL"), (300, with_300, "AL")):
        difference = hamilton(population, seats) - published
        assert {s: d for s, d in zip(YEAR_1880, difference, strict=True) if d} == {
            "NV": -1,
            last: 1,
        }
    # Without the guarantee it is Florida that loses a seat, at 299; the order of levels, unlike
    # remainders, takes no seat from anybody as the House grows.
    florida = list(YEAR_1880).index("FL")
    assert [hamilton(population, seats)[florida] for seats in (298, 299)] == [2, 1]
    for rule in (webster, hill):
        awards = [rule(population, seats, lower=1) for seats in range(275, 351)]
        assert (np.diff(awards, axis=0) >= 0).all()


def test_largest_remainders_exactly():
    population = [p for p, _, _ in YEAR_1880.values()]
    for seats in range(275, 351, 5):
        quotas = [Fraction(p * seats, sum(population)) for p in population]
        expected = [int(q) for q in quotas]
        by_remainder = sorted(range(len(quotas)), key=lambda i: expected[i] - quotas[i])
        for i in by_remainder[: seats - sum(expected)]:
            expected[i] += 1
        assert hamilton(population, seats).tolist() == expected


def test_the_textbook_alabama_paradox():
    # Wikipedia, "Apportionment paradox": C has 2 of 10 seats, and 1 of 11.
    assert hamilton([6, 6, 2], 10).tolist() == [4, 4, 2]
    assert hamilton([6, 6, 2], 11).tolist() == [5, 5, 1]


def test_max_min_fair_shares_of_a_link():
    # Keshav, "An Engineering Approach to Computer Networking", 1997, section 9.2: demands 2, 2.6,
    # 4, 5 and capacity 10; and with weights 2.5, 4, 0.5, 1, demands 4, 2, 10, 4 and capacity 16.
    demands = [2, 2.6, 4, 5]
    for alpha in ANY_ALPHA:  # equal weights: every alpha is the same rule
        shares = divide(10, claims=demands, rule=AlphaFair(alpha))
        assert shares == pytest.approx([2, 2.6, 2.7, 2.7])
    weighted = AlphaFair(INF, of="recovery")
    shares = divide(16, claims=[2.5, 4, 0.5, 1], upper=[4, 2, 10, 4], rule=weighted)
    assert shares == pytest.approx([4, 2, 6, 4])


def test_water_filling():
    # Boyd & Vandenberghe, "Convex Optimization", 2004, example 5.2: maximize the sum of
    # log(a + x); x = max(0, 1/v - a). With noise 3 and 1 the worse channel opens at power 2
    # (Cover & Thomas, "Elements of Information Theory", on parallel Gaussian channels: the
    # difference of the two noises).
    rule = AlphaFair(1, baseline=[3, 1])
    for power, expected in ((1, [0, 1]), (2, [0, 2]), (3, [0.5, 2.5]), (10, [4, 6])):
        assert divide(power, weights=[1, 1], rule=rule) == pytest.approx(expected)
    rule = AlphaFair(1, baseline=[0.1, 0.4, 0.7, 2.5])
    # Water stands at 1.4: 1.3 + 1.0 + 0.7 = 3.
    assert divide(3, weights=[1] * 4, rule=rule) == pytest.approx([1.3, 1.0, 0.7, 0.0])


def test_the_estates_of_the_talmud_by_proportion_and_by_equal_awards():
    # Claims 100, 200, 300 (Ketubot 93a; Aumann & Maschler, "Game theoretic analysis of a
    # bankruptcy problem from the Talmud", Journal of Economic Theory 36, 1985).
    claims = [100, 200, 300]
    for estate in (100, 200, 300):
        proportional = [estate / 6, estate / 3, estate / 2]
        assert divide(estate, claims=claims) == pytest.approx(proportional)
    for estate, equal in ((100, [100 / 3] * 3), (300, [100] * 3), (400, [100, 150, 150])):
        for alpha in ANY_ALPHA:
            awards = divide(estate, claims=claims, rule=AlphaFair(alpha))
            assert awards == pytest.approx(equal)


def test_weighted_proportional_fairness():
    # Kelly, Maulloo & Tan, "Rate control for communication networks", 1998: on one link, shares
    # are proportional to weights; Mo & Walrand, 2000: to w^(1/alpha) for every alpha.
    weights = np.array([1.0, 2.0, 8.0, 64.0])
    for alpha in (0.25, 0.5, 1.0, 2.0, 3.0):
        shares = weights ** (1 / alpha)
        expected = 30 * shares / shares.sum()
        assert divide(30, weights=weights, rule=AlphaFair(alpha)) == pytest.approx(expected)


def test_max_min_by_seats_is_the_method_of_adams():
    # Adams: everybody's first seat, then by population over seats held (Balinski & Young). By the
    # same book's table for 1790, it gives Vermont 3 and Delaware 2 of 105 seats.
    population, _, _ = zip(*YEAR_1790.values(), strict=True)
    rule = AlphaFair(INF, of="recovery")
    unlimited = {"upper": 105, "unit": 1, "rule": rule}
    ours = dict(zip(YEAR_1790, divide(105, claims=population, **unlimited), strict=True))
    seats = dict.fromkeys(YEAR_1790, 1)
    while sum(seats.values()) < 105:
        seats[max(seats, key=lambda s: YEAR_1790[s][0] / seats[s])] += 1
    assert ours == seats
    assert (ours["VT"], ours["DE"]) == (3, 2)
