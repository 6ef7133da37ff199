"""How a table was understood, for whoever sent it: each column's role, what else was possible, what is left out."""

from collections.abc import Iterator, Sequence

from service.domain.datasets import Reading, format_channels
from service.domain.reports import Certainty, Finding, FindingKind, Form, Place, Role, Understanding
from service.ingest.contents import Look
from service.ingest.faults import quote
from service.ingest.roles import INDEX_COLUMNS, USUAL, Roles
from service.ingest.row_numbers import numbers_rows, sets_aside
from service.ingest.wide_columns import guessed_channels, pattern_of, stem_of

MOST_NAMED = 100
"""Columns of one reason that are named."""
COULD = {"series": "could tell the cases apart"}
TOLD_MOST = 256
"""Columns that are looked at one by one for why they are left out."""


def understood(roles: Roles, reading: Reading) -> Understanding:
    """What was made of the columns, and the parameters that ask for exactly that."""
    others, certainties = dict(roles.others), dict(roles.certainties)
    possible = {role: tuple(name for name, _ in guess.possible) for role, guess in roles.guesses}
    found = [
        Role(role, name, certainties[role], tuple(dict.fromkeys(others.get(role, ()) + possible.get(role, ()))))
        for role, name in roles.named.items()
    ]
    patterns = roles.channels if roles.steps is None else tuple(map(pattern_of, roles.steps))
    certainty: Certainty = "asked" if reading.channels else "guessed"
    found += [Role("channel", pattern, certainty) for pattern in patterns]
    form: Form = "long" if roles.steps is None else "wide"
    declined = {role: "" for role in USUAL if getattr(reading, role) == "" and role not in roles.named}
    if roles.label is None and any(guess.twins for _, guess in roles.guesses):
        declined["label"] = ""  # or it would be guessed to be one of them, once the series is asked for
    if roles.series is None and any(map(sets_aside, roles.guesses)):
        declined["series"] = ""
    parameters = {"form": form, **roles.named, **declined, "channels": format_channels(patterns)}
    return Understanding(form, tuple(found), parameters, tuple(_alternatives(roles, reading)))


def explained(roles: Roles, look: Look) -> Iterator[str]:
    """What was made of the columns without being asked."""
    channels = [name for columns in roles.columns[:TOLD_MOST] for name in columns[:1]]
    signed = [name for name in channels if look.signed(name)]
    if signed:
        yield f"Signs of percent or currency were passed over in {_some(signed)}."
    for certainty, by in (("named", "their names"), ("guessed", "what they hold")):
        guesses = [f"{role}={quote(roles.named[role])}" for role, each in roles.certainties if each == certainty]
        if guesses:
            yield f"Columns were understood by {by}: {', '.join(guesses)}."


def left_out(roles: Roles, reading: Reading, names: Sequence[str], look: Look) -> Iterator[Finding]:
    """The columns without a use, each with the reason, as one finding."""
    read = set(roles.all)
    unused = [name for name in names if name not in read]
    if not unused:
        return
    reasons: dict[str, list[str]] = {}
    known = {
        name: why.removeprefix("it holds ")
        for _, guess in (roles.guesses if roles.series is not None else reversed(roles.guesses))
        for name, why in (*guess.others, *guess.possible)
    }
    for place, name in enumerate(unused):
        reason = known.get(name) if place < TOLD_MOST else "as those before"
        reasons.setdefault(reason or _reason(name, roles, reading, look), []).append(name)
    told = "; ".join(f"{_some(columns)} ({reason})" for reason, columns in reasons.items())
    sentence = f"Columns without a use were left out: {told}."
    yield Finding(FindingKind.UNUSED, len(unused), sentence, Place(column=unused[0]))


def _alternatives(roles: Roles, reading: Reading) -> Iterator[str]:
    if reading.form is None and roles.steps is not None:
        yield "form=long: one row a step instead of one row a case, the columns being channels."
    if reading.form is None and roles.steps is None and guessed_channels(roles.channels):
        yield "form=wide: one row a case instead of one row a step, numbered columns being steps."
    for role, others in roles.others:
        for name in others:
            yield f"{role}={name}: by its name this column could have been it too."
    for role, guess in roles.guesses:
        if guess.column is not None:
            yield f"{role}=: no column at all; {quote(guess.column)} was taken by what it holds."
        for name, why in guess.possible:
            yield f"{role}={name}: the column {quote(name)} {COULD.get(role, f'could be the {role}')}: {why}."


def _reason(name: str, roles: Roles, reading: Reading, look: Look) -> str:
    """Why a column that no guess tells of has no use."""
    if name in INDEX_COLUMNS:
        return "not a single value" if look.empty(name) else "the row numbers of a data frame"
    what = look.described(name)
    if roles.steps is not None:
        stem = stem_of(name)
        if stem is not None and what == "numbers":
            return f"numbers of {quote(stem)}, whose steps are not numbered as those of {quote(roles.channels[0])} are"
        return f"{what}; the columns of the wide form are steps"
    if what == "times" and roles.time is not None:
        return f"times; {quote(roles.time)} orders the steps"
    if what == "texts" and (roles.label or roles.target):
        return f"texts; {quote(str(roles.label or roles.target))} answers for the cases"
    if what == "numbers" and numbers_rows(name, look):
        what = "numbers of the rows"
    return f"{what}, which were not asked for" if reading.channels and what == "numbers" else what


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(quote, names[:MOST_NAMED]))
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"
