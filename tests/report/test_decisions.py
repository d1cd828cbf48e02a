"""What a board is asked to decide, against runs of the policies that it could decide for."""

import dataclasses
import re

import numpy as np
import pytest

import allocator as al
from allocator.report.calculator import calculators
from allocator.report.decisions import FEW, decisions
from allocator.report.health_words import health_rows
from allocator.report.report import render
from allocator.scenarios.choices import ALPHA, NO_NET_ASSETS, RATIO, choices, stands_alone

POLICIES = {
    "announced": {},
    "with factors and brackets": {
        "weights.factors": {"vip_tier": {"regular": 1.2, "*": 1.0}},
        "brackets": [{"up_to": "1000", "rate": "1.00"}, {"rate": "0.20"}],
        "award.unit": "0.50",
    },
    "the other way round": {
        "alpha": 2,
        "ratio_exponent": 0.0,
        "nonpositive_net_assets": "eligible",
        "reserve": "5%",
    },
    "recovery": {"of": "recovery", "alpha": 3, "min_loss": "1.00"},
    "pro rata": {"rule": "proportional"},
}


@pytest.mark.parametrize("name", POLICIES)
def test_choices_are_what_other_policies_would_move(some, name):
    policy = some.base.policy.replace(POLICIES[name])
    base = al.allocate(some.users, policy)
    found = choices(base)
    expected = [NO_NET_ASSETS] if name == "pro rata" else [NO_NET_ASSETS, ALPHA, RATIO]
    assert [each.key for each in found] == expected
    now = np.array(base.table["award_cents"].to_pylist())
    for each in found:
        value = each.instead if each.key == NO_NET_ASSETS else float(each.instead)
        other = al.allocate(some.users, policy.replace({each.key: value}))
        change = np.array(other.table["award_cents"].to_pylist()) - now
        either = np.array(base.table["eligible"].to_pylist()) | np.array(
            other.table["eligible"].to_pylist()
        )
        assert each.feasible
        assert each.eligible == other.certificate.eligible
        assert each.now_in == base.certificate.eligible
        assert each.gainers == (change > 0).sum()
        assert each.losers == (change < 0).sum()
        assert each.unchanged == (change[either] == 0).sum()
        assert each.gain_cents == change[change > 0].sum()
        assert each.loss_cents == -change[change < 0].sum()
        assert each.largest_change_cents == abs(change).max()
        assert each.top_share == pytest.approx(other.summary().outcomes[0].top_share, abs=1e-12)
        assert each.source == ("assumed" if each.now in ("ineligible", "1", "0.5") else "set")


def test_choices_are_the_same_for_a_run_read_back(some, tmp_path):
    some.base.save(tmp_path / "run")
    assert choices(al.load_allocation(tmp_path / "run")) == choices(some.base)


def test_a_choice_that_cannot_be_paid(make):
    rows = [(f"k{k}", "60.00", "70.00") for k in range(30)]
    rows += [(f"n{k}", "60", "0") for k in range(30)]
    base = make(rows, **{"award.budget": "130.00"})
    first, *_ = choices(base)
    assert (first.key, first.feasible) == (NO_NET_ASSETS, False)
    asked = decisions([first], ())[0]
    assert asked.effect == "The minimum for everybody would then be more than the budget."
    assert asked.moved == asked.winners == ""


def test_awards_that_hang_on_others_have_no_choices(some, make):
    assert stands_alone(some.base)
    paid = dataclasses.replace(some.base, paid_sources=some.base.sources)
    assert choices(paid) == ()
    assert calculators(["x"], [paid]) == []
    assert choices(make([(1, "10.00", "70.00")])) == ()


def test_decisions_tell_dollars_winners_losers_and_both_sides(some):
    out = some.base.summary().out
    asked = {each.question: each for each in decisions(choices(some.base), out)}
    assert list(asked) == [
        "Should users be in whose net assets were zero or less?",
        "How much should small losses be favored (alpha)?",
        "How much should the share of their assets that people lost count (ratio exponent)?",
    ]
    first, alpha, ratio = asked.values()
    assert (first.now, first.instead) == ("out", "in")
    assert (alpha.now, alpha.instead, ratio.now, ratio.instead) == ("1", "2", "0.5", "0")
    found = {each.key: each for each in choices(some.base)}[ALPHA]
    assert alpha.moved == f"${round(found.gain_cents / 100, -3):,.0f}"
    near = round(found.gainers / 100) * 100
    assert alpha.winners == f"about {near:,}"
    assert alpha.pro != alpha.con
    assert re.fullmatch(
        r"The tenth who lost most would get \d+% of the money, not \d+%\.", alpha.effect
    )


def test_both_directions_have_their_own_words(some):
    policy = some.base.policy.replace(POLICIES["the other way round"])
    there = decisions(choices(some.base), ())
    back = decisions(choices(al.allocate(some.users, policy)), ())
    for one, other in zip(there, back, strict=True):
        assert one.question == other.question
        assert (one.now, one.instead) == (other.instead, other.now)
        assert {one.pro, one.con}.isdisjoint({other.pro}) or one.con == other.pro
        assert one.pro != other.pro


def test_few_people_are_not_counted(make, some):
    rows = [(k, f"{60 + k}.00", f"{70 + k}.00") for k in range(300)]
    base = make(rows, **{"award.budget": "3000.00"})
    asked = decisions(choices(base), ())
    assert {each.effect for each in asked[1:]} == {FEW}
    assert all(not each.winners for each in asked)
    assert asked[0].effect == "No award would change."
    one = dataclasses.replace(choices(some.base)[0], eligible=choices(some.base)[0].now_in + 3)
    assert decisions([one], ())[0].effect == FEW


def test_other_reasons_that_are_assumed_are_asked_about(some):
    out = dataclasses.replace(
        some.base.summary().out[-1], reason="no_snapshot", text="no snapshot", source="assumed"
    )
    asked = decisions((), [out])
    assert [each.question for each in asked] == ["Do users stay out for this reason: no snapshot?"]
    assert asked[0].effect.startswith(f"Now they do: {out.users:,} users, who lost $")
    assert decisions((), [dataclasses.replace(out, users=9)]) == []


def test_health_findings_are_told_without_anybody(some):
    found = al.health(some.users, some.base.policy)
    rows = health_rows(found)
    assert len(rows["findings"]) == len(found.findings)
    assert sum(rows["counts"].values()) == len(found.findings)
    page = render([some.base], some.users)
    for each in found.findings:
        if each.example is not None:
            assert str(each.example) not in page
    for row in rows["findings"]:
        numbers = re.findall(r"(?<![\w.,$(/])(\d[\d,]*) (?:users|would|of them)", row["text"])
        assert all(int(n.replace(",", "")) >= 10 or n == "0" for n in numbers), row["text"]
        assert row["text"].split(":")[0] == "withheld" or row["text"][-1] == "."
    alpha = next(row["text"] for row in rows["findings"] if "objective.alpha" in row["text"])
    assert re.search(r"about [\d,]+00 users would get \$[\d,.]+m? more", alpha)
    assert "Health checks were not run for this page" in render([some.base])
