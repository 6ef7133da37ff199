"""The heads of a Parquet file's pages, held against the limits before pyarrow sees any.

pyarrow allocates what a page's head declares before it expands the page: twenty bytes can ask for two gigabytes. The
heads are structs in Thrift's compact protocol (parquet.thrift, PageHeader), of which the sizes and counts are read and
everything else is stepped over.
"""

from typing import Any, BinaryIO

from service.domain.datasets import Limits
from service.errors import TooLarge, Unreadable
from service.ingest.expansion import check_expansion
from service.ingest.faults import Cell, fault

LARGEST_PAGE = 256 << 20
MOST_PAGES = 1 << 16
GLANCE, HEAD = 256, 1 << 16
"""Bytes that a head takes, and that it may take: it can hold statistics, that is two values of the column."""
DICTIONARY_PAGE = 2
KIND, EXPANDED, COMPRESSED, DATA, DICTIONARY, DATA_V2 = 1, 2, 3, 5, 7, 8
DEPTH = 8


def check_pages(file: BinaryIO, metadata: Any, limits: Limits) -> None:  # noqa: ANN401 - pyarrow publishes no types
    """TooLarge or Unreadable if a page declares what cannot be; the pages' content is not touched."""
    size = file.seek(0, 2)
    expanded = rows = 0
    for group in (metadata.row_group(index) for index in range(metadata.num_row_groups)):
        for place in range(group.num_columns):
            column = group.column(place)
            if not 0 <= column.num_values <= max(limits.values, group.num_rows):
                raise Unreadable("The Parquet file's footer declares more values than there can be.")
            try:
                expanded += _check_column(file, column, size)
            except Unreadable as error:
                raise fault(Cell(column.path_in_schema, f"row {rows + 1} or later"), error.message) from error
            check_expansion(size, expanded, limits)
        rows += max(0, group.num_rows)


def _check_column(file: BinaryIO, column: Any, size: int) -> int:  # noqa: ANN401 - as above
    """Walk the pages of a column of a row group, and answer the bytes that they expand to."""
    place = column.data_page_offset
    if column.has_dictionary_page and column.dictionary_page_offset is not None:
        place = min(place, column.dictionary_page_offset) if column.dictionary_page_offset > 0 else place
    end = place + column.total_compressed_size
    if place < 0 or end > size or column.total_compressed_size < 0:
        raise Unreadable("The Parquet file's footer points beyond the file; it is damaged or was cut off.")
    expanded = seen = pages = 0
    while place < end and seen < column.num_values:
        fields, length = _head(file, place, end)
        page, compressed, values = _size(fields, EXPANDED), _size(fields, COMPRESSED), _values(fields)
        if page < 0 or compressed < 0 or values < 0:
            raise Unreadable("The Parquet file has a page that declares no size.")
        if page > LARGEST_PAGE:
            raise TooLarge(f"The Parquet file has a page of {page} bytes; at most {LARGEST_PAGE} are read.")
        dictionary = fields.get(KIND) == DICTIONARY_PAGE
        if (dictionary and values > page) or (not dictionary and values > column.num_values):
            raise Unreadable(f"The Parquet file has a page that declares {values} values, more than it can hold.")
        seen += 0 if dictionary else values
        expanded += page
        place += length + compressed
        pages += 1
        if pages > MOST_PAGES:
            raise TooLarge(f"The Parquet file has more than {MOST_PAGES} pages in one column of a row group.")
    if place > end:
        raise Unreadable("The Parquet file has a page that reaches beyond its column.")
    return expanded


def _head(file: BinaryIO, place: int, end: int) -> tuple[dict[int, Any], int]:
    """The fields of the head at a place, and its length; few are longer than a glance."""
    for length in (GLANCE, HEAD):
        file.seek(place)
        struct = _Struct(file.read(min(length, end - place)))
        try:
            return struct.read(), struct.place
        except IndexError:
            continue
    raise Unreadable("The Parquet file has a page whose head is cut off.")


def _values(fields: dict[int, Any]) -> int:
    """How many values a page declares: the first field of whichever of the three inner heads it has."""
    inner = next((fields[number] for number in (DATA, DICTIONARY, DATA_V2) if number in fields), None)
    return _size(inner, 1) if isinstance(inner, dict) else -1


def _size(fields: dict[int, Any], number: int) -> int:
    """A field that is an integer; -1 where it is absent, or something else."""
    found = fields.get(number)
    return found if isinstance(found, int) else -1


class _Struct:
    """Reads one struct from the beginning of some bytes; `place` is where it ended."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.place = 0

    def read(self, depth: int = 0) -> dict[int, Any]:
        """Fields by number: integers as such, structs as dictionaries, whatever else as None."""
        if depth > DEPTH:
            raise Unreadable("The Parquet file has a page whose head is nested too deeply.")
        fields: dict[int, Any] = {}
        number = 0
        while kind := self._byte():
            number = number + (kind >> 4) if kind >> 4 else self._integer()
            fields[number] = self._value(kind & 15, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:  # noqa: ANN401 - integers, structs, None
        match kind:
            case 1 | 2:  # a boolean is its type
                return None
            case 3:
                self._skip(1)
            case 4 | 5 | 6:
                return self._integer()
            case 7:
                self._skip(8)
            case 8:
                self._skip(self._varint())
            case 12:
                return self.read(depth + 1)
            case _:  # lists, sets and maps stand in no page's head
                raise Unreadable("The Parquet file has a page whose head is not understood.")
        return None

    def _integer(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128 or shift > 63:  # noqa: PLR2004 - the bit that says that more follows; 64 bits at most
                return number

    def _byte(self) -> int:
        self.place += 1
        return self._raw[self.place - 1]  # IndexError where the bytes end

    def _skip(self, count: int) -> None:
        self.place += count
