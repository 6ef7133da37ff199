"""The query parameters that say how a file is to be read."""

from typing import Annotated, Literal

from fastapi import Depends, Query

from service.domain.datasets import Reading, parse_channels
from service.ingest.detection import Format


def _reading(
    format: Annotated[  # noqa: A002  # the public name
        Format | None,
        Query(description="By default found out from the content, the file's name and its content type."),
    ] = None,
    series: Annotated[
        str | None, Query(max_length=1024, description="Tables: the column that tells cases apart.")
    ] = None,
    time: Annotated[
        str | None, Query(max_length=1024, description="Tables: the column that orders the steps; empty: none.")
    ] = None,
    label: Annotated[
        str | None,
        Query(max_length=1024, description="Tables: the column of labels; empty: none, whatever the columns hold."),
    ] = None,
    target: Annotated[str | None, Query(max_length=1024, description="Tables: the column of targets.")] = None,
    channels: Annotated[
        str | None,
        Query(
            max_length=65536,
            description="Tables: the columns of channels, with commas between; in the wide form patterns such as "
            "acc_x_*, where * is the number of the step; by default all other numeric columns. A name with a comma in "
            "it stands in quotation marks.",
        ),
    ] = None,
    group: Annotated[
        str | None, Query(max_length=1024, description="Tables: the column of groups, such as subjects.")
    ] = None,
    split: Annotated[
        str | None,
        Query(max_length=1024, description="Tables: the column that says which side of a split a case stands on."),
    ] = None,
    form: Annotated[
        Literal["long", "wide"] | None,
        Query(description="Tables: one row a step (long) or one row a case (wide); by default found out."),
    ] = None,
    header: Annotated[
        bool | None, Query(description="CSV: whether the first line names the columns; by default found out.")
    ] = None,
) -> Reading:
    named = parse_channels(channels or "")
    return Reading(format, series, time, label, target, named, group, form, header, split)


ReadingParameters = Annotated[Reading, Depends(_reading)]
