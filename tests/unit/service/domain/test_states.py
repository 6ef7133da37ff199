"""The one table of a job's states."""

import pytest

from service.domain.states import OWNED, TERMINAL, TRANSITIONS, UNFINISHED, JobState, Move, Refusal, moved
from service.errors import NotAllowedNow

EVERY = [(move, state) for move in Move for state in JobState]


def test_the_table_answers_every_move_in_every_state() -> None:
    assert set(TRANSITIONS) == set(Move)
    assert all(set(row) == set(JobState) for row in TRANSITIONS.values())


def test_every_state_is_either_terminal_or_unfinished() -> None:
    assert set(JobState) == TERMINAL | UNFINISHED
    assert not TERMINAL & UNFINISHED
    assert OWNED < UNFINISHED


@pytest.mark.parametrize(("move", "state"), EVERY)
def test_a_refused_move_says_why(move: Move, state: JobState) -> None:
    after = TRANSITIONS[move][state]
    if isinstance(after, Refusal):
        with pytest.raises(NotAllowedNow, match=f"{after.value}.*{state}"):
            moved(state, move)
    else:
        assert moved(state, move) is after


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_nothing_but_a_resumption_leaves_a_terminal_state(state: JobState) -> None:
    leaving = {move for move in Move if TRANSITIONS[move][state] not in {state, *Refusal}}
    assert leaving == {Move.RESUME}


@pytest.mark.parametrize("move", [move for move in Move if move not in {Move.COMMIT, Move.CANCEL}])
def test_a_job_that_is_being_cancelled_can_only_become_cancelled(move: Move) -> None:
    assert TRANSITIONS[move][JobState.CANCELLING] in {JobState.CANCELLED, *Refusal}


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_can_be_reached_from_the_queue(state: JobState) -> None:
    reached = {JobState.QUEUED}
    for _ in JobState:
        steps = (TRANSITIONS[move][start] for move in Move for start in reached)
        reached |= {after for after in steps if isinstance(after, JobState)}
    assert state in reached
