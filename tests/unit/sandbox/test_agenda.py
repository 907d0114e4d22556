from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from tieout.kit.clock import ManualClock
from tieout.sandbox.agenda import Agenda, SteadyClock, movable
from tieout.sandbox.faults.plan import ConnectionCutError
from tieout.sandbox.replaying.journal import Entry

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Ticking:
    """A clock that moves on by a second whenever it is read."""

    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def test_a_held_clock_stands_still_and_goes_on_afterwards() -> None:
    clock = SteadyClock(Ticking())
    with clock.held() as moment:
        assert clock.now() == clock.now() == moment
    assert clock.now() > moment
    with clock.held(AT):
        assert clock.now() == AT


def test_a_clock_that_can_be_moved_is_taken_as_it_is() -> None:
    still = ManualClock(AT)
    assert movable(still) is still
    clock = movable(Ticking())
    clock.move(timedelta(days=1))
    assert clock.now() - AT > timedelta(days=1)
    assert isinstance(clock, SteadyClock)
    assert clock.offset == timedelta(days=1)


@given(st.lists(st.integers(0, 50), max_size=30))
async def test_what_is_due_happens_in_the_order_of_its_time(delays: list[int]) -> None:
    agenda, done = Agenda(), []

    for number, delay in enumerate(delays):

        async def job(at: datetime, number: int = number) -> None:
            done.append(((at - AT).seconds, number))

        agenda.put(AT + timedelta(seconds=delay), job, Entry(AT, "POST", f"/{number}", b"", (), b""))
    waiting = [(entry.at - AT).seconds for entry in agenda.entries()]
    assert waiting == sorted(delays)
    await agenda.settle(AT + timedelta(seconds=25))
    assert done == sorted((delay, number) for number, delay in enumerate(delays) if delay <= 25)
    await agenda.settle(AT + timedelta(seconds=50))
    assert len(done) == len(delays)


async def test_a_late_commit_is_cut_off_at_once_and_done_when_the_clock_gets_there(
    tiny: Starlette, client: httpx2.AsyncClient
) -> None:
    await client.post("/_sandbox/faults", json={"kind": "commit_later", "method": "POST", "delay_s": 90})
    with pytest.raises(ConnectionCutError):
        await client.post("/things", content=b"abc")
    assert tiny.state.calls == 0
    await client.post("/_sandbox/clock", json={"advance_s": 89})
    assert tiny.state.calls == 0
    await client.post("/_sandbox/clock", json={"advance_s": 1})
    assert tiny.state.calls == 1
    log = (await client.get("/_sandbox/requests")).json()["requests"]
    assert {(one["status"], one["at"][11:19], *one["faults"]) for one in log} == {
        ("0", "12:00:00", "commit_later"),
        ("200", "12:01:30", "commit_later"),
    }
    meter = (await client.get("/_sandbox/meter")).json()["meter"]
    assert [(row["calls"], row["refused"]) for row in meter] == [("1", "0")]


async def test_a_late_commit_that_never_arrived_is_counted_like_any_other(
    tiny: Starlette, client: httpx2.AsyncClient
) -> None:
    for kind in ("drop_before_commit", "commit_later"):
        await client.post("/_sandbox/faults", json={"kind": kind, "method": "POST"})
    with pytest.raises(ConnectionCutError):
        await client.post("/things", content=b"abc")
    await client.post("/_sandbox/clock", json={"advance_s": 90})
    assert tiny.state.calls == 0
    meter = (await client.get("/_sandbox/meter")).json()["meter"]
    assert [(row["calls"], row["refused"]) for row in meter] == [("0", "1")]


async def test_a_late_commit_comes_before_the_next_request(tiny: Starlette, client: httpx2.AsyncClient) -> None:
    await client.post("/_sandbox/faults", json={"kind": "commit_later", "method": "POST", "delay_s": 10})
    with pytest.raises(ConnectionCutError):
        await client.post("/things")
    tiny.state.simulator.clock.move(timedelta(seconds=10))
    assert (await client.get("/things")).json()["calls"] == 2
