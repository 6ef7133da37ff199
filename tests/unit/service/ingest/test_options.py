"""What is asked of a file is understood by its format, or refused by its name."""

from dataclasses import fields

import pytest

from service.domain.datasets import Reading
from service.errors import Unreadable
from service.ingest.detection import Format
from service.ingest.options import UNDERSTOOD, require_understood

VALUES = {"channels": ("a",), "header": False}
OPTIONS = [each.name for each in fields(Reading) if each.name != "format"]


def asking(*names: str) -> Reading:
    return Reading(**{name: VALUES.get(name, "a") for name in names})  # type: ignore[arg-type]  # of any of the fields


def test_every_format_says_what_it_understands() -> None:
    assert set(UNDERSTOOD) == set(Format)
    assert set().union(*UNDERSTOOD.values()) == set(OPTIONS)


@pytest.mark.parametrize("found", Format)
def test_what_would_be_passed_over_is_refused_by_name(found: Format) -> None:
    for name in OPTIONS:
        if name in UNDERSTOOD[found]:
            require_understood(found, asking(name))
            continue
        with pytest.raises(Unreadable, match=f"{name} cannot be asked of a {found} file; format") as refusal:
            require_understood(found, asking(name))
        assert [detail.pointer for detail in refusal.value.details] == [f"/{name}"]


def test_all_of_it_is_named_at_once() -> None:
    with pytest.raises(Unreadable) as refusal:
        require_understood(Format.TS, asking("time", "header"))
    assert [detail.pointer for detail in refusal.value.details] == ["/time", "/header"]
    require_understood(Format.TS, Reading(format="ts"))
