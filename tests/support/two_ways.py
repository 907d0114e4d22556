"""What people change in simulated books that a partner changes too, and what became of it."""

from datetime import timedelta
from typing import Any

from tests.support.trading import Json, Trade

from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import update
from tieout.platforms.quickbooks.sandbox.people.finding import standing

EDIT = {"quickbooks": "edit", "xero": "edit_document"}


def edit_document(trade: Trade, external_id: str, **change: str) -> None:
    """Somebody in the company changes a document, a little later than what was before: versions are times."""
    trade.house.clock.move(timedelta(seconds=2))
    trade.act(EDIT[trade.platform], document_id=external_id, **change)


def _customer(trade: Trade, external_id: str) -> Record:
    return next(one for one in trade.quickbooks.shelf(KINDS["Customer"]) if one.id == external_id)


def edit_email(trade: Trade, external_id: str, email: str) -> None:
    """Somebody in the company gives a customer another address, a little later than what was before."""
    trade.house.clock.move(timedelta(seconds=2))
    if trade.platform == "xero":
        trade.act("edit_contact", contact_id=external_id, email=email)
        return
    record = _customer(trade, external_id)
    update(trade.quickbooks, KINDS["Customer"], standing(record, PrimaryEmailAddr={"Address": email}))


def told(trade: Trade, external_id: str) -> tuple[str | None, str | None]:
    """The email and phone of a customer, as the books have them."""
    if trade.platform == "quickbooks":
        content = _customer(trade, external_id).content
        email, phone = content.get("PrimaryEmailAddr") or {}, content.get("PrimaryPhone") or {}
        return email.get("Address"), phone.get("FreeFormNumber")
    organisation = trade.house.simulators["xero"].state.xero.organisations[trade.books.id]
    contact = organisation.contacts[external_id]
    phone = next((one for one in contact.phones.values() if one and one.get("PhoneNumber")), None)
    return contact.email, phone["PhoneNumber"] if phone else None


async def rules(trade: Trade, conflicts: Json | None) -> None:
    """Choose who wins; None for the defaults."""
    await trade.ask("PATCH", "/accounting_sync_rules", {"conflicts": conflicts})


async def conflicts_of(trade: Trade, thing: Json) -> list[Json]:
    """All conflicts of a thing that there ever were, the oldest first."""
    found: list[Json] = (await trade.ask("GET", f"/accounting_conflicts?object_id={thing['id']}"))["data"]
    return found


async def conflict_of(trade: Trade, thing: Json) -> Json:
    """The only one."""
    (found,) = await conflicts_of(trade, thing)
    assert found == await trade.ask("GET", f"/accounting_conflicts/{found['id']}")
    return found


async def sources_of(trade: Trade, kind: str, thing: Json) -> list[tuple[Any, Any]]:
    """What the history of a document tells, and whose doing it was."""
    entries = (await trade.ask("GET", f"/{kind}/{thing['id']}/history?order=asc&limit=100"))["data"]
    return [(entry["event_type"], entry["source"]) for entry in entries]
