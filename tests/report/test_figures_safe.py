"""Figures are safe to hand round: for the color-blind, for screen readers, and for single users."""

import csv
import io
import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.collections import PolyCollection

import allocator as al
from allocator.errors import DataError
from allocator.report.disclosure import gone_rows, gone_tops
from allocator.report.figures import NAMES, Plots
from allocator.report.plots import recovery as recovery_module
from allocator.report.plots.chart import rows_csv
from allocator.report.style import SERIES, looks, to_svg
from allocator.scenarios.findings import money_finding
from allocator.scenarios.near_lines import near_lines
from allocator.scenarios.panel import panel
from tests.report.test_figures import MOST_POINTS, points, texts

# Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", IEEE TVCG 15(6), 2009, severity 1.0.
SIGHTS = {
    "all": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.fixture(scope="module")
def plots(some):
    return Plots([some.base, some.prorata, some.broad])


def linear(color):
    values = np.array([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    parts = xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(parts > 0.008856, np.cbrt(parts), 7.787 * parts + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHTS)
def test_colors_differ_for_everybody(sight):
    seen = [lab(np.array(SIGHTS[sight]) @ linear(color)) for color in SERIES]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 15


def test_small_text_is_dark_enough():
    for look in looks("abcd").values():
        light = float(np.dot([0.2126, 0.7152, 0.0722], linear(look.ink)))
        assert 1.05 / (light + 0.05) >= 4.5


def test_policies_differ_in_more_than_color():
    found = looks("abcd").values()
    assert len({look.line for look in found}) == len({look.marker for look in found}) == 4


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_words_and_numbers_and_few_points(plots, name):
    figure = getattr(plots, name)()
    assert figure.get_suptitle().replace("\n", " ") == figure.finding == plots.chart(name).title
    assert len(figure.alt) > 40
    assert list(figure.data) == list(plots.data(name))
    assert 0 < points(figure) <= MOST_POINTS
    svg = figure._repr_svg_()
    root = ET.fromstring(svg)
    kinds = {each.tag.rpartition("}")[2]: each.text for each in root}
    assert kinds["title"] == figure.finding
    assert kinds["desc"] == figure.alt
    assert svg == getattr(plots, name)()._repr_svg_()
    assert len(svg) < 150_000
    page = to_svg(plots.chart(name).bare(), name)
    assert f"<desc>{figure.alt}</desc>" in page


@pytest.mark.parametrize("name", NAMES)
def test_numbers_come_back_from_csv(plots, name):
    rows = list(csv.DictReader(io.StringIO(rows_csv(plots.data(name)))))
    assert len(rows) == len(plots.data(name)) > 0
    for row, told in zip(plots.data(name), rows, strict=True):
        assert {k: "" if v is None else str(v) for k, v in row.items()} == told
    assert rows_csv([]) == ""


def test_a_policy_looks_the_same_in_every_figure(plots):
    found = looks(plots.comparison.names)
    for name in ("lorenz", "concentration", "recovery", "cliffs"):
        drawn = {
            (x.get_color(), x.get_linestyle()) for a in getattr(plots, name)().axes for x in a.lines
        }
        assert {(look.color, look.line) for look in found.values()} <= drawn, name
    for name in ("distribution", "people", "tornado"):
        from matplotlib.colors import to_hex

        drawn = {to_hex(p.get_facecolor()) for a in getattr(plots, name)().axes for p in a.patches}
        assert {look.color for look in found.values()} <= drawn, name


@pytest.mark.parametrize("count", [1, 9, 12, 60, 99])
@pytest.mark.parametrize("others", [0, 3, 40])
@pytest.mark.filterwarnings("error")
def test_few_users_are_not_shown(make, count, others):
    rows = [(f"u{k}", f"{60 + 7.31 * k:.2f}", "70.00") for k in range(count)]
    rows += [(f"x{k}", "20.00", "70.00") for k in range(others)]
    change = {"award.budget": "700.00"}
    one = make(rows, **change)
    plots = Plots([one, make(rows, **change, **{"objective.alpha": 2.0, "name": "Other"})])
    for name in NAMES:
        chart = plots.chart(name)
        for row in chart.rows:
            if name == "eligibility":
                continue
            assert not 0 < (row.get("users") or 0) < 10, (name, row)
            for key in ("at_floor", "at_cap"):
                assert not 0 < (row.get(key) or 0) < 10, (name, row)
        if count < 10 and name not in ("eligibility", "gainers"):
            assert not chart.shown or name == "money", name
            assert not [r for r in chart.rows if r.get("total_cents")], name
        ET.fromstring(to_svg(chart.bare(), name))


def test_shares_of_a_few_are_rounded_or_withheld(plots):
    table = plots.tables()
    for row in plots.data("gainers"):
        change = table.changes[row["policy"]][row["decile"] - 1]
        few = any(0 < n < 10 for n in (change.gainers, change.losers, change.unchanged))
        if few:
            assert row["gain_share"] is None, "159 people are too few for whole percents"


def test_wide_bands_hide_what_few_get(plots):
    drawn = [c for c in plots.awards().axes[0].collections if isinstance(c, PolyCollection)]
    assert drawn
    for row in plots.data("awards"):
        assert (row["q05_cents"] is None) == (row["users"] * 0.05 < 10)
        assert row["q50_cents"] is not None


def test_hostile_names_and_dollar_signs_are_text(some):
    name = "$\\frac{a}{0}$ <b> 100 % & $x^2$"
    run = al.allocate(some.users, some.base.policy.replace(name=name))
    plots = Plots([some.broad, run])
    for figure in NAMES:
        ET.fromstring(to_svg(plots.chart(figure).figure(), figure))
        ET.fromstring(plots.chart(figure).figure()._repr_svg_())
    assert any(name in text for text in texts(plots.lorenz()))


def test_four_policies_and_the_smallest(some):
    fourth = al.allocate(some.users, some.base.policy.replace(alpha=0.5, name="Half"))
    plots = Plots([some.base, some.prorata, some.broad, fourth])
    for name in NAMES:
        assert points(getattr(plots, name)()) <= MOST_POINTS
    assert plots.recovery().axes[0].get_yscale() == "log"
    assert Plots([some.prorata]).recovery().axes[0].get_yscale() == "linear"


def test_what_does_not_exist_is_told(plots, some):
    with pytest.raises(DataError, match="there is no figure 'pie'; there are money, awards, "):
        plots.chart("pie")
    with pytest.raises(DataError, match=r"give one frontier for each policy, .*: 0 for 3"):
        plots.frontier()
    base = some.base.policy
    one = al.frontier(some.users, base, values=[1, 2])
    other = al.frontier(some.users, base, vary="award.minimum", values=["2.00", "4.00"])
    with pytest.raises(
        DataError, match=r"one knob .* together, not objective\.alpha and award\.minimum"
    ):
        plots.frontier(one, other)
    single = al.frontier(some.users, base, values=[1])
    assert single.plot.frontier().finding == "No two points of the frontier can be paid."
    assert one.plot.frontier(one).finding.startswith("From alpha 1 to 2, equality rises")
    assert {row["policy"] for row in one.plot.data(one)} == {base.name, f"{base.name} (2)"}
    assert one.plot.frontier().finding == plots.frontier(one).finding
    with pytest.raises(DataError, match="one to 4 frontiers are drawn together, not 5"):
        one.plot.frontier(one, one, one, one)


def test_files_carry_their_words(plots, tmp_path):
    figure = plots.recovery()
    for name in ("a.svg", "a.png", "a.pdf"):
        figure.savefig(tmp_path / name)
    assert f"<desc>{figure.alt}</desc>" in (tmp_path / "a.svg").read_text()
    assert figure.finding.encode() in (tmp_path / "a.png").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    text = io.StringIO()
    figure.savefig(text, format="svg")
    assert "<desc>" in text.getvalue()
    assert figure.encoded("png").startswith(b"\x89PNG")


def test_ranges_of_fewer_than_ten_are_left_out(plots):
    assert {row["line"] for row in plots.data("cliffs")} == {
        "a loss of $50.00",
        "30% of net assets",
    }
    for name in ("cliffs", "distribution", "awards", "people", "money"):
        assert min(row["users"] or 10 for row in plots.data(name)) >= 10, name


def test_curves_step_over_ten_people_at_least(make):
    rows = [(k, f"{60 + 7.31 * k:.2f}", "70.00") for k in range(130)]
    plots = Plots([make(rows, **{"award.budget": "3000.00"})])
    for name in ("lorenz", "concentration"):
        people = sorted({row["people"] for row in plots.data(name)})
        assert min(np.diff(people)) * 130 >= 10
        assert 0.9 in [round(x, 12) for x in people]


def test_deciles_of_few_are_left_out(make):
    rows = [(k, f"{60 + 7.31 * k:.2f}", "70.00") for k in range(85)]
    one = make(rows, **{"award.budget": "3000.00"})
    other = make(rows, **{"award.budget": "3000.00", "objective.alpha": 2.0, "name": "Other"})
    plots = Plots([one, other])
    for name in ("recovery", "people"):
        assert not plots.data(name), name
    assert {row["mean_change_cents"] for row in plots.data("gainers")} == {None}


def test_a_withheld_count_has_no_share(plots):
    rows = plots.data("distribution")
    assert [row["users"] is None for row in rows] == [row["share"] is None for row in rows]
    assert any(row["users"] is None for row in rows)


def test_those_exactly_on_a_line_are_inside(make):
    rows = [(k, f"{3 * (k + 20)}.00", f"{10 * (k + 20)}.00") for k in range(40)]
    found = near_lines(panel([make(rows, **{"award.budget": "900"})]).scenarios[0])
    line = next(each for each in found if "%" in each.line)
    assert (line.inside, line.outside) == (40, 0)
    assert [bin.users for bin in line.bins] == [0] * 5 + [40] + [0] * 4


def test_the_minimum_is_a_line_where_nobody_gets_more_than_they_lost(make):
    rows = [(k, "60.00", "100.00") for k in range(12)]
    rows += [(100 + k, "59.99", "100.00") for k in range(11)]
    run = make(rows, **{"award.budget": "900", "award.minimum": "60.00"})
    line = next(iter(near_lines(panel([run]).scenarios[0])))
    assert (line.line, line.inside, line.outside) == ("a loss of $60.00", 12, 11)


def test_three_who_are_in_have_no_figures(make):
    """Neither who is in, nor by their rank of loss what they get."""
    many = [(k, f"{60 + k}.00", "70.00") for k in range(200)]
    few = make(many, **{"eligibility.min_loss": "257", "name": "Few", "award.budget": "600"})
    all_in = make(many, **{"award.budget": "9000.00"})
    for plots in (Plots([few]), Plots([all_in, few])):
        for name in ("eligibility", "concentration", "lorenz", "tornado"):
            told = [row for row in plots.data(name) if row["policy"] == "Few"]
            assert not told, name
            assert " 3 " not in plots.chart(name).title
    assert Plots([few]).chart("tornado").title.startswith("Too few users are concerned")


def test_choices_that_touch_few_are_not_in_the_tornado(make):
    rows = [(k, f"{60 + k}.00", "70.00") for k in range(200)]
    rows += [(1000 + k, "70.00", "0.00") for k in range(5)]
    result = make(rows, **{"award.budget": "90000.00", "award.maximum": "100.00"})
    ids, losses, net = zip(*rows, strict=True)
    users = pa.table({"user_id": ids, "liquidation_loss": losses, "net_assets": net})
    health = al.health(users, result.policy)
    moved = {each.id: each.moved for each in health.findings}
    assert moved["assumed.eligibility.nonpositive_net_assets"] == 5
    assert moved["assumed.weights.ratio_exponent"] == 0
    told = {row["key"]: row["dollars"] for row in Plots([result]).tornado(health).data}
    assert set(told) == {"award.maximum", "award.cap_at_loss"}


def test_an_award_is_in_the_range_that_says_so():
    """Ranges begin and end at whole cents, by which users are counted, too."""
    edges = (100, 159, 252, 399, 631, 1000)
    rows = [(f"{e}-{k}", "60.00", "70.00") for e in edges for k in range(20)]
    caps = [f"{e / 100:.2f}" for e in edges for _ in range(20)]
    ids, losses, net = zip(*rows, strict=True)
    table = {"user_id": ids, "liquidation_loss": losses, "net_assets": net, "award_cap": caps}
    policy = al.Policy.default().replace(
        {"award.budget": "9000.00", "award.minimum": "0", "columns.award_cap": "award_cap"}
    )
    found = Plots([al.allocate(pa.table(table), policy)]).data("distribution")
    assert [(row["from_dollars"], row["users"]) for row in found] == [(e / 100, 20) for e in edges]


def test_a_withheld_top_decile_is_not_in_a_title(make):
    rows = [(k, f"{60 + 7 * k}.00", "70.00") for k in range(300)]
    base = make(rows, **{"award.budget": "9000.00", "award.maximum": "150.00"})
    other = make(rows, **{"award.budget": "9000.00", "award.maximum": "150.10", "name": "Other"})
    plots, tables = Plots([base, other]), al.compare(base, other).tables()
    honest = gone_tops(tables, {"Announced": set(), "Other": {9}})
    assert honest == {"Other"}
    assert "under Other" in money_finding(tables.users, tables.paid)
    assert "under Other" not in money_finding(tables.users, tables.paid, honest)
    assert money_finding(tables.users, tables.paid, {"Announced"}).startswith("Too few users")
    gone = gone_rows(plots.comparison)
    for name in ("money", "people"):
        title = plots.chart(name).title
        assert ("Other" in title) == (9 not in gone["Other"]), name


def test_titles_of_recovery_say_which_tenths(make, monkeypatch):
    rows = [(k, f"{60 + 7 * k}.00", "70.00") for k in range(300)]
    plots = Plots([make(rows, **{"award.budget": "9000.00"})])
    assert plots.chart("recovery").title.startswith("Those who lost least get back ")
    monkeypatch.setattr(recovery_module, "gone_rows", lambda _: {"Announced": {9}})
    title = recovery_module.recovery(plots.comparison).title
    assert title.startswith("Of the tenths shown, the lowest gets back ")
    assert ", the highest " in title
