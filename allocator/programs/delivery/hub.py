"""The rewards hub, over HTTP: one request carries many vouchers, each with its own key.

``POST URL/vouchers`` with ``{"vouchers": [{"idempotency_key", "voucher_id", "user_id", "amount",
"amount_cents", "currency", "issued_at", "expires_at"}, ...]}``; the answer is ``{"results":
[{"voucher_id", "status": "accepted" or "refused", "reason"}, ...]}``. A hub must pay a key once,
and answer for it again whenever it is asked again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request

from allocator.errors import AllocatorError
from allocator.programs.delivery.ledger import Voucher
from allocator.programs.delivery.wire import NoAnswerError, NotConnectedError, opener, reach

__all__ = ["Answer", "Hub", "HubRefusedError", "NoAnswerError", "NotConnectedError"]

OVERLOADED = (408, 425, 429)  # of 4xx: ask again later


class HubRefusedError(AllocatorError):
    """The hub does not take our requests at all."""


@dataclass(frozen=True)
class Answer:
    """What the hub said of the vouchers of a request; of those in neither it said nothing.

    Attributes
    ----------
    accepted : list of str
        Voucher ids.
    refused : dict
        Voucher id -> reason.
    """

    accepted: list[str]
    refused: dict[str, str]


class Hub:
    """A hub at an address.

    Parameters
    ----------
    url : str
        ``http://`` or ``https://``
    timeout : float
        Seconds.
    token : str, optional
        Sent as ``Authorization: Bearer``.
    """

    def __init__(self, url: str, *, timeout: float, token: str | None = None) -> None:
        if not url.startswith(("http://", "https://")):
            raise AllocatorError(f"the hub's address {url!r} does not begin with http(s)://")
        self.url = url.rstrip("/")
        self._opener = opener()
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self.timeout = timeout

    def reach(self) -> None:
        """Connect, say nothing, and hang up.

        Raises
        ------
        NotConnectedError
            If there is nobody at this address.
        """
        reach(self.url, self.timeout)

    def send(self, rows: Sequence[Voucher]) -> Answer:
        """Send vouchers in one request.

        Raises
        ------
        NotConnectedError
            If no connection was made, so that the vouchers surely never left.
        NoAnswerError
            If the hub does not answer in time, fails, or says something that is no answer.
        HubRefusedError
            If it says that the request itself is wrong: another one would fare no better.
        """
        body = json.dumps({"vouchers": [_record(row) for row in rows]}).encode()
        request = Request(f"{self.url}/vouchers", body, self._headers, method="POST")
        try:
            with self._opener.open(request, timeout=self.timeout) as response:
                content = response.read()
        except HTTPError as error:
            error.close()
            if error.code >= 500 or error.code in OVERLOADED:
                raise NoAnswerError(f"HTTP {error.code}") from None
            raise HubRefusedError(
                f"the hub answered HTTP {error.code} ({error.reason}) to a request for "
                f"{len(rows):,} vouchers: see its address and our authorization"
            ) from None
        except (OSError, HTTPException) as error:
            raise NoAnswerError(str(error) or type(error).__name__) from None
        return _answer(content, {row["voucher_id"] for row in rows})


def _record(row: Voucher) -> dict[str, object]:
    cents = row["amount_cents"]
    names = ("voucher_id", "user_id", "amount_cents", "currency", "issued_at", "expires_at")
    return {
        "idempotency_key": row["voucher_id"],
        "amount": f"{cents // 100}.{cents % 100:02d}",
        **{name: row[name] for name in names},
    }


def _answer(content: bytes, asked: set[str]) -> Answer:
    accepted, refused = [], {}
    try:
        for each in json.loads(content)["results"]:
            voucher, status = each["voucher_id"], each["status"]
            if voucher in asked and status == "accepted":
                accepted.append(voucher)
            elif voucher in asked and status == "refused":
                refused[voucher] = str(each.get("reason", "refused"))[:200]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoAnswerError("what the hub answered is not a list of results") from None
    # What it says both of, it has: never void, nor send again, what may be paid.
    return Answer(accepted, {each: refused[each] for each in refused.keys() - set(accepted)})
