"""What every model catalogue does."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.domain.annotations import AnnotationChange, Annotations
from service.domain.models import DescribedVersion, ModelVersion
from service.domain.pages import PageRequest
from service.errors import InvalidRequest, NotAllowedNow, NotFound
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


def test_a_version_with_an_alias_is_kept(stores: Stores) -> None:
    publish(stores)
    stores.aliases.point("gestures", "champion", "1")
    with pytest.raises(NotAllowedNow, match="champion"):
        stores.catalogue.remove_version("gestures", 1)
    stores.aliases.remove("gestures", "champion")
    stores.catalogue.remove_version("gestures", 1)


def test_a_number_is_never_given_twice(stores: Stores) -> None:
    publish(stores)
    stores.catalogue.remove_version("gestures", 1)
    assert publish(stores).number == 2
    stores.catalogue.remove_model("gestures")
    assert publish(stores).number == 3


def test_a_model_without_versions_is_gone(stores: Stores) -> None:
    publish(stores)
    publish(stores, model="other")
    stores.aliases.point("gestures", "champion", "1")
    stores.catalogue.remove_model("gestures")
    assert [model.name for model in stores.catalogue.models(PageRequest()).items] == ["other"]
    with pytest.raises(NotFound):
        stores.catalogue.model("gestures")


def test_a_model_shows_its_versions_newest_first(stores: Stores) -> None:
    versions = [publish(stores) for _ in range(3)]
    model = stores.catalogue.model("gestures")
    assert (model.versions, model.latest) == ((3, 2, 1), versions[-1])
    assert stores.catalogue.versions("gestures", PageRequest()).items == tuple(
        DescribedVersion(version, ()) for version in versions[::-1]
    )


def test_models_are_paged_newest_first(stores: Stores) -> None:
    for name in ("a", "b", "c"):
        publish(stores, model=name)
    first = stores.catalogue.models(PageRequest(limit=2))
    second = stores.catalogue.models(PageRequest.parse(2, first.next_cursor))
    assert [model.name for model in first.items + second.items] == ["c", "b", "a"]


def test_a_version_is_shown_with_its_aliases(stores: Stores) -> None:
    publish(stores)
    publish(stores)
    for alias in ("live", "best"):
        stores.aliases.point("gestures", alias, "1")
    assert stores.catalogue.described("gestures", "1").aliases == ("best", "live")
    assert [found.aliases for found in stores.catalogue.versions("gestures", PageRequest()).items] == [
        (),
        ("best", "live"),
    ]


def test_what_is_said_of_a_model_and_of_a_version_is_kept_apart(stores: Stores) -> None:
    version = publish(stores)
    of_model = AnnotationChange(notes="For the watch.", tags={"owner": "motion", "draft": "yes"})
    assert stores.catalogue.annotate_model("gestures", of_model).annotations.tags == of_model.tags
    assert stores.catalogue.version("gestures", "1") == version
    stores.catalogue.annotate_version("gestures", "1", AnnotationChange(tags={"owner": "me"}))
    after = stores.catalogue.annotate_model("gestures", AnnotationChange(tags={"draft": None}))
    assert after.annotations == Annotations("For the watch.", {"owner": "motion"})
    assert after.latest.annotations == Annotations("", {"owner": "me"})


def test_of_what_many_say_at_once_nothing_is_lost(stores: Stores) -> None:
    publish(stores)
    with ThreadPoolExecutor(8) as threads:
        changes = [AnnotationChange(tags={f"tag-{number}": "x"}) for number in range(24)]
        deque(threads.map(lambda change: stores.catalogue.annotate_version("gestures", "1", change), changes), 0)
    assert len(stores.catalogue.version("gestures", "1").annotations.tags) == 24


def test_a_version_has_so_many_tags_and_no_more(stores: Stores) -> None:
    publish(stores)
    tags: dict[str, str | None] = {f"tag-{number}": "x" for number in range(64)}
    stores.catalogue.annotate_version("gestures", "1", AnnotationChange(tags=tags))
    with pytest.raises(InvalidRequest, match="at most 64"):
        stores.catalogue.annotate_version("gestures", "1", AnnotationChange(tags={"one-more": "x"}))
    assert len(stores.catalogue.version("gestures", "1").annotations.tags) == 64


def test_a_version_of_a_resumed_job_knows_the_one_before(stores: Stores) -> None:
    first = publish(stores)
    stores.jobs.resume(first.draft.job, first.draft.spec, 9)
    job = stores.jobs.claim("host:a", timedelta(seconds=30))
    assert job is not None
    second = stores.jobs.publish(job.claim, a_draft(job))
    assert (first.parent, second.parent) == (None, 1)
    assert stores.catalogue.version("gestures", "2") == second
