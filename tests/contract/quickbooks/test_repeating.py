"""The same seed and the same requests give the same answers, and a saved state goes on as if nothing had happened."""

import asyncio
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from tests.contract.quickbooks.answers import answer_faults
from tests.contract.quickbooks.program import NOON, ORIGIN, Connected, Platform, a_bill, a_payment, a_sale
from tests.support.receiver import ADDRESS, Receiver
from tests.support.transcript import Transcript, digest_elsewhere, digest_of
from tests.support.witness import Witness

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.application import build_simulator
from tieout.platforms.quickbooks.sandbox.seeds.gb_sample import GB_REALM
from tieout.sandbox.faults.plan import ConnectionCutError
from tieout.sandbox.replaying.journal import Journal
from tieout.sandbox.replaying.state import State, StateRefusedError, read_state, restore, write_state


def fresh(*, seed: int = 11, masks: bool = True) -> tuple[Platform, Transcript]:
    clock, transcript = ManualClock(NOON), Transcript(masks=masks)
    app = build_simulator(clock=clock, seed=seed, origin=ORIGIN)
    app.state.simulator.journal = Journal()
    app.state.simulator.post.send = Receiver()
    transport = httpx2.ASGITransport(app=Witness(app, answer_faults))
    http = httpx2.AsyncClient(transport=transport, base_url=ORIGIN, event_hooks={"response": [transcript.hear]})
    return Platform(app, clock, http), transcript


async def first_half(platform: Platform) -> list[Connected]:
    us, gb = await platform.connect(), await platform.connect(GB_REALM)
    http = platform.http
    hook = {"url": ADDRESS, "format": "eventnotifications"}
    await http.post(f"/_sandbox/apps/{us.app['client_id']}/webhook", json=hook)
    await us.post("Customer", {"DisplayName": "Ada's Café", "PrimaryEmailAddr": {"Address": "ada@example.com"}})
    invoices = [await us.invoice(amount) for amount in ("100.00", "250.55", "0.99")]
    await us.call("POST", "invoice", json=a_sale("75.00"), params={"requestid": "r-1"})
    await us.call("POST", "invoice", json=a_sale("75.00"), params={"requestid": "r-1"})
    await us.post("Payment", a_payment("150.00", ("100.00", "Invoice", invoices[0]["Id"])))
    bill = await us.post("Bill", a_bill())
    await us.call("POST", "bill", json={**a_bill(), "Id": bill["Id"], "SyncToken": "9"})
    await us.call("POST", "invoice", json={"Line": []})
    await us.call("POST", "invoice", json={**a_sale(), "Colour": "red"})
    await us.call("GET", "invoice/999999")
    key = {"Id": invoices[2]["Id"], "SyncToken": invoices[2]["SyncToken"]}
    await us.call("POST", "invoice", json=key, params={"operation": "void"})
    platform.clock.move(timedelta(seconds=61))
    for statement in (
        "SELECT * FROM Invoice ORDERBY Id MAXRESULTS 5",
        "SELECT COUNT(*) FROM Customer",
        "SELECT * FROM Account WHERE AccountType = 'Bank'",
        "SELECT Id, TotalAmt FROM Bill STARTPOSITION 2 MAXRESULTS 3",
        "SELEKT",
    ):
        await us.call("GET", "query", params={"query": statement})
    await us.call("GET", "cdc", params={"entities": "Invoice,Customer", "changedSince": "2026-05-04T00:00:00Z"})
    await us.call("GET", "reports/TrialBalance")
    await us.call("GET", f"companyinfo/{us.realm}")
    await us.call("GET", "preferences")
    await gb.call("POST", "invoice", json=a_sale(code="TAX"))
    await gb.call("GET", "query", params={"query": "SELECT * FROM TaxCode"})
    await http.post(
        f"/_sandbox/companies/{us.realm}/people/pay", json={"document_id": invoices[1]["Id"], "amount": "50"}
    )
    await http.post(f"/_sandbox/companies/{us.realm}/people/create_customer", json={"name": "Walk-in"})
    await http.post(f"/_sandbox/companies/{us.realm}/people/dance", json={})
    await http.post(f"/_sandbox/companies/{gb.realm}/fill", json={"documents": 30, "seed": 3})
    await http.post("/_sandbox/rules", json={"webhook_void_spelling": "voided"})
    await http.post("/_sandbox/faults", json={"kind": "rate_limited", "count": 50, "probability": "0.4"})
    await http.post("/_sandbox/faults", json={"kind": "commit_later", "method": "POST", "skip": 1, "delay_s": 300})
    for _ in range(8):
        await us.call("GET", "customer/1")
    return [us, gb]


