"""The combined page, the comparison, and the cliff between compensation and vouchers."""

import html
import re

import pyarrow as pa
import pytest

import allocator as al
from allocator.data.write import write_csv, write_parquet
from allocator.errors import DataError
from allocator.programs.initiative.cliff import forfeits
from tests.programs.initiative.small import FILE, VOUCHERS, fill

N = 1500


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """1,500 simulated users, positions and applicants of some of them; two rules between."""
    home = fill(tmp_path_factory.mktemp("large"))
    write_parquet(home / "users.parquet", al.simulate_users(N, seed=2).table)
    positions = al.simulate_positions(700, seed=3, users=N)
    write_parquet(home / "positions.parquet", positions.table)
    applicants = al.simulate_applicants(60, seed=4).table
    ids = pa.array([f"u{3 * i + 1}" for i in range(60)])
    write_parquet(home / "applicants.parquet", applicants.append_column("user_id", ids))
    (home / "vouchers.toml").write_text(VOUCHERS.replace("600.00", "300000.00"))
    depeg = (home / "depeg.toml").read_text().replace("1000.00", "900000.00")
    (home / "depeg.toml").write_text(depeg)
    loans = (home / "loans.toml").read_text().replace("20000.00", "2000000.00")
    (home / "loans.toml").write_text(loans)
    text = FILE.replace(".csv", ".parquet")
    (home / "announced.toml").write_text(text)
    netted = text.replace('["depeg"]', '["depeg"]\ncompensated = "netted"')
    (home / "netted.toml").write_text(netted.replace("Together", "Netted"))
    return home


@pytest.fixture(scope="module")
def announced(large):
    return al.run_initiative(large / "announced.toml")


@pytest.fixture(scope="module")
def netted(large):
    return al.run_initiative(large / "netted.toml")


def text_of(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page[page.index("<main") :])).split())


def written(result, path, other=None):
    result.report(path, other)
    return path.read_text(encoding="utf-8")


def test_the_page(announced, netted, tmp_path):
    page = written(announced, tmp_path / "page.html", netted)
    text = text_of(page)
    figures = announced.summary().to_dict()
    for part in figures["programs"]:
        assert f"{part['persons_with_something']:,}" in text
    assert "paid and" in text
    assert "lent;" in text
    assert "is left" in text
    assert "One cent of depeg pay forfeits a voucher" in text
    assert "users with depeg pay" in text
    assert "would have had a voucher worth more" in text
    assert "Compared with Netted" in text
    assert "persons are paid" in text
    assert "Whoever depeg pays has nothing from vouchers." in text
    assert "announced: users who received compensation are not eligible" in text
    assert "The ledger has everybody once" in text
    assert "SIMULATED" in page
    assert page == written(announced, tmp_path / "again.html", netted)


def test_the_page_needs_nothing_and_names_nobody(announced, netted, large, tmp_path):
    page = written(announced, tmp_path / "page.html", netted)
    assert not re.search(r"<(script|img|link|iframe)\b|https?://(?!www|cryptopotato)", page)
    assert str(large) not in page
    assert not re.search(r"\bu\d+\b|\ba\d+\b", text_of(page))
    assert len(page) < 100_000


def test_counts_of_few_are_withheld(home, tmp_path):
    result = al.run_initiative(home / "initiative.toml")  # of nine persons
    page = written(result, tmp_path / "page.html", result)
    text = text_of(page)
    assert "withheld paid and withheld lent; withheld is left" in text
    assert "and the rest would tell how many: they are withheld" in text
    for cents in result.ledger.column("total_cents").to_pylist():
        assert not cents or f"${cents / 100:,.2f}" not in text
    assert "$265.01" not in text
    assert "$440.00" not in text
    assert "Fewer than 10 persons" in text


def test_what_flows_on_from_few_is_withheld(make, tmp_path):
    result = al.run_initiative(make(between={"left_over": {"depeg": "vouchers"}}))
    text = text_of(written(result, tmp_path / "page.html"))
    assert "What depeg leaves over is added to the budget of vouchers." in text
    assert "between.left_over : set by this initiative" in text
    assert "between.budget : assumed: " in text
    assert "734.99" not in text
    assert "1,334.99" not in text


def test_without_rules_it_says_so(make, tmp_path):
    result = al.run_initiative(make({"compensated_by": []}))
    assert "There are none: every program is by itself." in text_of(
        written(result, tmp_path / "page.html")
    )
    assert not list(forfeits(result))


def test_who_loses_by_having_been_paid(announced, netted):
    (program, finding), *others = forfeits(announced)
    assert (program, others) == ("vouchers", [])
    depeg = announced.programs["depeg"].awards
    pay = dict(zip(depeg["user_id"], depeg["award_cents"], strict=True))
    policy = announced.programs["vouchers"].policy.replace(exclude_already_compensated=False)
    free = al.allocate(announced.steps[1].prepared, policy).awards
    worse = sum(
        0 < pay.get(user, 0) < cents
        for user, cents in zip(free["user_id"], free["award_cents"], strict=True)
    )
    assert finding.number == worse > 10
    assert not list(forfeits(netted))


def test_no_cliff_is_told_where_it_cannot_be(home, make):
    write_csv(
        home / "users.csv",
        pa.table({"user_id": ["ann", "cy"], "liquidation_loss": [90, 90], "net_assets": [90, 90]}),
    )
    (home / "vouchers.toml").write_text(VOUCHERS.replace("600.00", "4.00"))
    result = al.run_initiative(make())  # with ann in, two minima would be more than the budget
    assert not list(forfeits(result))


def test_the_comparison(announced, netted):
    found = al.compare_initiatives(announced, netted)
    before, after = (
        dict(
            zip(*(each.ledger.column(n).to_pylist() for n in ("person", "paid_cents")), strict=True)
        )
        for each in (announced, netted)
    )
    change = [after[person] - before[person] for person in before]
    assert found.gainers == sum(each > 0 for each in change)
    assert found.losers == sum(each < 0 for each in change)
    assert found.gained_cents - found.lost_cents == sum(change)
    assert found.gainers + found.losers + found.same == len(change)
    lines = str(found).splitlines()
    assert lines[0] == "Together, then Netted"
    assert lines[2].split() == ["program", "spent", "then", "change", "persons", "then"]
    assert found.to_dict()["programs"][1]["name"] == "vouchers"


def test_programs_that_only_one_has(announced, large, home):
    text = (large / "announced.toml").read_text()
    (large / "short.toml").write_text(text[: text.rindex("[[programs]]")])
    short = al.run_initiative(large / "short.toml")
    row = str(al.compare_initiatives(announced, short)).splitlines()[5].split()
    assert row[0] == "loans"
    assert row[2] == "-"
    assert row[-1] == "-"
    with pytest.raises(DataError, match="no person in common"):
        al.compare_initiatives(announced, al.run_initiative(home / "initiative.toml"))
