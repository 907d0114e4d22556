"""What the people of an organisation can do with contacts, accounts, settings and apps, and all of it by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.platforms.xero.sandbox.accounting.accounts import write_account
from tieout.platforms.xero.sandbox.accounting.contacts import name_taken, write_contact
from tieout.platforms.xero.sandbox.accounting.items import find_item
from tieout.platforms.xero.sandbox.accounting.stock import adjust_stock, cost_of
from tieout.platforms.xero.sandbox.accounting.writing import check_locks
from tieout.platforms.xero.sandbox.people.desk import Desk, Wish
from tieout.platforms.xero.sandbox.people.documents import Paperwork
from tieout.platforms.xero.sandbox.wire import CENT, half_up
from tieout.sandbox.ledger import DocumentRef, Draft, debit
from tieout.sandbox.people import (
    Action,
    ActionRefusedError,
    People,
    allow_only,
    amount_in,
    date_in,
    required_text_in,
    text_in,
)

PERCENT_MAX = 100


@dataclass(frozen=True, slots=True)
class Doors:
    """Who may enter an organisation. Each answers how many connections or users it concerned.

    `disconnect` ends the connections of an app, or of all; `bar` and `admit` take a user, by mail address or all, and
    take the permission away or give it back.
    """

    disconnect: Callable[[str | None], int]
    bar: Callable[[str | None], int]
    admit: Callable[[str | None], int]


class Workers:
    """The people of one organisation."""

    def __init__(self, desk: Desk, doors: Doors) -> None:
        """Work at `desk`."""
        self._desk = desk
        self._organisation = desk.organisation
        self._doors = doors

    def people(self) -> People:
        """What they can do, by name."""
        actions: dict[str, Action] = {
            **Paperwork(self._desk).actions(),
            **self._contact_actions(),
            "archive_account": self.archive_account,
            "restore_account": self.restore_account,
            "lock_period": self.lock_period,
            "lock_year": self.lock_year,
            "change_tax_rate": self.change_tax_rate,
            "adjust_stock": self.adjust_stock,
            "disconnect": self.disconnect,
            "remove_permission": self.remove_permission,
            "restore_permission": self.restore_permission,
        }
        return People(actions)

    def _contact_actions(self) -> Mapping[str, Action]:
        return {
            "create_customer": self.create_contact,
            "create_contact": self.create_contact,
            "rename_contact": self.rename_contact,
            "edit_contact": self.edit_contact,
            "archive_contact": self.archive_contact,
            "restore_contact": self.restore_contact,
            "merge_contacts": self.merge_contacts,
        }

    # Contacts ---------------------------------------------------------------------------------------------------

    def create_contact(self, wish: Wish) -> dict[str, Any]:
        """Enter a contact: `{name, email?}`."""
        allow_only(wish, "name", "email")
        name, email = required_text_in(wish, "name"), text_in(wish, "email")
        if self._organisation.active_contact_named(name) is not None:
            raise ActionRefusedError(name_taken(name))
        row = self._desk.do(write_contact, {"Name": name} | ({"EmailAddress": email} if email else {})).row
        return {"contact_id": row.id}

    def rename_contact(self, wish: Wish) -> dict[str, Any]:
        """Give a contact another name: `{contact_id | contact, name}`."""
        allow_only(wish, "contact_id", "contact", "name")
        contact = self._desk.contact(wish, "contact_id", "contact")
        self._desk.do(write_contact, {"Name": required_text_in(wish, "name")}, target=contact)
        return {"contact_id": contact.id, "name": contact.name}

    def edit_contact(self, wish: Wish) -> dict[str, Any]:
        """Change the details of a contact: `{contact_id | contact, email?, tax_number?, account_number?}`."""
        allow_only(wish, "contact_id", "contact", "email", "tax_number", "account_number")
        contact = self._desk.contact(wish, "contact_id", "contact")
        names = (("email", "EmailAddress"), ("tax_number", "TaxNumber"), ("account_number", "AccountNumber"))
        said = {property_: text for name, property_ in names if (text := text_in(wish, name)) is not None}
        if not said:
            raise ActionRefusedError("say what is different")
        self._desk.do(write_contact, said, target=contact)
        return {"contact_id": contact.id, "email": contact.email}

    def archive_contact(self, wish: Wish) -> dict[str, Any]:
        """Archive a contact, open documents or not: `{contact_id | contact}`."""
        allow_only(wish, "contact_id", "contact")
        contact = self._desk.contact(wish, "contact_id", "contact")
        self._desk.do(write_contact, {"ContactStatus": "ARCHIVED"}, target=contact)
        return {"contact_id": contact.id, "status": contact.status}

    def restore_contact(self, wish: Wish) -> dict[str, Any]:
        """Bring an archived contact back, which no app can: `{contact_id}`."""
        allow_only(wish, "contact_id")
        contact = self._desk.contact(wish, "contact_id", "contact")
        if self._organisation.active_contact_named(contact.name) is not None:
            raise ActionRefusedError(name_taken(contact.name))
        contact.status, contact.merged_to = "ACTIVE", None
        contact.touch(self._organisation.now())
        self._organisation.index_contact(contact)
        return {"contact_id": contact.id, "status": contact.status}

    def merge_contacts(self, wish: Wish) -> dict[str, Any]:
        """Merge one contact into another: `{from_id, into_id}`; its documents move, and it is archived."""
        allow_only(wish, "from_id", "into_id")
        source, goal = self._desk.contact(wish, "from_id", "from"), self._desk.contact(wish, "into_id", "into")
        if source is goal or "ARCHIVED" in {source.status, goal.status}:
            raise ActionRefusedError("two different active contacts are needed")
        organisation = self._organisation
        at = organisation.now()
        for document in list(organisation.documents_of.get(source.id, ())):
            document.contact_id = goal.id
            organisation.index_document(document, old_contact=source.id)
            document.touch(at)
        for transaction in organisation.bank_transactions.values():
            if transaction.contact_id == source.id:
                transaction.contact_id = goal.id
                transaction.touch(at)
        goal.customer, goal.supplier = goal.customer or source.customer, goal.supplier or source.supplier
        source.status, source.merged_to = "ARCHIVED", goal.id
        organisation.index_contact(source, old_name=source.name)
        organisation.renames += 1
        source.touch(at)
        goal.touch()
        return {"contact_id": goal.id, "merged_id": source.id}

    # Settings ---------------------------------------------------------------------------------------------------

    def archive_account(self, wish: Wish) -> dict[str, Any]:
        """Archive an account: `{account}` by code."""
        return self._account_status(wish, "ARCHIVED")

    def restore_account(self, wish: Wish) -> dict[str, Any]:
        """Bring an archived account back: `{account}` by code."""
        return self._account_status(wish, "ACTIVE")

    def _account_status(self, wish: Wish, status: str) -> dict[str, Any]:
        allow_only(wish, "account")
        account = self._desk.account(required_text_in(wish, "account"))
        self._desk.do(write_account, {"Status": status}, target=account)
        return {"account_id": account.id, "status": account.status}

    def lock_period(self, wish: Wish) -> dict[str, Any]:
        """Lock everything dated on or before a day: `{date?}`; without a date the lock is taken off."""
        allow_only(wish, "date")
        self._organisation.period_lock = date_in(wish, "date")
        return {"period_lock": self._organisation.period_lock}

    def lock_year(self, wish: Wish) -> dict[str, Any]:
        """Lock a year that ended for everybody: `{date?}`; without a date the lock is taken off."""
        allow_only(wish, "date")
        self._organisation.year_end_lock = date_in(wish, "date")
        return {"year_end_lock": self._organisation.year_end_lock}

    def change_tax_rate(self, wish: Wish) -> dict[str, Any]:
        """Change a tax rate: `{tax_type, rate, component?}` in percent. What was written before keeps its tax."""
        allow_only(wish, "tax_type", "rate", "component")
        tax_type, component = required_text_in(wish, "tax_type").upper(), text_in(wish, "component")
        known = self._organisation.tax_rates.get(tax_type)
        if known is None or known.status != "ACTIVE":
            raise ActionRefusedError(f"there is no tax rate {tax_type}")
        try:
            rate = Decimal(required_text_in(wish, "rate"))
        except InvalidOperation:
            raise ActionRefusedError("rate is a number") from None
        if not rate.is_finite() or not 0 <= rate <= PERCENT_MAX:
            raise ActionRefusedError("rate is from 0 to 100")
        named = [part for part in known.components if component in {None, part.name}]
        if len(named) != 1:
            raise ActionRefusedError(f"say component, one of {', '.join(part.name for part in known.components)}")
        known.components = tuple(replace(part, rate=rate) if part is named[0] else part for part in known.components)
        known.touch(self._organisation.now())
        return {"tax_type": known.id, "rate": known.effective}

    def adjust_stock(self, wish: Wish) -> dict[str, Any]:
        """Count the stock anew: `{item, quantity, unit_cost?, account?, date?}`.

        `quantity` is how many pieces there are now. More come in at `unit_cost` or the average, fewer leave at the
        average; the difference goes to `account` or the item's cost of sales.
        """
        allow_only(wish, "item", "quantity", "unit_cost", "account", "date")
        organisation = self._organisation
        item = find_item(organisation, required_text_in(wish, "item"))
        if item is None or not item.tracked:
            raise ActionRefusedError("there is no tracked item of that code")
        try:
            counted = Decimal(required_text_in(wish, "quantity"))
        except InvalidOperation:
            raise ActionRefusedError("quantity is a number") from None
        change, unit_cost = counted - item.quantity_on_hand, amount_in(wish, "unit_cost")
        if not counted.is_finite() or counted < 0 or not change:
            raise ActionRefusedError("quantity is another number of pieces than before, and not negative")
        value = half_up(change * unit_cost, CENT) if unit_cost and change > 0 else cost_of(item, abs(change))
        value = abs(value) if change > 0 else -abs(value)
        on = date_in(wish, "date") or organisation.today()
        self._desk.attempt(lambda: check_locks(organisation, on))
        against = self._desk.account(text_in(wish, "account") or item.purchases.account_code or "")
        inventory = self._desk.account(item.inventory_account or "")
        self._desk.attempt(lambda: adjust_stock(organisation, item, change, value))
        reference = DocumentRef("StockAdjustment", organisation.ids.uuid())
        lines = (debit(inventory.id, value, item.name), debit(against.id, -value, item.name))
        organisation.ledger.post(Draft(reference, on, lines, memo="stock count"), at=organisation.now())
        return {"item": item.code, "quantity": item.quantity_on_hand, "value": item.cost_pool}

    # Apps -------------------------------------------------------------------------------------------------------

    def disconnect(self, wish: Wish) -> dict[str, Any]:
        """Disconnect an app, or every app: `{client_id?}`. Nobody is told."""
        allow_only(wish, "client_id")
        return {"disconnected": self._doors.disconnect(text_in(wish, "client_id"))}

    def remove_permission(self, wish: Wish) -> dict[str, Any]:
        """Remove a user, or every user, from the organisation: `{email?}`. The connection stays listed, and is shut."""
        allow_only(wish, "email")
        return {"removed": self._doors.bar(text_in(wish, "email"))}

    def restore_permission(self, wish: Wish) -> dict[str, Any]:
        """Let a user, or every user, in again: `{email?}`."""
        allow_only(wish, "email")
        return {"restored": self._doors.admit(text_in(wish, "email"))}
