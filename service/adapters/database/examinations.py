"""What was told of a dataset, as the JSON of a column and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from service.domain.reports import ChannelFacts, Examination, Finding, FindingKind, Place, Role, Understanding


def examination_of(column: Mapping[str, Any] | None) -> Examination | None:
    """None for datasets that were kept before there was one."""
    if column is None:
        return None
    reading = column["reading"]
    return Examination(
        reading=Understanding(
            form=reading["form"],
            columns=tuple(Role(**{**role, "others": tuple(role["others"])}) for role in reading["columns"]),
            parameters=dict(reading["parameters"]),
            alternatives=tuple(reading["alternatives"]),
        ),
        channels=tuple(ChannelFacts(**channel) for channel in column["channels"]),
        findings=tuple(
            Finding(
                FindingKind(each["kind"]),
                each["count"],
                each["detail"],
                Place(**each["first"]),
                _place(each.get("other")),
            )
            for each in column["findings"]
        ),
    )


def examination_values(examination: Examination | None) -> dict[str, Any] | None:
    """As JSON holds it."""
    return None if examination is None else asdict(examination)


def _place(column: Mapping[str, Any] | None) -> Place | None:
    """None for findings of one place, and for those of an earlier release."""
    return None if column is None else Place(**column)
