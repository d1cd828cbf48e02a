"""What an initiative comes to: who is paid by which program, and what the rules between them do."""

import pyarrow as pa
import pytest

import allocator as al
from allocator.data.write import write_csv
from allocator.errors import DataError, InfeasibleError, VerificationError
from allocator.programs.initiative import evidence, run
from allocator.programs.initiative.result import InitiativeResult
from tests.programs.initiative.small import APPLICANTS, PAY, USERS, VOUCHERS, cents


def test_who_was_compensated_is_not_eligible(home):
    result = al.run_initiative(home / "initiative.toml")
    pay = cents(result, "depeg")
    assert {name: pay[name] for name in PAY} == PAY
    vouchers = cents(result, "vouchers")
    reasons = result.programs["vouchers"].awards.set_index("user_id")["reason"]
    assert vouchers["ann"] == vouchers["bob"] == 0
    assert reasons["ann"] == reasons["bob"] == "already_compensated"
    assert reasons["gil"] == "loss_below_minimum"  # in the depeg table, but paid nothing there
    assert sum(vouchers.values()) == result.programs["vouchers"].certificate.spent_cents == 44_000
    assert set(pay) == {*USERS["user_id"], "zoe", "hal"}
    loans = cents(result, "loans")
    assert loans["cy"] + loans["ann"] + loans["hal"] == 2_000_000
    assert cents(result, "paid")["ann"] == 25_000
    assert cents(result, "total")["ann"] == 25_000 + loans["ann"]
    certificate = result.certificate
    assert certificate.ok
    assert certificate.status == "complete"
    assert list(certificate.checks) == [
        *("program:depeg", "program:vouchers", "program:loans"),
        *("ledger", "budgets", "compensated"),
    ]
    assert "Nobody whom a program compensated" in " ".join(certificate.proves)
    assert "the same person has the same id" in " ".join(certificate.does_not_prove)


def test_or_what_was_paid_is_taken_off_the_loss(make):
    result = al.run_initiative(make({"compensated": "netted"}))
    awards = result.programs["vouchers"].awards.set_index("user_id")
    assert {name: float(awards["loss"][name]) for name in USERS["user_id"]} == {
        **dict(zip(USERS["user_id"], map(float, USERS["liquidation_loss"]), strict=True)),
        "ann": 150.0,
        "bob": 285.0,
    }
    assert cents(result, "vouchers")["bob"] > 0
    assert result.certificate.checks["netted"]


def test_tables_that_name_persons_differently_are_a_warning(home, make):
    assert "none of the" not in str(al.run_initiative(make()).summary())
    table = {**USERS, "user_id": [each.upper() for each in USERS["user_id"]]}
    write_csv(home / "users.csv", pa.table(table))
    assert (
        "warning: vouchers: none of the 3 whom depeg pays is in its table: check that both tables "
        "name persons alike (programs.person)\n"
    ) in str(al.run_initiative(make()).summary())


def test_a_loss_is_never_below_zero(home, make):
    table = {**USERS, "liquidation_loss": ["200", *USERS["liquidation_loss"][1:]]}
    write_csv(home / "users.csv", pa.table(table))
    result = al.run_initiative(make({"compensated": "netted"}))
    awards = result.programs["vouchers"].awards.set_index("user_id")
    assert float(awards["loss"]["ann"]) == 0.0
    assert result.certificate.ok


def test_a_known_compensation_stays(home):
    table = {**USERS, "already_compensated": ["false", "false", "true", *["false"] * 4]}
    write_csv(home / "users.csv", pa.table(table))
    reasons = al.run_initiative(home / "initiative.toml").programs["vouchers"].awards["reason"]
    assert reasons.tolist()[:3] == ["already_compensated"] * 3


def test_nobody_gets_more_than_the_cap_across_programs(make):
    plain = al.run_initiative(make({"compensated": "netted"}))
    result = al.run_initiative(make({"compensated": "netted"}, {"max_per_person": "260.00"}))
    paid = cents(result, "paid")
    assert max(cents(plain, "paid").values()) > 26_000
    assert max(paid.values()) == 26_000 == paid["ann"]
    assert cents(result, "depeg")["ann"] == 25_000
    awards = result.programs["vouchers"].awards.set_index("user_id")
    assert awards["award_cap_cents"]["ann"] == 1_000
    assert awards["binding"]["ann"] == "own_cap"
    assert result.certificate.checks["caps"]
    assert "Nobody gets more than $260.00 from depeg, vouchers together." in (
        result.certificate.proves
    )


