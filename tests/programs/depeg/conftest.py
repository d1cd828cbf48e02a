import pyarrow as pa
import pytest

import allocator as al

NAMES = ("user_id", "asset", "quantity", "liquidation_price", "time", "account_type")
NOON = "2025-10-10T21:50:00Z"
PRICES = {"USDE": "0.9999", "WBETH": "4100.00"}


@pytest.fixture(scope="session")
def table():
    """Positions from tuples of (user, quantity, price), and columns to add or to replace."""

    def make(*rows, **more):
        users, quantities, prices = zip(*rows, strict=True)
        n = len(rows)
        columns = dict(
            zip(
                NAMES,
                (users, ["USDE"] * n, quantities, prices, [NOON] * n, ["margin"] * n),
                strict=True,
            )
        )
        return pa.table({**columns, **more})

    return make


@pytest.fixture(scope="session")
def policy():
    def make(**changes):
        prices = changes.pop("prices", PRICES)
        base = al.DepegPolicy(schema_version=1, name="Mine", claims={"reference_price": prices})
        return base.replace(**changes)

    return make
