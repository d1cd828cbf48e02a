import itertools
import logging
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pytest

import allocator as al
from allocator.programs.delivery.batches import write_batches
from allocator.programs.delivery.keys import KEY_VARIABLE, Key
from allocator.programs.delivery.ledger import Ledger
from allocator.programs.delivery.plan import plan
from allocator.programs.delivery.schedule import Schedule
from allocator.programs.delivery.store import sa
from allocator.programs.delivery.vouchers import Terms

from .hub import Hub
from .postgres import server

SECRET = "tests only: thirty-two bytes or more"
# Of the announcement; a rate that is never in the way.
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
FAST = Schedule(NOW, NOW, rate=10**9)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    logging.getLogger("allocator").setLevel(logging.ERROR)
    monkeypatch.setenv(KEY_VARIABLE, SECRET)
    monkeypatch.delenv("ALLOCATOR_LEDGER", raising=False)


@pytest.fixture(scope="session")
def key():
    return Key(SECRET.encode())


@pytest.fixture(scope="session")
def postgres():
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """Of an empty database; None is the file inside the batches."""
    if request.param == "sqlite":
        yield None
        return
    whole = sa.make_url(request.getfixturevalue("postgres"))
    name = f"ledger{next(NUMBERS)}"
    admin = sa.create_engine(whole, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"drop database if exists {name} with (force)")
        connection.exec_driver_sql(f"create database {name}")
    yield whole.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    admin.dispose()


NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A finished run of 300 simulated users."""
    folder = tmp_path_factory.mktemp("delivery") / "run"
    policy = al.Policy.default().replace(budget="20000.00")
    al.allocate(al.simulate_users(300, seed=5), policy).save(folder)
    return folder


@pytest.fixture
def planned(run, tmp_path, key, url):
    """The batches of that run, their table, and a ledger with them."""
    batches, table = plan(run, tmp_path / "batches", key, FAST, batch_size=50)
    ledger = Ledger(batches, url)
    ledger.load(table)
    yield SimpleNamespace(batches=batches, table=table, ledger=ledger, url=url)
    ledger.close()


@pytest.fixture
def hub():
    with Hub() as running:
        yield running


@pytest.fixture
def many(run, tmp_path, key):
    """Batches of any number of made-up vouchers, quickly."""

    def make(n):
        cents = [400 + 7919 * i % 600_000 for i in range(n)]
        texts = {"currency": "USD", "issued_at": "2025-10-14", "expires_at": "2026-01-12"}
        terms = Terms("Many", "1", "USD", NOW, NOW + timedelta(days=90))
        table = pa.table(
            {
                "voucher_id": key.voucher_ids("Many", "1", (f"u{i}" for i in range(n))),
                "user_id": [f"u{i}" for i in range(n)],
                "amount": [f"{each // 100}.{each % 100:02d}" for each in cents],
                "amount_cents": cents,
                **{name: [text] * n for name, text in texts.items()},
                "batch": [i // 10_000 + 1 for i in range(n)],
            }
        )
        how = {"terms": terms, "schedule": FAST, "order": "hash", "batch_size": 10_000}
        return write_batches(tmp_path / "many", table, key, run=run, **how), table

    return make


class Time:
    """A clock that goes only when somebody waits."""

    def __init__(self, start=None):
        self.moment = NOW.timestamp() if start is None else start
        self.waits = []

    def now(self):
        return self.moment

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.moment += seconds


@pytest.fixture
def time():
    return Time()
