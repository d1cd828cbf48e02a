"""What the files of a run must look like, so that an edited one is told and not stumbled over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import pyarrow as pa

from allocator.allocation.evidence import SOMETIMES as MAY_LACK
from allocator.allocation.evidence import Certificate

__all__ = ["AWARDS", "EXTRAS", "WRITTEN", "is_certificate", "is_manifest", "odd_column"]

PARTS = ("inputs", "simulated", "quarantined", "warnings", "policy", "outputs", "versions")
WRITTEN = ("certificate.json", "summary.json", "policy.toml")
AWARDS = ("awards.parquet", "awards.csv")
EXTRAS = ("quarantined.csv", "report.html", "schedule.parquet")  # the last, of a loan program


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_label(kind: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(kind)) and _is_text(kind.value_type)


def _is_amount(kind: pa.DataType) -> bool:
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return number or _is_text(kind) or _is_label(kind)


def _is_id(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or _is_text(kind) or _is_label(kind)


# Of the awards table, in order; amounts and ids are as the users table had them.
COLUMNS: dict[str, Callable[[pa.DataType], bool]] = {
    "user_id": _is_id,
    "eligible": pa.types.is_boolean,
    "reason": _is_label,
    "loss": _is_amount,
    "net_assets": lambda kind: _is_amount(kind) or pa.types.is_null(kind),
    "loss_ratio": pa.types.is_float64,
    "claim": pa.types.is_float64,
    "factor": pa.types.is_float64,
    "weight": pa.types.is_float64,
    "lower_cents": pa.types.is_int64,
    "upper_cents": pa.types.is_int64,
    "binding": _is_label,
    "award_cents": pa.types.is_int64,
}
# Only in runs that need them, after the others.
SOMETIMES: Mapping[str, Callable[[pa.DataType], bool]] = {
    "group": _is_label,
    "award_cap_cents": pa.types.is_int64,
    "person": _is_id,
    "per_account_cents": lambda kind: pa.types.is_int64(kind) or pa.types.is_null(kind),
    "paid_cents": pa.types.is_int64,
    "due_cents": pa.types.is_int64,
    "overpaid_cents": pa.types.is_int64,
}
OFTEN_NULL = ("net_assets", "loss_ratio", "weight", "group", "award_cap_cents", "per_account_cents")


def odd_column(table: pa.Table) -> str | None:
    """Say what is wrong with the columns of an awards table, or None.

    Examples
    --------
    >>> odd_column(pa.table({"user_id": [1]}))
    'the awards table has no column eligible'
    """
    names = table.column_names
    for name in COLUMNS:
        if name not in names:
            return f"the awards table has no column {name}"
    due = COLUMNS | {name: fits for name, fits in SOMETIMES.items() if name in names}
    if names != list(due):
        strange = [name for name in names if name not in due]
        what = f"a column {strange[0]!r} that no run writes" if strange else "columns out of order"
        return f"the awards table has {what}"
    for name, fits in due.items():
        column = table.column(name)
        if not fits(column.type):
            return f"the column {name} of the awards table is {column.type}, which no run writes"
        if column.null_count and name not in OFTEN_NULL:
            return f"the column {name} of the awards table has {column.null_count:,} nulls"
    return None


def is_manifest(content: Any) -> bool:
    """Tell whether all is there, of its type, that the manifest of a run is asked for later."""
    if not isinstance(content, dict) or not all(part in content for part in PARTS):
        return False
    inputs, outputs, policy = content["inputs"], content["outputs"], content["policy"]
    return (
        content.get("schema_version") == 1
        and type(content["schema_version"]) is int
        and isinstance(inputs, list)
        and bool(inputs)
        and all(_is_input(each) for each in inputs)
        and isinstance(content.get("paid", []), list)
        and all(_is_input(each) for each in content.get("paid", []))
        and isinstance(content["simulated"], str | None)
        and _is_count(content["quarantined"])
        and _are_texts(content["warnings"])
        and isinstance(policy, dict)
        and isinstance(policy.get("sha256"), str)
        and isinstance(content["versions"], dict)
        and isinstance(outputs, dict)
        and all(name in outputs for name in WRITTEN)
        and sum(name in outputs for name in AWARDS) == 1
        and outputs.keys() <= {*WRITTEN, *AWARDS, *EXTRAS}
        and all(_is_output(each) for each in outputs.values())
    )


def _is_input(entry: Any) -> bool:
    if not isinstance(entry, dict) or not {"path", "sha256", "size", "rows"} <= entry.keys():
        return False
    in_memory = entry["sha256"] is None and entry["size"] is None
    in_file = isinstance(entry["sha256"], str) and _is_count(entry["size"])
    return isinstance(entry["path"], str) and _is_count(entry["rows"]) and (in_memory or in_file)


def _is_output(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("path", ""), str)
        and isinstance(entry.get("sha256"), str)
        and _is_count(entry.get("size"))
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_number(value: Any) -> bool:
    return value is None or type(value) in (int, float) or value in ("inf", "-inf")


def _are_checks(value: Any) -> bool:
    return isinstance(value, dict) and all(type(each) is bool for each in value.values())


# By the annotations of a certificate.
_KINDS: Mapping[object, Callable[[Any], bool]] = {
    "int": lambda value: type(value) is int,
    "int | None": lambda value: value is None or type(value) is int,
    "str": lambda value: isinstance(value, str),
    "float | None": _is_number,
    "tuple[str, ...]": _are_texts,
    "Mapping[str, bool]": _are_checks,
    "Mapping[str, Any] | None": lambda value: value is None or isinstance(value, dict),
}


def is_certificate(content: Any) -> bool:
    """Tell whether this is what `Certificate.to_dict` writes.

    Examples
    --------
    >>> is_certificate({"status": "optimal"})
    False
    """
    kinds = {field.name: field.type for field in fields(Certificate)}
    return (
        isinstance(content, dict)
        and kinds.keys() - set(MAY_LACK) <= content.keys() <= kinds.keys()
        and all(_KINDS[kinds[name]](value) for name, value in content.items())
    )
