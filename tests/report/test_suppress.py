from hypothesis import given
from hypothesis import strategies as st

from allocator.report.suppress import hidden, merge_small, shown_counts
from allocator.report.tables import rules_table
from allocator.scenarios.out import Out

COUNTS = st.lists(st.integers(0, 30), max_size=12)


@given(COUNTS)
def test_no_small_count_is_shown_or_follows_from_the_others(counts):
    gone = hidden(counts)
    assert all(not 0 < count < 10 or k in gone for k, count in enumerate(counts))
    if len(gone) == 1:  # nobody else is there to hide it among
        assert sum(count > 0 for count in counts) == 1
    texts = shown_counts(counts)
    assert all(text == f"{counts[k]:,}" for k, text in enumerate(texts) if k not in gone)
    assert all(texts[k] in ("<10", "withheld") for k in gone)


def out(counts, source="announced"):
    return [Out(f"r{k}", f"reason {k}", n, 100 * n, source) for k, n in enumerate(counts)]


@given(st.lists(st.integers(1, 30), max_size=8))
def test_merged_reasons_add_up_and_hide_the_small_ones(counts):
    merged = merge_small(out(counts))
    assert sum(each.users for each in merged) == sum(counts)
    assert sum(each.loss_cents for each in merged) == 100 * sum(counts)
    small = [each for each in merged if each.users < 10]
    assert not small or sum(counts) < 10 or len(counts) == 1


def test_small_reasons_go_together_with_the_next_larger():
    first, second, other = merge_small(
        [*out([50, 3, 40]), Out("no_net_assets", "no net assets", 12, 7, "assumed")]
    )
    assert [first.users, second.users] == [50, 40]
    assert other.text == "other reasons: reason 1; no net assets"
    assert (other.users, other.loss_cents, other.source) == (15, 307, "assumed")


def test_a_small_reason_alone_is_not_shown_in_the_table():
    table = rules_table(100, merge_small(out([4])))
    assert table.rows[1] == ["reason 0", "<10", "withheld", "withheld", "announced"]
    assert table.withheld
