import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.policy.text import dump_toml, find_lines, toml_value

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALAR = (
    TEXT
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=True)
)
VALUE = SCALAR | st.lists(SCALAR, max_size=3)
TREE = st.dictionaries(
    TEXT, st.recursive(VALUE, lambda inner: st.dictionaries(TEXT, inner, max_size=3)), max_size=5
)


@given(TREE)
def test_what_is_written_reads_back_the_same(tree):
    assert tomllib.loads(dump_toml(tree)) == tree


@given(TREE)
def test_an_inline_value_reads_back_the_same(tree):
    assert tomllib.loads("x = " + toml_value(tree))["x"] == tree


def test_sections_inline_tables_and_comments():
    data = {"a": 1, "b": {"c": {"d": [1.5, True]}, "e": {"f": "g"}}}
    assert dump_toml(data, {"a": "why", "b.e": "section"}, ["b.c"]) == (
        'a = 1  # why\n\n[b]\nc = { d = [1.5, true] }\n\n[b.e]  # section\nf = "g"\n'
    )


def test_what_toml_lacks_is_an_error():
    with pytest.raises(TypeError, match="TOML has no NoneType"):
        toml_value(None)


def test_lines_of_keys_with_escapes_that_only_toml_has():
    text = "\"\\U0001F600\" = 1\na = '''\n\"\\q\" = 2\n'''\n"
    assert tomllib.loads(text) == {"😀": 1, "a": '"\\q" = 2\n'}
    lines = find_lines(text)
    assert (lines[("😀",)], lines[("a",)]) == (1, 2)


def test_lines_of_keys_quoted_dotted_and_in_lists_of_tables():
    text = 'a.b = 1\n# c = 2\n["x y".\'z\']\n"q\\"r" = 3\n[[t]]\nu = 1\n[[t]]\nu = 2\n'
    assert find_lines(text) == {
        ("a", "b"): 1,
        ("x y", "z"): 3,
        ("x y", "z", 'q"r'): 4,
        ("t",): 5,
        ("t", "0"): 5,
        ("t", "0", "u"): 6,
        ("t", "1"): 7,
        ("t", "1", "u"): 8,
    }
