"""Constraints that overlap or bound recoveries, from the policy to the certificate and back."""

import json
import math
import re

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation import priced
from allocator.allocation.most import most_spendable
from allocator.allocation.pipeline import derive, load
from allocator.allocation.recheck import recheck
from allocator.allocation.stages import Stages
from allocator.core.constraints import Group
from allocator.core.problem import Problem
from allocator.errors import InfeasibleError, UnsupportedError

APAC = {"name": "APAC guarantee", "where": {"region": ["APAC"]}}
REGULAR = {"name": "Regulars", "where": {"vip_tier": ["regular"]}}
MEA = {"name": "MEA alike", "where": {"region": ["MEA"]}, "min_recovery_of_overall": "1.02"}
THREE = (APAC | {"min_total": "780000.00"}, REGULAR | {"max_total": "480000.00"}, MEA)


@pytest.fixture(scope="module")
def many():
    return al.simulate_users(10_000, seed=7)


def policy_with(*constraints, **changes):
    data = {"budget": "1764705.00", "name": "Overlapping", "constraints": list(constraints)}
    return al.Policy.default().replace(data | changes)


@pytest.fixture(scope="module")
def run(many):
    return al.allocate(many, policy_with(*THREE))


def objective(result):
    table = result.awards[result.awards.eligible]
    return float((table.weight * np.log(table.award_cents / 100)).sum())


def listed(result):
    return {each["name"]: each for each in result.certificate.groups["listed"]}


def test_the_certificate_of_constraints_that_overlap(run):
    certificate = run.certificate
    assert certificate.ok
    assert certificate.status == "optimal"
    assert 0 <= certificate.gap <= 1e-7
    groups = certificate.to_dict()["groups"]
    counts = ("groups", "binding", "at_floor", "at_cap", "at_recovery")
    assert [groups[name] for name in counts] == [3, 3, 1, 1, 1]
    found = listed(run)
    assert found["APAC guarantee"]["total_cents"] == 78_000_000
    assert found["Regulars"]["total_cents"] == 48_000_000
    assert found["MEA alike"]["recovery_of_overall"] == pytest.approx(1.02, abs=1e-6)
    assert found["MEA alike"]["recovery_of_overall"] >= 1.02
    assert "Every constraint is met, computed in whole numbers" in " ".join(certificate.proves)
    assert re.fullmatch(
        r"voucher = 0\.02923 × loss × √ratio \(at most 1\), from \$4 to \$6,000; users under "
        r"constraints that bind have levels of their own: 0\.0348\d* \(APAC guarantee\), "
        r"0\.0252\d* \(Regulars\), 0\.0299\d* \(MEA alike\)",
        run.formula,
    )


def test_prices_are_what_a_dollar_more_does_to_the_objective(run, many):
    def solved(i=None, key=None, value=None, **changes):
        constraints = [dict(each) for each in THREE]
        if i is not None:
            constraints[i][key] = value
        return objective(al.allocate(many, policy_with(*constraints, **changes)))

    more, less = solved(budget="1765205.00"), solved(budget="1764205.00")
    dollar = (more - less) / 1000
    assert run.certificate.price == pytest.approx(dollar, rel=1e-6)
    found = listed(run)
    floor = solved(0, "min_total", "780500.00") - solved(0, "min_total", "779500.00")
    assert found["APAC guarantee"]["price"] == pytest.approx(-floor / 1000 / dollar, rel=1e-5)
    cap = solved(1, "max_total", "480500.00") - solved(1, "max_total", "479500.00")
    assert found["Regulars"]["price"] == pytest.approx(cap / 1000 / dollar, rel=1e-5)
    key = "min_recovery_of_overall"
    point = solved(2, key, "1.021") - solved(2, key, "1.019")
    assert found["MEA alike"]["price"] == pytest.approx(-point / 0.2 / dollar, rel=1e-2)
    assert found["Regulars"]["meaning"] == (
        "one more dollar of cap is worth as much as $0.15786 more budget"
    )
    assert found["APAC guarantee"]["meaning"].startswith("one more dollar of floor costs as much")
    assert found["MEA alike"]["meaning"].startswith(
        "one percentage point more costs as much as $42"
    )


