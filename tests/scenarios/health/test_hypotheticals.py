"""Splitting, merging, lines and misreporting, against every case computed one cent at a time."""

from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.allocation.pipeline import load
from allocator.allocation.stages import Stages
from allocator.scenarios.health import lines, merge, misreport, split
from allocator.scenarios.health.ground import Ground
from tests.scenarios.health.oracle import Oracle

LOSSES = ("49.60", "49.99999999", "50", "50.40", "60", "99", "100", "101", "130", "200", "900")
NETS = ("-5", "0", "0.30", "50", "100", "166.66666667", "333.33333333", "334", "3000")
POLICIES = (
    {},
    {"alpha": 2},
    {"alpha": "inf"},
    {"rule": "proportional"},
    {"maximum": "9.00"},
    {"minimum": "0"},
    {"unit": "0.50"},
    {"maximum": "9.00", "factors": {"tier": {"a": 2.0, "*": 1.0}}},
)
ROWS = st.lists(
    st.tuples(st.sampled_from(LOSSES), st.sampled_from(NETS), st.sampled_from("ab")),
    min_size=1,
    max_size=10,
)
CASES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Case:
    """A table, a policy, what a check says, and the oracle."""

    def __init__(self, table, policy, check, rows, changes, budget):
        self.policy = policy(budget, **changes)
        self.rows = rows
        ground = Ground.of(load(table(rows), [self.policy], Stages()), self.policy, {})
        self.found = {each.id: each for each in check(ground)}
        factors = changes.get("factors", {"tier": {}})["tier"]
        self.factors = [factors.get(tier, 1.0) for _, _, tier in rows]
        self.given = [
            (Fraction(loss), Fraction(net), factor)
            for (loss, net, _), factor in zip(rows, self.factors, strict=True)
        ]
        self.oracle = Oracle(
            self.policy,
            [
                (Decimal(loss), Decimal(net), f)
                for (loss, net, _), f in zip(rows, self.factors, strict=True)
            ],
            ground.award_cents.tolist(),
        )
        self.unit = self.oracle.unit

    def award(self, loss, net, factor):
        return self.oracle.award(_decimal(loss), _decimal(net), factor)

    @property
    def eligible(self):
        return [g for g in self.given if self.award(*g) > 0 or self.oracle.eligible(*g[:2])]


def _decimal(value):
    return Decimal(value.numerator) / Decimal(value.denominator)


def fine(value):
    return int(value * 10**8)


def whole(parts):
    return Fraction(parts, 10**8)


@pytest.fixture
def case(table, policy):
    return lambda *asked: Case(table, policy, *asked)


@CASES
@given(rows=ROWS, changes=st.sampled_from(POLICIES), budget=st.sampled_from(("40", "61", "500")))
def test_splitting(case, rows, changes, budget):
    try:
        c = case(split.check, rows, changes, budget)
    except al.InfeasibleError:
        return
    floor, cap = c.oracle.bounds(10**9)
    gains = {"minimum": [], "maximum": [], "line": []}
    for loss, net, factor in c.eligible:
        half, half_net = whole(fine(loss) // 2), whole(fine(net) // 2)
        own = c.award(loss, net, factor)
        one = c.award(half, half_net, factor)
        other = c.award(loss - half, net - half_net, factor)
        kink = None
        if 0 in (one, other):
            kink = "line"
        elif own == cap * c.unit:
            kink = "maximum"
        elif min(one, other) <= floor * c.unit:
            kink = "minimum"
        if kink:
            gains[kink].append(one + other - own)
    for kink, found in gains.items():
        told = c.found[f"split.{kink}"]
        gaining = sum(gain > c.unit for gain in found)
        expected = 0 if not found else max(found) if gaining else min(found)
        assert round(told.number * 100) == expected
        assert (told.severity == "fine") == (not gaining)
        assert (told.example is None) == (not found)
        if gaining:
            assert f" {gaining:,} would gain" in told.sentence


@CASES
@given(rows=ROWS, changes=st.sampled_from(POLICIES), budget=st.sampled_from(("40", "61", "500")))
def test_merging(case, rows, changes, budget):
    try:
        c = case(merge.check, rows, changes, budget)
    except al.InfeasibleError:
        return
    gains = {"line": [], "inside": []}
    for loss, net, factor in c.given:
        gain = c.award(2 * loss, 2 * net, factor) - 2 * c.award(loss, net, factor)
        gains["inside" if c.oracle.eligible(loss, net) else "line"].append(gain)
    for name, found in gains.items():
        gaining = [gain for gain in found if gain > 2 * c.unit]
        told = c.found[f"merge.{name}"]
        assert round(told.number * 100) == max(gaining, default=0)
        assert (told.severity == "fine") == (not gaining)


@CASES
@given(rows=ROWS, changes=st.sampled_from(POLICIES), budget=st.sampled_from(("40", "61", "500")))
def test_misreporting(case, rows, changes, budget):
    try:
        c = case(misreport.check, rows, changes, budget)
    except al.InfeasibleError:
        return
    moves = [c.award(loss + 1, net, f) - c.award(loss, net, f) for loss, net, f in c.given]
    inside = sorted(
        move for move, g in zip(moves, c.given, strict=True) if c.oracle.eligible(*g[:2])
    )
    assert round(c.found["misreport.largest"].number * 100) == max(0, *moves)
    typical = inside[(len(inside) - 1) // 2] if inside else 0
    assert round(c.found["misreport.typical"].number * 100) == typical
    paying = sum(move > 100 for move in moves)
    assert (c.found["misreport.largest"].severity == "fine") == (not paying)


@CASES
@given(rows=ROWS, changes=st.sampled_from(POLICIES), budget=st.sampled_from(("40", "61", "500")))
def test_lines(case, rows, changes, budget):
    try:
        c = case(lines.check, rows, changes, budget)
    except al.InfeasibleError:
        return
    of_loss, of_ratio, of_assets = [], [], []
    for loss, net, factor in c.given:
        if abs(loss - 50) <= Fraction(1, 2):
            of_loss.append(c.award(Fraction(50), net, factor))
        ratio = loss / net if net > 0 else 0
        if Fraction(297, 1000) <= ratio <= Fraction(303, 1000):
            of_ratio.append(c.award(loss, whole(int(fine(loss) / Fraction(3, 10))), factor))
        if abs(net) <= loss / 100:
            of_assets.append(c.award(loss, max(net, whole(1)), factor))
    for name, jumps in (
        ("min_loss", of_loss),
        ("min_loss_ratio", of_ratio),
        ("net_assets", of_assets),
    ):
        told = c.found[f"line.{name}"]
        jumps = [jump for jump in jumps if jump]
        if jumps:
            assert round(told.number * 100) == max(jumps)
            assert f"; {len(jumps)} user" in told.sentence
        else:
            assert "nobody whom it concerns stands" in told.sentence
            assert told.severity == "fine"


@pytest.mark.parametrize("rule", ["alpha_fair", "proportional"])
def test_users_without_a_snapshot_are_out_whatever_they_lost(policy, rule):
    frame = pa.table(
        {
            "user_id": ["a", "b"],
            "liquidation_loss": ["100", "49.80"],
            "net_assets": ["100", None],
            "no_snapshot": [False, True],
        }
    )
    told = al.health(frame, policy("80.00", rule=rule))
    for name in ("line.min_loss", "line.net_assets"):
        assert "nobody whom it concerns stands" in told[name].sentence
    assert told["merge.line"].sentence.startswith("Of 0 users out")
