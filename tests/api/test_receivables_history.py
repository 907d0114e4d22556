"""The history of receivables."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.support.documents import Trader, make_counterpart
from tests.support.partner import Api, Partner
from tests.support.receivables import Json, credit, draft, issue, issued, line, story

from tieout.kit.identifiers import new_id
from tieout.sync.settling import apply_payment, load_document, unapply_payment

CREATED: tuple[str, Json] = ("receivable_created", {})
UPDATED: tuple[str, Json] = ("receivable_updated", {})


@pytest.fixture
async def trader(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


def moved(old: str, new: str) -> tuple[str, Json]:
    return "status_changed", {"old_status": old, "new_status": new}


def received(paid: int, due: int, comment: str | None = None) -> tuple[str, Json]:
    return "payment_received", {"amount_paid": paid, "amount_due": due, "comment": comment}


async def test_every_step_of_an_invoice_is_told_in_order(partner: Partner, trader: Trader) -> None:
    invoice = await draft(partner, trader)
    path = f"/receivables/{invoice['id']}"
    await partner.patch(path, json={"invoice": {"memo": "Thanks"}})
    await partner.put(f"{path}/line_items", json={"data": [line(10_000)]})
    await issue(partner, invoice)
    await partner.patch(path, json={"issued_invoice": {"footer": "Bank 1"}})
    await partner.post(f"{path}/mark_as_partially_paid", json={"amount_paid": 4_000, "comment": "Cash"})
    await partner.post(f"{path}/mark_as_paid", json={"comment": "The rest"})
    assert await story(partner, invoice) == [
        CREATED,
        UPDATED,
        UPDATED,
        moved("draft", "issued"),
        UPDATED,
        received(4_000, 6_000, "Cash"),
        moved("issued", "partially_paid"),
        received(6_000, 0, "The rest"),
        moved("partially_paid", "paid"),
    ]


async def test_a_credit_note_is_told_in_both_histories(partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader)
    note = await issue(partner, await credit(partner, invoice))
    made: tuple[str, Json] = ("based_on_receivable_created", {"receivable_id": note["id"], "type": "credit_note"})
    assert await story(partner, invoice) == [CREATED, moved("draft", "issued"), made, moved("issued", "canceled")]
    assert await story(partner, note) == [CREATED, moved("draft", "issued")]


async def test_an_invoice_that_was_late_is_told_as_overdue(api: Api, partner: Partner, trader: Trader) -> None:
    late = await issued(partner, trader, payment_terms={"term_final": {"number_of_days": 0}})
    given_up = await issued(partner, trader, payment_terms={"term_final": {"number_of_days": 0}})
    api.clock.move(timedelta(days=2))
    await partner.sign_in()
    await partner.post(f"/receivables/{late['id']}/cancel")
    await partner.post(f"/receivables/{given_up['id']}/mark_as_uncollectible")
    assert (await story(partner, late))[-1] == moved("overdue", "canceled")
    assert (await story(partner, given_up))[-1] == moved("overdue", "uncollectible")


async def test_payments_of_the_books_and_their_end_are_told_too(api: Api, partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader)
    company_id, entity_id = new_id(), UUID(partner.entity_id)
    async with api.services.database.write() as session:
        document = await load_document(
            session,
            partner_id=partner.id,
            entity_id=entity_id,
            object_type="receivable",
            object_id=UUID(invoice["id"]),
        )
        assert document is not None
        for _ in range(2):
            await apply_payment(
                session,
                document,
                amount=2_500,
                paid_at=api.clock.now(),
                now=api.clock.now(),
                company_id=company_id,
                external_id="9",
            )
    async with api.services.database.write() as session:
        await unapply_payment(
            session,
            partner_id=partner.id,
            entity_id=entity_id,
            company_id=company_id,
            external_id="9",
            now=api.clock.now(),
        )
    assert (await story(partner, invoice))[2:] == [
        received(2_500, 7_500),
        moved("issued", "partially_paid"),
        moved("partially_paid", "issued"),
    ]


async def test_a_refused_call_is_not_told(partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader)
    path = f"/receivables/{invoice['id']}"
    before = await story(partner, invoice)
    assert (await partner.post(f"{path}/issue")).status_code == 409
    assert (await partner.post(f"{path}/mark_as_partially_paid", json={"amount_paid": 10_000})).status_code == 422
    assert (await partner.delete(path)).status_code == 409
    assert await story(partner, invoice) == before


async def test_a_history_can_be_narrowed_and_read_in_pages(api: Api, partner: Partner, trader: Trader) -> None:
    invoice = await draft(partner, trader)
    path = f"/receivables/{invoice['id']}/history"
    for memo in "abc":
        api.clock.move(timedelta(minutes=1))
        await partner.patch(f"/receivables/{invoice['id']}", json={"invoice": {"memo": memo}})

    async def counted(query: str) -> int:
        answer = await partner.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        return len(answer.json()["data"])

    assert await counted("event_type__in=receivable_updated&event_type__in=mail_sent") == 3
    assert await counted("event_type__in=mail_sent") == 0
    assert await counted("timestamp__gt=2026-03-02T09:31:00Z") == 2
    assert await counted("timestamp__gte=2026-03-02T09:31:00Z&timestamp__lt=2026-03-02T09:32:00Z") == 1
    assert await counted("timestamp__lte=2026-03-02T09:30:00Z") == 1
    assert await counted(f"entity_user_id__in={trader.id}") == 0
    first = (await partner.get(f"{path}?limit=3&order=desc&sort=timestamp")).json()
    assert [entry["event_type"] for entry in first["data"]] == ["receivable_updated"] * 3
    last = (await partner.get(f"{path}?pagination_token={first['next_pagination_token']}")).json()
    assert [entry["event_type"] for entry in last["data"]] == ["receivable_created"]
    for wrong in ("sort=event_type", "event_type__in=x", "limit=101", "timestamp__gt=x"):
        assert (await partner.get(f"{path}?{wrong}")).status_code == 422, wrong


async def test_an_entry_can_be_read_by_its_id_below_its_own_receivable_only(
    api: Api, partner: Partner, trader: Trader
) -> None:
    invoice, other = await draft(partner, trader), await draft(partner, trader)
    (entry,) = (await partner.get(f"/receivables/{invoice['id']}/history")).json()["data"]
    assert entry == {
        "id": entry["id"],
        "receivable_id": invoice["id"],
        "event_type": "receivable_created",
        "event_data": {},
        "timestamp": "2026-03-02T09:30:00Z",
        "entity_user_id": None,
        "current_pdf_url": None,
        "source": "partner",
    }
    assert (await partner.get(f"/receivables/{invoice['id']}/history/{entry['id']}")).json() == entry
    assert (await partner.get(f"/receivables/{other['id']}/history/{entry['id']}")).status_code == 404
    stranger = await api.new_partner("Somebody else")
    await stranger.make_entity()
    assert (await stranger.get(f"/receivables/{invoice['id']}/history")).status_code == 404
    assert (await stranger.get(f"/receivables/{invoice['id']}/history/{entry['id']}")).status_code == 404
    await partner.delete(f"/receivables/{invoice['id']}")
    assert (await partner.get(f"/receivables/{invoice['id']}/history")).status_code == 404
