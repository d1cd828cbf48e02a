"""``allocator lab``: scenarios of a policy; each command is loaded when it is run."""

from __future__ import annotations

import click

from allocator.cli.lazy import LazyGroup

__all__ = ["lab"]

_COMMANDS = {
    "sweep": ("lab_sweep", "Apply many variants of a policy to the same users."),
    "goal-seek": (
        "lab_goal_seek",
        "Find what a knob has to be set to for a figure to come out as wished.",
    ),
    "fit": ("lab_fit", "Find the policy that explains examples of awards best."),
    "health": ("lab_health", "Find where a policy can be gamed, jumps or turns the order around."),
    "plot": ("lab_plot", "Draw pictures of runs."),
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
def lab() -> None:
    """Try variants of a policy: who gains, what it costs, what it can be set to."""
