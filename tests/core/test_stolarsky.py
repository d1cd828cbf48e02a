"""The Stolarsky mean against 100 digits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.core.means import stolarsky

ALPHAS = [
    *(0.01, 0.1, 0.25, 0.49, 0.499999999, 0.5 - 1e-12, np.nextafter(0.5, 0), 0.5),
    *(np.nextafter(0.5, 1), 0.5 + 1e-12, 0.500000001, 0.51, 0.75, 0.9, 0.999, 1 - 1e-6),
    *(1 - 1e-9, 1 - 1e-12, np.nextafter(1.0, 0), 1.0, np.nextafter(1.0, 2), 1 + 1e-12),
    *(1 + 1e-9, 1 + 1e-6, 1.001, 1.1, 1.5, 2.0, 2.5, 3.0, 5.0, 7.3, 40.0, 500.0, 1e3, 1e4),
]
NUMBERS = np.unique([*range(1, 130), 400, 600, *(10 ** np.arange(3, 15.5, 0.5)).round(), 1e15])
ACCURACY = 1e-14


def log_mean(x, y, alpha):
    """Return log S(x, y) from the definition."""
    x, y, a = mpmath.mpf(float(x)), mpmath.mpf(float(y)), mpmath.mpf(float(alpha))
    p = 1 - a
    if x == 0:
        return mpmath.log(y ** (p - 1) / p) / -a if a < 1 else -mpmath.inf
    mean = mpmath.log(y / x) if p == 0 else (y**p - x**p) / p
    return -mpmath.log(mean / (y - x)) / a


def worst(x, y, alpha):
    with mpmath.workdps(100):
        ours = stolarsky(np.asarray(x, float), np.asarray(y, float), alpha)
        return max(
            abs(mpmath.mpf(float(s)) - log_mean(a, b, alpha))
            for s, a, b in zip(ours, x, y, strict=True)
        )


@pytest.mark.parametrize("alpha", ALPHAS)
def test_accurate_to_1e_14(alpha):
    numbers = NUMBERS[NUMBERS > 1] if alpha >= 1 else NUMBERS
    assert worst(numbers - 1, numbers, alpha) < ACCURACY


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("baseline", [1e-12, 0.001, 0.1, 1 / 3, 0.999, 1.5, 12345.678])
def test_accurate_on_a_fractional_baseline(alpha, baseline):
    x = baseline + np.array([0, 0, 1, 2, 5, 31, 1e3, 1e6])
    y = baseline + np.array([1, 2, 2, 3, 6, 32, 1e3 + 1, 1e6 + 1])
    assert worst(x, y, alpha) < ACCURACY


@pytest.mark.parametrize("alpha", ALPHAS)
def test_accurate_on_a_tiny_baseline(alpha):
    # log S is near -690, of which a float holds no more than 13 decimals.
    x = np.array([1e-300, 1e-300])
    assert worst(x, np.array([1.0, 2.0]), alpha) < 690 * ACCURACY


@settings(max_examples=400, deadline=None)
@given(st.floats(-2, 4), st.floats(0, 15), st.floats(0, 1) | st.just(0.0))
def test_accurate_anywhere(log_alpha, log_number, fraction):
    alpha = 10.0**log_alpha
    x = np.array([np.floor(10.0**log_number) + fraction])
    assert worst(x, x + 1, alpha) < ACCURACY


def test_first_units():
    zero, one = np.zeros(1), np.ones(1)
    for alpha in (1.0, 1.5, 2.0, 1e4, np.inf):
        assert stolarsky(zero, one, alpha)[0] == -np.inf
    for alpha in (0.01, 0.5, 0.9, np.nextafter(1.0, 0)):
        expected = mpmath.log(1 - mpmath.mpf(float(alpha))) / float(alpha)
        assert stolarsky(zero, one, alpha)[0] == pytest.approx(float(expected), rel=1e-14)


def test_named_means():
    x, y = np.array([1.0, 3.0, 4.0, 50.0]), np.array([2.0, 4.0, 9.0, 51.0])
    means = {
        -1.0: (x + y) / 2,
        0.5: ((np.sqrt(x) + np.sqrt(y)) / 2) ** 2,
        1.0: (y - x) / np.log(y / x),
        2.0: np.sqrt(x * y),
        3.0: (2 * x**2 * y**2 / (x + y)) ** (1 / 3),
        np.inf: x,
    }
    for alpha, mean in means.items():
        assert np.exp(stolarsky(x, y, alpha)) == pytest.approx(mean, rel=1e-14)


@settings(max_examples=200, deadline=None)
@given(st.floats(0.01, 1e4), st.integers(1, 10**12))
def test_between_neighbors_and_falling_in_alpha(alpha, number):
    x, y = np.array([number], float), np.array([number + 1.0])
    level = stolarsky(x, y, alpha)[0]
    slack = 2e-14
    assert np.log(x[0]) - slack <= level <= stolarsky(x, y, -1.0)[0] + slack
    assert stolarsky(x, y, 1.5 * alpha)[0] <= level + slack
