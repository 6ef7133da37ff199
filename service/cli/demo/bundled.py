"""Where the bundled data lies: beside the packages in a checkout, under `share` in an installation."""

import sysconfig
from pathlib import Path

CHECKOUT = Path(__file__).parents[3] / "examples" / "data"
INSTALLED = Path(sysconfig.get_path("data")) / "share" / "wavetap" / "data"


class NoData(Exception):
    """The bundled data is in neither place."""


def split(problem: str, part: str) -> Path:
    """The file of one problem's TRAIN or TEST split."""
    for directory in (CHECKOUT, INSTALLED):
        path = directory / problem / f"{problem}_{part}.ts"
        if path.is_file():
            return path
    raise NoData(f"{problem}_{part}.ts is neither in {CHECKOUT} nor in {INSTALLED}.")
