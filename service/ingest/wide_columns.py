"""Columns that are steps: `acc_x_0` to `acc_x_99` are the channel acc_x, one case a row."""

import re
from collections.abc import Mapping, Sequence

from service.errors import Detail, Unreadable
from service.ingest.faults import quote

STEP = "*"
"""Stands for the number of the step in a pattern."""
NUMBERED = re.compile(r"(.*?)[\s_.:\-\[(]*?(\d{1,9})[\])]?")
FEWEST = 4
"""Steps from which columns are taken for a channel without being asked for."""
NAMELESS = "value"
"""What a channel is called whose columns are mere numbers."""

WideChannels = Mapping[str, tuple[str, ...]]
"""The columns of each channel, in the order of their steps."""


def asked_channels(names: Sequence[str], patterns: Sequence[str]) -> WideChannels:
    """The columns that match each pattern; Unreadable if there are none, or not as many as the first has."""
    found: dict[str, tuple[str, ...]] = {}
    for pattern in patterns:
        stem, columns = _matched(names, pattern)
        if not columns:
            message = (
                f"No column matches {quote(pattern)}; {STEP} stands for the number of the step, as in acc_x_{STEP}."
            )
            raise Unreadable(message, Detail("/channels", message))
        found[stem] = columns
    _check_steps(found)
    return found


def guessed_channels(names: Sequence[str]) -> WideChannels:
    """Runs of names that differ by a number alone, where their numbers follow one another."""
    stems: dict[str, dict[int, str]] = {}
    for name in names:
        match = NUMBERED.fullmatch(name.strip())
        if match is not None:
            stems.setdefault(match[1], {})[int(match[2])] = name
    channels = {
        stem or NAMELESS: tuple(steps[number] for number in sorted(steps))
        for stem, steps in stems.items()
        if len(steps) >= FEWEST and max(steps) - min(steps) == len(steps) - 1
    }
    counts = [len(columns) for columns in channels.values()]
    return {stem: columns for stem, columns in channels.items() if len(columns) == max(counts, key=counts.count)}


def pattern_of(stem: str, columns: Sequence[str]) -> str:
    """The pattern that asks for these columns."""
    match = NUMBERED.fullmatch(columns[0].strip())
    if match is None:
        return stem
    return columns[0].strip()[: match.start(2)] + STEP + columns[0].strip()[match.end(2) :]


def _matched(names: Sequence[str], pattern: str) -> tuple[str, tuple[str, ...]]:
    """The name of the channel, and its columns by step."""
    before, star, after = pattern.partition(STEP)
    if not star:
        before, after = pattern, ""
    mark = "" if star else r"[\s_.:\-\[(]*"
    end = re.escape(after) if star else r"[\])]?"
    regex = re.compile(re.escape(before) + mark + r"(\d{1,9})" + end)
    steps: dict[int, str] = {}
    for name in names:
        match = regex.fullmatch(name.strip())
        if match is not None:
            if int(match[1]) in steps:
                message = (
                    f"The columns {quote(steps[int(match[1])])} and {quote(name)} are the same step of one channel."
                )
                raise Unreadable(message, Detail("/channels", message))
            steps[int(match[1])] = name
    stem = re.sub(r"^[\s_.:\-\[(]+|[\s_.:\-\[(]+$", "", before) + re.sub(r"[\])]+$", "", after)
    return stem or NAMELESS, tuple(steps[number] for number in sorted(steps))


def _check_steps(channels: WideChannels) -> None:
    first = next(iter(channels))
    for name, columns in channels.items():
        if len(columns) != len(channels[first]):
            message = (
                f"The channel {quote(name)} has {len(columns)} columns, {quote(first)} has {len(channels[first])}; "
                "channels share their steps."
            )
            raise Unreadable(message, Detail("/channels", message))
