"""How far delivery is, and whether it can still be in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allocator.money import format_cents
from allocator.programs.delivery.ledger import Ledger, Reason, Tally
from allocator.programs.delivery.schedule import Schedule, show_duration, show_time
from allocator.programs.delivery.store import sa, vouchers

__all__ = ["Status", "status_of"]

REASONS = 3  # that are shown
DONE = ("acknowledged", "voided")


@dataclass(frozen=True)
class Status:
    """The state of a delivery at a moment.

    Attributes
    ----------
    now : datetime
    schedule : Schedule
    tallies : dict
        State -> Tally.
    started, last : datetime or None
        When the first voucher was sent, and when the last acknowledgment came.
    stuck : int
        Failed vouchers that are not tried again unasked: refused, or unanswered too often.
    reasons : list of Reason
        Why vouchers that are not done could not be sent or were refused; the latest first.
    """

    now: datetime
    schedule: Schedule
    tallies: dict[str, Tally]
    started: datetime | None
    last: datetime | None
    stuck: int
    reasons: list[Reason]

    @property
    def remaining(self) -> int:
        """Vouchers that have not arrived and are not voided."""
        return sum(each.count for state, each in self.tallies.items() if state not in DONE)

    @property
    def end(self) -> datetime:
        """When the last voucher arrived, or will at the hub's rate."""
        if not self.remaining:
            return self.last or self.now
        return self.schedule.after(self.remaining, max(self.now, self.schedule.start))

    @property
    def in_time(self) -> bool:
        """Whether the start and the end can still be, or were, in time."""
        start = self.started or (self.now if self.remaining else self.schedule.start)
        return start <= self.schedule.start_by and self.end <= self.schedule.deadline

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it; money in cents."""
        return {
            "now": show_time(self.now),
            **self.schedule.to_dict(),
            "started": None if self.started is None else show_time(self.started),
            "states": {
                name: {"count": each.count, "cents": each.cents}
                for name, each in self.tallies.items()
            },
            "remaining": self.remaining,
            "stuck": self.stuck,
            "reasons": [
                {"reason": each.text, "count": each.count, "at": show_time(_moment(each.at))}
                for each in self.reasons
            ],
            "seconds_left": (self.schedule.deadline - self.now).total_seconds(),
            "end": show_time(self.end),
            "rate_needed": self.schedule.rate_needed(self.remaining, self.now),
            "in_time": self.in_time,
        }

    def __str__(self) -> str:
        left = self.schedule.deadline - self.now
        past = left.total_seconds() < 0
        lines = [f"{'state':<13} {'vouchers':>10} {'amount':>18}"]
        lines += [
            f"{name:<13} {each.count:>10,} {format_cents(each.cents):>18}"
            for name, each in self.tallies.items()
        ]
        lines += [
            f"{each.count:,} not sent or refused, the last at {show_time(_moment(each.at))}: "
            f"{each.text}"
            for each in self.reasons
        ]
        lines.append(
            f"deadline {show_time(self.schedule.deadline)}: "
            + (f"{show_duration(-left)} ago" if past else f"{show_duration(left)} left")
        )
        if self.stuck:
            lines.append(
                f"{self.stuck:,} failed and are not tried again unasked: see the reasons above, "
                "then `send --again` or `void`"
            )
        if self.started is None and self.remaining:
            lines.append(f"not started; must start by {show_time(self.schedule.start_by)}")
        elif self.started is not None and self.started > self.schedule.start_by:
            lines.append(f"started late, at {show_time(self.started)}")
        if not self.remaining:
            lines.append(f"complete since {show_time(self.end)}")
        else:
            needed = self.schedule.rate_needed(self.remaining, self.now)
            rate = f"at {self.schedule.rate:,} an hour the last arrives at {show_time(self.end)}"
            lines.append(rate + ("" if needed is None else f"; {needed:,} an hour are needed"))
        lines.append("in time" if self.in_time else "NOT IN TIME: the deadline cannot be met")
        return "\n".join(lines)


def status_of(ledger: Ledger, now: datetime, attempts: int) -> Status:
    """Ask the ledger how far delivery is.

    Parameters
    ----------
    ledger : Ledger
    now : datetime
        With a time zone.
    attempts : int
        After how many an unanswered voucher is given up.
    """
    acknowledged = vouchers.c.state == "acknowledged"
    given_up = ~vouchers.c.doubtful | (vouchers.c.attempts >= attempts)
    started = ledger.scalar(sa.func.min(vouchers.c.first_sent_at))
    last = ledger.scalar(sa.func.max(vouchers.c.changed_at), acknowledged)
    return Status(
        now,
        ledger.batches.schedule,
        ledger.tallies(),
        None if started is None else _moment(started),
        None if last is None else _moment(last),
        ledger.scalar(sa.func.count(), vouchers.c.state == "failed", given_up),
        ledger.reasons(REASONS),
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
