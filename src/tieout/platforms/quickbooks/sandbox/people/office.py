"""What the people in charge do: closing the books, tax rates, the subscription, who is let in, and connections."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.taxes.rates import change_rate
from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.platforms.quickbooks.sandbox.people.finding import required_in
from tieout.sandbox.apps import Apps
from tieout.sandbox.people import ActionRefusedError, allow_only, date_in, required_text_in, text_in

Wish = Mapping[str, Any]
_PERCENT_MAX = 100
_NO_ADMIN = "admin_removed"
_CHOICES: Mapping[Any, bool] = {True: True, False: False, "true": True, "false": False}


def close_books(books: Books, wish: Wish) -> dict[str, Any]:
    """Close the books up to and including a day; without one they are opened again: `{date?}`."""
    allow_only(wish, "date")
    books.switches.books_closed_on = date_in(wish, "date")
    books.shelf("Preferences").records["1"].touch(books.now(), token=True)
    return {"books_closed_on": books.switches.books_closed_on}


def open_books(books: Books, wish: Wish) -> dict[str, Any]:
    """Open the books again."""
    allow_only(wish)
    return close_books(books, {})


def change_numbering(books: Books, wish: Wish) -> dict[str, Any]:
    """Choose how sales forms are numbered: `{by_hand?, warn?}`, each true or false.

    Numbers given by hand are left empty when nobody gives one; with a warning, one that is taken is refused.
    """
    allow_only(wish, "by_hand", "warn")
    switches = books.switches
    by_hand = _choice_in(wish, "by_hand", switches.custom_numbers)
    warn = _choice_in(wish, "warn", switches.warn_duplicate_sales_numbers)
    if by_hand is not switches.custom_numbers:
        books.shelf("Preferences").records["1"].touch(books.now(), token=True)
    switches.custom_numbers, switches.warn_duplicate_sales_numbers = by_hand, warn
    return {"by_hand": by_hand, "warn": warn}


def change_tax_rate(books: Books, wish: Wish) -> dict[str, Any]:
    """Let a tax rate have another value from a day on, today unless told: `{tax_rate, percent, from?}`."""
    allow_only(wish, "tax_rate", "percent", "from")
    rate = required_in(books, wish, "tax_rate", "TaxRate")
    percent, on = _percent(required_text_in(wish, "percent")), date_in(wish, "from") or books.today()
    try:
        change_rate(books, rate, percent, on)
    except ValueError as error:
        raise ActionRefusedError(str(error)) from error
    return {"tax_rate": {"id": rate.id, "percent": percent, "from": on}}


def set_up_sales_tax(books: Books, wish: Wish) -> dict[str, Any]:
    """Set up the tax centre, which no program can."""
    allow_only(wish)
    return _sales_tax(books, is_set_up=True)


def turn_off_sales_tax(books: Books, wish: Wish) -> dict[str, Any]:
    """Turn sales tax off: documents that stand keep theirs, new ones have none."""
    allow_only(wish)
    return _sales_tax(books, is_set_up=False)


def _sales_tax(books: Books, *, is_set_up: bool) -> dict[str, Any]:
    if books.switches.sales_tax_set_up is not is_set_up:
        books.switches.sales_tax_set_up = is_set_up
        books.shelf("Preferences").records["1"].touch(books.now(), token=True)
    return {"sales_tax_set_up": is_set_up}


def end_subscription(books: Books, wish: Wish) -> dict[str, Any]:
    """End the subscription, after which the books can only be read."""
    allow_only(wish)
    books.switches.subscription_ended = True
    return {"subscription_ended": True}


def renew_subscription(books: Books, wish: Wish) -> dict[str, Any]:
    """Renew the subscription."""
    allow_only(wish)
    books.switches.subscription_ended = False
    return {"subscription_ended": False}


def remove_admin(books: Books, wish: Wish) -> dict[str, Any]:
    """Take administrator's rights from whoever connected, which keeps every program out."""
    allow_only(wish)
    books.switches.kept_out = _NO_ADMIN
    return {"kept_out": _NO_ADMIN}


def restore_admin(books: Books, wish: Wish) -> dict[str, Any]:
    """Give administrator's rights back."""
    allow_only(wish)
    books.switches.kept_out = None
    return {"kept_out": None}


def disconnect(books: Books, grants: Grants, apps: Apps | None, wish: Wish) -> dict[str, Any]:
    """Disconnect a program, or all of them, from inside the company: `{client_id?}`.

    The tokens die at once, and nobody tells the program; only the person's browser is sent to its address.
    """
    allow_only(wish, "client_id")
    ended = grants.disconnect(books.profile.id, text_in(wish, "client_id"))
    known = apps.by_client_id if apps is not None else {}
    addresses = {client_id: known[client_id].disconnect_url for client_id in ended if client_id in known}
    joined = {
        client_id: f"{address}{'&' if '?' in address else '?'}realmId={books.profile.id}"
        for client_id, address in addresses.items()
        if address is not None
    }
    return {"disconnected": ended, "browser_goes_to": joined}


def _choice_in(wish: Wish, name: str, standing: bool) -> bool:
    """True or false, as JSON or as a form says it."""
    said = wish.get(name)
    if said is None or said == "":
        return standing
    if said not in _CHOICES:
        raise ActionRefusedError(f"{name} is true or false")
    return _CHOICES[said]


def _percent(text: str) -> Decimal:
    try:
        percent = Decimal(text)
    except InvalidOperation:
        raise ActionRefusedError("percent is a number") from None
    if not percent.is_finite() or not 0 <= percent <= _PERCENT_MAX:
        raise ActionRefusedError(f"percent is a number from 0 to {_PERCENT_MAX}")
    return percent
