"""The promise: sending starts within 24 hours of the announcement, all is there within 96."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from allocator.errors import InfeasibleError

__all__ = ["START_WITHIN", "WITHIN", "Schedule", "read_time", "show_duration", "show_time"]

START_WITHIN = timedelta(hours=24)  # announced: vouchers start to arrive within a day,
WITHIN = timedelta(hours=96)  # and all have arrived within four


@dataclass(frozen=True)
class Schedule:
    """When vouchers are sent.

    Attributes
    ----------
    announced, start : datetime
        With a time zone.
    rate : int
        Vouchers that the hub takes in an hour.
    """

    announced: datetime
    start: datetime
    rate: int

    @property
    def start_by(self) -> datetime:
        """The latest moment to start at."""
        return self.announced + START_WITHIN

    @property
    def deadline(self) -> datetime:
        """The moment by which all have arrived."""
        return self.announced + WITHIN

    def after(self, count: int, since: datetime | None = None) -> datetime:
        """Return when so many vouchers are through, from `since` (the start) on.

        Examples
        --------
        >>> at = datetime(2025, 10, 15, tzinfo=UTC)
        >>> print(Schedule(at, at, rate=3600).after(90))
        2025-10-15 00:01:30+00:00
        """
        taken = -(-count * 3600 * 10**6 // self.rate)
        return (self.start if since is None else since) + timedelta(microseconds=taken)

    def rate_needed(self, count: int, since: datetime) -> int | None:
        """Return the vouchers an hour that meet the deadline from a moment on; None when past."""
        left = (self.deadline - since) // timedelta(microseconds=1)
        return -(-count * 3600 * 10**6 // left) if left > 0 else None

    def check(self, count: int) -> None:
        """Check that so many vouchers start and end in time.

        Raises
        ------
        InfeasibleError
            With what is needed instead.
        """
        if not self.announced <= self.start <= self.start_by:
            raise InfeasibleError(
                f"delivery must start within {show_duration(START_WITHIN)} of the announcement, "
                f"between {show_time(self.announced)} and {show_time(self.start_by)}, not at "
                f"{show_time(self.start)}"
            )
        end = self.after(count)
        if end > self.deadline:
            needed = self.rate_needed(count, self.start)
            raise InfeasibleError(
                f"{count:,} vouchers at {self.rate:,} an hour from {show_time(self.start)} end at "
                f"{show_time(end)}, {show_duration(end - self.deadline)} after the deadline "
                f"{show_time(self.deadline)}: the hub must take at least {needed:,} an hour, or "
                "sending must start earlier",
                {"vouchers": count, "rate": self.rate, "rate_needed": needed},
            )

    def to_dict(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        return {
            "announced": show_time(self.announced),
            "start": show_time(self.start),
            "start_by": show_time(self.start_by),
            "deadline": show_time(self.deadline),
            "hub_rate_per_hour": self.rate,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Schedule:
        """Read what `to_dict` returns."""
        announced, start = (read_time(content[name]) for name in ("announced", "start"))
        return cls(announced, start, content["hub_rate_per_hour"])


def read_time(text: str) -> datetime:
    """Read an ISO 8601 time; without a zone it is UTC.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> print(read_time("2025-10-15T02:00:00+02:00"))
    2025-10-15 00:00:00+00:00
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def show_time(moment: datetime) -> str:
    """Show a time in UTC, to the second unless it has a fraction.

    Examples
    --------
    >>> show_time(datetime(2025, 10, 15, tzinfo=UTC))
    '2025-10-15T00:00:00Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def show_duration(duration: timedelta) -> str:
    """Show a duration in hours and minutes, from ten days on in days.

    Examples
    --------
    >>> show_duration(timedelta(days=4)), show_duration(timedelta(minutes=61, seconds=1))
    ('96 h', '1 h 1 min')
    >>> show_duration(timedelta(days=401, hours=3))
    '401 days'
    """
    if duration >= timedelta(days=10):
        return f"{duration.days:,} days"
    if duration < timedelta(minutes=1):
        return f"{duration.total_seconds():g} s"
    hours, minutes = divmod(duration // timedelta(minutes=1), 60)
    return " ".join([f"{hours:,} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes))
