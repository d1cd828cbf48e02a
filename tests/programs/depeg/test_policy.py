"""The policy of a depeg compensation: its rules, its sources, and prices in a file."""

import hashlib
import json

import jsonschema
import pytest

import allocator as al
from allocator.errors import PolicyError, UnsupportedError
from allocator.programs.depeg.policy import EXAMPLE_PRICES
from allocator.programs.depeg.sources import CITATIONS, PAGES

PRICED = {"reference_price": {"USDE": "0.9999"}}
FILE = """\
schema_version = 1
kind = "depeg"
name = "Mine"
[claims]
reference_price_file = "prices.csv"
"""


def problems(**data):
    with pytest.raises(PolicyError) as caught:
        al.DepegPolicy.model_validate({"schema_version": 1, "name": "x", "claims": PRICED, **data})
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            {"claims": {}},
            "claims.reference_price: missing; state the price of every asset, such as",
        ),
        (
            {"claims": {"reference_price": {"USDE": 0.9999}}},
            'claims.reference_price.USDE = 0.9999: must be a decimal in quotes: write "0.9999"',
        ),
        ({"claims": {"reference_price": {"USDE": "0"}}}, "must be more than 0"),
        ({"claims": {"reference_prise": {}}}, "claims.reference_prise: unknown key; did you mean"),
        (
            {"claims": {**PRICED, "reference_price_file": "prices.csv"}},
            "claims.reference_price_file: must not stand beside prices",
        ),
        (
            {"claims": {**PRICED, "reference_price_sha256": "0" * 64}},
            "claims.reference_price_sha256: is that of claims.reference_price_file, which is",
        ),
        (
            {"claims": {"reference_price_file": "prices.csv"}},
            "claims.reference_price_file: is read by allocator.DepegPolicy.load",
        ),
        (
            {"claims": {**PRICED, "window_start": "2025-10-11T00:00:00Z"}},
            'claims.window_start = "2025-10-11T00:00:00Z": must not be after window_end = "2025',
        ),
        ({"claims": {**PRICED, "account_types": []}}, "claims.account_types = []: "),
        ({"award": {"minimum": "5", "maximum": "4"}}, 'award.minimum = "5": must not be above max'),
        ({"award": {"budget": "1.005"}}, 'award.budget = "1.005": must be a whole number of cents'),
        (
            {"award": {"unit": "1"}},
            "award.unit: unknown key; known keys here: budget, minimum, max",
        ),
        ({"objective": {"rule": "talmut"}}, 'did you mean "talmud"?'),
        ({"tie_break_key": "x" * 65}, "tie_break_key: must be at most 64 bytes of UTF-8, not 65"),
        ({"columns": {"quantitty": "q"}}, "columns.quantitty: unknown key; did you mean quantity?"),
        ({"columns": {"zzz": "q"}}, "columns.zzz: unknown key; known keys: user_id, asset, "),
        (
            {"columns": {"asset": "a", "time": "a"}},
            'columns.time = "a": must be a column of its own; it is also that of asset',
        ),
        (
            {"kind": "voucher"},
            'kind = "voucher": allocator.DepegPolicy reads policies of kind "depeg"; those of kind '
            '"voucher" are read by allocator.Policy and run by',
        ),
    ],
)
def test_each_rule_tells_its_key_value_and_remedy(data, told):
    assert told in problems(**data)


@pytest.mark.parametrize(
    ("rule", "told"),
    [("alpha_fair", "divides by weights"), ("random_arrival", "is for a few claimants")],
)
def test_rules_that_are_no_claims_rules_for_many_are_not_supported(rule, told):
    with pytest.raises(UnsupportedError, match=told):
        al.DepegPolicy(schema_version=1, name="x", claims=PRICED, objective={"rule": rule})


def test_all_is_told_at_once():
    told = problems(award={"budget": "x", "maximun": "1"}, objective={"rule": "zzz"}, claims={})
    assert told.startswith("policy: 4 things to correct")


def test_every_default_is_announced_or_assumed_with_a_page_that_is_known():
    example = al.DepegPolicy.example()
    by_key = {each.key: each for each in example.sources()}
    absent = {"award.maximum", "claims.reference_price_file", "claims.reference_price_sha256"}
    assert set(by_key) == set(CITATIONS) - absent | {"schema_version", "name"}
    assert {each.source for key, each in by_key.items() if key in CITATIONS} == {
        "announced",
        "assumed",
    }
    assert all(page in PAGES for _, _, page in CITATIONS.values() if page)
    assert by_key["claims.window_start"].value == "2025-10-10T21:36:00Z"
    assert by_key["award.budget"].comment.startswith("announced: about $283 million")
    assert "made up for the example" in by_key["claims.reference_price"].citation
    mine = example.replace(**{"claims.reference_price": {"USDE": "1"}, "budget": "5.00"})
    by_key = {each.key: each for each in mine.sources()}
    assert by_key["claims.reference_price"].source == by_key["award.budget"].source == "set"
    assert "made up" not in by_key["claims.reference_price"].citation