def test_whose_cap_is_below_the_minimum_has_none(make):
    result = al.run_initiative(make({"compensated": "netted"}, {"max_per_person": "250.01"}))
    awards = result.programs["vouchers"].awards.set_index("user_id")
    assert awards["reason"]["ann"] == "cap_below_minimum"
    said = result.explain("ann")
    assert "depeg: ann: $250.00. The claim" in said
    assert "may get at most $0.01, and the smallest voucher is $4.00" in said
    assert "loans: a2: " in said


def test_a_cap_also_holds_the_first_program(make):
    result = al.run_initiative(make(between={"max_per_person": "100.00"}))
    assert cents(result, "depeg")["ann"] == 10_000
    assert "this user may get no more than $100.00 (columns.award_cap)" in result.explain("ann")
    assert max(cents(result, "paid").values()) == 10_000
    assert cents(result, "loans")["ann"] > 10_000  # a loan is paid back, and does not count


def test_a_cap_that_nobody_reaches_changes_nothing(make):
    plain, capped = (
        al.run_initiative(make(between=each))
        for each in ({}, {"max_per_person": "10000.00", "counts": ["vouchers"]})
    )
    assert capped.ledger == plain.ledger
    assert "award_cap" not in capped.programs["vouchers"].policy.columns


def test_own_caps_of_a_table_hold_beside_the_initiatives(home, make):
    (home / "vouchers.toml").write_text(VOUCHERS + '[columns]\naward_cap = "most"\n')
    write_csv(home / "users.csv", pa.table({**USERS, "most": [None, None, "20", *[None] * 4]}))
    result = al.run_initiative(make({"compensated": "netted"}, {"max_per_person": "260.00"}))
    vouchers = cents(result, "vouchers")
    assert vouchers["cy"] == 2_000
    assert vouchers["ann"] == 1_000


def test_own_caps_of_positions_hold_beside_the_initiatives(home, make):
    text = (home / "depeg.toml").read_text() + '[columns]\naward_cap = "most"\n'
    (home / "depeg.toml").write_text(text)
    table = (home / "positions.csv").read_text().splitlines()
    table = [
        line + end for line, end in zip(table, [",most", ",", ",7", ",6", ",", ","], strict=True)
    ]
    (home / "positions.csv").write_text("\n".join(table) + "\n")
    result = al.run_initiative(make(between={"max_per_person": "100.00"}))
    assert cents(result, "depeg")["bob"] == 600
    assert cents(result, "depeg")["ann"] == 10_000


def test_what_is_left_over_flows_on(make):
    result = al.run_initiative(make(between={"left_over": {"depeg": "vouchers"}}))
    depeg, vouchers, _ = (each.purse for each in result.steps)
    assert depeg.left == 100_000 - 26_501
    assert vouchers.budget == 60_000 + depeg.left
    assert "What depeg leaves over, $734.99, is added to the budget of vouchers." in str(
        result.summary()
    )


def test_a_shared_budget_is_used_in_order(make):
    result = al.run_initiative(make(between={"budget": "300.00"}))
    depeg, vouchers, loans = (each.purse for each in result.steps)
    assert (depeg.budget, depeg.spent) == (30_000, 26_501)
    assert (vouchers.budget, vouchers.spent) == (3_499, 3_499)
    assert loans.shared_left is None
    assert "what was left of the shared budget" in " ".join(result.certificate.proves)
    with pytest.raises(InfeasibleError) as error:
        al.run_initiative(make(between={"budget": "265.01"}))
    assert str(error.value).startswith(
        "vouchers: $0.00 of the shared budget is left for it, which is less than one unit: raise "
        "between.budget"
    )


