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
            {"model": "b", "version": 1, "aliases": [], "roles": ["training"]},
            {"model": "a", "version": 2, "aliases": ["live"], "roles": ["training"]},
            {"model": "a", "version": 1, "aliases": [], "roles": ["training"]},
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


def test_a_dataset_to_validate_on_is_followed_both_ways_with_its_role(tmp_path: Path) -> None:
    with houses.house_in(tmp_path) as house, calling(application(house.edge)) as client:
        dataset = houses.add_dataset(house, "gestures", houses.classification_file())
        held = houses.add_dataset(house, "held", houses.classification_file(seed=1))
        job = houses.train(house, "a", "gestures", training={"validation": {"dataset": "held"}})
        houses.train(house, "b", "held", training={"validation": {"dataset": "held"}})

        page = client.get("/v1/models/a/versions/1").json()
        assert (page["dataset"], page["dataset_digest"]) == (dataset.id, dataset.digest)
        assert (page["validation_dataset"], page["validation_dataset_digest"]) == (held.id, held.digest)
        there = {"id": held.id, "digest": held.digest, "available": "held"}
        assert client.get("/v1/models/a/versions/1/lineage").json()["validation_dataset"] == there

        found = client.get("/v1/datasets/held/lineage").json()
        assert found["models"] == client.get("/v1/datasets/held").json()["models"] == ["a", "b"]
        assert [(each["model"], each["roles"]) for each in found["versions"]] == [
            ("b", ["training", "validation"]),
            ("a", ["validation"]),
        ]
        assert [each["roles"] for each in found["jobs"]] == [["training", "validation"], ["validation"]]
        assert found["jobs"][1]["id"] == job.id
        assert [each["roles"] for each in client.get("/v1/datasets/gestures/lineage").json()["jobs"]] == [["training"]]

        assert client.delete("/v1/datasets/held").status_code == 204
        gone = client.get("/v1/models/a/versions/1/lineage").json()["validation_dataset"]
        assert gone == {**there, "available": None}
