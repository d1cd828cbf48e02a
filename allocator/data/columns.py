"""The columns of a users table: their names, which are needed, and what to do if some are not."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType

from allocator.data.table import UsersTable
from allocator.errors import DataError, nearest

__all__ = [
    "ALREADY_COMPENSATED",
    "ALREADY_PAID",
    "AWARD_CAP",
    "LOSS",
    "NET_ASSETS",
    "NO_SNAPSHOT",
    "OPTIONAL",
    "USER_ID",
    "nearest_name",
    "needed_columns",
    "refuse_missing",
]

USER_ID = "user_id"
LOSS = "liquidation_loss"
NET_ASSETS = "net_assets"
NO_SNAPSHOT = "no_snapshot"
ALREADY_COMPENSATED = "already_compensated"
ALREADY_PAID = "already_paid"  # dollars; read only where a policy names the column
AWARD_CAP = "award_cap"  # dollars, likewise: the most that a user may get; null for no such cap
OPTIONAL = (NO_SNAPSHOT, ALREADY_COMPENSATED)
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def needed_columns(
    columns: Mapping[str, str], attributes: Collection[str] = (), *, net_assets: bool = True
) -> tuple[str, ...]:
    """Name the columns, as the file calls them, that `check_users` will look at.

    Parameters
    ----------
    columns : mapping of str to str
        Our names to the file's.
    attributes : collection of str, optional
        By the names a policy uses.
    net_assets : bool, optional
        Whether net assets are needed.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> needed_columns({"user_id": "claimant"}, ["region"], net_assets=False)
    ('claimant', 'liquidation_loss', 'no_snapshot', 'already_compensated', 'region')
    """
    ours = [USER_ID, LOSS, *([NET_ASSETS] if net_assets else []), *OPTIONAL, *attributes]
    ours += [name for name in (ALREADY_PAID, AWARD_CAP) if name in columns]
    return tuple(dict.fromkeys(columns.get(name, name) for name in ours))


def refuse_missing(
    users: UsersTable,
    ours: Collection[str],
    mapping: Mapping[str, str],
    *,
    optional: Collection[str] = (),
    instead: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Raise a DataError that names every column that is needed and not there.

    Parameters
    ----------
    users : UsersTable
    ours : collection of str
        The columns needed, by our names.
    mapping : mapping of str to str
        Our names to the file's.
    optional : collection of str, optional
        Columns needed only if the mapping names them.
    instead : mapping of str to str, optional
        What to set to do without a column, where that is possible.
    """
    wanted = [*ours, *(name for name in optional if name in mapping)]
    there = set(users.table.column_names)
    missing = [name for name in dict.fromkeys(wanted) if mapping.get(name, name) not in there]
    if not missing:
        return
    names = [
        repr(name) if mapping.get(name, name) == name else f"{mapping[name]!r} (for {name})"
        for name in missing
    ]
    several = len(users.sources) > 1
    whose = f"{len(users.sources)} files have" if several else f"{users.sources[0].path} has"
    present = users.present or tuple(users.table.column_names)
    lines = [
        f"{whose} no column{'s' if len(names) > 1 else ''} {', '.join(names)}; "
        f"{'they have' if several else 'it has'} {', '.join(map(repr, present))}"
    ]
    separator = next((mark for mark in SEPARATORS if mark in present[0]), None)
    if users.sources[0].text and len(present) == 1 and separator:
        lines.append(
            f"Its fields are separated by {SEPARATORS[separator]}; save it with commas instead."
        )
    else:
        guesses = {name: nearest_name(mapping.get(name, name), present) for name in missing}
        lines.append("If they are there under other names, say so in the policy:")
        lines.append("  [columns]")
        # A JSON text is a TOML text, too, whatever a header holds.
        told = {
            name: json.dumps(guess or "...", ensure_ascii=False) for name, guess in guesses.items()
        }
        lines += [f"  {name} = {guess}" for name, guess in told.items()]
    lines += [f"or do without: {instead[name]}" for name in missing if instead.get(name)]
    raise DataError("\n".join(lines))


def nearest_name(name: str, present: Collection[str]) -> str | None:
    """Return the present name most like `name`, whatever the case, or None if none is.

    Examples
    --------
    >>> nearest_name("liquidation_loss", ["UID", "Liquidation Loss USD"])
    'Liquidation Loss USD'
    """
    by_plain = {other.lower().replace(" ", "_").replace("-", "_"): other for other in present}
    return by_plain.get(nearest(name.lower(), by_plain))
