"""The small initiative in a folder of its own, and others made of it."""

import logging

import pytest

from allocator.programs.initiative.model import Initiative
from tests.programs.initiative.small import fill


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("allocator").setLevel(logging.ERROR)


@pytest.fixture
def home(tmp_path):
    return fill(tmp_path)


@pytest.fixture
def make(home):
    """Return the initiative with other rules between programs, and keys of the voucher program."""

    def change(vouchers=None, between=None, **more):
        programs = [
            {"name": "depeg", "policy": "depeg.toml", "input": "positions.csv"},
            {
                "name": "vouchers",
                "policy": "vouchers.toml",
                "input": "users.csv",
                "compensated_by": ["depeg"],
                **(vouchers or {}),
            },
            {"name": "loans", "policy": "loans.toml", "input": "applicants.csv"},
        ]
        for each in programs:
            each["policy"], each["input"] = (str(home / each[k]) for k in ("policy", "input"))
        data = {"schema_version": 1, "name": "Together", "programs": programs}
        return Initiative.model_validate({**data, "between": between or {}, **more})

    return change
