"""Payment records, told by the partner or found in the books."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.support.documents import Trader, connect_books, events_of, make_counterpart
from tests.support.partner import Api, Partner

from tieout.storage.tables.business import PaymentRecord
from tieout.sync.settling import apply_payment, load_document, plan_status, unapply_payment

SOMEBODY = "5f0c9c6e-5d0a-4d3a-9a57-2a3b8f6f4c11"
"""An id that nobody has; the same in every process, since tests are named by it."""


@pytest.fixture
async def trader(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


@pytest.fixture
async def invoice_id(partner: Partner, trader: Trader) -> str:
    product = {"name": "Work", "price": {"currency": "USD", "value": 10_000}}
    body = {
        "type": "invoice",
        "counterpart_id": trader.id,
        "counterpart_billing_address_id": trader.address_id,
        "currency": "USD",
        "line_items": [{"product": product, "quantity": 1, "tax_rate_value": 0}],
    }
    receivable_id = str((await partner.post("/receivables", json=body)).json()["id"])
    await partner.post(f"/receivables/{receivable_id}/issue")
    return receivable_id


def payment(object_id: str, amount: int = 4_000, **fields: Any) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD", "object": {"id": object_id, "type": "receivable"}, **fields}


async def create(partner: Partner, body: dict[str, Any]) -> dict[str, Any]:
    answer = await partner.post("/payment_records", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def seen(partner: Partner, invoice_id: str) -> tuple[str, int, int]:
    shown = (await partner.get(f"/receivables/{invoice_id}")).json()
    return shown["status"], shown["amount_paid"], shown["amount_due"]


@pytest.mark.parametrize(
    ("object_type", "status", "owed", "paid", "after"),
    [
        ("receivable", "issued", 100, 0, "issued"),
        ("receivable", "issued", 100, 40, "partially_paid"),
        ("receivable", "partially_paid", 100, 100, "paid"),
        ("receivable", "partially_paid", 100, 120, "paid"),
        ("receivable", "paid", 100, 40, "partially_paid"),
        ("receivable", "paid", 100, 0, "issued"),
        ("receivable", "uncollectible", 100, 0, "uncollectible"),
        ("receivable", "uncollectible", 100, 1, "partially_paid"),
        ("receivable", "issued", 0, 0, "paid"),
        ("receivable", "canceled", 100, 100, "canceled"),
        ("receivable", "draft", 0, 0, "draft"),
        ("payable", "waiting_to_be_paid", 100, 100, "paid"),
        ("payable", "paid", 100, 0, "waiting_to_be_paid"),
        ("payable", "rejected", 100, 100, "rejected"),
    ],
)
def test_a_status_follows_from_what_is_owed_and_paid(
    object_type: Any, status: str, owed: int, paid: int, after: str
) -> None:
    assert plan_status(object_type, status, owed=owed, paid=paid) == after


@pytest.mark.parametrize(
    ("status", "owed", "paid", "after"),
    [
        ("issued", 0, 0, "canceled"),
        ("issued", 1, 0, "issued"),
        ("partially_paid", 0, 40, "paid"),
        ("paid", 0, 0, "canceled"),
        ("uncollectible", 0, 0, "canceled"),
    ],
)
def test_an_invoice_that_was_credited_in_full_is_cancelled_unless_it_was_paid(
    status: str, owed: int, paid: int, after: str
) -> None:
    assert plan_status("receivable", status, owed=owed, paid=paid, credited=100) == after


async def test_a_payment_settles_its_invoice(api: Api, partner: Partner, invoice_id: str) -> None:
    made = await create(partner, payment(invoice_id, payment_method="card", paid_at="2026-03-01T00:00:00Z"))
    assert made["object"] == {
        "id": invoice_id,
        "type": "receivable",
        "old_status": "issued",
        "new_status": "partially_paid",
    }
    assert (made["status"], made["is_external"], made["overpaid_amount"]) == ("succeeded", True, 0)
    assert (made["payment_method"], made["paid_at"]) == ("card", "2026-03-01T00:00:00Z")
    assert [entry["status"] for entry in made["history"]] == ["succeeded"]
    assert await seen(partner, invoice_id) == ("partially_paid", 4_000, 6_000)
    assert (await partner.get(f"/payment_records/{made['id']}")).json() == made
    assert (await events_of(api, invoice_id))[-1] == "receivable.partially_paid"


async def test_what_is_paid_too_much_is_told(partner: Partner, invoice_id: str) -> None:
    made = await create(partner, payment(invoice_id, 12_500))
    assert (made["overpaid_amount"], made["object"]["new_status"]) == (2_500, "paid")
    assert await seen(partner, invoice_id) == ("paid", 12_500, 0)
    again = await partner.post("/payment_records", json=payment(invoice_id))
    assert again.status_code == 409


async def test_a_planned_payment_settles_when_it_succeeds(partner: Partner, invoice_id: str) -> None:
    made = await create(partner, payment(invoice_id, status="created", planned_payment_date="2026-03-10"))
    assert (made["status"], made["paid_at"]) == ("created", None)
    assert await seen(partner, invoice_id) == ("issued", 0, 10_000)
    path = f"/payment_records/{made['id']}"
    changed = await partner.patch(path, json={"amount": 10_000, "payment_method": "wire"})
    assert (changed.json()["amount"], changed.json()["payment_method"]) == (10_000, "wire")
    started = await partner.post(f"{path}/start_processing", json={"payment_intent_status": "sent"})
    assert (started.json()["status"], started.json()["payment_intent_status"]) == ("processing", "sent")
    assert (await partner.post(f"{path}/start_processing", json={})).status_code == 409
    done = await partner.post(f"{path}/mark_as_succeeded", json={"paid_at": "2026-03-02T08:00:00Z"})
    assert done.json()["object"]["new_status"] == "paid"
    assert [entry["status"] for entry in done.json()["history"]] == ["created", "processing", "succeeded"]
    assert await seen(partner, invoice_id) == ("paid", 10_000, 0)


async def test_a_payment_that_succeeded_is_over(partner: Partner, invoice_id: str) -> None:
    made = await create(partner, payment(invoice_id))
    path = f"/payment_records/{made['id']}"
    assert (await partner.patch(path, json={"amount": 1})).status_code == 409
    assert (await partner.post(f"{path}/cancel", json={})).status_code == 409
    succeeded = await partner.post(f"{path}/mark_as_succeeded", json={"paid_at": "2026-03-02T08:00:00Z"})
    assert succeeded.status_code == 409
    assert await seen(partner, invoice_id) == ("partially_paid", 4_000, 6_000)


async def test_a_planned_payment_can_be_cancelled(partner: Partner, invoice_id: str) -> None:
    made = await create(partner, payment(invoice_id, status="processing"))
    cancelled = await partner.post(f"/payment_records/{made['id']}/cancel", json={})
    assert cancelled.json()["status"] == "canceled"
    assert await seen(partner, invoice_id) == ("issued", 0, 10_000)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": 0}, 422),
        ({"amount": -5}, 501),
        ({"currency": "EUR"}, 422),
        ({"entity_user_id": SOMEBODY}, 404),
        ({"amount": None}, 422),
        ({"amount": "1"}, 422),
        ({"amount": 2**53}, 422),
        ({"object": {"id": SOMEBODY}}, 422),
        ({"paid_at": "yesterday"}, 422),
        ({"planned_payment_date": "2026-02-30"}, 422),
        ({"object": {"id": SOMEBODY, "type": "receivable"}}, 404),
        ({"object": {"id": SOMEBODY, "type": "quote"}}, 422),
        ({"status": "canceled"}, 422),
        ({"surprise": 1}, 422),
    ],
)
async def test_a_wrong_payment_is_refused(
    partner: Partner, invoice_id: str, change: dict[str, Any], status: int
) -> None:
    answer = await partner.post("/payment_records", json=payment(invoice_id) | change)
    assert answer.status_code == status
    assert await seen(partner, invoice_id) == ("issued", 0, 10_000)


async def test_a_draft_cannot_be_paid(partner: Partner, invoice_id: str) -> None:
    draft = (await partner.post(f"/receivables/{invoice_id}/clone")).json()["id"]
    assert (await partner.post("/payment_records", json=payment(draft))).status_code == 409
    note = (await partner.post("/receivables", json={"type": "credit_note", "based_on": invoice_id})).json()["id"]
    assert (await partner.post("/payment_records", json=payment(note))).status_code == 409


async def test_records_of_others_do_not_exist(partner: Partner, invoice_id: str, other_partner: Partner) -> None:
    made = await create(partner, payment(invoice_id))
    await other_partner.make_entity()
    path = f"/payment_records/{made['id']}"
    assert (await other_partner.get(path)).status_code == 404
    assert (await other_partner.patch(path, json={})).status_code == 404
    assert (await other_partner.post(f"{path}/cancel", json={})).status_code == 404
    assert (await other_partner.post("/payment_records", json=payment(invoice_id))).status_code == 404
    assert (await other_partner.get("/payment_records")).json()["data"] == []


async def test_lists_can_be_narrowed_and_sorted(partner: Partner, invoice_id: str) -> None:
    await create(partner, payment(invoice_id, 1_000, payment_method="card"))
    await create(partner, payment(invoice_id, 2_000, status="created", planned_payment_date="2026-03-10"))
    expected = {
        "": [1_000, 2_000],
        "sort=amount&order=desc": [2_000, 1_000],
        "status=created": [2_000],
        "payment_method=card": [1_000],
        "planned_payment_date__gte=2026-03-10": [2_000],
        "planned_payment_date=2026-03-11": [],
        "object_type=payable": [],
        f"object_id__in={invoice_id}&object_type=receivable": [1_000, 2_000],
        "is_external=true": [1_000, 2_000],
        "is_external=false": [],
        "paid_at__gt=2026-03-01T00:00:00Z": [1_000],
    }
    found = {}
    for query in expected:
        rows = (await partner.get(f"/payment_records?{query}")).json()["data"]
        found[query] = [row["amount"] for row in rows] if "sort" in query else sorted(row["amount"] for row in rows)
    assert found == expected


class FromTheBooks:
    """A payment as the pull tells of it."""

    def __init__(self, api: Api, partner: Partner, company_id: UUID, invoice_id: str) -> None:
        self._api = api
        self._where = {"partner_id": partner.id, "entity_id": UUID(partner.entity_id)}
        self._company_id = company_id
        self._invoice_id = UUID(invoice_id)

    async def appears(self, amount: int, external_id: str = "P1") -> PaymentRecord:
        now = self._api.clock.now()
        async with self._api.services.database.write() as session:
            document = await load_document(session, object_type="receivable", object_id=self._invoice_id, **self._where)
            assert document is not None
            return await apply_payment(
                session,
                document,
                amount=amount,
                paid_at=now - timedelta(days=1),
                now=now,
                company_id=self._company_id,
                external_id=external_id,
            )

    async def disappears(self, external_id: str = "P1", keep: tuple[UUID, ...] = ()) -> int:
        async with self._api.services.database.write() as session:
            changed = await unapply_payment(
                session,
                company_id=self._company_id,
                external_id=external_id,
                now=self._api.clock.now(),
                keep=keep,
                **self._where,
            )
            return len(changed)


@pytest.fixture
async def books(api: Api, partner: Partner, invoice_id: str) -> FromTheBooks:
    connected = await connect_books(api, partner)
    return FromTheBooks(api, partner, connected.company_id, invoice_id)


async def test_a_payment_of_the_books_settles_once(
    api: Api, partner: Partner, invoice_id: str, books: FromTheBooks
) -> None:
    first, second = await books.appears(4_000), await books.appears(4_000)
    assert (first.id, first.source) == (second.id, "books")
    assert await seen(partner, invoice_id) == ("partially_paid", 4_000, 6_000)
    assert (await events_of(api, invoice_id)).count("receivable.partially_paid") == 1


async def test_a_payment_that_was_changed_in_the_books_is_brought_up_to_date(
    partner: Partner, invoice_id: str, books: FromTheBooks
) -> None:
    await books.appears(4_000)
    await books.appears(10_000)
    assert await seen(partner, invoice_id) == ("paid", 10_000, 0)
    await books.appears(1_000)
    assert await seen(partner, invoice_id) == ("partially_paid", 1_000, 9_000)
    assert len((await partner.get("/payment_records")).json()["data"]) == 1


async def test_only_a_payment_voided_in_the_books_un_pays(
    api: Api, partner: Partner, invoice_id: str, books: FromTheBooks
) -> None:
    await books.appears(4_000, "P1")
    await books.appears(6_000, "P2")
    assert await seen(partner, invoice_id) == ("paid", 10_000, 0)
    assert await books.disappears("P1") == 1
    assert await seen(partner, invoice_id) == ("partially_paid", 6_000, 4_000)
    assert await books.disappears("P1") == 0
    assert await books.disappears("P2") == 1
    assert await seen(partner, invoice_id) == ("issued", 0, 10_000)
    assert (await partner.get(f"/receivables/{invoice_id}")).json()["paid_at"] is None
    assert (await events_of(api, invoice_id))[-1] == "receivable.updated"
    await books.appears(10_000, "P1")
    assert await seen(partner, invoice_id) == ("paid", 10_000, 0)


async def test_a_payment_that_still_settles_a_document_is_kept(
    partner: Partner, invoice_id: str, books: FromTheBooks
) -> None:
    await books.appears(4_000)
    assert await books.disappears(keep=(UUID(invoice_id),)) == 0
    assert await seen(partner, invoice_id) == ("partially_paid", 4_000, 6_000)


async def test_the_same_id_in_other_books_is_another_payment(
    api: Api, partner: Partner, invoice_id: str, books: FromTheBooks
) -> None:
    await books.appears(4_000, "12")
    others = FromTheBooks(api, partner, uuid4(), invoice_id)
    await others.appears(1_000, "12")
    assert await seen(partner, invoice_id) == ("partially_paid", 5_000, 5_000)
    await others.disappears("12")
    assert await seen(partner, invoice_id) == ("partially_paid", 4_000, 6_000)


async def test_a_payment_is_positive_and_names_its_books(books: FromTheBooks) -> None:
    with pytest.raises(ValueError, match="positive"):
        await books.appears(0)
