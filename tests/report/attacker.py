"""Somebody who reads a report and tries to work out counts of fewer than ten people.

Every number on the page becomes a linear constraint on whole numbers; a count is recovered when
these leave it one value only (an integer program finds the smallest and the largest).
"""

import math
import re
from html.parser import HTMLParser

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

SLACK = 1e-6  # of a person: shares are floats
ROUGH = 100  # what "about 1,400" is rounded to
PARTS = ("floor", "cap", "between")
CHANGES = ("gain", "lose", "same")
ALL = "ALL"


class Tables(HTMLParser):
    """The tables of a page: (caption, head, rows of texts); and its text without figures."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.texts, self._cell, self._quiet, self._caption = [], [], None, 0, None
        self.feed(html)

    def handle_starttag(self, tag, _attrs):
        if tag in ("script", "style", "svg", "pre"):
            self._quiet += 1
        if tag == "table":
            self.tables.append(["", [], []])
        if tag == "caption":
            self._caption = []
        if tag == "tr":
            self.tables[-1][2].append([])
        if tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag):
        if tag in ("script", "style", "svg", "pre"):
            self._quiet -= 1
        if tag == "caption":
            self.tables[-1][0], self._caption = "".join(self._caption), None
        if tag in ("td", "th"):
            self.tables[-1][2][-1].append("".join(self._cell))
            self._cell = None

    def handle_data(self, data):
        for part in (self._cell, self._caption):
            if part is not None:
                part.append(data)
        if not self._quiet:
            self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


class Puzzle:
    """Whole numbers from 0, and what is known of them."""

    def __init__(self):
        self.places, self.rows, self.most = {}, {}, np.inf

    def know(self, low, names, high=None):
        """Say between which numbers the sum of some unknowns lies."""
        low, high = math.ceil(low - SLACK), math.floor((low if high is None else high) + SLACK)
        place = tuple(self.places.setdefault(name, len(self.places)) for name in names)
        before = self.rows.get(place, (0, self.most))
        self.rows[place] = max(low, before[0]), min(high, before[1])

    def ends(self, name):
        """Return the smallest and the largest value that a count may have; None if any may do."""
        if any(each not in self.places for each in of_all(*name)):
            return None
        n = len(self.places)
        cells = [(r, c) for r, place in enumerate(self.rows) for c in place]
        matrix = csr_matrix(
            (np.ones(len(cells)), tuple(zip(*cells, strict=True))), (len(self.rows), n)
        )
        known = LinearConstraint(matrix, *np.transpose(list(self.rows.values())))
        cost = np.zeros(n)
        cost[[self.places[each] for each in of_all(*name)]] = 1.0
        found = []
        for sign in (1.0, -1.0):
            done = milp(
                sign * cost, constraints=known, integrality=np.ones(n), bounds=Bounds(0, self.most)
            )
            assert done.success, (name, done.message)  # what the page says fits together
            found.append(round(float(cost @ done.x)))
        return tuple(found)


def of_all(name, part, label):
    """Return the unknowns of which a count is the sum."""
    return [(name, part, row) for row in (map(str, range(1, 11)) if label == ALL else [label])]


def number(text):
    return int(text.replace(",", ""))


def around(text, whole):
    """Between which counts a share in percent lies, as "12.3%" of 1,000 people."""
    bare = text.strip("<>%")
    half = 0.5 * 10.0 ** -(len(bare.partition(".")[2]) + 2)
    if text.startswith("<"):
        return 1, half * whole
    if text.startswith(">"):
        return (1 - half) * whole, whole - 1
    share = float(bare) / 100
    return (share - half) * whole, (share + half) * whole


def puzzle_of(html, names, same, *, nobody_whole=True):
    """Read a page.

    Parameters
    ----------
    html : str
    names : sequence of str
        Of the policies that are compared.
    same : dict of str to str
        Rules that stand beside the first policy, by the name of the compared policy that is the
        same: who reads both policies knows it.
    nobody_whole : bool
        Whether nobody gets back all of a loss, so that who is at the cap is at the maximum.
    """
    page, puzzle, base = Tables(html), Puzzle(), names[0]
    text, whole, users = page.text, None, {}
    for caption, _, (_, *rows) in page.tables:
        if "Awards by decile of loss" in caption:
            name = caption.partition(": Awards")[0] if len(names) > 1 else base
            for label, _, count, floor, cap, *_ in rows:
                if count:
                    users[label] = number(count)
                    if label != ALL:
                        puzzle.know(users[label], [(name, part, label) for part in PARTS])
                for part, told in zip(PARTS, (floor, cap), strict=False):
                    _cell(puzzle, name, part, label, told)
            puzzle.most = whole = users[ALL]
            puzzle.know(whole, [(name, part, str(k)) for part in PARTS for k in range(1, 11)])
    for caption, _, (_, *rows) in page.tables:
        found = re.match(r"Who gains and who loses under (.*), by decile of loss", caption)
        if found:
            for label, *counts in rows:
                if label in users and label != ALL:
                    puzzle.know(users[label], [(found[1], part, label) for part in CHANGES])
                for part, told in zip(CHANGES, counts, strict=False):
                    _cell(puzzle, found[1], part, label, told)
            puzzle.know(whole, [(found[1], p, str(k)) for p in CHANGES for k in range(1, 11)])
        if caption.startswith("The same users, floors, caps"):
            for rule, _, _, floor, gain, lose in rows:
                name = base if rule.startswith("this run") else same.get(rule, rule)
                _share(puzzle, name, "floor", floor, whole)
                if gain:
                    everybody = [(name, p, str(k)) for p in CHANGES for k in range(1, 11)]
                    puzzle.know(whole, everybody)
                    _share(puzzle, name, "gain", gain, whole)
                    _share(puzzle, name, "lose", lose, whole)
    sentence = re.search(r"(\S+) people are at their minimum, (\S+) at their maximum, (\S+) ", text)
    if sentence:
        for part, told in zip(PARTS, sentence.groups(), strict=True):
            _cell(puzzle, base, part, ALL, told)
    headline = re.search(r"([<>]?[\d.]+%) of the [\d,]+ \w+ get the minimum", text)
    if headline:
        _share(puzzle, base, "floor", headline[1], whole)
    at_cap = re.search(r"Of ([\d,]+) users? at the maximum", text)
    if at_cap and nobody_whole:
        _cell(puzzle, base, "cap", ALL, at_cap[1])
    _decisions(puzzle, text, same, whole)
    _findings(puzzle, text, same, whole)
    return puzzle


def _cell(puzzle, name, part, label, told):
    if re.fullmatch(r"[\d,]+", told):
        puzzle.know(number(told), of_all(name, part, label))


def _share(puzzle, name, part, told, whole):
    if told.endswith("%"):
        low, high = around(told, whole)
        puzzle.know(low, of_all(name, part, ALL), high)


DECISIONS = {"How much should small losses be favored": "broad (alpha 2)"}
FINDINGS = {"with alpha 2": "broad (alpha 2)", "in proportion to losses": "pro rata"}


def _decisions(puzzle, text, same, whole):
    """Read what "For the board to decide" says of an alternative that is told elsewhere, too."""
    for question, rule in DECISIONS.items():
        at = text.find(question)
        found = re.search(
            r"gain (.*?) lose (.*?) The tenth", text[at : at + 400] if at >= 0 else ""
        )
        if not found or rule not in text:
            continue
        name = same.get(rule, rule)
        puzzle.know(whole, [(name, p, str(k)) for p in CHANGES for k in range(1, 11)])
        for part, told in zip(CHANGES, found.groups(), strict=False):
            everybody = of_all(name, part, ALL)
            if told.startswith("nobody"):
                puzzle.know(0, everybody)
            if told.startswith("fewer than"):
                puzzle.know(1, everybody, ROUGH - 1)
            if told.startswith("about"):
                near, _, share = told.removeprefix("about ").partition(" ")
                _rough(puzzle, everybody, near)
                if share:  # it says no more than the count does
                    low, high = around(share.strip("()"), whole)
                    assert low <= number(near) <= high


def _findings(puzzle, text, same, whole):
    """Read what health findings say of an alternative that is told elsewhere, too."""
    for words, rule in FINDINGS.items():
        found = re.search(
            rf"{words}, (?:(?:about )?([\d,]+)|some) users? would get \S+ more and "
            r"(?:(?:about )?([\d,]+) \$|others|nobody)",
            text,
        )
        if found and rule in text:
            name = same.get(rule, rule)
            puzzle.know(whole, [(name, p, str(k)) for p in CHANGES for k in range(1, 11)])
            for part, told in zip(CHANGES, found.groups(), strict=False):
                if told:
                    _rough(puzzle, of_all(name, part, ALL), told)


def _rough(puzzle, everybody, near):
    puzzle.know(number(near) - ROUGH // 2, everybody, number(near) + ROUGH // 2)


def read_figures(puzzle, plots):
    """Read the numbers behind the figures, which are handed round with the page."""
    for row in plots.data("people"):
        for part, key in zip(PARTS, ("at_floor", "at_cap"), strict=False):
            if row[key] is not None:
                puzzle.know(row[key], [(row["policy"], part, str(row["decile"]))])
    for row in plots.data("gainers"):
        for part, key in zip(CHANGES, ("gain_share", "lose_share"), strict=False):
            if row[key] is not None:
                count, cell = row[key] * row["users"], [(row["policy"], part, str(row["decile"]))]
                whole = abs(count - round(count)) < SLACK and round(row[key], 2) != row[key]
                half = 0 if whole else 0.005 * row["users"]
                puzzle.know(count - half, cell, count + half)


def truth_of(comparison):
    """Count what the page may not tell, from the awards themselves."""
    tables, found = comparison.tables(), {}
    for name, paid in tables.paid.items():
        for row in (*paid[:10], paid[-1]):
            counts = (row.at_floor, row.at_cap, row.users - row.at_floor - row.at_cap)
            found |= {(name, p, row.label): n for p, n in zip(PARTS, counts, strict=True)}
    for name, changes in tables.changes.items():
        for row in (*changes[:10], changes[-1]):
            counts = (row.gainers, row.losers, row.unchanged)
            found |= {(name, p, row.label): n for p, n in zip(CHANGES, counts, strict=True)}
    return found
