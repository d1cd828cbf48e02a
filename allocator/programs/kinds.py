"""The kinds of program: what reads their policies, runs them, and derives a run again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from allocator.errors import PolicyError
from allocator.policy.reading import read_file

if TYPE_CHECKING:
    import pyarrow as pa

    from allocator.allocation.stages import Progress
    from allocator.policy.base import ProgramPolicy
    from allocator.programs.certificate import Certificate
    from allocator.programs.result import Result
    from allocator.programs.summary import Summary
    from allocator.programs.survey import Survey

__all__ = [
    "KINDS",
    "VOUCHER",
    "Program",
    "kind_of",
    "load_policy",
    "program_of",
    "run_program",
    "verify_program",
]

VOUCHER = "voucher"  # the kind of `allocator.allocate`; every other one has a module here
KINDS: Mapping[str, str] = {
    "depeg": "allocator.programs.depeg.program",
    "loan": "allocator.programs.loan.program",
}


class Program(Protocol):
    """What the module of a kind of program has."""

    POLICY: type[ProgramPolicy]
    UNIT: str  # what a row of its table is, for messages: "position"

    def example(self) -> ProgramPolicy:
        """Return the documented policy that `allocator policy show KIND` prints."""

    def run(
        self,
        source: object,
        policy: Any,
        progress: Progress | None = None,
        *,
        max_bad: int = 0,
    ) -> Result:
        """Run the program on its table; up to `max_bad` bad rows are set aside."""

    def check(self, source: object, policy: Any, progress: Progress | None = None) -> Survey:
        """Read and check the table and say who would be in."""

    def rederive(
        self,
        source: object,
        policy: Any,
        awards: pa.Table,
        stored: Mapping[str, Any] | None = None,
        *,
        max_bad: int = 0,
    ) -> Result:
        """Derive everything from the inputs but the awards, which are checked and not solved for.

        `stored` is the certificate as it was written, for what only the solver could know.
        """

    def summarize(self, result: Result) -> Summary:
        """Return the figures of a run."""

    def explain(self, result: Result, row: int) -> str:
        """Say in a sentence or two, with the numbers, why that row has what it has."""


def program_of(kind: str) -> Program:
    """Return the module of a kind of program other than vouchers.

    Examples
    --------
    >>> program_of("depeg").UNIT
    'position'
    """
    return cast(Program, import_module(KINDS[kind]))


def kind_of(policy: ProgramPolicy | str | os.PathLike[str] | None) -> str:
    """Return the kind of program that a policy, a policy file or a name is of.

    Parameters
    ----------
    policy : ProgramPolicy, str, path or None
        None, and names other than those of kinds, mean vouchers.

    Returns
    -------
    str
        Also for a file whose policy is not sound: reading it will tell.

    Raises
    ------
    PolicyError
        If the file cannot be read.

    Examples
    --------
    >>> kind_of("broad"), kind_of("depeg")
    ('voucher', 'depeg')
    """
    if policy is None:
        return VOUCHER
    if not isinstance(policy, (str, os.PathLike)):
        return policy.kind
    name = os.fspath(policy)
    if not os.path.splitext(name)[1]:
        return name if name in KINDS else VOUCHER
    data, _ = read_file(name)
    kind = data.get("kind", VOUCHER) if isinstance(data, dict) else VOUCHER
    return kind if kind in KINDS else VOUCHER


def load_policy(policy: ProgramPolicy | str | os.PathLike[str] | None) -> ProgramPolicy:
    """Return the policy that is meant, of whatever kind.

    Parameters
    ----------
    policy : ProgramPolicy, str, path or None
        A policy, a policy file, the name of a preset or of a kind (its documented example), or
        None for the announced voucher policy.

    Returns
    -------
    ProgramPolicy
        An `allocator.Policy` for vouchers, else the model of its kind.

    Raises
    ------
    PolicyError
        If there is no such preset, or the file is not a policy.

    Examples
    --------
    >>> load_policy("depeg").kind
    'depeg'
    """
    kind = kind_of(policy)
    if kind == VOUCHER:
        from allocator.policy.schema import Policy

        return Policy.named(cast(Any, policy))
    if not isinstance(policy, (str, os.PathLike)):
        return cast("ProgramPolicy", policy)
    program, name = program_of(kind), os.fspath(policy)
    return program.POLICY.load(name) if os.path.splitext(name)[1] else program.example()


def run_program(
    source: object,
    policy: ProgramPolicy | str | os.PathLike[str],
    progress: Progress | None = None,
    *,
    max_bad: int = 0,
) -> Result:
    """Run a program of another kind than vouchers: depeg compensation, or the loan fund.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
        The table of the program: positions, or applicants; see `allocator.read_users`.
    policy : ProgramPolicy or path
        Such as an `allocator.DepegPolicy`, or a policy file.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` before each stage.
    max_bad : int, optional
        Up to so many bad rows are set aside; more are an error.

    Returns
    -------
    Result

    Raises
    ------
    DataError
        If rows are bad (all of them are told at once) or columns are missing.
    PolicyError
        If the policy cannot be read, or is one for vouchers.
    InfeasibleError
        If nothing can meet the policy.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from allocator.programs.depeg.policy import DepegPolicy
    >>> positions = pa.table({
    ...     "user_id": ["ann", "ann", "bob"], "asset": ["USDE"] * 3,
    ...     "quantity": ["100", "50", "10"], "liquidation_price": ["0.66", "0.70", "1.01"],
    ...     "time": ["2025-10-10T21:40:00Z"] * 3, "account_type": ["margin"] * 3,
    ... })
    >>> policy = DepegPolicy(
    ...     schema_version=1, name="Depeg", claims={"reference_price": {"USDE": "0.9999"}})
    >>> run_program(positions, policy).table.select(["claim_cents", "reason"]).to_pylist()
    [{'claim_cents': 4899, 'reason': 'eligible'},
     {'claim_cents': 0, 'reason': 'no_loss'}]
    """
    chosen = load_policy(policy)
    if chosen.kind == VOUCHER:
        raise PolicyError(f"the policy {chosen.name!r} is for vouchers: allocator.allocate runs it")
    return program_of(chosen.kind).run(source, chosen, progress, max_bad=max_bad)


def verify_program(
    source: object, policy: ProgramPolicy | str | os.PathLike[str], awards: pa.Table
) -> Certificate:
    """Check the awards of such a program against its table and its policy.

    Parameters
    ----------
    source, policy
        As in `run_program`.
    awards : pyarrow.Table
        As the program's result has it.

    Returns
    -------
    Certificate
        Nothing is raised for bad awards: the certificate says so.

    Raises
    ------
    DataError, PolicyError
        If the inputs cannot be read.
    """
    chosen = load_policy(policy)
    return program_of(chosen.kind).rederive(source, chosen, awards).certificate
