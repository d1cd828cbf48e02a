"""What a policy's line, floor, cap and whole cents break of its rule's properties."""

import pytest

import allocator as al
from allocator.core.properties.broken import BROKEN
from allocator.scenarios.health.properties import plain_rule


@pytest.fixture(scope="module")
def rows():
    return [(str(40 + i), str(60 + i), "a") for i in range(60)]


def found(table, rows, policy):
    told = al.health(table(rows), policy, by=["tier"])
    return {each.id: each for each in told.findings if each.id.startswith("properties")}


def test_in_proportion_to_losses(table, rows, policy):
    told = found(table, rows, policy("900", maximum="30.00", minimum="14.00"))
    assert set(told) == {f"properties.{limit}" for limit in BROKEN}
    line = told["properties.line"]
    assert line.severity == "watch"
    assert (line.number, line.unit, line.keys) == (11, "properties", ("eligibility.min_loss",))
    assert line.sentence == (
        "Of the 23 properties that division in proportion to losses has among users of one loss "
        "ratio and one factor, the line at $50.00 breaks 11: order of losses, regressive, "
        "midpoint, homogeneity, continuity, linked claim monotonicity, composition down, "
        "composition up, self duality, no advantageous transfer, no advantageous merging. Whoever "
        "is just below the line loses everything, and more than some who claim more: of $50.00, "
        "losses of $25.00 and $50.00 get $0.00 and $50.00. Here 10 users are below it."
    )
    assert str(line.example) == "row 1: lost $40.00 and gets $0.00, being below it"
    cap = told["properties.maximum"]
    assert "the maximum of $30.00 breaks 8: progressive, midpoint, " in cap.sentence
    assert "of $60.00, losses of $30.00 and $60.00 get $30.00 and $30.00." in cap.sentence
    floor = told["properties.minimum"]
    assert "the minimum of $14.00 breaks 12: order of losses" in floor.sentence
    assert floor.example is None or "gets $14.00, being at it" in str(floor.example)
    unit = told["properties.unit"]
    assert (unit.severity, unit.example) == ("fine", None)
    assert "One of two equals gets the odd cent: of $0.01, losses of $0.01 and $0.01 get" in (
        unit.sentence
    )


@pytest.mark.parametrize(
    ("changes", "plain", "called"),
    [
        ({"alpha": 2, "loss_exponent": 2.0}, 1.0, "division in proportion to losses"),
        ({"alpha": float("inf")}, 0.0, "division in equal amounts"),
        ({"alpha": float("inf"), "of": "recovery"}, 1.0, "division in proportion to losses"),
        ({"loss_exponent": 0.0}, 0.0, "division in equal amounts"),
        ({"loss_exponent": 2.0}, 2.0, "division in proportion to loss^2"),
        ({"rule": "talmud"}, "talmud", "talmud"),
        ({"rule": "max_min"}, "max_min", "max min"),
    ],
)
def test_what_a_rule_is_by_losses_alone(table, rows, policy, changes, plain, called):
    chosen = policy("900", **changes)
    assert plain_rule(chosen) == plain
    told = found(table, rows, chosen)
    assert all(f" properties that {called} has" in each.sentence for each in told.values())
    assert told["properties.line"].number > 0


def test_the_line_leaves_equal_awards_what_they_have(table, rows, policy):
    told = found(table, rows, policy("900", rule="constrained_equal_awards"))
    assert "composition down" not in told["properties.line"].sentence
    assert "truncation invariance" not in told["properties.line"].sentence
    assert "composition up" in told["properties.line"].sentence


def test_a_limit_that_is_not_there_breaks_nothing(table, rows, policy):
    told = found(table, rows, policy("900", minimum="0.00", min_loss="0"))
    assert set(told) == {"properties.maximum", "properties.unit"}
    assert told["properties.maximum"].severity == "fine", "nobody is at it"
    assert told["properties.maximum"].sentence.endswith("Here 0 users are at it.")
    dropped = found(table, rows, policy("900", below_minimum="drop_once"))
    assert "properties.minimum" not in dropped


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"alpha": 0}, "users are ranked (alpha = 0)"),
        ({"cap_at_loss": False}, "awards may be above losses (award.cap_at_loss = false)"),
        ({"claim.brackets": [{"rate": "0.5"}]}, "losses count in part (claim.brackets)"),
    ],
)
def test_what_is_no_rule_by_losses(table, rows, policy, changes, why):
    (told,) = found(table, rows, policy("900", **changes)).values()
    assert told.severity == "fine"
    assert told.sentence == f"The table of properties is for rules by losses, and here {why}."


def test_odd_units_and_amounts(table, rows, policy):
    told = found(table, rows, policy("900.00", min_loss="50.5", unit="0.25", maximum="30.25"))
    assert "the line at $50.50 breaks 11" in told["properties.line"].sentence
    assert "of $0.25, losses of $0.25 and $0.25 get $0.25 and $0.00." in (
        told["properties.unit"].sentence
    )
