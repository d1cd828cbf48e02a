import json
import math
import sys
import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from allocator.core.rules import SMALLEST_ALPHA
from allocator.errors import AllocatorError, PolicyError, UnsupportedError
from allocator.policy.changing import full_key
from allocator.policy.presets import PRESETS
from allocator.policy.schema import Policy
from allocator.policy.sections import Award

FULL = {
    "schema_version": 1,
    "kind": "voucher",
    "name": "Everything",
    "currency": "USD",
    "tie_break_key": "key",
    "columns": {"user_id": "claimant_id", "vip_tier": "tier"},
    "eligibility": {
        "window_start": "2025-10-10T00:00:00Z",
        "window_end": "2025-10-11T23:59:59+00:00",
        "snapshot": "2025-10-09T23:59:00",
        "products": ["futures"],
        "min_loss": "$1,050.00",
        "min_loss_ratio": "30%",
        "nonpositive_net_assets": "eligible",
        "exclude_already_compensated": False,
        "exclude": {
            "account_type": ["market_maker", True, 7],
            "net_assets": {"min": "1000000"},
            "days": {"min": -3, "max": "7.5"},
        },
    },
    "claim": {"brackets": [{"up_to": "500", "rate": "100%"}, {"rate": "0.20"}]},
    "award": {
        "budget": "1000.00",
        "minimum": "0.00",
        "maximum": "50.00",
        "cap_at_loss": False,
        "unit": "0.50",
        "if_budget_exceeds_caps": "error",
    },
    "objective": {"rule": "alpha_fair", "alpha": "inf", "of": "recovery"},
    "weights": {
        "loss_exponent": 2,
        "ratio_exponent": 0,
        "ratio_cap": "1.5",
        "factors": {"vip_tier": {"regular": 1.2, "*": 1}},
    },
    "constraints": [],
}


def problems(data):
    with pytest.raises(PolicyError) as caught:
        Policy.model_validate({"schema_version": 1, "name": "x", **data})
    return str(caught.value)


def test_two_lines_are_the_announced_policy():
    policy = Policy.model_validate({"schema_version": 1, "name": "Announced"})
    assert policy == Policy.default() == Policy.preset("announced")
    assert policy.award.budget == "300000000.00"
    assert policy.objective.alpha == 1.0


def test_the_example_of_the_contract_reads_as_the_default(tmp_path):
    (tmp_path / "p.toml").write_text(Policy.default().to_toml(annotated=True))
    assert Policy.load(tmp_path / "p.toml") == Policy.default()


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("annotated", [False, True])
def test_presets_read_back_from_their_toml(name, annotated, tmp_path):
    policy = Policy.preset(name)
    (tmp_path / "p.toml").write_text(policy.to_toml(annotated=annotated))
    assert Policy.load(tmp_path / "p.toml") == policy


def test_everything_dumps_as_it_loads(tmp_path):
    policy = Policy.model_validate(FULL)
    assert tomllib.loads(policy.to_toml())["eligibility"]["min_loss"] == "$1,050.00"
    (tmp_path / "p.toml").write_text(policy.to_toml())
    (tmp_path / "p.JSON").write_text(policy.canonical_json())
    assert Policy.load(tmp_path / "p.toml") == policy
    assert Policy.load(tmp_path / "p.JSON") == policy
    assert Policy.model_validate(policy) is policy
    assert json.loads(policy.canonical_json())["objective"]["alpha"] == "inf"


def test_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Policy.default().name = "other"


