import dataclasses
import inspect
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from itertools import permutations
from types import MappingProxyType

import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation.folder import save
from allocator.errors import AllocatorError, DataError, UnsupportedError
from allocator.report.calculator import script_hash
from allocator.report.figures import Plots
from allocator.report.report import render, report
from allocator.scenarios.findings import half_finding, money_finding

VOID = {"meta", "br", "img", "input", "link", "hr", "path", "use", "rect"}


class Page(HTMLParser):
    """Texts, tags and attributes of a page; complains about tags that do not match."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.texts, self.attributes = [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attr) for attr in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attr) for attr in attrs]

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.fixture(scope="module")
def one(some):
    return render([some.base])


@pytest.fixture(scope="module")
def two(some):
    return render([some.base, some.broad])


def test_the_first_screen_says_the_finding_and_what_is_assumed(some, one):
    summary, text = some.base.summary(), Page(one).text
    heading = re.search(r"<h1>(.*?)</h1>", one)[1]
    tables = some.base.plot.tables()
    assert heading == f"{half_finding(summary)} {money_finding(tables.users, tables.paid)}"
    for part in (
        "SIMULATED users",
        "$600,000.00",
        some.base.formula,
        "Only eligible people are paid.",
        "The awards add up to $600,000.00, to the cent.",
        "That the data are complete or true",
        f"share of losses paid back {summary.recovery:.1%}",
        "arithmetic verified yes 5 checks passed; they do not judge the rule",
        "Should users be in whose net assets were zero or less? Now: out (assumed)",
        "How much should small losses be favored (alpha)? Now: 1 (assumed) . Instead: 2 .",
        "to the tenth who lost most (",
        "assumed, to be decided",
    ):
        assert part in text, part
    assert re.findall("<h2[^>]*>(.*?)</h2>", one) == [
        "How an award is computed",
        "What would yours be?",
        "For the board to decide",
        "Checked",
        "Not checked",
        "What the policy says",
        "Who is in, and who fell out at each rule",
        "Where the money goes",
        "Where the policy can be gamed, jumps, or rests on assumptions",
        "What the certificate proves",
        "Words",
        "How to get the same again",
    ]


def test_the_page_is_small_and_asks_for_nothing(two):
    assert len(two.encode()) < 1_000_000
    assert re.findall("<script[^>]*>", two) == [
        '<script type="application/json" id="policies">',
        "<script>",
    ]
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src '{script_hash()}';" in two
    for tag, name, value in Page(two).attributes:
        if name in ("src", "href", "xlink:href", "action", "data", "srcset"):
            assert value.startswith("#") or tag == "a", (tag, name, value)
    assert "@import" not in two
    assert not re.search(r"url\((?!#)", two)


def test_tags_match_and_ids_are_unique(two):
    page = Page(two)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert page.tags.count("h1") == 1
    assert page.tags.count("table") == page.tags.count("caption")
    pictures = [value for _, name, value in page.attributes if (name, value) == ("role", "img")]
    labels = [v for _, name, v in page.attributes if name == "aria-label" and "axes" in v]
    assert len(pictures) == 6
    assert len(labels) == 2


def test_no_user_is_in_it(some):
    ids = [f"account-{k:06d}" for k in range(3000)]
    table = some.users.table.set_column(0, "user_id", pa.array(ids))
    page = render([al.allocate(table, some.base.policy)])
    assert "account-" not in page
    largest = max(some.base.table.column("loss").to_pylist())
    assert f"{largest:,.2f}" not in page


def test_equal_runs_give_equal_bytes(some, tmp_path):
    again = dataclasses.replace(al.allocate(some.users, some.base.policy), stages=some.base.stages)
    assert render([some.base, some.broad]) == render([again, some.broad])
    save(some.base, tmp_path / "run")
    report(tmp_path / "run", tmp_path / "a.html")
    report([al.load_allocation(tmp_path / "run")], tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_names_are_text_and_nothing_else(some):
    name = '<script>alert(1)</script> $\\frac{1}{2}$ & "q" {{ 7*7 }} {% raw %}'
    hostile = dataclasses.replace(
        some.base, policy=some.base.policy.replace(name=name), warnings=("<b>w</b>",)
    )
    other = dataclasses.replace(
        some.broad, policy=some.broad.policy.replace(name="<img src=x onerror=alert(1)>")
    )
    html = render([hostile, other])
    page = Page(html)
    assert page.tags.count("script") == 2
    assert not {"img", "b"} & set(page.tags)
    assert name in page.text
    assert "<b>w</b>" in page.text
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]


def test_a_failed_verification_comes_first(some):
    checks = MappingProxyType({**some.base.certificate.checks, "total": False})
    failed = dataclasses.replace(
        some.base.certificate, checks=checks, failures=("total: <1 cent> too much",)
    )
    html = render([dataclasses.replace(some.base, certificate=failed)])
    text = Page(html).text
    assert text.index("VERIFICATION FAILED") < text.index("Half of the")
    assert "Announced: total " in text
    assert "1 cent" not in text  # failures name rows and amounts of people
    assert "arithmetic verified NO" in text
    assert "to the cent. FAILED" in text
    assert "It would prove, had every check passed" in text


def test_checks_are_those_of_the_certificate_under_the_names_of_the_terminal(some, one):
    text = Page(one).text
    line = next(x for x in str(some.base.summary()).splitlines() if x.startswith("verified: "))
    places = [text.index(f"✓ {name} :") for name in line.removeprefix("verified: ").split(", ")]
    assert len(places) == len(some.base.certificate.checks)
    assert places == sorted(places)
    checks = MappingProxyType({**some.base.certificate.checks, "another": True})
    more = dataclasses.replace(some.base.certificate, checks=checks)
    text = Page(render([dataclasses.replace(some.base, certificate=more)])).text
    assert "✓ another" in text
    assert "6 checks passed" in text


def test_the_other_policy_is_compared(some, two):
    text = Page(two).text
    assert "Broad against Announced" in text
    first = text[: text.index("How an award is computed")]
    assert Plots([some.base, some.broad]).chart("gainers").title in first
    assert "objective.alpha 1 (assumed) 2 (set)" in text
    change = some.base.plot.tables()
    assert change.groups.basis in text
    assert "acts only by dividing the exponents" in text
    same = Page(render([some.base, some.base])).text
    assert "The policies mean the same." in same


def test_citations_are_links_and_everything_assumed_is_told(one):
    page = Page(one)
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    assert any(link.startswith("https://cryptopotato.com/") for link in links)
    assert "nothing was announced about ties" in page.text


def test_how_to_get_the_same_again_does(some, one, tmp_path, monkeypatch):
    lines = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", one, re.DOTALL)
    python, toml = (unescape(line) for line in lines)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(toml)
    scope = {}
    exec(python.replace("print", "str"), scope)  # as a reader would, but quietly
    assert scope["result"].table.equals(some.base.table)


def test_files_are_told_without_their_folders(some, tmp_path):
    path = tmp_path / "their users.csv"
    some.users.to_pandas().to_csv(path, index=False)
    run = al.allocate(path, some.base.policy)
    html = render([run])
    assert "their users.csv" in html
    assert "read_users(&#39;their users.csv&#39;)" in html
    assert run.sources[0].sha256 in html
    assert str(tmp_path) not in html
    assert "SIMULATED" not in html


def test_an_unspent_budget_is_told(make):
    rows = [(k, "60.00", "70.00") for k in range(20)]
    html = render([make(rows, **{"award.budget": "1500.00"})])
    assert "$300.00 of the budget is not spent" in html


def test_one_to_three_allocations(some, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="one to 3 allocations, not 0"):
        render([])
    with pytest.raises(DataError, match="one to 3 allocations, not 4"):
        report([some.base] * 4, tmp_path / "r.html")
    monkeypatch.setattr("allocator.report.report.render", lambda runs, _: f"{len(runs)} runs")
    report((some.base, some.broad, some.prorata), tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text() == "3 runs"
    assert os.listdir(tmp_path) == ["r.html"]


@pytest.mark.parametrize("many", [False, True])
def test_policies_are_not_reported(some, tmp_path, many):
    policy = some.base.policy
    with pytest.raises(DataError) as caught:
        report([policy, policy] if many else policy, tmp_path / "r.html")
    assert str(caught.value) == (
        "cannot report a Policy: a report is of allocations, made by allocate(users, policy), or "
        "of directories of runs"
    )


def test_only_reports_are_replaced(some, one, tmp_path, monkeypatch):
    monkeypatch.setattr("allocator.report.report.render", lambda runs, _: one + runs[0].policy.name)
    path = tmp_path / "users.csv"
    path.write_text("user_id\n")
    with pytest.raises(AllocatorError, match="exists and is not a report: choose another name"):
        report(some.base, path)
    assert path.read_text() == "user_id\n"
    with pytest.raises(AllocatorError, match="exists and is not a report: choose another name"):
        report(some.base, tmp_path)
    report(some.base, path, force=True)
    report(some.broad, path)
    assert path.read_text() == one + "Broad"


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_a_missing_package_is_told(some, missing, monkeypatch):
    for name in [n for n in sys.modules if n.split(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UnsupportedError) as caught:
        render([some.base])
    assert str(caught.value) == (
        f"reports and figures need {missing}, which is not installed: "
        "pip install 'fair-allocator[report]' (in a clone: pip install -e '.[report]')"
    )


IMPORTS = (
    "al.report",
    "import allocator.report",
    "import allocator.report.figures",
    "from allocator.report.report import report",
)


@pytest.mark.parametrize("order", list(permutations(IMPORTS, 2)), ids=" then ".join)
def test_the_public_name_is_the_same_callable_whatever_is_imported_first(order):
    first, second = order
    script = f"""
