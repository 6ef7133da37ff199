"""From rows to series in the wide form: one row is one case, and its columns are the steps of the channels."""

from collections.abc import Iterator

import numpy as np

from model.arrays import Array
from service.domain.reports import Finding, FindingKind, Place
from service.ingest.answers import label_text
from service.ingest.arrow_columns import Codes, Column, Columns, case_name, check_kind, class_name, joined, numbers
from service.ingest.assembly import Steps, build_series, check_counts, check_label, check_target, not_finite
from service.ingest.dense import observed_lengths
from service.ingest.faults import Cell, Faults, quote
from service.ingest.long_form import UNEVEN
from service.ingest.number_text import Doubles
from service.ingest.parsed import Parsed, Splits
from service.ingest.roles import Roles
from service.ingest.source import Source
from service.ingest.wide_columns import numbers_of


class CaseBuffer:
    """Collects cases, a batch of rows at a time."""

    def __init__(self, roles: Roles, source: Source) -> None:
        self._roles = roles
        self._source = source
        self._faults = Faults()
        self._cases = 0
        self._steps = Steps(len(roles.channels), source)
        self._lengths: list[Array] = []
        self._codes = {
            role: Codes({"series": case_name, "label": class_name}.get(role, label_text))
            for role in ("series", "label", "group", "split")
            if role in roles.named
        }
        self._found: dict[str, list[Array]] = {role: [] for role in self._codes}
        self._targets: list[Doubles] = []

    def extend(self, columns: Columns, count: int) -> None:
        """Take in the columns of one batch of `count` rows."""
        steps = self._roles.columns
        check_counts(self._source.limits, cases=self._cases + count)
        block = np.empty((count, len(steps[0]), len(steps)))
        for channel, names in enumerate(steps):
            for step, name in enumerate(names):
                block[:, step, channel] = self._finite(columns[name], name)
        lengths = observed_lengths(block)
        observed = block[np.arange(block.shape[1]) < lengths[:, None]]
        self._steps.append(observed, Faults(), lambda step, _: f"row {step}")  # what is infinite was noted above
        self._lengths.append(lengths)
        for role, codes in self._codes.items():
            self._texts(role, codes, columns[self._roles.named[role]])
        if self._roles.target is not None:
            self._read_targets(columns[self._roles.target], self._roles.target)
        self._cases += count
        if self._faults.full:
            self._faults.raise_any()

    def finish(self) -> Parsed:
        """The cases; Unreadable if there was any fault."""
        roles, steps = self._roles, self._roles.columns
        if "series" in self._codes:
            self._note_repeated(joined(self._found["series"]), roles.named["series"])
        self._faults.raise_any()
        lengths = joined(self._lengths)
        targets = None if roles.target is None else joined(self._targets)[:, None]
        series = build_series(
            self._steps.finish(),
            lengths.tolist(),
            self._source.limits,
            channels=roles.channels,
            labels=self._names("label"),
            targets=targets,
            groups=self._names("group"),
        )
        padded = np.flatnonzero(lengths < len(steps[0]))
        findings: list[Finding] = []
        if padded.size:
            sentence = f"Cases that end in steps without any value: {padded.size}; these steps were read as padding."
            first = Place(row=int(padded[0]) + 1, case=int(padded[0]), step=int(lengths[padded[0]]))
            findings.append(Finding(FindingKind.PADDING, len(padded), sentence, first))
        findings += _holes(roles)
        rows = range(1, self._cases + 1)
        splits = None
        if roles.split is not None:
            splits = Splits(roles.split, self._codes["split"].names, joined(self._found["split"]))
        return Parsed(
            series,
            findings=tuple(findings),
            rows=rows,
            columns=steps,
            splits=splits,
            flattened=self._steps.precision.found(),
            targets=targets,
        )

    def _place(self, row: int, column: str) -> Cell:
        return Cell(column, f"row {self._cases + row + 1}")

    def _finite(self, column: Column, name: str) -> Array:
        """(R,) float64 of one step, missing as NaN; what float32 cannot hold is noted."""

        def note(row: int | None, sentence: str) -> None:
            self._faults.add(Cell(name) if row is None else self._place(row, name), sentence)

        wide = numbers(column, note)
        with np.errstate(over="ignore"):
            narrow = wide.astype(np.float32)
        for row in np.flatnonzero(np.isinf(narrow))[:10].tolist():
            note(row, not_finite(float(wide[row])))
        return wide

    def _texts(self, role: str, codes: Codes, column: Column) -> None:
        """Code the names, labels or groups of a batch; each case needs one."""
        name = self._roles.named[role]
        check_kind(column, name, case=role == "series")
        found = codes.append(column)
        self._found[role].append(found)
        limited = {"label": "classes", "group": "groups", "split": "groups"}.get(role)
        if limited is not None:
            check_counts(self._source.limits, **{limited: codes.count})
        if role == "split":  # who does not say may stand anywhere
            return
        what = "name of the case" if role == "series" else role
        for row in np.flatnonzero(found < 0)[:10].tolist():
            self._faults.add(self._place(row, name), f"The {what} is missing; every case needs one.")
        for text in codes.names if role != "series" else ():
            sentence = check_label(text, role)
            if sentence is not None:
                self._faults.add(Cell(name), sentence)

    def _read_targets(self, column: Column, name: str) -> None:
        def note(row: int | None, sentence: str) -> None:
            self._faults.add(Cell(name) if row is None else self._place(row, name), sentence)

        targets = numbers(column, note)
        for row in np.flatnonzero(~(np.abs(targets) <= np.finfo(np.float32).max))[:10].tolist():
            note(row, check_target(float(targets[row])) or "")
        self._targets.append(targets)

    def _note_repeated(self, codes: Array, column: str) -> None:
        """One row a case: a name that stands twice makes it a table of another form."""
        _, first, places = np.unique(codes, return_index=True, return_inverse=True)
        for row in np.flatnonzero(first[places] != np.arange(len(codes)))[:10].tolist():
            sentence = f"Row {first[places][row] + 1} names this case already; in the wide form a case is one row."
            self._faults.add(Cell(column, f"row {row + 1}"), sentence)

    def _names(self, role: str) -> list[str] | None:
        if role not in self._codes:
            return None
        names = self._codes[role].names
        return [names[code] for code in joined(self._found[role]).tolist()]


def _holes(roles: Roles) -> Iterator[Finding]:
    """Steps that no column has: numbers left out between those of the columns."""
    columns = roles.columns[0]
    if len(columns) == 1:
        return
    spaces = np.diff(numbers_of(columns))
    behind = np.flatnonzero(spaces > UNEVEN * np.sort(spaces)[(len(spaces) - 1) // 2]) + 1
    if behind.size:
        step = int(behind[0])
        sentence = (
            f"Gaps in the numbers of the columns: {len(behind)}, the first between {quote(columns[step - 1])} and "
            f"{quote(columns[step])}; columns are used as if they were evenly spaced."
        )
        place = Place(column=columns[step], channel=roles.channels[0], step=step)
        yield Finding(FindingKind.GAP, len(behind), sentence, place)