@given(st.integers(1, 10**12), st.booleans())
def test_money_of_any_size_keeps_its_text(cents, separators):
    whole, part = divmod(cents, 100)
    text = f"${whole:,}.{part:02d}" if separators else f"{whole}.{part:02d}"
    policy = Policy.default().replace(budget=text)
    assert policy.award.budget == text
    assert Policy.model_validate(tomllib.loads(policy.to_toml())) == policy


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"award": {"budget": 3e8}}, "award.budget = 300000000.0: must be a decimal in quotes"),
        ({"award": {"budget": "lots"}}, 'award.budget = "lots": must be a decimal with at most 8'),
        ({"award": {"budget": "0.00"}}, 'award.budget = "0.00": must be more than 0'),
        ({"award": {"budget": "90000000000"}}, "must be below $90 billion"),
        ({"award": {"budget": "100000000000.00"}}, "must be below $90 billion"),
        ({"award": {"budget": "$100,000,000,000,000"}}, "must be below $90 billion"),
        ({"award": {"budget": "1" * 5000}}, "must be below $90 billion"),
        ({"award": {"budget": "\uff11\uff12.00"}}, "must be a decimal with at most 8 decimals"),
        ({"award": {"budget": "\u0663"}}, "must be a decimal with at most 8 decimals"),
        ({"eligibility": {"min_loss_ratio": "\u0663%"}}, "must be a ratio of at most 16 decimals"),
        ({"award": {"minimum": "-4"}}, 'award.minimum = "-4": must be a decimal'),
        (
            {"award": {"minimum": "7000.00"}},
            'award.minimum = "7000.00": must not be above maximum = "6000.00"',
        ),
        (
            {"award": {"unit": "0.03"}},
            'award.minimum = "4.00": must be a multiple of unit = "0.03", such as "3.99" or "4.02"',
        ),
        ({"award": {"unit": "5.00"}}, 'multiple of unit = "5.00", such as "5.00"'),
        ({"award": {"unit": "0.001"}}, "must be a whole number of cents"),
        ({"award": {"cap_at_loss": "yes"}}, 'award.cap_at_loss = "yes": must be true or false'),
        ({"award": {"max": "1"}}, "award.max: unknown key; did you mean maximum?"),
        ({"award": 3}, "award = 3: must be a table of keys and values"),
        ({"minimum": "4"}, "minimum: unknown key; it belongs in [award]"),
        ({"zzz": "4"}, "zzz: unknown key; known keys here: schema_version, kind, name"),
        ({"currency": "EUR"}, "currency = \"EUR\": must be 'USD'"),
        ({"name": ""}, 'name = "": must have at least 1 character'),
        ({"name": "a\nb"}, "name = "),
        ({"tie_break_key": "é" * 33}, "tie_break_key: must be at most 64 bytes of UTF-8, not 66"),
        ({"objective": {"alpha": -1}}, "objective.alpha = -1: must be a number of at least 0"),
        ({"objective": {"alpha": "2"}}, 'objective.alpha = "2": must be a number'),
        ({"objective": {"alpha": True}}, "objective.alpha = true: must be a number"),
        ({"objective": {"alpha": 10**400}}, "must be a number that fits a 64-bit float"),
        ({"objective": {"alpha": math.nan}}, "objective.alpha = NaN: must be a number"),
        ({"objective": {"rule": "alphafair"}}, 'did you mean "alpha_fair"?'),
        ({"objective": {"of": "recovry"}}, 'did you mean "recovery"?'),
        (
            {"objective": {"of": "recovery"}, "eligibility": {"min_loss": "0"}},
            'objective.of = "recovery": needs eligibility.min_loss above 0',
        ),
        ({"eligibility": {"min_loss_ratio": 0.3}}, "must be a ratio in quotes"),
        ({"eligibility": {"min_loss_ratio": "a third"}}, "must be a ratio of at most 16 decimals"),
        (
            {"eligibility": {"window_start": "2025-10-12T00:00:00Z"}},
            'must not be after window_end = "2025-10-11T23:59:59Z"',
        ),
        ({"eligibility": {"snapshot": "2025-10-09"}}, "must be a date and a time"),
        ({"eligibility": {"snapshot": "9:00"}}, "must be a date and time in ISO 8601"),
        ({"eligibility": {"snapshot": 20251009}}, "must be a date and time in quotes"),
        ({"eligibility": {"products": []}}, "products = []: must have at least 1 item"),
        ({"eligibility": {"exclude": {"a": "b"}}}, "must be a list of values, such as"),
        ({"eligibility": {"exclude": {"a": []}}}, "exclude.a = []: must have at least 1 item"),
        ({"eligibility": {"exclude": {"a": {}}}}, "exclude.a: must have a min, a max, or both"),
        (
            {"eligibility": {"exclude": {"a": {"min": "2", "max": "1"}}}},
            'exclude.a.min = "2": must not be above max = "1"',
        ),
        ({"eligibility": {"exclude": {"a": {"min": 1.5}}}}, "must be a decimal in quotes"),
        ({"eligibility": {"exclude": {"a": {"mim": "1"}}}}, "exclude.a.mim: unknown key; did you"),
        ({"eligibility": {"exclude": {"net_assets": ["1"]}}}, "is an amount; must be a range"),
        (
            {"eligibility": {"exclude": {"already_compensated": [True]}}},
            "is what eligibility.exclude_already_compensated = true is for",
        ),
        ({"claim": {"brackets": [{"rate": "1.1"}]}}, 'must be between "0.00" and "1.00"'),
        ({"claim": {"brackets": [{"rate": "0.123456789"}]}}, "must have at most 8 decimals"),
        ({"claim": {"brackets": [{"rtae": "1"}]}}, "brackets[0].rtae: unknown key; did you mean"),
        ({"claim": {"brackets": [{"rate": "1"}, {"rate": "1"}]}}, "[0]: must have an up_to"),
        ({"claim": {"brackets": [{"up_to": "5", "rate": "1"}]}}, '[0].up_to = "5": must be left'),
        (
            {"claim": {"brackets": [{"up_to": n, "rate": "1"} for n in "55"] + [{"rate": "1"}]}},
            'brackets[1].up_to = "5": must be above $5.00, where the bracket before it ends',
        ),
        (
            {"weights": {"loss_exponent": 11}},
            "loss_exponent = 11: must be less than or equal to 10",
        ),
        (
            {"weights": {"loss_exponent": "1"}},
            'loss_exponent = "1": must be a number without quotes, such as 0.5',
        ),
        ({"weights": {"ratio_cap": "0"}}, 'ratio_cap = "0": must be more than 0'),
        ({"weights": {"factors": {"v": {"a": -1}}}}, "must be greater than or equal to 0"),
        ({"weights": {"factors": {"v": {"a": math.inf}}}}, "must be a finite number"),
        ({"weights": {"factors": {"v": {}}}}, "must have at least 1 item"),
        ({"weights": {"factors": {"net_assets": {"*": 1}}}}, "must be an attribute such as"),
        ({"columns": {"user_id": "x", "net_assets": "x"}}, "it is also that of net_assets"),
        ({"columns": {"user_idd": "x"}}, "columns.user_idd: unknown key; did you mean user_id?"),
        ({"columns": {"": "x"}}, "columns"),
    ],
)
def test_each_rule_tells_its_key_value_and_remedy(data, told):
    assert told in problems(data)


