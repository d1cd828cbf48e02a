"""Commands that look at positions and applicants without running anything: check, health, data."""

import json
import sys

import pytest

import allocator as al
from allocator.cli import main
from allocator.data.write import write_parquet

DEPEG = """\
schema_version = 1
kind = "depeg"
name = "Depeg"
claims.reference_price = { USDE = "0.9999", BNSOL = "200.00", WBETH = "4150.00" }
award.budget = "100000.00"
"""
LOAN = """\
schema_version = 1
kind = "loan"
name = "Loans"
fund.min_score = 600
fund.segments.trader.max_share = "30%"
fund.segments.nobody.max_share = "30%"
fund.rate = { base = "0.03", ceiling = "0.05", spread = { E = "0.04", "*" = "0.00" } }
"""
VOUCHERS = """\
schema_version = 1
name = "Vouchers"
award.budget = "100000.00"
eligibility.exclude_already_compensated = false
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    write_parquet(folder / "positions.parquet", al.simulate_positions(300, seed=1, users=200).table)
    write_parquet(folder / "applicants.parquet", al.simulate_applicants(200, seed=1).table)
    write_parquet(folder / "users.parquet", al.simulate_users(200, seed=1).table)
    for name, text in (("depeg", DEPEG), ("loan", LOAN), ("vouchers", VOUCHERS)):
        (folder / f"{name}.toml").write_text(text)
    al.allocate(folder / "users.parquet", folder / "vouchers.toml").save(folder / "vouchers")
    return folder


@pytest.fixture
def cli(home, monkeypatch, capsys):
    monkeypatch.chdir(home)

    def give(*args):
        monkeypatch.setattr(sys, "argv", ["allocator", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return give


def test_check_counts_users_of_positions_as_the_run_does(cli, home):
    before = sorted(home.iterdir())
    code, out, err = cli("check", "positions.parquet", "--policy", "depeg.toml")
    assert (code, err) == (0, "")
    result = al.run_program(home / "positions.parquet", home / "depeg.toml")
    figures = result.summary().to_dict()
    lines = out.splitlines()
    users = len(result)
    assert lines[0] == f"300 positions of {users} users read, no bad rows. By policy 'Depeg':"
    eligible = figures["reasons"]["eligible"]
    assert lines[1] == f"{eligible:>12,} the claim is compensated (eligible)"
    claims = result.certificate.figures["claims_cents"]
    told = f"claims of ${claims / 100:,.2f}; the budget of $100,000.00 does not cover that"
    assert told in lines
    assert f"warning: {result.warnings[0]}" in lines
    assert sorted(home.iterdir()) == before
    found = json.loads(cli("check", "positions.parquet", "--policy", "depeg.toml", "--json")[1])
    assert {code: n for code, n in found["reasons"].items() if n} == figures["reasons"]
    assert sum(found["reasons"].values()) == found["users"] == users
    assert (found["claims_cents"], found["budget_cents"]) == (claims, 10_000_000)
    assert found["warnings"] == list(result.warnings)


def test_check_says_what_caps_leave(cli, home):
    (home / "capped.toml").write_text(DEPEG + 'award.maximum = "10.00"\n')
    _, out, _ = cli("check", "positions.parquet", "--policy", "capped.toml")
    assert " at most is paid; the budget of $100,000.00 covers that" in out


def test_check_counts_applicants_as_the_run_does(cli, home):
    code, out, err = cli("check", "applicants.parquet", "--policy", "loan.toml")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "200 applicants read, no bad rows. By policy 'Loans':"
    result = al.run_program(home / "applicants.parquet", home / "loan.toml")
    refused = result.summary().to_dict()["refused_reasons"]["score_below_minimum"]
    assert refused
    assert f"{200 - refused:>12,} would be considered (considered)" in lines
    assert f"{refused:>12,} scored below the minimum (score_below_minimum)" in lines
    assert lines[3].startswith("in whole units they could have $")
    assert lines[3].endswith("; the fund has $100,000,000.00")
    assert [line.removeprefix("warning: ") for line in lines[4:]] == list(result.warnings)
    found = json.loads(cli("check", "applicants.parquet", "--policy", "loan.toml", "--json")[1])
    assert found["reasons"]["considered"] == 200 - refused
    assert found["asked_cents"] >= found["minima_cents"] > 0


def test_check_tells_bad_rows(cli, home):
    (home / "bad.csv").write_text(
        "user_id,asset,quantity,liquidation_price,time,account_type\n"
        "ann,USDE,-1,0.5,2025-10-10T21:50:00Z,margin\nbob,USDE,1,0.5,2025-10-10T21:50:00Z,margin\n"
    )
    code, _, err = cli("check", "bad.csv", "--policy", "depeg.toml")
    assert code == 3
    assert "bad.csv:2: quantity is negative" in err


def test_health_tells_who_forfeits_a_voucher(cli, home):
    give = ("lab", "health", "positions.parquet", "--policy", "depeg.toml", "--vouchers")
    code, out, err = cli(*give, "vouchers")
    assert (code, err) == (0, "")
    from allocator.programs.depeg.health import depeg_health

    paid = al.run_program(home / "positions.parquet", home / "depeg.toml")
    due = depeg_health(paid, al.load_allocation(home / "vouchers"))
    assert out.splitlines() == [
        f"{due.severity}: {due.sentence}",
        f"  {due.example}",
        f"  {due.remedy}",
    ]
    assert "of users.parquet: depeg pay of $" in out
    assert json.loads(cli(*give, "vouchers", "--json")[1]) == due.to_dict()
    assert cli(*give, "none")[0] == 2


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["positions.parquet", "--policy", "depeg.toml"], "give --vouchers DIR, and not --by"),
        (["applicants.parquet", "--policy", "loan.toml"], "no health checks of a policy of kind l"),
        (["users.parquet", "--vouchers", "vouchers"], "--vouchers is for policies of kind depeg"),
    ],
)
def test_health_of_what_has_none(cli, args, told):
    code, _, err = cli("lab", "health", *args)
    assert code == 2
    assert told in err


def test_simulated_tables_are_those_of_python_and_seeded(cli, home):
    made = (
        (["depeg", "--positions", 40, "--users", 9], "positions", {"user_id", "asset"}),
        (["loan", "--applicants", 40], "applicants", {"applicant_id", "requested"}),
        (["voucher", "--users", 40], "users", {"user_id", "liquidation_loss"}),
    )
    for kind, noun, names in made:
        files = []
        for seed in (3, 3, 4):
            path = home / f"simulated-{seed}.csv"
            code, out, err = cli("data", "simulate", "--kind", *kind, "--seed", seed, "--out", path)
            assert (code, out) == (0, "")
            assert err.startswith(f"40 simulated {noun} in {path}\n{path.name} cannot say that it")
            files.append(path.read_bytes())
        assert files[0] == files[1] != files[2]
        assert names <= set(files[0].decode().splitlines()[0].split(","))


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--kind", "depeg", "--users", "5"], "--kind depeg needs --positions N"),
        (["--kind", "loan"], "--kind loan needs --applicants N"),
        ([], "--kind voucher needs --users N"),
        (["--kind", "loan", "--applicants", "5", "--users", "5"], "--users is not for --kind loan"),
        (["--users", "5", "--positions", "5"], "--positions is not for --kind voucher"),
    ],
)
def test_what_cannot_be_simulated(cli, args, told):
    code, _, err = cli("data", "simulate", *args, "--out", "x.csv")
    assert code == 2
    assert told in err
