"""The panel of a notebook: what its controls say is what it shows, and nothing blocks."""

import time

import pytest

import allocator as al
from allocator.report.explore import explore
from allocator.report.latest import Latest


@pytest.fixture
def panel():
    users = al.simulate_users(2_000, seed=7)
    return explore(users, al.Policy.default().replace(budget="50000.00"))


def test_it_starts_as_the_policy_is(panel):
    assert panel.policy == panel.base
    assert "as it was" in panel.html
    assert "$50,000.00" in panel.html
    assert repr(panel) == "Explorer('Announced', $50,000.00)"
    assert "application/vnd.jupyter.widget-view+json" in panel._repr_mimebundle_()


@pytest.mark.parametrize(
    ("control", "value", "key"),
    [
        ("budget", 60_000.0, "award.budget"),
        ("minimum", 10.0, "award.minimum"),
        ("maximum", 1_000.0, "award.maximum"),
        ("alpha", 2.0, "objective.alpha"),
        ("loss_exponent", 0.5, "weights.loss_exponent"),
        ("ratio_exponent", 1.0, "weights.ratio_exponent"),
        ("min_loss", 100.0, "eligibility.min_loss"),
        ("min_loss_ratio", 0.4, "eligibility.min_loss_ratio"),
    ],
)
def test_every_control_changes_its_key_and_the_figures(panel, control, value, key):
    before = panel.html
    panel.controls[control].value = value
    assert panel.settled()
    assert [change.key for change in panel.base.diff(panel.policy).changes] == [key]
    assert panel.html != before
    users = al.simulate_users(2_000, seed=7)
    result = al.allocate(users, panel.policy)
    for figure in (result.certificate.eligible, result.certificate.at_lower):
        assert f"<b>{figure:,}</b>" in panel.html
    assert f"<b>${result.certificate.spent_cents / 100:,.2f}</b>" in panel.html
    panel.reset()
    assert panel.settled()
    assert panel.html == before


def test_what_makes_no_sense_is_told_in_words(panel):
    panel.controls["minimum"].value = 100.0
    assert panel.settled()
    assert 'role="alert"' in panel.html
    assert "the minimum of $100.00 for each of" in panel.html
    panel.controls["maximum"].value = 50.0
    panel.settled()
    assert 'role="alert"' in panel.html
    panel.reset()
    assert panel.settled()
    assert 'role="alert"' not in panel.html


def test_a_dragged_slider_computes_its_last_place_only():
    answered = []
    started = time.perf_counter()

    def slow(question):
        answered.append(question)
        until = time.perf_counter() + 0.02
        while time.perf_counter() < until:
            pass

    latest = Latest(slow)
    for place in range(200):
        latest.ask(place)
    asked = time.perf_counter() - started
    assert latest.wait(30)
    assert answered[-1] == 199
    assert len(answered) < 100
    assert asked < 200 * 0.02


def test_markup_in_names_is_text():
    policy = al.Policy.default().replace(budget="50000.00", name="<script>alert(1)</script>")
    panel = explore(al.simulate_users(500, seed=1), policy)
    assert "<script>" not in panel.html


def test_without_ipywidgets_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    with pytest.raises(al.UnsupportedError, match=r"pip install 'fair-allocator\[notebook\]'"):
        explore(al.simulate_users(100, seed=1))
