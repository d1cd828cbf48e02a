"""The money of an initiative: what each program may spend, and where the rest goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

__all__ = ["Money", "Purse", "next_purse"]


@dataclass(frozen=True)
class Money:
    """What is known of a program's money before anything is run; all in cents.

    Attributes
    ----------
    name : str
    own : int
        The budget of its policy.
    unit : int
        Budgets are multiples of it.
    counts : bool
        Whether the shared budget is about it.
    """

    name: str
    own: int
    unit: int
    counts: bool


@dataclass(frozen=True)
class Purse:
    """The money of one program, in cents.

    Attributes
    ----------
    name : str
    own : int
        The budget of its policy.
    received : int
        What earlier programs left over for it.
    shared_left : int or None
        What of the shared budget was left before it; None where that is not about it.
    budget : int
        What it was run with: own and received, at most what is left of the shared budget, in whole
        units.
    spent : int
    held : int
        Its reserve, which is not left over.
    """

    name: str
    own: int
    received: int
    shared_left: int | None
    budget: int
    spent: int = 0
    held: int = 0

    @property
    def left(self) -> int:
        """What it leaves over."""
        return self.budget - self.spent - self.held

    def done(self, spent: int, held: int) -> Purse:
        """Return the purse after the run."""
        return replace(self, spent=spent, held=held)


def next_purse(
    money: Sequence[Money], done: Sequence[Purse], left_over: Mapping[str, str], shared: int | None
) -> Purse:
    """Return the purse of the next program.

    Parameters
    ----------
    money : sequence of Money
        Of every program, in order.
    done : sequence of Purse
        Of those that were run.
    left_over : mapping of str to str
        Giver to taker.
    shared : int or None
        The shared budget, in cents. What a program that counts leaves over to one that does not
        goes out of it; the other way round it comes in.

    Returns
    -------
    Purse

    Examples
    --------
    >>> money = [Money("a", 100, 1, True), Money("b", 50, 1, True)]
    >>> first = next_purse(money, [], {"a": "b"}, 120)
    >>> next_purse(money, [first.done(90, 0)], {"a": "b"}, 120).budget
    30
    """
    this = money[len(done)]
    counts = {each.name: each.counts for each in money}
    received = sum(each.left for each in done if left_over.get(each.name) == this.name)
    budget = this.own + received
    pot = None
    if shared is not None and this.counts:
        pot, reached = shared, {this.name, *(each.name for each in done)}
        for each in done:
            taker = left_over.get(each.name, each.name)
            pot -= (each.spent + each.held) * counts[each.name]
            if counts[each.name] and not counts[taker]:
                pot -= each.left
            elif counts[taker] and not counts[each.name] and taker in reached:
                pot += each.left
        budget = min(budget, pot)
    return Purse(this.name, this.own, received, pot, budget // this.unit * this.unit)
