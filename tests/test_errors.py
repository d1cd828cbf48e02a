"""Errors are one family, and carry what a program needs to act on them."""

import pickle

import pytest

from allocator import errors
from allocator.errors import (
    AllocatorError,
    BadRow,
    DataError,
    InfeasibleError,
    MissingPackageError,
    OccupiedError,
    PolicyError,
    UnsupportedError,
    VerificationError,
)


def test_one_family():
    children = (
        DataError,
        PolicyError,
        InfeasibleError,
        OccupiedError,
        UnsupportedError,
        VerificationError,
    )
    for child in children:
        assert child.__bases__ == (AllocatorError,)
    assert not issubclass(AllocatorError, ValueError)
    assert MissingPackageError.__bases__ == (UnsupportedError,)
    others = {"AllocatorError", "BadRow", "MissingPackageError", "install", "nearest"}
    assert set(errors.__all__) == {c.__name__ for c in children} | others
    assert errors.__all__ == sorted(errors.__all__)


def test_rows_of_a_data_error_are_its_own():
    row = BadRow(file="users.csv", line=7, column="liquidation_loss", rule="is not negative")
    given = [row]
    error = DataError("1 bad row", given)
    given.clear()
    assert error.rows == [row]
    assert str(error) == "1 bad row"
    assert DataError("the file is empty").rows == []


def test_details_of_an_infeasible_error_are_its_own():
    given = {"shortfall": 200}
    error = InfeasibleError("too little", given)
    given["shortfall"] = 0
    assert error.details == {"shortfall": 200}
    assert InfeasibleError("too little").details == {}


@pytest.mark.parametrize(
    "error",
    [
        DataError("bad", [BadRow(file="f", line=2, column="c", rule="r")]),
        InfeasibleError("too little", {"shortfall": 200}),
        PolicyError("wrong key"),
    ],
)
def test_errors_travel_between_processes(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
