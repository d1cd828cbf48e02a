"""What a fit has to say in sentences: what does not fit, and what cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from allocator.money import FINE, FINE_PER_CENT, exact, format_cents, parse_fine
from allocator.policy.eligibility import at_least
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio, show_percent
from allocator.scenarios.fit_bounds import Bound
from allocator.scenarios.fit_design import LOSS_EXPONENT, RATIO_EXPONENT, Design, Pin
from allocator.scenarios.fit_examples import NULL, ExampleTable
from allocator.scenarios.fit_numbers import MOVED, stays
from allocator.scenarios.fit_solve import Solution, Task

__all__ = ["ALPHA", "notes"]

TANGLED = 0.95  # correlation of two estimates above which one can hardly be told from the other
SLIGHT = 5e-4  # misses that a percentage with one decimal does not show
CLASHES = 3  # contradictions told one by one
ALPHA = (
    "Alpha is fixed at 1. The awards depend on exponent / alpha alone: alpha 2 with exponents "
    "twice as large and factors squared gives the same awards, so that no examples can tell it."
)


def notes(
    examples: ExampleTable,
    policy: Policy,
    bounds: tuple[Bound, Bound],
    design: Design,
    task: Task,
    pins: tuple[Pin, ...],
    solution: Solution,
    final: Solution,
    fitted: NDArray[np.int64],
) -> Iterator[str]:
    """Write the notes.

    Parameters
    ----------
    examples : ExampleTable
    policy : Policy
        The fitted one.
    bounds : tuple of Bound
        Floor and cap.
    design, task, pins, solution
        Of the fit, before it was tidied.
    final : Solution
        What it was tidied to.
    fitted : ndarray of int64, shape (n,)
        What the fitted policy gives, in cents.
    """
    yield _quality(examples, fitted, solution, task)
    if solution.outliers.any():
        where = examples.where(solution.outliers)
        yield (
            f"Too far from the others to be the same policy, and left out of the fit: {where}. "
            "Look whether the loss, the net assets or the award was copied wrong."
        )
    yield from _clashes(examples, design)
    yield from _pinned(examples, bounds, design, task, pins, solution)
    yield from _tangled(design, solution, pins)
    yield from _limits(design, solution, final)
    if len(examples) > 1 and len(np.unique(examples.award)) == 1:
        yield (
            f"All awards are {format_cents(int(examples.award[0]))}: everybody at the minimum, "
            "everybody at the maximum, and an equal award for everybody explain them alike."
        )
    yield from (_bound(each) for each in bounds)
    if examples.ratio is None:
        yield (
            "The examples have no net assets: whether the ratio matters cannot be told, and the "
            "fitted policy gives it no weight."
        )
    elif examples.net_assets is not None and (examples.net_assets <= 0).any():
        cap = show_percent(read_ratio(policy.weights.ratio_cap))
        where = examples.where(examples.net_assets <= 0)
        yield f"Net assets of zero or less count as a ratio of {cap}, the cap: {where}."
    for attribute in examples.attributes:
        if attribute.labels[0] == NULL:
            reference = "missing values and those not listed"
        else:
            reference = attribute.labels[0]
        yield f"Factors of {attribute.name} are relative to {reference}, which has 1."
    yield from _outside(examples, policy)
    yield ALPHA


def _quality(
    examples: ExampleTable, fitted: NDArray[np.int64], solution: Solution, task: Task
) -> str:
    exact_ones = int((fitted == examples.award).sum())
    n = len(examples)
    if exact_ones == n:
        text = (
            "The policy gives the one example" if n == 1 else f"The policy gives all {n:,} examples"
        )
        text += " to the cent."
    else:
        others = np.flatnonzero(~solution.outliers)
        off = np.abs(fitted / examples.award - 1)[others]
        middle = float(np.median(off))
        what = "of those that are not outliers" if solution.outliers.any() else "of them"
        text = (
            f"The policy gives {exact_ones:,} of {n:,} examples to the cent; half {what} are "
            f"missed by {_percent(middle)}{' or less' if middle >= SLIGHT else ''}, the worst, "
            f"line {examples.lines[others[np.argmax(off)]]}, by {_percent(float(off.max()))}."
        )
    if task.without(solution.outliers).freedom <= 0:
        text += (
            " That proves nothing: there are as many numbers to choose as examples between the "
            "bounds. More examples would."
        )
    return text


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= SLIGHT else "less than 0.1%"


def _clashes(examples: ExampleTable, design: Design) -> Iterator[str]:
    """Name examples that are alike but for their awards."""
    told = 0
    what = ["loss", *(["ratio"] if RATIO_EXPONENT in design.names else [])]
    what += [attribute.name for attribute in examples.attributes]
    same = what[0] if len(what) == 1 else f"{', '.join(what[:-1])} and {what[-1]}"
    order = np.lexsort((examples.award, examples.alike))
    starts = np.flatnonzero(np.diff(examples.alike[order], prepend=-1))
    low = examples.award[order[starts]]
    high = examples.award[order[np.append(starts[1:], len(order)) - 1]]
    groups = np.flatnonzero(high > low)
    for g in groups[:CLASHES]:
        members = np.flatnonzero(examples.alike == g)
        told += 1
        yield (
            f"{examples.where(members).capitalize()} have the same {same} but awards from "
            f"{format_cents(int(low[g]))} to {format_cents(int(high[g]))}: no policy that looks "
            "at these alone gives both."
        )
    if len(groups) > told:
        yield f"{len(groups) - told:,} more groups of examples contradict each other likewise."


def _pinned(
    examples: ExampleTable,
    bounds: tuple[Bound, Bound],
    design: Design,
    task: Task,
    pins: tuple[Pin, ...],
    solution: Solution,
) -> Iterator[str]:
    kept = ~solution.outliers & task.between
    inside = int(kept.sum())
    if inside == 0:
        low, high = (format_cents(each.cents) for each in bounds)
        yield (
            f"No example lies strictly between the bounds ({low} and {high}) and its loss: neither "
            "exponents, nor factors, nor the level can be told."
        )
        return
    for pin in pins:
        name = design.names[pin.column]
        left = stays(pin, design, solution)
        if pin.shares:
            yield _trade(pin, design, solution)
        elif inside == 1:
            yield f"Only one example lies between the bounds, so that {name} cannot be told."
        elif name in (LOSS_EXPONENT, RATIO_EXPONENT):
            what, column = "loss", examples.claim
            shown = f"${column[kept][0]:,.2f}"
            if name == RATIO_EXPONENT and examples.ratio is not None:
                what, shown = "ratio", f"{examples.ratio[kept][0]:.4g}"
            yield (
                f"All {inside:,} examples between the bounds have the same {what} ({shown}), so "
                f"that {name} cannot be told; it {left}. Examples of another {what} "
                "would tell it."
            )
        else:
            yield f"No example between the bounds tells {name}; it {left}."


def _trade(pin: Pin, design: Design, solution: Solution) -> str:
    name, value = design.names[pin.column], float(solution.values[pin.column])
    exponents = (LOSS_EXPONENT, RATIO_EXPONENT)
    if len(pin.shares) == 1 and name in exponents:
        ((k, share),) = pin.shares.items()
        other = design.names[k]
        if other in exponents:
            total = float(solution.values[k]) + share * value
            sign = "+" if share > 0 else "-"
            times = "" if abs(abs(share) - 1) < 5e-4 else f"{abs(share):.3g} × "
            return (
                f"{other} and {name} cannot be told apart, because losses and ratios move together "
                f"in the examples: only {other} {sign} {times}{name} = {total:.3g} is known. "
                f"{name} {stays(pin, design, solution)}. Examples of one loss at different "
                "ratios would tell."
            )
    others = ", ".join(design.names[k] for k in pin.shares)
    return (
        f"{name} cannot be told apart from {others}: in these examples a change of one is undone "
        f"by the others. It {stays(pin, design, solution)}, and the others depend on that."
    )


def _tangled(design: Design, solution: Solution, pins: tuple[Pin, ...]) -> Iterator[str]:
    """Name pairs that are told apart only just."""
    pinned = {pin.column for pin in pins} | {k for pin in pins for k in pin.shares}
    errors = np.sqrt(np.diag(solution.covariance))
    for j in range(1, len(errors)):
        for k in range(j + 1, len(errors)):
            if {j, k} & pinned or not errors[j] * errors[k]:
                continue
            if abs(solution.covariance[j, k]) > TANGLED * errors[j] * errors[k]:
                yield (
                    f"{design.names[j]} and {design.names[k]} can hardly be told apart: one a "
                    "little higher and the other a little different fit nearly as well."
                )


def _limits(design: Design, solution: Solution, final: Solution) -> Iterator[str]:
    for j, wished in solution.wished.items():
        if abs(final.values[j] - solution.values[j]) > MOVED:  # another number says as much
            continue
        yield (
            f"The examples ask for {design.names[j]} = {wished:.3g}; a policy has exponents from 0 "
            f"to 10, and {solution.values[j]:.0f} is the nearest."
        )


def _bound(bound: Bound) -> str:
    money = format_cents(bound.cents)
    if bound.determined == "not":
        return f"The {bound.side} cannot be told: {bound.why}. The fitted policy has {money}."
    return f"The {bound.side} is {money}: {bound.why}."


def _outside(examples: ExampleTable, policy: Policy) -> Iterator[str]:
    """Name the awards that the policy's own rules, which are not fitted, do not allow."""
    rules = policy.eligibility
    out = examples.loss < parse_fine(rules.min_loss)
    net = examples.net_assets
    if net is not None:
        low = ~at_least(examples.loss, np.maximum(net, 0), read_ratio(rules.min_loss_ratio))
        out |= low & (net > 0)
        if rules.nonpositive_net_assets == "ineligible":
            out |= net <= 0
    if out.any():
        yield (
            "Eligibility is not fitted, and would leave out examples that have an award: "
            f"{examples.where(out)}."
        )
    above = examples.award * FINE_PER_CENT > examples.loss
    if policy.award.cap_at_loss and above.any():
        yield (
            f"Awards above the loss, which award.cap_at_loss rules out: {examples.where(above)}. "
            "Start from a policy with cap_at_loss = false if they are meant."
        )
    least = int(exact(policy.award.minimum) * FINE)
    if (examples.loss < least).any():
        yield (
            "Losses below the minimum award can have no award at all: "
            f"{examples.where(examples.loss < least)}."
        )
