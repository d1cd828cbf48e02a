"""What is wrong with which rows, collected first and reported all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.buffers import array_of, texts_array
from allocator.data.finding_words import ordinal, phrase, sentence, short_names, whole
from allocator.data.table import UsersTable
from allocator.errors import BadRow, DataError

__all__ = ["Findings", "locate"]

SHOWN = 20  # bad rows shown one by one
LINES_SHOWN = 5  # first lines shown for each rule
NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class _Entry:
    rule: str
    column: str
    rows: NDArray[np.int64]
    others: NDArray[np.int64] | None


class Findings:
    """Bad rows and the rules they break.

    Parameters
    ----------
    malformed : mapping of int to str, optional
        Rows that could not be split into fields, and why. Nothing else is recorded about them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from allocator.data.table import read_users
    >>> users = read_users(pa.table({"user_id": ["a", "b"], "liquidation_loss": [60, -1]}))
    >>> findings = Findings()
    >>> findings.add("is negative", "liquidation_loss", np.array([1]))
    >>> findings.count, findings.error(users).rows[0]["line"]
    (1, 3)
    """

    def __init__(self, malformed: Mapping[int, str] | None = None) -> None:
        self._entries: list[_Entry] = []
        self._malformed = NOTHING
        by_rule: dict[str, list[int]] = {}
        for row, rule in (malformed or {}).items():
            by_rule.setdefault(rule, []).append(row)
        for rule, rows in by_rule.items():
            self.add(rule, "", np.array(rows, np.int64))
        self._malformed = np.array(sorted(malformed or {}), np.int64)

    def add(
        self,
        rule: str,
        column: str,
        rows: NDArray[np.int64],
        others: NDArray[np.int64] | None = None,
    ) -> None:
        """Record that rows break a rule.

        Parameters
        ----------
        rule : str
            What is wrong, following the column's name: ``"is negative"``; never a value.
        column : str
            The column's name in the file; empty when the whole record is wrong.
        rows : ndarray of int64
            Indices into the joined table.
        others : ndarray of int64, optional
            For each row the one it clashes with; the rule is then followed by its line.
        """
        rows = np.asarray(rows, np.int64)
        if len(self._malformed):
            sound = ~np.isin(rows, self._malformed)
            rows, others = rows[sound], None if others is None else others[sound]
        if len(rows):
            self._entries.append(_Entry(rule, column, rows, others))

    @property
    def count(self) -> int:
        """How many rows are bad, each counted once."""
        return len(self.rows)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The bad rows, ascending, each once."""
        return np.unique(np.concatenate([NOTHING, *(entry.rows for entry in self._entries)]))

    def mask(self, n: int) -> NDArray[np.bool_]:
        """Mark the bad rows.

        Parameters
        ----------
        n : int
            How many rows the table has.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        bad = np.zeros(n, bool)
        for entry in self._entries:
            bad[entry.rows] = True
        return bad

    def error(self, users: UsersTable) -> DataError:
        """Make the error that reports every bad row.

        Parameters
        ----------
        users : UsersTable
            The table that the rows belong to.

        Returns
        -------
        DataError
            Its `rows` hold one dictionary per row and broken rule, in row order. Values are
            withheld: a message may end up in a log.
        """
        reports = list(self._in_order(users))
        names = short_names(users.sources)
        count = self.count
        plural = "s" if count != 1 else ""
        head = f"{count:,} bad row{plural} among the {len(users):,} of {whole(users.sources)}"
        lines = list(self._summary(users, reports, names))
        alike = self._alike(len(users))
        single = [(row, report) for row, i, report in reports if i not in alike]
        if single:
            lines.append(f"The first {SHOWN}:" if len(single) > SHOWN else "Row by row:")
        for row, report in single[:SHOWN]:
            where = f"{names[report['file']]}:{report['line']}"
            if users.index is not None:
                where = f"row with index {users.index[row]} (the {ordinal(row + 1)})"
            lines.append(f"  {where}: {sentence(report)}")
        if users.index is None and not all(source.text for source in users.sources):
            lines.append("A row's line is its position as if below a header: the first is line 2.")
        lines.append(f"Correct {'them' if plural else 'it'} and try again.")
        error = DataError(
            "\n".join([f"{head}.", *lines]), [report for _, _, report in reports], len(users)
        )
        return error.in_shell("\n".join([f"{head}; nothing was written.", *lines]))

    def _alike(self, n: int) -> set[int]:
        """Return which entries have so many of n rows that one line tells of them better."""
        return {
            i
            for i, entry in enumerate(self._entries)
            if len(entry.rows) > SHOWN or (len(entry.rows) == n > 1 and entry.others is None)
        }

    def quarantine_table(self, users: UsersTable) -> pa.Table:
        """Set the bad rows apart.

        Parameters
        ----------
        users : UsersTable
            The table that the rows belong to.

        Returns
        -------
        pyarrow.Table
            The bad rows as read, and three more columns: file, line, and the reasons, with
            semicolons between them. A column of the table that has one of these names keeps it,
            and the new one gets an underscore.
        """
        rows = self.rows
        reasons: dict[int, list[str]] = {int(row): [] for row in rows}
        where: dict[int, BadRow] = {}
        for row, _, report in self._in_order(users):
            reasons[row].append(sentence(report))
            where[row] = report
        table = users.table.take(array_of(rows))
        for name, values in (
            ("file", texts_array([where[int(row)]["file"] for row in rows])),
            ("line", array_of(np.array([where[int(row)]["line"] for row in rows], np.int64))),
            ("reasons", texts_array(["; ".join(reasons[int(row)]) for row in rows])),
        ):
            while name in table.column_names:
                name += "_"
            table = table.append_column(name, values)
        return table

    def _in_order(self, users: UsersTable) -> Iterable[tuple[int, int, BadRow]]:
        """Every row and rule, by row, with files and lines; the second number is the entry's."""
        rows = np.concatenate([NOTHING, *(entry.rows for entry in self._entries)])
        entries = np.repeat(
            np.arange(len(self._entries)), [len(entry.rows) for entry in self._entries]
        )
        others = np.concatenate([NOTHING, *(_others(entry) for entry in self._entries)])
        order = np.argsort(rows, kind="stable")
        rows, entries, others = rows[order], entries[order], others[order]
        both = np.concatenate([rows, np.where(others < 0, rows, others)])
        # Together, because finding lines may mean reading a file again.
        (files, other_files), (lines, other_lines) = (
            np.split(found, 2) for found in locate(users, both)
        )
        names = short_names(users.sources)
        for row, i, file, line, other, other_file, other_line in zip(
            rows.tolist(),
            entries.tolist(),
            files.tolist(),
            lines.tolist(),
            others.tolist(),
            other_files.tolist(),
            other_lines.tolist(),
            strict=True,
        ):
            entry = self._entries[i]
            path = users.sources[file].path
            rule = entry.rule
            if other >= 0 and users.index is not None:
                rule += f" the row with index {users.index[other]}"
            elif other >= 0:
                rule += f" line {other_line}"
                if other_file != file:
                    rule += f" of {names[users.sources[other_file].path]}"
            yield row, i, BadRow(file=path, line=line, column=entry.column, rule=rule)

    def _summary(
        self,
        users: UsersTable,
        reports: Iterable[tuple[int, int, BadRow]],
        names: Mapping[str, str],
    ) -> Iterable[str]:
        alike = self._alike(len(users))
        most = [SHOWN if i in alike else LINES_SHOWN for i in range(len(self._entries))]
        spots: list[list[str]] = [[] for _ in self._entries]
        for row, i, report in reports:
            if len(spots[i]) < most[i]:
                file = f"{names[report['file']]}:" if len(names) > 1 else ""
                line = report["line"] if users.index is None else users.index[row]
                spots[i].append(f"{file}{line}")
        for i, entry in enumerate(self._entries):
            bad = len(entry.rows)
            rule = entry.rule if entry.others is None else f"{entry.rule} another row"
            if bad == len(users) > 1:
                yield f"  all {bad:,} rows: {phrase(entry.column, rule)}"
                continue
            more = ", ..." if bad > most[i] else ""
            plural = "s" if bad != 1 else ""
            where = f"line{plural}" if users.index is None else "index"
            yield (
                f"  {bad:,} row{plural}: {phrase(entry.column, rule)} "
                f"({where} {', '.join(spots[i])}{more})"
            )


def locate(
    users: UsersTable, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the file and the line of rows.

    Parameters
    ----------
    users : UsersTable
    rows : ndarray of int64, shape (m,)
        Indices into the joined table.

    Returns
    -------
    files : ndarray of int64, shape (m,)
        Indices into the sources.
    lines : ndarray of int64, shape (m,)
        For CSV the physical line on which the record starts, the header being on line 1; else
        the row's position in its file as if below a header.
    """
    firsts = np.array([source.first_row for source in users.sources], np.int64)
    files = np.searchsorted(firsts, rows, side="right") - 1
    within = rows - firsts[files]
    lines = within + 2
    for i in np.unique(files):
        source = users.sources[i]
        if source.text:
            # Only a CSV that has something to report is read a second time.
            from allocator.data.delimited import record_lines

            here = files == i
            physical = record_lines(source, int(within[here].max()) + 1)[within[here]]
            lines[here] = np.where(physical > 0, physical, lines[here])
    return files, lines


def _others(entry: _Entry) -> NDArray[np.int64]:
    return np.full(len(entry.rows), -1, np.int64) if entry.others is None else entry.others
