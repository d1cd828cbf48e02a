"""The ledger against the hub's receipts, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from allocator.money import format_cents
from allocator.programs.delivery.receipts import Receipt

__all__ = ["Reconciliation", "reconcile"]

SHOWN = 10  # voucher ids in the text; the dictionary has them all

_MEANINGS = {
    "matched": "paid once and right",
    "missing": "acknowledged, and without a receipt",
    "outstanding": "not acknowledged yet, and without a receipt",
    "duplicated": "paid again: what the further payments add up to",
    "differing": "paid another amount or currency: what was paid",
    "voided": "voided, and yet paid",
    "unknown": "receipts for vouchers that are not ours",
}
FAULTS = ("missing", "duplicated", "differing", "voided", "unknown")


@dataclass
class Finding:
    """One kind of finding.

    Attributes
    ----------
    cents : int
        In the receipts; for what has no receipt, in the ledger.
    ids : list of str
        Voucher ids, sorted; one a receipt for the duplicated and unknown.
    """

    cents: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, voucher: str, cents: int) -> None:
        """Count one."""
        self.ids.append(voucher)
        self.cents += cents


@dataclass(frozen=True)
class Reconciliation:
    """What ledger and receipts say of each other.

    The cents of matched, duplicated, differing, voided and unknown add up to what was received;
    of each voucher paid several times one payment is judged, and the others are duplicated.

    Attributes
    ----------
    findings : mapping
        matched, missing, outstanding, duplicated, differing, voided, unknown -> Finding.
    received_cents : int
        In all receipts, copies apart.
    copies : int
        Receipts whose receipt_id was there before, with the same content.
    expected_of_differing_cents : int
        What the ledger has for the vouchers under differing.
    """

    findings: Mapping[str, Finding]
    received_cents: int
    copies: int
    expected_of_differing_cents: int

    @property
    def ok(self) -> bool:
        """Whether nothing contradicts the ledger; what is outstanding does not."""
        return not any(self.findings[name].ids for name in FAULTS)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "ok": self.ok,
            "received_cents": self.received_cents,
            "copies": self.copies,
            "expected_of_differing_cents": self.expected_of_differing_cents,
            **{
                name: {"count": len(each.ids), "cents": each.cents}
                | ({} if name == "matched" else {"voucher_ids": each.ids})
                for name, each in self.findings.items()
            },
        }

    def __str__(self) -> str:
        lines = []
        for name, each in self.findings.items():
            count = f"{len(each.ids):>10,} {format_cents(each.cents):>18}"
            lines.append(f"{name:<12}{count}  {_MEANINGS[name]}")
            if name in FAULTS and each.ids:
                more = len(each.ids) - SHOWN
                lines += [f"  {voucher}" for voucher in each.ids[:SHOWN]]
                lines += [f"  and {more:,} more"] * (more > 0)
        if self.expected_of_differing_cents:
            due = format_cents(self.expected_of_differing_cents)
            lines.append(f"the ledger has {due} for the differing")
        copied = f", {self.copies:,} copies of receipts apart" if self.copies else ""
        lines.append(f"received in all: {format_cents(self.received_cents)}{copied}")
        return "\n".join(lines)


def reconcile(
    ledger: Mapping[str, tuple[int, str, str]], receipts: Iterable[Receipt]
) -> Reconciliation:
    """Compare vouchers with receipts; the order of either changes nothing.

    Parameters
    ----------
    ledger : mapping
        Voucher id -> (cents, currency, state).
    receipts : iterable of Receipt

    Returns
    -------
    Reconciliation

    Examples
    --------
    >>> ledger = {"a": (500, "USD", "acknowledged"), "b": (700, "USD", "planned")}
    >>> found = reconcile(ledger, [Receipt("a", 500), Receipt("a", 500), Receipt("x", 1)])
    >>> {name: each.cents for name, each in found.findings.items() if each.ids}
    {'matched': 500, 'outstanding': 700, 'duplicated': 500, 'unknown': 1}
    """
    distinct: set[Receipt] = set()
    payments: dict[str, list[Receipt]] = {}
    copies = received = 0
    for each in receipts:
        if each.receipt_id is not None:
            if each in distinct:
                copies += 1
                continue
            distinct.add(each)
        received += each.cents
        payments.setdefault(each.voucher_id, []).append(each)
    findings = {name: Finding() for name in _MEANINGS}
    expected = 0
    for voucher in sorted(ledger.keys() | payments.keys()):
        got = payments.get(voucher, [])
        if voucher not in ledger:
            for each in got:
                findings["unknown"].add(voucher, each.cents)
            continue
        cents, currency, state = ledger[voucher]
        if not got:
            if state != "voided":
                name = "missing" if state == "acknowledged" else "outstanding"
                findings[name].add(voucher, cents)
            continue
        right = [each.cents == cents and each.currency in (None, currency) for each in got]
        judged = right.index(True) if any(right) else _smallest(got)
        kind = "voided" if state == "voided" else "matched" if right[judged] else "differing"
        findings[kind].add(voucher, got[judged].cents)
        expected += cents if kind == "differing" else 0
        for each in got[:judged] + got[judged + 1 :]:
            findings["duplicated"].add(voucher, each.cents)
    return Reconciliation(findings, received, copies, expected)


def _smallest(receipts: list[Receipt]) -> int:
    return min(range(len(receipts)), key=lambda i: (receipts[i].cents, receipts[i].currency or ""))
