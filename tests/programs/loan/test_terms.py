"""Amounts, rates and refusals before anybody competes; reasons for every refusal and every cut."""

import pytest

import allocator as al
from allocator.programs.loan.program import check, run
from tests.programs.loan.funds import applicants, granted, policy


def reasons(result):
    table = result.to_arrow()
    codes, texts = (table.column(name).to_pylist() for name in ("reason_code", "reason"))
    return list(zip(codes, texts, strict=True))


def test_minima_are_raised_and_requests_lowered_to_whole_units():
    table = applicants([("4999.99", "1000.01"), ("1999.99", "1000.01"), (3000, 0)])
    result = run(table, policy())
    assert granted(result) == [4000, 0, 3000]
    assert result.table.column("lower_cents").to_pylist() == [200_000, 200_000, 100_000]
    assert reasons(result) == [
        (
            "lowered_to_whole_units",
            "granted in full but for $999.99: requests are lowered to whole units of $1,000.00",
        ),
        (
            "no_whole_unit",
            "there is no whole number of units of $1,000.00 from the minimum of $1,000.01 to the "
            "request of $1,999.99",
        ),
        ("granted_in_full", "granted in full"),
    ]


def test_scores_and_tenors():
    table = applicants([(2000, 1000)] * 4, score=["599.5", "600", "700", "700"])
    table = table.set_column(3, "tenor_months", [[12, 12, 18, 24]])
    result = run(table, policy(min_score="600", tenors=[12, 24]))
    assert [code for code, _ in reasons(result)] == [
        "score_below_minimum",
        "granted_in_full",
        "tenor_not_offered",
        "granted_in_full",
    ]
    assert reasons(result)[0][1] == "the score of 599.5 is below the minimum of 600"
    assert reasons(result)[2][1] == "the tenor of 18 months is not offered: 12, 24 are"
    within = run(table, policy(grace_months=12))
    assert reasons(within)[0] == (
        "tenor_within_grace",
        "the tenor of 12 months is over before the grace period of 12 months is",
    )


def test_the_applicants_limit_counts_what_is_owed_already():
    rows = [(5000, 1000), (5000, 1000), (5000, 2500), (5000, 1000)]
    table = applicants(rows, existing_exposure=["0", "1000.50", "2000", "9000"])
    for limit in ("30%", "0.3", "3000.00", "$3,000.00"):
        result = run(table, policy(max_share_per_applicant=limit))
        assert granted(result) == [3000, 1000, 0, 0]
    assert reasons(result) == [
        ("applicant_limit", "applicant limit binds: $3,000.00 for each"),
        (
            "applicant_limit",
            "applicant limit binds: $3,000.00 for each, of which $1,000.50 is owed already",
        ),
        (
            "applicant_limit",
            "applicant limit binds: $3,000.00 for each, of which $2,000.00 is owed already, which "
            "is below the minimum of $2,500.00",
        ),
        (
            "applicant_limit",
            "applicant limit binds: $3,000.00 for each, of which $9,000.00 is owed already, which "
            "is below the minimum of $1,000.00",
        ),
    ]


def test_rates_are_base_and_spread_up_to_the_ceiling():
    table = applicants([(1000, 0)] * 4, grade=["A", "B", "C", "?"])
    rate = {"base": "0.03", "ceiling": "4.5%", "spread": {"A": "0", "B": "0.01", "*": "0.05"}}
    result = run(table, policy(rate=rate))
    assert result.table.column("rate").to_pylist() == [0.03, 0.04, 0.045, 0.045]
    assert result.warnings == (
        "2 applicants would pay more than fund.rate.ceiling, by their grade: their rate is 4.5%",
    )


def test_a_refusal_has_no_rate():
    result = run(applicants([(1900, 1200)]), policy())
    assert result.table.column("rate").to_pylist() == [None]
    assert result.table.column("approved").to_pylist() == [False]


def test_every_limit_that_binds_is_named_with_its_numbers():
    rows = [(6000, 1000), (6000, 5000), (6000, 1000)]
    table = applicants(rows, segment=["x", "x", "y"], pd=["0.1"] * 3, lgd=["0.5"] * 3)
    result = run(
        table,
        policy(
            0.0,
            budget="9500.00",
            segments={"x": {"max_share": "4000.00"}},
            expected_loss_budget="455.55",
        ),
    )
    loans = granted(result)
    assert sum(loans) == 9000
    assert loans[1] == 0
    code, text = reasons(result)[1]
    assert code == "segment_limit"
    assert text.startswith("segment limit binds: of $4,000.00 for segment x, $")
    assert "would need $244.45 more expected-loss budget: $5.55 is left" in text
    assert text.endswith("the fund is used up: $500.00 is left and $5,000.00 is needed")


@pytest.mark.parametrize(
    ("fund", "code", "text"),
    [
        (
            {"expected_loss_budget": "120.00"},
            "expected_loss",
            "would need $30.00 more expected-loss budget: $20.00 is left and $50.00 is needed",
        ),
        (
            {"segments": {"x": {"max_share": "31.25%"}}},
            "segment_limit",
            "segment limit binds: of $2,500.00 for segment x, $500.00 is left and $1,000.00 is "
            "needed",
        ),
        (
            {"budget": "2000.00"},
            "fund_used_up",
            "the fund is used up: $0.00 is left and $1,000.00 is needed",
        ),
        (
            {"budget": "2700.50"},
            "fund_used_up",
            "the fund is used up: $700.50 is left and $1,000.00 is needed",
        ),
    ],
)
def test_a_cut_names_what_binds(fund, code, text):
    table = applicants([(9000, 1000)], segment=["x"], pd=["0.1"], lgd=["0.5"])
    result = run(table, policy(**{"budget": "8000.00", **fund}))
    assert granted(result) == [2000]
    assert reasons(result) == [(code, text)]


