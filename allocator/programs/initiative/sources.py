"""Where the defaults of an initiative come from: announced, or assumed."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.policy.sources import PAGES as VOUCHER_PAGES
from allocator.policy.sources import Citations

__all__ = ["CITATIONS", "PAGES"]

PAGES: Mapping[str, str] = VOUCHER_PAGES

CITATIONS: Citations = {
    "kind": ("announced", "vouchers and a loan fund, beside compensation", "The Block"),
    "person": ("assumed", "the tables have this project's own column names", ""),
    "programs.compensated_by": (
        "assumed",
        "that compensation excludes from vouchers was announced; a file says which programs count",
        "",
    ),
    "programs.compensated": (
        "announced",
        "users who received compensation are not eligible",
        "CryptoPotato",
    ),
    "between.max_per_person": ("assumed", "no cap across programs was announced", ""),
    "between.counts": (
        "assumed",
        "nothing was announced; all programs count that pay, and loans do not, because they are "
        "paid back",
        "",
    ),
    "between.budget": ("assumed", "the budgets that were announced are separate", ""),
    "between.left_over": ("assumed", "nothing was announced about money that is left over", ""),
}
