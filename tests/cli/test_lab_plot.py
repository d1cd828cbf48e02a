"""``allocator lab plot``: pictures and their numbers from runs."""

import csv
import io

import pytest

import allocator as al
from allocator.report.figures import NAMES


@pytest.fixture
def two(home):
    al.allocate(home / "users.parquet", home / "other.toml").save(home / "other")
    return ("run", "other")


@pytest.mark.parametrize(("out", "start"), [("a.png", b"\x89PNG"), ("b.svg", b"<?xml")])
def test_one_figure(cli, home, two, out, start):
    said = cli("lab", "plot", *two, "--figure", "recovery", "--out", out)
    assert said.code == 0, said.err
    assert said.out == ""
    assert f"wrote {out}: Those who lost least get back " in said.err
    assert (home / out).read_bytes().startswith(start)


def test_the_numbers_behind_a_figure(cli, home, two):
    said = cli("lab", "plot", *two, "--figure", "people", "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    runs = [al.load_allocation(home / each) for each in two]
    assert sum(int(row["total_cents"]) for row in rows) == sum(
        run.certificate.spent_cents for run in runs
    )
    cli("lab", "plot", *two, "--figure", "people", "--csv", "--out", "people.csv")
    assert (home / "people.csv").read_text() == said.out


def test_all_figures_into_a_folder(cli, home, two):
    said = cli("lab", "plot", *two)
    assert said.code == 0, said.err
    assert "left out cliffs: Too few users stand near a line" in said.err
    assert "left out frontier: it needs --users USERS" in said.err
    made = {path.stem for path in (home / "figures").glob("*.png")}
    assert made | {"cliffs", "gainers"} == set(NAMES)  # of these there are too few users
    one = cli("lab", "plot", "run", "--csv", "--out", "numbers", "--users", "users.parquet")
    assert "left out gainers: Gainers and losers need a second policy" in one.err
    made = {path.stem for path in (home / "numbers").glob("*.csv")}
    assert made | {"cliffs"} == {*NAMES, "frontier"} - {"gainers"}


def test_with_users_the_tornado_has_all_that_was_assumed(cli, two):
    few = cli("lab", "plot", two[0], "--figure", "tornado", "--csv").out
    many = cli(
        "lab", "plot", two[0], "--figure", "tornado", "--csv", "--users", "users.parquet"
    ).out
    assert "weights.loss_exponent" in many
    assert "weights.loss_exponent" not in few


def test_gainers_need_a_second_run(cli, home, two):
    said = cli("lab", "plot", two[0], "--figure", "gainers", "--out", "gainers.png")
    assert said.code == 2
    assert "--figure gainers compares policies: name a second run, too" in said.err
    assert not (home / "gainers.png").exists()


def test_frontier_of_two_policies(cli, home, two):
    said = cli("lab", "plot", *two, "--figure", "frontier", "--users", "users.parquet")
    assert said.code == 0, said.err
    assert (home / "frontier.png").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["run", "--figure", "pie"], "there is no figure 'pie'; there are money, awards, "),
        (["run", "--figure", "frontier"], "give --users USERS, too"),
        (["nowhere", "--figure", "money"], "there is no run nowhere"),
        (["run", "--figure", "money", "--out", "a.gif"], "a figure is a .png or .svg file"),
        (["run", "--figure", "money", "--csv", "--out", "a.png"], "the numbers are a .csv file"),
        (["run", "--out", "a.png"], "all figures need a folder; one needs --figure NAME"),
        ([], "Missing argument 'DIR...'"),
    ],
)
def test_what_does_not_fit_is_told(cli, args, said):
    told = cli("lab", "plot", *args)
    assert told.code == 2
    assert said in told.err


def test_a_run_that_few_differ_in_is_left_out(cli, home):
    users = home / "users.parquet"
    run = al.load_allocation(home / "run")
    ids = run.awards.user_id[run.awards.eligible].tolist()[:3]
    policy = run.policy.replace({"eligibility.exclude": {"user_id": ids}, "name": "Without three"})
    al.allocate(users, policy).save(home / "few")
    said = cli("lab", "plot", "run", "few", "--figure", "money", "--csv")
    name = run.policy.name
    assert f"left out Without three: beside {name} it would tell what fewer than ten" in said.err
    assert "Without three" not in said.out
