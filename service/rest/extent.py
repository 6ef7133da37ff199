"""What a body's JSON holds, counted before it is parsed: commas, brackets and quotation marks, in milliseconds.

Those that stand in texts count too: no body of ours has so many.
"""

from service.edge.extent import MOST_PARTS, MOST_VALUES
from service.errors import TooLarge

SMALL_BYTES = 1 << 20
"""Less than this is not looked at: it is parsed in a tenth of a second, whatever it holds."""


def check_extent(text: bytes | memoryview) -> None:
    """TooLarge if the JSON holds more than may be read at once."""
    if len(text) < SMALL_BYTES:
        return
    content = bytes(text)
    parts = content.count(b"[") + content.count(b"{") + content.count(b'"') // 2
    if parts > MOST_PARTS or content.count(b",") > MOST_VALUES:
        raise TooLarge(
            f"The JSON holds too much: at most {MOST_VALUES} values are taken, and at most {MOST_PARTS} lists, objects "
            "and texts. Send less at a time, or numbers as a file or as binary tensors."
        )
