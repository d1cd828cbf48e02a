"""The initiative file: everything that is wrong is told at once; every default has its source."""

import json

import pytest

import allocator as al
from allocator.errors import PolicyError
from allocator.programs.initiative.model import Initiative, comment
from allocator.programs.initiative.sources import CITATIONS
from tests.programs.initiative.small import FILE


def told(path):
    with pytest.raises(PolicyError) as error:
        Initiative.load(path)
    return str(error.value)


def test_everything_wrong_is_told_at_once_with_lines(home):
    path = home / "bad.toml"
    path.write_text(
        """\
schema_version = 1
kind = "initiative"
name = "Together"
persn = "user_id"
[[programs]]
name = "depeg"
policy = "depegg.toml"
input = "positions.csv"
[[programs]]
name = "vouchers"
policy = "anounced"
input = "nothing.csv"
compensated_by = ["depge", "loans"]
[[programs]]
name = "loans"
policy = "loans.toml"
input = "applicants.csv"
compensated = "netted"
[between]
max_per_person = "0.001"
counts = ["vouchres"]
left_over = { vouchers = "depeg", loans = "loans", x = "vouchers" }
"""
    )
    said = told(path)
    assert "12 things to correct" in said
    for line in (
        "line 4: persn: unknown key; did you mean person?",
        'line 13: programs[1].compensated_by = "depge": there is no such program; did you mean '
        "depeg?",
        'line 13: programs[1].compensated_by = "loans": must be programs that run before vouchers, '
        "and loans does not",
        'line 18: programs[2].compensated = "netted": says nothing without compensated_by',
        'line 21: between.counts = "vouchres": there is no such program; did you mean vouchers?',
        'line 22: between.left_over.vouchers = "depeg": must be a later program, and depeg runs '
        "before vouchers",
        'line 22: between.left_over.loans = "loans": must be a later program, and not the same one',
        'line 22: between.left_over.x = "vouchers": x: there is no such program; the programs are '
        "depeg, vouchers, loans",
        'line 20: between.max_per_person = "0.001": must be a whole number of cents',
        f'line 7: programs[0].policy = "{home}/depegg.toml": {home}/depegg.toml: cannot be read',
        "line 11: programs[1].policy = \"anounced\": there is no preset 'anounced'; did you mean",
        f'line 12: programs[1].input = "{home}/nothing.csv": there is no such file',
    ):
        assert line in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ('"vouchers"\n', '"depeg"\n'),
            "must be a name of its own; it is also that of programs[0]",
        ),
        (('"vouchers"\n', '"total"\n'), "is the name of a total in the ledger; choose another"),
        (('"vouchers"\n', '"No/dots"\n'), "must match pattern"),
        (('name = "loans"', 'nam = "loans"'), "programs[2].nam: unknown key; did you mean name?"),
        (("schema_version = 1", "schema_version = true"), "must be the whole number 1"),
        (('"initiative"', '"depeg"'), "allocator.Initiative reads policies of kind"),
    ],
)
def test_keys_by_themselves(home, change, words):
    path = home / "initiative.toml"
    path.write_text(FILE.replace(*change))
    assert words in told(path)


def test_what_kinds_do_not_take(home):
    path = home / "initiative.toml"
    (home / "vouchers.toml").write_text(
        'schema_version = 1\nname = "V"\neligibility.exclude_already_compensated = false\n'
    )
    path.write_text(
        FILE + 'compensated_by = ["depeg"]\n[between]\ncounts = ["depeg", "loans"]\n',
    )
    said = told(path)
    assert (
        'programs[1].compensated = "ineligible": its policy has '
        "eligibility.exclude_already_compensated = false, which pays them; set it to true, or "
        'compensated = "netted"'
    ) in said
    assert 'compensated_by = "depeg": is for vouchers, and loans is of kind loan' in said
    assert (
        'between.counts = "loans": a loan is paid back and does not count; the programs that pay: '
        "depeg, vouchers"
    ) in said


def test_a_loan_compensates_nobody(home):
    loans = FILE[FILE.index('[[programs]]\nname = "loans"') :]
    path = home / "initiative.toml"
    path.write_text(
        FILE.replace(loans, "")
        .replace("[[programs]]", loans + "\n[[programs]]", 1)
        .replace('["depeg"]', '["depeg", "loans"]')
    )
    assert 'compensated_by = "loans": a loan is paid back and compensates nobody' in told(path)


def test_other_readers_name_this_one(home):
    with pytest.raises(
        PolicyError, match=r"read by allocator\.Initiative and run by `allocator init"
    ):
        al.Policy.load(home / "initiative.toml")


def test_json_says_the_same(home):
    loaded = Initiative.load(home / "initiative.toml")
    data = loaded.model_dump(exclude_none=True, exclude_unset=True, mode="json")
    (home / "initiative.json").write_text(json.dumps({"schema_version": 1, **data}))
    assert Initiative.load(home / "initiative.json") == loaded


def test_written_it_reads_the_same_and_says_where_defaults_come_from(home, make):
    first = Initiative.load(home / "initiative.toml")
    second = make(
        {"compensated": "netted"},
        {"max_per_person": "50.00", "counts": ["vouchers"], "left_over": {"depeg": "vouchers"}},
    )
    for each in (first, second):
        (home / "again.toml").write_text(each.to_toml())
        again = Initiative.load(home / "again.toml")
        assert again.model_dump() == each.model_dump()
    text = first.to_toml()
    assert 'person = "user_id"  # assumed: ' in text
    assert 'compensated = "ineligible"  # announced: users who received compensation' in text
    assert "# between.max_per_person is not set (assumed: no cap across programs" in text
    assert "between.left_over is not set" not in second.to_toml()
    assert all(comment(key).startswith(("announced: ", "assumed: ")) for key in CITATIONS)
