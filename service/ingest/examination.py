"""What is odd about series that can be read: facts that explain a model that learns badly, told in time.

Each oddity is a finding: its kind, how often it occurs, a sentence, and the place of the first.
"""

import math
from collections.abc import Iterator

import numpy as np

from model.arrays import Array
from model.data.blocks import blocks, pieces
from model.data.likeness import case_keys, repeated
from model.data.series import Series
from model.training.defaults import UNEVEN_DECADES, scaling
from service.domain.reports import ChannelFacts, Examination, Finding, FindingKind, Place
from service.ingest.faults import quote
from service.ingest.flat_targets import flat_targets
from service.ingest.parsed import Parsed
from service.ingest.precision import Flattened
from service.ingest.split_leaks import split_leaks
from service.ingest.survey import Survey, survey

NAMED = 5
SHORT = 8
IMBALANCE = 10
SMALLEST = float(np.finfo(np.float32).tiny)
FAR = 10
"""A mean of more than this many standard deviations is far from zero."""


def examine(parsed: Parsed) -> Examination:
    """Look through the series; what the reader found stands with the rest, the gravest kinds first."""
    series = parsed.series
    seen, keys = survey(series.values), case_keys(series)
    found = [
        *parsed.findings,
        *_counts(series),
        *_labels(parsed),
        *_lengths(parsed),
        *_equal_cases(parsed, keys),
        *split_leaks(parsed, keys),
        *_missing(parsed, seen),
        *_levels(parsed, seen),
        *_strengths(parsed),
        *flat_targets(parsed),
    ]
    order = list(FindingKind)
    found.sort(key=lambda finding: order.index(finding.kind))
    return Examination(parsed.reading, tuple(_channels(series, seen)), tuple(found))


def _channels(series: Series, seen: Survey) -> Iterator[ChannelFacts]:
    for place, name in enumerate(series.channels):
        observed = seen.missing[place] < len(series.values)
        numbers = (seen.low, seen.high, seen.mean, seen.deviation)
        low, high, mean, deviation = (float(each[place]) if observed else None for each in numbers)
        constant = not seen.low[place] < seen.high[place]
        yield ChannelFacts(name, int(seen.missing[place]), constant, low, high, mean, deviation)


def _counts(series: Series) -> Iterator[Finding]:
    if series.cases == 1 and series.task != "forecasting":
        yield Finding(FindingKind.ONE_CASE, 1, "There is one case only; training needs several.", Place(case=0))


def _labels(parsed: Parsed) -> Iterator[Finding]:
    labels, classes = parsed.series.labels, parsed.series.classes
    if labels is None or classes is None:
        return
    counts = np.bincount(labels, minlength=len(classes))
    if len(counts) == 1:
        sentence = f"All cases have the one label {quote(classes[0])}; there is nothing to tell apart."
        yield Finding(FindingKind.ONE_LABEL, int(counts[0]), sentence, _case(parsed, 0))
        return
    least, most = int(counts.argmin()), int(counts.argmax())
    if counts[most] >= IMBALANCE * counts[least]:
        sentence = (
            f"Labels are unbalanced: {counts[most]} cases of {quote(classes[most])} "
            f"against {counts[least]} of {quote(classes[least])}."
        )
        rare = int(np.argmax(labels == least))
        yield Finding(FindingKind.UNBALANCED, int(counts[least]), sentence, _case(parsed, rare))
    single = np.flatnonzero(counts == 1)
    if single.size:
        sentence = f"Labels with a single case: {_named(classes, single)}."
        alone = int(np.argmax(counts[labels] == 1))
        yield Finding(FindingKind.SINGLE_LABEL, len(single), sentence, _case(parsed, alone))


def _lengths(parsed: Parsed) -> Iterator[Finding]:
    lengths = parsed.series.lengths
    if lengths.min() < SHORT:
        case = int(lengths.argmin())
        sentence = f"The shortest is case {case}, of length {lengths[case]}; longer kernels see mostly padding there."
        yield Finding(FindingKind.SHORT, int(np.count_nonzero(lengths < SHORT)), sentence, _case(parsed, case))


def _equal_cases(parsed: Parsed, keys: Array) -> Iterator[Finding]:
    """Cases that stand there twice, which a split puts on both of its sides; graver still with two labels."""
    series = parsed.series
    again = repeated(keys)
    if not again.cases.size:
        return
    sentence = (
        f"Cases that equal an earlier one: {len(again.cases)}, the first is {_pair(parsed, again.cases, again.firsts)}."
    )
    places = (_case(parsed, int(each[0])) for each in again)
    yield Finding(FindingKind.DUPLICATE, len(again.cases), sentence, *places)
    answers = series.labels if series.labels is not None else series.targets
    if answers is None:
        return
    differ = (answers[again.cases] != answers[again.firsts]).reshape(len(again.cases), -1).any(axis=1)
    cases, firsts = again.cases[differ], again.firsts[differ]
    if cases.size:
        sentence = f"Equal cases with different answers: {len(cases)}, the first is {_pair(parsed, cases, firsts)}."
        places = (_case(parsed, int(each[0])) for each in (cases, firsts))
        yield Finding(FindingKind.CONTRADICTION, len(cases), sentence, *places)


