"""What happens to receivables from their issue on."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.support.documents import (
    Trader,
    change_settings,
    connect_books,
    events_of,
    links_of,
    make_counterpart,
    put_into_books,
)
from tests.support.partner import Api, Partner

from tieout.api.receivables.states import Action, plan_transition
from tieout.kit.errors import Conflict
from tieout.storage.tables.business import Receivable
from tieout.storage.tables.work import Intent, Lane
from tieout.sync.receivable_history import shown_status
from tieout.sync.wanting import company_lane

INVOICE_STATES = ("draft", "issued", "partially_paid", "paid", "uncollectible", "canceled", "deleted")
POSSIBLE = {
    Action.UPDATE: {"draft"},
    Action.UPDATE_ISSUED: {"issued", "partially_paid"},
    Action.DELETE: {"draft"},
    Action.ISSUE: {"draft"},
    Action.CANCEL: {"issued"},
    Action.PAY: {"issued", "partially_paid"},
    Action.PAY_PARTIALLY: {"issued", "partially_paid"},
    Action.GIVE_UP: {"issued", "partially_paid"},
    Action.CREDIT: {"issued", "partially_paid"},
}


@pytest.fixture
async def trader(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


async def draft(partner: Partner, trader: Trader, **fields: Any) -> str:
    product = {"name": "Work", "price": {"currency": "USD", "value": 10_000}}
    answer = await partner.post(
        "/receivables",
        json={
            "type": "invoice",
            "counterpart_id": trader.id,
            "counterpart_billing_address_id": trader.address_id,
            "currency": "USD",
            "line_items": [{"product": product, "quantity": 1, "tax_rate_value": 0}],
            **fields,
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def issued(partner: Partner, trader: Trader, **fields: Any) -> str:
    receivable_id = await draft(partner, trader, **fields)
    answer = await partner.post(f"/receivables/{receivable_id}/issue")
    assert answer.status_code == 200, answer.text
    return receivable_id


async def seen(partner: Partner, receivable_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await partner.get(f"/receivables/{receivable_id}")).json()
    return shown


def is_possible(type_: str, action: Action, status: str) -> bool:
    try:
        plan_transition(type_, action, status)
    except Conflict:
        return False
    return True


def test_an_invoice_can_only_do_what_its_state_allows() -> None:
    for action in Action:
        assert {status for status in INVOICE_STATES if is_possible("invoice", action, status)} == POSSIBLE[action]


def test_a_credit_note_can_be_changed_deleted_and_issued_while_it_is_a_draft() -> None:
    of_draft = {action for action in Action if is_possible("credit_note", action, "draft")}
    assert of_draft == {Action.UPDATE, Action.DELETE, Action.ISSUE}
    assert not any(is_possible("credit_note", action, "issued") for action in Action)


def test_an_issued_invoice_is_overdue_the_day_after_it_was_due() -> None:
    due = datetime(2026, 3, 2, tzinfo=UTC).date()
    assert shown_status("invoice", "issued", due, due) == "issued"
    assert shown_status("invoice", "issued", due, due + timedelta(days=1)) == "overdue"
    assert shown_status("invoice", "partially_paid", due, due + timedelta(days=1)) == "partially_paid"
    assert shown_status("credit_note", "issued", due, due + timedelta(days=1)) == "issued"


async def test_issuing_gives_number_dates_and_an_event(api: Api, partner: Partner, trader: Trader) -> None:
    receivable_id = await issued(partner, trader, payment_terms={"term_final": {"number_of_days": 30}})
    shown = await seen(partner, receivable_id)
    assert (shown["status"], shown["document_id"]) == ("issued", "INV-00001")
    assert (shown["issue_date"], shown["due_date"]) == ("2026-03-02T09:30:00Z", "2026-04-01")
    assert shown["fulfillment_date"] == "2026-03-02"
    assert await events_of(api, receivable_id) == ["receivable.created", "receivable.issued"]


async def test_the_day_of_issue_is_the_one_where_the_books_are(api: Api, partner: Partner, trader: Trader) -> None:
    await connect_books(api, partner, time_zone="America/Los_Angeles")
    api.clock.move(timedelta(hours=-4))  # 05:30 UTC on 2 March is 21:30 on 1 March in California
    receivable_id = await issued(partner, trader, payment_terms={"term_final": {"number_of_days": 1}})
    async with api.services.database.read() as session:
        row = await session.get_one(Receivable, UUID(receivable_id))
    assert (str(row.issued_on), str(row.due_date)) == ("2026-03-01", "2026-03-02")


async def test_an_unknown_time_zone_is_taken_for_utc(api: Api, partner: Partner, trader: Trader) -> None:
    await connect_books(api, partner, time_zone="Middle-earth/Shire")
    receivable_id = await issued(partner, trader)
    assert (await seen(partner, receivable_id))["fulfillment_date"] == "2026-03-02"


async def test_numbers_follow_the_entitys_settings(api: Api, partner: Partner, trader: Trader) -> None:
    settings = {"prefix": "ACME", "separator": "/", "min_digits": 3, "include_date": True}
    await change_settings(api, partner, document_ids=settings)
    numbers = [(await seen(partner, await issued(partner, trader)))["document_id"] for _ in range(2)]
    assert numbers == ["ACME/INV/2026/001", "ACME/INV/2026/002"]
    answer = await partner.get(f"/entities/{partner.entity_id}/settings/next_document_numbers")
    assert answer.json()["invoice"] == 3


async def test_a_number_that_is_taken_is_passed_over(api: Api, partner: Partner, trader: Trader) -> None:
    await change_settings(api, partner, receivable_edit_flow="non_compliant")
    own = await issued(partner, trader, document_id="INV-00001")
    assert (await seen(partner, own))["document_id"] == "INV-00001"
    assert (await seen(partner, await issued(partner, trader)))["document_id"] == "INV-00002"


async def test_a_number_of_ones_own_needs_leave_and_must_be_free(api: Api, partner: Partner, trader: Trader) -> None:
    product = {"name": "Work", "price": {"currency": "USD", "value": 1}}
    body = {
        "type": "invoice",
        "counterpart_id": trader.id,
        "counterpart_billing_address_id": trader.address_id,
        "currency": "USD",
        "document_id": "A1",
        "line_items": [{"product": product, "quantity": 1, "tax_rate_value": 0}],
    }
    assert (await partner.post("/receivables", json=body)).status_code == 422
    await change_settings(api, partner, receivable_edit_flow="non_compliant")
    assert (await partner.post("/receivables", json=body)).status_code == 201
    assert (await partner.post("/receivables", json=body)).status_code == 409


async def test_an_issued_invoice_is_wanted_in_the_books_and_their_lane_is_woken(
    api: Api, partner: Partner, trader: Trader
) -> None:
    books = await connect_books(api, partner)
    receivable_id = await issued(partner, trader)
    (link,) = await links_of(api, receivable_id)
    assert (link.object_type, link.sync_status, link.company_id) == ("receivable", "pending", books.company_id)
    assert link.push_wanted_at == api.clock.now()
    async with api.services.database.read() as session:
        lane = await session.get_one(Lane, company_lane(books.company_id))
    assert lane.due_at is not None


async def test_without_books_nothing_is_wanted(api: Api, partner: Partner, trader: Trader) -> None:
    receivable_id = await issued(partner, trader)
    assert await links_of(api, receivable_id) == []


async def test_a_document_without_lines_cannot_be_issued(partner: Partner, trader: Trader) -> None:
    receivable_id = await draft(partner, trader, line_items=[])
    answer = await partner.post(f"/receivables/{receivable_id}/issue")
    assert answer.status_code == 409
    assert (await seen(partner, receivable_id))["document_id"] is None


async def test_a_second_issue_is_refused(partner: Partner, trader: Trader) -> None:
    receivable_id = await issued(partner, trader)
    answer = await partner.post(f"/receivables/{receivable_id}/issue")
    assert answer.status_code == 409
    assert answer.json() == {"error": {"message": "Action issue for invoice in status issued not allowed"}}


async def test_only_a_draft_can_be_deleted(api: Api, partner: Partner, trader: Trader) -> None:
    first, second = await draft(partner, trader), await issued(partner, trader)
    assert (await partner.delete(f"/receivables/{first}")).status_code == 204
    assert (await partner.get(f"/receivables/{first}")).status_code == 404
    assert (await partner.delete(f"/receivables/{second}")).status_code == 409
    assert await events_of(api, first) == ["receivable.created", "receivable.deleted"]


async def test_cancelling_takes_the_wish_back_while_nothing_was_sent(
    api: Api, partner: Partner, trader: Trader
) -> None:
    await connect_books(api, partner)
    receivable_id = await issued(partner, trader)
    answer = await partner.post(f"/receivables/{receivable_id}/cancel")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await seen(partner, receivable_id))["status"] == "canceled"
    assert await links_of(api, receivable_id) == []


async def test_what_is_in_the_books_is_cancelled_here_and_wanted_out_of_them(
    api: Api, partner: Partner, trader: Trader
) -> None:
    await connect_books(api, partner)
    receivable_id = await issued(partner, trader)
    await put_into_books(api, receivable_id)
    answer = await partner.post(f"/receivables/{receivable_id}/cancel")
    assert answer.status_code == 204
    assert (await seen(partner, receivable_id))["status"] == "canceled"
    (link,) = await links_of(api, receivable_id)
    assert (link.sync_status, link.external_id) == ("pending", "77")
    assert link.push_wanted_at is not None


async def test_what_is_on_its_way_into_the_books_is_changed_or_cancelled_here_and_its_outcome_waited_for(
    api: Api, partner: Partner, trader: Trader
) -> None:
    await connect_books(api, partner)
    receivable_id = await issued(partner, trader)
    (link,) = await links_of(api, receivable_id)
    async with api.services.database.write() as session:
        session.add(
            Intent(
                partner_id=partner.id,
                entity_id=UUID(partner.entity_id),
                company_id=link.company_id,
                link_id=link.id,
                object_type="receivable",
                object_id=UUID(receivable_id),
                operation="create",
                state="sending",
                key="k",
                method="POST",
                path="/invoice",
                body=b"{}",
                planned=b"{}",
                created_at=api.clock.now(),
                updated_at=api.clock.now(),
            )
        )
    change = {"issued_invoice": {"due_date": "2026-05-01"}}
    assert (await partner.patch(f"/receivables/{receivable_id}", json=change)).status_code == 200
    wishes = link.wishes + 1
    assert (await partner.post(f"/receivables/{receivable_id}/cancel")).status_code == 204
    (link,) = await links_of(api, receivable_id)
    assert (link.push_wanted_at, link.wishes) == (api.clock.now(), wishes + 1), "its outcome is waited for"


async def test_marking_as_paid_records_a_payment_of_all_that_is_due(api: Api, partner: Partner, trader: Trader) -> None:
    receivable_id = await issued(partner, trader)
    body = {"comment": "Cash", "paid_at": "2026-03-01T10:00:00+01:00"}
    answer = await partner.post(f"/receivables/{receivable_id}/mark_as_paid", json=body)
    assert answer.status_code == 200
    paid = answer.json()
    assert (paid["status"], paid["amount_paid"], paid["amount_due"]) == ("paid", 10_000, 0)
    assert (paid["paid_at"], paid["comment"]) == ("2026-03-01T09:00:00Z", "Cash")
    records = (await partner.get(f"/payment_records?object_id={receivable_id}")).json()["data"]
    assert [(x["amount"], x["status"], x["object"]["new_status"]) for x in records] == [(10_000, "succeeded", "paid")]
    assert (await events_of(api, receivable_id))[-1] == "receivable.paid"
    again = await partner.post(f"/receivables/{receivable_id}/mark_as_paid")
    assert again.status_code == 409


async def test_a_partial_payment_tells_the_running_total(partner: Partner, trader: Trader) -> None:
    receivable_id = await issued(partner, trader)
    path = f"/receivables/{receivable_id}/mark_as_partially_paid"
    for total in (2_500, 4_000):
        answer = await partner.post(path, json={"amount_paid": total})
        assert (answer.json()["status"], answer.json()["amount_paid"]) == ("partially_paid", total)
    assert answer.json()["amount_due"] == 6_000
    records = (await partner.get(f"/payment_records?object_id={receivable_id}&sort=amount")).json()["data"]
    assert [x["amount"] for x in records] == [1_500, 2_500]
    assert (await partner.post(path, json={"amount_paid": 4_000})).status_code == 409
    assert (await partner.post(path, json={"amount_paid": 3_000})).status_code == 409
    assert (await partner.post(path, json={"amount_paid": 10_000})).status_code == 422
    assert (await partner.post(path, json={"amount_paid": 0})).status_code == 422
    rest = await partner.post(f"/receivables/{receivable_id}/mark_as_paid")
    assert (rest.json()["status"], rest.json()["amount_paid"]) == ("paid", 10_000)


async def test_giving_up_leaves_the_books_alone(api: Api, partner: Partner, trader: Trader) -> None:
    receivable_id = await issued(partner, trader)
    answer = await partner.post(f"/receivables/{receivable_id}/mark_as_uncollectible", json={"comment": "Bankrupt"})
    assert (answer.json()["status"], answer.json()["comment"]) == ("uncollectible", "Bankrupt")
    assert (await events_of(api, receivable_id))[-1] == "receivable.uncollectible"
    assert (await partner.post(f"/receivables/{receivable_id}/cancel")).status_code == 409


async def test_changes_of_an_issued_invoice_are_wanted_in_the_books_if_they_show_there(
    api: Api, partner: Partner, trader: Trader
) -> None:
    await connect_books(api, partner)
    receivable_id = await issued(partner, trader)
    change = {"due_date": "2026-05-01", "memo": "Soon", "entity": {"type": "organization", "name": "Acme Holding"}}
    answer = await partner.patch(f"/receivables/{receivable_id}", json={"issued_invoice": change})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["due_date"], answer.json()["entity"]["name"]) == ("2026-05-01", "Acme Holding")
    (link,) = await links_of(api, receivable_id)
    assert link.push_wanted_at is not None
    await put_into_books(api, receivable_id)
    kept = await partner.patch(
        f"/receivables/{receivable_id}", json={"issued_invoice": {"partner_metadata": {"seen": True}}}
    )
    assert kept.json()["partner_metadata"] == {"seen": True}
    (link,) = await links_of(api, receivable_id)
    assert link.sync_status == "done", "the books have no place for it"
    later = await partner.patch(f"/receivables/{receivable_id}", json={"issued_invoice": {"memo": "Later"}})
    assert later.status_code == 200
    (link,) = await links_of(api, receivable_id)
    assert (link.sync_status, link.external_id) == ("pending", "77")
    draft_change = await partner.patch(f"/receivables/{receivable_id}", json={"invoice": {"memo": "x"}})
    assert draft_change.status_code == 409


async def test_a_moved_issue_date_moves_the_due_date(api: Api, partner: Partner, trader: Trader) -> None:
    await connect_books(api, partner)
    receivable_id = await issued(partner, trader, payment_terms={"term_final": {"number_of_days": 10}})
    path = f"/receivables/{receivable_id}"
    moved = await partner.patch(path, json={"issued_invoice": {"issue_date": "2026-03-01T02:00:00Z"}})
    assert moved.json()["due_date"] == "2026-03-10"  # the books still have 28 February
    for moment in ("9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"):
        refused = await partner.patch(path, json={"issued_invoice": {"issue_date": moment}})
        assert refused.status_code == 422


async def test_payments_told_at_once_are_recorded_once(partner: Partner, trader: Trader) -> None:
    receivable_id = await issued(partner, trader)
    path = f"/receivables/{receivable_id}/mark_as_paid"
    answers = await asyncio.gather(*(partner.post(path) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len((await partner.get(f"/payment_records?object_id={receivable_id}")).json()["data"]) == 1


async def test_numbers_given_at_once_differ(partner: Partner, trader: Trader) -> None:
    drafts = [await draft(partner, trader) for _ in range(4)]
    answers = await asyncio.gather(*(partner.post(f"/receivables/{each}/issue") for each in drafts))
    numbers = sorted(answer.json()["document_id"] for answer in answers)
    assert numbers == ["INV-00001", "INV-00002", "INV-00003", "INV-00004"]


async def test_an_issued_invoice_shows_its_parties_as_they_were(partner: Partner, trader: Trader) -> None:
    receivable_id = await issued(partner, trader)
    changed = await partner.patch(f"/entities/{partner.entity_id}", json={"organization": {"legal_name": "New Name"}})
    assert changed.status_code == 200
    assert (await seen(partner, receivable_id))["entity"]["name"] == "Acme Ltd"
    assert (await seen(partner, await draft(partner, trader)))["entity"]["name"] == "New Name"


async def test_a_refused_issue_uses_up_no_number(api: Api, partner: Partner, trader: Trader) -> None:
    empty = await draft(partner, trader, line_items=[])
    await partner.post(f"/receivables/{empty}/issue")
    async with api.services.database.read() as session:
        assert (await session.scalars(select(Receivable.document_id))).all() == [None]
    assert (await seen(partner, await issued(partner, trader)))["document_id"] == "INV-00001"
