"""Parity between groups of an attribute: as it is, and among users who lost about the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import nulls_of, numbers_of
from allocator.errors import DataError
from allocator.money import format_cents
from allocator.scenarios.health.finding import Example, Finding, Severity
from allocator.scenarios.health.ground import Ground

__all__ = ["MOST_GROUPS", "check"]

MOST_GROUPS = 50  # a column of more values is no grouping
FEWEST = 10  # users; of fewer nothing can be said, and they could be told from a report
SOME, MANY = 0.05, 0.20  # a fifth less is the usual sign of adverse impact (four-fifths rule)
NO_VALUE = "no value"
BANDS = 10  # per decade of loss: in a band, losses are at most 26% apart
SURELY = 3.0  # standard errors of a difference that is not chance, being the largest of several


@dataclass(frozen=True, eq=False)
class Grouped:
    """All n users by the values of one attribute; groups of fewer than 10 are left out.

    Attributes
    ----------
    labels : tuple of str
    codes : ndarray of int, shape (n,)
        Into `labels`; -1 for who is left out.
    award : ndarray of int64, shape (n,)
        Cents; 0 for who is out.
    band : ndarray of int, shape (n,)
        Of loss.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.intp]
    award: NDArray[np.int64]
    band: NDArray[np.intp]

    @cached_property
    def expected(self) -> NDArray[np.float64]:
        """Everybody's award if each had the mean of their band of loss, shape (n,)."""
        paid = np.bincount(self.band, weights=self.award)
        mean: NDArray[np.float64] = (paid / np.maximum(np.bincount(self.band), 1))[self.band]
        return mean

    @cached_property
    def overall(self) -> NDArray[np.float64]:
        """Everybody's award if each had the mean of all, shape (n,)."""
        return np.full(len(self.award), self.award.mean())

    def means(self, values: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the mean of each group."""
        inside = self.codes >= 0
        sums = np.bincount(self.codes[inside], weights=values[inside])
        found: NDArray[np.float64] = sums / np.bincount(self.codes[inside])
        return found

    def ratios(
        self, expected: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each group's awards over those expected, and the standard errors."""
        base = self.means(expected)
        base = np.where(base > 0, base, 1.0)
        left = self.means(self.award - expected)
        spread = self.means((self.award - expected) ** 2) - left**2
        people = np.bincount(self.codes[self.codes >= 0])
        return 1.0 + left / base, np.sqrt(np.maximum(spread, 0.0) / people) / base


def check(ground: Ground) -> Iterator[Finding]:
    """Compare the mean award of groups, and what is left of the difference given the loss."""
    for name, column in ground.attributes.items():
        groups = _grouped(ground, name, column)
        if groups is None:
            yield _alone(name)
            continue
        yield _finding(ground, groups, name, given_loss=False)
        yield _finding(ground, groups, name, given_loss=True)


def _grouped(ground: Ground, name: str, column: pa.ChunkedArray) -> Grouped | None:
    encoded = pc.dictionary_encode(_plain(column).combine_chunks())
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    labels = [str(each) for each in encoded.dictionary.to_pylist()]
    if len(labels) > MOST_GROUPS:
        raise DataError(
            f"{name} has {len(labels):,} different values, too many to compare as groups (at most "
            f"{MOST_GROUPS})"
        )
    missing = nulls_of(encoded.indices)
    codes = np.where(missing, len(labels), numbers_of(encoded.indices)).astype(np.intp)
    labels.append(NO_VALUE)
    large = np.flatnonzero(np.bincount(codes, minlength=len(labels)) >= FEWEST)
    if len(large) < 2:
        return None
    place = np.full(len(labels), -1, dtype=np.intp)
    place[large] = np.arange(len(large))
    return Grouped(
        tuple(labels[i] for i in large),
        place[codes],
        ground.award_cents,
        (BANDS * np.log10(np.maximum(ground.users.loss, 1))).astype(np.intp),
    )


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column


def _alone(name: str) -> Finding:
    sentence = f"There are no two groups of {name} with {FEWEST} users each to compare."
    return Finding(f"parity.{name}", "fine", 0.0, "percent", sentence, None, (), "")


def _finding(ground: Ground, groups: Grouped, name: str, *, given_loss: bool) -> Finding:
    ratio, error = groups.ratios(groups.expected if given_loss else groups.overall)
    low, high = int(ratio.argmin()), int(ratio.argmax())
    gap = float(ratio[high] - ratio[low])
    chance = gap <= SURELY * float(np.hypot(error[high], error[low]))
    best, least = groups.labels[high], groups.labels[low]
    if given_loss:
        sentence = (
            f"Compared with all who lost about the same, users of {name} {best} get "
            f"{ratio[high]:.1%} and those of {least} {ratio[low]:.1%} of the mean award"
        )
    else:
        mean = groups.means(groups.award)
        sentence = (
            f"The mean award of all users of {name} {best} is {format_cents(round(mean[high]))}, "
            f"of {least} {format_cents(round(mean[low]))}, whatever they lost"
        )
    sentence += "; the difference may be chance." if chance and gap else "."
    judged: Severity = "fine"
    if gap >= SOME and not chance:  # unadjusted, it may be no more than that some lost more
        judged = "serious" if gap >= MANY and given_loss else "watch"
    factors = name in ground.policy.weights.factors
    keys = [f"weights.factors.{name}" if factors else "weights.ratio_exponent"]
    keys += [f"eligibility.exclude.{name}"] * (name in ground.policy.eligibility.exclude)
    return Finding(
        f"parity.{name}" + ".given_loss" * given_loss,
        judged,
        100.0 * gap,
        "percent",
        sentence,
        _example(ground, groups, low),
        tuple(keys),
        "the policy looks at this very column"
        if name in ground.policy.attributes
        else "the policy does not look at this column: it comes through losses, ratios and lines",
    )


def _example(ground: Ground, groups: Grouped, group: int) -> Example:
    """Find the user of a group who is furthest below the mean of those who lost about the same."""
    short = np.where(groups.codes == group, groups.expected - groups.award, -np.inf)
    row = int(short.argmax())
    text = (
        f"{ground.lost(row)}, is of {groups.labels[group]} and gets "
        f"{format_cents(int(groups.award[row]))}; the mean of those who lost about the same is "
        f"{format_cents(round(groups.expected[row]))}"
    )
    return Example(row, text)
