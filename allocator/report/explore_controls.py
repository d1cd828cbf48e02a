"""Which numbers of a policy the panel has controls for, and in what range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allocator.money import exact
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio

__all__ = ["ALPHAS", "Control", "changes", "controls", "nice_step"]

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, math.inf)


@dataclass(frozen=True)
class Control:
    """A control for one key of a policy.

    Attributes
    ----------
    key : str
        Such as ``award.budget``.
    words : str
        What stands beside it.
    value : float
        Where it starts: dollars, a ratio or an exponent.
    low, high, step : float
        The range of a slider.
    readout : str
        How its number is written.
    money : bool
        Whether it is an amount of dollars.
    options : tuple of (str, float)
        The only values there are, if it is not a range.
    """

    key: str
    words: str
    value: float
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    readout: str = ".2f"
    money: bool = False
    options: tuple[tuple[str, float], ...] = ()

    def setting(self, value: object) -> object:
        """Return a value of the control as a policy has it.

        Examples
        --------
        >>> Control("award.budget", "budget, $", 5.0, money=True).setting(12.3)
        '12.30'
        """
        if self.money:
            return f"{value:.2f}"
        # What sliders add up has the odd 1e-17.
        return round(value, 6) if isinstance(value, float) and math.isfinite(value) else value


def controls(policy: Policy, *, ratio: bool) -> tuple[Control, ...]:
    """Return the controls that have an effect under a policy.

    Parameters
    ----------
    policy : Policy
    ratio : bool
        Whether net assets are known.

    Returns
    -------
    tuple of Control

    Examples
    --------
    >>> [each.words for each in controls(Policy.preset("pro-rata"), ratio=False)]
    ['budget, $', 'minimum, $', 'maximum, $', 'smallest loss, $']
    """
    award, weights, eligibility = policy.award, policy.weights, policy.eligibility
    unit = float(exact(award.unit))

    def money(key: str, words: str, text: str, top: float, least: float) -> Control:
        value = float(exact(text))
        step = max(nice_step(max(top, 2 * value)), unit)
        return Control(key, words, value, least, max(top, 2 * value), step, ",.2f", money=True)

    def number(key: str, words: str, value: float, top: float, step: float) -> Control:
        return Control(key, words, value, 0.0, max(top, value), step)

    found = [
        money("award.budget", "budget, $", award.budget, 0.0, unit),
        money("award.minimum", "minimum, $", award.minimum, 50.0, 0.0),
        money("award.maximum", "maximum, $", award.maximum, 1000.0, unit),
    ]
    if policy.uses_weights:
        alphas = sorted({*ALPHAS, policy.objective.alpha})
        options = tuple(("∞" if math.isinf(a) else f"{a:g}", a) for a in alphas)
        found += [
            Control("objective.alpha", "alpha", policy.objective.alpha, options=options),
            number("weights.loss_exponent", "loss exponent", weights.loss_exponent, 2.0, 0.05),
        ]
        if ratio:
            power = weights.ratio_exponent
            found.append(number("weights.ratio_exponent", "ratio exponent", power, 2.0, 0.05))
    found.append(
        money("eligibility.min_loss", "smallest loss, $", eligibility.min_loss, 200.0, 0.0)
    )
    if ratio:
        least = float(read_ratio(eligibility.min_loss_ratio))
        key = "eligibility.min_loss_ratio"
        found.append(number(key, "loss / net assets", least, 1.0, 0.01))
    return tuple(found)


def changes(controls: Sequence[Control], values: Mapping[str, object]) -> dict[str, object]:
    """Return what is set otherwise than at the start, by key; all else stays as it was written.

    Parameters
    ----------
    controls : sequence of Control
    values : mapping of str to object
        Of each control, by key.
    """
    return {
        each.key: _ratio(each, values[each.key])
        for each in controls
        if values[each.key] != each.value
    }


def nice_step(top: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten, about a hundred of them to the top.

    Examples
    --------
    >>> nice_step(600_000_000.0), nice_step(12_000.0), nice_step(50.0)
    (5000000.0, 100.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(top / 100))
    times = next((t for t in (5, 2) if t * power * 100 <= top), 1)
    return times * power


def _ratio(control: Control, value: object) -> object:
    setting = control.setting(value)
    return str(setting) if control.key == "eligibility.min_loss_ratio" else setting
