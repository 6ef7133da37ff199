"""Which column of a table is what: asked for by name, or guessed from names and contents, and said so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.domain.datasets import Reading
from service.domain.reports import Certainty, Form, Role, Understanding
from service.errors import Detail, TooLarge, Unreadable
from service.ingest.faults import fault, quote
from service.ingest.wide_columns import WideChannels, asked_channels, guessed_channels, pattern_of

USUAL = {
    "series": ("series", "series_id", "case", "case_id", "unique_id", "id"),
    "time": ("time", "timestamp", "datetime", "date", "ds", "step"),
    "label": ("label", "class", "activity"),
    "target": ("target",),
    "group": ("group", "subject", "subject_id", "participant", "participant_id"),
    "split": ("split", "subset", "partition"),
}
"""The names by which a column's role is known; who has both is a label."""
INDEX_COLUMNS = ("", "__index_level_0__", "Unnamed: 0")
"""Names that row numbers get when a data frame is written with its index."""
MOST_COLUMNS = 100_000


class Look(Protocol):
    """What the first rows of a table tell about a column."""

    def numeric(self, name: str) -> bool:
        """Whether it holds numbers."""
        ...

    def repeats(self, name: str) -> bool:
        """Whether a value stands in several rows."""
        ...


@dataclass(frozen=True)
class Roles:
    """The columns by what they are; `guessed` names the roles that nobody asked for.

    steps: in the wide form, for each channel its columns in the order of their steps
    """

    series: str | None
    time: str | None
    label: str | None
    target: str | None
    channels: tuple[str, ...]
    guessed: tuple[str, ...] = ()
    group: str | None = None
    split: str | None = None
    steps: tuple[tuple[str, ...], ...] | None = None
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def named(self) -> dict[str, str]:
        """The roles of single columns."""
        found = {role: getattr(self, role) for role in USUAL}
        return {role: name for role, name in found.items() if name is not None}

    @property
    def all(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        channels = self.channels if self.steps is None else [name for columns in self.steps for name in columns]
        return tuple(dict.fromkeys([*self.named.values(), *channels]))

    @property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """For each channel the columns that it is read from."""
        return tuple((name,) for name in self.channels) if self.steps is None else self.steps


def check_names(names: Sequence[str]) -> None:
    """Unreadable if the header is none: no names, or the same name twice."""
    if len(names) > MOST_COLUMNS:
        raise TooLarge(f"The table has {len(names)} columns; at most {MOST_COLUMNS} are read.")
    if not names:
        raise fault("row 0", "The table has no columns.")
    twice = next((name for name in names if name not in INDEX_COLUMNS and list(names).count(name) > 1), None)
    if twice is not None:
        raise fault("the header", f"Two columns are named {quote(twice)}.")


def assign(names: Sequence[str], reading: Reading, look: Look) -> Roles:
    """Give every role a column; Unreadable if one that was asked for is not there, or is asked for twice."""
    asked = {role: getattr(reading, role) for role in USUAL}
    for role, name in asked.items():
        if name is not None and name not in names:
            raise _absent(role, name, names)
    if reading.label is not None and reading.target is not None:
        raise Unreadable("A table has a label or a target, not both.", Detail("/target", "Ask for one of them."))
    taken = {name for name in asked.values() if name is not None} | set(reading.channels)
    usual = {name.strip().lower(): name for name in reversed(names) if name not in taken}
    found = {role: asked[role] or _first(usual, spellings) for role, spellings in USUAL.items()}
    if found["split"] is None and _is_usual(reading.group, "split"):
        found["split"] = reading.group  # a side of the split may be the group that is kept back
    if reading.label is not None or (reading.target is None and found["label"] is not None):
        found["target"] = None
    elif reading.target is not None:
        found["label"] = None
    roles = set(found.values()) - {None}
    rest = [name for name in names if name not in roles and name not in INDEX_COLUMNS]
    wide = _wide_channels(rest, reading, found, look)
    if wide is not None:
        found["time"] = None
    channels = tuple(wide) if wide is not None else _long_channels(rest, names, reading, found, look)
    return Roles(
        **found,
        channels=channels,
        guessed=tuple(role for role, name in found.items() if name is not None and asked[role] is None),
        steps=None if wide is None else tuple(wide.values()),
        others=tuple(
            (role, tuple(name for name in _matching(usual, USUAL[role]) if name != found[role]))
            for role in USUAL
            if asked[role] is None
        ),
    )


def understood(roles: Roles, reading: Reading, names: Sequence[str]) -> Understanding:
    """What was made of the columns, and the parameters that ask for exactly that."""
    others = dict(roles.others)
    found = [
        Role(role, name, "named" if role in roles.guessed else "asked", others.get(role, ()))
        for role, name in roles.named.items()
    ]
    patterns = roles.channels
    if roles.steps is not None:
        patterns = tuple(pattern_of(stem, steps) for stem, steps in zip(roles.channels, roles.steps, strict=True))
    certainty: Certainty = "asked" if reading.channels else "guessed"
    found += [Role("channel", pattern, certainty) for pattern in patterns]
    form: Form = "long" if roles.steps is None else "wide"
    parameters = {"form": form, **roles.named, "channels": ",".join(patterns)}
    return Understanding(form, tuple(found), parameters, tuple(_alternatives(roles, reading, names)))


def _alternatives(roles: Roles, reading: Reading, names: Sequence[str]) -> Iterator[str]:
    if reading.form is None and roles.steps is not None:
        yield "form=long: one row a step instead of one row a case, the columns being channels."
    if reading.form is None and roles.steps is None and guessed_channels(roles.channels):
        yield "form=wide: one row a case instead of one row a step, numbered columns being steps."
    for role, others in roles.others:
        for name in others:
            yield f"{role}={name}: by its name this column could have been it too."
    unused = [name for name in names if name not in roles.all and name not in INDEX_COLUMNS]
    if unused:
        yield f"Columns without a use: {listed(unused)}."


def listed(names: Sequence[str]) -> str:
    """Some names for a message."""
    shown = ", ".join(quote(name) for name in names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"  # noqa: PLR2004 - as many as errors list


def _wide_channels(
    rest: Sequence[str], reading: Reading, found: dict[str, str | None], look: Look
) -> WideChannels | None:
    """The channels of a table that has, or is asked to have, one case a row; None if it is one row a step."""
    if reading.form == "wide":
        if reading.time is not None:
            message = "In the wide form the columns are the steps, so there is no column of times."
            raise Unreadable(message, Detail("/time", message))
        wide = asked_channels(rest, reading.channels) if reading.channels else guessed_channels(rest)
        if not wide:
            message = "No columns are numbered as steps are; ask for them by channels=acc_x_*,acc_y_*."
            raise Unreadable(message, Detail("/channels", message))
        return wide
    patterns = any("*" in name and name not in rest for name in reading.channels)
    if reading.form is None and patterns:
        return asked_channels(rest, reading.channels)
    if reading.form == "long" or reading.channels or found["time"] is not None:
        return None
    wide = {stem: names for stem, names in guessed_channels(rest).items() if look.numeric(names[0])}
    answered = found["label"] is not None or found["target"] is not None
    series = found["series"]
    one_row_a_case = answered if series is None else not look.repeats(series)
    return wide if wide and one_row_a_case else None


def _long_channels(
    rest: Sequence[str], names: Sequence[str], reading: Reading, found: dict[str, str | None], look: Look
) -> tuple[str, ...]:
    for name in reading.channels:
        if name not in names:
            raise _absent("channels", name, names)
        if name in found.values():
            message = f"The column {quote(name)} cannot be a channel and something else."
            raise Unreadable(message, Detail("/channels", message))
    channels = reading.channels or tuple(name for name in rest if look.numeric(name))
    if not channels:
        raise fault("the header", f"No numeric column is left to be a channel; the columns are {listed(names)}.")
    answer = found["label"] or found["target"]
    if found["series"] is None and answer is not None:
        message = f"The column {quote(answer)} answers for whole cases, so a column must name the case "
        message += f"of each row: ask for it by series=NAME; the columns are {listed(names)}."
        raise Unreadable(message, Detail("/series", message))
    return channels


def _first(usual: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next(_matching(usual, names), None)


def _is_usual(name: str | None, role: str) -> bool:
    return name is not None and name.strip().lower() in USUAL[role]


def _matching(usual: dict[str, str], names: tuple[str, ...]) -> Iterator[str]:
    return (usual[name] for name in names if name in usual)


def _absent(role: str, name: str, names: Sequence[str]) -> Unreadable:
    message = f"There is no column {quote(name)}; the columns are {listed(names)}."
    return Unreadable(message, Detail(f"/{role}", message))
