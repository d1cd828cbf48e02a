"""Why one user gets what they get, in numbers that can be checked by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allocator.allocation.phrases import ENGLISH
from allocator.allocation.result import Allocation
from allocator.data.buffers import array_of
from allocator.data.check import LOSS, NET_ASSETS, NO_SNAPSHOT, check_users
from allocator.data.table import read_users
from allocator.errors import DataError
from allocator.money import CENTS, FINE, exact, format_cents, format_dollars
from allocator.policy.formula import customer_terms, significant
from allocator.policy.missed import Missed, missed_by
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio, show_percent

__all__ = ["Explanation", "Part", "explain"]

LONGEST = 24  # characters of a number that anybody would type
FEWEST_DIGITS, MOST_DIGITS = 5, 13
NEAREST = 0.001  # of a cent: at small alpha and amounts a cent is earned just before its half


@dataclass(frozen=True)
class Part:
    """One factor of the product: what it is of, the user's value, and the value to its power.

    Attributes
    ----------
    name : str
        As in the formula: ``√ratio``.
    value, part : float
    """

    name: str
    value: float
    part: float


@dataclass(frozen=True)
class Explanation:
    """Why a user gets what they get.

    Attributes
    ----------
    user_id : str or int
    reason : str
        ``eligible``, or the code of the rule that failed.
    loss, net_assets : str or None
        Dollars, in full.
    missed : Missed or None
        The rule that failed, its numbers, and by how much.
    parts : tuple of Part
        Whose product, times the level, is the fractional award.
    weight, level : float or None
    fractional_award : float or None
        Dollars, before floor and cap; None at alpha = 0, where users are ranked.
    lower_cents, upper_cents, award_cents : int
    binding : str
        ``none``, ``floor``, ``cap``, ``loss`` or ``group``.
    customer : str
        For the user: at most 60 words, arithmetic that can be repeated on a phone.
    analyst : str
    """

    user_id: object
    reason: str
    loss: str
    net_assets: str | None
    missed: Missed | None
    parts: tuple[Part, ...]
    weight: float | None
    level: float | None
    fractional_award: float | None
    lower_cents: int
    upper_cents: int
    award_cents: int
    binding: str
    customer: str
    analyst: str

    def __str__(self) -> str:
        return self.analyst

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        data = asdict(self)
        if self.missed is not None:
            for name in ("actual", "required", "short"):
                value = getattr(self.missed, name)
                data["missed"][name] = (
                    None if value is None else format_dollars(value, _places(value))
                )
        return data


def explain(
    allocation: Allocation,
    user_id: object,
    versus: object | None = None,
    phrases: Mapping[str, str] = ENGLISH,
) -> Explanation:
    """Explain one user's award, or why two users differ.

    Parameters
    ----------
    allocation : Allocation
    user_id : str or int
    versus : str or int, optional
        Another user, compared in the analyst's text.
    phrases : mapping of str to str
        Templates of what a customer is told.

    Returns
    -------
    Explanation

    Raises
    ------
    DataError
        If there is no such user.
    """
    explanation = _explain(allocation, user_id, phrases)
    if versus is None:
        return explanation
    other = _explain(allocation, versus, phrases)
    text = "\n\n".join([explanation.analyst, other.analyst, _difference(explanation, other)])
    return Explanation(**{**vars(explanation), "analyst": text})


def _explain(allocation: Allocation, user_id: object, phrases: Mapping[str, str]) -> Explanation:
    policy, certificate = allocation.policy, allocation.certificate
    row = _row(allocation.table, user_id)
    values = {name: row.column(name)[0].as_py() for name in row.column_names}
    loss, net = _exact_amounts(row, policy)
    facts: dict[str, Any] = {
        "user_id": values["user_id"],
        "reason": values["reason"],
        "loss": format_dollars(loss, _places(loss)),
        "net_assets": None if net is None else format_dollars(net, _places(net)),
        "missed": None,
        "parts": (),
        "weight": values["weight"],
        "level": certificate.level,
        "fractional_award": None,
        "lower_cents": values["lower_cents"],
        "upper_cents": values["upper_cents"],
        "award_cents": values["award_cents"],
        "binding": values["binding"],
    }
    if not values["eligible"]:
        missed = _missed(row, policy, values["reason"])
        facts["missed"] = missed
        customer = _told_missed(missed, policy, phrases)
        return Explanation(**facts, customer=customer, analyst=_analyst_missed(facts, missed))
    ranked = policy.uses_weights and policy.objective.alpha == 0
    parts: tuple[Part, ...] = ()
    try:
        facts["parts"] = parts = _parts(values, loss, policy)
    except OverflowError:  # near alpha = 0, where users are all but ranked
        ranked = True
    if certificate.level is not None and not ranked:
        facts["fractional_award"] = certificate.level * math.prod(part.part for part in parts)
    customer = _told(facts, values["loss_ratio"], policy, phrases)
    return Explanation(**facts, customer=customer, analyst=_analyst(facts, policy, ranked))


def _row(table: pa.Table, user_id: object) -> pa.Table:
    """Find a user; an id given as text or as a number finds both kinds."""
    ids = table.column("user_id")
    if pa.types.is_integer(ids.type):
        try:
            wanted = pa.scalar(int(str(user_id)), ids.type)
        except (ValueError, OverflowError, pa.ArrowInvalid):
            wanted = None
    else:
        try:
            wanted = pa.scalar(str(user_id), ids.type)
        except UnicodeEncodeError:  # bytes of a command line that are no text
            wanted = None
    at = -1 if wanted is None else pc.index(ids, wanted).as_py()
    if at < 0:
        shown = str(user_id).encode("utf-8", "backslashreplace").decode()
        raise DataError(f"there is no user {shown} among the {table.num_rows:,} of this run")
    return table.slice(at, 1)


def _exact_amounts(row: pa.Table, policy: Policy) -> tuple[Fraction, Fraction | None]:
    users = _as_input(row, policy)
    net = None if users.net_assets is None else Fraction(int(users.net_assets[0]), FINE)
    if net is not None and _without_snapshot(row):
        net = None
    return Fraction(int(users.loss[0]), FINE), net


def _as_input(row: pa.Table, policy: Policy) -> Any:
    """Return one row of awards as the users table it came from, without attributes."""
    columns = {"user_id": row.column("user_id"), LOSS: row.column("loss")}
    if policy.needs_net_assets:
        columns[NET_ASSETS] = row.column("net_assets")
        columns[NO_SNAPSHOT] = array_of(np.array([_without_snapshot(row)]))
    compensated = row.column("reason")[0].as_py() == "already_compensated"
    columns["already_compensated"] = array_of(np.array([compensated]))
    users, findings = check_users(read_users(pa.table(columns)), net_assets=policy.needs_net_assets)
    if findings.count:
        raise DataError("this row of the awards table is damaged: its amounts cannot be read")
    return users


def _without_snapshot(row: pa.Table) -> bool:
    """Tell whether net assets are unknown, whatever rule was the first to fail."""
    net = row.column("net_assets")[0].as_py()
    return row.column("reason")[0].as_py() == "no_snapshot" or net is None or not str(net).strip()


def _missed(row: pa.Table, policy: Policy, reason: str) -> Missed:
    if reason.startswith("excluded:"):
        column = reason.removeprefix("excluded:")
        return Missed(reason, f"eligibility.exclude.{column}", f"is excluded by {column}")
    missed = missed_by(_as_input(row, policy), policy.replace({"eligibility.exclude": {}}), 0)
    if missed is None:
        raise DataError("this row of the awards table is damaged: its user is eligible")
    return missed


def _parts(values: Mapping[str, Any], loss: Fraction, policy: Policy) -> tuple[Part, ...]:
    """Return the user's value of each term; all factors of the policy are one part."""
    parts: list[Part] = []
    terms = customer_terms(policy)
    factors = [term for term in terms if term.of.endswith(" factor")]
    cap = float(read_ratio(policy.weights.ratio_cap))
    for term in terms:
        if term.of == "loss":
            value = float(loss)
        elif term.of == "recognized loss":
            value = values["claim"]
        elif term.of == "ratio":
            value = cap if values["loss_ratio"] is None else min(values["loss_ratio"], cap)
        elif term is factors[0]:
            value = values["factor"]
        else:
            continue
        name = str(term) if len(factors) < 2 or term not in factors else "factors"
        if term.of == "ratio" and value == cap:
            name += f" (at most {significant(cap)})"
        parts.append(Part(name, value, term.part(value)))
    return tuple(parts)