import sys
import allocator as al
{first}
one = al.report
{second}
assert al.report is one is sys.modules["allocator.report"]
try:
    al.report([], "nowhere.html")
except al.DataError as error:
    print(error)
assert al.report is one
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert b"take one to 3 allocations, not 0" in done.stdout


def test_the_public_name_takes_what_the_function_takes():
    assert inspect.signature(al.report) == inspect.signature(report)


def test_importing_costs_nothing():
    script = """
import sys
import allocator.report.report, allocator.scenarios.compare
heavy = ("pandas", "matplotlib", "jinja2", "scipy", "cvxpy")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"[]\n"


def test_the_command_takes_users_for_health_checks(some, tmp_path):
    from click.testing import CliRunner

    from allocator.cli.compare import report as command
    from allocator.data.write import write_parquet

    write_parquet(tmp_path / "users.parquet", some.users.table)
    run, users = str(tmp_path / "run"), str(tmp_path / "users.parquet")
    some.base.save(run)
    for more, told in (([], False), (["--users", users], True)):
        done = CliRunner().invoke(command, [run, *more])
        assert done.exit_code == 0, done.output
        html = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
        assert ("To change it: " in html) == told
        assert ("Health checks were not run" in html) != told
    other = tmp_path / "other.html"
    done = CliRunner().invoke(command, [run, "--out", str(other), "--users", users])
    assert done.exit_code == 0, done.output
    assert other.read_text(encoding="utf-8") == html


def test_a_policy_that_health_checks_do_not_take_has_a_page():
    rows = [(k, f"{60 + k}.00", "70.00") for k in range(50)]
    ids, losses, net = zip(*rows, strict=True)
    table = pa.table(
        {"user_id": ids, "liquidation_loss": losses, "net_assets": net, "award_cap": ["9"] * 50}
    )
    policy = al.Policy.default().replace(
        {"award.budget": "300.00", "columns.award_cap": "award_cap"}
    )
    html = render([al.allocate(table, policy)], table)
    assert "Health checks were not run for this page" in html


def test_the_way_to_the_same_awards_says_what_is_withheld(make):
    rows = [(k, f"{60 + k}.00", "70.00") for k in range(50)]
    budget = {"award.budget": "900.00"}
    some = make(rows, **budget, **{"eligibility.exclude": {"user_id": list(range(12))}})
    assert "saved, with the ids that it excludes filled in" in render([some])
    assert "that it excludes filled in" not in render([make(rows, **budget)])


def test_a_run_that_failed_is_told_of_though_it_is_not_shown(make):
    rows = [(k, f"{60 + k}.00", "70.00") for k in range(50)]
    base = make(rows, **{"award.budget": "9000.00"})
    other = make(rows, **{"award.budget": "9000.00", "eligibility.min_loss": "63"})
    checks = {**other.certificate.checks, "total": False}
    certificate = dataclasses.replace(other.certificate, checks=checks)
    failed = dataclasses.replace(other, certificate=certificate)
    html = render([base, failed])
    assert "Announced (2) is not shown: beside Announced it would" in html
    assert re.search(r"<li>Announced \(2\): [^<]*total", html)
