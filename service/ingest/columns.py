"""Which column of a table is what: asked for by name, or guessed from names and contents, and said so."""

from collections.abc import Container, Sequence
from dataclasses import replace
from itertools import chain

from service.domain.datasets import Reading, format_channels
from service.errors import Detail, Unreadable
from service.ingest.contents import Guess, Look, clocks, guess_label, guess_moment, guess_time, in_runs
from service.ingest.faults import fault, listed, quote
from service.ingest.roles import INDEX_COLUMNS, Roles, absent, named_roles
from service.ingest.row_numbers import differs, numbers_rows, orders, set_aside
from service.ingest.series_guess import guess_series
from service.ingest.side_answers import answer_at_the_side, guess_answer
from service.ingest.wide_columns import WideChannels, asked_channels, guessed_channels

MOST_EXPLAINED = 3
"""Columns of which an error says what they hold."""


def assign(names: Sequence[str], reading: Reading, look: Look, distrusted: Container[str] = ()) -> Roles:
    """Give every role a column; roles that are distrusted are not guessed from what columns hold."""
    roles = named_roles(names, reading)
    taken = {*roles.single, *INDEX_COLUMNS}
    rest = [name for name in names if name not in taken]
    free = [name for name in rest if name not in reading.channels]
    wanted = {role for role in ("series", "time", "label") if getattr(reading, role) is None and role not in distrusted}
    answered = roles.label is not None or roles.target is not None
    unanswered = "label" in wanted and not answered
    if unanswered and reading.target is None and "target" not in distrusted:
        roles = _answered_at_the_side(rest, reading, roles, look)
        answered = roles.label is not None or roles.target is not None
        rest = [name for name in rest if name not in roles.single]
    wide = _wide_channels(rest, reading, roles, look, guess=unanswered and not answered)
    if wide is not None:
        steps = {name for columns in wide.values() for name in columns}
        roles = replace(_without_time(roles), channels=tuple(wide), steps=tuple(wide.values()))
        if answered or "label" not in wanted:
            return roles
        return _with(roles, "label", guess_label([name for name in free if name not in steps], look))
    wanted = wanted if not answered else wanted - {"label"}
    roles = _without_row_numbers(names, free, roles, look, wanted) or _inferred(names, free, roles, look, wanted)
    rest = [name for name in rest if name not in roles.single]
    return replace(roles, channels=_long_channels(rest, names, reading, roles, look))


def _answered_at_the_side(rest: Sequence[str], reading: Reading, roles: Roles, look: Look) -> Roles:
    """The roles with an answer that stands first or last beside columns that are all steps, called as answers are."""
    rest = [name for name in rest if not numbers_rows(name, look)]
    name = answer_at_the_side(rest) if reading.form != "long" and not reading.channels and roles.time is None else None
    if name is None or (roles.series is not None and look.repeats(roles.series)):
        return roles
    guess = guess_answer(name, look)
    return roles if guess is None else _with(_with(roles, *guess[0]), *guess[1])


def _without_row_numbers(
    names: Sequence[str], free: Sequence[str], roles: Roles, look: Look, wanted: Container[str]
) -> Roles | None:
    """The roles where what is called as cases are numbers the rows of a table with times; None where it does not.

    An answer that nothing else tells the cases of is refused beside a time that was named, and no time otherwise.
    """
    name, certainties = roles.series, dict(roles.certainties)
    if name is None or certainties["series"] == "asked" or "series" not in wanted or not differs(name, look):
        return None
    kept = tuple(each for each in roles.certainties if each[0] != "series")
    without = _with(replace(roles, series=None, certainties=kept), "series", set_aside(name))
    found = _inferred(names, free, without, look, wanted)
    surely = dict(found.certainties).get("time") != "guessed"
    answered = found.label is not None or found.target is not None
    if found.time is None or not orders(found.time, found.series, look, surely=surely):
        return None
    return found if surely or not answered or found.series is not None else None


def _inferred(names: Sequence[str], free: Sequence[str], roles: Roles, look: Look, wanted: Container[str]) -> Roles:
    """The roles of a table in long form, with what its columns hold."""
    indices = [name for name in INDEX_COLUMNS if list(names).count(name) == 1 and look.times(name)]
    certainties = dict(roles.certainties)
    if "time" in wanted and certainties.get("time") != "asked":
        whole = guess_moment([name for name in (*free, roles.time) if name is not None], look, roles.time)
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
    """Whether no case has a second row; without names of cases, or with times, each row has an answer."""
    if roles.series is not None and look.repeats(roles.series):
        return False
    if roles.label is not None or roles.target is not None:
        return True
    steps = {name for columns in wide.values() for name in columns}
    others = [name for name in rest if name not in steps]
    if roles.series is not None:
        return not any(look.times(name) for name in others)
    label = guess_label(others, look).column if guess else None
    return label is not None and not in_runs(look.codes(label)) and not any(look.times(name) for name in others)


def _long_channels(
    rest: Sequence[str], names: Sequence[str], reading: Reading, roles: Roles, look: Look
) -> tuple[str, ...]:
    for name in reading.channels:
        if name not in names:
            raise absent("channels", name, names)
        if name in roles.single:
            message = f"The column {quote(name)} cannot be a channel and something else."
            raise Unreadable(message, Detail("/channels", message))
    channels = reading.channels or tuple(name for name in rest if look.numeric(name) and not numbers_rows(name, look))
    if not channels:
        some = rest[:MOST_EXPLAINED]
        held = ["numbers of the rows" if numbers_rows(name, look) else look.described(name) for name in some]
        texts = [f"{quote(name)} holds {what}{look.example(name)}" for name, what in zip(some, held, strict=True)]
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