def _told(
    facts: Mapping[str, Any], ratio: float | None, policy: Policy, phrases: Mapping[str, str]
) -> str:
    award = format_cents(facts["award_cents"])
    unit = int(exact(policy.award.unit) * CENTS)
    if ratio is None:
        said = [phrases["lost_only"].format(loss=facts["loss"])]
    else:
        said = [phrases["lost"].format(loss=facts["loss"], ratio=f"{ratio:.1%}")]
    if facts["level"] is None:
        all_of_it = facts["award_cents"] == facts["upper_cents"]
        phrase = phrases["caps_reached" if all_of_it else "left"]
        return " ".join([*said, phrase.format(award=award)])
    if facts["fractional_award"] is None:
        return " ".join([*said, phrases["ranked"].format(amount=award)])
    low, high, binding = facts["lower_cents"], facts["upper_cents"], facts["binding"]
    reached = facts["fractional_award"] * CENTS
    if abs(min(max(reached, low), high) - facts["award_cents"]) > unit + NEAREST:
        # Users of weight zero come last, and get what is left: the product does not tell of it.
        phrase = phrases.get(binding, phrases["left"])
        return " ".join([*said, phrase.format(award=award)])
    numbers, amount = _arithmetic(facts)
    if max(map(len, numbers.split(" × "))) > LONGEST:
        said.append(phrases["in_short"].format(amount=amount))
    elif facts["parts"]:
        names = " × ".join([numbers.split(" × ")[0], *(p.name for p in facts["parts"])])
        said.append(phrases["formula"].format(formula=names, numbers=numbers, amount=amount))
    else:
        said.append(phrases["same_for_all"].format(amount=amount))
    if reached < low - 0.5:
        said.append(phrases["floor"].format(award=award))
    elif reached > high + 0.5:
        said.append(phrases["loss" if binding == "loss" else "cap"].format(award=award))
    elif amount != award and unit > 1:
        said.append(phrases["unit"].format(unit=format_cents(unit), award=award))
    elif amount != award:
        said.append(phrases["odd_cent"].format(award=award))
    else:
        said.append(phrases["free"])
    return " ".join(said)


