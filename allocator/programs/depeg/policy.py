"""The policy of a depeg compensation: the keys of its file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StrictStr

from allocator.core.catalog import FEW_RULES
from allocator.core.catalog import RULES as CATALOG
from allocator.errors import PolicyError, nearest
from allocator.money import CENTS, exact
from allocator.policy.base import ProgramPolicy
from allocator.policy.reading import read_file
from allocator.policy.sections import Name, Section
from allocator.policy.sources import Citations, Sourced
from allocator.policy.values import DOLLARS, Instant, Money, PositiveMoney, read_instant
from allocator.policy.violations import Violation
from allocator.programs.depeg.columns import COLUMNS
from allocator.programs.depeg.prices import Prices, read_prices
from allocator.programs.depeg.sources import CITATIONS, PAGES

__all__ = ["EXAMPLE_PRICES", "RULES", "Award", "Claims", "DepegPolicy", "Objective"]

# The rules that divide by claims alone; the others of `allocator rules` are for few claimants.
RULES = tuple(name for name in CATALOG if name != "alpha_fair")
EXAMPLE_PRICES = {"USDE": "0.9999", "BNSOL": "200.00", "WBETH": "4100.00"}  # made up
_KEY_BYTES = 64  # the longest key of BLAKE2b
Sha256 = Annotated[StrictStr, Field(pattern="^[0-9a-f]{64}$")]


class Claims(Section):
    """What a claim is: of which assets and accounts, when, and against which price.

    The window is inclusive. Prices are dollars per unit of an asset, stated here or in a file.
    """

    window_start: Instant = "2025-10-10T21:36:00Z"
    window_end: Instant = "2025-10-10T22:16:00Z"
    account_types: Annotated[tuple[Name, ...], Field(min_length=1)] = ("futures", "margin", "loan")
    reference_price_file: Name | None = None
    reference_price_sha256: Sha256 | None = None
    reference_price: dict[Name, PositiveMoney] = Field(default={})


class Award(Section):
    """The budget and the bounds of a user's award; the floor is at most the claim."""

    budget: PositiveMoney = "283000000.00"
    minimum: Money = "0.00"
    maximum: Annotated[PositiveMoney | None, DOLLARS] = None


class Objective(Section):
    """How a budget is divided that does not cover the claims."""

    rule: Name = "proportional"


class DepegPolicy(ProgramPolicy):
    """The policy of a depeg compensation. The reference prices have no default.

    Raises
    ------
    PolicyError
        With every rule that is violated: its key, its value, and what would be right.

    Examples
    --------
    >>> policy = DepegPolicy(
    ...     schema_version=1, name="Mine", claims={"reference_price": {"USDE": "0.9999"}})
    >>> policy.award.budget, policy.objective.rule
    ('283000000.00', 'proportional')
    >>> DepegPolicy(schema_version=1, name="Mine")
    Traceback (most recent call last):
    ...
    allocator.errors.PolicyError: policy: 1 thing to correct
      claims.reference_price: missing; state the price of every asset, such as USDE = "0.9999", \
or name a file of asset and price in claims.reference_price_file
    """

    CITATIONS: ClassVar[Citations] = CITATIONS
    PAGES: ClassVar[Mapping[str, str]] = PAGES
    FREE: ClassVar[tuple[str, ...]] = ("columns.", "claims.reference_price.")

    kind: Literal["depeg"] = "depeg"
    claims: Claims = Claims()
    award: Award = Award()
    objective: Objective = Objective()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        r"""Read a policy file, TOML or JSON by its suffix, and the prices it names.

        Prices in a file (``claims.reference_price_file``, relative to the policy's own folder)
        become part of the policy, beside the file's name and SHA-256: from then on it stands for
        itself. A policy that states the SHA-256 without prices insists on those very bytes.

        Raises
        ------
        PolicyError
            If a file cannot be read, or breaks its rules; with line numbers for TOML.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     _ = Path(directory, "prices.csv").write_text("asset,price\nUSDE,0.9999\n")
        ...     path = Path(directory, "policy.toml")
        ...     _ = path.write_text(
        ...         'schema_version = 1\nkind = "depeg"\nname = "Mine"\n'
        ...         'claims.reference_price_file = "prices.csv"')
        ...     policy = DepegPolicy.load(path)
        >>> policy.claims.reference_price, policy.claims.reference_price_sha256[:8]
        ({'USDE': '0.9999'}, '67972c1b')
        """
        data, context = read_file(path)
        claims = data.get("claims") if isinstance(data, dict) else None
        if isinstance(claims, dict) and not claims.get("reference_price"):
            name = claims.get("reference_price_file")
            if isinstance(name, str) and name and data.get("kind", "depeg") == "depeg":
                prices = read_prices(Path(path).parent / name)
                _insist(claims.get("reference_price_sha256"), prices, name)
                claims["reference_price"] = dict(prices.of)
                claims["reference_price_sha256"] = prices.sha256
        return cls.model_validate(data, context=context)

    @classmethod
    def example(cls) -> DepegPolicy:
        """Return the documented policy: the announced rule, with prices made up for the example.

        Examples
        --------
        >>> DepegPolicy.example().claims.reference_price["USDE"]
        '0.9999'
        """
        claims = Claims(reference_price=EXAMPLE_PRICES)
        return cls(schema_version=1, name="Example", claims=claims)

    def sources(self) -> tuple[Sourced, ...]:
        """Every key with its value and where that comes from; prices have a word of their own.

        Examples
        --------
        >>> [each.source for each in DepegPolicy.example().sources() if "price" in each.key]
        ['assumed']
        """
        source, citation, page = CITATIONS["claims.reference_price"]
        if self.claims.reference_price == EXAMPLE_PRICES:
            citation = f"numbers made up for the example; {citation}"
        else:
            source = "set"
        return tuple(
            replace(each, source=source, citation=citation, page=page)
            if each.key == "claims.reference_price"
            else each
            for each in super().sources()
        )

    def violations(self) -> list[Violation]:
        """List every rule across keys that the policy violates."""
        return [found for check in _CHECKS for found in check(self)]


