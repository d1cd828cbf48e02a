"""Money from program to program: own, left over, shared."""

from hypothesis import given
from hypothesis import strategies as st

from allocator.programs.initiative.budgets import Money, next_purse

AMOUNTS = st.integers(0, 500)


def run(money, spending, left_over, shared):
    done = []
    for each, part in zip(money, spending, strict=True):
        purse = next_purse(money, done, left_over, shared)
        assert purse.name == each.name
        spendable = max(purse.budget, 0)
        done.append(purse.done(spendable * part // 100, 0))
    return done


@given(
    own=st.lists(AMOUNTS, min_size=1, max_size=5),
    spending=st.lists(st.integers(0, 100), min_size=5, max_size=5),
    counts=st.lists(st.booleans(), min_size=5, max_size=5),
    takers=st.lists(st.none() | st.integers(0, 4), min_size=5, max_size=5),
    shared=st.none() | AMOUNTS,
    unit=st.sampled_from([1, 1, 7]),
)
def test_no_money_is_made_and_none_is_spent_twice(own, spending, counts, takers, shared, unit):
    n = len(own)
    money = [Money(str(i), own[i], unit, counts[i]) for i in range(n)]
    left_over = {
        str(i): str(taker)
        for i, taker in enumerate(takers[:n])
        if taker is not None and i < taker < n
    }
    done = run(money, spending[:n], left_over, shared)
    assert sum(each.spent for each in done) <= sum(own)
    for each in done:
        assert each.spent <= each.budget <= each.own + each.received
        assert each.budget % unit == 0
        assert each.received == sum(
            giver.left for giver in done if left_over.get(giver.name) == each.name
        )
    if shared is not None:
        outside = sum(
            giver.left
            for giver, known in zip(done, money, strict=True)
            if not known.counts and giver.name in left_over and counts[int(left_over[giver.name])]
        )
        spent = sum(each.spent for each, known in zip(done, money, strict=True) if known.counts)
        assert spent <= shared + outside


def test_a_reserve_is_not_left_over():
    money = [Money("a", 100, 1, True), Money("b", 10, 1, True)]
    first = next_purse(money, [], {"a": "b"}, None).done(60, 5)
    assert first.left == 35
    assert next_purse(money, [first], {"a": "b"}, None).budget == 45


def test_what_goes_out_of_the_circle_leaves_the_shared_budget():
    money = [Money("a", 100, 1, True), Money("b", 10, 1, False), Money("c", 100, 1, True)]
    first = next_purse(money, [], {"a": "b"}, 150).done(60, 0)
    second = next_purse(money, [first], {"a": "b"}, 150)
    assert (second.budget, second.shared_left) == (50, None)
    third = next_purse(money, [first, second.done(50, 0)], {"a": "b"}, 150)
    assert (third.budget, third.shared_left) == (50, 50)
