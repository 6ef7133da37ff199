"""What every alias store does: it points, rolls back, forgets, and keeps the story."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.domain.aliases import AliasMove
from service.errors import AlreadyExists, NotAllowedNow, NotFound
from service.registry_ports import Idempotency
from tests.contract.test_model_catalogue import publish
from tests.fakes import FakeClock
from tests.stores import Stores


@pytest.fixture
def promoted(stores: Stores) -> Stores:
    """Four versions, of which the first three were live one after another."""
    for _ in range(4):
        publish(stores)
    for number in ("1", "2", "3"):
        stores.aliases.point("gestures", "live", number)
    return stores


def test_an_alias_points_where_it_was_last_put(promoted: Stores) -> None:
    alias = promoted.aliases.get("gestures", "live")
    assert (alias.version, alias.previous) == (3, 2)
    assert [change.version for change in alias.history] == [3, 2, 1]
    assert promoted.catalogue.version("gestures", "live").number == 3
    assert promoted.catalogue.model("gestures").aliases == {"live": 3}


def test_an_alias_needs_a_version(promoted: Stores) -> None:
    for reference in ("5", "nope", ""):
        with pytest.raises(NotFound):
            promoted.aliases.point("gestures", "live", reference)
    with pytest.raises(NotFound, match="no model named 'nope'"):
        promoted.aliases.point("nope", "live", "1")


def test_an_alias_can_be_put_where_another_points(promoted: Stores) -> None:
    promoted.aliases.point("gestures", "staging", "4")
    assert promoted.aliases.point("gestures", "live", "staging").version == 4


def test_pointing_where_it_points_already_changes_nothing(promoted: Stores) -> None:
    before = promoted.aliases.get("gestures", "live")
    assert promoted.aliases.point("gestures", "live", "3") == before


def test_each_roll_back_leads_one_step_further_back(promoted: Stores) -> None:
    assert [promoted.aliases.roll_back("gestures", "live").version for _ in range(2)] == [2, 1]
    with pytest.raises(NotAllowedNow, match="live"):
        promoted.aliases.roll_back("gestures", "live")
    alias = promoted.aliases.get("gestures", "live")
    assert [change.move for change in alias.history] == [AliasMove.ROLLBACK] * 2 + [AliasMove.SET] * 3


def test_what_was_set_after_a_roll_back_is_rolled_back_to_where_that_led(promoted: Stores) -> None:
    promoted.aliases.roll_back("gestures", "live")
    promoted.aliases.point("gestures", "live", "4")
    assert [promoted.aliases.roll_back("gestures", "live").version for _ in range(2)] == [2, 1]


def test_a_version_that_is_gone_is_stepped_over(promoted: Stores) -> None:
    promoted.catalogue.remove_version("gestures", 2)
    assert promoted.aliases.get("gestures", "live").previous == 1
    assert promoted.aliases.roll_back("gestures", "live").version == 1


def test_a_key_rolls_back_once(promoted: Stores) -> None:
    key = Idempotency("k", "0" * 64)
    assert [promoted.aliases.roll_back("gestures", "live", key).version for _ in range(3)] == [2, 2, 2]
    with pytest.raises(AlreadyExists):
        promoted.aliases.roll_back("gestures", "live", Idempotency("k", "1" * 64))


def test_a_key_is_forgotten_when_its_time_is_over(promoted: Stores, clock: FakeClock) -> None:
    key = Idempotency("k", "0" * 64)
    promoted.aliases.roll_back("gestures", "live", key)
    clock.turn(timedelta(hours=25).total_seconds())
    assert promoted.aliases.roll_back("gestures", "live", key).version == 1


def test_a_refused_roll_back_does_not_use_its_key_up(promoted: Stores) -> None:
    key = Idempotency("k", "0" * 64)
    promoted.aliases.point("gestures", "new", "1")
    with pytest.raises(NotAllowedNow):
        promoted.aliases.roll_back("gestures", "new", key)
    promoted.aliases.point("gestures", "new", "2")
    assert promoted.aliases.roll_back("gestures", "new", key).version == 1


def test_an_alias_is_forgotten_once_and_its_story_goes_on(promoted: Stores) -> None:
    promoted.aliases.remove("gestures", "live")
    for ask in (promoted.aliases.get, promoted.aliases.remove, promoted.aliases.roll_back):
        with pytest.raises(NotFound, match="live"):
            ask("gestures", "live")
    alias = promoted.aliases.point("gestures", "live", "1")
    assert [change.sequence for change in alias.history] == [5, 4, 3, 2, 1]
    assert (alias.history[1].move, alias.history[1].version, alias.previous) == (AliasMove.REMOVE, None, None)


def test_promotions_at_once_leave_one_story_without_gaps(promoted: Stores) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: promoted.aliases.point("gestures", "live", str(n % 4 + 1)), range(24)))
    alias = promoted.aliases.get("gestures", "live")
    sequences = [change.sequence for change in alias.history]
    assert sequences == list(range(len(sequences), 0, -1))
    assert alias.version == alias.history[0].version