def _insist(pinned: Any, prices: Prices, name: str) -> None:
    if pinned is not None and pinned != prices.sha256:
        raise PolicyError(
            f"{name} is not the file that claims.reference_price_sha256 names: its sha256 is "
            f"{prices.sha256}"
        )


def _key_length(policy: DepegPolicy) -> Iterator[Violation]:
    size = len(policy.tie_break_key.encode())
    if size > _KEY_BYTES:
        yield Violation(
            (("tie_break_key",),),
            f"tie_break_key: must be at most {_KEY_BYTES} bytes of UTF-8, not {size}",
        )


def _columns(policy: DepegPolicy) -> Iterator[Violation]:
    taken: dict[str, str] = {}
    for ours, theirs in policy.columns.items():
        if ours not in COLUMNS:
            close = nearest(ours, COLUMNS)
            hint = f"did you mean {close}?" if close else "known keys: " + ", ".join(COLUMNS)
            yield Violation((("columns", ours),), f"columns.{ours}: unknown key; {hint}")
        elif theirs in taken:
            yield Violation(
                (("columns", ours),),
                f'columns.{ours} = "{theirs}": must be a column of its own; it is also that of '
                + taken[theirs],
            )
        taken.setdefault(theirs, ours)


def _window(policy: DepegPolicy) -> Iterator[Violation]:
    start, end = policy.claims.window_start, policy.claims.window_end
    if read_instant(start) > read_instant(end):
        yield Violation(
            (("claims", "window_start"), ("claims", "window_end")),
            f'claims.window_start = "{start}": must not be after window_end = "{end}"',
        )


def _prices(policy: DepegPolicy) -> Iterator[Violation]:
    claims = policy.claims
    named = claims.reference_price_file is not None
    if not claims.reference_price:
        yield Violation(
            (("claims", "reference_price"),),
            'claims.reference_price_file: is read by allocator.DepegPolicy.load and "allocator '
            'run"; here, state the prices in claims.reference_price'
            if named
            else "claims.reference_price: missing; state the price of every asset, such as USDE = "
            '"0.9999", or name a file of asset and price in claims.reference_price_file',
        )
    elif named and claims.reference_price_sha256 is None:
        yield Violation(
            (("claims", "reference_price_file"), ("claims", "reference_price")),
            "claims.reference_price_file: must not stand beside prices in claims.reference_price: "
            "leave one of them out",
        )
    elif claims.reference_price_sha256 is not None and not named:
        yield Violation(
            (("claims", "reference_price_sha256"),),
            "claims.reference_price_sha256: is that of claims.reference_price_file, which is "
            "missing",
        )


def _bounds(policy: DepegPolicy) -> Iterator[Violation]:
    award = policy.award
    if award.maximum is not None and exact(award.minimum) > exact(award.maximum):
        yield Violation(
            (("award", "minimum"), ("award", "maximum")),
            f'award.minimum = "{award.minimum}": must not be above maximum = "{award.maximum}"',
        )
    for name in ("budget", "minimum", "maximum"):
        text = getattr(award, name)
        if text is not None and (exact(text) * CENTS).denominator != 1:
            yield Violation(
                (("award", name),), f'award.{name} = "{text}": must be a whole number of cents'
            )


def _rule(policy: DepegPolicy) -> Iterator[Violation]:
    rule = policy.objective.rule
    if rule in RULES:
        return
    available = " or ".join(f'"{name}"' for name in RULES)
    if rule in CATALOG or rule in FEW_RULES:
        why = "divides by weights" if rule in CATALOG else "is for a few claimants"
        yield Violation(
            (("objective", "rule"),),
            f'objective.rule = "{rule}": {why}; a depeg policy divides among many by their claims '
            f"alone: {available}",
            supported=False,
        )
        return
    close = nearest(rule, RULES)
    yield Violation(
        (("objective", "rule"),),
        f'objective.rule = "{rule}": must be {available}'
        + (f'; did you mean "{close}"?' if close else ""),
    )


_CHECKS = (_key_length, _columns, _window, _prices, _bounds, _rule)
