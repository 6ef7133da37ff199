"""Lineage both ways: from a dataset to what became of it, and from a version to where it comes from."""

from pathlib import Path

from service.rest.application import application
from tests import houses
from tests.callers import calling
from tests.contract.rest.test_problems import problem


def test_lineage_is_followed_both_ways_and_outlives_the_dataset(tmp_path: Path) -> None:
    with houses.house_in(tmp_path) as house, calling(application(house.edge)) as client:
        dataset = houses.add_dataset(house, "gestures", houses.classification_file())
        first = houses.train(house, "a", "gestures")
        house.edge.services.training.resume(first.id, 4)
        houses.run_next(house, first)
        second = houses.train(house, "b", "gestures")
        again, _ = house.edge.services.reproductions.submit("a", "2")
        houses.run_next(house, again)
        client.put("/v1/models/a/aliases/live", json={"version": 2})

        found = client.get("/v1/datasets/gestures/lineage").json()
        assert (found["dataset"], found["digest"], found["models"]) == (dataset.id, dataset.digest, ["a", "b"])
        assert client.get("/v1/datasets/gestures").json()["models"] == ["a", "b"]
        assert found["versions"] == [
            {"model": "b", "version": 1, "aliases": []},
            {"model": "a", "version": 2, "aliases": ["live"]},
            {"model": "a", "version": 1, "aliases": []},
        ]
        assert [job["id"] for job in found["jobs"]] == [again.id, second.id, first.id]

        oldest, newest = (client.get(f"/v1/models/a/versions/{name}/lineage").json() for name in ("1", "live"))
        assert (oldest["parent"], oldest["children"], oldest["reproductions"]) == (None, [2], [])
        assert (newest["parent"], newest["children"], newest["aliases"]) == (1, [], ["live"])
        assert newest["job"]["id"] == oldest["job"]["id"] == first.id
        assert [(job["id"], job["identical"]) for job in newest["reproductions"]] == [(again.id, True)]
        assert newest["dataset"] == {"id": dataset.id, "digest": dataset.digest, "available": "gestures"}

        answered = client.post("/v1/models/a:predict", json={"series": houses.cases(1).tolist(), "version": "live"})
        assert (answered.json()["model"], answered.json()["version"]) == ("a", 2)

        assert client.delete("/v1/datasets/gestures").status_code == 204
        left = client.get("/v1/models/a/versions/2/lineage").json()["dataset"]
        assert left == {"id": dataset.id, "digest": dataset.digest, "available": None}
        houses.add_dataset(house, "again", houses.classification_file())
        assert client.get("/v1/datasets/again/lineage").json()["models"] == ["a", "b"]
        assert client.get("/v1/models/a/versions/2/lineage").json()["dataset"]["available"] == "again"
        problem(client.get("/v1/datasets/gestures/lineage"), 404)
        problem(client.get("/v1/models/a/versions/9/lineage"), 404)
