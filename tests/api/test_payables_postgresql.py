"""Payables on PostgreSQL, which is stricter than SQLite about types, locks and what it tells of an INSERT."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.support.databases import empty_database
from tests.support.documents import make_counterpart
from tests.support.partner import Api, Partner, start_api

pytestmark = pytest.mark.postgresql

PDF = b"%PDF-1.7\n%%EOF"
COMPLETE = {"currency": "USD", "document_id": "V-17", "due_date": "2026-04-01", "issued_at": "2026-03-01"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with empty_database("postgresql", tmp_path) as database:
        started = await start_api(tmp_path, database=database)
        yield started
        await started.http.aclose()


@pytest.fixture
async def buyer(api: Api) -> Partner:
    made = await api.new_partner()
    await made.make_entity()
    return made


async def test_a_bill_lives_its_life(api: Api, buyer: Partner) -> None:
    vendor = await make_counterpart(api, buyer, "Books by Bessie")
    made = (await buyer.post("/payables", json=COMPLETE | {"counterpart_id": vendor.id})).json()
    path = f"/payables/{made['id']}"
    line = {"name": "Paper", "quantity": 1.5, "unit_price": 333, "tax": 1250}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("line_items", {"json": line}),
        ("attach_file", {"files": {"file": ("bill.pdf", PDF)}}),
        ("submit_for_approval", {}),
        ("approve_payment_operation", {}),
        ("mark_as_partially_paid", {"json": {"amount_paid": 63}}),
        ("mark_as_paid", {}),
    ]
    for step, options in steps:
        answer = await buyer.post(f"{path}/{step}", **options)
        assert answer.status_code < 300, answer.text
    shown = (await buyer.get(path)).json()
    assert (shown["status"], shown["amount_paid"], shown["amount_due"]) == ("paid", 563, 0)
    history = (await buyer.get(f"{path}/history?order=desc&limit=2")).json()
    assert [event["event_data"]["new_status"] for event in history["data"]] == ["paid", "partially_paid"]
    older = await buyer.get(f"{path}/history?pagination_token={history['next_pagination_token']}")
    assert [event["event_data"]["new_status"] for event in older.json()["data"]] == [
        "waiting_to_be_paid",
        "approve_in_progress",
    ]


async def test_every_filter_and_sort_is_understood(api: Api, buyer: Partner) -> None:
    vendor = await make_counterpart(api, buyer, "Books by Bessie")
    made = (await buyer.post("/payables", json=COMPLETE | {"counterpart_id": vendor.id, "total_amount": 5})).json()
    fitting = {
        "status": "draft",
        "status__in": "draft",
        "id__in": made["id"],
        "currency": "USD",
        "counterpart_id": vendor.id,
        "counterpart_name": "Books by Bessie",
        "counterpart_name__contains": "Bessie",
        "counterpart_name__icontains": "bessie",
        "search_text": "BESSIE",
        "document_id": "V-17",
        "document_id__contains": "V-",
        "document_id__icontains": "v-",
        "source_of_payable_data": "user_specified",
        "origin": "upload",
        "has_file": "false",
        "has_tags": "false",
        "tag_ids__not_in": str(uuid4()),
        "created_at__gte": "2026-03-02T09:30:00Z",
        "created_at__lte": "2026-03-02T09:30:00Z",
        "created_at__gt": "2026-01-01T00:00:00+02:00",
        "created_at__lt": "2027-01-01T00:00:00",
    }
    for name, value in (("due_date", "2026-04-01"), ("issued_at", "2026-03-01"), ("total_amount", 5), ("amount", 5)):
        fitting |= {name: str(value), f"{name}__gte": str(value), f"{name}__lte": str(value)}
    fitting |= {"total_amount__gt": "4", "amount__lt": "6", "due_date__gt": "2026-03-31", "issued_at__lt": "2026-03-02"}
    unfitting = (
        "was_created_by_user_id",
        "line_item_id",
        "purchase_order_id",
        "project_id",
        "project_id__in",
        "tag_ids",
    )
    for sort in ("id", "created_at", "issued_at"):
        answer = await buyer.get("/payables", params=fitting | {"sort": sort, "order": "desc"})
        assert [row["id"] for row in answer.json()["data"]] == [made["id"]], answer.text
    for name in unfitting:
        assert (await buyer.get("/payables", params={name: str(uuid4())})).json()["data"] == []


async def test_an_upload_under_a_key_happens_once(buyer: Partner) -> None:
    options: dict[str, Any] = {"files": {"file": ("bill.pdf", PDF)}, "headers": {"idempotency-key": "k"}}
    answers = [await buyer.post("/payables/upload_from_file", **options) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
