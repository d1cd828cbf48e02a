"""Runs that the tests of scenarios and of the report look at."""

import logging
from types import SimpleNamespace

import pyarrow as pa
import pytest

import allocator as al

BUDGET = "600000.00"


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("allocator").setLevel(logging.ERROR)


@pytest.fixture(scope="session")
def some():
    """3,000 simulated users, and the announced, broad and pro-rata policies applied to them."""
    users = al.simulate_users(3000, seed=3)
    base = al.Policy.default().replace(budget=BUDGET)
    broad = base.replace(alpha=2, name="Broad")
    prorata = base.replace(rule="proportional", name="Pro rata")
    return SimpleNamespace(
        users=users,
        base=al.allocate(users, base),
        broad=al.allocate(users, broad),
        prorata=al.allocate(users, prorata),
    )


@pytest.fixture(scope="session")
def make():
    """Users from rows of (id, loss, net assets), and a policy with changes, to an allocation."""

    def allocate(rows, **changes):
        ids, losses, net = zip(*rows, strict=True)
        table = {"user_id": ids, "liquidation_loss": losses, "net_assets": net}
        policy = al.Policy.default().replace({"award.budget": "100.00", **changes})
        return al.allocate(pa.table(table), policy)

    return allocate
