"""What the client makes of the service's answers, and of a service that goes away."""

from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import orjson
import pytest

from service.client import Client, ClientError, Event, Refused, Unreachable, events

Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, pauses: list[float] | None = None) -> Client:
    sleep = [].append if pauses is None else pauses.append
    return Client("http://service", "secret-key", transport=httpx.MockTransport(handler), sleep=sleep)


def stream(*entries: tuple[int, str]) -> bytes:
    return b": hello\n\n" + b"".join(f"id: {n}\nevent: {kind}\ndata: {{}}\n\n".encode() for n, kind in entries)


def test_events_are_read_from_chunks_cut_anywhere() -> None:
    content = (
        ': remark\n\nid: 7\nevent: epoch\ndata: {"note":"a\u2028b"}\n\nid: 8\r\nevent: end\r\ndata: {}\r\n\r\n'.encode()
    )
    expected = [Event(7, "epoch", {"note": "a\u2028b"}), Event(8, "end", {})]
    for size in range(1, len(content) + 1):
        chunks = [content[start : start + size] for start in range(0, len(content), size)]
        assert list(events(chunks)) == expected


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "nul\0"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(ClientError, match="no header can carry"):
        Client("http://service", key)


@pytest.mark.parametrize("key", ["", None, "\n"])
def test_no_key_is_no_header(key: str | None) -> None:
    with Client("http://service", key, transport=httpx.MockTransport(no_key)) as calling:
        calling.dataset("x")


def no_key(request: httpx.Request) -> httpx.Response:
    assert "authorization" not in request.headers
    return httpx.Response(200, json={})


def test_the_key_goes_with_every_request() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200, json={})

    client(handler).job("job_1")
    assert seen == ["Bearer secret-key"]


def test_a_problem_becomes_one_sentence_with_its_details() -> None:
    problem = {"detail": "It cannot be.", "errors": [{"pointer": "/a", "detail": "Too long."}]}
    with pytest.raises(Refused, match=r"^It cannot be\. /a: Too long\.$") as caught:
        client(lambda _: httpx.Response(422, json=problem)).submit({})
    assert caught.value.status == httpx.codes.UNPROCESSABLE_ENTITY


def test_a_detail_that_repeats_the_sentence_is_said_once() -> None:
    problem = {"detail": "It cannot be.", "errors": [{"pointer": "/a", "detail": "It cannot be."}]}
    with pytest.raises(Refused, match=r"^It cannot be\.$"):
        client(lambda _: httpx.Response(422, json=problem)).submit({})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]"])
def test_an_error_that_is_no_problem_still_becomes_a_sentence(body: bytes) -> None:
    with pytest.raises(Refused, match="The service answered 502"):
        client(lambda _: httpx.Response(502, content=body)).job("job_1")


def test_no_answer_names_the_server() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(Unreachable, match="http://service"):
        client(handler).job("job_1")


def test_names_cannot_leave_their_segment() -> None:
    paths: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(204)

    client(handler).remove_dataset("../models/x?y#z")
    assert paths == [b"/v1/datasets/..%2Fmodels%2Fx%3Fy%23z"]


def test_pages_are_followed_to_the_last() -> None:
    pages = {None: ("a", "1"), "1": ("b", "2"), "2": ("c", None)}

    def handler(request: httpx.Request) -> httpx.Response:
        item, cursor = pages[request.url.params.get("cursor")]
        return httpx.Response(200, json={"items": [{"name": item}], "next_cursor": cursor})

    assert [model["name"] for model in client(handler).models()] == ["a", "b", "c"]


def test_what_is_not_asked_for_is_not_sent() -> None:
    sent: list[tuple[bytes, str | None, bytes]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append((request.url.query, request.headers.get("Idempotency-Key"), request.content))
        return httpx.Response(200, json={"items": [], "next_cursor": None})

    calling = client(handler)
    assert [list(calling.jobs()), list(calling.jobs("QUEUED", "m"))] == [[], []]
    calling.resume("job_1")
    calling.resume("job_1", 5, 2.5)
    calling.submit({})
    calling.submit({}, "key")
    assert sent == [
        (b"", None, b""),
        (b"state=QUEUED&model=m", None, b""),
        (b"", None, b"{}"),
        (b"", None, b'{"epochs":5,"time_limit":2.5}'),
        (b"", None, b"{}"),
        (b"", "key", b"{}"),
    ]


def test_a_missing_value_is_sent_as_null() -> None:
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200, json={})

    client(handler).predict("m", np.array([[[1.0, np.nan]]], np.float32))
    client(handler).predict("m", [np.array([[1.0], [np.nan]], np.float32).T])
    assert [orjson.loads(body) for body in bodies] == [{"series": [[[1.0, None]]]}] * 2


def test_a_file_is_sent_as_it_is_under_its_name(tmp_path: Path) -> None:
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        request.read()
        requests.append(request)
        return httpx.Response(201, json={"id": "ds_1"})

    (tmp_path / "walk.csv.gz").write_bytes(b"a,b\n")
    client(handler).upload(tmp_path / "walk.csv.gz", "walk", {"label": "activity"})
    assert dict(requests[0].url.params) == {"name": "walk", "label": "activity"}
    assert b'name="file"; filename="walk.csv.gz"' in requests[0].content
    assert b"\r\n\r\na,b\n\r\n" in requests[0].content


def test_a_job_is_followed_across_a_cut_stream_without_repeats() -> None:
    answers = [
        httpx.Response(200, content=stream((1, "state"), (2, "epoch"))),
        httpx.ConnectError("restarting"),
        httpx.Response(200, content=stream((3, "epoch"), (4, "end"))),
    ]
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Last-Event-ID"])
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert [event.sequence for event in client(handler).follow("job_1")] == [1, 2, 3, 4]
    assert asked == ["0", "2", "2"]


def test_a_service_whose_database_is_away_is_waited_for() -> None:
    answers = [httpx.Response(503, json={}), httpx.Response(200, content=stream((1, "state"), (2, "end")))]
    followed = client(lambda _: answers.pop(0)).follow("job_1")
    assert [event.sequence for event in followed] == [1, 2]


def test_an_end_before_a_resumption_is_not_the_last() -> None:
    content = stream((1, "state"), (2, "end"), (3, "state"), (4, "end"))
    followed = client(lambda _: httpx.Response(200, content=content)).follow("job_1")
    assert [event.sequence for event in followed] == [1, 2, 3, 4]


def test_a_service_that_stays_away_is_given_up() -> None:
    pauses: list[float] = []

    def handler(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(Unreachable):
        list(client(handler, pauses).follow("job_1"))
    assert sum(pauses) == pytest.approx(60.0)


def test_a_refused_stream_is_not_tried_again() -> None:
    with pytest.raises(Refused, match=r"No such job\."):
        list(client(lambda _: httpx.Response(404, json={"detail": "No such job."})).follow("job_1"))
