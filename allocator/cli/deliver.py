"""``allocator deliver``: vouchers to the rewards hub; each command is loaded when it is run."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["deliver"]

_COMMANDS = {
    "plan": "Make batches of vouchers from a run, with a schedule that meets the deadline.",
    "send": "Send what is left to send; run several at once, kill and repeat at will.",
    "status": "Show how far it is and the time left; exit 5 when it cannot be in time.",
    "reconcile": "Compare the ledger with the hub's receipts; exit 6 when they contradict it.",
    "void": "Void vouchers that are certainly not paid.",
}


class _Deliver(click.Group):
    """Commands whose modules are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"allocator.cli.deliver_{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Deliver)
def deliver() -> None:
    """Deliver vouchers to the rewards hub: each sent, none paid twice, all in time.

    The key is in the variable ALLOCATOR_DELIVERY_KEY or in a file (--key-file).
    """
