"""The panel of a notebook: what its controls say is what it shows, and nothing blocks."""

import math
import re
import sys
import threading
from html import unescape

import pyarrow as pa
import pytest

import allocator as al
from allocator.policy.schema import Policy
from allocator.report.explore import explore
from allocator.report.explore_controls import controls, nice_step
from allocator.report.latest import Latest

USERS = al.simulate_users(2_000, seed=7)
POLICY = al.Policy.default().replace(budget="50000.00")


@pytest.fixture
def panel():
    return explore(USERS, POLICY)


def text(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_it_starts_as_the_policy_is(panel):
    assert panel.policy == POLICY
    assert panel.result is panel.start
    shown = text(panel.html)
    assert "paid out $50,000.00" in shown
    assert panel.start.formula in shown
    assert "gain" not in shown
    assert repr(panel) == "Explorer('Announced', 2,000 users)"


def test_without_widgets_it_is_a_card(panel):
    bundle = panel._repr_mimebundle_(include=None, exclude=None)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"] == panel.result._repr_html_()
    assert bundle["text/plain"] == repr(panel)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("award.budget", 60_000.0),
        ("award.minimum", 10.0),
        ("award.maximum", 1_000.0),
        ("objective.alpha", math.inf),
        ("objective.alpha", 0.0),
        ("weights.loss_exponent", 0.1 + 0.2),
        ("weights.ratio_exponent", 0.0),
        ("eligibility.min_loss", 100.0),
        ("eligibility.min_loss_ratio", 0.41),
    ],
)
def test_every_control_changes_its_key_and_all_figures(panel, key, value):
    before = panel.html
    panel.controls[key].value = value
    assert panel.settled()
    changed = [change.key for change in POLICY.diff(panel.policy).changes]
    assert [each for each in changed if each != "name"] == [key]
    result = al.allocate(USERS, panel.policy)
    shown, certificate = text(panel.html), result.certificate
    assert result.formula in shown
    assert f"paid out ${certificate.spent_cents / 100:,.2f} $50,000.00" in shown
    assert f"people in {certificate.eligible:,} {panel.start.certificate.eligible:,}" in shown
    assert f"at the minimum {certificate.at_lower:,} " in shown
    total = al.compare(panel.start, result).tables().changes[result.policy.name][-1]
    assert f"{total.gainers:,} gain ${total.gain_cents / 100:,.2f}" in shown
    assert f"{total.losers:,} lose ${total.loss_cents / 100:,.2f}" in shown
    assert "<svg" in panel.html
    told = re.search(r"policy\.replace\(.*?\}\)", panel.html.replace("&quot;", '"')).group()
    again = eval(told, {"policy": POLICY})
    assert again.replace(name="x") == panel.policy.replace(name="x")
    panel.reset()
    assert panel.settled()
    assert panel.html == before
    assert panel.policy == POLICY


def test_what_makes_no_sense_is_told_in_words(panel):
    panel.controls["award.minimum"].value = 30.0
    panel.settled()
    paid = panel.policy
    panel.controls["award.maximum"].value = 20.0
    assert panel.settled()
    with pytest.raises(al.PolicyError) as told:
        paid.replace(maximum="20.00")
    assert 'role="alert"' in panel.html
    assert str(told.value).splitlines()[-1].strip() in unescape(panel.html)
    assert panel.policy == paid
    assert "Traceback" not in panel.html
    panel.reset()
    assert panel.settled()
    assert 'role="alert"' not in panel.html


def test_a_budget_below_the_floors_is_told_in_words(panel):
    panel.controls["award.budget"].value = 100.0
    assert panel.settled()
    assert re.search(r"role=\"alert\".*the minimum of \$4\.00 for each of", panel.html)
    assert panel.policy == POLICY


def test_nobody_is_in(panel):
    users = pa.table({"user_id": ["a"], "liquidation_loss": ["60"], "net_assets": ["100"]})
    panel = explore(users, POLICY)
    panel.controls["eligibility.min_loss"].value = 200.0
    assert panel.settled()
    shown = text(panel.html)
    assert "people in 0 1" in shown
    assert "half of them get at most – $60.00" in shown
    nobody = explore(users, POLICY.replace(min_loss="100.00"))
    assert "people in 0" in text(nobody.html)
    assert "<svg" not in nobody.html


def test_what_is_left_over_is_told(panel):
    panel.controls["award.maximum"].value = 10.0
    assert panel.settled()
    assert re.search(r"left over \$[\d,]+\.\d\d \$0\.00", text(panel.html))