def test_everybody_is_told_what_binds_and_the_level_gives_the_award(run):
    table = run.awards
    kinds = set(table.group.dropna().astype(str))
    assert "floor of APAC guarantee" in kinds
    assert "floor of APAC guarantee; cap of Regulars" in kinds
    assert "cap of Regulars; recovery of MEA alike" in kinds
    for kind in [*kinds, None]:
        inside = table.group.isna() if kind is None else table.group.astype(str) == kind
        chosen = table[inside & table.eligible & table.binding.isin(["group", "none"])]
        for user in chosen.user_id.head(5):
            said = run.explain(user)
            assert said.award_cents / 100 == pytest.approx(said.fractional_award, abs=0.0051)
            assert len(said.customer.split()) <= 60
            if kind == "floor of APAC guarantee":
                assert "group (APAC guarantee) come to at least $780,000.00" in said.customer
            if kind == "recovery of MEA alike":
                assert (
                    "Your group (MEA alike) is to recover together at least 102%" in said.customer
                )
            if kind == "floor of APAC guarantee; cap of Regulars":
                assert "several groups that you are in (APAC guarantee, Regulars)" in said.customer
                assert (
                    "several bind: the floor of $780,000.00 for APAC guarantee, the cap of "
                    "$480,000.00 for Regulars"
                ) in str(said)


def test_the_summary_says_what_binds_and_what_it_costs(run):
    text = run.summary().text()
    assert "constraints that bind:\n  APAC guarantee: $780,000.00, at its floor; one more" in text
    assert len(run.summary().to_dict()["constraints"]) == 3


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_run_is_recomputed_from_its_folder(users, tmp_path, form):
    from allocator.allocation.folder import save

    policy = policy_with(
        APAC | {"min_share": "50%"},
        REGULAR | {"max_share": "20%"},
        {"name": "alike", "each": "region", "min_recovery_of_overall": "0.8"},
        budget="100000.00",
    )
    result = al.allocate(users, policy)
    assert result.certificate.groups["binding"] >= 1
    save(result, tmp_path / "run", csv=form == "csv")
    assert recheck(tmp_path / "run", users=users).faults == ()
    again = al.load_allocation(tmp_path / "run")
    user = result.awards[result.awards.binding == "group"].user_id.iloc[0]
    assert again.explain(user).customer == result.explain(user).customer
    path = tmp_path / "run" / "certificate.json"
    changed = json.loads(path.read_text())
    changed["groups"]["listed"][1]["price"] += 0.01
    path.write_text(json.dumps(changed))
    assert any("groups" in fault for fault in recheck(tmp_path / "run", users=users).faults)


def test_forged_awards_are_found(run, many):
    cents = run.table.column("award_cents").to_numpy().copy()
    table = run.awards

    def moved(giver, taker, amount=1):
        forged = cents.copy()
        forged[giver] -= amount
        forged[taker] += amount
        return al.verify(many, run.policy, forged)

    group = table.group.astype(str)
    free = np.flatnonzero(table.eligible & (table.binding == "none"))
    apac, regular, mea = (
        np.flatnonzero((group == kind) & (table.binding == "group"))
        for kind in ("floor of APAC guarantee", "cap of Regulars", "recovery of MEA alike")
    )
    # Out of the guaranteed group, into the capped one, out of the one that is to recover.
    assert moved(apac[0], free[0]).failures[0] == (
        "bounds: the constraint 'APAC guarantee' is not met: its users have $779,999.99, and may "
        "have at least $780,000.00"
    )
    assert (
        "'Regulars' is not met: its users have $480,000.01, and may have at most $480,000.00"
        in (moved(free[0], regular[0]).failures[0])
    )
    told = moved(mea[0], free[0], 100).failures[0]
    assert "'MEA alike' is not met" in told
    assert "with 102% of everybody's recovery they would have at least $" in told
    # Within what the constraints allow.
    found = moved(free[0], free[1])
    assert found.checks["bounds"]
    assert not found.checks["optimal"]
    assert found.failures[0].startswith("optimal: moving 1 cent from row")


def test_a_transfer_between_kinds_of_users_is_found(three):
    policy = policy_with(*pairs(max_total="70.00")[:2], budget="100.00")
    assert al.verify(three, policy, [2500, 2500, 2500, 2500]).ok
    found = al.verify(three, policy, [2400, 2500, 2500, 2600])
    assert found.failures == (
        "optimal: moving a cent between users whom the constraints treat differently, which they "
        "allow, raises the objective",
    )
    assert found.checks["canonical"]
    assert found.gap > 1e-5


