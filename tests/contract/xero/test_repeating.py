"""The same seed and the same requests give the same answers, and a saved state goes on as if nothing had happened."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx2
from tests.contract.xero.answers import answer_faults
from tests.contract.xero.test_payments import payment_of
from tests.contract.xero.world import ORIGIN, STARTED_AT, World, sale_of
from tests.support.receiver import ADDRESS, Receiver
from tests.support.transcript import Transcript, digest_elsewhere, digest_of
from tests.support.witness import Witness

from tieout.kit.clock import ManualClock
from tieout.platforms.xero.sandbox.application import build_simulator
from tieout.sandbox.faults.plan import ConnectionCutError
from tieout.sandbox.replaying.journal import Journal
from tieout.sandbox.replaying.state import read_state, restore, write_state

DEMO = "Demo Company (Global)"


def fresh(*, masks: bool = True) -> tuple[World, Transcript]:
    clock, transcript = ManualClock(STARTED_AT), Transcript(masks=masks)
    app = build_simulator(clock=clock, seed=11, origin=ORIGIN)
    app.state.simulator.journal = Journal()
    app.state.simulator.post.send = Receiver(checks=True, signature_header="x-xero-signature")
    transport = httpx2.ASGITransport(app=Witness(app, answer_faults))
    http = httpx2.AsyncClient(transport=transport, base_url=ORIGIN, event_hooks={"response": [transcript.hear]})
    return World(app, clock, http), transcript


async def first_half(world: World) -> None:
    await world.connect(DEMO)
    hook = f"/_sandbox/apps/{world.client_id}/webhook"
    world.app.state.simulator.post.send.key = (await world.http.post(hook, json={"url": ADDRESS})).json()["key"]
    await world.http.post(f"{hook}/enable", json={})
    contact = await world.contact("Ada's Café")
    sales = [await world.sale(contact["ContactID"], amount) for amount in ("100.00", "250.55", "40.00")]
    key = {"idempotency-key": "k-1"}
    for _ in range(2):
        await world.call("PUT", "Invoices", json=sale_of(contact["ContactID"]), headers=key)
    await world.call("PUT", "Invoices", json=sale_of(contact["ContactID"], "1.00"), headers=key)
    await world.write("PUT", "Payments", payment_of(sales[0]))
    await world.call("PUT", "Payments", json=payment_of(sales[2], Amount="41.00"))
    await world.write("POST", f"Invoices/{sales[2]['InvoiceID']}", {"Status": "VOIDED"})
    await world.call("PUT", "Contacts", json={"Name": "Ada's Café"})
    await world.call("PUT", "Contacts", json={"Nmae": "x"})
    world.move(seconds=61)
    for path in (
        "Invoices?page=1&pageSize=5", "Invoices?where=Type==%22ACCPAY%22&order=Total%20DESC", "Accounts", "TaxRates",
        "Contacts?summaryOnly=true", "Payments", "Organisation", "Items", "CreditNotes", "Reports/TrialBalance",
        f"Invoices/{sales[0]['InvoiceID']}", "Invoices/not-there", "Invoices?where=Nonsense",
    ):  # fmt: skip
        await world.call("GET", path)
    await world.http.get("/connections", headers=world.headers())
    await world.act("pay", number=sales[1]["InvoiceNumber"], amount="50")
    await world.act("rename_contact", contact="Ada's Café", name="Ada's Bistro")
    await world.act("dance")
    await world.http.post(f"/_sandbox/companies/{world.tenant_id}/fill", json={"documents": 30, "seed": 3})
    await world.http.post("/_sandbox/rules", json={"calls_a_minute_max": 500})
    await world.http.post("/_sandbox/faults", json={"kind": "rate_limited", "count": 50, "probability": "0.4"})
    await world.http.post("/_sandbox/faults", json={"kind": "commit_later", "method": "PUT", "skip": 2, "delay_s": 300})
    for _ in range(5):
        await world.call("GET", "Currencies")


async def second_half(world: World) -> None:
    for number in range(6):
        try:
            await world.call("PUT", "Contacts", json={"Name": f"Later {number}"})
        except ConnectionCutError:
            await world.call("GET", "Currencies")
    await world.http.post("/_sandbox/clock", json={"advance_s": 400})
    await world.http.delete("/_sandbox/faults")
    contact = await world.contact("Afterwards Ltd")
    await world.sale(contact["ContactID"], "77.00")
    world.token = (await world.refresh(world.token["refresh_token"])).json()
    await world.connect(DEMO)
    await world.call("GET", "Contacts?order=Name&pageSize=20&page=1")
    await world.http.post("/_sandbox/clock", json={"advance_s": 20})
    await world.http.get("/_sandbox/webhooks")
    await world.http.get("/_sandbox/meter?by=day")
    await world.http.get(f"/_sandbox/companies/{world.tenant_id}/journal?limit=1000")
    await world.http.get(f"/_sandbox/companies/{world.tenant_id}/trial-balance")


async def whole_run() -> list[str]:
    world, transcript = fresh()
    async with world.http:
        await first_half(world)
        await second_half(world)
    return transcript.answers


async def test_the_same_seed_and_requests_give_the_same_answers() -> None:
    first = await whole_run()
    assert len(first) > 60
    assert first == await whole_run()


def test_another_process_gives_the_same_answers_whatever_the_order_of_its_sets() -> None:
    here = digest_of(asyncio.run(whole_run()))
    assert digest_elsewhere("tests.contract.xero.test_repeating") == here


async def test_a_saved_state_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    world, straight = fresh(masks=False)
    async with world.http:
        await first_half(world)
        write_state(file, {"xero": world.app.state.simulator})
        known = (world.client_id, world.client_secret, world.token, world.tenant_id)
        jar, key = httpx2.Cookies(world.http.cookies), world.app.state.simulator.post.send.key
        before = len(straight.answers)
        await second_half(world)
    again, resumed = fresh(masks=False)
    await restore(again.app, read_state(file).platforms["xero"])
    again.client_id, again.client_secret, again.token, again.tenant_id = known
    again.app.state.simulator.post.send.key, again.http.cookies = key, jar
    async with again.http:
        await second_half(again)
    quiet = [_without_limits(answer) for answer in straight.answers[before:]]
    assert [_without_limits(answer) for answer in resumed.answers] == quiet


def _without_limits(answer: str) -> str:
    """Without what is left of the limits: a simulator that starts again begins to count anew."""
    return "\n".join(line for line in answer.split("\n") if "limit-remaining" not in line)


async def test_a_state_of_a_moved_clock_goes_on_from_there(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    world, _ = fresh()
    world.move(days=40)
    write_state(file, {"xero": world.app.state.simulator})
    again, _ = fresh()
    await restore(again.app, read_state(file).platforms["xero"])
    assert again.clock.now() == STARTED_AT + timedelta(days=40)
