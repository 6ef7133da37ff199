"""What every model catalogue does."""

from datetime import timedelta

import pytest

from service.domain.models import ModelVersion
from service.domain.pages import PageRequest
from service.errors import NotAllowedNow, NotFound
from tests.records import a_dataset, a_draft, a_job
from tests.stores import Stores


def publish(stores: Stores, model: str = "gestures") -> ModelVersion:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    stores.jobs.add(a_job(stores.clock, dataset, model=model))
    job = stores.jobs.claim("host:a", timedelta(seconds=30))
    assert job is not None
    return stores.jobs.publish(job.claim, a_draft(job))


def test_the_newest_version_is_meant_where_none_is_named(stores: Stores) -> None:
    versions = [publish(stores) for _ in range(3)]
    assert stores.catalogue.version("gestures", None) == versions[-1]
    assert stores.catalogue.version("gestures", "1") == versions[0]


@pytest.mark.parametrize("reference", ["0", "2", "99999999999999999999999", "nope", "-1", "²", "1 "])
def test_a_version_that_is_not_there_is_not_found(stores: Stores, reference: str) -> None:
    publish(stores)
    with pytest.raises(NotFound, match="it has 1"):
        stores.catalogue.version("gestures", reference)


def test_an_unknown_model_is_not_found(stores: Stores) -> None:
    for ask in (
        lambda: stores.catalogue.model("nope"),
        lambda: stores.catalogue.version("nope", None),
        lambda: stores.catalogue.versions("nope", PageRequest()),
        lambda: stores.catalogue.remove_model("nope"),
    ):
        with pytest.raises(NotFound, match="no model named 'nope'"):
            ask()


def test_an_alias_points_where_it_was_last_put(stores: Stores) -> None:
    first, second = publish(stores), publish(stores)
    stores.catalogue.set_alias("gestures", "champion", 1)
    assert stores.catalogue.version("gestures", "champion") == first
    assert stores.catalogue.set_alias("gestures", "champion", 2).aliases == {"champion": 2}
    assert stores.catalogue.version("gestures", "champion") == second


def test_an_alias_needs_a_version(stores: Stores) -> None:
    publish(stores)
    with pytest.raises(NotFound):
        stores.catalogue.set_alias("gestures", "champion", 2)


def test_a_version_with_an_alias_is_kept(stores: Stores) -> None:
    publish(stores)
    stores.catalogue.set_alias("gestures", "champion", 1)
    with pytest.raises(NotAllowedNow, match="champion"):
        stores.catalogue.remove_version("gestures", 1)
    stores.catalogue.remove_alias("gestures", "champion")
    assert stores.catalogue.remove_version("gestures", 1).number == 1


def test_an_alias_is_forgotten_once(stores: Stores) -> None:
    publish(stores)
    with pytest.raises(NotFound, match="champion"):
        stores.catalogue.remove_alias("gestures", "champion")


def test_a_number_is_never_given_twice(stores: Stores) -> None:
    publish(stores)
    stores.catalogue.remove_version("gestures", 1)
    assert publish(stores).number == 2
    stores.catalogue.remove_model("gestures")
    assert publish(stores).number == 3


def test_a_model_without_versions_is_gone(stores: Stores) -> None:
    publish(stores)
    publish(stores, model="other")
    stores.catalogue.set_alias("gestures", "champion", 1)
    assert [version.number for version in stores.catalogue.remove_model("gestures")] == [1]
    assert [model.name for model in stores.catalogue.models(PageRequest()).items] == ["other"]
    with pytest.raises(NotFound):
        stores.catalogue.model("gestures")


def test_a_model_shows_its_versions_newest_first(stores: Stores) -> None:
    versions = [publish(stores) for _ in range(3)]
    model = stores.catalogue.model("gestures")
    assert (model.versions, model.latest) == ((3, 2, 1), versions[-1])
    assert stores.catalogue.versions("gestures", PageRequest()).items == tuple(versions[::-1])


def test_models_are_paged_newest_first(stores: Stores) -> None:
    for name in ("a", "b", "c"):
        publish(stores, model=name)
    first = stores.catalogue.models(PageRequest(limit=2))
    second = stores.catalogue.models(PageRequest.parse(2, first.next_cursor))
    assert [model.name for model in first.items + second.items] == ["c", "b", "a"]