def test_what_goes_wrong_in_a_program_has_its_name(home):
    (home / "vouchers.toml").write_text(VOUCHERS.replace("600.00", "5.00"))
    with pytest.raises(InfeasibleError, match=r"^vouchers: the minimum of \$4.00"):
        al.run_initiative(home / "initiative.toml")
    (home / "positions.csv").write_text("user_id,asset\na,b\n")
    with pytest.raises(DataError, match=r"(?s)^depeg: .*has no columns 'quantity'"):
        al.run_initiative(home / "initiative.toml")
    (home / "users.csv").write_text("")
    with pytest.raises(DataError, match=r"^vouchers: .*users.csv"):
        al.run_initiative(home / "initiative.toml")


def test_bad_rows_are_told_by_the_lines_of_the_table_itself(home):
    table = {**USERS, "liquidation_loss": ["400", "x", *USERS["liquidation_loss"][2:]]}
    write_csv(home / "users.csv", pa.table(table))
    with pytest.raises(DataError) as error:
        al.run_initiative(home / "initiative.toml")
    assert error.value.rows[0]["line"] == 3
    assert error.value.rows[0]["file"] == str(home / "users.csv")
    assert str(error.value).startswith("vouchers: ")


def applicants(home, **changes):
    table = {**APPLICANTS, **changes}
    write_csv(home / "applicants.csv", pa.table({k: v for k, v in table.items() if v}))


def test_who_somebody_is(home):
    applicants(home, user_id=None)
    with pytest.raises(DataError) as error:
        al.run_initiative(home / "initiative.toml")
    assert (
        "has no column 'user_id', which says who somebody is; it has 'applicant_id', 'requested', "
        "'minimum', 'tenor_months'. Name another one as the program's person"
    ) in str(error.value)
    applicants(home, applicant_id=["a1", "a1", "a2"])
    with pytest.raises(DataError, match=r"user_id differs from that of the same applicant_id on"):
        al.run_initiative(home / "initiative.toml")
    applicants(home, user_id=["cy", None, "hal"])
    with pytest.raises(DataError, match="user_id is missing"):
        al.run_initiative(home / "initiative.toml")
    applicants(home, user_id=["cy", "cy", "hal"])
    result = al.run_initiative(home / "initiative.toml")
    loans = result.programs["loans"].awards["granted_cents"]
    assert cents(result, "loans")["cy"] == loans[0] + loans[1]
    assert result.explain("cy").count("loans: a") == 2
    with pytest.raises(DataError, match="there is no person 'nobody' among the 9"):
        result.explain("nobody")


def accounts(home):
    """Give every user a person: ann and bob are one."""
    person = ["p1", "p1", *(f"p{i}" for i in range(2, 7))]
    write_csv(home / "users.csv", pa.table({**USERS, "who": person}))
    rows = (home / "positions.csv").read_text().splitlines()
    ends = [",who", ",p1", ",p1", ",p1", ",p6", ",p9"]
    rows = [row + end for row, end in zip(rows, ends, strict=True)]
    (home / "positions.csv").write_text("\n".join(rows) + "\n")
    applicants(home, who=["p2", "p1", "p8"])


def test_persons_with_several_accounts(home, make):
    accounts(home)
    result = al.run_initiative(make(person="who"))
    assert cents(result, "depeg")["p1"] == 26_500
    assert cents(result, "vouchers")["p1"] == 0
    with pytest.raises(DataError) as error:
        al.run_initiative(make({"compensated": "netted"}, person="who"))
    assert str(error.value).startswith(
        "vouchers: in its table more than one id belongs to the same person, for 1 of them, and "
        "what is netted from a loss is what one person has: give every person one row"
    )
    only_vouchers = {"max_per_person": "90.00", "counts": ["vouchers"]}
    with pytest.raises(DataError, match=r'or set award\.per = "who" in its policy'):
        al.run_initiative(make({"compensated_by": []}, only_vouchers, person="who"))
    (home / "vouchers.toml").write_text(VOUCHERS + 'per = "who"\n')
    result = al.run_initiative(make({"compensated_by": []}, only_vouchers, person="who"))
    assert cents(result, "vouchers")["p1"] == 9_000
    assert result.certificate.ok


