"""The definition, in the plainest code there is: list every unit, sort, and take the first ones.

Levels are rational where the rule makes them so and 60-digit floats of mpmath otherwise; nothing
is shared with the package.
"""

from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b

import mpmath

INFINITE = mpmath.inf


def unit_level(rule, alpha, w, d, b, k):
    """(tier, level) of the k-th unit of a claimant, as in section 3 of the design."""
    if w == 0 and not (rule == "alpha_fair" and alpha == INFINITE):
        return (1, 0)
    tier = 0 if w else 1
    if rule == "proportional":
        return (tier, (k - Fraction(1, 2)) / Fraction(w))
    if alpha == 0:
        return (tier, -Fraction(w) / Fraction(d))
    if alpha == INFINITE:
        return (tier, (Fraction(b) + k - 1) / Fraction(d))
    return (tier, _stolarsky_level(alpha, w, d, b + k - 1, b + k))


def _stolarsky_level(alpha, w, d, x, y):
    with mpmath.workdps(60):
        a, w, d, x, y = (mpmath.mpf(v) for v in (alpha, w, d, x, y))
        if x == 0 and a >= 1:
            return mpmath.mpf(0)
        if a == 1:
            mean = 1 / mpmath.log(y / x)
        else:
            mean = ((y ** (1 - a) - x ** (1 - a)) / (1 - a)) ** (-1 / a)
        level = mean / (d * (w / d) ** (1 / a))
        return mpmath.nstr(level, 40, strip_zeros=False, min_fixed=0, max_fixed=0)


def comparable(tier, level):
    """(tier, level) that sort: levels that agree to 40 digits are equal."""
    return tier, Decimal(level) if isinstance(level, str) else level


def place(rule, alpha, d, b, k):
    if rule == "alpha_fair" and alpha == INFINITE:
        return -(Fraction(b) + k) / Fraction(d)
    return (k - Fraction(1, 2)) / Fraction(d)


def awards(budget, lower, upper, weights, *, rule, alpha=None, scales=None, baseline=None, key=b""):
    """Everyone's floor, then the remaining units in order."""
    n = len(lower)
    scales = [1] * n if scales is None else scales
    baseline = [0] * n if baseline is None else baseline
    units = []
    for i in range(n):
        tie = blake2b(str(i).encode(), digest_size=8, key=key).digest()
        for k in range(lower[i] + 1, upper[i] + 1):
            tier, level = unit_level(rule, alpha, weights[i], scales[i], baseline[i], k)
            tier, level = comparable(tier, level)
            where = place(rule, alpha, scales[i], baseline[i], k)
            units.append(((tier, level, where, -weights[i], tie), i))
    units.sort(key=lambda unit: unit[0])
    result = list(lower)
    for _, i in units[: budget - sum(lower)]:
        result[i] += 1
    return result
