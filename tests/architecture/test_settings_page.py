"""No setting without its line in the reference, and no line without its setting."""

import re
from pathlib import Path

from service.settings import PREFIX, Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_the_page_names_every_setting_and_no_other() -> None:
    documented = set(re.findall(r"^\| `(WAVETAP_\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE))
    of_clients = {"WAVETAP_SERVER"}
    assert documented - of_clients == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())
