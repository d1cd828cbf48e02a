"""The certificate of a run: its fields, its statuses, and that it reads back as it was written."""

import json
import math

import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation.evidence import CHECKS, _plain

FIELDS = [
    *("schema_version", "status", "rule", "alpha", "budget_cents", "spent_cents", "unspent_cents"),
    *("users", "eligible", "at_lower", "at_upper", "free", "level", "price", "transfer_gain"),
    *("gap", "fractional_gap", "formula", "checks", "failures", "proves", "does_not_prove"),
]
RULES = [
    *({"alpha": alpha} for alpha in (0, 0.02, 0.5, 1, 2, 5, 100, "inf")),
    *({"alpha": alpha, "of": "recovery"} for alpha in (0, 0.5, 1, 2, "inf")),
    {"rule": "proportional"},
    {"budget": "90000000.00"},
    {"unit": "1.00", "budget": "100000.00"},
]


@pytest.fixture(scope="module", params=RULES, ids=str)
def run(request, users, policy):
    return al.allocate(users, policy.replace(request.param))


def test_the_certificate_reads_back_as_it_was_written(run):
    data = run.certificate.to_dict()
    assert list(data) == FIELDS
    text = json.dumps(data, allow_nan=False)
    again = al.Certificate.from_dict(json.loads(text))
    assert json.dumps(again.to_dict()) == text
    assert again.ok
    for name in ("level", "gap", "transfer_gain", "price", "fractional_gap", "alpha"):
        mine, read = getattr(run.certificate, name), getattr(again, name)
        assert mine is read is None or math.isclose(mine, read, rel_tol=1e-11), name


def test_the_certificate_counts(run):
    c = run.certificate
    awards = run.to_arrow()["award_cents"].to_pylist()
    assert [*c.checks, "recomputed"] == list(CHECKS), "recomputed is of rules without a level"
    assert set(CHECKS) == {"eligibility", "bounds", "total", "optimal", "canonical", "recomputed"}
    assert c.spent_cents == sum(awards)
    assert c.budget_cents - c.spent_cents == c.unspent_cents
    assert c.at_lower + c.at_upper + c.free == c.eligible
    assert c.status == ("caps_reached" if c.unspent_cents else "optimal")
    binding = run.to_arrow()["binding"].to_pylist()
    assert binding.count("floor") == c.at_lower
    assert binding.count("cap") + binding.count("loss") == c.at_upper


def test_the_price_is_what_the_contract_says(run):
    c, objective = run.certificate, run.policy.objective
    if objective.rule == "proportional" or math.isinf(objective.alpha):
        assert c.price is None
    elif c.status == "caps_reached":
        assert c.price == 0
        assert c.level is None
    else:
        assert c.price > 0
    if objective.rule == "proportional":
        assert c.alpha is None
        assert c.rule == "proportional"


def test_the_level_gives_the_awards_in_dollars(run):
    c, objective = run.certificate, run.policy.objective
    if c.level is None or objective.alpha == 0 or objective.of == "recovery":
        return
    unit = float(run.policy.award.unit)
    power = 0.0 if math.isinf(objective.alpha) else 1 / objective.alpha
    for row in run.to_arrow().to_pylist():
        if row["eligible"] and row["binding"] == "none":
            base = row["claim"] if row["weight"] is None else row["weight"] ** power
            assert row["award_cents"] / 100 == pytest.approx(c.level * base, abs=1.01 * unit)


def test_the_price_at_alpha_zero_is_the_weight_of_the_next_cent(users, policy):
    run = al.allocate(users, policy.replace(alpha=0))
    partial = [row for row in run.to_arrow().to_pylist() if row["binding"] == "none"]
    weights = [row["weight"] for row in partial if row["eligible"]]
    assert weights == [pytest.approx(run.certificate.price)]


def test_the_price_is_the_gain_of_a_dollar_more(users, policy):
    def objective(budget):
        run = al.allocate(users, policy.replace(budget=budget))
        rows = [row for row in run.to_arrow().to_pylist() if row["eligible"]]
        return math.fsum(row["weight"] * math.log(row["award_cents"] / 100) for row in rows)

    price = al.allocate(users, policy).certificate.price
    gain = (objective("100100.00") - objective("99900.00")) / 200
    assert price == pytest.approx(gain, rel=1e-3)


@pytest.mark.parametrize(
    ("budget", "status", "formula"),
    [
        ("79.99", "optimal", "voucher = 1.1178 × loss"),
        ("80.00", "caps_reached", "voucher = $6,000, the maximum, never more than the loss"),
        ("80.01", "caps_reached", "voucher = $6,000, the maximum, never more than the loss"),
    ],
)
def test_a_cap_that_equals_the_budget_is_reached(three, policy, budget, status, formula):
    c = al.allocate(three.slice(0, 1), policy.replace(budget=budget)).certificate
    assert c.status == status
    assert c.formula.startswith(formula)
    assert (c.level is None, c.price == 0) == (status == "caps_reached",) * 2
    assert c.unlimited == (status == "caps_reached")


@pytest.mark.parametrize(
    ("alpha", "loss_exponent", "coefficient"),
    [(0.0005, 0.0, "7.0928 × 10^700"), (0.002, 1.0, "3.6587 × 10^-926")],
)
def test_a_level_that_no_float_holds_is_told_in_full(
    three, policy, alpha, loss_exponent, coefficient
):
    table = three.append_column("region", pa.array(["EU", "NA", "NA"]))
    factors = {} if loss_exponent else {"region": {"EU": 0.5, "NA": 0.2}}
    rules = {"alpha": alpha, "loss_exponent": loss_exponent, "budget": "80.00", "factors": factors}
    net = pa.array(["100.00", "180.00", "30.00"])
    run = al.allocate(table.set_column(2, "net_assets", net), policy.replace(rules))
    c = run.certificate
    assert c.level is None
    assert c.price > 0
    assert c.formula.startswith(f"voucher = {coefficient} × ")
    again = al.Certificate.from_dict(json.loads(json.dumps(c.to_dict())))
    assert again.to_dict() == c.to_dict()


def test_what_weights_leave_goes_to_users_of_weight_zero(three, policy):
    table = three.append_column("region", pa.array(["EU", "NA", "NA"]))
    factors = {"region": {"EU": 1.0, "NA": 0.0}}
    c = al.allocate(table, policy.replace(budget="90.00", factors=factors)).certificate
    assert (c.status, c.level, c.price) == ("optimal", None, 0.0)
    assert c.formula.endswith("never more than the loss; what is left goes to users of weight 0")


def test_floats_in_files_are_plain():
    assert _plain(math.nan) is None
    assert _plain(math.inf) == "inf"
    assert _plain(1 / 3) == 0.333333333333
