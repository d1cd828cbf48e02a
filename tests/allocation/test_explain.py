"""Who is out and why, by how much; one user against another; ids of every kind."""

import json

import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation.explain import explain
from allocator.allocation.phrases import ENGLISH

EVERY_REASON = pa.table(
    {
        "user_id": ["paid", "maker", "small", "unknown", "debtor", "rich", "tiny", "in", "none"],
        "liquidation_loss": ["90", "90", "49.99999999", "90", "90", "89.99", "50", "90", "10"],
        "net_assets": ["90", "90", "90", None, "-3.50", "300", "50", "100", None],
        "already_compensated": [True, *[False] * 8],
        "no_snapshot": [False, False, False, True, False, False, False, False, True],
        "account_type": ["retail", "market_maker", *["retail"] * 7],
    }
)


@pytest.fixture(scope="module")
def run(policy):
    exclude = {"account_type": ["market_maker"]}
    return al.allocate(
        EVERY_REASON, policy.replace({"eligibility.exclude": exclude, "award.budget": "60.00"})
    )


TOLD = {
    "paid": ("already_compensated", "You have already been compensated"),
    "maker": ("excluded:account_type", "Accounts of your kind (account_type)"),
    "small": (
        "loss_below_minimum",
        "You lost $49.99999999. A voucher needs a loss of at least $50.00: yours is $0.00000001",
    ),
    "unknown": ("no_snapshot", "no record of your net assets at the snapshot"),
    "debtor": ("no_net_assets", "Your net assets at the snapshot were -$3.50."),
    "rich": (
        "loss_ratio_below_minimum",
        "You lost $89.99. A voucher needs a loss of at least 30% of net assets, which is $90.00 "
        "for you: yours is $0.01 less.",
    ),
    "none": ("loss_below_minimum", "You lost $10.00."),
}


@pytest.mark.parametrize("user", TOLD)
def test_each_reason_is_told_with_its_numbers(run, user):
    reason, words = TOLD[user]
    told = run.explain(user)
    assert told.reason == reason
    assert words in told.customer
    assert len(told.customer.split()) <= 60
    assert str(told).startswith(f"{user}: $0.00, not eligible ({reason})")
    assert told.missed.key in str(told)
    assert told.award_cents == told.lower_cents == told.upper_cents == 0
    assert json.loads(json.dumps(told.to_dict()))["missed"]["reason"] == reason


WHALES = pa.table(
    {
        "user_id": [1, 2, 3, 4],
        "liquidation_loss": ["900000", "90", "80", "70"],
        "net_assets": ["2000000", "100", "90", "80"],
        "tier": ["7", "1", "2", "3"],
    }
)


@pytest.mark.parametrize(
    ("exclude", "user", "words", "customer"),
    [
        (
            {"net_assets": {"min": "1000000"}},
            1,
            "net_assets is $2,000,000.00, excluded from $1,000,000.00",
            "Your net assets at the snapshot were $2,000,000.00. Accounts with net assets of "
            "$1,000,000.00 or more do not take part in this program.",
        ),
        (
            {"net_assets": {"max": "85"}},
            4,
            "net_assets is $80.00, excluded up to $85.00",
            "with net assets of $85.00 or less do not",
        ),
        (
            {"tier": ["9"], "liquidation_loss": {"min": "75", "max": "85"}},
            3,
            "liquidation_loss is $80.00, excluded from $75.00 to $85.00",
            "You lost $80.00. Accounts with losses from $75.00 to $85.00 do not take part",
        ),
        (
            {"user_id": [2, 3]},
            2,
            "user_id is 2, which is excluded",
            "Your account is on the list of those that do not take part",
        ),
        (
            {"user_id": {"min": "4"}},
            4,
            "user_id is 4, excluded from 4",
            "Your account is on the list of those that do not take part",
        ),
        (
            {"tier": ["1", "9"]},
            2,
            "tier is one of 1, 9, which are excluded",
            "Accounts of your kind (tier) do not take part",
        ),
        (
            {"tier": {"min": "5", "max": "8.5"}},
            1,
            "tier is a number that is excluded: from 5 to 8.5",
            "Accounts of your kind (tier) do not take part",
        ),
    ],
)
def test_what_excludes_a_user_is_told(policy, exclude, user, words, customer):
    run = al.allocate(
        WHALES, policy.replace({"eligibility.exclude": exclude, "award.budget": "60.00"})
    )
    told = run.explain(user)
    assert told.missed.sentence == words
    assert words in str(told)
    assert customer in told.customer
    assert told.missed.key == f"eligibility.exclude.{told.reason.removeprefix('excluded:')}"


