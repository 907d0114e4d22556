"""Fifty workers in four processes want one grant: the platform is asked once per expiry, and nobody loses the access.

`make test` races each platform over one kind of database; with `TIEOUT_LONG=1` each races over both, and longer.
"""

import os
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

import pytest
from tests.support.databases import Backend
from tests.support.racing import Fate, Race, thaw

LONG = os.environ.get("TIEOUT_LONG") == "1"
PAIRS = [("sqlite", "xero"), ("postgresql", "quickbooks")]
CROSSED = [("sqlite", "quickbooks"), ("postgresql", "xero")]
CREWS = (13, 13, 12, 12)
"""The workers of each process."""
ALONE = 1
"""Those of a process that is killed or frozen: another in the middle of a transaction would keep its locks with it."""
EXPIRIES = 12 if LONG else 1
ROUNDS = 20
LATER = timedelta(hours=2)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(pair, id="-".join(pair), marks=[pytest.mark.postgresql] if pair[0] == "postgresql" else [])
        for pair in (*PAIRS, *(CROSSED if LONG else ()))
    ],
)
def race(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    backend, platform = request.param
    with Race(cast("Backend", backend), platform, tmp_path_factory.mktemp("race")) as race:
        yield race


def expire(race: Race) -> int:
    """The access token ends; returns how often it was refreshed so far."""
    race.trade.house.clock.move(LATER)
    return race.refreshes


def all_at_once(race: Race) -> None:
    race.attend([race.start(workers) for workers in CREWS])


def is_whole(race: Race) -> None:
    """One refresh brings the next token, and the connection lives."""
    before = expire(race)
    all_at_once(race)
    assert race.refreshes - before == 1
    lives(race)


def lives(race: Race) -> None:
    """The connection lives, and nobody owns its refreshing."""
    grant = race.run(race.trade.grant)
    assert (grant.ended_at, grant.refresh_owner) == (None, None)
    assert race.run(race.trade.connection)["status"] == "connected"


def test_the_platform_is_asked_once_for_each_expiry(race: Race) -> None:
    generation = race.run(race.trade.grant).generation
    for _ in range(EXPIRIES):
        before = expire(race)
        all_at_once(race)
        assert race.refreshes - before == 1
    assert race.run(race.trade.grant).generation == generation + EXPIRIES


def test_a_worker_killed_with_the_answer_in_its_hands_is_replaced(race: Race) -> None:
    before = expire(race)
    victim = race.start(ALONE, Fate.KILLED_AFTER)
    (status,) = race.attend([victim])
    assert os.WIFSIGNALED(status)
    assert race.refreshes - before == 1
    race.outlast_the_owner()
    all_at_once(race)
    assert race.refreshes - before == 2, "the one that was lost, and one more with the old token"
    lives(race)


def test_a_worker_frozen_with_the_answer_in_its_hands_harms_nobody_when_it_wakes(race: Race) -> None:
    before = expire(race)
    sleeper = race.start(ALONE, Fate.FROZEN_AFTER)
    (status,) = race.attend([sleeper])
    assert os.WIFSTOPPED(status)
    race.outlast_the_owner()
    all_at_once(race)
    assert race.refreshes - before == 2
    thaw(sleeper)
    race.attend([sleeper])
    assert race.refreshes - before == 2, "the one that woke takes what the others have"
    is_whole(race)


def test_a_worker_that_slept_through_the_next_expiry_asks_in_vain_and_ends_nothing(race: Race) -> None:
    expire(race)
    sleeper = race.start(ALONE, Fate.FROZEN_BEFORE)
    race.attend([sleeper])
    race.outlast_the_owner()
    all_at_once(race)
    is_whole(race)
    thaw(sleeper)
    race.attend([sleeper])
    is_whole(race)


@pytest.mark.skipif(not LONG, reason="TIEOUT_LONG=1 races for minutes")
def test_whatever_befalls_one_of_them_the_others_go_on(race: Race) -> None:
    fates = random.Random(7)  # noqa: S311 - repeatable
    for _ in range(ROUNDS):
        fate = fates.choice([one for one in Fate if one is not Fate.NONE])
        before = expire(race)
        first = race.start(ALONE, fate)
        (status,) = race.attend([first])
        assert os.WIFSIGNALED(status) or os.WIFSTOPPED(status)
        race.outlast_the_owner()
        all_at_once(race)
        if os.WIFSTOPPED(status):
            thaw(first)
            race.attend([first])
        assert 1 <= race.refreshes - before <= 2, fate
        is_whole(race)
