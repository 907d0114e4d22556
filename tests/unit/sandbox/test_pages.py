"""The pages of a simulated platform, as a browser without script meets them."""

import re

import httpx2
import pytest
from starlette.applications import Starlette

COMPANY = "/_sandbox/companies/7"
SWITCHBOARD = "/_sandbox/switchboard"


async def proof(client: httpx2.AsyncClient, address: str) -> str:
    """The hidden field of a form of that page."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await client.get(address)).text)
    assert found is not None
    return found[1]


async def pay(client: httpx2.AsyncClient, amount: str) -> httpx2.Response:
    return await client.post(f"{COMPANY}/people/pay", json={"amount": amount})


@pytest.mark.parametrize("tab", ["documents", "journal", "reports", "people", "requests"])
async def test_every_tab_of_an_empty_company_says_that_there_is_nothing(client: httpx2.AsyncClient, tab: str) -> None:
    page = await client.get(f"{COMPANY}?show={tab}")
    assert page.status_code == 200
    assert "Tiny &amp; Sons &lt;Ltd&gt;" in page.text
    assert f'href="{COMPANY}?show={tab}" aria-current="page"' in page.text
    if tab != "people":
        assert re.search("Nothing has been entered yet|No entry yet|stands at zero|asked for anything yet", page.text)


async def test_a_page_cannot_be_framed_and_runs_no_script(client: httpx2.AsyncClient) -> None:
    for address in ("/", COMPANY, SWITCHBOARD):
        page = await client.get(address)
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert policy.startswith("default-src 'none'")
        assert page.headers["referrer-policy"] == "same-origin"
        assert "<script" not in page.text


async def test_documents_are_found_by_number_and_kind(client: httpx2.AsyncClient) -> None:
    for amount in ("5.00", "6.00", "7.00"):
        await pay(client, amount)
    assert (await client.get(f"{COMPANY}?q=2")).text.count("<details>") == 1
    assert (await client.get(f"{COMPANY}?kind=Payment")).text.count("<details>") == 3
    assert "No document fits" in (await client.get(f"{COMPANY}?q=nobody")).text
    assert (await client.get(f"{COMPANY}?kind=Nothing")).text.count("<details>") == 3


async def test_the_journal_shows_entries_newest_first_and_the_reports_add_up(client: httpx2.AsyncClient) -> None:
    for amount in ("5.00", "6.00"):
        await pay(client, amount)
    journal = (await client.get(f"{COMPANY}?show=journal")).text
    assert journal.index("Entry 2 of") < journal.index("Entry 1 of")
    earned = (await client.get(f"{COMPANY}?show=reports&report=profit-and-loss")).text
    assert re.search(r"Profit</th><td class=\"figure\">11\.00", earned)
    sheet = (await client.get(f"{COMPANY}?show=reports&report=balance-sheet")).text
    assert "Earnings not yet closed" in sheet
    before = (await client.get(f"{COMPANY}?show=reports&report=balance-sheet&until=2026-02-28")).text
    assert "Earnings not yet closed" not in before


async def test_what_the_books_refuse_is_said_on_the_page(client: httpx2.AsyncClient) -> None:
    form = {"csrf": await proof(client, f"{COMPANY}?show=people"), "show": "people", "amount": "-1"}
    answer = await client.post(f"{COMPANY}/people/pay", data=form)
    assert answer.status_code == 409
    assert "Pay: amount is a positive amount" in answer.text
    assert answer.text.count("<details open>") == 1


async def test_a_form_of_another_site_does_nothing(client: httpx2.AsyncClient) -> None:
    for address in (f"{COMPANY}/people/pay", f"{SWITCHBOARD}/fault", f"{SWITCHBOARD}/clock"):
        answer = await client.post(address, data={"amount": "5.00", "kind": "delay", "step": "day", "csrf": "0" * 64})
        assert answer.status_code == 403
        assert "This form is not ours" in answer.text
    assert "Nothing has been entered yet" in (await client.get(COMPANY)).text


async def test_the_switchboard_moves_the_clock_forward_only(client: httpx2.AsyncClient, tiny: Starlette) -> None:
    form = {"csrf": await proof(client, SWITCHBOARD)}
    answer = await client.post(f"{SWITCHBOARD}/clock", data={**form, "step": "day"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SWITCHBOARD}?done=clock")
    assert f"{tiny.state.simulator.clock.now():%Y-%m-%d %H:%M}" == "2026-03-02 12:00"
    back = await client.post(f"{SWITCHBOARD}/clock", data={**form, "to": "2026-01-01T00:00"})
    assert back.status_code == 422
    assert "only goes forward" in back.text
    nonsense = await client.post(f"{SWITCHBOARD}/clock", data={**form, "to": "soon"})
    assert "Say when" in nonsense.text
    await client.post(f"{SWITCHBOARD}/clock", data={**form, "to": "2026-03-03T08:00"})
    assert f"{tiny.state.simulator.clock.now():%Y-%m-%d %H:%M}" == "2026-03-03 08:00"


async def test_a_fault_is_set_and_taken_away_on_the_switchboard(client: httpx2.AsyncClient, tiny: Starlette) -> None:
    form = {"csrf": await proof(client, SWITCHBOARD)}
    wish = {**form, "kind": "status_before_commit", "path_prefix": "/things", "status": "502", "count": "2"}
    assert (await client.post(f"{SWITCHBOARD}/fault", data=wish)).status_code == 303
    assert (await client.get("/things")).json() == {"refused": 502}
    (fault,) = tiny.state.simulator.faults.faults
    await client.post(f"{SWITCHBOARD}/mend", data={**form, "fault_id": fault.id})
    assert (await client.get("/things")).status_code == 200
    refused = await client.post(f"{SWITCHBOARD}/fault", data={**form, "kind": "status_before_commit", "status": "9"})
    assert refused.status_code == 422
    assert (await client.post(f"{SWITCHBOARD}/nothing", data=form)).status_code == 404


async def test_requests_are_shown_with_what_they_count_as(client: httpx2.AsyncClient) -> None:
    await client.get("/things?x=1")
    for address in (f"{COMPANY}?show=requests", SWITCHBOARD):
        page = (await client.get(address)).text
        assert "GET /things?x=1" in page
        assert "<td>read</td>" in page