def test_a_loss_that_no_voucher_fits_into_is_told(policy):
    table = pa.table({"user_id": ["a", "b", "c"], "liquidation_loss": ["3.99", "80", "70"]})
    free = {"min_loss": "0.00", "min_loss_ratio": "0", "ratio_exponent": 0, "budget": "10.00"}
    run = al.allocate(table, policy.replace(free))
    told = run.explain("a")
    assert told.reason == "cap_below_minimum"
    assert "You lost $3.99. No voucher is larger than the loss, and the smallest is $4.00" in (
        told.customer
    )
    assert told.net_assets is None
    assert run.explain("b").customer.startswith("You lost $80.00. Every voucher is")


def test_net_assets_that_are_unknown_are_told_as_none_whatever_failed(run):
    assert run.explain("none").net_assets is None
    assert run.explain("unknown").net_assets is None


def test_a_user_without_a_snapshot_can_be_eligible(policy):
    table = pa.table(
        {
            "user_id": ["a", "b"],
            "liquidation_loss": ["60", "80"],
            "net_assets": [None, "100"],
            "no_snapshot": [True, False],
        }
    )
    rules = {"min_loss_ratio": "0", "ratio_exponent": 0, "budget": "20.00"}
    rules["eligibility.exclude"] = {"net_assets": {"min": "1000000"}}
    run = al.allocate(table, policy.replace(rules))
    assert run.explain("a").reason == "eligible"
    assert run.explain("a").net_assets is None


def test_an_eligible_user_is_explained_part_by_part(run):
    told = run.explain("in")
    assert [part.name for part in told.parts] == ["loss", "√ratio"]
    assert told.loss == "$90.00"
    assert told.net_assets == "$100.00"
    text = str(told)
    for words in ("weight", "level", "fractional award", "bounds $4.00 to $90.00", "whole-cent"):
        assert words in text


def test_all_factors_are_one_part(users, policy):
    factors = {"vip_tier": {"*": 1.5}, "region": {"*": 2.0}}
    run = al.allocate(users, policy.replace({"weights.factors": factors, "objective.alpha": 2}))
    row = run.to_arrow()["eligible"].to_pylist().index(True)
    parts = run.explain(run.to_arrow()["user_id"][row].as_py()).parts
    assert [part.name for part in parts][-1] == "factors"
    assert parts[-1].value == 3.0
    assert parts[-1].part == pytest.approx(3**0.5)


def test_units_are_told(policy, three):
    run = al.allocate(three, policy.replace(unit="1.00", budget="100.00"))
    told = run.explain("ann")
    assert "Vouchers are multiples of $1.00: yours is $54.00." in told.customer
    assert "in multiples of $1.00" in str(told)


def test_two_users_are_compared_part_by_part(run, result):
    text = str(run.explain("in", versus="tiny"))
    assert "in against tiny:" in text
    assert "loss: 90 and 50, 1.8 times" in text
    assert "award:" in text
    out = run.explain("in", versus="rich")
    assert str(out).endswith(
        "in against rich:\n"
        "  in is eligible and gets $37.84\n"
        "  rich is not eligible (loss_ratio_below_minimum): lost $89.99, which is 29.99% of net "
        "assets of $300.00, and at least 30%, $90.00, is needed: $0.01 short"
    )
    data = json.loads(json.dumps(out.to_dict()))
    assert data["user_id"] == "in"
    assert data["analyst"] == str(run.explain("in"))
    assert data["versus"] == json.loads(json.dumps(run.explain("rich").to_dict()))
    assert data["difference"] == list(out.difference)
    assert "versus" not in run.explain("in").to_dict()
    ids = result.to_arrow()["user_id"].to_pylist()
    binding = result.to_arrow()["binding"].to_pylist()
    floored, capped = ids[binding.index("floor")], ids[binding.index("cap")]
    text = str(result.explain(floored, versus=capped))
    assert f"{floored} is held at the minimum" in text
    assert f"{capped} is held at the maximum" in text


def test_two_users_are_compared_where_a_part_is_zero(three, policy):
    table = three.append_column("region", pa.array(["EU", "NA", "NA"]))
    factors = {"region": {"EU": 1.0, "NA": 0.0}}
    run = al.allocate(table, policy.replace({"weights.factors": factors, "award.budget": "70.00"}))
    assert "against 0" in str(run.explain("ann", versus="bob"))


