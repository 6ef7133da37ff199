"""The commands on a model's page, copied and pasted into a shell."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from service.ephemeral import Running, service
from tests import houses
from tests.interop.conftest import KEY

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here, which the page's commands call"),
]
COMMAND = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)


def pasted(page: str, environment: dict[str, str] | None = None) -> list[dict[str, object]]:
    commands = [html.unescape(found) for found in COMMAND.findall(page)]
    assert len(commands) == 3
    answers = []
    for command in commands:
        ran = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True, env=environment)
        answers.append(json.loads(ran.stdout))
    return answers


def test_every_command_on_the_page_runs(running: Running) -> None:
    page = httpx.get(f"{running.rest}/v1/models/gestures/docs").text
    plain, table, protocol = pasted(page)
    assert plain == table
    assert plain["version"] == 2
    (prediction,) = plain["predictions"]  # type: ignore[misc, attr-defined]
    values = protocol["outputs"][0]["data"]  # type: ignore[index]
    assert list(prediction["probabilities"].values()) == pytest.approx(values, abs=1e-6)


def test_with_a_key_they_bring_it_from_the_environment(tmp_path: Path) -> None:
    with houses.house_in(tmp_path) as house:
        houses.add_dataset(house, "loads", houses.regression_file())
        houses.train(house, "loads", "loads")
    with service(tmp_path, tmp_path / "service.log", {"WAVETAP_API_KEY": KEY}) as running:
        key = {"Authorization": f"Bearer {KEY}"}
        page = httpx.get(f"{running.rest}/v1/models/loads/docs", headers=key).text
        assert KEY not in page
        plain, *_ = pasted(page, {"WAVETAP_API_KEY": KEY})
        assert plain["predictions"]
        refused = pasted(page, {})
        assert all("API key" in str(answer["error"]) for answer in refused)
