"""Old versions go, and never one that anything needs."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from service.adapters.database.retention import DatabaseRetention
from service.domain.annotations import AnnotationChange
from service.domain.models import Keeping
from service.errors import NotAllowedNow, NotFound
from service.jobs.sweeps import Disposal, sweep
from tests.contract.test_registry_machine import LEASE, MODEL, Tomorrow, published
from tests.records import a_dataset, a_job
from tests.stores import Stores

PAUSE = 0.02
"""Between two rounds of those who would else leave nobody else a turn at the database, on a machine that is busy."""


def kept(stores: Stores, keep: int | None) -> list[int]:
    DatabaseRetention(stores.database, keep).retire()
    return sorted(stores.catalogue.model(MODEL).versions)


def test_without_a_policy_everything_is_kept(stores: Stores) -> None:
    for _ in range(5):
        published(stores)
    assert kept(stores, None) == [1, 2, 3, 4, 5]


def test_the_newest_are_kept_with_what_an_alias_needs_now_or_after_a_roll_back(stores: Stores) -> None:
    for _ in range(6):
        published(stores)
    for number in "123":
        stores.aliases.point(MODEL, "live", number)
    assert kept(stores, 1) == [2, 3, 6]
    assert len(stores.discarded.keys()) == 6


def test_a_model_says_itself_how_many_it_keeps(stores: Stores) -> None:
    for _ in range(5):
        published(stores)
    stores.catalogue.annotate_model(MODEL, AnnotationChange(), Keeping(4))
    assert kept(stores, 1) == [2, 3, 4, 5]
    stores.catalogue.annotate_model(MODEL, AnnotationChange(), Keeping(None))
    assert kept(stores, 3) == [3, 4, 5]


def test_what_an_unfinished_job_needs_is_neither_retired_nor_deleted(stores: Stores) -> None:
    for _ in range(3):
        published(stores)
    dataset, _ = stores.datasets.add(a_dataset(stores.clock))
    again = replace(a_job(stores.clock, dataset, model=MODEL), reproduces=1, reproduction={})
    stores.jobs.add(again)
    assert kept(stores, 1) == [1, 3]
    for delete in (lambda: stores.catalogue.remove_version(MODEL, 1), lambda: stores.catalogue.remove_model(MODEL)):
        with pytest.raises(NotAllowedNow, match="version 1"):
            delete()
    claimed = stores.jobs.claim("host:a", LEASE)
    assert claimed is not None
    stores.jobs.conclude(claimed.claim, {"found": "0"})
    assert kept(stores, 1) == [3]


def publishing(stores: Stores, count: int) -> None:
    for _ in range(count):
        published(stores)


def promoting(stores: Stores, done: threading.Event) -> None:
    while not done.wait(PAUSE):
        newest = stores.catalogue.version(MODEL, None).number
        try:
            stores.aliases.point(MODEL, "live", str(newest))
            stores.aliases.roll_back(MODEL, "live")
        except (NotFound, NotAllowedNow):
            continue


def tidying(stores: Stores, done: threading.Event) -> None:
    while not done.wait(PAUSE):
        DatabaseRetention(stores.database, 2).retire()
        Disposal(stores.artifacts, stores.discarded, stores.clock, seconds=0).look()
        sweep(stores.artifacts, stores.references, stores.clock)


def test_publications_promotions_and_tidying_at_once_leave_every_version_whole(stores: Stores) -> None:
    published(stores)
    done = threading.Event()
    with ThreadPoolExecutor(5) as threads:
        others = [threads.submit(act, stores, done) for act in (promoting, tidying, tidying)]
        publications = [threads.submit(publishing, stores, 4) for _ in range(2)]
        try:
            for publication in publications:
                publication.result()
        finally:
            done.set()
        for other in others:
            other.result()
    model = stores.catalogue.model(MODEL)
    assert model.versions[0] == 9
    for number in model.versions:
        draft = stores.catalogue.version(MODEL, str(number)).draft
        assert stores.artifacts.get(draft.archive) == draft.job.encode()
    assert set(model.aliases.values()) <= set(model.versions)


def reading(stores: Stores, done: threading.Event) -> int:
    """Read the archive of whatever version is the newest or the oldest, as one who is not in a hurry."""
    read = 0
    while not (read and done.is_set()):
        for number in (None, str(min(stores.catalogue.model(MODEL).versions))):
            try:
                version = stores.catalogue.version(MODEL, number)
            except NotFound:
                continue
            time.sleep(0.002)
            assert stores.artifacts.get(version.draft.archive) == version.draft.job.encode()
            read += 1
    return read


def test_whoever_has_seen_a_version_can_read_it_while_it_is_deleted(stores: Stores) -> None:
    publishing(stores, 12)
    done, disposal = threading.Event(), Disposal(stores.artifacts, stores.discarded, stores.clock)
    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(reading, stores, done) for _ in range(2)]
        try:
            for number in range(1, 12):
                stores.catalogue.remove_version(MODEL, number)
                disposal.look()
                sweep(stores.artifacts, stores.references, Tomorrow())
        finally:
            done.set()
        assert sum(reader.result() for reader in readers) > 0
    assert len(stores.discarded.keys()) == 22
