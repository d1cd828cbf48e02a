import io
import xml.etree.ElementTree as ET

import matplotlib
import pytest
from matplotlib.text import Text

import allocator as al
from allocator.errors import DataError
from allocator.report.awards import draw_awards
from allocator.report.figures import Plots, check_number
from allocator.report.style import to_svg
from allocator.report.where_it_goes import draw_money
from allocator.scenarios.summary import percent

MOST_POINTS = 5000
NAMES = ("money", "awards", "eligibility")


@pytest.fixture(scope="module")
def plots(some):
    return Plots([some.base, some.broad])


def points(figure):
    count = 0
    for axes in figure.axes:
        count += sum(len(line.get_xdata()) for line in axes.lines)
        count += sum(len(path.vertices) for c in axes.collections for path in c.get_paths())
        count += sum(len(patch.get_path().vertices) for patch in axes.patches)
        count += sum(image.get_array().size for image in axes.images)
    return count


def texts(figure):
    return [each.get_text() for each in figure.findobj(Text) if each.get_text()]


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_titled_with_its_finding_and_draws_aggregates(plots, name):
    figure = getattr(plots, name)()
    assert figure.get_suptitle().replace("\n", " ") == plots.findings[name]
    assert 0 < points(figure) <= MOST_POINTS


def test_the_money_figure_is_the_table(some):
    plots = Plots([some.base])
    rows = plots.tables().paid["Announced"]
    shares = [row.total_cents / rows[-1].total_cents for row in rows[:10]]
    figure = plots.money()
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert widths[10:] == pytest.approx(shares, abs=1e-12)
    people = [row.users / rows[-1].users for row in rows[:10]]
    assert [-width for width in widths[:10]] == pytest.approx(people, abs=1e-12)
    labels = [text for text in texts(figure) if "%" in text and "$" in text]
    assert [label.split()[0] for label in labels] == [percent(share) for share in shares]
    lost = plots.tables().users[9].loss_cents / plots.tables().users[10].loss_cents
    assert figure.get_suptitle().replace("\n", " ") == (
        f"The tenth who lost most have {lost:.0%} of the losses and get {shares[9]:.0%} of the "
        "money."
    )


def test_each_policy_keeps_its_color_and_has_a_style_of_its_own(some):
    plots = Plots([some.base, some.broad, some.prorata])
    lines = [line for line in plots.awards().axes[0].lines if len(line.get_xdata()) > 2]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 3
    outlines = [p for p in plots.money().axes[0].patches if not p.get_fill()]
    assert len({p.get_linestyle() for p in outlines}) == 2
    colors = {matplotlib.colors.to_hex(p.get_edgecolor()) for p in outlines}
    assert colors == {line.get_color() for line in lines[1:]}


def test_the_awards_figure_marks_floor_cap_least_loss_and_kinks(some):
    policy = some.base.policy.replace({"award.maximum": "700.00", "award.budget": "200000.00"})
    told = texts(Plots([al.allocate(some.users, policy)]).awards())
    assert {"maximum $700", "minimum $4", "losses from\n$50"} <= set(told)
    assert any(text.startswith("minimum up to $") for text in told)
    assert any(text.startswith("from $") for text in told)


def test_without_floor_and_least_loss_there_is_nothing_to_mark(some):
    policy = some.base.policy.replace(
        {"award.minimum": "0.00", "eligibility.min_loss": "0", "name": "Open"}
    )
    told = texts(Plots([al.allocate(some.users, policy)]).awards())
    assert not [text for text in told if text.startswith(("minimum", "losses from"))]


def test_the_eligibility_figure_is_the_count_by_reason(some):
    figure = Plots([some.base]).eligibility()
    counts = some.base.to_arrow().to_pandas().reason.value_counts()
    told = texts(figure)
    for code, count in counts.items():
        assert f"{count:,}" in " ".join(told), code
    assert f"−{counts['no_net_assets']:,}, assumed" in told
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert [patch.get_width() for patch in hatched] == [counts["no_net_assets"]]


def test_long_bars_have_their_labels_on_the_other_side(make):
    rows = [(k, "20.00", "70.00") for k in range(90)] + [
        (k, "60.00", "70.00") for k in range(90, 100)
    ]
    assert "−90" in texts(Plots([make(rows)]).eligibility())


@pytest.mark.parametrize("name", NAMES)
def test_svg_is_the_same_every_time_and_takes_the_colors_of_the_page(plots, name):
    first, second = (to_svg(getattr(plots, name)(), "salt") for _ in range(2))
    assert first == second
    assert to_svg(getattr(plots, name)(), "other").count("<path") == first.count("<path")
    root = ET.fromstring(first)
    assert root.tag.endswith("svg")
    assert "width" not in root.attrib
    assert root.attrib["viewBox"]
    assert "var(--first)" in first
    assert "#0072b2" not in first
    assert "DejaVu" not in first
    assert "<metadata" not in first


def test_dollar_signs_and_hostile_names_are_text(some):
    policy = some.base.policy.replace(name="$\\frac{a}{0}$ <b> 100 % $x^2$")
    run = al.allocate(some.users, policy)
    plots = Plots([run, some.broad])
    for name in NAMES:
        svg = to_svg(getattr(plots, name)(), name)
        ET.fromstring(svg)
    svg = to_svg(draw_money(plots.comparison), "x")
    assert "money: $\\frac{a}{0}$ &lt;b&gt; 100 % $x^2$" in svg


def test_long_names_are_cut_where_they_would_not_fit(some):
    run = al.allocate(some.users, some.base.policy.replace(name="N" * 100))
    comparison = Plots([run, some.broad]).comparison
    for draw, before in ((draw_money, "money: "), (draw_awards, "median, ")):
        assert before + "N" * 23 + "…" in texts(draw(comparison, narrow=True))
        assert before + "N" * 59 + "…" in texts(draw(comparison))


def test_results_plot_themselves_as_png_without_pyplot(some):
    import sys

    buffer = io.BytesIO()
    some.base.plot.money().savefig(buffer, format="png")
    assert buffer.getvalue().startswith(b"\x89PNG")
    assert "matplotlib.pyplot" not in sys.modules


def test_how_many_a_figure_can_tell_apart(some):
    with pytest.raises(DataError, match="figures and reports take one to 4 allocations, not 5"):
        Plots([some.base] * 5)
    with pytest.raises(DataError, match="not 0"):
        Plots([])
    with pytest.raises(DataError, match="figures and reports take one to 3 allocations, not 4"):
        check_number([some.base] * 4)


def test_nobody_to_draw(make):
    nobody = make([("a", "1.00", "9.00")])
    for plots in (Plots([nobody]), al.compare(nobody, nobody, names=["a", "b"]).plot):
        for name in NAMES:
            ET.fromstring(to_svg(getattr(plots, name)(), name))
    finding = "Compared with a, under b nobody is eligible, either."
    assert plots.chart("gainers").title == finding


def test_losses_that_are_all_equal(make):
    plots = Plots([make([(k, "60.00", "70.00") for k in range(20)])])
    assert "$60" in texts(plots.money())
    assert plots.findings["money"] == "Everybody lost the same."