def test_every_violated_rule_is_told_at_once_rules_across_keys_too():
    text = problems(
        {
            "award": {"budget": "x", "minimum": "9000.00", "cap_at_los": True},
            "weights": {"factors": {"v": {"a": -1}}},
            "columns": {"user_id": "x", "net_assets": "x"},
            "kind": "vouchers",
        }
    )
    assert text.splitlines() == [
        "policy: 7 things to correct",
        """  kind = "vouchers": must be 'voucher'; did you mean "voucher"?""",
        '  award.budget = "x": must be a decimal with at most 8 decimals, such as "50.00"',
        "  award.cap_at_los: unknown key; did you mean cap_at_loss?",
        "  weights.factors.v.a = -1: must be greater than or equal to 0",
        '  columns.user_id = "x": must be a column of its own; it is also that of net_assets',
        '  columns.net_assets = "x": must be a column of its own; it is also that of user_id',
        '  award.minimum = "9000.00": must not be above maximum = "6000.00"',
    ]


def test_rules_that_read_a_bad_key_are_not_told():
    assert "multiple" not in problems({"award": {"unit": "x", "budget": "0.005"}})


def test_missing_keys_and_other_types():
    with pytest.raises(PolicyError, match=r"schema_version: missing[\s\S]*name: missing"):
        Policy.model_validate({})
    for strange in (None, 3, ["name"]):
        with pytest.raises(PolicyError, match="must be a table of keys and values"):
            Policy.model_validate(strange)
    with pytest.raises(PolicyError, match="schema_version = 2: must be 1"):
        Policy(schema_version=2, name="x")


def test_keys_that_are_no_text_and_sections_that_are_models():
    assert problems({3: 4}).splitlines()[1:] == ["  3: keys must be text"]
    award = Award(budget="10.00", minimum="20.00", maximum="15.00")
    assert problems({"award": award, "name": 3}).splitlines()[1:] == [
        "  name = 3: must be a valid string",
        '  award.minimum = "20.00": must not be above maximum = "15.00"',
    ]


