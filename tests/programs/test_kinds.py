"""The kinds of program: who reads, runs and loads what, and what is said to who mixes them up."""

import pyarrow as pa
import pytest

import allocator as al
from allocator.errors import DataError, PolicyError
from allocator.policy.validation import KINDS as READERS
from allocator.programs.certificate import Certificate
from allocator.programs.kinds import KINDS, VOUCHER, kind_of, load_policy, program_of

DEPEG = 'schema_version = 1\nname = "x"\nkind = "depeg"\n[claims.reference_price]\nUSDE = "1"\n'
VOUCHERS = 'schema_version = 1\nname = "Vouchers"\n'


def test_every_kind_has_a_reader_that_is_public():
    assert set(READERS) == {VOUCHER, *KINDS, "initiative"}
    for kind, reader in READERS.items():
        model = getattr(al, reader.removeprefix("allocator."))
        assert model.model_fields["kind"].default == kind
    for kind in KINDS:
        program = program_of(kind)
        assert program.POLICY.model_fields["kind"].default == kind
        assert program.example().kind == kind
        assert kind_of(kind) == kind_of(program.example()) == kind


def test_the_kind_of_files_and_names(tmp_path):
    path = tmp_path / "policy.toml"
    for content, kind in (
        (DEPEG, "depeg"),
        (VOUCHERS, "voucher"),
        ('kind = "depag"', "voucher"),  # which its reader will tell
        ("kind = 3", "voucher"),
        ('kind = "voucher"', "voucher"),
    ):
        path.write_text(content)
        assert kind_of(path) == kind_of(str(path)) == kind
    (tmp_path / "policy.json").write_text("[]")
    assert kind_of(tmp_path / "policy.json") == "voucher"
    assert kind_of(None) == kind_of("announced") == kind_of(al.Policy.default()) == "voucher"
    with pytest.raises(PolicyError, match="cannot be read"):
        kind_of(tmp_path / "none.toml")


def test_load_policy_returns_the_model_of_the_kind(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(DEPEG)
    assert isinstance(load_policy(path), al.DepegPolicy)
    path.write_text(VOUCHERS)
    assert isinstance(load_policy(path), al.Policy)
    assert load_policy(None) == al.Policy.default()
    assert load_policy("broad") == al.Policy.preset("broad")
    example = al.DepegPolicy.example()
    assert load_policy(example) is example


def test_a_policy_of_another_kind_names_its_reader(tmp_path):
    path = tmp_path / "depeg.toml"
    path.write_text(DEPEG)
    with pytest.raises(PolicyError) as caught:
        al.Policy.load(path)
    assert str(caught.value) == (
        f"{path}: 1 thing to correct\n"
        '  line 3: kind = "depeg": allocator.Policy reads policies of kind "voucher"; those of '
        'kind "depeg" are read by allocator.DepegPolicy and run by `allocator run` or '
        "allocator.run_program"
    )
    with pytest.raises(PolicyError, match=r'kind = "loan": allocator\.Policy reads'):
        al.Policy.default().replace(kind="loan")


def test_run_program_refuses_vouchers():
    with pytest.raises(PolicyError, match=r"'Announced' is for vouchers: allocator\.allocate runs"):
        al.run_program(pa.table({"user_id": ["a"]}), al.Policy.default())


def test_runs_of_the_other_kind_are_told_apart(tmp_path):
    positions = al.simulate_positions(50, seed=1)
    al.run_program(positions, al.DepegPolicy.example()).save(tmp_path / "depeg")
    users = al.simulate_users(100, seed=7)
    vouchers = al.allocate(users, al.Policy.default().replace(budget="5000.00"))
    vouchers.save(tmp_path / "vouchers")
    with pytest.raises(DataError, match="is the run of a depeg program, and this is for runs of v"):
        al.load_allocation(tmp_path / "depeg")
    with pytest.raises(DataError, match=r"is the run of a voucher program: allocator\.load_alloc"):
        al.load_program(tmp_path / "vouchers")


def test_a_run_in_memory_verifies_against_what_is_given(tmp_path):
    from allocator.programs.verify import verify_directory

    positions = al.simulate_positions(50, seed=1)
    al.run_program(positions, al.DepegPolicy.example()).save(tmp_path / "depeg")
    with pytest.raises(DataError, match="this run was made of a data frame"):
        verify_directory(tmp_path / "depeg")
    assert verify_directory(tmp_path / "depeg", positions).ok
    assert "is not a finished run" in verify_directory(tmp_path / "none").faults[0]
    other = verify_directory(tmp_path / "depeg", al.simulate_positions(50, seed=2))
    assert not other.ok
    assert verify_directory(tmp_path / "depeg", positions, al.Policy.default()).faults[-1] == (
        "the policy is of kind voucher"
    )


def test_a_certificate_reads_as_it_was_written():
    certificate = Certificate(
        kind="loan",
        status="optimal",
        checks={"limits": True},
        figures={"gap": 0.1 + 0.2, "none": float("nan"), "bound": float("inf"), "by": {"a": (1,)}},
    )
    written = certificate.to_dict()
    assert (written["gap"], written["none"], written["bound"]) == (0.3, None, "inf")
    assert written["by"] == {"a": [1]}
    assert Certificate.from_dict(written).to_dict() == written
    for bad in (3, {}, {**written, "checks": {"a": 1}}, {**written, "kind": None}):
        with pytest.raises(DataError, match="it is not the certificate of a program"):
            Certificate.from_dict(bad)
