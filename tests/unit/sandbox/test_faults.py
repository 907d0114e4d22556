import asyncio
from decimal import Decimal
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette

from tieout.sandbox.faults.plan import ConnectionCutError, FaultPlan, FaultRefusedError, plan_fault
from tieout.sandbox.simulator import seeded

FAULTS = "/_sandbox/faults"


def a_plan(*wishes: dict[str, Any]) -> FaultPlan:
    plan = FaultPlan(seeded(1, "faults"))
    for wish in wishes:
        plan.add(wish)
    return plan


def test_a_fault_befalls_only_its_requests_and_only_so_often() -> None:
    plan = a_plan({"kind": "drop_after_commit", "method": "post", "path_prefix": "/v3", "count": 2})
    assert not plan.draw("GET", "/v3/x")
    assert not plan.draw("POST", "/oauth2")
    assert [len(plan.draw("POST", "/v3/x")) for _ in range(3)] == [1, 1, 0]


def test_a_fault_can_let_requests_pass_first() -> None:
    plan = a_plan({"kind": "rate_limited", "skip": 2})
    assert [len(plan.draw("GET", "/")) for _ in range(4)] == [0, 0, 1, 0]


def test_a_seeded_draw_repeats() -> None:
    wish = {"kind": "rate_limited", "count": 100, "probability": "0.5"}
    first, second = a_plan(wish), a_plan(wish)
    drawn = [len(first.draw("GET", "/")) for _ in range(50)]
    assert drawn == [len(second.draw("GET", "/")) for _ in range(50)]
    assert 0 < sum(drawn) < 50


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"kind": "explode"},
        {"kind": "delay", "delay_s": "-1"},
        {"kind": "delay", "delay_s": "NaN"},
        {"kind": "status_before_commit", "status": 200},
        {"kind": "rate_limited", "count": 0},
        {"kind": "rate_limited", "probability": 0},
        {"kind": "rate_limited", "colour": "red"},
        {"drop_after_commit": True, "rate_limited": True},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(FaultRefusedError):
        plan_fault(wish, "1")


def test_short_forms_are_understood() -> None:
    assert plan_fault({"drop_after_commit": True}, "1").kind == "drop_after_commit"
    assert plan_fault({"delay_s": "0.5"}, "1").delay_s == Decimal("0.5")


async def test_an_answer_dropped_after_commit_leaves_the_work_done(tiny: Starlette, client: httpx2.AsyncClient) -> None:
    await client.post(FAULTS, json={"kind": "drop_after_commit", "method": "POST"})
    with pytest.raises(ConnectionCutError):
        await client.post("/things")
    assert tiny.state.calls == 1
    assert (await client.post("/things")).json()["calls"] == 2


async def test_a_cut_shows_as_the_error_a_test_chooses(tiny: Starlette, client: httpx2.AsyncClient) -> None:
    tiny.state.simulator.cut_error = lambda: httpx2.ReadError("cut")
    await client.post(FAULTS, json={"kind": "drop_before_commit"})
    with pytest.raises(httpx2.ReadError):
        await client.post("/things")
    assert tiny.state.calls == 0


@pytest.mark.parametrize(
    ("kind", "done", "status"),
    [("status_before_commit", 0, 503), ("status_after_commit", 1, 503), ("rate_limited", 0, 429)],
)
async def test_a_failure_is_answered_in_the_platforms_words(
    tiny: Starlette, client: httpx2.AsyncClient, kind: str, done: int, status: int
) -> None:
    await client.post(FAULTS, json={"kind": kind, "retry_after_s": 7})
    answer = await client.post("/things")
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (status, {"refused": status}, "7")
    assert tiny.state.calls == done


async def test_a_delayed_answer_arrives(client: httpx2.AsyncClient) -> None:
    await client.post(FAULTS, json={"kind": "delay", "delay_s": "0.01"})
    assert (await client.get("/things")).json()["calls"] == 1


async def test_faults_never_befall_the_switchboard(client: httpx2.AsyncClient) -> None:
    await client.post(FAULTS, json={"kind": "rate_limited", "count": 9})
    assert len((await client.get(FAULTS)).json()["faults"]) == 1
    assert (await client.delete(FAULTS)).json() == {"removed": "1"}
    assert (await client.get("/things")).status_code == 200


@pytest.mark.parametrize(
    ("kind", "calls"), [("drop_after_commit", 2), ("drop_before_commit", 1), ("commit_later", 1), ("cut_body", 2)]
)
async def test_over_a_socket_the_connection_is_cut_without_a_whole_answer(
    tiny: Starlette, kind: str, calls: int
) -> None:
    config = uvicorn.Config(tiny, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - the server offers no event to wait for
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
            await client.post(FAULTS, json={"kind": kind, "method": "POST"})
            with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
                await client.post("/things", content=b"x" * 1000)
            assert (await client.post("/things")).json()["calls"] == calls
    finally:
        server.should_exit = True
        await serving