def _arithmetic(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return a product that a phone repeats to the cent, with as few digits as that takes."""
    target = facts["fractional_award"]
    # Not the award: equal users read the same product, and then who got the odd cent.
    wanted = math.floor(target * CENTS + 0.5 + NEAREST)
    for digits in range(FEWEST_DIGITS, MOST_DIGITS):
        numbers = [_in_full(facts["level"], digits)]
        for part in facts["parts"]:
            is_money = part.value == part.part and part.name.endswith("loss")
            numbers.append(_money(part.value) if is_money else _in_full(part.part, digits - 1))
        product = math.prod((Decimal(n.replace(",", "")) for n in numbers), start=Decimal(1))
        cents = int((product * CENTS).to_integral_value(ROUND_HALF_UP))
        if cents == wanted:
            break
    return " × ".join(numbers), format_cents(cents)


def _in_full(value: float, digits: int) -> str:
    """Write a number with so many significant digits and no power of ten: phones have no key."""
    if value == 0:
        return "0"
    text = f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(value: float) -> str:
    text = f"{Decimal(repr(value)):f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"


def _told_missed(missed: Missed, policy: Policy, phrases: Mapping[str, str]) -> str:
    key, _, column = missed.reason.partition(":")
    amounts = {
        name: "" if value is None else format_dollars(value, _places(value))
        for name, value in vars(missed).items()
        if name in ("actual", "required", "short")
    }
    minimum = show_percent(read_ratio(policy.eligibility.min_loss_ratio))
    return phrases[key].format(column=column, minimum=minimum, **amounts)


def _analyst_missed(facts: Mapping[str, Any], missed: Missed) -> str:
    return (
        f"{facts['user_id']}: $0.00, not eligible ({missed.reason})\n"
        f"  {missed.sentence} [{missed.key}]"
    )


def _analyst(facts: Mapping[str, Any], policy: Policy, ranked: bool) -> str:
    lines = [f"{facts['user_id']}: {format_cents(facts['award_cents'])}, eligible"]
    net = "" if facts["net_assets"] is None else f", net assets {facts['net_assets']}"
    lines.append(f"  loss {facts['loss']}{net}")
    for part in facts["parts"]:
        same = part.value == part.part
        value = "" if same else f" (of {significant(part.value, 8)})"
        lines.append(f"  {part.name} = {significant(part.part, 8)}{value}")
    if facts["weight"] is not None:
        lines.append(f"  weight {significant(facts['weight'], 8)}")
    if facts["level"] is None:
        lines.append("  the level has no end: all who have a weight are at their caps")
    elif ranked:
        lines.append(f"  ranked; the margin is at {significant(facts['level'], 8)}")
    else:
        lines.append(
            f"  level {significant(facts['level'], 8)}, fractional award "
            f"${facts['fractional_award']:,.6f}"
        )
    bounds = f"{format_cents(facts['lower_cents'])} to {format_cents(facts['upper_cents'])}"
    binding = {"none": "none binds", "floor": "at the floor", "cap": "at the cap"}.get(
        facts["binding"], f"at the cap that the {facts['binding']} sets"
    )
    lines.append(f"  bounds {bounds}: {binding}")
    lines.append(f"  whole-cent award {format_cents(facts['award_cents'])}")
    if policy.award.unit != "0.01":
        lines[-1] += f", in multiples of ${policy.award.unit}"
    return "\n".join(lines)


def _difference(a: Explanation, b: Explanation) -> str:
    """Say part by part how two users differ."""
    lines = [f"{a.user_id} against {b.user_id}:"]
    if a.missed or b.missed:
        out = [str(each.user_id) for each in (a, b) if each.missed]
        lines.append(f"  not eligible: {', '.join(out)}")
        return "\n".join(lines)
    for mine, theirs in zip(a.parts, b.parts, strict=True):
        times = f"{mine.part / theirs.part:.4g} times" if theirs.part else "against 0"
        lines.append(
            f"  {mine.name}: {significant(mine.part, 6)} and {significant(theirs.part, 6)}, {times}"
        )
    for each in (a, b):
        if each.binding != "none":
            lines.append(f"  {each.user_id} is held at the {each.binding}")
    awards = f"{format_cents(a.award_cents)} and {format_cents(b.award_cents)}"
    ratio = f", {a.award_cents / b.award_cents:.4g} times" if b.award_cents else ""
    lines.append(f"  award: {awards}{ratio}")
    return "\n".join(lines)


def _places(value: Fraction) -> int:
    """Return 2 decimals, or as many as the amount has."""
    for places in range(2, 8):
        if (value * 10**places).denominator == 1:
            return places
    return 8
