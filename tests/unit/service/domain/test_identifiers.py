"""Identifiers that we make, and names that users choose."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.identifiers import check_idempotency_key, check_name, is_identifier, new_identifier
from service.errors import InvalidRequest

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(MOMENTS, st.sampled_from(["ds", "job"]))
def test_an_identifier_is_known_by_its_form(now: datetime, prefix: str) -> None:
    assert is_identifier(new_identifier(prefix, now))


@given(MOMENTS)
def test_identifiers_sort_by_the_time_they_were_made(now: datetime) -> None:
    assert new_identifier("job", now) < new_identifier("job", now + timedelta(milliseconds=1))


def test_two_identifiers_of_one_moment_differ() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert len({new_identifier("ds", now) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("name", ["gestures", "a", "_x", "GunPoint-2.1", "0", "x" * 128])
def test_a_plain_name_is_taken(name: str) -> None:
    assert check_name(name, "dataset") == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "-x", "a/b", "../x", "a b", "a\n", "a\0", "ä", "\u0430", "x" * 129, "$(id)", "a;b"],
)
def test_a_name_that_could_be_anything_else_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="letters, digits"):
        check_name(name, "model")


def test_a_name_that_looks_like_an_identifier_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="identifier"):
        check_name(new_identifier("ds", datetime(2026, 1, 1, tzinfo=UTC)), "dataset")


@pytest.mark.parametrize("key", ["", " ", "a b", "a\n", "é", "x" * 256])
def test_an_idempotency_key_is_visible_ascii(key: str) -> None:
    with pytest.raises(InvalidRequest, match="ASCII"):
        check_idempotency_key(key)
