"""What a rule by claims gives a user: in words with the level filled in, and as an amount.

These rules compare the award with the recognized loss itself, so that exponents, factors and alpha
have no part in them. The level is in dollars; where a rule has two regimes, on half-claims, the
largest claim M tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from allocator.money import exact, format_dollars

__all__ = [
    "ABOVE_CLAIM",
    "FEW_IDEAS",
    "IDEAS",
    "WEIGHTED_IDEAS",
    "Given",
    "given",
    "given_weighted",
    "idea_of",
]

DIGITS = 6  # decimals of a level that count: those past them are noise, which half a cent turns on
# More than the claim, where the level is positive.
ABOVE_CLAIM = ("max_min", "constrained_equal_losses", "least_squares")

Told = tuple[str, Callable[[float], float]]


@dataclass(frozen=True)
class Given:
    """What a rule gives at a level, before floor and cap.

    Attributes
    ----------
    text : str
        Of everybody: ``half of the loss, at most $33.33``.
    amount : callable
        From a user's claim in dollars, and weight where the rule is weighted, to dollars.
    """

    text: str
    amount: Callable[..., float]


def _equal(level: float, largest: float, loss: str) -> Told:  # noqa: ARG001
    return f"{_dollars(level)} for everyone", lambda claim: level  # noqa: ARG005


def _equal_awards(level: float, largest: float, loss: str) -> Told:  # noqa: ARG001
    return f"the {loss}, at most {_dollars(level)}", lambda claim: min(claim, level)


def _shifted(level: float, largest: float, loss: str) -> Told:  # noqa: ARG001
    sign = "less" if level <= 0 else "plus"
    return f"the {loss} {sign} {_dollars(abs(level))}", lambda claim: max(0.0, claim + level)


def _half_claims(level: float, loss: str) -> Told:
    return f"half of the {loss}, at most {_dollars(level)}", lambda claim: min(claim / 2, level)


def _talmud(level: float, largest: float, loss: str) -> Told:
    if level <= largest / 2:
        return _half_claims(level, loss)
    lost = max(0.0, largest - level)
    return (
        f"the {loss} less half of it, but less at most {_dollars(lost)}",
        lambda claim: claim - min(claim / 2, lost),
    )


def _reverse_talmud(level: float, largest: float, loss: str) -> Told:  # noqa: ARG001
    if level <= 0:
        return (
            f"half of the {loss} less {_dollars(-level)}",
            lambda claim: max(0.0, claim / 2 + level),
        )
    return (
        f"half of the {loss} plus {_dollars(level)}, at most the {loss}",
        lambda claim: min(claim, claim / 2 + level),
    )


def _piniles(level: float, largest: float, loss: str) -> Told:
    if level <= largest / 2:
        return _half_claims(level, loss)
    more = level - largest / 2
    return (
        f"half of the {loss}, and of the other half at most {_dollars(more)}",
        lambda claim: claim / 2 + min(claim / 2, more),
    )


def _egalitarian(level: float, largest: float, loss: str) -> Told:
    if level <= largest / 2:
        return _half_claims(level, loss)
    most = level - largest / 2
    return (
        f"the {loss}, at most {_dollars(most)}, but at least half of the {loss}",
        lambda claim: max(claim / 2, min(claim, most)),
    )


# Of `allocator.policy.rules.BY_CLAIM`: what each rule gives, and its idea.
IDEAS: dict[str, tuple[Callable[[float, float, str], Told], str]] = {
    "constrained_equal_awards": (_equal_awards, "everyone gets the same, up to the {loss}"),
    "constrained_equal_losses": (
        _shifted,
        "everyone goes without the same amount of the {loss}, and nobody gets less than nothing",
    ),
    "talmud": (
        _talmud,
        "everyone gets the same up to half of the {loss}; once all have half, everyone goes "
        "without the same amount, up to half of the {loss}",
    ),
    "reverse_talmud": (
        _reverse_talmud,
        "everyone goes without the same amount of half of the {loss}; once all have half, everyone "
        "gets the same on top",
    ),
    "piniles": (
        _piniles,
        "everyone gets the same up to half of the {loss}; once all have half, the same again of "
        "the other half",
    ),
    "constrained_egalitarian": (
        _egalitarian,
        "everyone gets the same up to half of the {loss}; once all have half, the smallest "
        "vouchers rise first",
    ),
    "max_min": (_equal, "everyone gets the same"),
    "least_squares": (
        _shifted,
        "everyone is as far from the {loss} as everybody else, in dollars",
    ),
}


# Weighted versions: their idea, {product} being what weights are made of.
WEIGHTED_IDEAS = {
    "constrained_equal_awards": "vouchers are in proportion to {product}, up to the {loss}",
    "constrained_equal_losses": "everyone goes without a part of the {loss} in proportion to "
    "{product}, and nobody gets less than nothing",
    "max_min": "vouchers are in proportion to {product}",
    "least_squares": "everyone is as far from the {loss} as {product} says",
}

# Rules without a level: their idea in a sentence.
FEW_IDEAS = {
    "concede_and_divide": "each of the two concedes what exceeds the own {loss}; the rest is "
    "halved",
    "random_arrival": "whoever comes first gets the whole {loss} while there is money, and the "
    "voucher is the average over all orders of arrival",
    "minimal_overlap": "losses are laid over the budget so that they overlap least, and all who "
    "claim a dollar share it",
    "adjusted_proportional": "first everyone gets what the losses of all others leave over; the "
    "rest is in proportion to what is left of the {loss}, up to what there is",
    "average_of_awards": "the voucher is the average of all divisions of the budget that pay "
    "nobody more than the {loss}",
    "dominguez_thomson": "everyone gets the {loss}, up to what there is, divided by the number of "
    "users; and the same again of what is left, to the end",
    "alpha_min": "everyone gets the smallest {loss} of all; the rest is in proportion to what is "
    "above it",
    "average_of_equal_awards_and_losses": "the voucher is the average of two divisions: everyone "
    "gets the same up to the {loss}, and everyone goes without the same amount of it",
}


def given(rule: str, level: float, largest: float, loss: str = "loss") -> Given:
    """Return what a rule gives at a level.

    Parameters
    ----------
    rule : str
        One of `allocator.policy.rules.BY_CLAIM`.
    level : float
        In dollars; as in the rule's ramps, negative for rules of equal losses.
    largest : float
        The largest claim, in dollars.
    loss : str
        What claims are called.

    Returns
    -------
    Given

    Examples
    --------
    The Talmud's three wives, with 200 for claims of 100, 200 and 300:

    >>> wives = given("talmud", 75.0, 300.0)
    >>> wives.text, [wives.amount(claim) for claim in (100.0, 200.0, 300.0)]
    ('half of the loss, at most $75.00', [50.0, 75.0, 75.0])
    """
    text, amount = IDEAS[rule][0](level, largest, loss)
    return Given(text, lambda claim: round(amount(claim), DIGITS))


def given_weighted(rule: str, level: float, times: str, loss: str = "loss") -> Given:
    """Return what the weighted version of a rule gives at a level.

    Parameters
    ----------
    rule : str
        One of `allocator.policy.rules.WEIGHTED`.
    level : float
        Dollars for a weight of 1.
    times : str
        The level, without its sign, times what weights are made of.
    loss : str
        What claims are called.

    Returns
    -------
    Given

    Examples
    --------
    >>> awards = given_weighted("constrained_equal_awards", 0.5, "0.5 × loss")
    >>> awards.text, awards.amount(100.0, 40.0)
    ('the loss, at most 0.5 × loss', 20.0)
    """
    if rule == "max_min":
        return Given(times, lambda claim, weight: weight * level)  # noqa: ARG005
    if rule == "constrained_equal_awards":
        text = f"the {loss}, at most {times}"
        return Given(text, lambda claim, weight: min(claim, weight * level))
    text = f"the {loss} {'less' if level <= 0 else 'plus'} {times}"
    return Given(text, lambda claim, weight: max(0.0, claim + weight * level))


def idea_of(rule: str, loss: str = "loss") -> str:
    """Return the idea of a rule in a sentence without a level.

    Examples
    --------
    >>> idea_of("constrained_equal_awards")
    'everyone gets the same, up to the loss'
    """
    return (FEW_IDEAS[rule] if rule in FEW_IDEAS else IDEAS[rule][1]).format(loss=loss)


def _dollars(value: float) -> str:
    return format_dollars(exact(round(value, DIGITS)))
