"""The part named `file` of a multipart body, streamed: nothing is held in memory, and no other part is taken."""

from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.rest.problems import Malformed

FIELD = b"file"
MOST_PARTS = 16
LONGEST_OTHERS = 64 << 10
"""How many bytes may be there besides the file: boundaries, headers and other parts."""


class FilePart:
    """Takes a multipart body apart as it arrives; what is said of the file is known once its bytes are."""

    def __init__(self, content_type: str) -> None:
        """Read the boundary; Malformed if there is none that the format allows."""
        _, options = parse_options_header(content_type)
        self.filename: str | None = None
        self.content_type: str | None = None
        self._found: list[bytes] = []
        self._parts = 0
        self._in_file = self._had_file = self._ended = False
        self._name, self._value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._take_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except (KeyError, FormParserError) as error:
            raise Malformed("A multipart body names its boundary, of 1 to 70 characters, in Content-Type.") from error

    async def content(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The file's bytes out of the body's; Malformed if the body is broken or has no such part."""
        others = 0
        async for chunk in chunks:
            self._feed(chunk)
            others += len(chunk) - sum(map(len, self._found))
            if others > LONGEST_OTHERS:
                raise Malformed(f"Besides the file a multipart body has at most {LONGEST_OTHERS} bytes.")
            for piece in self._found:
                yield piece
            self._found.clear()
        if not self._ended:
            raise Malformed("The multipart body was cut off: its last boundary is missing.")
        if not self._had_file:
            raise Malformed("The multipart body has no part named file.")

    def _feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise Malformed("The body is not multipart with the boundary that its Content-Type names.") from error

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Malformed(f"A multipart body has at most {MOST_PARTS} parts.")
        self._headers.clear()

    def _end_header(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._in_file = options.get(b"name") == FIELD
        if not self._in_file:
            name = _text(options.get(b"name")) or ""
            raise Malformed(
                f"The part {name!r:.60} is not read: the part named file is, and options stand in the query."
            )
        if self._had_file:
            raise Malformed("The multipart body has more than one part named file.")
        self._had_file = True
        self.filename = _text(options.get(b"filename"))
        self.content_type = _text(self._headers.get(b"content-type"))

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._found.append(data[start:end])

    def _end_part(self) -> None:
        self._in_file = False

    def _end(self) -> None:
        self._ended = True


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode(errors="replace")[:255]
