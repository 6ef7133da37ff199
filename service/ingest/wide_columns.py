"""Columns that are steps: `acc_x_0` to `acc_x_99` are the channel acc_x, one case a row."""

import re
from collections.abc import Mapping, Sequence

from service.errors import Detail, Unreadable
from service.ingest.faults import quote

STEP = "*"
"""Stands for the number of the step in a pattern."""
NUMBERED = re.compile(r"(.*?)[\s_.:\-\[(]*?(\d{1,9})[\])]?")
NUMBER = re.compile(r"\d{1,9}")
FEWEST = 4
"""Steps from which columns are taken for a channel without being asked for."""
HOLES = 10
"""Of so many steps one may be missing in a run that is taken for a channel without being asked for; one always may."""
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


def matching(names: Sequence[str], pattern: str) -> tuple[str, ...]:
    """The columns that match a pattern, by step."""
    return _matched(names, pattern)[1]


def guessed_channels(names: Sequence[str], fewest: int = FEWEST) -> WideChannels:
    """Runs of names that differ by a number alone, where few numbers are left out, and the same in each."""
    stems: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        match = NUMBERED.fullmatch(name.strip())
        if match is not None:
            stems.setdefault(match[1], []).append((int(match[2]), name))
    runs = {stem: sorted(steps) for stem, steps in stems.items() if len(steps) >= fewest}
    numbers = {stem: [number for number, _ in steps] for stem, steps in runs.items()}
    shapes = {stem: tuple(number - each[0] for number in each) for stem, each in numbers.items() if _is_run(each)}
    if not shapes:
        return {}
    every = list(shapes.values())
    usual = max(every, key=lambda shape: (every.count(shape), len(shape)))
    chosen = [stem for stem, shape in shapes.items() if shape == usual]
    return {stem or NAMELESS: tuple(name for _, name in runs[stem]) for stem in chosen}


def numbers_of(columns: Sequence[str]) -> list[int]:
    """The number of the step in the name of each column of a channel."""
    place = _varying(columns)
    return [int(NUMBER.findall(name)[place]) for name in columns]


def pattern_of(columns: Sequence[str]) -> str:
    """The pattern that asks for the columns of a channel."""
    first, place = columns[0].strip(), _varying(columns)
    found = list(NUMBER.finditer(first))[place]
    return first[: found.start()] + STEP + first[found.end() :]


def stem_of(name: str) -> str | None:
    """The name of the channel that a numbered column would belong to."""
    match = NUMBERED.fullmatch(name.strip())
    return None if match is None else match[1] or NAMELESS


def _is_run(numbers: Sequence[int]) -> bool:
    missing = numbers[-1] - numbers[0] + 1 - len(numbers)
    return len(set(numbers)) == len(numbers) and missing <= max(1, len(numbers) // HOLES)


def _varying(columns: Sequence[str]) -> int:
    """Which of the numbers in the names differs from column to column; the last one where there is one column."""
    each = [NUMBER.findall(name) for name in (columns[0], columns[-1])]
    return next((place for place, pair in enumerate(zip(*each, strict=False)) if pair[0] != pair[1]), -1)


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
    """Unreadable if a channel has a step that another one does not have."""
    first = next(iter(channels))
    shape = _shape(channels[first])
    for name, columns in channels.items():
        if _shape(columns) != shape:
            message = (
                f"The channel {quote(name)} has {len(columns)} columns, {quote(first)} has {len(channels[first])}; "
                "channels share their steps"
            )
            message += _difference(channels, first, name)
            raise Unreadable(message, Detail("/channels", message))


def _shape(columns: Sequence[str]) -> list[int]:
    numbers = numbers_of(columns)
    return [number - numbers[0] for number in numbers]


def _difference(channels: WideChannels, first: str, name: str) -> str:
    """The first number that only one of two channels has."""
    one, other = set(numbers_of(channels[first])), set(numbers_of(channels[name]))
    if one == other:
        return "."
    number = min(one ^ other)
    has, lacks = (first, name) if number in one else (name, first)
    return f", and step {number} is there for {quote(has)} and not for {quote(lacks)}."
