"""The delivery ledger: every voucher's state, in a database that several senders share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from allocator.errors import AllocatorError, DataError, OccupiedError, VerificationError
from allocator.programs.delivery.batches import Batches
from allocator.programs.delivery.store import STATES, create, open_engine, plans, sa, vouchers

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.sql import ColumnElement

__all__ = ["Ledger", "Voucher", "default_url"]

Voucher = Mapping[str, Any]  # a row of the ledger, by column name
ROWS = 10_000  # inserted by one statement


def default_url(batches: Batches) -> URL:
    """Return the URL of the SQLite file inside the directory of the batches."""
    return sa.URL.create("sqlite", database=str(batches.folder.absolute() / "ledger.db"))


@dataclass(frozen=True)
class Tally:
    """How many vouchers are in a state, and what they add up to."""

    count: int
    cents: int


@dataclass(frozen=True)
class Reason:
    """Why so many vouchers are where they are, and the last time, in milliseconds since 1970."""

    text: str
    count: int
    at: int


class Ledger:
    """The vouchers of one plan in a database.

    Parameters
    ----------
    batches : Batches
        The plan.
    url : str, optional
        Of SQLAlchemy; a file inside the directory of the batches if not given.

    Raises
    ------
    AllocatorError
        If the database cannot be reached, or SQLAlchemy or its driver is not installed.
    """

    def __init__(self, batches: Batches, url: str | None = None) -> None:
        self.batches = batches
        self._engine = open_engine(url or default_url(batches))
        with self._told():
            create(self._engine)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what the database says as an error of ours, without the password."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            where = self._engine.url.render_as_string(hide_password=True)
            told = str(error.orig).strip().partition("\n")[0]
            raise AllocatorError(f"the ledger {where} says: {told}") from error

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with self._told(), self._engine.begin() as connection:
            yield connection

    def load(self, table: pa.Table) -> None:
        """Enter the vouchers of the plan, all or none; what is there already is left as it is.

        Parameters
        ----------
        table : pyarrow.Table
            Of `make_vouchers`.

        Raises
        ------
        OccupiedError
            If this round of the program was planned differently: its vouchers may be paid already.
        """
        content = self.batches.content
        plan = {
            "plan": self.batches.plan,
            **{name: content[name] for name in ("program", "round", "count", "total_cents")},
        }
        same_round = (plans.c.program == plan["program"]) & (plans.c.round == plan["round"])
        names = [name for name in table.column_names if name in vouchers.c]
        with self._begin() as connection:
            known = connection.scalar(sa.select(plans.c.plan).where(same_round))
            if known == plan["plan"]:
                return
            if known is not None:
                raise OccupiedError(
                    f"round {plan['round']} of {plan['program']} is already in the ledger as "
                    f"another plan ({known}): deliver that one, or plan a new --round with what is "
                    "still due"
                )
            connection.execute(plans.insert(), plan)
            for first in range(0, table.num_rows, ROWS):
                chunk = table.slice(first, ROWS).select(names)
                rows = [
                    {**row, "plan": plan["plan"], "place": place}
                    for place, row in enumerate(chunk.to_pylist(), start=first)
                ]
                connection.execute(vouchers.insert(), rows)

    def check(self) -> None:
        """Check that the ledger holds the vouchers of the signed manifest, to the cent.

        Raises
        ------
        DataError
            If the plan is not in the ledger.
        VerificationError
            If the ledger has other totals.
        """
        tallies = self.tallies().values()
        count, cents = sum(each.count for each in tallies), sum(each.cents for each in tallies)
        if not count and self.batches.count:
            raise DataError(
                "the ledger does not have this plan: run `allocator deliver plan` again, with the "
                "same --ledger"
            )
        if (count, cents) != (self.batches.count, self.batches.total_cents):
            raise VerificationError(
                f"the ledger has {count:,} vouchers of {cents:,} cents, the manifest "
                f"{self.batches.count:,} of {self.batches.total_cents:,}: nothing is sent"
            )

    def claim(
        self, holder: str, size: int, now: int, until: int, *, attempts: int, before: int = 0
    ) -> list[Voucher]:
        """Take vouchers to send; whoever else asks gets others.

        Parameters
        ----------
        holder : str
            Who asks.
        size : int
            At most so many.
        now, until : int
            Milliseconds since 1970; they are the holder's until then.
        attempts : int
            What failed so many times is left alone, as is what the hub refused,
        before : int
            unless it failed before this moment.

        Returns
        -------
        list of mappings
            Planned ones in the order of sending. When there are none, those whose sender died
            and those that failed, if their time has come.
        """
        state = vouchers.c.state
        mine = {"holder": holder, "held_until": until, "doubtful": True}
        lapsed = _open(attempts) & (vouchers.c.held_until <= now)
        retry = lapsed | ((state == "failed") & (vouchers.c.changed_at < before))
        planned = {**mine, "state": "sent", "first_sent_at": now}
        rows = self._take(state == "planned", size, planned)
        if not rows:
            retried = {**mine, "state": "retried"}
            rows = self._take(retry, size, retried)
        return sorted(rows, key=lambda row: int(row["place"]))

    def _take(self, which: ColumnElement[bool], size: int, values: dict[str, Any]) -> list[Voucher]:
        picked = (
            sa.select(vouchers.c.voucher_id)
            .where(vouchers.c.plan == self.batches.plan, which)
            .order_by(vouchers.c.place)
            .limit(size)
            .with_for_update(skip_locked=True)  # SQLite has one writer at a time instead
            .cte("picked")
        )
        take = (
            vouchers.update()
            .where(vouchers.c.voucher_id.in_(sa.select(picked.c.voucher_id)))
            .values(**values, attempts=vouchers.c.attempts + 1)
            .returning(vouchers)
        )
        with self._begin() as connection:
            return [dict(row) for row in connection.execute(take).mappings()]

    def acknowledge(self, ids: Sequence[str], now: int) -> int:
        """Enter that the hub has them: it is true whoever sent them. Return how many were new."""
        return self._settle(ids, sa.true(), state="acknowledged", doubtful=False, changed_at=now)

    def refuse(self, ids: Sequence[str], holder: str, now: int, reason: str) -> int:
        """Enter that the hub will not pay them: they fail, and are certainly not paid."""
        values = {"state": "failed", "doubtful": False, "changed_at": now, "reason": reason}
        return self._settle(ids, vouchers.c.holder == holder, **values)

    def doubt(self, ids: Sequence[str], holder: str, now: int, until: int, reason: str) -> int:
        """Enter that nobody answered: they fail, may be paid, and are tried again later."""
        values = {"state": "failed", "held_until": until, "changed_at": now, "reason": reason}
        return self._settle(ids, vouchers.c.holder == holder, **values)

    def release(
        self, ids: Sequence[str], holder: str, now: int, until: int, reason: str
    ) -> tuple[int, int]:
        """Enter that they never left, so that it was no attempt; return how many of each kind.

        Those that were never sent before are planned again. Of the others an earlier attempt may
        have arrived: they fail as before, and are tried again later.
        """
        mine, attempts = vouchers.c.holder == holder, vouchers.c.attempts - 1
        told = {"attempts": attempts, "reason": reason}
        fresh = {"state": "planned", "doubtful": False, "held_until": 0, "first_sent_at": None}
        return (
            self._settle(ids, mine & (vouchers.c.state == "sent"), **fresh, **told, changed_at=now),
            self._settle(
                ids,
                mine & (vouchers.c.state == "retried"),
                **told,
                state="failed",
                held_until=until,
            ),
        )

    def reasons(self, most: int) -> list[Reason]:
        """Tell why vouchers that are not done could not be sent or were refused, latest first."""
        when, count = sa.func.max(vouchers.c.changed_at), sa.func.count()
        query = (
            sa.select(vouchers.c.reason, count, when)
            .where(vouchers.c.plan == self.batches.plan, vouchers.c.reason.is_not(None))
            .where(vouchers.c.state.not_in(("acknowledged", "voided")))
            .group_by(vouchers.c.reason)
            .order_by(when.desc(), vouchers.c.reason)
            .limit(most)
        )
        with self._begin() as connection:
            return [Reason(*row) for row in connection.execute(query)]

    def _settle(self, ids: Sequence[str], which: ColumnElement[bool], **values: Any) -> int:
        if not ids:
            return 0
        picked = (  # locked in one order, so that no two senders wait for each other
            sa.select(vouchers.c.voucher_id)
            .where(vouchers.c.voucher_id.in_(ids))
            .where(vouchers.c.state.in_(("sent", "retried")), which)
            .order_by(vouchers.c.place)
            .with_for_update()
            .cte("picked")
        )
        mine = vouchers.c.voucher_id.in_(sa.select(picked.c.voucher_id))
        settle = vouchers.update().where(mine).values(**values).returning(vouchers.c.voucher_id)
        with self._begin() as connection:
            return len(connection.scalars(settle).all())

    def void(self, ids: Sequence[str], now: int, reason: str) -> None:
        """Void vouchers that are not paid and not to be paid, all or none.

        Raises
        ------
        DataError
            If one of them is unknown, or is or may be with the hub.
        """
        free = (vouchers.c.state == "planned") | (
            (vouchers.c.state == "failed") & ~vouchers.c.doubtful
        )
        mine = vouchers.c.plan == self.batches.plan
        void = vouchers.update().where(vouchers.c.voucher_id.in_(ids), mine, free)
        values = {"state": "voided", "changed_at": now, "reason": reason}
        with self._begin() as connection:
            done = set(connection.scalars(void.values(**values).returning(vouchers.c.voucher_id)))
            if left := sorted(set(ids) - done):
                raise DataError(
                    f"{len(left):,} of these vouchers cannot be voided, so none was; the first is "
                    f"{left[0]}. Only what is planned, or was refused by the hub, is certainly "
                    "not paid"
                )

    def next_due(self, attempts: int) -> int | None:
        """Return when the next voucher can be claimed, 0 for at once; None when none is left."""
        due = sa.case((vouchers.c.state == "planned", 0), else_=vouchers.c.held_until)
        found: int | None = self.scalar(
            sa.func.min(due), (vouchers.c.state == "planned") | _open(attempts)
        )
        return found

    def tallies(self) -> dict[str, Tally]:
        """Count and add up the vouchers in every state."""
        query = (
            sa.select(vouchers.c.state, sa.func.count(), sa.func.sum(vouchers.c.amount_cents))
            .where(vouchers.c.plan == self.batches.plan)
            .group_by(vouchers.c.state)
        )
        with self._begin() as connection:
            rows = connection.execute(query)
            found = {state: Tally(count, int(cents)) for state, count, cents in rows}
        return {state: found.get(state, Tally(0, 0)) for state in STATES}

    def scalar(self, what: ColumnElement[Any], *which: ColumnElement[bool]) -> Any:
        """Return one figure of the vouchers of this plan."""
        query = sa.select(what).where(vouchers.c.plan == self.batches.plan, *which)
        with self._begin() as connection:
            return connection.scalar(query)

    def amounts(self) -> dict[str, tuple[int, str, str]]:
        """Return cents, currency and state of every voucher, by its id."""
        names = (vouchers.c.voucher_id, vouchers.c.amount_cents, vouchers.c.currency)
        query = sa.select(*names, vouchers.c.state).where(vouchers.c.plan == self.batches.plan)
        with self._begin() as connection:
            return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(query)}


def _open(attempts: int) -> ColumnElement[bool]:
    """Select what is with a sender, and what failed unanswered and not too often."""
    unanswered = vouchers.c.doubtful & (vouchers.c.attempts < attempts)
    return vouchers.c.state.in_(("sent", "retried")) | ((vouchers.c.state == "failed") & unanswered)
