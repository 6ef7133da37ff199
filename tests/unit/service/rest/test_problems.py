"""The tables of errors are total."""

import json
from http import HTTPStatus

import pytest

from service import errors
from service.errors import Code, ServiceError
from service.rest.problems import CODES, FINER, STATUSES, problem, status_of


def every_error() -> list[type[ServiceError]]:
    found, ahead = [], [ServiceError]
    while ahead:
        kind = ahead.pop()
        found.append(kind)
        ahead += kind.__subclasses__()
    return found


def test_every_code_has_a_status() -> None:
    assert set(STATUSES) == set(Code)
    assert all(400 <= status < 600 for status in STATUSES.values())


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_of_its_kind(kind: type[ServiceError]) -> None:
    assert 400 <= status_of(kind("It did not work.")) < 600


def test_statuses_that_clients_rely_on() -> None:
    expected = {
        errors.InvalidRequest: 422,
        errors.Untrainable: 422,
        errors.Unreadable: 422,
        errors.UnsupportedFormat: 415,
        errors.TooLarge: 413,
        errors.NotFound: 404,
        errors.AlreadyExists: 409,
        errors.NotAllowedNow: 409,
        errors.Unauthenticated: 401,
        errors.PermissionRefused: 403,
        errors.Overloaded: 503,
        errors.StorageFull: 507,
        errors.Unavailable: 503,
        errors.Corrupt: 500,
        errors.InternalError: 500,
    }
    assert {kind: status_of(kind("x")) for kind in expected} == expected


def test_the_frameworks_statuses_have_codes_that_lead_back_to_their_class() -> None:
    for status, code in CODES.items():
        assert HTTPStatus(status)
        assert STATUSES[code] // 100 == status // 100 or code in {Code.UNIMPLEMENTED, Code.DEADLINE_EXCEEDED}


def test_finer_statuses_are_of_errors_of_the_tree() -> None:
    assert set(FINER) <= set(every_error())


@pytest.mark.parametrize("status", sorted({*STATUSES.values(), *FINER.values(), *CODES}))
def test_every_status_has_a_title_that_no_release_of_python_changes(status: int) -> None:
    title = json.loads(bytes(problem(status, Code.UNKNOWN, "It did not work.", (), "id").body))["title"]
    assert title
    assert not any(old in title for old in ("Entity", "Requested Range"))