def test_markup_in_names_is_text():
    panel = explore(USERS, POLICY.replace(name="<script>alert(1)</script>"))
    panel.controls["award.budget"].value = 70_000.0
    assert panel.settled()
    assert "<script" not in panel.html
    assert "&lt;script&gt;" in panel.html


def test_a_policy_called_now_stays_apart():
    panel = explore(USERS, POLICY.replace(name="now"))
    panel.controls["objective.alpha"].value = 2.0
    assert panel.settled()
    assert "now start paid out" in text(panel.html)


def test_controls_without_effect_are_left_out():
    assert len(controls(POLICY, ratio=True)) == 8
    claims = [each.key for each in controls(Policy.preset("pro-rata"), ratio=True)]
    assert "objective.alpha" not in claims
    assert "eligibility.min_loss_ratio" in claims
    without = pa.table({"user_id": ["a", "b"], "liquidation_loss": ["60", "90"]})
    policy = POLICY.replace(min_loss_ratio="0", ratio_exponent=0.0, budget="100.00")
    keys = list(explore(without, policy).controls)
    assert "weights.ratio_exponent" not in keys
    assert "objective.alpha" in keys


def test_ratios_can_be_brought_in_where_net_assets_are_known():
    policy = POLICY.replace(min_loss_ratio="0", ratio_exponent=0.0)
    panel = explore(USERS, policy)
    panel.controls["eligibility.min_loss_ratio"].value = 0.5
    assert panel.settled()
    assert 'role="alert"' not in panel.html
    expected = al.allocate(USERS, policy.replace(min_loss_ratio="0.5")).certificate.eligible
    assert panel.result.certificate.eligible == expected


def test_ranges_hold_what_the_policy_has():
    wild = {"alpha": 7.5, "minimum": "800.00", "loss_exponent": 4.0, "min_loss": "900.12345678"}
    for each in controls(POLICY.replace({**wild, "award.unit": "20.00"}), ratio=True):
        if each.options:
            assert each.value in dict(each.options).values()
        else:
            assert each.low <= each.value <= each.high
            assert 0 < each.step <= (each.high - each.low) / 5
    assert [nice_step(top) for top in (1.0, 50.0, 999.0, 35e6)] == [0.01, 0.5, 5.0, 200_000.0]


def test_groups_are_explored_like_any_policy():
    group = {"name": "half", "where": {"region": ["EU"]}, "min_share": "0.50"}
    panel = explore(USERS, POLICY.replace(constraints=[group]))
    panel.controls["award.budget"].value = 60_000.0
    assert panel.settled()
    assert panel.result.certificate.spent_cents == 6_000_000
    assert panel.result.certificate.ok


def test_asking_never_waits_and_stale_questions_are_dropped(monkeypatch):
    panel = explore(USERS, POLICY)
    begun, go = threading.Event(), threading.Event()
    asked = []
    real = panel._stated

    def slow(values):
        asked.append(values["award.budget"])
        begun.set()
        assert go.wait(30)
        return real(values)

    monkeypatch.setattr(panel, "_stated", slow)
    budget = panel.controls["award.budget"]
    budget.value = 51_000.0
    assert begun.wait(30)
    for value in range(52_000, 99_000, 1000):  # a drag, while the first is still being computed
        budget.value = float(value)
    assert "working" in panel.html
    assert not panel.settled(0)
    go.set()
    assert panel.settled()
    assert asked == [51_000.0, 98_000.0]
    assert panel.policy.award.budget == "98000.00"
    assert "working" not in panel.html


def test_a_worker_goes_on_after_a_fault(monkeypatch):
    faults = []
    monkeypatch.setattr(threading, "excepthook", faults.append)
    answered = []

    def answer(question):
        if question == "bad":
            raise ZeroDivisionError
        answered.append(question)

    latest = Latest(answer)
    for question in ("bad", "good"):
        latest.ask(question)
        assert latest.wait(30)
    assert answered == ["good"]
    assert [each.exc_type for each in faults] == [ZeroDivisionError]


def test_without_ipywidgets_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(al.UnsupportedError, match=r"pip install 'fair-allocator\[notebook\]'"):
        al.explore(USERS, POLICY)


def test_a_fault_of_the_program_does_not_look_like_an_answer(panel, monkeypatch):
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))
    monkeypatch.setattr("allocator.report.explore.run", lambda *_: 1 / 0)
    panel.controls["award.minimum"].value = 5.0
    assert panel.settled()
    assert told == [ZeroDivisionError]
    assert "ZeroDivisionError: division by zero. Please report it." in text(panel.html)
