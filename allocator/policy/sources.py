"""Where every value of a policy comes from: announced, assumed, or set by whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from allocator.policy.meaning import leaves

if TYPE_CHECKING:
    from allocator.policy.base import ProgramPolicy

__all__ = ["CITATIONS", "PAGES", "Citations", "Source", "Sourced", "source_of", "sources"]

Source = Literal["announced", "assumed", "set"]
# Key -> (source, what was announced or why we assume it, the page that says so).
Citations = Mapping[str, tuple[Source, str, str]]

# Pages that quote the announcement of October 14, 2025.
PAGES = {
    "The Block": (
        "October 14, 2025, https://www.tradingview.com/news/the_block:c641562b5094b:0-binance-"
        "launches-400-million-initiative-to-refund-users-instill-market-confidence-following-"
        "crypto-flash-crash"
    ),
    "CryptoPotato": (
        "October 14, 2025, https://cryptopotato.com/binance-announces-400-million-recovery-plan/"
    ),
}

CITATIONS: Citations = {
    "kind": ("announced", "vouchers for users, beside a loan fund", "The Block"),
    "currency": ("announced", "every amount is quoted in dollars", "The Block"),
    "tie_break_key": (
        "assumed",
        "nothing was announced about ties; any text fixed in advance serves, and it decides only "
        "who gets the odd cent among equals",
        "",
    ),
    "columns": ("assumed", "the users table has this project's own column names", ""),
    "eligibility.window_start": ("announced", "from 2025-10-10 00:00 UTC", "CryptoPotato"),
    "eligibility.window_end": (
        "announced",
        "to 2025-10-11 23:59 UTC, which we read as the end of that minute",
        "CryptoPotato",
    ),
    "eligibility.snapshot": (
        "announced",
        "2025-10-09 23:59 UTC, a Thursday; The Block says Friday before midnight",
        "CryptoPotato",
    ),
    "eligibility.products": (
        "announced",
        "forced liquidation losses across futures and margin trading",
        "CryptoPotato",
    ),
    "eligibility.min_loss": ("announced", "at least $50", "The Block"),
    "eligibility.min_loss_ratio": ("announced", "at least 30% of net assets", "The Block"),
    "eligibility.nonpositive_net_assets": (
        "assumed",
        "nothing was announced about users whose net assets were zero or less, for whom the ratio "
        "has no meaning",
        "",
    ),
    "eligibility.exclude_already_compensated": (
        "announced",
        "users who received compensation are not eligible",
        "CryptoPotato",
    ),
    "eligibility.exclude": ("assumed", "no other exclusion was announced", ""),
    "claim.brackets": ("assumed", "nothing was announced that counts a loss only in part", ""),
    "award.budget": ("announced", "$300 million of vouchers", "The Block"),
    "award.minimum": ("announced", "vouchers between $4 and $6,000", "The Block"),
    "award.maximum": ("announced", "vouchers between $4 and $6,000", "The Block"),
    "award.cap_at_loss": (
        "assumed",
        "nothing was announced; nobody should gain from having been liquidated",
        "",
    ),
    "award.unit": ("assumed", "nothing was announced; whole cents", ""),
    "award.if_budget_exceeds_caps": (
        "assumed",
        "nothing was announced for a budget larger than all awards at their caps",
        "",
    ),
    "award.below_minimum": (
        "assumed",
        "nothing was announced that drops small vouchers; they are raised to the minimum",
        "",
    ),
    "award.per": (
        "assumed",
        "nothing was announced about people with several accounts; each account counts by itself",
        "",
    ),
    "award.reserve": ("assumed", "nothing was announced that holds money back for appeals", ""),
    "objective.rule": (
        "assumed",
        "amounts follow loss, loss ratio and other factors; how was not announced",
        "The Block",
    ),
    "objective.alpha": (
        "assumed",
        "nothing was announced; 1 makes awards proportional to weights between the bounds",
        "",
    ),
    "objective.of": ("assumed", "nothing was announced; the utility is that of the amount", ""),
    "weights.loss_exponent": (
        "assumed",
        "the amount depends on the loss; how was not announced",
        "The Block",
    ),
    "weights.ratio_exponent": (
        "assumed",
        "the amount depends on the loss ratio; how was not announced",
        "The Block",
    ),
    "weights.ratio_cap": (
        "assumed",
        "nothing was announced; a loss beyond all net assets counts as all of them",
        "",
    ),
    "weights.factors": ("assumed", "other factors were announced, but not named", "The Block"),
    "constraints": ("assumed", "no guaranteed or capped total for a group was announced", ""),
}


@dataclass(frozen=True)
class Sourced:
    """A value and where it comes from.

    Attributes
    ----------
    key : str
        Dotted, as ``award.budget``.
    value : str
        As people read it: "$300,000,000.00".
    source : {"announced", "assumed", "set"}
    citation : str
        What was announced, why it is assumed, or which default was replaced.
    page : str
        The page that quotes the announcement, a key of `PAGES`; "" for none.
    """

    key: str
    value: str
    source: Source
    citation: str
    page: str

    @property
    def comment(self) -> str:
        """Source, citation and page in one line."""
        text = f"{self.source}: {self.citation}" if self.citation else self.source
        return f"{text} ({self.page})" if self.page else text


def sources(policy: ProgramPolicy) -> tuple[Sourced, ...]:
    """List every key of the policy with its source, in file order.

    A value that means the same as the default has the default's source, however it is written.

    Parameters
    ----------
    policy : ProgramPolicy

    Returns
    -------
    tuple of Sourced

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> mine = Policy.default().replace(alpha=2)
    >>> [each.comment for each in sources(mine) if each.source == "set"][-1]
    'set: instead of 1 (assumed)'
    """
    return tuple(
        Sourced(leaf.key, leaf.shown, *source_of(leaf.key, leaf.meaning, type(policy)))
        for leaf in leaves(policy)
        if leaf.value is not None  # a key without a default, which only some policies have
    )


def source_of(
    key: str, meaning: object, model: type[ProgramPolicy] | None = None
) -> tuple[Source, str, str]:
    """Return the source of one key with that meaning, its citation, and the page cited.

    Parameters
    ----------
    key : str
        Dotted.
    meaning : object
        From `allocator.policy.meaning`.
    model : type
        The policy of another kind of program than vouchers.

    Returns
    -------
    tuple of (Source, str, str)

    Examples
    --------
    >>> source_of("objective.alpha", 2.0)
    ('set', 'instead of 1 (assumed)', '')
    """
    if model is None:
        from allocator.policy.schema import Policy

        model = Policy
    if key not in model.CITATIONS:
        return "set", "", ""
    source, citation, page = model.CITATIONS[key]
    default, shown = _defaults(model)[key]
    if meaning == default:
        return source, citation, page
    return "set", f"instead of {shown} ({source})", ""


@cache
def _defaults(model: type[ProgramPolicy]) -> dict[str, tuple[object, str]]:
    policy = model.model_construct(schema_version=1, name="?")  # all the others have defaults
    return {leaf.key: (leaf.meaning, leaf.shown) for leaf in leaves(policy)}
