"""One key, compared in constant time."""

import hmac
from typing import Any

import pytest

from service.edge.access import Access
from service.errors import Unauthenticated

KEY = "a-very-secret-key"


def test_without_a_key_everybody_may_call() -> None:
    assert Access(None).open
    Access(None).check(None)
    Access(None).check("Bearer anything")


@pytest.mark.parametrize("header", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER  {KEY} "])
def test_the_key_is_let_in(header: str) -> None:
    Access(KEY).check(header)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", f"Basic {KEY}", f"Bearer {KEY}x", f"Bearer{KEY}", "Bearer \udce9"]
)
def test_everything_else_is_not(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        Access(KEY).check(header)


def test_only_digests_of_equal_length_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def watched(first: Any, second: Any) -> bool:
        compared.append((first, second))
        return real(first, second)

    monkeypatch.setattr("hmac.compare_digest", watched)
    for guess in ("", "b" * 1000, KEY):
        try:
            Access(KEY).check(f"Bearer {guess}")
        except Unauthenticated:
            continue
    assert len(compared) == 3
    assert {len(digest) for pair in compared for digest in pair} == {32}