def test_expected_loss_is_exact():
    """Ten loans of 0.1 of loss each are 1, which ten floats are not."""
    table = applicants([(1, 1)] * 10, pd=["0.1"] * 10, lgd=["1"] * 10)
    chosen = policy(unit="1.00", budget="10.00", expected_loss_budget="$1.00")
    result = run(table, chosen)
    assert sum(granted(result)) == 10
    less = run(table, chosen.replace(expected_loss_budget="$0.99999999"))
    assert sum(granted(less)) == 9
    facts = less.certificate.figures
    assert (facts["expected_loss"], facts["expected_loss_budget"]) == ("$0.90", "$0.99999999")


def test_floors_that_cannot_be_met_say_what_would_help():
    table = applicants(
        [(3000, 1000), (2000, 1000), (9000, 9000), (900, 100)],
        segment=["x", "x", "x", "y"],
        score=["5", "5", "5", "5"],
        pd=["0.5"] * 4,
        lgd=["0.5"] * 4,
    )
    chosen = policy(segments={"x": {"min_share": "60%", "max_share": "80%"}})
    with pytest.raises(al.InfeasibleError) as error:
        run(table, chosen)
    assert str(error.value) == (
        "segment x must have at least $6,000.00 (fund.segments.x.min_share), and the 2 of its 3 "
        "applicants who can have a loan (left out: 1 with a minimum above what a limit allows) "
        "can take $5,000.00 at the most, $1,000.00 less: lower its min_share, or let more of them "
        "in"
    )
    assert error.value.details["can_take_cents"] == 500_000
    with pytest.raises(al.InfeasibleError, match="left out: 1 no_whole_unit"):
        run(table, policy(segments={"y": {"min_share": "1%"}}))
    risky = policy(segments={"x": {"min_share": "50%"}}, expected_loss_budget="1000.00")
    with pytest.raises(al.InfeasibleError) as error:
        run(table, risky)
    assert str(error.value) == (
        "the floors of segment x need an expected loss of at least $1,250.00, and "
        "fund.expected_loss_budget is $1,000.00: raise it to $1,250.00 or more, or lower a "
        "min_share"
    )


def test_floors_that_round_up_beyond_the_fund():
    table = applicants([(9000, 0)] * 2, segment=["x", "y"])
    halves = {"x": {"min_share": "50%"}, "y": {"min_share": "50%"}}
    with pytest.raises(al.InfeasibleError) as error:
        run(table, policy(budget="3000.00", segments=halves))
    assert str(error.value) == (
        "the floors of the segments, raised to whole units, are $4,000.00, and the fund lends "
        "$3,000.00 in whole units: lower a fund.segments min_share or fund.unit"
    )


def test_what_only_the_solver_finds_infeasible_is_told_in_the_policys_words():
    table = applicants([(4000, 4000), (4000, 4000)], segment=["x", "x"])
    chosen = policy(segments={"x": {"min_share": "50%", "max_share": "70%"}})
    with pytest.raises(al.InfeasibleError) as error:
        run(table, chosen)
    assert str(error.value) == (
        "no loans of whole units, each zero or at least its minimum, meet all limits together: "
        "fund at most $10,000.00; segment x at least $5,000.00 and at most $7,000.00. Lower a "
        "fund.segments min_share or fund.unit"
    )
    risky = table.append_column("pd", [["0.1"] * 2]).append_column("lgd", [["0.5"] * 2])
    with pytest.raises(al.InfeasibleError, match=r"or raise fund\.expected_loss_budget$"):
        run(risky, chosen.replace(expected_loss_budget="5%"))


def test_a_segment_that_nobody_is_in_is_told():
    table = applicants([(1000, 0)], segment=["retail"])
    result = run(table, policy(segments={"retial": {"max_share": "10%"}}))
    assert result.warnings == (
        "nobody is in the segment 'retial' of the policy; there is 'retail'",
    )


def test_a_segment_spelled_otherwise_is_told_to_be_without_a_limit():
    table = applicants([(2000, 0)] * 3, segment=["retail", "Retail ", "other"])
    result = run(table, policy(segments={"retail": {"max_share": "10%"}}))
    assert granted(result) == [1000, 2000, 2000]
    assert result.warnings == (
        "the segment 'Retail ' has no limit: the policy's is 'retail', spelled otherwise",
    )


def test_one_month_and_one_tenor():
    result = run(applicants([(1000, 0)], tenor_months=[1]), policy(tenors=(12, 12)))
    assert reasons(result) == [("tenor_not_offered", "the tenor of 1 month is not offered: 12 is")]


def test_a_check_tells_floors_that_cannot_be_met():
    table = applicants([(5000, 1000)] * 2, segment=["x", "y"])
    with pytest.raises(al.InfeasibleError, match=r"segment x must have at least \$6,000.00"):
        check(table, policy(segments={"x": {"min_share": "60%"}}))


def test_figures_of_expected_loss_add_up_in_whole_cents():
    table = applicants([(3000, 3000), (3000, 3000)], pd=["0.0100045"] * 2, lgd=["0.5"] * 2)
    result = run(table, policy(expected_loss_budget="15.13665"))
    assert sorted(reasons(result)) == [
        (
            "expected_loss",
            "would need $14.88 more expected-loss budget: $0.12 is left and $15.00 is needed",
        ),
        ("granted_in_full", "granted in full"),
    ]
    enough = run(table, policy(expected_loss_budget="30.0166"))
    assert granted(enough) == [3000, 3000]
