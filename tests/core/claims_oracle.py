"""The definitions of claims rules, in exact fractions and the plainest code there is.

Each rule is the function of one parameter that its inventors wrote down, as in Thomson, "How to
Divide When There Isn't Enough", 2019, chapter 2; nothing is shared with the package.
"""

from fractions import Fraction
from hashlib import blake2b
from itertools import pairwise

HALF = Fraction(1, 2)


def cea(claims, budget):
    """Fill equally, and drop whoever is full."""
    awards = [Fraction(0)] * len(claims)
    left = Fraction(budget)
    open_ = [i for i, c in enumerate(claims) if c]
    while left and open_:
        step = min(left / len(open_), min(claims[i] - awards[i] for i in open_))
        for i in open_:
            awards[i] += step
        left -= step * len(open_)
        open_ = [i for i in open_ if awards[i] < claims[i]]
    return awards


def cel(claims, budget):
    """The dual: divide what is lacking."""
    losses = cea(claims, sum(claims) - budget)
    return [c - loss for c, loss in zip(claims, losses, strict=True)]


def talmud(claims, budget):
    half = [Fraction(c) / 2 for c in claims]
    if budget <= sum(half):
        return cea(half, budget)
    rest = cel(half, budget - sum(half))
    return [h + r for h, r in zip(half, rest, strict=True)]


def reverse_talmud(claims, budget):
    half = [Fraction(c) / 2 for c in claims]
    if budget <= sum(half):
        return cel(half, budget)
    rest = cea(half, budget - sum(half))
    return [h + r for h, r in zip(half, rest, strict=True)]


def piniles(claims, budget):
    half = [Fraction(c) / 2 for c in claims]
    if budget <= sum(half):
        return cea(half, budget)
    rest = cea(half, budget - sum(half))
    return [h + r for h, r in zip(half, rest, strict=True)]


def constrained_egalitarian(claims, budget):
    """max(c/2, min(c, level)): raise the lowest, one after the other."""
    half = [Fraction(c) / 2 for c in claims]
    if budget <= sum(half):
        return cea(half, budget)
    levels = sorted({*half, *(Fraction(c) for c in claims)})

    def at(level):
        return [max(h, min(Fraction(c), level)) for h, c in zip(half, claims, strict=True)]

    for low, high in pairwise(levels):
        a, b = sum(at(low)), sum(at(high))
        if a <= budget <= b and a < b:
            return at(low + (high - low) * (budget - a) / (b - a))
    return at(levels[-1])


def proportional(claims, budget):
    total = sum(claims)
    return [Fraction(c) * budget / total if total else Fraction(0) for c in claims]


RULES = {
    "proportional": proportional,
    "constrained_equal_awards": cea,
    "constrained_equal_losses": cel,
    "talmud": talmud,
    "reverse_talmud": reverse_talmud,
    "piniles": piniles,
    "constrained_egalitarian": constrained_egalitarian,
}


def level_of(name, claims, i, y):
    """The parameter at which claimant i first has y, read off the table of ramps in the design."""
    c, most = Fraction(claims[i]), max(Fraction(c) for c in claims)
    h = c / 2
    return {
        "proportional": lambda: y / c,
        "constrained_equal_awards": lambda: y,
        "constrained_equal_losses": lambda: y - c,
        "talmud": lambda: y if y <= h else y - h + most - h,
        "reverse_talmud": lambda: y - h,
        "piniles": lambda: y if y <= h else y - h + most / 2,
        "constrained_egalitarian": lambda: y if y <= h else y + most / 2,
    }[name]()


def whole(name, claims, budget, lower=None, upper=None):
    """Take every unit in the order (level, place, larger claim, tie key)."""
    n = len(claims)
    lower = [0] * n if lower is None else lower
    upper = [int(c) for c in claims] if upper is None else upper
    units = []
    for i in range(n):
        key = blake2b(str(i).encode(), digest_size=8).digest()
        for k in range(lower[i] + 1, upper[i] + 1):
            level = level_of(name, claims, i, k - HALF)
            units.append(((level, k - HALF, -Fraction(claims[i]), key), i))
    awards = list(lower)
    for _, i in sorted(units)[: budget - sum(lower)]:
        awards[i] += 1
    return awards
