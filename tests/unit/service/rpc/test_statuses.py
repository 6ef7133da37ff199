"""The table of statuses is total, and a sentence stays within what a header holds."""

import grpc

from service.errors import Code, Detail, InvalidRequest
from service.rpc.codes import StatusCode
from service.rpc.statuses import STATUSES, sentence_of


def test_every_code_has_the_status_of_its_name() -> None:
    assert {code.name for code in Code} | {"OK"} == {status.name for status in grpc.StatusCode}


def test_status_codes_have_the_numbers_that_grpcio_gives_them() -> None:
    assert {code.name: int(code) for code in StatusCode} == {code.name: code.value[0] for code in grpc.StatusCode}
    assert all(STATUSES[code].name == code.name for code in Code)


def test_details_that_say_more_are_said() -> None:
    error = InvalidRequest("Two faults.", Detail("/a", "The first."), Detail("/b", "Two faults."))
    assert sentence_of(error) == "Two faults. /a: The first."


def test_a_sentence_is_bounded() -> None:
    error = InvalidRequest("x" * 10_000, *(Detail("y" * 10_000, "z" * 10_000) for _ in range(10)))
    assert len(sentence_of(error)) < 8192
