"""The roles of a table's columns: what each is, how it came by it, and the names by which it is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.domain.datasets import Reading, parse_channels
from service.domain.reports import Certainty
from service.errors import Detail, TooLarge, Unreadable
from service.ingest.contents import Guess
from service.ingest.faults import fault, listed, quote
from service.ingest.joined_columns import parts_of

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
JOINED_ROLES = ("series", "time")
"""Roles that several columns may have together."""
NAMELESS_ROLES = frozenset({"series", "time"})
"""Roles that a data frame's index has, whose column may have no name."""
MOST_COLUMNS = 100_000


@dataclass(frozen=True)
class Roles:
    """The columns by what they are; `certainties` tell for each role how its column came by it.

    steps: in the wide form, for each channel its columns in the order of their steps
    others: by role, columns that their names say could have been it
    guesses: by role, what the contents of the other columns told
    joined: names among these that stand for several columns together
    """

    series: str | None
    time: str | None
    label: str | None
    target: str | None
    group: str | None
    split: str | None
    certainties: tuple[tuple[str, Certainty], ...]
    channels: tuple[str, ...] = ()
    steps: tuple[tuple[str, ...], ...] | None = None
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()
    guesses: tuple[tuple[str, Guess], ...] = ()
    joined: frozenset[str] = frozenset()

    @property
    def named(self) -> dict[str, str]:
        """The roles of single columns."""
        found = {role: getattr(self, role) for role in USUAL}
        return {role: name for role, name in found.items() if name is not None}

    @property
    def single(self) -> tuple[str, ...]:
        """The columns of these roles, of a role that joins several each of them."""
        return tuple(part for name in self.named.values() for part in (self._parts.get(name) or (name,)))

    @property
    def _parts(self) -> dict[str, tuple[str, ...]]:
        return {name: parse_channels(name) for name in self.joined}

    def parts(self, role: str) -> frozenset[str]:
        """By which names the column of a role may be blamed: its own, and those that it joins."""
        name = self.named[role]
        return frozenset({name, *self._parts.get(name, ())})

    @property
    def inferred(self) -> tuple[str, ...]:
        """The roles that were given by what a column holds, and by nothing else."""
        return tuple(role for role, certainty in self.certainties if certainty == "guessed")

    @property
    def all(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        return tuple(dict.fromkeys([*self.single, *(name for columns in self.columns for name in columns)]))

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
    seen: set[str] = set()
    for name in names:
        if name in seen and name not in INDEX_COLUMNS:
            raise fault("the header", f"Two columns are named {quote(name)}.")
        seen.add(name)


def named_roles(names: Sequence[str], reading: Reading) -> Roles:
    """The roles that are asked for, or known by a usual name; an empty name asks for none where no column has it.

    Unreadable if a column that was asked for is not there, or is asked for twice.
    """
    asked = {role: getattr(reading, role) for role in USUAL}
    parts = {name: parts_of(name, frozenset(names)) for name in (asked[role] for role in JOINED_ROLES) if name}
    joined = frozenset(name for name, each in parts.items() if each)
    for role, name in asked.items():
        if name and name not in names and not (name in joined and role in JOINED_ROLES):
            raise absent(role, name, names)
    if reading.label and reading.target:
        raise Unreadable("A table has a label or a target, not both.", Detail("/target", "Ask for one of them."))
    taken = {name for name in asked.values() if name is not None} | set(reading.channels)
    taken |= {part for each in parts.values() for part in each}
    usual = {name.strip().lower(): name for name in reversed(names) if name not in taken}
    found: dict[str, str | None] = {}
    for role, spellings in USUAL.items():
        name = asked[role] if asked[role] is not None else next(_matching(usual, spellings), None)
        there = name in names or name in joined
        found[role] = name if there and (name or role in NAMELESS_ROLES) else None
    if asked["split"] is None and found["split"] is None and _is_usual(reading.group, "split"):
        found["split"] = reading.group  # a side of the split may be the group that is kept back
    if reading.label or (not reading.target and found["label"] is not None):
        found["target"] = None
    elif reading.target:
        found["label"] = None
    return Roles(
        series=found["series"],
        time=found["time"],
        label=found["label"],
        target=found["target"],
        group=found["group"],
        split=found["split"],
        certainties=tuple(
            (role, "named" if asked[role] is None else "asked") for role, name in found.items() if name is not None
        ),
        others=tuple(
            (role, tuple(name for name in _matching(usual, USUAL[role]) if name != found[role]))
            for role in USUAL
            if asked[role] is None
        ),
        joined=joined,
    )


def _is_usual(name: str | None, role: str) -> bool:
    return name is not None and name.strip().lower() in USUAL[role]


def _matching(usual: dict[str, str], names: tuple[str, ...]) -> Iterator[str]:
    return (usual[name] for name in names if name in usual)


def absent(role: str, name: str, names: Sequence[str]) -> Unreadable:
    """The error of a column that was asked for and is not there."""
    message = f"There is no column {quote(name)}; the columns are {listed(names)}."
    return Unreadable(message, Detail(f"/{role}", message))