def test_long_values_are_cut():
    assert "..." in problems({"award": {"budget": "9" * 500}})
    assert len(problems({"award": {"budget": "9" * 500}})) < 300


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            {
                "objective": {"rule": "talmud"},
                "constraints": [
                    {"name": "EU", "where": {"region": ["EU"]}, "min_recovery_of_overall": "0.9"}
                ],
            },
            'objective.rule = "talmud" divides by claims and maximizes nothing, so that it cannot '
            "trade one constraint against another, as min_recovery_of_overall (constraint 'EU')",
        ),
        (
            {
                "award": {"below_minimum": "drop_until_stable"},
                "constraints": [{"name": "EU", "where": {"region": ["EU"]}, "min_total": "1.00"}],
            },
            'award.below_minimum = "drop_until_stable": not together with constraints',
        ),
    ],
)
def test_what_is_not_built_yet_is_unsupported_and_says_what_is_there(data, told):
    with pytest.raises(UnsupportedError) as caught:
        Policy.model_validate({"schema_version": 1, "name": "x", **data})
    assert told in str(caught.value)


def test_toml_errors_have_file_and_line(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(
        'schema_version = 1\nname = "x"\n\n[award]\nmaximum = "1.00"\nunitt = "1"\n'
        '[claim]\nbrackets = [\n  { rate = "7" },\n]\n'
    )
    with pytest.raises(PolicyError) as caught:
        Policy.load(path)
    assert str(caught.value).splitlines() == [
        f"{path}: 3 things to correct",
        '  line 4: award.minimum = "4.00": must not be above maximum = "1.00"',
        "  line 6: award.unitt: unknown key; did you mean unit?",
        '  line 8: claim.brackets[0].rate = "7": must be between "0.00" and "1.00" (100%); did you '
        'mean "7%"?',
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("p.toml", b"a = ", "is not valid TOML"),
        ("p.toml", b"a = 1\na = 2\n", "is not valid TOML"),
        ("p.json", b"{", "is not valid JSON"),
        ("p.json", b'{"a": 1, "a": 2}', 'the key "a" stands there twice'),
        ("p.json", b"[" * 100_000, "is not valid JSON"),
        ("p.json", b"[]", "must be a table of keys and values, not list"),
        ("p.toml", b"\xff\xfe", "is not UTF-8 text"),
        ("p.yaml", b"", "a policy file ends in .toml or .json"),
        ("p.toml", None, "cannot be read: No such file or directory"),
    ],
)
def test_unreadable_files(tmp_path, name, content, told):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PolicyError) as caught:
        Policy.load(tmp_path / name)
    assert told in str(caught.value)


def test_a_byte_order_mark_and_unquoted_dates_are_fine(tmp_path):
    path = tmp_path / "p.toml"
    path.write_bytes(
        b'\xef\xbb\xbfschema_version = 1\nname = "x"\n'
        b"[eligibility]\nsnapshot = 2025-10-09T23:59:00Z\n[objective]\nalpha = inf\n"
    )
    policy = Policy.load(path)
    assert policy.eligibility.snapshot == "2025-10-09T23:59:00+00:00"
    assert policy.objective.alpha == math.inf
    assert not policy.diff(policy.replace(snapshot="2025-10-09T23:59:00Z"))


def test_replace_bare_dotted_and_nested_keys():
    policy = Policy.default().replace(
        alpha=2, **{"award.minimum": "5.00", "weights.factors.vip_tier.regular": 1.5}
    )
    assert policy.objective.alpha == 2.0
    assert policy.award.minimum == "5.00"
    assert policy.weights.factors == {"vip_tier": {"regular": 1.5}}
    assert Policy.default().weights.factors == {}
    assert policy.replace({"weights.factors.vip_tier.*": 1}).weights.factors["vip_tier"]["*"] == 1


