"""Which column of a table is what: asked for by name, or guessed from names and contents, and said so."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from service.domain.datasets import Reading, format_channels, parse_channels
from service.domain.reports import Certainty
from service.errors import Detail, TooLarge, Unreadable
from service.ingest.contents import Guess, Look, clocks, guess_label, guess_moment, guess_time, in_runs
from service.ingest.faults import fault, listed, quote
from service.ingest.joined_columns import parts_of
from service.ingest.series_guess import guess_series
from service.ingest.wide_columns import WideChannels, asked_channels, guessed_channels

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
MOST_EXPLAINED = 3
"""Columns of which an error says what they hold."""
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
            raise _absent(role, name, names)
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


def assign(names: Sequence[str], reading: Reading, look: Look, distrusted: Container[str] = ()) -> Roles:
    """Give every role a column; roles that are distrusted are not guessed from what columns hold."""
    roles = named_roles(names, reading)
    taken = {*roles.single, *INDEX_COLUMNS}
    rest = [name for name in names if name not in taken]
    free = [name for name in rest if name not in reading.channels]
    wanted = {role for role in ("series", "time", "label") if getattr(reading, role) is None and role not in distrusted}
    answered = roles.label is not None or roles.target is not None
    wide = _wide_channels(rest, reading, roles, look, guess="label" in wanted and not answered)
    if wide is not None:
        steps = {name for columns in wide.values() for name in columns}
        roles = replace(_without_time(roles), channels=tuple(wide), steps=tuple(wide.values()))
        if answered or "label" not in wanted:
            return roles
        return _with(roles, "label", guess_label([name for name in free if name not in steps], look))
    roles = _inferred(names, free, roles, look, wanted if not answered else wanted - {"label"})
    rest = [name for name in rest if name not in roles.single]
    return replace(roles, channels=_long_channels(rest, names, reading, roles, look))


def _inferred(names: Sequence[str], free: Sequence[str], roles: Roles, look: Look, wanted: Container[str]) -> Roles:
    """The roles of a table in long form, with what its columns hold."""
    indices = [name for name in INDEX_COLUMNS if list(names).count(name) == 1 and look.times(name)]
    certainties = dict(roles.certainties)
    if "time" in wanted and certainties.get("time") != "asked":
        whole = guess_moment([name for name in (*free, roles.time) if name is not None], look)
        if whole.column is not None:
            roles = _with(_without_time(roles), "time", whole)
            free = [name for name in free if name not in roles.single]
    twins: frozenset[str] = frozenset()
    if roles.series is None and "series" in wanted:
        times = [roles.time] if roles.time is not None else [*chain(*clocks([*indices, *free], look))]
        rest = [name for name in free if name not in times]
        guess = guess_series(rest, look, times, roles.group, roles.label)
        roles, twins = _with(roles, "series", guess), guess.twins
    left = [name for name in (*indices, *free) if name not in roles.single]
    if roles.time is None and "time" in wanted:
        roles = _with(roles, "time", guess_time(left, look, roles.series))
    if "label" in wanted:
        left = [name for name in free if name not in {*roles.single, *twins}]
        roles = _with(roles, "label", guess_label(left, look, long=True, series=roles.series))
    return roles


def _with(roles: Roles, role: str, guess: Guess) -> Roles:
    """The roles with what the contents told of one of them."""
    roles = replace(roles, guesses=(*roles.guesses, (role, guess)))
    if guess.column is None:
        return roles
    given: dict[str, str] = {role: guess.column}
    joined = roles.joined | {guess.column} if guess.joined else roles.joined
    certainties = (*roles.certainties, (role, "guessed"))
    return replace(roles, **given, certainties=certainties, joined=joined)  # type: ignore[arg-type]


def _without_time(roles: Roles) -> Roles:
    kept = tuple(each for each in roles.certainties if each[0] != "time")
    return replace(roles, time=None, certainties=kept)


def _wide_channels(
    rest: Sequence[str], reading: Reading, roles: Roles, look: Look, *, guess: bool
) -> WideChannels | None:
    """The channels of a table that has, or is asked to have, one case a row; None if it is one row a step."""
    if reading.form == "wide":
        if reading.time:
            message = "In the wide form the columns are the steps, so there is no column of times."
            raise Unreadable(message, Detail("/time", message))
        wide = asked_channels(rest, reading.channels) if reading.channels else guessed_channels(rest, fewest=2)
        if not wide:
            message = "No columns are numbered as steps are; ask for them by channels=acc_x_*,acc_y_*."
            raise Unreadable(message, Detail("/channels", message))
        return wide
    patterns = any("*" in name and name not in rest for name in reading.channels)
    if reading.form is None and patterns:
        return asked_channels(rest, reading.channels)
    if reading.form == "long" or reading.channels or roles.time is not None:
        return None
    answered = roles.label is not None or roles.target is not None
    runs = guessed_channels(rest) or (guessed_channels(rest, fewest=2) if answered else {})
    wide = {stem: names for stem, names in runs.items() if look.numeric(names[0])}
    return wide if wide and _one_row_a_case(rest, wide, roles, look, guess=guess) else None


def _one_row_a_case(rest: Sequence[str], wide: WideChannels, roles: Roles, look: Look, *, guess: bool) -> bool:
    """Whether no case has a second row; without a column of cases each row has an answer, and no time."""
    if roles.series is not None:
        return not look.repeats(roles.series)
    if roles.label is not None or roles.target is not None:
        return True
    steps = {name for columns in wide.values() for name in columns}
    others = [name for name in rest if name not in steps]
    label = guess_label(others, look).column if guess else None
    return label is not None and not in_runs(look.codes(label)) and not any(look.times(name) for name in others)


def _long_channels(
    rest: Sequence[str], names: Sequence[str], reading: Reading, roles: Roles, look: Look
) -> tuple[str, ...]:
    for name in reading.channels:
        if name not in names:
            raise _absent("channels", name, names)
        if name in roles.single:
            message = f"The column {quote(name)} cannot be a channel and something else."
            raise Unreadable(message, Detail("/channels", message))
    channels = reading.channels or tuple(name for name in rest if look.numeric(name))
    if not channels:
        texts = [f"{quote(name)} holds {look.described(name)}{look.example(name)}" for name in rest[:MOST_EXPLAINED]]
        why = f" {'; '.join(texts)}." if texts else ""
        raise fault("the header", f"No numeric column is left to be a channel; the columns are {listed(names)}.{why}")
    answer = roles.label or roles.target
    if roles.series is None and answer is not None:
        message = f"The column {quote(answer)} answers for whole cases, so a column must name the case "
        role = "label" if roles.label else "target"
        both = format_channels((roles.group or "NAME", answer if roles.group else "NAME"))
        message += f"of each row: ask for it by series=NAME, or by two, series={both}; or say {role}= to leave "
        message += f"the answers out; the columns are {listed(names)}."
        raise Unreadable(message, Detail("/series", message))
    return channels


def _is_usual(name: str | None, role: str) -> bool:
    return name is not None and name.strip().lower() in USUAL[role]


def _matching(usual: dict[str, str], names: tuple[str, ...]) -> Iterator[str]:
    return (usual[name] for name in names if name in usual)


def _absent(role: str, name: str, names: Sequence[str]) -> Unreadable:
    message = f"There is no column {quote(name)}; the columns are {listed(names)}."
    return Unreadable(message, Detail(f"/{role}", message))