def _missing(parsed: Parsed, seen: Survey) -> Iterator[Finding]:
    series, counts = parsed.series, seen.missing
    if not counts.any():
        return
    for channel in np.flatnonzero(counts)[:NAMED].tolist():
        row = int(seen.first_missing[channel])
        case = int(np.searchsorted(series.offsets, row, side="right")) - 1
        step = row - int(series.offsets[case])
        name, share = series.channels[channel], counts[channel] / len(series.values)
        first = Place(parsed.row(case, step), parsed.column(channel, step), case, name, step)
        sentence = (
            f"Missing in channel {quote(name)}: {counts[channel]} ({share:.1%}), "
            f"the first in case {case} at step {step}."
        )
        yield Finding(FindingKind.MISSING, int(counts[channel]), sentence, first)
    further = np.flatnonzero(counts)[NAMED:]
    if further.size:
        sentence = f"Further channels with missing values: {len(further)}."
        first = Place(channel=series.channels[int(further[0])])
        yield Finding(FindingKind.MISSING, int(counts[further].sum()), sentence, first)
    empty = _empty_cases(series)
    if empty.size:
        sentence = f"Cases without any value: {empty.size}, the first is case {empty[0]}."
        yield Finding(FindingKind.EMPTY_CASE, len(empty), sentence, _case(parsed, int(empty[0])))


def _empty_cases(series: Series) -> Array:
    """(n,): the cases in which every value is missing."""
    found = []
    for piece in pieces(series.lengths, len(series.channels)):
        offsets = series.offsets[piece.start : piece.stop + 1]
        within = series.values[offsets[0] : offsets[-1]]
        unseen = np.concatenate([np.isnan(block).all(axis=1) for block in blocks(within)])
        found.append(piece.start + np.flatnonzero(np.logical_and.reduceat(unseen, offsets[:-1] - offsets[0])))
    return np.concatenate(found)


def _levels(parsed: Parsed, seen: Survey) -> Iterator[Finding]:
    """Channels that never change, or little beside their level, and those whose changes 32-bit floats have lost."""
    names, flattened = parsed.series.channels, parsed.flattened
    lost = np.empty(0, np.int64) if flattened is None else flattened.channels(parsed.series)
    if flattened is not None:
        small = np.abs(flattened.level[lost]) < SMALLEST
        yield from (_flattened(parsed, flattened, each) for each in (lost[~small], lost[small]) if each.size)
    constant = np.setdiff1d(np.flatnonzero(~(seen.low < seen.high)), lost)
    if constant.size:
        sentence = f"Constant channels, which tell nothing: {_named(names, constant)}."
        yield Finding(FindingKind.CONSTANT, len(constant), sentence, Place(channel=names[int(constant[0])]))
    far = np.flatnonzero((seen.low < seen.high) & (np.abs(seen.mean) > FAR * seen.deviation))
    far = np.setdiff1d(far, lost)
    if far.size:
        sentence = (
            f"Channels far from zero beside how much they vary: {_named(names, far)}; "
            "without scaling, zero padding would make up steps at their ends."
        )
        yield Finding(FindingKind.FAR, len(far), sentence, Place(channel=names[int(far[0])]))


def _strengths(parsed: Parsed) -> Iterator[Finding]:
    """Cases of strengths that no one scale suits; a forecast needs the level."""
    found = None if parsed.series.task == "forecasting" else parsed.series.strength
    if found is None or found.decades < UNEVEN_DECADES:
        return
    sentence = (
        f"Cases differ in strength by orders of magnitude: deviations of nine in ten lie between {found.low:.3g} and "
        f"{found.high:.3g}, the weakest is case {found.weakest}. On one scale the weak ones are as good as flat; "
    )
    chosen = scaling(parsed.series.task, {"decades": found.decades, "by_label": found.by_label})
    sentence += (
        "a training scales each by itself unless it is asked otherwise, which hides what strength tells."
        if chosen == "instance"
        else 'scaling "instance" brings each to the same strength, and hides what that tells.'
    )
    yield Finding(FindingKind.UNEVEN, parsed.series.cases, sentence, _case(parsed, found.weakest))


def _flattened(parsed: Parsed, flattened: Flattened, lost: Array) -> Finding:
    """The first value that became equal to the one before it, and what to do about it."""
    channel = int(lost[0])
    level = float(flattened.level[channel])
    place = parsed.place(channel, int(flattened.first[channel]), by_row=flattened.by_row)
    advice = f"subtract an offset, such as {level:.6g}, before you send them"
    if abs(level) < SMALLEST:
        factor = 10.0 ** min(300, -math.floor(math.log10(abs(level))))
        advice = f"multiply them, for instance by {factor:g}, before you send them"
    where = f"case {place.case} at step {place.step}" if place.row is None else f"row {place.row}"
    sentence = (
        f"Channels whose changes are lost, as 32-bit floats hold the values: {_named(parsed.series.channels, lost)}; "
        f"the first value that became equal to the one before it is in {where}. Keep the changes: {advice}."
    )
    return Finding(FindingKind.FLATTENED, len(lost), sentence, place)


def _case(parsed: Parsed, case: int) -> Place:
    return Place(row=parsed.row(case), case=case)


def _pair(parsed: Parsed, cases: Array, firsts: Array) -> str:
    """The first two equal cases, with their rows where they have any."""
    case, other = int(cases[0]), int(firsts[0])
    row, earlier = parsed.row(case), parsed.row(other)
    return f"case {case}, which is case {other} again" + ("" if row is None else f" (rows {row} and {earlier})")


def _named(names: tuple[str, ...], indices: Array) -> str:
    shown = ", ".join(quote(names[index]) for index in indices[:NAMED].tolist())
    return shown if len(indices) <= NAMED else f"{shown} and {len(indices) - NAMED} more"
