"""What may be asked of the reading of a file, by its format: what would be passed over is refused by its name."""

from collections.abc import Mapping, Sequence

from service.domain.datasets import Reading
from service.errors import Detail, Unreadable
from service.ingest.detection import Format

ANSWER = ("label", "target")
COLUMNS = ("series", "time", *ANSWER, "channels", "group", "split", "form")
UNDERSTOOD: Mapping[Format, tuple[str, ...]] = {
    Format.TS: (),
    Format.JSON: (),
    Format.NPY: (),
    Format.NPZ: ANSWER,
    Format.ARFF: ANSWER,
    Format.NDJSON: COLUMNS,
    Format.PARQUET: COLUMNS,
    Format.ARROW: COLUMNS,
    Format.CSV: (*COLUMNS, "header"),
    Format.TSV: (*COLUMNS, "header"),
}


def require_understood(found: Format, reading: Reading) -> None:
    """Unreadable if something is asked of a file that its format does not know."""
    require_known(reading, UNDERSTOOD[found], f"of a {found} file")


def require_known(reading: Reading, understood: Sequence[str], of_what: str) -> None:
    """Unreadable if something is asked beside the format and what is understood."""
    known = ("format", *understood)
    asked = [name for name, value in vars(reading).items() if value is not None and value != ()]
    details = [
        Detail(f"/{name}", f"{name} cannot be asked {of_what}; {', '.join(known)} can.")
        for name in asked
        if name not in known
    ]
    if details:
        raise Unreadable(details[0].detail, *details)
