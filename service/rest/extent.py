"""How much JSON one body may hold: a parser cannot be interrupted, and nobody else is answered while it runs.

Bytes say little of it. The largest body is read in half a second if it holds numbers of ten digits; made of lists of
one number each it takes fourteen, and thirty times its size in memory. So the commas, brackets and quotation marks are
counted first, which takes milliseconds. Those that stand in texts count too: no body of ours has so many.
"""

from service.errors import TooLarge

SMALL_BYTES = 1 << 20
"""Less than this is not looked at: it is parsed in a tenth of a second, whatever it holds."""
MOST_VALUES = 1 << 22
"""Numbers and null."""
MOST_PARTS = 1 << 19
"""Lists, objects and texts, names among them: each costs as much as ten numbers."""


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
