"""What every dataset store does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.pages import PageRequest
from service.domain.states import Move
from service.errors import AlreadyExists, NotAllowedNow, NotFound
from tests.records import a_dataset, a_job
from tests.stores import Stores


def test_a_dataset_comes_back_as_it_was_added_by_either_name(stores: Stores) -> None:
    dataset = a_dataset(stores.clock)
    assert stores.datasets.add(dataset) == (dataset, True)
    assert stores.datasets.get(dataset.id) == dataset
    assert stores.datasets.get(dataset.name) == dataset


def test_the_same_content_under_the_same_name_is_the_same_dataset(stores: Stores) -> None:
    first, _ = stores.datasets.add(a_dataset(stores.clock))
    assert stores.datasets.add(a_dataset(stores.clock)) == (first, False)


def test_other_content_under_the_same_name_is_refused(stores: Stores) -> None:
    stores.datasets.add(a_dataset(stores.clock))
    with pytest.raises(AlreadyExists, match="other content"):
        stores.datasets.add(a_dataset(stores.clock, seed=1))


def test_the_same_content_under_another_name_shares_the_artifact(stores: Stores) -> None:
    first, _ = stores.datasets.add(a_dataset(stores.clock))
    second, created = stores.datasets.add(a_dataset(stores.clock, name="again"))
    assert created
    assert second.artifact == first.artifact


def test_the_same_content_in_other_bytes_keeps_its_own_artifact(stores: Stores) -> None:
    first, _ = stores.datasets.add(a_dataset(stores.clock))
    again = a_dataset(stores.clock, name="again")
    artifact = replace(again.artifact, key="datasets/of-other-rows", sha256="1" * 64)
    second, _ = stores.datasets.add(replace(again, artifact=artifact))
    assert (second.digest, second.artifact) == (first.digest, artifact)


def test_the_artifact_is_given_up_with_its_last_dataset(stores: Stores) -> None:
    first, _ = stores.datasets.add(a_dataset(stores.clock))
    second, _ = stores.datasets.add(a_dataset(stores.clock, name="again"))
    stores.datasets.remove(first.id)
    assert stores.discarded.keys() == set()
    stores.datasets.remove(second.id)
    assert stores.discarded.keys() == {first.artifact.key}


def test_many_threads_add_one_dataset(stores: Stores) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: stores.datasets.add(a_dataset(stores.clock)), range(16)))
    assert sum(created for _, created in answers) == 1
    assert len({dataset.id for dataset, _ in answers}) == 1


def test_a_dataset_is_kept_while_a_job_needs_it(stores: Stores) -> None:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    stores.jobs.add(a_job(stores.clock, dataset))
    job = stores.jobs.claim("host:a", timedelta(seconds=30))
    with pytest.raises(NotAllowedNow, match="needed by a training job"):
        stores.datasets.remove(dataset.id)
    assert job is not None
    stores.jobs.settle(job.claim, Move.FAIL)
    stores.datasets.remove(dataset.id)
    assert stores.discarded.keys() == {dataset.artifact.key}


def test_a_dataset_to_validate_on_is_kept_as_well_and_a_job_without_it_cannot_go_on(stores: Stores) -> None:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    others, _ = stores.datasets.add(a_dataset(stores.clock, name="others", seed=1))
    added, _ = stores.jobs.add(a_job(stores.clock, dataset, validation=others))
    with pytest.raises(NotAllowedNow, match="others is needed by a training job"):
        stores.datasets.remove(others.id)
    stores.jobs.cancel(added.id)
    stores.datasets.remove(others.id)
    for go_on in (
        lambda: stores.jobs.resume(added.id, added.spec, 5),
        lambda: stores.jobs.add(a_job(stores.clock, dataset, validation=others)),
    ):
        with pytest.raises(NotAllowedNow, match=f"{others.id}, which the job needs, was removed"):
            go_on()


def test_an_unknown_dataset_is_not_found(stores: Stores) -> None:
    for ask in (stores.datasets.get, stores.datasets.remove):
        with pytest.raises(NotFound, match="nope"):
            ask("nope")


def test_pages_show_every_dataset_once_newest_first(stores: Stores) -> None:
    names = [f"d{index}" for index in range(5)]
    for name in names:
        stores.datasets.add(a_dataset(stores.clock, name=name))
    first = stores.datasets.list(PageRequest(limit=3))
    second = stores.datasets.list(PageRequest.parse(3, first.next_cursor))
    assert [dataset.name for dataset in first.items + second.items] == names[::-1]
    assert second.next_cursor is None


def test_datasets_of_one_moment_are_all_shown(stores: Stores) -> None:
    now = stores.clock.now()
    for index in range(5):
        stores.datasets.add(replace(a_dataset(stores.clock, name=f"d{index}"), created_at=now))
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = stores.datasets.list(PageRequest.parse(2, cursor))
        seen += [dataset.name for dataset in page.items]
        cursor = page.next_cursor
    assert sorted(seen) == [f"d{index}" for index in range(5)]
