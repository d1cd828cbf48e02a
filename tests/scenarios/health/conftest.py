import logging
from decimal import Decimal

import pyarrow as pa
import pytest

import allocator as al


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("allocator").setLevel(logging.ERROR)


@pytest.fixture(scope="session")
def table():
    """Make a users table of rows (loss, net assets, tier)."""

    def make(rows):
        losses, nets, tiers = zip(*rows, strict=True)
        return pa.table(
            {
                "user_id": [f"secret-{i}" for i in range(len(rows))],
                "liquidation_loss": [str(Decimal(str(each))) for each in losses],
                "net_assets": [str(Decimal(str(each))) for each in nets],
                "tier": list(tiers),
            }
        )

    return make


@pytest.fixture(scope="session")
def policy():
    """The announced policy with a small budget, and changes."""

    def make(budget="60.00", **changes):
        return al.Policy.default().replace({"award.budget": budget, **changes})

    return make


@pytest.fixture(scope="session")
def some():
    """The findings on 5,000 simulated users under the announced policy."""
    users = al.simulate_users(5000, seed=4)
    return al.health(users, al.Policy.default().replace(budget="900000.00"))