async def second_half(platform: Platform, connected: list[Connected]) -> None:
    us, gb = (Connected(platform, one.app, one.realm, one.tokens) for one in connected)
    http = platform.http
    for number in range(6):
        try:
            await us.call("POST", "customer", json={"DisplayName": f"Later {number}"})
        except ConnectionCutError:
            await us.call("GET", "customer/1")
    await http.post("/_sandbox/clock", json={"advance_s": 400})
    await http.delete("/_sandbox/faults")
    await us.call("POST", "invoice", json=a_sale("75.00"), params={"requestid": "r-1"})
    await us.invoice("31.00")
    form = {"grant_type": "refresh_token", "refresh_token": us.tokens["refresh_token"]}
    us.tokens = (await platform.token(us.app, **form)).json()
    await us.call("GET", "query", params={"query": "SELECT * FROM Customer ORDERBY Id DESC MAXRESULTS 10"})
    await gb.call("GET", "reports/TrialBalance")
    third = await platform.connect()
    await third.call("GET", "customer/1")
    await http.post("/_sandbox/clock", json={"advance_s": 20})
    await http.get("/_sandbox/webhooks")
    await http.get("/_sandbox/meter?by=day")
    for realm in (us.realm, gb.realm):
        await http.get(f"/_sandbox/companies/{realm}/journal?limit=1000")
        await http.get(f"/_sandbox/companies/{realm}/trial-balance")


async def whole_run() -> list[str]:
    platform, transcript = fresh()
    async with platform.http:
        await second_half(platform, await first_half(platform))
    return transcript.answers


async def test_the_same_seed_and_requests_give_the_same_answers() -> None:
    first = await whole_run()
    assert len(first) > 70
    assert first == await whole_run()


def test_another_process_gives_the_same_answers_whatever_the_order_of_its_sets() -> None:
    here = digest_of(asyncio.run(whole_run()))
    assert digest_elsewhere("tests.contract.quickbooks.test_repeating") == here


async def test_another_seed_gives_other_secrets() -> None:
    keys = []
    for seed in (1, 2):
        platform, _ = fresh(seed=seed)
        async with platform.http:
            keys.append((await platform.register())["client_secret"])
    assert keys[0] != keys[1]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_saved_state_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    platform, straight = fresh(masks=False)
    async with platform.http:
        connected = await first_half(platform)
        write_state(file, {"quickbooks": platform.app.state.simulator})
        straight.answers.clear()
        jar = httpx2.Cookies(platform.http.cookies)
        await second_half(platform, connected)
    state = read_state(file).platforms["quickbooks"]
    again, resumed = fresh(masks=False)
    await restore(again.app, state)
    async with again.http:
        resumed.answers.clear()
        again.http.cookies = jar
        await second_half(again, connected)
    assert resumed.answers == straight.answers
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names_in(tmp_path) == ["state.json"]


@pytest.mark.parametrize(
    "change",
    [{"format": "other"}, {"version": 99}, {"platforms": {"quickbooks": {}}}, {"platforms": 7}],
    ids=["format", "version", "empty", "none"],
)
async def test_a_file_that_is_no_state_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "state.json"
    platform, _ = fresh()
    write_state(file, {"quickbooks": platform.app.state.simulator})
    file.write_bytes(msgspec.json.encode({**msgspec.json.decode(file.read_bytes()), **change}))
    with pytest.raises(StateRefusedError):
        read_state(file)


async def test_books_that_come_out_differently_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    platform, _ = fresh()
    async with platform.http:
        await (await platform.connect()).invoice("10.00")
    write_state(file, {"quickbooks": platform.app.state.simulator})
    told = read_state(file)
    state = msgspec.convert(msgspec.to_builtins(told), State).platforms["quickbooks"]
    del state.entries[-1]
    with pytest.raises(StateRefusedError, match="differently"):
        await restore(fresh()[0].app, state)
