"""The ledger's tables, and the rules that the database itself keeps.

A voucher is planned, then sent, then acknowledged or failed; what failed, or was left hanging by a
sender that died, is retried; what never left, there being no connection, is planned as before; what
certainly was not paid may be voided. Amounts and users never
change and nothing is deleted. Triggers refuse everything else, whoever asks, in SQLite and in
PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allocator.errors import AllocatorError, MissingPackageError, install

INSTALL = install("delivery")

try:
    import sqlalchemy as sa
    from sqlalchemy import event
except ModuleNotFoundError as missing:
    raise MissingPackageError(
        f"the delivery ledger needs SQLAlchemy, which is not installed: {INSTALL}"
    ) from missing

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

__all__ = ["STATES", "TRANSITIONS", "create", "open_engine", "plans", "sa", "vouchers"]

STATES = ("planned", "sent", "acknowledged", "failed", "retried", "voided")
# sent and retried are both with a sender; retried to retried when the second one died as well.
TRANSITIONS = (
    ("planned", "sent"),
    ("sent", "planned"),
    ("sent", "acknowledged"),
    ("sent", "failed"),
    ("sent", "retried"),
    ("failed", "retried"),
    ("retried", "acknowledged"),
    ("retried", "failed"),
    ("retried", "retried"),
    ("planned", "voided"),
    ("failed", "voided"),
)
BUSY_SECONDS = 60  # that a sender waits for another one's transaction; each takes milliseconds

_metadata = sa.MetaData()

plans = sa.Table(
    "delivery_plans",
    _metadata,
    sa.Column("plan", sa.String(32), primary_key=True),
    sa.Column("program", sa.Text, nullable=False),
    sa.Column("round", sa.Text, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("total_cents", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("program", "round"),
)

vouchers = sa.Table(
    "delivery_vouchers",
    _metadata,
    sa.Column("voucher_id", sa.String(40), primary_key=True),
    sa.Column("plan", sa.String(32), sa.ForeignKey(plans.c.plan), nullable=False),
    sa.Column("place", sa.BigInteger, nullable=False),  # in the order of sending, from 0
    sa.Column("batch", sa.BigInteger, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("amount_cents", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("issued_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("state", sa.String(12), nullable=False, server_default="planned"),
    # Whether it may have reached the hub without our knowing the answer.
    sa.Column("doubtful", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("holder", sa.Text),  # the sender that has it, or had it last
    # Milliseconds since 1970: until when its sender has it; of a failed one, when to try again.
    sa.Column("held_until", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("first_sent_at", sa.BigInteger),
    # When it was acknowledged, failed or voided, or when it could not be sent.
    sa.Column("changed_at", sa.BigInteger),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint("amount_cents > 0"),
    sa.CheckConstraint(sa.column("state").in_(STATES), name="known_state"),
    sa.CheckConstraint(
        "not (doubtful and state in ('planned', 'acknowledged', 'voided'))", name="doubt"
    ),
    sa.Index("delivery_by_state", "plan", "state", "place"),
)

transitions = sa.Table(
    "delivery_transitions",
    _metadata,
    sa.Column("state_before", sa.String(12), primary_key=True),
    sa.Column("state_after", sa.String(12), primary_key=True),
)

_FIXED = [
    "voucher_id",
    "plan",
    "place",
    "batch",
    "user_id",
    "amount_cents",
    "currency",
    "issued_at",
    "expires_at",
]

_SQLITE = (
    f"""create trigger delivery_transition before update on delivery_vouchers
    when not exists (select 1 from delivery_transitions
        where state_before = OLD.state and state_after = NEW.state)
      or {" or ".join(f"NEW.{name} is not OLD.{name}" for name in _FIXED)}
    begin select raise(abort, 'a voucher may not change like this'); end""",
    """create trigger delivery_birth before insert on delivery_vouchers
    when NEW.state <> 'planned' or NEW.attempts <> 0
    begin select raise(abort, 'a voucher starts planned'); end""",
    """create trigger delivery_keeping before delete on delivery_vouchers
    begin select raise(abort, 'a voucher is never deleted'); end""",
)
_POSTGRESQL = (
    f"""create function delivery_guard() returns trigger language plpgsql as $$
    begin
      if TG_OP = 'DELETE' then
        raise exception 'a voucher is never deleted';
      elsif TG_OP = 'INSERT' then
        if NEW.state <> 'planned' or NEW.attempts <> 0 then
          raise exception 'a voucher starts planned';
        end if;
      elsif not exists
          (select 1 from delivery_transitions
            where state_before = OLD.state and state_after = NEW.state)
          or ({", ".join(f"NEW.{name}" for name in _FIXED)}) is distinct from
             ({", ".join(f"OLD.{name}" for name in _FIXED)}) then
        raise exception using message =
          'a voucher may not change like this: ' || OLD.state || ' to ' || NEW.state;
      end if;
      return NEW;
    end $$""",
    """create trigger delivery_guard before insert or update or delete on delivery_vouchers
    for each row execute function delivery_guard()""",
)


def open_engine(url: str | URL) -> Engine:
    """Connect to SQLite or PostgreSQL.

    Raises
    ------
    AllocatorError
        If the URL is none, names another database, or its driver is missing. The message never
        has the password.
    """
    try:
        engine = sa.create_engine(url)
    except sa.exc.ArgumentError:
        raise AllocatorError(
            "the ledger's URL cannot be read: it looks like sqlite:////folder/ledger.db or "
            "postgresql+psycopg://user@host/database"
        ) from None
    except ModuleNotFoundError as missing:
        raise MissingPackageError(
            f"this ledger needs {missing.name}, which is not installed: {INSTALL}, and begin the "
            "URL with postgresql+psycopg://"
        ) from missing
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name != "postgresql":
        raise AllocatorError(
            f"a ledger in {engine.dialect.name} is not supported: SQLite and PostgreSQL are"
        )
    return engine


def create(engine: Engine) -> None:
    """Make the tables and the triggers, unless they are there; whole or not at all."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('delivery'))")
        made = sa.inspect(connection).has_table(vouchers.name)
        if not made:
            _metadata.create_all(connection)
        known = {tuple(row) for row in connection.execute(sa.select(transitions))}
        if new := [pair for pair in TRANSITIONS if pair not in known]:  # a ledger made earlier
            rows = [dict(zip(transitions.c.keys(), pair, strict=True)) for pair in new]
            connection.execute(transitions.insert(), rows)
        if made:
            return
        for statement in _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL:
            connection.exec_driver_sql(statement)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin when we say so: see below
    for setting in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = wal",
        "synchronous = full",
        "foreign_keys = on",
    ):
        connection.execute(f"pragma {setting}")


def _begin_sqlite(connection: Any) -> None:
    """Take the write lock at once: a read that turns into a write would fail when another wrote."""
    connection.exec_driver_sql("begin immediate")
