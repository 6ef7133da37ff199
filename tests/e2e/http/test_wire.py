"""Bytes that no well-meaning client sends: one answer or none, one log line, and the service lives on."""

import json
import socket
from pathlib import Path

import pytest

from service.ephemeral import Running
from tests.e2e.http.conftest import LOG, eventually

pytestmark = pytest.mark.e2e


def exchanged(running: Running, request: bytes) -> bytes:
    """Send bytes, and read until the service closes or says nothing more."""
    host, port = running.rest.removeprefix("http://").split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=4) as connection:
        connection.sendall(request)
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except OSError:  # it says nothing more, or has closed before it read everything
            pass
    return answer


HOST = b"Host: localhost\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /v2 HTTP/1.1\r\n\r\n",
        b"GET /v2 HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
        b"GET /v2 HTTP/1.1\r\nHost: localhost/v2/health/live\r\n\r\n",
        b"GET /v2 HTTP/1.1\r\nHost: \r\n\r\n",
        b"POST /v1/datasets?name=a HTTP/1.1\r\n"
        + HOST
        + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/datasets?name=a HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /v1/datasets?name=a HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n",
        b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /v2 HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 200_000 + b"\r\n\r\n",
    ],
    ids=["no host", "two hosts", "path", "empty", "both lengths", "two lengths", "negative", "version", "tls", "long"],
)
def test_an_odd_request_gets_one_refusal(running: Running, request_: bytes) -> None:
    answer = exchanged(running, request_)
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert answer[:12] in {b"", b"HTTP/1.1 400", b"HTTP/1.1 431"}
    assert exchanged(running, b"GET /v2/health/live HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n").startswith(
        b"HTTP/1.1 200"
    )


def test_no_text_of_a_client_forges_a_log_line(running: Running, directory: Path) -> None:
    forged = b"GET /%0d%0a%7b%22event%22:%22forged%22%7d%1b%e2%80%a8 HTTP/1.1\r\n" + HOST
    exchanged(running, forged + b"Connection: close\r\n\r\n")
    exchanged(running, forged + b"X-Request-Id: a\x1b[31m\r\nConnection: close\r\n\r\n")
    lines = (directory / LOG).read_bytes().split(b"\n")
    assert lines.pop() == b""
    entries = [json.loads(line) for line in lines]
    assert "forged" not in {entry["event"] for entry in entries}
    assert any("forged" in entry.get("path", "") for entry in entries)
    assert not any(control in line for line in lines for control in (b"\r", b"\x1b"))


def test_every_request_is_one_line_with_its_id(running: Running, directory: Path) -> None:
    exchanged(
        running, b"GET /v2/models/no-such HTTP/1.1\r\nX-Request-Id: one-line\r\nConnection: close\r\n" + HOST + b"\r\n"
    )
    lines = [json.loads(line) for line in (directory / LOG).read_text().splitlines() if "one-line" in line]
    (line,) = lines
    assert line["method"] == "GET"
    assert line["route"] == "/v2/models/{model}"
    assert line["path"] == "/v2/models/no-such"
    assert line["status"] == 404
    assert line["bytes"] > 100
    assert line["duration_ms"] > 0


def test_aborted_uploads_leave_neither_files_nor_descriptors(running: Running, directory: Path) -> None:
    host, port = running.rest.removeprefix("http://").split(":")
    descriptors = Path(f"/proc/{running.process.pid}/fd")
    exchanged(running, b"GET /v2 HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")
    before = len(list(descriptors.iterdir()))
    for _ in range(100):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            head = b"POST /v1/datasets?name=aborted HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\n"
            connection.sendall(head + bytes(5000))
    eventually(lambda: (directory / LOG).read_text().count('"status":499') == 100, "the last of the log lines")
    assert list((directory / "uploads").iterdir()) == []
    eventually(lambda: len(list(descriptors.iterdir())) <= before + 2, "the end of the connections")