@pytest.mark.parametrize(
    ("constraints", "told", "names"),
    [
        (
            [APAC | {"min_total": "20000000.00"}, REGULAR | {"max_total": "480000.00"}],
            r"this constraint cannot be met, given everybody's own minimum and cap:\n  APAC "
            r"guarantee: users with region APAC get at least \$20,000,000\.00 together; .*\n"
            r"Change it\.",
            ["APAC guarantee"],
        ),
        (
            [
                APAC | {"min_total": "1500000.00"},
                REGULAR | {"max_total": "400000.00"},
                {"name": "rest", "where": {"region": ["EU", "NA", "MEA", "LATAM"]}}
                | {"min_total": "300000.00"},
            ],
            r"(?s).*  the budget of \$1,764,705\.00: all awards are at most \$1,764,705\.00\n"
            r"Without any one of them the others can be met: change one\.",
            ["APAC guarantee", "rest"],
        ),
    ],
)
def test_a_smallest_set_that_conflicts_is_told(many, constraints, told, names):
    with pytest.raises(InfeasibleError) as caught:
        al.allocate(many, policy_with(*constraints))
    assert re.fullmatch(told, str(caught.value), re.DOTALL)
    assert [each["constraint"] for each in caught.value.details["constraints"]] == names
    # Irreducible: without any one of them the others can be met.
    conflict = {each["constraint"] for each in caught.value.details["constraints"]}
    for left_out in conflict:
        rest = [each for each in constraints if each["name"] != left_out]
        rest = [each for each in rest if each["name"] in conflict]
        assert al.allocate(many, policy_with(*rest)).certificate.ok


def test_a_conflict_of_two_tells_how_many_are_in_both(users):
    constraints = [APAC | {"min_share": "40%"}, REGULAR | {"max_share": "20%"}, MEA]
    constraints.append({"name": "VIPs", "where": {"vip_tier": ["vip1", "vip2", "vip3", "vip4"]}})
    constraints[-1] |= {"where": {"region": ["APAC"], **constraints[-1]["where"]}}
    constraints[-1] |= {"max_share": "10%"}
    with pytest.raises(InfeasibleError) as caught:
        al.allocate(users, policy_with(*constraints, budget="40000.00"))
    found = {each["constraint"] for each in caught.value.details["constraints"]}
    assert found == {"APAC guarantee", "Regulars", "VIPs"}
    two = [APAC | {"min_share": "40%"}, {"name": "all", "where": {"region": ["APAC", "EU"]}}]
    two[1] |= {"max_share": "30%"}
    with pytest.raises(InfeasibleError, match=r"\(\d+ users are in both\)") as caught:
        al.allocate(users, policy_with(*two, REGULAR | {"max_share": "90%"}, budget="40000.00"))
    details = caught.value.details
    assert details["in_both"] == details["constraints"][0]["users"]
    assert details["constraints"][1]["cap_cents"] == 1_200_000


@pytest.fixture
def three():
    return pa.table(
        {
            "user_id": ["a", "b", "c", "d"],
            "liquidation_loss": ["100.00"] * 4,
            "net_assets": ["100.00"] * 4,
        }
    )


def pairs(**bounds):
    return [{"name": p, "where": {"user_id": list(p)}, **bounds} for p in ("ab", "bc", "ac")]


def test_met_in_fractions_but_not_in_whole_units(three):
    policy = policy_with(
        *pairs(min_total="7.00", max_total="7.00"),
        budget="30.00",
        minimum="1.00",
        maximum="30.00",
        unit="1.00",
    )
    with pytest.raises(InfeasibleError) as caught:
        al.allocate(three, policy)
    assert str(caught.value) == (
        "the constraints can be met in fractions of $1.00 but not in whole multiples of it, which "
        "awards are: set a smaller award.unit, or give one of them $1.00 more room: 'ab', 'bc', "
        "'ac'"
    )
    assert caught.value.details["met_in_fractions"]
    finer = al.allocate(three, policy.replace(unit="0.50"))
    assert sorted(finer.table.column("award_cents").to_pylist()) == [350, 350, 350, 1950]


def test_what_constraints_leave_over(three):
    policy = policy_with(*pairs(max_total="7.01"), budget="30.00", maximum="8.00")
    result = al.allocate(three, policy.replace(minimum="1.00"))
    # An odd cent: three pairs of $7.01 leave $10.51 for three, and the fourth has the maximum.
    assert result.certificate.spent_cents == 1051 + 800
    assert result.certificate.unspent_cents == 3000 - 1851
    assert result.certificate.status == "caps_reached"
    assert result.certificate.ok
    assert result.certificate.price == 0
    found = listed(result)
    assert {each["price"] for each in found.values() if each["bound"] == "cap"} == {None}
    cents = result.table.column("award_cents").to_numpy().copy()
    cents[3] -= 100
    assert "total: $17.51 is spent, not $18.51" in al.verify(three, result.policy, cents).failures
    with pytest.raises(InfeasibleError, match=r"constraints at their caps, \$18\.51 can be spent"):
        al.allocate(three, result.policy.replace(if_budget_exceeds_caps="error"))


