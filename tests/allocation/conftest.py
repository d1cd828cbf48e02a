"""A few hundred simulated users, and policies small enough for them."""

import pyarrow as pa
import pytest

import allocator as al


@pytest.fixture(scope="session")
def users() -> al.UsersTable:
    return al.simulate_users(600, seed=7)


@pytest.fixture(scope="session")
def policy() -> al.Policy:
    return al.Policy.default().replace(budget="100000.00", name="Small")


@pytest.fixture(scope="session")
def result(users, policy) -> al.Allocation:
    return al.allocate(users, policy)


@pytest.fixture
def three() -> pa.Table:
    return pa.table(
        {
            "user_id": ["ann", "bob", "cy"],
            "liquidation_loss": ["80.00", "60.00", "20.00"],
            "net_assets": ["100.00", "60.00", "30.00"],
        }
    )
