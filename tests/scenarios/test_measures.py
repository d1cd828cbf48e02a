"""All measures of an allocation, and of several side by side."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.errors import DataError
from allocator.scenarios.compare import compare
from allocator.scenarios.comparison import distribution
from allocator.scenarios.measures import measures
from allocator.scenarios.people import people_like_me

OF = ("award", "recovery", "remaining_loss")


def columns(allocation):
    table = allocation.to_arrow().to_pandas()
    mine = table[table.eligible]
    return mine.award_cents.to_numpy() / 100, mine.loss.astype(float).to_numpy(), mine


@pytest.mark.parametrize("of", OF)
def test_measures_are_those_of_the_eligible_users(some, of):
    found = measures(some.base, of)
    award, loss, mine = columns(some.base)
    x = {"award": award, "recovery": award / loss, "remaining_loss": loss - award}[of]
    assert found.users == len(mine)
    assert found.gini == pytest.approx(al.metrics.gini(x), rel=1e-9)
    assert found.theil == pytest.approx(al.metrics.theil(x), rel=1e-9)
    assert found.jain == pytest.approx(al.metrics.jain(x), rel=1e-9)
    assert found.hoover == pytest.approx(al.metrics.hoover(x), rel=1e-9)
    assert found.atkinson == pytest.approx(al.metrics.atkinson(x, 0.5), rel=1e-9)
    index = al.metrics.concentration_index(x, loss)
    assert found.concentration_index == pytest.approx(index, rel=1e-9)
    distance = al.metrics.distance_from_pro_rata(award, loss)
    assert found.distance_from_pro_rata == pytest.approx(distance, rel=1e-9)
    if of == "award":
        assert found.largest_envy == pytest.approx((loss * (award / loss).max() - award).max())
    else:
        assert found.largest_envy == pytest.approx(x.max() - x.min())


def test_the_price_of_fairness_is_against_the_utilitarian_awards_of_the_core(some):
    for result in (some.base, some.broad):
        award, _, mine = columns(result)
        best, _, _ = columns(al.allocate(some.users, result.policy.replace(alpha=0)))
        weight = mine.weight.to_numpy()
        expected = 1 - (weight * award).sum() / (weight * best).sum()
        assert measures(result).price_of_fairness == pytest.approx(expected, rel=1e-9)
        assert expected > 0
    utilitarian = al.allocate(some.users, some.base.policy.replace(alpha=0))
    assert measures(utilitarian).price_of_fairness == pytest.approx(0, abs=1e-12)
    recovery = some.base.policy.replace(alpha=0, of="recovery")
    assert measures(al.allocate(some.users, recovery)).price_of_fairness == pytest.approx(
        0, abs=1e-12
    )


def test_pro_rata_without_bounds_is_equal_in_recovery(make):
    rows = [(k, f"{1000 + 100 * k}.00", "1000.00") for k in range(20)]
    changes = {"objective.rule": "proportional", "award.minimum": "0.00", "award.budget": "5000.00"}
    found = measures(make(rows, **changes), "recovery")
    assert found.gini == pytest.approx(0, abs=1e-4)
    assert found.distance_from_pro_rata == pytest.approx(0, abs=1e-4)
    assert found.price_of_fairness > 0
    assert "of the recovery of 20 eligible users" in str(found)
    assert f"gini                    {found.gini:,.4f}" in str(found)


def test_nobody_has_no_measures(make):
    found = measures(make([("a", "1.00", "9.00")]))
    assert found.users == 0
    assert found.gini is found.price_of_fairness is None
    assert found.frame["award"].isna().sum() == 10
    assert "gini                    -" in str(found)


def test_a_frame_has_a_row_per_measure(some):
    frame = measures(some.base, "recovery").frame
    assert list(frame.columns) == ["recovery"]
    assert frame.recovery["users"] == some.base.certificate.eligible
    assert frame.index.name == "measure"


def test_a_comparison_has_a_column_per_policy(some):
    frame = compare(some.base, some.broad, some.prorata).metrics("award")
    assert list(frame.columns) == ["Announced", "Broad", "Pro rata"]
    assert frame.loc["gini", "Broad"] == measures(some.broad).gini
    assert frame.loc["gini", "Broad"] < frame.loc["gini", "Announced"]
    assert frame.loc["distance_from_pro_rata"].idxmin() == "Pro rata"


def test_an_allocation_has_them_all(some):
    assert some.base.metrics("recovery") == measures(some.base, "recovery")
    assert some.base.people_like_me() == people_like_me(some.base)
    assert some.base.deciles("award").equals(distribution(some.base, "award"))


def test_what_cannot_be_measured_is_told(some):
    with pytest.raises(
        DataError, match="of must be one of award, recovery, remaining_loss, not 'x"
    ):
        measures(some.base, "x")


ROWS = st.lists(
    st.tuples(st.sampled_from(["0.00", "0.01", "50.00", "900.00"]), st.sampled_from(["-1", "60"])),
    min_size=1,
    max_size=20,
)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.sampled_from(["0.01", "20.00", "5000.00"]), st.sampled_from([0.0, 1.0, math.inf]))
def test_degenerate_users_have_measures_in_their_ranges(rows, budget, alpha):
    losses, net = zip(*rows, strict=True)
    table = {"user_id": list(range(len(rows))), "liquidation_loss": losses, "net_assets": net}
    policy = al.Policy.default().replace(
        {
            "award.budget": budget,
            "award.minimum": "0.00",
            "eligibility.min_loss": "0.00",
            "eligibility.min_loss_ratio": "0.00",
            "eligibility.nonpositive_net_assets": "eligible",
            "objective.alpha": alpha,
        }
    )
    result = al.allocate(pa.table(table), policy)
    for of in OF:
        found = measures(result, of)
        values = [v for k, v in found.to_dict().items() if k not in ("of", "users", "jain")]
        for value in values:
            assert value is None or value >= -1
            assert value is None or not np.isnan(value)
        assert found.jain is None or 0 < found.jain <= 1
