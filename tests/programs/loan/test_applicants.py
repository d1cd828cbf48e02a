"""Bad rows are told all at once; columns are needed only where the policy uses them."""

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.programs.loan.applicants import read_applicants
from allocator.programs.loan.program import run
from tests.programs.loan.funds import applicants, granted, policy

FULL = {
    "segments": {"x": {"max_share": "50%"}},
    "rate": {"spread": {"A": "0.01"}},
    "expected_loss_budget": "100.00",
    "min_score": "1",
}


def table(**changes):
    columns = {
        "segment": ["x", "x"],
        "grade": ["A", "A"],
        "pd": ["0.1", "0.1"],
        "lgd": ["0.5", "0.5"],
        "score": ["7", "7"],
        "weight": ["1", "2"],
        "existing_exposure": ["0", "0"],
    }
    base = applicants([(3000, 1000)] * 2, **columns)
    for name, values in changes.items():
        base = base.set_column(base.column_names.index(name), name, [values])
    return base


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"applicant_id": ["a", "a"]}, "same applicant_id as line"),
        ({"requested": ["3000", "x"]}, "requested is not an amount"),
        ({"requested": ["3000", "-1"]}, "requested is negative"),
        ({"minimum": ["1000", None]}, "minimum is missing"),
        ({"minimum": ["1000", "3000.01"]}, "minimum is above requested"),
        ({"segment": ["x", ""]}, "segment is missing"),
        ({"segment": ["x", " "]}, "segment is missing"),
        ({"grade": ["A", "B"]}, "grade is not a grade of fund.rate.spread (A)"),
        ({"pd": ["0.1", "1.01"]}, "pd is above 1"),
        ({"pd": ["0.1", "-0.1"]}, "pd is below 0"),
        ({"lgd": ["0.1", "nan"]}, "lgd is not a number such as 0.0125"),
        ({"lgd": ["0.1", "$0.1"]}, "lgd is not a number such as 0.0125"),
        ({"lgd": ["0.1", "1e-61"]}, "lgd has more than 60 decimals"),
        ({"weight": ["7", "1e13"]}, "weight is above 1000000000000"),
        ({"score": ["7", None]}, "score is missing"),
        ({"score": ["7", "low"]}, "score is not a number such as 620"),
        ({"tenor_months": ["12", "a year"]}, "tenor_months is not a number such as 24"),
        ({"weight": ["7", "-7"]}, "weight is below 0"),
        ({"tenor_months": [12, 0]}, "tenor_months is below 1"),
        ({"tenor_months": ["12", "12.5"]}, "tenor_months is not a whole number of months"),
        ({"existing_exposure": ["0", "-5"]}, "existing_exposure is negative"),
    ],
)
def test_bad_rows(changes, words):
    with pytest.raises(al.DataError) as error:
        run(table(**changes), policy(**FULL))
    assert words in str(error.value)
    assert error.value.rows


def test_all_bad_rows_are_told_at_once():
    with pytest.raises(al.DataError) as error:
        run(table(pd=["2", "0.1"], score=["x", "x"]), policy(**FULL))
    assert {each["column"] for each in error.value.rows} == {"pd", "score"}
    assert len(error.value.rows) == 3


def test_bad_rows_may_be_set_aside():
    result = run(table(pd=["2", "0.1"]), policy(**FULL), max_bad=1)
    assert result.table.column("applicant_id").to_pylist() == ["a2"]
    assert result.quarantined.column("reasons").to_pylist() == ["pd is above 1"]


def test_only_what_the_policy_uses_is_needed():
    plain = applicants([(3000, 1000)] * 2)
    assert granted(run(plain, policy())) == [3000, 3000]
    with pytest.raises(al.DataError) as error:
        run(plain, policy(**FULL))
    for name in ("segment", "grade", "pd", "lgd", "score"):
        assert repr(name) in str(error.value)


def test_columns_of_other_names():
    renamed = applicants([(3000, 1000)]).rename_columns(["id", "asks", "needs", "months"])
    names = {"applicant_id": "id", "requested": "asks", "minimum": "needs"}
    chosen = al.LoanPolicy(
        schema_version=1, name="Test", columns={**names, "tenor_months": "months"}
    )
    assert granted(run(renamed, chosen)) == [3000]


def test_numbers_of_any_type_are_exact():
    for values in (
        pa.array([0.1, 0.25]),
        pa.array([0.1, 0.25], pa.float32()),
        pa.array(["0.1", "0.25"]).dictionary_encode(),
        pa.array(["0.10", " 0.25"]),
    ):
        read, _, _ = read_applicants(table(pd=values), policy(**FULL))
        assert read.pd == [Fraction(1, 10), Fraction(1, 4)]
    with pytest.raises(al.DataError, match="column 'pd' holds bool values"):
        run(table(pd=[True, False]), policy(**FULL))
    with pytest.raises(al.DataError, match="column 'segment' holds double values"):
        run(table(segment=[0.5, 0.5]), policy(**FULL))


def test_floats_that_are_rounded_are_told():
    odd = table(requested=np.array([3000.0, 1e4 / 3]))
    assert "1 applicant with floats of more than 8 decimals" in run(odd, policy()).warnings[0]


def test_ids_may_be_numbers():
    numbered = table(applicant_id=[7, 8])
    result = run(numbered, policy())
    assert result.table.column("applicant_id").to_pylist() == [7, 8]
    assert result.explain(7).startswith("7: $3,000.00 of $3,000.00 requested, at 3% a year")


def test_simulated_applicants_are_the_same_for_a_seed():
    one, two = (al.simulate_applicants(50, seed=4) for _ in range(2))
    assert one.table.equals(two.table)
    result = run(one, al.LoanPolicy.example())
    assert result.simulated == "50 applicants, seed 4"
    assert "SIMULATED" in str(result.summary())
    for n, seed in ((0, 1), (1, -1)):
        with pytest.raises(al.DataError, match="cannot simulate"):
            al.simulate_applicants(n, seed=seed)


def test_probabilities_of_any_fineness_are_counted_exactly():
    fine = ["0.0000000000000000000000000000000001", "1e-60"]
    result = run(table(pd=fine, lgd=["1", "1e-60"]), policy(**FULL))
    assert granted(result) == [2000, 3000]
    assert result.certificate.figures["expected_loss"] == "$0.00"
