"""What `model` offers is written down, and nothing else is."""

import re
from pathlib import Path

import model

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "python.md"


def test_the_page_tells_every_public_name_and_no_other() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {
        name for row in rows for name in re.findall(r"`([A-Za-z_]+)`", row) if name not in {"full", "same", "valid"}
    }
    told.discard("model")
    assert told == set(model.__all__)


def test_every_public_name_is_there() -> None:
    assert all(hasattr(model, name) for name in model.__all__)


def test_the_example_of_the_page_runs() -> None:
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(compile(code[1], str(PAGE), "exec"), names)  # noqa: S102 - the page is ours
    assert isinstance(names["loss"], float)
