"""What a floor, a cap, a line and whole cents break: every stored problem shows it."""

from fractions import Fraction
from random import Random

import pytest

from allocator.core.catalog import RULES
from allocator.core.properties.broken import BROKEN
from allocator.core.properties.limits import LIMITS, limited, plain_properties
from allocator.core.properties.table import PROPERTIES, SAME_AS
from allocator.errors import AllocatorError, InfeasibleError

PLAIN = [*(name for name in RULES if name not in SAME_AS), 0.25, 0.5, 1.5, 2.0]
CELLS = [(limit, name) for limit in LIMITS for name in BROKEN[limit]]
RANDOM_CASES = 6


def rule_of(plain):
    return RULES[plain]() if isinstance(plain, str) else plain


def breaks(plain, limit, name, amount, case):
    """Whether the limit takes the property from the rule in a case that it can be asked of."""
    check = PROPERTIES[name].check
    try:
        with_limit = check(limited(rule_of(plain), limit, amount), case)
    except AllocatorError:
        return False
    return not with_limit and check(limited(rule_of(plain)), case)


@pytest.mark.parametrize(("limit", "name"), CELLS)
def test_every_case_breaks_what_some_rule_has(limit, name):
    broken = BROKEN[limit][name]
    having = [plain for plain in PLAIN if name in plain_properties(plain)]
    assert broken.why
    for amount, case in broken.cases:
        assert len(case.claims) <= 3
        assert sum(case.claims) > case.budget > 0
        assert min(case.claims) > 0
        assert any(breaks(plain, limit, name, amount, case) for plain in having), case


# The rules of which a search found that a limit leaves them the property.
KEPT = {
    ("line", "composition_down"): {"constrained_equal_awards"},
    ("line", "composition_up"): {"constrained_equal_losses"},
    ("maximum", "homogeneity"): {"constrained_equal_awards"},
    ("maximum", "order_of_endowment_gains"): {"constrained_equal_awards"},
    ("maximum", "composition_down"): {"constrained_equal_awards"},
    ("maximum", "composition_up"): {"constrained_equal_awards"},
}


@pytest.mark.parametrize(("limit", "name"), CELLS)
def test_which_rules_lose_it(limit, name):
    having = {r for r in RULES if r not in SAME_AS and name in plain_properties(r)}
    cases = BROKEN[limit][name].cases
    losing = {r for r in having if any(breaks(r, limit, name, *case) for case in cases)}
    assert having - losing == KEPT.get((limit, name), set())


@pytest.mark.parametrize("plain", PLAIN)
@pytest.mark.parametrize("limit", LIMITS)
def test_what_no_case_breaks_random_cases_do_not_break_either(plain, limit):
    numbers = Random(1)
    ordering = ("order_of_awards", "order_of_losses")  # of equals, an odd cent is no order
    for name in sorted(plain_properties(plain)):
        stored = BROKEN[limit][name].cases if name in BROKEN[limit] else ()
        if any(breaks(plain, limit, name, *case) for case in stored):
            continue
        if limit == "unit" and (name in ordering or name == "continuity"):
            continue
        for _ in range(RANDOM_CASES):
            case = PROPERTIES[name].draw(numbers, 3)
            amount = 1 if limit == "unit" else numbers.choice((1, 2, 3))
            try:
                limited(rule_of(plain), limit, amount)(case.claims, case.budget)
            except AllocatorError:
                continue
            if min(case.claims) and case.budget:
                assert not breaks(plain, limit, name, amount, case), (name, case, amount)


def test_cases_in_other_money_break_it_too():
    for limit, name in CELLS:
        amount, case = BROKEN[limit][name].cases[0]
        larger = PROPERTIES[name].scaled(case, 407)
        for plain in (r for r in RULES if r not in SAME_AS and name in plain_properties(r)):
            if breaks(plain, limit, name, amount, case):
                assert breaks(plain, limit, name, 407 * amount, larger), (plain, limit, name)


def test_limits_do_what_they_say():
    proportional = RULES["proportional"]()
    assert limited(proportional)([1, 3], 2) == [Fraction(1, 2), Fraction(3, 2)]
    assert limited(proportional, "line", 2)([1, 3], 2) == [0, 2]
    assert limited(proportional, "minimum", 1)([1, 3], 2) == [1, 1]
    assert limited(proportional, "maximum", 1)([1, 3], 2) == [1, 1]
    assert limited(proportional, "unit", 1)([1, 5], 2) == [0, 2]
    assert limited(2.0, "unit", 1)([1, 3], 2) == [1, 1]
    assert limited(2.0)([1, 2], 1) == [Fraction(1, 5), Fraction(4, 5)]
    with pytest.raises(InfeasibleError):
        limited(proportional, "minimum", 2)([3, 3], 3)
    with pytest.raises(InfeasibleError):
        limited(proportional, "maximum", 2)([3, 3], 5)


def test_powers_have_what_all_rules_with_a_level_have():
    for power in (0.25, 0.5, 1.5, 2.0):
        assert "consistency" in plain_properties(power)
        assert ("regressive" in plain_properties(power)) == (power < 1)
    assert plain_properties(1.0) == plain_properties("proportional")
    assert plain_properties(0.0) == plain_properties("constrained_equal_awards")