def test_one_column_and_one_program(home):
    (home / "initiative.toml").write_text(
        'schema_version = 1\nname = "One"\n[[programs]]\nname = "only"\npolicy = "vouchers.toml"\n'
        'input = "users.csv"\n'
    )
    result = al.run_initiative(home / "initiative.toml")
    alone = al.allocate(home / "users.csv", home / "vouchers.toml")
    assert list(cents(result, "only").values()) == alone.awards["award_cents"].tolist()
    assert repr(result) == "InitiativeResult('One': only, complete)"
    assert list(result.programs) == ["only"]


def test_numbers_and_text_are_the_same_id(home):
    numbers = list(range(1, 8))
    from allocator.data.write import write_parquet

    write_parquet(home / "users.parquet", pa.table({**USERS, "user_id": numbers}))
    text = (home / "positions.csv").read_text()
    for i, name in enumerate(USERS["user_id"], start=1):
        text = text.replace(f"{name},", f"{i},")
    (home / "positions.csv").write_text(text)
    path = home / "initiative.toml"
    path.write_text(path.read_text().replace("users.csv", "users.parquet"))
    result = al.run_initiative(path)
    assert cents(result, "depeg")["1"] == 25_000
    assert cents(result, "vouchers")["1"] == 0


@pytest.fixture
def done(make):
    between = {"max_per_person": "300.00", "budget": "1000.00"}
    return al.run_initiative(make({"compensated": "netted"}, between))


def broken(result, **columns):
    table = result.ledger
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, [values])
    return evidence.certify(result.initiative, result.steps, table)


def test_the_certificate_can_fail(done):
    depeg = done.ledger.column("depeg_cents").to_pylist()
    found = broken(done, depeg_cents=[depeg[0] + 1, depeg[1] - 1, *depeg[2:]])
    assert found.status == "failed"
    assert not found.proves
    assert "ledger: its column of depeg is not what depeg gave" in found.failures
    assert "ledger: its column paid_cents is not the sum of the others" in found.failures
    found = broken(done, depeg_cents=[depeg[0] + 1, *depeg[1:]])
    assert "its column of depeg adds up to $265.02, and depeg gave $265.01" in str(found.failures)
    persons = done.ledger.column("person").to_pylist()
    found = broken(done, person=[persons[1], *persons[1:]])
    assert "ledger: some persons have more than one row" in found.failures
    assert "ledger: it does not have the persons of the programs" in found.failures


def other_rules(result, make, **rules):
    """Certify the same runs under rules that they were not made by."""
    initiative = make(**rules)
    steps = []
    for step, program in zip(result.steps, initiative.programs, strict=True):
        values = {**vars(step), "program": program.model_copy(update={"person": "user_id"})}
        steps.append(type(step)(**values))
    return evidence.certify(initiative, tuple(steps), result.ledger)


def test_rules_that_were_not_kept_are_told(done, make):
    found = other_rules(
        done, make, vouchers={"compensated": "ineligible"}, between={"max_per_person": "250.00"}
    )
    assert "compensated: both depeg and vouchers paid 2 persons" in found.failures
    assert "caps: more than $250.00 goes to 2 persons, and up to $300.00" in found.failures
    assert "budgets: vouchers was run with $600.00, and $600.00 is due" not in found.failures
    found = other_rules(done, make, between={"budget": "300.00"})
    assert "budgets: vouchers was run with $600.00, and $34.99 is due" in found.failures
    assert any("budgets: vouchers gave" in said for said in found.failures)
    assert any("the shared budget is exceeded by" in said for said in found.failures)


def test_a_loss_that_was_not_netted_is_told(make):
    plain = al.run_initiative(make({"compensated_by": []}))
    found = other_rules(plain, make, vouchers={"compensated": "netted"})
    assert "netted: 2 losses of vouchers are not what is left of them" in found.failures


def test_a_result_that_fails_its_certificate_is_not_handed_out(home, monkeypatch):
    real = InitiativeResult.of

    def wrong(initiative, steps):
        from dataclasses import replace

        good = real(initiative, steps)
        return replace(good, certificate=replace(good.certificate, checks={"ledger": False}))

    monkeypatch.setattr(run.InitiativeResult, "of", wrong)
    with pytest.raises(VerificationError, match="which is a fault of this program"):
        al.run_initiative(home / "initiative.toml")
