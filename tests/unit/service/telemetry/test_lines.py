"""Lines leave at once, or a few together while a server runs; none is lost, and none that matters waits."""

import asyncio
import io

import pytest

from service.telemetry import lines
from service.telemetry.lines import LineOutput


class Stream(io.BytesIO):
    """Keeps what was flushed apart from what waits."""

    sent = b""

    def flush(self) -> None:
        self.sent = self.getvalue()


@pytest.fixture
def stream() -> Stream:
    return Stream()


def test_a_line_leaves_at_once(stream: Stream) -> None:
    LineOutput(stream).write(b"one\n")
    assert stream.sent == b"one\n"


def test_while_a_server_runs_lines_leave_together_and_a_warning_takes_them_along(stream: Stream) -> None:
    output = LineOutput(stream)

    async def serve() -> None:
        with output.gathering():
            output.write(b"one\n")
            assert stream.sent == b""
            output.write(b"two\n", at_once=True)
            assert stream.sent == b"one\ntwo\n"
            output.write(b"three\n")

    asyncio.run(serve())
    assert stream.sent == b"one\ntwo\nthree\n"
    output.write(b"four\n")
    assert stream.sent.endswith(b"four\n")


def test_nobody_waits_long_for_a_line(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "TOGETHER_SECONDS", 0.0)
    output = LineOutput(stream)

    async def serve() -> None:
        with output.gathering():
            output.write(b"one\n")
            async with asyncio.timeout(60):
                while not stream.sent:  # noqa: ASYNC110  # a stream has no event
                    await asyncio.sleep(0)

    asyncio.run(serve())
    assert stream.sent == b"one\n"
