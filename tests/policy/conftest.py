from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from allocator.money import FINE, exact


@dataclass(frozen=True, eq=False)
class TableOfUsers:
    """The columns that policy reads of allocator.data.check.Users."""

    ids: object
    loss: object
    net_assets: object = None
    no_snapshot: object = None
    already_compensated: object = None
    attributes: dict = field(default_factory=dict)
    table: object = None
    rounded: int = 0
    paid: object = None
    cap: object = None
    rounded_rows: object = None

    def __len__(self):
        return len(self.loss)


def fine(values):
    parts = [exact(value) * FINE for value in values]
    assert all(isinstance(part, Fraction) and part.denominator == 1 for part in parts)
    return np.array([int(part) for part in parts], dtype=np.int64)


@pytest.fixture
def make_users():
    def make(loss, net=None, *, no_snapshot=None, compensated=None, ids=None, **attributes):
        n = len(loss)
        columns = {
            name: pa.array(v) if isinstance(v, list) else v for name, v in attributes.items()
        }
        ids = pa.array([f"u{i}" for i in range(n)] if ids is None else ids)
        return TableOfUsers(
            ids=ids,
            loss=loss if isinstance(loss, np.ndarray) else fine(loss),
            net_assets=net if net is None or isinstance(net, np.ndarray) else fine(net),
            no_snapshot=None if no_snapshot is None else np.array(no_snapshot, dtype=bool),
            already_compensated=None if compensated is None else np.array(compensated, dtype=bool),
            attributes=columns,
            table=pa.table({"user_id": ids, **columns}),
            rounded_rows=np.zeros(n, dtype=bool),
        )

    return make


class Findings:
    def __init__(self):
        self.found = []

    def add(self, rule, column, rows):
        self.found.append((rule, column, rows.tolist()))


@pytest.fixture
def findings():
    return Findings()