def test_the_example_says_that_its_prices_are_made_up(table):
    result = al.run_program(table(("ann", "1", "0.5")), al.DepegPolicy.example())
    assert "the reference prices are those of the example" in " ".join(result.warnings)
    assert al.DepegPolicy.example().claims.reference_price == EXAMPLE_PRICES


def test_what_is_written_reads_as_it_was(tmp_path, policy):
    mine = policy(maximum="500.00", columns={"time": "at"}, rule="talmud")
    path = tmp_path / "depeg.toml"
    for annotated in (False, True):
        path.write_text(mine.to_toml(annotated=annotated))
        assert al.DepegPolicy.load(path) == mine
    other = tmp_path / "depeg.json"
    other.write_text(mine.canonical_json())
    assert al.DepegPolicy.load(other).digest == mine.digest
    assert str(policy().diff(mine)).splitlines() == [
        "columns.time: none (assumed) -> at (set)",
        "award.maximum: none (assumed) -> $500.00 (set)",
        "objective.rule: proportional (assumed) -> talmud (set)",
    ]
    with pytest.raises(PolicyError, match="a depeg policy and a voucher policy have no keys"):
        mine.diff(al.Policy.default())


def test_the_order_of_tables_does_not_change_the_digest(policy):
    one, other = ({"USDE": "1", "WBETH": "2"}, {"WBETH": "2", "USDE": "1"})
    assert policy(prices=one).digest == policy(prices=other).digest
    assert policy(prices=one).digest != policy(prices={"USDE": "1", "WBETH": "3"}).digest


def test_the_schema_accepts_the_example():
    schema = al.DepegPolicy.model_json_schema()
    content = json.loads(al.DepegPolicy.example().canonical_json())
    jsonschema.validate(content, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**content, "kind": "voucher"}, schema)


def test_prices_from_a_file_are_part_of_the_policy_with_its_digest(tmp_path, table):
    prices = tmp_path / "prices.csv"
    prices.write_text("asset,price,source\nUSDE,0.9999,closing\nWBETH,4100.5,closing\n")
    path = tmp_path / "depeg.toml"
    path.write_text(FILE)
    policy = al.DepegPolicy.load(path)
    sha256 = hashlib.sha256(prices.read_bytes()).hexdigest()
    assert policy.claims.reference_price == {"USDE": "0.9999", "WBETH": "4100.5"}
    assert policy.claims.reference_price_sha256 == sha256
    result = al.run_program(table(("ann", "1", "0.5")), path)
    assert result.certificate.figures["reference_price_from"] == f"prices.csv, sha256 {sha256}"
    assert f"reference prices, prices.csv, sha256 {sha256}: USDE $0.9999" in str(result.summary())
    # As run, it stands for itself.
    run = tmp_path / "elsewhere" / "policy.toml"
    run.parent.mkdir()
    run.write_text(policy.to_toml(annotated=True))
    assert al.DepegPolicy.load(run) == policy
    # With the digest and without the prices, it insists on those bytes.
    path.write_text(FILE + f'reference_price_sha256 = "{sha256}"\n')
    assert al.DepegPolicy.load(path) == policy
    prices.write_text("asset,price\nUSDE,1\n")
    with pytest.raises(
        PolicyError, match=r"prices\.csv is not the file that claims.reference_price_"
    ):
        al.DepegPolicy.load(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "prices.csv: .*does not exist"),
        ("asset,cost\nUSDE,1\n", "have no column price; they have asset, cost"),
        ("asset,price\nUSDE,\n", "row 1 has not one asset and one price"),
        ("asset,price\nUSDE,1\nUSDE,1\n", "USDE stands there twice"),
        ("asset,price\nUSDE,1,5\n", "row 1 has not one asset and one price"),
        ("asset,price\nUSDE,-1\n", 'claims.reference_price.USDE = "-1": must be a decimal'),
        ("asset,price\n", "no rows"),
    ],
)
def test_files_of_prices_that_are_none(tmp_path, content, told):
    (tmp_path / "depeg.toml").write_text(FILE)
    if content is not None:
        (tmp_path / "prices.csv").write_text(content)
    with pytest.raises(PolicyError, match=told):
        al.DepegPolicy.load(tmp_path / "depeg.toml")


def test_a_folder_is_no_file_of_prices(tmp_path):
    (tmp_path / "depeg.toml").write_text(FILE.replace("prices.csv", "."))
    (tmp_path / "a.csv").write_text("asset,price\nUSDE,1\n")
    (tmp_path / "b.csv").write_text("asset,price\nWBETH,1\n")
    with pytest.raises(PolicyError, match="are not one file"):
        al.DepegPolicy.load(tmp_path / "depeg.toml")
