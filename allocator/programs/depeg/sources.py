"""Where the defaults of a depeg policy come from: announced, or assumed."""

from __future__ import annotations

from allocator.policy.sources import Citations

__all__ = ["CITATIONS", "PAGES"]

# Pages that quote what was announced in the days after October 10, 2025.
PAGES = {
    "Binance Square": ("October 2025, https://www.binance.bh/fr-AF/square/post/30952419865713"),
    "COTI News": (
        "October 13, 2025, https://www.coti.news/news/binance-pays-283-million-in-compensation-"
        "after-friday-depegs-rock-markets"
    ),
    "CoinHeadlines": (
        "October 2025, https://coinheadlines.com/news/binance-compensates-users-for-depegged-tokens"
    ),
}

CITATIONS: Citations = {
    "kind": (
        "announced",
        "compensation of users whose collateral lost its peg, beside the vouchers",
        "COTI News",
    ),
    "currency": ("announced", "every amount is quoted in dollars", "COTI News"),
    "tie_break_key": (
        "assumed",
        "nothing was announced about ties; any text fixed in advance serves, and it decides only "
        "who gets the odd cent among equals",
        "",
    ),
    "columns": ("assumed", "the positions have this project's own column names", ""),
    "claims.window_start": ("announced", "from 2025-10-10 21:36 UTC", "Binance Square"),
    "claims.window_end": (
        "announced",
        "to 2025-10-10 22:16 UTC, which we read as that very moment, itself included; cases "
        "outside the window may be looked at one by one, which no rule can do",
        "Binance Square",
    ),
    "claims.account_types": (
        "announced",
        "futures, margin and loan users with these assets as collateral",
        "Binance Square",
    ),
    "claims.reference_price": (
        "assumed",
        "the market price at 2025-10-11 00:00 UTC was announced as the reference, but no number: "
        "every policy states its own, and where it has them from",
        "CoinHeadlines",
    ),
    "claims.reference_price_file": ("assumed", "the policy states the prices itself", ""),
    "claims.reference_price_sha256": ("assumed", "the policy states the prices itself", ""),
    "award.budget": (
        "announced",
        "about $283 million was paid; which was the sum of the claims and no limit, so that a "
        "budget of that size is our reading",
        "COTI News",
    ),
    "award.minimum": ("assumed", "no floor was announced", ""),
    "award.maximum": ("assumed", "no cap was announced; nobody gets more than the claim", ""),
    "objective.rule": (
        "assumed",
        "claims were paid in full; nothing was announced for a budget that does not cover them",
        "",
    ),
}
