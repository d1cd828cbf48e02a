"""The table of rules and properties: what holds holds on random cases, what fails fails on one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.core.divide import divide
from allocator.core.properties import table as cells
from allocator.core.properties.case import divider
from allocator.core.properties.counterexamples import COUNTEREXAMPLES
from allocator.core.properties.proofs import PROOFS, SAME_AS
from allocator.core.properties.table import CLASSES, PROPERTIES, Verdict, markdown, verdict
from allocator.errors import UnsupportedError

TABLE = cells.verdicts()
HOLD = [(rule, name) for rule, row in TABLE.items() for name in row if row[name].holds]
FAIL = [(rule, name) for rule, row in TABLE.items() for name in row if row[name].holds is False]
PAIRS = {"concede_and_divide": 2}
LEVELS = sorted(set(CLASSES) - set(cells.FEW_RULES))


def test_every_cell_is_filled_and_explained():
    assert len(PROPERTIES) >= 24
    for rule in CLASSES:
        for name in PROPERTIES:
            assert TABLE[rule][name].why
    assert {TABLE[r][n].evidence for r, n in HOLD} == {"proof"}
    assert {TABLE[r][n].evidence for r, n in FAIL} == {"counterexample"}


def test_a_new_rule_or_property_must_be_filled_in(monkeypatch):
    with pytest.raises(UnsupportedError, match="does not say whether envy has consistency: give a"):
        verdict("envy", "consistency")
    with pytest.raises(UnsupportedError, match="does not say whether talmud has beauty: give"):
        verdict("talmud", "beauty")
    monkeypatch.setattr(cells, "CLASSES", {**CLASSES, "envy": al.AlphaMin})
    with pytest.raises(UnsupportedError, match="whether envy has equal_treatment"):
        cells.verdicts()


def test_nothing_is_written_down_that_nobody_reads():
    named = {(r, n) for names, rules, _ in PROOFS for n in names.split() for r in rules.split()}
    assert {name for _, name in named} <= set(PROPERTIES)
    assert {rule for rule, _ in named} <= set(CLASSES)
    for rule, row in COUNTEREXAMPLES.items():
        assert rule in CLASSES
        assert set(row) <= set(PROPERTIES)
        assert not {(rule, name) for name in row} & named, "proved and refuted"
    assert set(SAME_AS) <= set(CLASSES)


@pytest.mark.parametrize(("rule", "name"), FAIL)
def test_what_fails_fails_on_its_counterexample(rule, name):
    case = TABLE[rule][name].case
    assert 0 <= case.budget <= sum(case.claims)
    assert not PROPERTIES[name].check(divider(CLASSES[rule]()), case)


@pytest.mark.parametrize("rule", CLASSES)
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_what_holds_holds_on_random_cases(rule, data):
    divide_by = divider(CLASSES[rule]())
    random = data.draw(st.randoms(use_true_random=False))
    for name in [name for r, name in HOLD if r == rule]:
        case = PROPERTIES[name].draw(random, PAIRS.get(rule))
        assert PROPERTIES[name].check(divide_by, case), (name, case)


@st.composite
def whole(draw):
    claims = sorted(draw(st.lists(st.integers(0, 30), min_size=2, max_size=8)))
    return np.array(claims), draw(st.integers(0, sum(claims)))


@pytest.mark.parametrize("rule", LEVELS)
@given(whole())
@settings(max_examples=60, deadline=None)
def test_rules_with_a_level_keep_them_in_whole_cents(rule, problem):
    claims, budget = problem
    awards = divide(budget, claims, rule, unit=1)
    assert in_order(claims, awards) or not TABLE[rule]["order_of_awards"].holds
    assert in_order(claims, claims - awards) or not TABLE[rule]["order_of_losses"].holds
    if budget < claims.sum():
        more = divide(budget + 1, claims, rule, unit=1)
        assert sorted(more - awards) == [*[0] * (len(claims) - 1), 1]


def in_order(claims, amounts):
    """In the order of claims; equal ones within a unit."""
    steps = [(b - a, d - c) for (a, c), (b, d) in pairwise(zip(claims, amounts, strict=True))]
    return all(rise >= (0 if apart else -1) for apart, rise in steps)


def test_the_table_is_a_frame():
    frame = al.properties()
    assert frame.shape == (len(CLASSES), len(PROPERTIES))
    assert list(frame.index) == list(CLASSES)
    assert frame.loc["proportional", "no_advantageous_transfer"]
    assert not frame.loc["constrained_equal_awards", "no_advantageous_transfer"]
    assert int(frame.isna().sum().sum()) == sum(p.resizes for p in PROPERTIES.values())
    assert frame.attrs["evidence"]["talmud"]["composition_up"] == "counterexample"
    assert frame.attrs["why"]["max_min"]["consistency"].startswith("as constrained_equal_awards: ")
    assert all(text.endswith(".") for text in frame.attrs["definitions"].values())


def test_the_table_as_markdown():
    lines = markdown().splitlines()
    assert len(lines) == 2 + len(PROPERTIES)
    assert {line.count("|") for line in lines} == {len(CLASSES) + 2}
    (bound,) = (line for line in lines if line.startswith("| population monotonicity"))
    marks = dict(zip(CLASSES, bound.split(" | ")[1:], strict=True))
    assert (marks["talmud"], marks["minimal_overlap"], marks["alpha_min"]) == ("+", "+", "−")
    assert marks["concede_and_divide"] == "·"


# What the literature says of its rules, in a few well-known cells: Thomson, "Axiomatic and
# game-theoretic analysis of bankruptcy and taxation problems: a survey", 2003.
@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("consistency", {"proportional", "constrained_equal_awards", "talmud", "piniles"}),
        ("self_duality", {"proportional", "talmud", "random_arrival", "adjusted_proportional"}),
        ("no_advantageous_transfer", {"proportional"}),
        ("composition_down", {"constrained_equal_awards", "constrained_equal_losses"}),
        ("equal_division_lower_bound", {"constrained_equal_awards"}),
        ("conditional_null_compensation", {"constrained_equal_losses"}),
        ("truncation_invariance", {"talmud", "random_arrival", "minimal_overlap"}),
    ],
)
def test_well_known_cells(name, rules):
    assert all(TABLE[rule][name].holds for rule in rules)
    assert isinstance(TABLE["talmud"][name], Verdict)
    assert not TABLE["random_arrival"]["consistency"].holds
