"""A table with cases for a model: what is not asked is read as the model's own dataset was, without its answers.

A table may be in another form than the dataset was; then its columns go by the names of the model's channels.
"""

from collections.abc import Sequence
from dataclasses import replace

from service.domain.datasets import Precedent, Reading, format_channels
from service.errors import Detail, Unreadable
from service.ingest.faults import listed, quote
from service.ingest.joined_columns import parts_of
from service.ingest.wide_columns import STEP, guessed_channels, matching, pattern_of

ANSWERS = ("label", "target", "group", "split")
"""Roles that say of a case what a prediction does not need; cases in wide form need no names either."""


def followed(names: Sequence[str], reading: Reading, precedent: Precedent) -> Reading:
    """What is asked, with what the precedent says of these columns; Unreadable if the channels are not among them."""
    learnt = _learnt(names, precedent)
    form = reading.form or (None if reading.channels else learnt.form)
    channels = reading.channels or (learnt.channels if form == learnt.form else ())
    reading = replace(reading, form=form, **{role: getattr(reading, role) or "" for role in ANSWERS})  # type: ignore[arg-type]
    if form == "wide":
        return replace(reading, series=reading.series or "", channels=channels or _steps(names, precedent))
    where = {role: getattr(reading, role) for role in ("series", "time")}
    for role, said in where.items():
        name = getattr(learnt, role)
        if said is None and (name in names or name == "" or parts_of(name, names)):
            where[role] = name
    return replace(reading, **where, channels=channels or _named(names, precedent))


def read_columns(names: Sequence[str], reading: Reading, precedent: Precedent) -> list[str]:
    """The columns without those that held the answers of the model's dataset, which may look as steps do."""
    asked = {*vars(reading).values(), *reading.channels}
    for role in ("series", "time"):
        name = getattr(reading, role) if getattr(reading, role) is not None else precedent.parameters.get(role)
        asked.update(parts_of(name, names) or (name,))
    learnt = precedent.parameters if "form" in precedent.parameters else {}  # else names of arrays, or attributes
    passed = {learnt.get(role) for role in ANSWERS if getattr(reading, role) is None} - asked
    return [name for name in names if name not in passed]


def _learnt(names: Sequence[str], precedent: Precedent) -> Reading:
    """The reading of the dataset, if this table has its channels; else one that says nothing."""
    learnt = Reading.from_texts(precedent.parameters)
    there = (
        all(matching(names, pattern) for pattern in learnt.channels)
        if learnt.form == "wide"
        else set(learnt.channels) <= set(names)
    )
    return learnt if there and learnt.channels else Reading()


def _named(names: Sequence[str], precedent: Precedent) -> tuple[str, ...]:
    """The columns named as the model's channels."""
    missing = next((name for name in precedent.channels if name not in names), None)
    if missing is None:
        return precedent.channels
    message = f"There is no column {quote(missing)}, as a channel of the model is called; the columns are "
    message += f"{listed(names)}. Say which columns are the channels, in the order of the model's: channels=NAME,NAME"
    patterns = format_channels(map(pattern_of, guessed_channels(names).values()))
    message += f"; or, if each row is a case, form=wide&channels={patterns}." if patterns else "."
    raise Unreadable(message, Detail("/channels", message))


def _steps(names: Sequence[str], precedent: Precedent) -> tuple[str, ...]:
    """The patterns of columns numbered behind the names of the channels; of one channel, of the only run there is."""
    if all(matching(names, name) for name in precedent.channels):
        return precedent.channels
    runs = [pattern_of(columns) for columns in guessed_channels(names, fewest=2).values()]
    if len(runs) == len(precedent.channels) == 1:
        return tuple(runs)
    message = (
        f"No columns are numbered as {quote(precedent.channels[0] + '_' + STEP)} would be, by the model's channels; "
    )
    message += f"the columns are {listed(names)}. Say which are the steps of each channel, in the order of the model's"
    message += f": channels={format_channels(runs) or 'acc_x_*,acc_y_*'}."
    raise Unreadable(message, Detail("/channels", message))