def test_replace_tells_unknown_and_bad_keys():
    with pytest.raises(PolicyError, match=r"^alhpa: unknown key; did you mean alpha\?$"):
        Policy.default().replace(alhpa=2)
    with pytest.raises(PolicyError, match=r"^zzz: unknown key; known keys: schema_version"):
        Policy.default().replace(zzz=2)
    with pytest.raises(PolicyError, match=r"minimum = 5\.5: must be a decimal in quotes: write "):
        Policy.default().replace(minimum=5.5)


def test_whole_numbers_are_taken_as_if_they_were_in_quotes():
    policy = Policy.model_validate(
        {
            "schema_version": 1,
            "name": "x",
            "award": {"budget": 250_000, "minimum": 4, "reserve": 5},
            "eligibility": {"min_loss_ratio": 0},
        }
    )
    award = policy.award
    assert (award.budget, award.minimum, award.reserve) == ("250000", "4", "5")
    assert policy.eligibility.min_loss_ratio == "0"
    assert 'budget = "250000"' in policy.to_toml()
    assert policy.replace(budget="250000").digest == policy.digest


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("min_loss_ratio", 0.3, 'min_loss_ratio = 0.3: must be a ratio in quotes: write "0.3"'),
        ("reserve", 0.5, 'reserve = 0.5: must be money or a share in quotes: write "0.5"'),
        ("minimum", 1e-7, 'minimum = 1e-07: must be a decimal in quotes: write "0.0000001"'),
        ("minimum", True, 'minimum = true: must be a decimal in quotes, such as "50.00"'),
        ("minimum", -4, "minimum = -4: must be a decimal with at most 8 decimals"),
        ("minimum", 10**50, "must be a decimal in quotes"),
    ],
)
def test_what_is_no_whole_number_is_told_how_to_be_written(key, value, told):
    with pytest.raises(PolicyError) as caught:
        Policy.default().replace({key: value})
    assert told in str(caught.value)


def test_a_table_declared_twice_names_the_line_of_the_first(tmp_path):
    path = tmp_path / "p.toml"
    for text, line in (
        ("name = 'x'\ncolumns = {}\n[columns]\n", 2),
        ("award.unit = 1\n[award]\n", 1),
    ):
        path.write_text(text)
        with pytest.raises(PolicyError, match=f"stands on line {line} already: put them there"):
            Policy.load(path)


def test_shown_policies_have_a_table_of_columns_to_fill():
    lines = Policy.default().to_toml(annotated=True).splitlines()
    assert any(line.startswith("[columns]") for line in lines)
    assert not any(line.startswith("columns =") for line in lines)


def test_an_ambiguous_name_says_which_keys_it_could_be():
    known = ["award.unit", "loan.unit", "unit.x"]
    assert full_key("award.unit", known) == "award.unit"
    with pytest.raises(PolicyError, match=r"unit: is ambiguous; say award\.unit or loan\.unit"):
        full_key("unit", known)


def test_no_bare_name_is_ambiguous_today():
    for each in Policy.default().sources():
        Policy.default().replace({each.key.rpartition(".")[2]: _value(each.key)})


def _value(key):
    value = Policy.default().model_dump()
    for part in key.split("."):
        value = value[part]
    return value


def test_unknown_preset():
    with pytest.raises(PolicyError, match=r"no preset 'brod'; did you mean 'broad'\? Presets: ann"):
        Policy.preset("brod")
    with pytest.raises(PolicyError, match="no preset 'zzz'; Presets"):
        Policy.preset("zzz")


def test_digest_depends_on_content_not_on_order_without_meaning():
    one = Policy.default().replace(factors={"a": {"x": 1, "y": 2}, "b": {"*": 1}})
    two = Policy.default().replace(factors={"b": {"*": 1}, "a": {"y": 2, "x": 1}})
    assert one.digest == two.digest
    assert one.digest != Policy.default().digest
    first = Policy.default().replace(exclude={"a": ["1"], "b": ["1"]})
    second = Policy.default().replace(exclude={"b": ["1"], "a": ["1"]})
    assert first.digest != second.digest
    assert len(one.digest) == 64


def test_what_is_needed_of_the_table():
    policy = Policy.default()
    assert policy.uses_ratio
    assert policy.attributes == ()
    without = policy.replace(min_loss_ratio="0", ratio_exponent=0)
    assert not without.uses_ratio
    assert not without.needs_net_assets
    assert without.replace(exclude={"net_assets": {"min": "1"}}).needs_net_assets
    assert not policy.replace(min_loss_ratio="0%", rule="proportional").uses_ratio
    named = policy.replace(exclude={"b": ["x"], "user_id": ["u1"]}, factors={"a": {"*": 1}})
    assert named.attributes == ("b", "a")