def test_the_most_that_can_be_spent_is_bounded_by_duality():
    rng = np.random.default_rng(3)
    for _ in range(20):
        upper = rng.integers(1, 9, 6)
        groups = [Group(np.flatnonzero(rng.random(6) < 0.5), 0, int(rng.integers(1, 12)))]
        groups += [Group(np.flatnonzero(rng.random(6) < 0.5), 0, int(rng.integers(1, 12)))]
        problem = Problem(1000, 0, upper, constraints=groups)
        from allocator.backends.master import highs_master

        rows = np.array([[float(i in g.members) for i in range(6)] for g in groups])
        best = highs_master(
            -np.ones(6),
            rows,
            np.zeros(2),
            np.array([g.upper for g in groups], dtype=float),
            np.zeros(6),
            upper.astype(float),
            integer=np.zeros(6, dtype=bool),
        )
        assert most_spendable(problem) == math.floor(best.sum() + 1e-9)
    assert most_spendable(Problem(1, 0, upper, constraints=groups)) == 1


@pytest.mark.parametrize(
    ("changes", "formula"),
    [
        ({"alpha": 0}, "voucher by rank of loss × √ratio, highest first, as far as constraints"),
        ({"alpha": 0, "of": "recovery"}, "voucher by rank of √ratio, highest first"),
        ({"alpha": "inf"}, "voucher = level, from $4 to $6,000; levels are as equal as constr"),
        ({"alpha": "inf", "of": "recovery"}, "voucher = level × loss, from $4 to $6,000; levels"),
        ({"rule": "max_min"}, "voucher = level, from $4 to $6,000; levels are as equal"),
        ({"rule": "least_squares"}, "voucher as near to the loss as constraints allow (least sq"),
    ],
)
def test_objectives_without_prices(users, changes, formula):
    policy = policy_with(
        APAC | {"min_share": "50%"}, REGULAR | {"max_share": "20%"}, budget="40000.00"
    )
    result = al.allocate(users, policy.replace(changes))
    certificate = result.certificate
    assert certificate.ok, certificate.failures
    assert result.formula.startswith(formula)
    assert certificate.level is None
    if changes.get("alpha") == 0:  # a bound needs no level
        assert 0 <= certificate.gap <= 1e-3
    else:
        assert certificate.gap is None
    found = listed(result)
    assert found["APAC guarantee"]["total_cents"] >= 2_000_000
    assert found["Regulars"]["total_cents"] <= 800_000
    for each in found.values():
        assert each["bound"] in ("none", "floor", "cap")
        assert each["meaning"].startswith("does not bind" if each["bound"] == "none" else "binds")
    explained = result.explain(result.awards[result.awards.eligible].user_id.iloc[0])
    assert explained.award_cents >= 400


def test_general_solvers_for_many_are_refused_with_the_count(users, monkeypatch):
    monkeypatch.setattr(priced, "LEXIMIN", 10)
    monkeypatch.setattr(priced, "GENERAL", 10)
    policy = policy_with(APAC | {"min_share": "50%"}, REGULAR | {"max_share": "20%"})
    policy = policy.replace(budget="40000.00")
    for changes, what in (
        ({"alpha": "inf"}, "alpha = inf .*: take a large alpha, such as 4, or groups"),
        ({"rule": "max_min"}, 'rule = "max_min" .*: take a large alpha'),
        ({"rule": "least_squares"}, 'rule = "least_squares" .*: take alpha_fair, or groups'),
    ):
        with pytest.raises(UnsupportedError, match=what) as caught:
            al.allocate(users, policy.replace(changes))
        assert "for at most 10 eligible users, and there are " in str(caught.value)
    assert al.allocate(users, policy.replace(alpha=0)).certificate.ok


def test_users_of_weight_0_have_no_price(users):
    factors = {"weights.factors.vip_tier": {"regular": 0, "*": 1}}
    policy = policy_with(APAC | {"min_share": "30%"}, REGULAR | {"max_share": "20%"})
    with pytest.raises(UnsupportedError, match=r"\d+ eligible users have weight 0, as by a factor"):
        al.allocate(users, policy.replace({"award.budget": "40000.00"} | factors))


