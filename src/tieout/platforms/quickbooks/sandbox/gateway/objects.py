"""Reading and writing one object."""

from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import BY_ROUTE, KINDS, Kind, Operation
from tieout.platforms.quickbooks.sandbox.accounting.recurring import template_kind
from tieout.platforms.quickbooks.sandbox.accounting.rendering import wire
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, delete, find, update, void
from tieout.platforms.quickbooks.sandbox.figures import encode
from tieout.platforms.quickbooks.sandbox.gateway.calls import Call
from tieout.platforms.quickbooks.sandbox.gateway.conditions import check_kind
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError


def read_object(call: Call, route: str, record_id: str) -> bytes:
    """`GET /{entity}/{id}`."""
    if "include" in call.query:
        raise NotSimulatedError(f"include={call.query['include']} on reading")
    kind = _kind(call, route)
    check_kind(call.books, kind)
    return call.envelope(kind.name, wire(call.books, find(call.books, kind, record_id)))


def read_company(call: Call, realm_id: str) -> bytes:
    """`GET /companyinfo/{realmId}`; the object's own id is 1."""
    record_id = "1" if realm_id == call.books.profile.id else realm_id
    return read_object(call, "companyinfo", record_id)


def read_preferences(call: Call) -> bytes:
    """`GET /preferences`."""
    return call.envelope("Preferences", wire(call.books, find(call.books, KINDS["Preferences"], "1")))


def write_object(call: Call, route: str) -> bytes:
    """`POST /{entity}`: create, update, delete or void."""
    kind = _kind(call, route)
    wish, include = call.json(), call.include()
    operation = _operation(call, kind, wish, include)
    return call.envelope(kind.name, perform(call.books, kind, operation, wish, include))


def perform(
    books: Books, kind: Kind, operation: Operation, wish: dict[str, Any], include: frozenset[str] = frozenset()
) -> bytes:
    """Do it, and tell the object as it stands then, or that it is gone."""
    check_kind(books, kind)
    if operation is Operation.DELETE:
        gone = {"Id": delete(books, kind, wish)}
        return encode({"domain": "QBO", "status": "Deleted", **({template_kind(wish): gone} if kind.wraps else gone)})
    if operation is Operation.VOID:
        return wire(books, void(books, kind, wish))
    write = update if operation is Operation.UPDATE else create
    return wire(books, write(books, kind, wish, include))


def _kind(call: Call, route: str) -> Kind:
    kind = BY_ROUTE.get(route)
    if kind is None:
        raise call.no_such_route()
    return kind


def _voids_by_operation(kind: Kind) -> bool:
    """Whether `operation=void` voids it; the others are voided by `operation=update&include=void`."""
    return kind.name == "Invoice"


def _operation(call: Call, kind: Kind, wish: dict[str, Any], include: frozenset[str]) -> Operation:
    """What a POST does: it says so, or a body with an id is an update."""
    asked = call.query.get("operation")
    if asked is None and "void" in include:
        raise refusals.unsupported("include=void without operation=update")
    if asked is None:
        body = wish if not kind.wraps else next((one for one in wish.values() if isinstance(one, dict)), {})
        return Operation.UPDATE if body.get("Id") else Operation.CREATE
    if asked == "void" and _voids_by_operation(kind):
        return Operation.VOID
    if asked == "update" and "void" not in include:
        return Operation.UPDATE
    if asked == "update" and not _voids_by_operation(kind):
        return Operation.VOID
    if asked == "delete":
        return Operation.DELETE
    raise refusals.unsupported(asked)
