"""``allocator deliver``: vouchers to the rewards hub; each command is loaded when it is run."""

from __future__ import annotations

import click

from allocator.cli.lazy import LazyGroup

__all__ = ["deliver"]

_COMMANDS = {
    "plan": (
        "deliver_plan",
        "Make batches of vouchers from a run, with a schedule that meets the deadline.",
    ),
    "send": (
        "deliver_send",
        "Send what is left to send; run several at once, kill and repeat at will.",
    ),
    "status": (
        "deliver_status",
        "Show how far it is and the time left; exit 5 when it cannot be in time.",
    ),
    "reconcile": (
        "deliver_reconcile",
        "Compare the ledger with the hub's receipts; exit 6 when they contradict it.",
    ),
    "void": ("deliver_void", "Void vouchers that are certainly not paid."),
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
def deliver() -> None:
    """Deliver vouchers to the rewards hub: each sent, none paid twice, all in time.

    The key is in the variable ALLOCATOR_DELIVERY_KEY or in a file (--key-file).
    """
