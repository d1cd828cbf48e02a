"""What is of all programs together, written last, and the new run put in the place of the old."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from allocator.allocation.manifest import MANIFEST, versions
from allocator.allocation.place import swap
from allocator.data.disk import Stage
from allocator.data.write import write_file, write_json, write_parquet
from allocator.programs.initiative.folder import Policies, Tables, identity
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.replaced import INPUTS, POLICIES, REPORT, replaced
from allocator.programs.initiative.result import InitiativeResult
from allocator.programs.initiative.writing import Writing

__all__ = ["finish"]

SCHEMA_VERSION = 1


def finish(
    place: Writing,
    result: InitiativeResult,
    policies: Policies,
    tables: Tables,
    *,
    report: bool,
) -> None:
    """Write what is of all programs together, and put the new run in the place of the old."""
    folder, stage, initiative = place.folder, place.stage, result.initiative
    certificate, summary = result.certificate.to_dict(), result.summary().to_dict()
    outputs = {
        "ledger.parquet": write_parquet(folder / "ledger.parquet", result.ledger, stage=stage),
        "certificate.json": write_json(folder / "certificate.json", certificate, stage=stage),
        "summary.json": write_json(folder / "summary.json", summary, stage=stage),
    }
    if report:
        from allocator.programs.initiative.page import render

        outputs[REPORT] = write_file(folder / REPORT, render(result).encode(), stage=stage)
    text = _placed(initiative).to_toml().encode()
    outputs["initiative.toml"] = write_file(folder / "initiative.toml", text, stage=stage)
    listed = {name: {"sha256": sha256, "size": size} for name, (sha256, size) in outputs.items()}
    for step in result.steps:
        name = step.program.name
        files = [f"{POLICIES}/{name}.toml"]
        files += [f"{INPUTS}/{name}.parquet"] * (step.prepared is not None)
        listed |= {each: _entry(folder / each, stage) for each in files}
    pairs = zip(initiative.programs, tables, strict=True)
    manifest: Mapping[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": initiative.kind,
        "initiative": {"name": initiative.name, "sha256": identity(initiative, policies, tables)},
        "inputs": {
            program.name: [
                {"path": each.path, "sha256": each.sha256, "size": each.size, "rows": each.rows}
                for each in table.sources
            ]
            for program, table in pairs
        },
        "outputs": listed,
        "versions": versions(),
    }
    write_json(folder / MANIFEST, manifest, stage=stage)
    swap(folder, stage, replaced(folder, place.there, listed, stage))


def _placed(initiative: Initiative) -> Initiative:
    """Return the initiative as kept: policies beside it, tables where they are."""
    programs = tuple(
        each.model_copy(update={"policy": f"{POLICIES}/{each.name}.toml"})
        for each in initiative.programs
    )
    return initiative.model_copy(update={"programs": programs})


def _entry(path: Path, stage: Stage) -> dict[str, Any]:
    """Return what the manifest says of a file, which may have yet to be given its name."""
    from allocator.allocation.manifest import file_digest

    file = stage.files.get(os.path.abspath(path), os.fspath(path))
    return {"sha256": file_digest(file), "size": os.path.getsize(file)}
