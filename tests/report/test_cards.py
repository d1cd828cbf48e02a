"""Results as HTML cards: what they say is what the result says, and nothing in them is markup."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest

import allocator as al
from allocator.report.cards import card, comparison_card


class Reading(HTMLParser):
    """The tables and the text of a card; tags must be balanced."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tables, self.words = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        assert tag in {"div", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
        assert {name for name, _ in attrs} <= {"style", "scope"}
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open[-1] in ("th", "td"):
            self.tables[-1][-1][-1] += data


def read(result):
    return Reading(result._repr_html_())


def test_a_card_escapes_every_text():
    bad = "<script>alert('x')</script>&\""
    html = card(bad, [(bad, bad)], [((bad, bad), [(bad, bad)])], [bad], said=bad)
    assert html.count("&lt;script&gt;") == 9
    assert "<script" not in html
    assert Reading(html).tables == [[[bad, bad], [bad, bad]]]


def test_it_has_no_colors_of_its_own():
    html = card("a", [("b", "c")], [(("d", "e"), [("f", "1")])], ["g"], said="h")
    assert not re.search(r"(?<![-\w])color:|#[0-9a-f]{3}|background:(?!none)", html)
    assert "rgba(128,128,128" in html


def test_figures_stand_right_and_words_left():
    html = card("a", tables=[(("", "n", "why"), [("x", "1", "it is so")])])
    assert re.findall(r"text-align:(\w+)", html) == ["left", "right", "left"] * 2


def test_an_allocation(some):
    found = read(some.base)
    summary = some.base.summary()
    said = " ".join(found.words)
    assert some.base.formula in found.words
    assert f"{summary.paid:,} of 3,000 users" in said
    assert "$600,000.00" in found.words
    assert "verified: total" in said
    outcomes, out = found.tables
    assert [row[0] for row in outcomes[1:]] == [each.name for each in summary.outcomes]
    assert outcomes[1][1] == f"${summary.outcomes[0].median_cents / 100:,.2f}"
    assert [row[1] for row in out[1:]] == [f"{each.users:,}" for each in summary.out]
    assert some.base.summary()._repr_html_() == some.base._repr_html_()


def test_no_user_is_named(make):
    result = make([("mallory-77", "1000", "1000"), ("trent-78", "60", "1000")])
    assert "mallory" not in result._repr_html_()
    assert "trent" not in al.compare(result, result)._repr_html_()


def test_what_is_left_and_what_failed_are_told(make):
    unspent = make([("a", "60", "60")])
    assert {"unspent", "$40.00"} <= set(read(unspent).words)
    nobody = make([("a", "10", "60")])
    assert len(read(nobody).tables) == 1
    everybody = make([("a", "80", "80"), ("b", "80", "80")], **{"award.budget": "20.00"})
    assert len(read(everybody).tables) == 1
    broken = dataclasses.replace(
        unspent.summary(), checks={"total": False}, failures=("a cent is gone",)
    )
    assert {"VERIFICATION FAILED: total", "a cent is gone"} <= set(
        Reading(broken._repr_html_()).words
    )


def test_a_comparison(some):
    comparison = al.compare(some.base, some.broad, some.prorata)
    table, differs = read(comparison).tables
    overview = comparison.overview()
    assert [row[0] for row in table[1:]] == list(overview.index)
    assert [row[1] for row in table[1:]] == [f"${c / 100:,.2f}" for c in overview.total_cents]
    assert [row[7] for row in table[2:]] == [f"{n:,}" for n in overview.gainers[1:]]
    assert [row[8] for row in table[2:]] == [f"{n:,}" for n in overview.losers[1:]]
    assert table[1][7:] == ["", ""]
    assert ["objective.alpha", "Broad", "1", "2"] in differs
    assert all(row[0] != "name" for row in differs)


def test_a_comparison_of_the_same(make):
    same = make([("a", "10", "60")])
    comparison = al.compare(same, same)
    (table,) = read(comparison).tables
    assert table[1][3:5] == ["–", "–"]
    assert "Announced, compared with Announced (2)" in comparison_card(comparison)


@pytest.mark.parametrize(
    ("show", "tables", "words"),
    [
        (lambda r: al.sweep(r.users, r.base.policy, {"alpha": [1, 2]}), 1, "2 scenarios over"),
        (lambda r: al.frontier(r.users, r.base.policy, values=[1, 2]), 1, "2 points over"),
        (
            lambda r: al.goal_seek(
                r.users, r.base.policy, vary="maximum", target="gini", value=0.6, between=(50, 6000)
            ),
            0,
            "The goal is",
        ),
        (lambda r: al.health(r.users, r.base.policy), 1, "users"),
        (lambda r: r.base.people_like_me(), 1, "People like me"),
        (lambda r: r.base.metrics(), 1, "Measures of the award of"),
    ],
)
def test_every_result_of_the_lab_is_a_card(some, show, tables, words):
    result = show(some)
    html = result._repr_html_()
    assert html.startswith('<div style="border:')
    found = Reading(html)
    assert len(found.tables) == tables
    assert words in " ".join(found.words)
    printed = " ".join(str(result).split())
    for row in (row for table in found.tables for row in table[1:]):
        for cell in row[:2]:
            assert " ".join(cell.split()) in printed
