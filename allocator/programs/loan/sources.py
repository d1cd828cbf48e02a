"""Where the defaults of a loan policy come from: announced, or assumed."""

from __future__ import annotations

from allocator.policy.sources import PAGES as VOUCHER_PAGES
from allocator.policy.sources import Citations

__all__ = ["CITATIONS", "PAGES"]

PAGES = {"The Block": VOUCHER_PAGES["The Block"]}
NO_LIMIT = "no such limit was announced, and none is set"

CITATIONS: Citations = {
    "kind": (
        "announced",
        "a low-interest loan fund for ecosystem and institutional users, beside the vouchers",
        "The Block",
    ),
    "currency": ("announced", "every amount is quoted in dollars", "The Block"),
    "tie_break_key": (
        "assumed",
        "nothing was announced about ties; any text fixed in advance serves, and it decides only "
        "who comes first among equals",
        "",
    ),
    "columns": ("assumed", "the applicants have this project's own column names", ""),
    "fund.budget": ("announced", "$100 million for the loan fund", "The Block"),
    "fund.unit": ("assumed", "nothing was announced; whole thousands of dollars", ""),
    "fund.max_share_per_applicant": ("assumed", NO_LIMIT, ""),
    "fund.expected_loss_budget": ("assumed", NO_LIMIT, ""),
    "fund.min_score": ("assumed", NO_LIMIT, ""),
    "fund.tenors": ("assumed", "nothing was announced; every tenor that is asked for", ""),
    "fund.repayment": ("assumed", "nothing was announced; equal monthly payments", ""),
    "fund.grace_months": ("assumed", "nothing was announced; no grace period", ""),
    "fund.segments": ("assumed", NO_LIMIT, ""),
    "fund.rate.base": ("assumed", "low interest was announced, but no number", "The Block"),
    "fund.rate.ceiling": (
        "assumed",
        "low interest was announced, but no number: nobody pays more than this, whatever the "
        "spread",
        "The Block",
    ),
    "fund.rate.spread": ("assumed", "nothing was announced; one rate for every grade", ""),
    "objective.alpha": (
        "assumed",
        "nothing was announced; 1 makes another dollar worth the less, the more of a request is "
        "met; 0 makes it always worth the same",
        "",
    ),
    "objective.delta": (
        "assumed",
        "what an applicant is taken to have besides the loan, as a part of the request, so that a "
        "refusal counts 0 and not minus infinity",
        "",
    ),
    "objective.time_limit": (
        "assumed",
        "seconds of search, so that 5,000 applicants take less than a minute in all",
        "",
    ),
}
