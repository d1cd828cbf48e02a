"""``allocator lab``: scenarios of a policy; each command is loaded when it is run."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["lab"]

_COMMANDS = {
    "sweep": "Apply many variants of a policy to the same users.",
    "goal-seek": "Find what a knob has to be set to for a figure to come out as wished.",
    "fit": "Find the policy that explains examples of awards best.",
    "health": "Find where a policy can be gamed, jumps or turns the order around.",
    "plot": "Draw pictures of runs.",
}


class _Lab(click.Group):
    """Commands whose modules are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"allocator.cli.lab_{name}"), name)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lab)
def lab() -> None:
    """Try variants of a policy: who gains, what it costs, what it can be set to."""
