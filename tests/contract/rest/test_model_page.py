"""A model tells of itself: its real shapes, channels and labels, and nothing on its page is taken for code."""

import html
import json
from pathlib import Path
from typing import Any

import pytest

from service.bootstrap import House
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rest.test_problems import problem

KEY = "a long secret"
PREDICT = "/v1/models/{}:predict"


def operation(description: dict[str, Any], path: str) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Schema and example of the request, and the schema of the answer."""
    post = description["paths"][path]["post"]
    request = post["requestBody"]["content"]["application/json"]
    return request["schema"], request["example"], post["responses"]["200"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize("model", ["gestures", "loads", "curve"])
def test_every_example_is_answered(client: Caller, model: str) -> None:
    description = client.get(f"/v1/models/{model}/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    assert (description["info"]["title"], description["info"]["version"]) == (model, "1")
    assert description["servers"] == [{"url": "http://localhost"}]
    for path in description["paths"]:
        _, example, _ = operation(description, path)
        answer = client.post(path, json=example)
        assert answer.status_code == 200, answer.text


def test_channels_labels_and_shapes_are_the_models_own(client: Caller) -> None:
    description = client.get("/v1/models/gestures/openapi.json").json()
    request, _, answer = operation(description, "/v1/models/gestures:predict")
    case = request["properties"]["series"]["items"]
    assert [channel["title"] for channel in case["prefixItems"]] == ["c0", "c1"]
    assert answer["properties"]["predictions"]["items"]["properties"]["label"] == {"enum": ["down", "up"]}
    request, _, answer = operation(description, "/v2/models/gestures/versions/1/infer")
    shape = request["properties"]["inputs"]["items"]["properties"]["shape"]
    assert shape["prefixItems"] == [{"type": "integer", "minimum": 1}, {"const": 2}, {"type": "integer", "minimum": 1}]
    names = [entry["properties"]["name"]["const"] for entry in answer["properties"]["outputs"]["prefixItems"]]
    assert names == ["probabilities", "label"]


def test_a_forecast_has_its_window_and_horizon(client: Caller) -> None:
    signature = client.get("/v1/models/curve").json()["latest"]["signature"]
    request, _, answer = operation(client.get("/v1/models/curve/openapi.json").json(), PREDICT.format("curve"))
    channel = request["properties"]["series"]["items"]["prefixItems"][0]
    assert (channel["title"], channel["minItems"]) == ("load", signature["length"])
    assert "maxItems" not in channel
    forecast = answer["properties"]["predictions"]["items"]["properties"]["forecast"]
    assert (forecast["minItems"], forecast["items"]["minItems"]) == (2, signature["horizon"])


def test_bodies_that_are_files_and_refusals_are_described_as_those_of_every_model(client: Caller) -> None:
    description = client.get("/v1/models/gestures/openapi.json").json()
    whole = client.get("/openapi.json").json()
    every, own = (
        found["paths"][path]["post"]["requestBody"]["content"]
        for found, path in ((whole, PREDICT.format("{model}")), (description, PREDICT.format("gestures")))
    )
    assert every.keys() == own.keys()
    for item in description["paths"].values():
        refusal = item["post"]["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert refusal == {"$ref": "#/components/schemas/Problem"}
    assert description["components"]["schemas"].items() <= whole["components"]["schemas"].items()


def test_the_key_is_described_where_one_is_asked_for(client: Caller, tmp_path: Path) -> None:
    assert "security" not in client.get("/v1/models/gestures/openapi.json").json()
    with houses.house_in(tmp_path, api_key=KEY) as house, calling(application(house.edge)) as keyed:
        houses.add_dataset(house, "gestures", houses.classification_file())
        houses.train(house, "gestures", "gestures")
        headers = {"Authorization": f"Bearer {KEY}"}
        description = keyed.get("/v1/models/gestures/openapi.json", headers=headers).json()
        whole = keyed.get("/openapi.json", headers=headers).json()
    assert description["security"] == whole["security"]
    assert description["components"]["securitySchemes"] == whole["components"]["securitySchemes"]


def test_no_such_model_has_no_page(client: Caller) -> None:
    for path in ("openapi.json", "docs", "docs?version=no-such"):
        problem(client.get(f"/v1/models/no-such/{path}"), 404)
    problem(client.get("/v1/models/gestures/docs?version=99"), 404)


def test_row_26_shell_and_template_characters_are_only_text(client: Caller, house: House) -> None:
    """In a channel's name and in a label: shown as they are, quoted for whoever reads them."""
    channel, label = "$(touch /tmp/x)`id`'\"\\ {{7*7}}<b>", "</script><script>alert(1)</script>"
    table = [["case", "step", channel, "kind"]]
    for case, values in enumerate(houses.cases(12, channels=1)):
        table += [
            [str(case), str(step), str(value), label if case % 2 else "b"] for step, value in enumerate(values[0])
        ]
    rows = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
    query = {"name": "odd", "format": "csv", "series": "case", "time": "step", "label": "kind"}
    added = client.post("/v1/datasets", params=query, content="\n".join(rows).encode())
    assert added.status_code == 201, added.text
    houses.train(house, "odd", "odd")
    page = client.get("/v1/models/odd/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    assert html.escape(channel) in page.text
    description = client.get("/v1/models/odd/openapi.json").json()
    assert channel in json.dumps(description, ensure_ascii=False).replace('\\"', '"').replace("\\\\", "\\")
    signature = client.get("/v1/models/odd").json()["latest"]["signature"]
    assert (signature["channels"], signature["classes"]) == ([channel], [label, "b"])
