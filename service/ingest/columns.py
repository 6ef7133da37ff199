"""Which column of a table is what: asked for by name, or guessed from the usual names, and said so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.domain.datasets import Reading
from service.errors import Detail, Unreadable
from service.ingest.faults import fault, quote

SERIES = ("series", "series_id", "case", "case_id", "unique_id", "id")
TIME = ("time", "timestamp", "datetime", "date", "ds", "step")
LABEL = ("label", "class", "activity")
TARGET = ("target",)
INDEX_COLUMNS = ("", "__index_level_0__", "Unnamed: 0")
"""Names that row numbers get when a data frame is written with its index."""


@dataclass(frozen=True)
class Roles:
    """The columns by what they are; `guessed` names the roles that nobody asked for."""

    series: str | None
    time: str | None
    label: str | None
    target: str | None
    channels: tuple[str, ...]
    guessed: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        named = (self.series, self.time, self.label, self.target)
        return tuple(dict.fromkeys([name for name in named if name is not None] + list(self.channels)))


def check_names(names: Sequence[str]) -> None:
    """Unreadable if the header is none: no names, the same name twice, or numbers where names belong."""
    if not names:
        raise fault("row 0", "The table has no columns.")
    twice = next((name for name in names if name not in INDEX_COLUMNS and list(names).count(name) > 1), None)
    if twice is not None:
        raise fault("the header", f"Two columns are named {quote(twice)}.")
    if all(_is_number(name) for name in names):
        raise fault("the header", "Numbers stand where the names of the columns belong; begin the file with a header.")


def assign(names: Sequence[str], reading: Reading, is_numeric: Callable[[str], bool]) -> Roles:
    """Give every role a column; Unreadable if one that was asked for is not there, or is asked for twice."""
    asked = {"series": reading.series, "time": reading.time, "label": reading.label, "target": reading.target}
    for role, name in (*asked.items(), *(("channels", name) for name in reading.channels)):
        if name is not None and name not in names:
            raise _absent(role, name, names)
    if reading.label is not None and reading.target is not None:
        raise Unreadable("A table has a label or a target, not both.", Detail("/target", "Ask for one of them."))
    taken = {name for name in asked.values() if name is not None} | set(reading.channels)
    usual = {name.strip().lower(): name for name in reversed(names) if name not in taken}
    series = reading.series or _first(usual, SERIES)
    time = reading.time or _first(usual, TIME)
    label, target = reading.label, reading.target
    if label is None and target is None:
        label = _first(usual, LABEL)
        target = None if label is not None else _first(usual, TARGET)
    roles = {name for name in (series, time, label, target) if name is not None}
    twice = next((name for name in reading.channels if name in roles), None)
    if twice is not None:
        message = f"The column {quote(twice)} cannot be a channel and something else."
        raise Unreadable(message, Detail("/channels", message))
    others = tuple(name for name in names if name not in roles and name not in INDEX_COLUMNS)
    channels = reading.channels or tuple(name for name in others if is_numeric(name))
    if not channels:
        raise fault("the header", f"No numeric column is left to be a channel; the columns are {listed(names)}.")
    if series is None and (label is not None or target is not None):
        message = f"The column {quote(label or target or '')} answers for whole cases, so a column must name the case "
        message += f"of each row: ask for it by series=NAME; the columns are {listed(names)}."
        raise Unreadable(message, Detail("/series", message))
    found = {"series": series, "time": time, "label": label, "target": target}
    guessed = tuple(role for role, name in found.items() if name is not None and asked[role] is None)
    return Roles(series, time, label, target, channels, guessed)


def listed(names: Sequence[str]) -> str:
    """Some names for a message."""
    shown = ", ".join(quote(name) for name in names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"  # noqa: PLR2004 - as many as errors list


def _first(usual: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((usual[name] for name in names if name in usual), None)


def _absent(role: str, name: str, names: Sequence[str]) -> Unreadable:
    message = f"There is no column {quote(name)}; the columns are {listed(names)}."
    return Unreadable(message, Detail(f"/{role}", message))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
