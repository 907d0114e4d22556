"""Everything that the people of a company can do, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.gateway.conditions import condition_actions
from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.platforms.quickbooks.sandbox.people import correcting, listing, office, paying, trading
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError, Refusal
from tieout.sandbox.apps import Apps
from tieout.sandbox.people import Action, ActionRefusedError, People

_Doing = Callable[[Books, Mapping[str, Any]], dict[str, Any]]
_ACTIONS: dict[str, _Doing] = {
    "pay": paying.pay,
    "deposit": paying.deposit,
    "create_invoice": trading.create_invoice,
    "create_bill": trading.create_bill,
    "create_customer": trading.create_customer,
    "create_vendor": trading.create_vendor,
    "edit": correcting.edit,
    "void": correcting.void_document,
    "delete": correcting.delete_document,
    "rename": listing.rename,
    "inactivate": listing.inactivate,
    "reactivate": listing.reactivate,
    "merge": listing.merge_two,
    "close_books": office.close_books,
    "open_books": office.open_books,
    "change_numbering": office.change_numbering,
    "change_tax_rate": office.change_tax_rate,
    "set_up_sales_tax": office.set_up_sales_tax,
    "turn_off_sales_tax": office.turn_off_sales_tax,
    "end_subscription": office.end_subscription,
    "renew_subscription": office.renew_subscription,
    "remove_admin": office.remove_admin,
    "restore_admin": office.restore_admin,
}
"""What people do in the books. A description says what is asked for, and is what a page shows."""


@dataclass(slots=True)
class Staff:
    """Who works in one company. `apps` is set once the platform exists."""

    books: Books
    grants: Grants
    apps: Apps | None = None

    def people(self) -> People:
        """Their actions."""
        actions = {name: _bound(do, self.books) for name, do in _ACTIONS.items()}
        leave = wraps(office.disconnect)(partial(office.disconnect, self.books, self.grants, self.apps))
        return People({**actions, "disconnect": leave, **condition_actions(self.books)})


def _bound(do: _Doing, books: Books) -> Action:
    """The action in one company, with what the books refuse told to the person."""

    @wraps(do)
    def action(wish: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return do(books, wish)
        except (Refusal, NotSimulatedError) as refusal:
            raise ActionRefusedError(str(refusal)) from refusal

    return action