@pytest.mark.parametrize("alpha", [0, 1, "inf"])
@pytest.mark.parametrize(
    ("budget", "bob", "words"),
    [
        ("90.00", 1000, "You lost $60.00, 100.0% of your net assets. Your voucher is $10.00: that"),
        ("60.00", 400, "The minimum applied: your voucher is $4.00."),
    ],
)
def test_a_user_of_weight_zero_is_told_no_product(three, policy, alpha, budget, bob, words):
    table = three.append_column("region", pa.array(["EU", "NA", "NA"]))
    factors = {"region": {"EU": 1.0, "NA": 0.0}}
    rules = {"weights.factors": factors, "award.budget": budget, "objective.alpha": alpha}
    run = al.allocate(table, policy.replace(rules))
    assert run.to_arrow()["award_cents"].to_pylist()[1] == bob
    assert "enough for everybody" not in run.explain("bob").customer
    if alpha == 1 or (alpha == "inf" and budget == "60.00"):
        assert words in run.explain("bob").customer
    ann = run.explain("ann").customer
    assert "rounded" not in ann
    assert run.explain("ann").award_cents != 8000 or alpha == 0 or "larger than the loss" in ann
    str(run.explain("ann", versus="bob"))


@pytest.mark.parametrize("alpha", [0.0005, 0.0001])
def test_a_level_beyond_floats_is_no_level_without_end(three, policy, alpha):
    table = three.append_column("region", pa.array(["EU", "NA", "NA"]))
    rules = {"objective.alpha": alpha, "award.budget": "80.00", "weights.loss_exponent": 0.0}
    rules["weights.factors"] = {"region": {"EU": 0.5, "NA": 0.2}}
    run = al.allocate(table, policy.replace(rules))
    assert run.certificate.level is None
    assert run.certificate.price > 0
    assert run.certificate.status == "optimal"
    assert not run.certificate.unlimited
    for user, amount in (("ann", "$76.00"), ("bob", "$4.00")):
        told = run.explain(user)
        assert told.customer.endswith(f"Vouchers go to users by rank; yours is {amount}.")
        assert "the level is beyond what a float holds" in str(told)
        assert "no end" not in str(told)
    str(run.explain("ann", versus="bob"))


def test_the_only_eligible_user_is_told_that_the_budget_ends(policy, three):
    run = al.allocate(three, policy.replace(budget="50.00", min_loss="70.00"))
    row = run.to_arrow().to_pylist()[0]
    assert (row["upper_cents"], row["award_cents"], row["binding"]) == (8000, 5000, "none")
    told = run.explain("ann").customer
    assert told.endswith("= $50.00. No minimum or maximum applied.")


def test_ids_are_found_as_numbers_and_as_text(policy, three):
    table = three.set_column(0, "user_id", pa.array([7, -8, 2**62]))
    run = al.allocate(table, policy.replace(budget="100.00"))
    assert run.explain(7).user_id == run.explain("7").user_id == 7
    assert run.explain("-8").user_id == -8
    assert run.explain(2**62).reason == "loss_below_minimum"
    for unknown in ("x", "7.0", 2**80, None, 9):
        with pytest.raises(al.DataError, match="there is no user"):
            run.explain(unknown)


def test_an_id_that_is_no_text_is_of_nobody(run):
    with pytest.raises(al.DataError, match=r"^there is no user \\udcff among the 9 of this run$"):
        run.explain("\udcff")


def test_an_unknown_user_is_told(run):
    with pytest.raises(al.DataError, match=r"^there is no user zoe among the 9 of this run$"):
        run.explain("zoe")
    with pytest.raises(al.DataError, match="there is no user zoe"):
        run.explain("in", versus="zoe")


def test_phrases_can_be_translated(run):
    german = {**ENGLISH, "lost": "Sie verloren {loss}, {ratio} Ihres Vermögens."}
    assert explain(run, "in", phrases=german).customer.startswith("Sie verloren $90.00, 90.0%")


def test_a_damaged_row_is_told(run):
    table = run.to_arrow()
    at = table.column_names.index("loss")
    for loss, words in (("x", "amounts cannot be read"), ("90", "its user is eligible")):
        broken = table.set_column(at, "loss", pa.array([loss] * len(table)))
        odd = al.Allocation(broken, run.policy, run.certificate, run.sources)
        with pytest.raises(al.DataError, match=words):
            odd.explain("small")
