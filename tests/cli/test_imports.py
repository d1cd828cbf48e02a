"""What a command imports: nothing that takes half a second, unless it is asked for."""

import json

import pytest

import allocator as al

HEAVY = ["pandas", "matplotlib", "cvxpy", "scipy", "highspy", "polars", "jinja2"]
TELL = f"""
import atexit, json, sys
atexit.register(lambda: open("imported.json", "w").write(
    json.dumps([name for name in {HEAVY!r} if name in sys.modules])))
"""
FACTORS = """\
schema_version = 1
name = "Factors"
[eligibility]
exclude = { account_type = ["market_maker"], net_assets = { min = "100000000" } }
[award]
budget = "100000.00"
[weights.factors.vip_tier]
regular = 1.2
"*" = 1.0
"""


@pytest.mark.parametrize(
    "args",
    [
        ["run", "users.parquet", "--policy", "policy.toml", "--out", "out"],
        ["run", "users.csv", "--policy", "policy.toml", "--out", "out", "--format", "csv"],
        ["run", "users.parquet", "--policy", "other.toml", "--out", "out", "--json"],
        ["run", "users.parquet", "--policy", "factors.toml", "--out", "out"],
        ["run", "users.csv", "--policy", "factors.toml", "--out", "out"],
        ["check", "users.parquet", "--policy", "policy.toml"],
        ["policy", "show", "announced"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(process, home, args):
    (home / "factors.toml").write_text(FACTORS)
    done = process(*args, before=TELL)
    assert done.returncode == 0, done.stderr
    assert json.loads((home / "imported.json").read_text()) == []


def test_a_program_that_allocates_prints_nothing(process, home):
    before = """
import sys, allocator as al
result = al.allocate("users.parquet", al.Policy.load("policy.toml").replace(budget="2000.00"))
assert result.warnings
result.save("mine"); al.load_allocation("mine").explain("u1"); al.verify("users.parquet", None, [])
sys.exit()
"""
    done = process(before=before)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (home / "mine" / "manifest.json").exists()


NAMES = [
    "AdjustedProportional",
    "Allocation",
    "AllocatorError",
    "AlphaFair",
    "AlphaMin",
    "AverageOfAwards",
    "AverageOfEqualAwardsAndLosses",
    "Certificate",
    "ConcedeAndDivide",
    "ConstrainedEgalitarian",
    "ConstrainedEqualAwards",
    "ConstrainedEqualLosses",
    "DataError",
    "DepegPolicy",
    "DominguezThomson",
    "Dual",
    "Group",
    "Groups",
    "InfeasibleError",
    "Initiative",
    "LeastSquares",
    "LoanPolicy",
    "MaxMin",
    "MinimalOverlap",
    "MinimalRightsFirst",
    "Piniles",
    "Policy",
    "PolicyError",
    "Problem",
    "Proportional",
    "RandomArrival",
    "ReverseTalmud",
    "Row",
    "Talmud",
    "Truncated",
    "TwoStage",
    "UnsupportedError",
    "UsersTable",
    "VerificationError",
    "allocate",
    "compare",
    "compare_initiatives",
    "depeg_health",
    "divide",
    "explore",
    "fit",
    "frontier",
    "goal_seek",
    "health",
    "load_allocation",
    "load_program",
    "load_initiative",
    "metrics",
    "prepare",
    "properties",
    "read_users",
    "report",
    "run_program",
    "run_initiative",
    "simulate_applicants",
    "simulate_positions",
    "simulate_users",
    "sweep",
    "verify",
    "verify_program",
    "verify_initiative",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_resolves(name):
    assert name in al.__all__
    assert name in dir(al)
    assert getattr(al, name) is not None


def test_there_are_no_other_public_names():
    assert sorted(al.__all__) == sorted(["__version__", *NAMES])
    with pytest.raises(AttributeError, match="no attribute 'sweeep'"):
        al.sweeep  # noqa: B018
