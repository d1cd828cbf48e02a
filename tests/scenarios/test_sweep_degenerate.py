"""Rows of a sweep are what `allocate` certifies, on users and policies at their edges."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.errors import InfeasibleError, PolicyError
from allocator.scenarios.sweep import sweep

KNOBS = {
    "objective.alpha": [0, 0.01, 0.5, 1, 2, 20, math.inf],
    "objective.of": ["amount", "recovery"],
    "objective.rule": ["proportional", "max_min", "talmud", "constrained_equal_losses"],
    "weights.loss_exponent": [0, 0.5, 2],
    "weights.ratio_exponent": [0, 1],
    "weights.factors.region.b": [0.0, 3.0],
    "eligibility.min_loss": ["0", "49.99999999", "60"],
    "eligibility.min_loss_ratio": ["0", "0.3333", "0.30000001", "1"],
    "eligibility.nonpositive_net_assets": ["eligible"],
    "award.budget": ["0.01", "4.00", "777.77"],
    "award.minimum": ["0", "50"],
    "award.maximum": ["50", "100"],
    "award.unit": ["1.00"],
}
USER = st.tuples(
    st.sampled_from(["49.99999999", "50.00", "60.00", "1000.00", "0.01", "123456.78"]),
    st.sampled_from(["0", "-5", "100.00", "166.66", "166.66666667", "150.015", "333.33", None]),
    st.sampled_from("ab"),
)
CHANGES = st.dictionaries(st.sampled_from(sorted(KNOBS)), st.integers(0, 9), max_size=4)


def possible(base, drawn):
    """Return the changes that make a policy."""
    for picks in drawn:
        change = {key: KNOBS[key][i % len(KNOBS[key])] for key, i in picks.items()}
        try:
            base.replace(change)
        except PolicyError:
            continue
        yield change


@settings(max_examples=150, deadline=None)
@given(
    st.lists(USER, min_size=1, max_size=9),
    st.sampled_from([{"*": 1.0}, {"a": 2.0, "b": 0.0, "*": 1.0}, {"*": 0.0}]),
    st.lists(CHANGES, min_size=1, max_size=6),
)
def test_rows_are_what_allocate_certifies(rows, factors, drawn):
    losses, assets, regions = zip(*rows, strict=True)
    ids = [f"u{i}" for i in range(len(rows))]
    columns = {"user_id": ids, "liquidation_loss": losses, "net_assets": assets, "region": regions}
    users = pa.table({**columns, "no_snapshot": [each is None for each in assets]})
    base = al.Policy.default().replace(
        {"award.budget": "100.00", "weights.factors": {"region": factors}}
    )
    changes = list(possible(base, drawn))
    if not changes:
        return
    result = sweep(users, base, changes)
    for policy, figures in zip(result.scenarios, result.figures, strict=True):
        try:
            run = al.allocate(users, policy)
        except InfeasibleError:
            assert figures.status == "infeasible"
            continue
        certificate, awards = run.certificate, np.sort(run.awards.award_cents[run.awards.eligible])
        assert figures.status == certificate.status
        assert figures.eligible == certificate.eligible == len(awards)
        assert figures.total_cents == certificate.spent_cents
        assert figures.paid == np.count_nonzero(awards)
        assert (figures.at_floor, figures.at_cap) == (certificate.at_lower, certificate.at_upper)
        assert figures.median_cents == (awards[(len(awards) - 1) // 2] if len(awards) else None)
        assert figures.formula == certificate.formula
        assert (figures.level is None) == (certificate.level is None)
        assert (figures.level or 0.0) == pytest.approx(certificate.level or 0.0, rel=1e-9)