def test_too_many_kinds_of_users_are_counted():
    n = 16_000
    rng = np.random.default_rng(0)
    columns = {f"k{j}": pa.array(rng.random(n) < 0.5) for j in range(14)}
    users = pa.table(
        {
            "user_id": np.arange(n),
            "liquidation_loss": np.full(n, 100),
            "net_assets": np.full(n, 100),
            **columns,
        }
    )
    caps = [{"name": name, "where": {name: [True]}, "max_total": "500000.00"} for name in columns]
    with pytest.raises(
        UnsupportedError, match=r"tell 1\d,\d{3} kinds of claimants apart, and more"
    ):
        al.allocate(users, policy_with(*caps, budget="800000.00"))


@pytest.mark.parametrize("seed", range(4))
def test_awards_are_as_good_as_those_of_cvxpy(seed):
    from allocator.backends import cvxpy_
    from allocator.policy.rules import rule_of

    rng = np.random.default_rng(seed)
    users = al.simulate_users(150, seed=seed)
    alpha = (0.5, 1.0, 2.0, 1.0)[seed]
    policy = policy_with(
        APAC | {"min_share": f"{rng.uniform(20, 40):.2f}%"},
        REGULAR | {"max_share": f"{rng.uniform(40, 60):.2f}%"},
        {"name": "alike", "where": {"region": ["EU"]}, "min_recovery_of_overall": "0.7"},
        budget="15000.00",
        alpha=alpha,
    )
    result = al.allocate(users, policy)
    compiled = derive(load(users, [policy], Stages()).users, policy, Stages())[2]
    problem = compiled.problem
    floats = [
        Group(c.members, float(c.lower), None if c.upper is None else float(c.upper), c.name)
        if isinstance(c, Group)
        else c
        for c in problem.constraints
    ]
    relaxed = Problem(
        float(problem.budget),
        problem.lower * 1.0,
        problem.upper * 1.0,
        problem.weights,
        constraints=floats,
    )
    best = cvxpy_.solve(relaxed, rule_of(policy), "CLARABEL")
    mine = result.table.column("award_cents").to_numpy()[compiled.rows].astype(float)

    def utility(x):
        w = problem.weights
        return float((w * (np.log(x) if alpha == 1 else x ** (1 - alpha) / (1 - alpha))).sum())

    worth = float((problem.weights * mine ** (1 - alpha)).sum())
    assert abs(utility(best) - utility(mine)) / worth <= 1e-7
    assert result.certificate.gap <= 1e-7


def test_the_lab_takes_constraints_that_overlap(many, run):
    policy = run.policy
    swept = al.sweep(many, policy, {"award.budget": ["1764705.00", "700000.00"]}, verify=True)
    assert swept.figures[0].total_cents == 176_470_500
    assert swept.figures[0].level == pytest.approx(run.certificate.level, rel=1e-6)
    assert swept.figures[0].formula.endswith("; where a constraint binds, other levels")
    assert swept.figures[1].status == "infeasible"
    assert "APAC guarantee: users with region APAC get at least $780,000.00" in swept.notes[0]
    nested = al.sweep(many, policy_with(THREE[0]), {"alpha": [1.0]}, verify=True)
    single = al.allocate(many, policy_with(THREE[0]))
    assert nested.figures[0].median_cents == int(
        np.sort(single.awards[single.awards.eligible].award_cents)[
            (single.certificate.eligible + 1) // 2 - 1
        ]
    )
    found = al.goal_seek(many, policy, vary="maximum", target="share_at_maximum", value=0.005)
    assert found.reached
    compared = al.compare(many, policy_with(name="Free"), policy)
    assert compared.names == ("Free", "Overlapping")
    with pytest.raises(
        UnsupportedError, match=r"certificate has the price of the budget and, where"
    ):
        run.sensitivity()
    assert al.health(many, policy).findings


def test_money_paid_and_persons_under_constraints(users):
    policy = policy_with(
        APAC | {"min_share": "50%"}, REGULAR | {"max_share": "20%"}, budget="40000.00"
    )
    first = al.allocate(users, policy.replace(reserve="10%"))
    second = al.allocate(users, policy, paid=first.awards)
    assert second.certificate.ok
    assert int(second.awards.award_cents.sum()) == 4_000_000
    assert (second.awards.due_cents >= 0).all()
    twice = users.table.append_column(
        "person_id", pa.array([f"p{i}" for i in range(users.table.num_rows)])
    )
    result = al.allocate(twice, policy.replace(per="person_id"))
    assert result.certificate.ok
    assert (
        result.awards.award_cents.tolist() == al.allocate(users, policy).awards.award_cents.tolist()
    )