def accepts(schema, data):
    return Draft202012Validator(schema).is_valid(data)


SCHEMA = Policy.model_json_schema()


@pytest.mark.parametrize("name", PRESETS)
def test_json_schema_accepts_the_presets(name):
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(json.loads(Policy.preset(name).canonical_json()))


def test_json_schema_accepts_everything_and_two_lines():
    Policy.model_validate(FULL)
    Draft202012Validator(SCHEMA).validate(FULL)
    assert accepts(SCHEMA, {"schema_version": 1, "name": "x"})


def test_json_schema_refuses_what_a_key_by_itself_cannot_be():
    for wrong in (
        {"name": 3},
        {"awrd": {}},
        {"award": {"budget": 3.5}},
        {"objective": {"alpha": -1}},
    ):
        assert not accepts(SCHEMA, {"schema_version": 1, "name": "x", **wrong})


SIMPLE = [0, 1, 2.5, -1, True, "inf", "30%", "0.30", "1.00", "$4", "4.00", "x", "", None]
OTHER = ["2025-10-09T00:00Z", "recovery", "error", "eligible", ["a"], [], {"a": ["b"]}, {}]
TABLES = [{"a": {"*": 1}}, {"a": {"min": "1", "max": 2}}, [{"rate": "10%"}], {"user_id": "id"}]
VALUES = st.sampled_from([*SIMPLE, *OTHER, *TABLES])
SECTIONS = {section: inner for section, inner in FULL.items() if isinstance(inner, dict)}
KEYS = [(section, key) for section, inner in SECTIONS.items() for key in inner]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_the_json_schema_accepts_what_the_model_accepts(changes):
    data = {"schema_version": 1, "name": "x"}
    for (section, key), value in changes.items():
        data.setdefault(section, {})[key] = value
    try:
        policy = Policy.model_validate(data)
    except AllocatorError:
        return
    assert accepts(SCHEMA, data)
    assert Policy.model_validate(tomllib.loads(policy.to_toml())) == policy
    assert Policy.model_validate_json(policy.canonical_json()) == policy


def test_the_schema_loads_no_arrow():
    import subprocess

    code = "import sys, allocator.policy.schema; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("value", [True, 1.0, "1"])
def test_the_schema_version_is_a_whole_number(value):
    with pytest.raises(PolicyError, match=r"schema_version = \S+: must be the whole number 1$"):
        Policy(schema_version=value, name="x")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.5, "1.5"), (math.nan, "NaN"), (date(2025, 1, 1), '"2025-01-01"'), (["b"], '["b"]')],
)
def test_a_value_of_no_possible_type_is_told_once(value, shown):
    rule = "must be text, a whole number, true or false, or the whole a range "
    assert problems({"eligibility": {"exclude": {"a": ["x", value]}}}).splitlines() == [
        "policy: 1 thing to correct",
        f"  eligibility.exclude.a[1] = {shown}: {rule}{{ min = ..., max = ... }}",
    ]


def test_alpha_is_0_or_what_the_core_can_do(tmp_path):
    assert Policy.default().replace(alpha=SMALLEST_ALPHA).objective.alpha == SMALLEST_ALPHA
    assert not accepts(SCHEMA, {"schema_version": 1, "name": "x", "objective": {"alpha": 1e-7}})
    path = tmp_path / "p.toml"
    path.write_text('schema_version = 1\nname = "x"\n[objective]\nalpha = 1e-7\n')
    with pytest.raises(PolicyError) as caught:
        Policy.load(path)
    told = "line 4: objective.alpha = 1e-07: must be 0, or at least 0.000001"
    assert str(caught.value).splitlines()[1:] == ["  " + told]


@pytest.mark.parametrize("key", ["objective.alpha", "weights.loss_exponent", "weights.factors.v.*"])
def test_minus_0_is_0(key):
    zero, minus = (Policy.default().replace({key: value}) for value in (0.0, -0.0))
    assert minus.digest == zero.digest
    assert "-0.0" not in minus.to_toml()
