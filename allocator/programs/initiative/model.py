"""The initiative file: its keys, and what one can ask of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StrictStr

from allocator.policy.base import Checked, whole_one
from allocator.policy.reading import read_file
from allocator.policy.sections import Name, Section
from allocator.policy.text import dump_toml
from allocator.policy.values import DOLLARS, PositiveMoney
from allocator.policy.violations import Violation
from allocator.programs.initiative.sources import CITATIONS, PAGES

__all__ = ["Between", "Initiative", "Program"]

# A program's name is that of a directory and of a column.
ProgramName = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Program(Section):
    """A program: its policy, its table, and whose awards in others bear on it.

    `person` is the column of its table that says who somebody is, where it is not the initiative's.
    """

    name: ProgramName
    policy: Name
    input: Name
    person: Name | None = None
    compensated_by: tuple[Name, ...] = ()
    compensated: Literal["ineligible", "netted"] = "ineligible"


class Between(Section):
    """The rules between programs.

    The cap on what a person gets, and the shared budget, are about the programs in `counts`: those
    that pay, when it is left out. What a program leaves over is added to the budget of a later one.
    """

    max_per_person: Annotated[PositiveMoney | None, DOLLARS] = None
    counts: tuple[Name, ...] | None = None
    budget: Annotated[PositiveMoney | None, DOLLARS] = None
    left_over: dict[Name, Name] = Field(default={})


class Initiative(Checked):
    """Several programs for the same people, run in order, and the rules between them.

    Raises
    ------
    PolicyError
        With every rule that is violated: its key, its value, and what would be right.

    Examples
    --------
    >>> Initiative(schema_version=1, name="Together", programs=[
    ...     {"name": "vouchers", "policy": "announced", "input": "users.parquet"},
    ...     {"name": "loans", "policy": "loan", "input": "applicants.parquet"}],
    ...     between={"left_over": {"loans": "vouchers"}})
    Traceback (most recent call last):
    ...
    allocator.errors.PolicyError: policy: 3 things to correct
      between.left_over.loans = "vouchers": must be a later program, and vouchers runs before loans
      programs[0].input = "users.parquet": there is no such file
      programs[1].input = "applicants.parquet": there is no such file
    """

    schema_version: Annotated[Literal[1], BeforeValidator(whole_one)]
    kind: Literal["initiative"] = "initiative"
    name: Annotated[StrictStr, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    person: Name = "user_id"
    programs: Annotated[tuple[Program, ...], Field(min_length=1)]
    between: Between = Between()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an initiative file, TOML or JSON by its suffix.

        Policies and inputs are named relative to its folder; a policy without a suffix is a preset,
        or the documented policy of a kind.

        Raises
        ------
        PolicyError
            If a file cannot be read, or breaks its rules; with line numbers for TOML.
        """
        data, context = read_file(path)
        programs = data.get("programs") if isinstance(data, dict) else None
        for each in programs if isinstance(programs, list) else ():
            if isinstance(each, dict):
                _place(each, Path(path).absolute().parent)
        return cls.model_validate(data, context=context)

    def violations(self) -> list[Violation]:
        """List every rule across keys, and about the files it names, that is violated."""
        from allocator.programs.initiative.checks import violations

        return violations(self)

    def to_toml(self) -> str:
        """Write the initiative as TOML, saying where each default comes from."""
        data = self.model_dump(exclude_none=True)
        programs, between = data.pop("programs"), data.pop("between")
        comments = {key: comment(key) for key in CITATIONS if self.is_default(key)}
        head = "".join(f"# {page}: {where}\n" for page, where in PAGES.items()) + "\n"
        text = head + dump_toml(data, comments)
        for each in programs:
            if not each["compensated_by"]:
                del each["compensated"]
            text += "\n[[programs]]\n" + dump_toml(
                {key: value for key, value in each.items() if value != ()},
                {
                    key.removeprefix("programs."): comment(key)
                    for key in ("programs.compensated",)
                    if each.get("compensated") == "ineligible"
                },
            )
        absent = [key for key in comments if key.startswith("between.")]
        said = "".join(f"# {key} is not set ({comment(key)})\n" for key in absent)
        kept = {key: value for key, value in between.items() if f"between.{key}" not in absent}
        return text + "\n" + said + (dump_toml({"between": kept}, inline=("between.left_over",)))

    def is_default(self, key: str) -> bool:
        """Tell whether a key of the initiative itself has its default; no program's has."""
        section, _, name = key.rpartition(".")
        if section == "programs":
            return False
        place: Any = self.between if section else self
        return bool(getattr(place, name) == type(place).model_fields[name].default)

    def position(self, name: str) -> int:
        """Return which program has a name, from 0."""
        return [each.name for each in self.programs].index(name)


def comment(key: str) -> str:
    """Say whether a default was announced, or is assumed, and why.

    Examples
    --------
    >>> comment("programs.compensated")
    'announced: users who received compensation are not eligible (CryptoPotato)'
    """
    source, citation, page = CITATIONS[key]
    return f"{source}: {citation}" + (f" ({page})" if page else "")


def _place(program: dict[str, Any], folder: Path) -> None:
    """Name files from the root, so that the initiative means the same everywhere."""
    name, table = program.get("policy"), program.get("input")
    if isinstance(name, str) and os.path.splitext(name)[1]:
        program["policy"] = str(folder / name)
    if isinstance(table, str) and table:
        program["input"] = str(folder / table)
