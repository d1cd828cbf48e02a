"""How long the loan fund takes to decide, and how far from its bound it ends."""

from __future__ import annotations

from allocator.programs.loan.policy import LoanPolicy
from allocator.programs.loan.program import run as lend
from allocator.programs.loan.simulate import simulate_applicants
from benchmarks.measure import seconds_of
from benchmarks.page import Requirement, Section, Table, duration

__all__ = ["CASES", "lend_once", "run"]

APPLICANTS = 5_000
SECONDS, GAP = 60.0, 0.001
SEEDS = (1, 2)
SEGMENTS = {
    "market maker": {"max_share": "35%"},
    "fund": {"max_share": "30%"},
    "project": {"min_share": "10%"},
    "trader": {"min_share": "20%", "max_share": "40%"},
}
# What is limited: by nothing but the fund, by all there is to limit, and with a few large units.
CASES: tuple[tuple[str, dict[str, object]], ...] = (
    ("the fund only", {}),
    (
        "every limit",
        {
            "max_share_per_applicant": "2%",
            "expected_loss_budget": "1%",
            "min_score": 560,
            "segments": SEGMENTS,
        },
    ),
    ("units of $50,000", {"unit": "50000.00", "segments": SEGMENTS}),
)
ALPHAS = (0.0, 1.0, 2.0, 5.0)


def run(*, quick: bool) -> Section:
    """Run the fund once for every case, alpha and seed."""
    n = 1_000 if quick else APPLICANTS
    rows, slowest, widest = [], 0.0, 0.0
    for limits, fund in CASES:
        for alpha in ALPHAS:
            for seed in SEEDS:
                seconds, gap, lent = lend_once(n, limits, fund, alpha, seed)
                slowest, widest = max(slowest, seconds), max(widest, gap)
                rows.append(
                    (limits, f"{alpha:g}", f"{seed}", duration(seconds), f"{gap:.1e}", lent)
                )
    return Section(
        f"The loan fund, {n:,} applicants",
        [
            "`allocator run` on simulated applicants who ask for six times the fund, in this "
            "process: read, decided in whole units, verified, with every reason and schedule. Each "
            "is timed once. The gap is (bound - value) / value, the smaller of HiGHS's own bound "
            "and one from prices, as the certificate states it.",
            Table(("limits", "alpha", "seed", "seconds", "gap", "lent"), rows),
        ],
        []
        if quick
        else [
            Requirement(
                f"the loan fund with {n:,} applicants: at most {SECONDS:.0f} s, gap at most 0.1%",
                f"at most {duration(slowest)}, {widest:.1e}",
                slowest <= SECONDS and widest <= GAP,
            )
        ],
    )


def lend_once(
    n: int, limits: str, fund: dict[str, object], alpha: float, seed: int
) -> tuple[float, float, str]:
    """Return seconds, gap and what was lent; the fund is scaled to the number of applicants."""
    budget = f"{100_000_000 * n // APPLICANTS}.00"
    policy = LoanPolicy(
        schema_version=1,
        name=limits,
        fund=fund | {"budget": budget},
        objective={"alpha": alpha},
    )
    applicants, results = simulate_applicants(n, seed=seed), []
    seconds = seconds_of(lambda: results.append(lend(applicants, policy)))
    figures = results[0].certificate.figures
    return seconds, figures["gap"], f"${figures['granted_cents'] / 100:,.0f}"
