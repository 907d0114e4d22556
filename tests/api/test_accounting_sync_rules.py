"""GET and PATCH /accounting_sync_rules."""

from typing import Any

import pytest
from sqlalchemy import select
from tests.support.partner import Api, Partner
from tests.support.people import user_who_may

from tieout.storage.tables.access import AuditEntry

PATH = "/accounting_sync_rules"
DOCUMENT = {"texts": "newest", "money": "hold", "dates": "hold", "existence": "hold"}
DEFAULTS = {
    "customer": {"contact_details": "newest"},
    "vendor": {"contact_details": "newest"},
    "product": {"texts": "newest", "money": "hold"},
    "receivable": DOCUMENT,
    "bill": DOCUMENT,
    "payable_credit_note": DOCUMENT,
}


@pytest.fixture
async def owner(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def changed(owner: Partner, conflicts: Any) -> dict[str, Any]:
    answer = await owner.patch(PATH, json={"conflicts": conflicts})
    assert answer.status_code == 200, answer.text
    assert answer.json() == (await owner.get(PATH)).json()
    shown: dict[str, Any] = answer.json()["conflicts"]
    return shown


async def test_an_entity_that_chose_nothing_has_the_defaults(owner: Partner) -> None:
    assert (await owner.get(PATH)).json()["conflicts"] == DEFAULTS
    assert await changed(owner, {}) == DEFAULTS


async def test_a_change_leaves_alone_what_it_does_not_name_and_null_takes_a_choice_back(owner: Partner) -> None:
    assert await changed(owner, {"bill": {"money": "books_win"}}) == DEFAULTS | {
        "bill": DOCUMENT | {"money": "books_win"}
    }
    both = {"bill": {"dates": "newest"}, "vendor": {"contact_details": "partner_wins"}}
    bill = DOCUMENT | {"money": "books_win", "dates": "newest"}
    vendor = {"contact_details": "partner_wins"}
    assert await changed(owner, both) == DEFAULTS | {"bill": bill, "vendor": vendor}
    assert await changed(owner, {"bill": {"money": None}}) == DEFAULTS | {
        "bill": DOCUMENT | {"dates": "newest"},
        "vendor": vendor,
    }
    assert await changed(owner, None) == DEFAULTS


async def test_a_tolerance_of_totals_is_chosen_and_taken_back(owner: Partner) -> None:
    assert (await owner.get(PATH)).json()["total_tolerance"] == 0
    assert (await owner.patch(PATH, json={"total_tolerance": 1})).json()["total_tolerance"] == 1
    await changed(owner, {"bill": {"money": "books_win"}})
    assert (await owner.get(PATH)).json()["total_tolerance"] == 1
    assert (await owner.patch(PATH, json={"total_tolerance": None})).json()["total_tolerance"] == 0


async def test_a_change_is_told_once_and_audited(api: Api, owner: Partner) -> None:
    await changed(owner, {"product": {"money": "books_win"}})
    await changed(owner, {"product": {"money": "books_win"}})
    [event] = (await owner.get("/events?object_type=accounting_sync_rules")).json()["data"]
    assert (event["action"], event["entity_id"]) == ("accounting_sync_rules.updated", owner.entity_id)
    async with api.services.database.read() as session:
        entries = await session.scalars(
            select(AuditEntry).where(AuditEntry.action == "entity.accounting_sync_rules_changed")
        )
        [entry] = entries.all()
    assert entry.details == {"conflicts": {"product": {"money": "books_win"}}}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"conflicts": {"bill": {"money": "me"}}}, 422, "'books_win', 'partner_wins', 'newest' or 'hold'"),
        ({"conflicts": {"bill": {"weather": "hold"}}}, 422, "weather"),
        ({"conflicts": {"customer": {"dates": "hold"}}}, 422, "dates"),
        ({"conflicts": {"quote": {"money": "hold"}}}, 422, "quote"),
        ({"conflicts": {"bill": "hold"}}, 422, "bill"),
        ({"total_tolerance": 2}, 422, "total_tolerance"),
        ({"total_tolerance": -1}, 422, "total_tolerance"),
        ({"total_tolerance": True}, 422, "total_tolerance"),
        ({"surprises": {}}, 422, "surprises"),
        ({"push_statuses": {"receivable": ["overdue"]}}, 422, "name issued with it"),
        ({"push_statuses": {"receivable": ["draft"]}}, 422, "'issued', 'overdue'"),
        ({"push_statuses": {"payable": ["draft"]}}, 422, "'new', 'approve_in_progress'"),
        ({"push_statuses": {"quote": ["accepted"]}}, 422, "quote"),
    ],
)  # fmt: skip
async def test_what_no_rule_can_say_is_refused_by_name(
    owner: Partner, body: dict[str, Any], status: int, said: str
) -> None:
    answer = await owner.patch(PATH, json=body)
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert (await owner.get(PATH)).json()["conflicts"] == DEFAULTS


async def test_rules_are_the_partners_to_make_for_each_entity(owner: Partner, other_partner: Partner) -> None:
    await changed(owner, {"bill": {"money": "books_win"}})
    user = await user_who_may(owner, entity={"read": "allowed", "update": "allowed"})
    assert (await user.get(PATH)).status_code == 403
    assert (await user.patch(PATH, json={})).status_code == 403
    other_partner.entity_id = owner.entity_id
    assert (await other_partner.get(PATH)).status_code == 404
    await owner.make_entity("Beside Ltd")
    assert (await owner.get(PATH)).json()["conflicts"] == DEFAULTS
