"""What a report may not tell: counts under ten, and what single people get or lost."""

import re

import pytest

from allocator.allocation.pipeline import load, run
from allocator.allocation.stages import Stages
from allocator.report.disclosure import few_differ
from allocator.report.report import render
from allocator.scenarios.panel import panel


def text_of(html):
    body = re.sub(
        r"(?s)<style.*?</style>|<script.*?</script>|<pre.*?</pre>", "", html[html.index("<body>") :]
    )
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def people(count, name="u", loss=60.0):
    return [(f"{name}{k}", f"{loss + 7.31 * k:.2f}", "70.00") for k in range(count)]


@pytest.mark.parametrize("count", [1, 2, 9])
@pytest.mark.parametrize("others", [0, 3, 40])
def test_fewer_than_ten_recipients(make, count, others):
    rows = people(count) + [(f"x{k}", "20.00", "70.00") for k in range(others)]
    allocation = make(rows, **{"award.budget": "150.00"})
    html = render([allocation])
    text = text_of(html)
    assert "Fewer than 10 users are eligible; what they get is not shown." in text
    assert "fewer than 10" in text
    for cents in allocation.table.column("award_cents").to_pylist():
        assert not cents or f"${cents / 100:,.2f}" not in text.replace("$150.00", "")
    for word in ("median", "Half of", "paid back", "of the money", "at minimum", "decile"):
        assert word not in text, word
    assert f"of {count + others} users" not in text
    assert f"all users {count + others} " not in text
    assert f"{count} people" not in text
    assert "<svg" not in html


def test_ten_recipients_are_shown_without_their_top_tenth(make):
    html = render([make(people(10), **{"award.budget": "150.00"})])
    text = text_of(html)
    assert "Half of the 10 recipients get $" in text
    assert "Too few users to show where the money goes." in text
    assert "tenth who lost most have" not in text
    assert "1 withheld" in text  # each decile is of one person
    pro_rata = text[text.index("pro rata") :]
    assert re.match(r"pro rata \$[\d.]+ withheld", pro_rata)


def test_few_who_are_out_do_not_follow_from_those_who_are_in(make):
    rows = people(40) + [(f"x{k}", "20.00", "70.00") for k in range(4)]
    html = render([make(rows, **{"award.budget": "500.00"})])
    text = text_of(html)
    assert "40 users are in." in text
    assert not re.search(r"\b44\b", text)
    assert "all users withheld lost under $50 withheld withheld withheld announced" in text


def test_few_at_the_maximum_do_not_follow_by_subtraction(make):
    rows = people(200) + [(f"x{k}", "90000.00", "90000.00") for k in range(3)]
    allocation = make(rows, **{"award.budget": "40000.00"})
    assert allocation.certificate.at_upper == 3
    text = text_of(render([allocation]))
    sentence = re.search(r"(\S+) people are at their minimum, (\S+) at their maximum, (\S+)", text)
    assert sentence[2] == sentence[3] == "withheld"
    assert re.search(r"ALL from \$60 203 0 withheld \$", text)
    assert re.search(r" 10 from \$[\d,]+ \d+ 0 withheld \$", text)


def test_runs_that_few_differ_in_are_not_shown_beside_each_other(make):
    rows = people(60) + [(f"x{k}", "45.00", "70.00") for k in range(5)]
    rows += [(f"y{k}", "30.00", "70.00") for k in range(12)]
    budget = {"award.budget": "9000.00"}  # everybody gets their loss
    base = make(rows, **budget)
    few = make(rows, **{**budget, "eligibility.min_loss": "40.00", "name": "Few more"})
    many = make(rows, **{**budget, "eligibility.min_loss": "20.00", "name": "Many more"})
    assert few_differ(panel([base, few]))
    assert not few_differ(panel([base, many]))
    text = text_of(render([base, few]))
    assert "Few more is not shown: beside Announced it would tell what fewer than ten" in text
    assert "Few more against" not in text
    text = text_of(render([base, few, many]))
    assert "Few more against" not in text
    assert "Many more against Announced" in text
    # The other two differ in twelve, and the first has five fewer than the second.
    text = text_of(render([few, many]))
    assert "Many more against Few more" in text


def test_users_in_one_run_only_are_not_told_apart(make):
    rows = people(60)
    budget = {"award.budget": "900.00"}
    assert few_differ(panel([make(rows, **budget), make(rows[3:], **budget)]))
    assert not few_differ(panel([make(rows, **budget), make(rows[12:], **budget)]))


@pytest.mark.parametrize(("bad", "told"), [(3, "Fewer than 10 rows"), (12, "12 rows")])
def test_rows_that_were_set_aside(some, tmp_path, bad, told):
    path = tmp_path / "users.csv"
    rows = [f"u{k},{60 + k},{70 + k}" for k in range(60)] + ["x,-1,5"] * bad
    path.write_text("user_id,liquidation_loss,net_assets\n" + "\n".join(rows) + "\n")
    policy = some.base.policy.replace(budget="500.00")
    loaded = load(str(path), [policy], Stages(None), max_bad=bad)
    text = text_of(render([run(loaded, policy, Stages(None))]))
    unchecked = text[text.index("Not checked") :]
    assert f"{told} of the input, which were set aside as bad: nobody in them is" in unchecked
    assert ("users.csv withheld" in text) == (
        bad < 10
    )  # its rows, less the users, are the bad ones


def test_ids_of_excluded_users_are_withheld(make):
    rows = people(60, name="account-")
    policies = [
        {"award.budget": "500.00"},
        {
            "award.budget": "500.00",
            "name": "Without some",
            "eligibility.exclude": {"user_id": [f"account-{k}" for k in range(20)]},
        },
    ]
    base, without = (make(rows, **changes) for changes in policies)
    for runs in ([without], [base, without]):
        html = render(runs)
        assert "account-" not in html
        assert ("user_id: withheld" in html) == (len(runs) == 1)  # the settings of the first run
