"""Answering queries: conditions become tests on objects, a page is joined from bytes that are kept."""

import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import islice
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.currencies import exchange_rates
from tieout.platforms.quickbooks.sandbox.accounting.fields import entity_fields
from tieout.platforms.quickbooks.sandbox.accounting.kinds import BY_WORD, LINKED_TO, Kind
from tieout.platforms.quickbooks.sandbox.accounting.ordering import Order
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shelf, listed_at
from tieout.platforms.quickbooks.sandbox.accounting.rendering import account_balance, balance_with_jobs, rendered, wire
from tieout.platforms.quickbooks.sandbox.figures import encode
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.conditions import check_kind
from tieout.platforms.quickbooks.sandbox.gateway.statements import Condition, Statement, read_statement
from tieout.platforms.quickbooks.sandbox.moments import read_moment

Getter = Callable[[Record], Any]
Test = Callable[[Record], bool]
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, "<": lt, ">": gt, "<=": le, ">=": ge}
_CREATED, _UPDATED = "MetaData.CreateTime", "MetaData.LastUpdatedTime"
RATE_DAYS_MAX = 1_000
"""The exchange rates of how many days one query goes through."""
_ALWAYS = frozenset({"Id", _CREATED, _UPDATED})
_BY_TIME: dict[str, Callable[[Shelf], Order[Record]]] = {
    _UPDATED: Shelf.by_update,
    _CREATED: Shelf.by_creation,
    "TxnDate": Shelf.by_day,
}
"""Fields whose later part is found without looking at the earlier."""
_GROUPED = frozenset({"DocNumber", "DisplayName", "Name", "FullyQualifiedName"})
"""Fields besides references by which objects are looked up."""
_CONTACTS = {"PrimaryEmailAddr": "Address", "PrimaryPhone": "FreeFormNumber"}


def answer_query(books: Books, text: str, *, undocumented: bool = True) -> bytes:
    """The `QueryResponse` of a statement; see `run_query`."""
    return run_query(books, text, undocumented=undocumented)[1]


def run_query(books: Books, text: str, *, undocumented: bool = True) -> tuple[int, bytes]:
    """How many rows come, and the `QueryResponse` that has them. Raises `Refusal` 4000, 4001, 4002, 5020, 5030.

    `undocumented`: whether operators work that are only reported to (`!=`, `NOT IN`, `NOT LIKE`).
    """
    statement = read_statement(text, undocumented=undocumented)
    kind = BY_WORD.get(statement.entity.lower())
    if kind is None:
        raise faults.query_invalid(f"invalid context declaration: {statement.entity}")
    check_kind(books, kind)
    if not statement.everything:
        for field in statement.fields:
            _selected(kind, field)
    if kind is exchange_rates.KIND:
        exchange_rates.shelve_rates(books, _days_asked(books, kind, statement))
    start, results = statement.start - 1, statement.results
    if kind.pseudo_unpaged:
        results += sum(not record.id.isdigit() for record in books.shelf(kind))
    total, page = _found(books, kind, statement, start, results)
    if statement.count:
        return 0, b'{"totalCount":%d}' % total
    if not page:
        return 0, b"{}"
    rows = _rows(books, kind, statement, page)
    told = b'{"%s":[%s],"startPosition":%d,"maxResults":%d' % (
        kind.name.encode(),
        b",".join(rows),
        statement.start,
        len(page),
    )
    return len(page), told + (b',"totalCount":%d}' % total if kind.counted else b"}")


def _found(books: Books, kind: Kind, statement: Statement, start: int, results: int) -> tuple[int, Sequence[Record]]:
    """How many objects match, and those on the page. The number is right only where it is told."""
    shelf = books.shelf(kind)
    conditions = [replace(one, field=_canonical(kind, one.field)) for one in statement.conditions]
    order = [(_canonical(kind, field), descending) for field, descending in statement.order]
    tests = [_test(books, kind, condition) for condition in conditions]
    active_only = kind.is_list and not any(one.field == "Active" for one in conditions)
    walk = _walk(shelf, order, active_only=active_only)
    if walk is not None and not tests:
        index, descending = walk
        return len(index), index.page(start, start + results, descending=descending)
    if active_only:
        tests.append(lambda record: record.active)
    narrowed = _narrowed(shelf, kind, conditions)
    if narrowed is None and walk is not None:
        index, descending = walk
        candidates: Iterable[Record] = index.page(0, len(index), descending=descending)
        if not statement.count and not kind.counted:
            matching = (record for record in candidates if all(test(record) for test in tests))
            return 0, list(islice(matching, start, start + results))
    else:
        candidates = _sorted(books, kind, order, list(shelf) if narrowed is None else narrowed)
    found = [record for record in candidates if all(test(record) for test in tests)]
    return len(found), found[start : start + results]


def _days_asked(books: Books, kind: Kind, statement: Statement) -> list[date]:
    """The days of which a query wants exchange rates: those it names, all between two, or today."""
    named: list[date] = []
    first: date | None = None
    last = books.today()
    for one in statement.conditions:
        if _canonical(kind, one.field) != "AsOfDate":
            continue
        days = [date.fromisoformat(_converted(kind, "AsOfDate", value)) for value in one.values]
        if one.operator in ("=", "IN"):
            named += days
        elif one.operator in (">", ">="):
            first = days[0]
        elif one.operator in ("<", "<="):
            last = min(last, days[0])
        else:
            raise faults.query_invalid(f"operator {one.operator} is not supported for property AsOfDate")
    if named:
        return sorted(set(named))
    if first is None:
        return [last]
    return [first + timedelta(days=place) for place in range(min((last - first).days + 1, RATE_DAYS_MAX))]


def _walk(shelf: Shelf, order: Sequence[tuple[str, bool]], *, active_only: bool) -> tuple[Order[Record], bool] | None:
    """The index that has the order asked for, and whether it is gone through backwards."""
    kind = shelf.kind
    if not order:
        if kind.newest_first:
            return shelf.by_update(), True
        return (shelf.as_listed(active_only=active_only), False) if kind.order else None
    (field, descending), *others = order
    if others:
        return None
    if field == kind.order:
        return shelf.as_listed(active_only=active_only), descending
    if active_only or field not in _BY_TIME:
        return None
    return _BY_TIME[field](shelf), descending


def _narrowed(shelf: Shelf, kind: Kind, conditions: Sequence[Condition]) -> list[Record] | None:
    """The objects that an index finds for one of the conditions; None where each has to be looked at."""
    for condition in conditions:
        if condition.operator in ("=", "IN"):
            values = list(dict.fromkeys(str(value).casefold() for value in condition.values))
            if condition.field == "Id":
                found = [shelf.get(str(value)) for value in dict.fromkeys(condition.values)]
                return [record for record in found if record is not None]
            if _is_grouped(kind, condition.field):
                return [record for value in values for record in shelf.having(condition.field, value)]
    for condition in conditions:
        by = _BY_TIME.get(condition.field)
        if by is not None and condition.operator in ("=", ">", ">="):
            return list(by(shelf).since(_converted(kind, condition.field, condition.values[0])))
    return None


def _is_grouped(kind: Kind, field: str) -> bool:
    """Whether objects can be looked up by the field: a reference, or a name or number kept as it is told."""
    return field in _GROUPED or (field in kind.filters and entity_fields(kind.name).get(field) == "reference")


def _canonical(kind: Kind, field: str) -> str:
    """A field as the kind spells it. Raises `Refusal` 4001 for one that it lacks or that cannot be asked about."""
    wanted = field.lower()
    for name in (*_ALWAYS, *kind.filters):
        if name.lower() == wanted:
            return name
    top = wanted.partition(".")[0]
    for name in entity_fields(kind.name):
        if name.lower() == top:
            raise faults.query_invalid(f"property '{name}' is not queryable")
    raise faults.query_invalid(f"Property {field} not found for Entity {kind.name}")


def _getter(books: Books, kind: Kind, field: str) -> Getter:
    """How a field is read from an object: times as moments, figures as Decimal, references as ids."""
    special = _SPECIAL.get((kind.name, field)) or _SPECIAL.get(("", field))
    if special is not None:
        return lambda record: special(books, record)
    declared = entity_fields(kind.name)[field]
    if declared == "reference":
        return lambda record: record.content.get(field, {}).get("value")
    if field in _CONTACTS:
        return lambda record: record.content.get(field, {}).get(_CONTACTS[field])
    if declared == "decimal":
        return lambda record: Decimal(record.content[field]) if field in record.content else None
    return lambda record: record.content.get(field)


def _linked(part: str) -> Callable[[Books, Record], tuple[str, ...]]:
    """What an attachable hangs on: one value for each link."""
    return lambda _books, record: tuple(
        str(link["EntityRef"][part]) for link in record.content.get("AttachableRef", ()) if "EntityRef" in link
    )


_SPECIAL: dict[tuple[str, str], Callable[[Books, Record], Any]] = {
    ("Attachable", LINKED_TO[0]): _linked("type"),
    ("Attachable", LINKED_TO[1]): _linked("value"),
    ("RecurringTransaction", "Type"): lambda _books, record: next(iter(record.content)),
    ("", "Id"): lambda _books, record: record.id,
    ("", _CREATED): lambda _books, record: record.created_at,
    ("", _UPDATED): lambda _books, record: record.updated_at,
    ("", "Active"): lambda _books, record: record.active,
    ("", "TotalAmt"): lambda _books, record: record.shaped.total,
    ("Customer", "Balance"): lambda _books, record: record.balance,
    ("Vendor", "Balance"): lambda _books, record: record.balance,
    ("Customer", "BalanceWithJobs"): balance_with_jobs,
    ("Item", "QtyOnHand"): lambda _books, record: record.balance,
    ("Account", "CurrentBalance"): account_balance,
    ("", "Balance"): lambda _books, record: record.open,
}


def _test(books: Books, kind: Kind, condition: Condition) -> Test:
    """A condition as a test of an object; of what may have several values, one has to fit."""
    if condition.field == "Id" and condition.operator not in ("=", "IN"):
        raise faults.query_invalid(f"operator {condition.operator} is not supported for property Id")
    getter, fits = _getter(books, kind, condition.field), _fits(kind, condition)
    if condition.field in LINKED_TO:
        return lambda record: any(fits(value) for value in getter(record))
    return lambda record: fits(getter(record))


def _fits(kind: Kind, condition: Condition) -> Callable[[Any], bool]:
    """A condition as a test of a value."""
    negated, operator = condition.operator.startswith("NOT "), condition.operator.removeprefix("NOT ")
    if operator == "LIKE":
        pattern = _pattern(kind, condition.field, condition.values[0])
        return lambda value: value is not None and (pattern.fullmatch(str(value)) is None) == negated
    wanted = [_folded(_converted(kind, condition.field, value)) for value in condition.values]
    if operator == "IN":
        return lambda value: (_folded(value) in wanted) != negated
    compare, against = _COMPARISONS[operator], wanted[0]
    return lambda value: value is not None and compare(_folded(value), against)


def _folded(value: Any) -> Any:
    """Texts are compared without regard to case: `Name = 'checking'` finds Checking, as clients count on."""
    return value.casefold() if isinstance(value, str) else value


def _pattern(kind: Kind, field: str, value: str | bool) -> re.Pattern[str]:
    if isinstance(value, bool) or not isinstance(_converted(kind, field, str(value), like=True), str):
        raise faults.query_invalid(f"operator LIKE is not supported for property {field}")
    return re.compile(".*".join(re.escape(part) for part in value.split("%")), re.IGNORECASE | re.DOTALL)


def _converted(kind: Kind, field: str, value: str | bool, *, like: bool = False) -> Any:
    """A value as its field's type. Raises `Refusal` 4001."""
    declared = "dateTime" if field in (_CREATED, _UPDATED) else entity_fields(kind.name).get(field, "string")
    if declared == "boolean":
        if not isinstance(value, bool) and value not in ("true", "false"):
            raise faults.query_invalid(f"value '{value}' is no boolean for property {field}")
        return value in (True, "true")
    if isinstance(value, bool):
        raise faults.query_invalid(f"value {value} does not fit property {field}")
    if like:
        return value if declared in ("string", "id", "reference", "date") or field in _CONTACTS else None
    try:
        return _read(declared, value)
    except (ValueError, InvalidOperation):
        raise faults.query_invalid(f"value '{value}' does not fit property {field}") from None


def _read(declared: str, value: str) -> str | Decimal | datetime:
    if declared in ("decimal", "int", "long", "positiveInteger"):
        figure = Decimal(value)
        if not figure.is_finite():
            raise ValueError(value)
        return figure
    if declared == "dateTime":
        return read_moment(value)
    if declared == "date":
        return read_moment(value).date().isoformat()
    return value


def _sorted(books: Books, kind: Kind, order: Sequence[tuple[str, bool]], found: list[Record]) -> list[Record]:
    """In the order asked for, or the kind's own: transactions by the time of their last change, newest first."""
    if not order and kind.newest_first:
        return sorted(found, key=lambda record: (record.updated_at, record.ordinal), reverse=True)
    if not order:
        return sorted(found, key=lambda record: (listed_at(kind, record), record.ordinal))
    found = sorted(found, key=lambda record: record.ordinal, reverse=order[-1][1])
    for field, descending in reversed(order):
        getter = _by_id if field == "Id" else _getter(books, kind, field)
        getter = partial(listed_at, kind) if field == kind.order else getter
        found = sorted(found, key=_sort_key(getter), reverse=descending)
    return found


def _by_id(record: Record) -> tuple[int, str]:
    """Ids in the order of their figures; nobody may count on it for long."""
    return len(record.id), record.id


def _sort_key(getter: Getter) -> Callable[[Record], tuple[bool, Any]]:
    """What is missing comes first."""

    def key(record: Record) -> tuple[bool, Any]:
        value = getter(record)
        return (value is not None, value if value is not None else 0)

    return key


def _rows(books: Books, kind: Kind, statement: Statement, page: Sequence[Record]) -> list[bytes]:
    """The page's objects: whole ones from their kept bytes, selections made for the occasion."""
    if statement.everything:
        hidden = {field for field in kind.only_when_asked if field not in statement.fields}
        if not hidden or not any(hidden & record.content.keys() for record in page):
            return [wire(books, record) for record in page]
        told = [rendered(books, record) for record in page]
        return [encode({name: value for name, value in one.items() if name not in hidden}) for one in told]
    chosen = [_selected(kind, field) for field in statement.fields]
    return [encode(_selection(rendered(books, record), chosen)) for record in page]


def _selected(kind: Kind, field: str) -> tuple[str, str | None]:
    """A field of a selection, with the part of it that is wanted. Raises `Refusal` 4001."""
    top, _, part = field.partition(".")
    for name in entity_fields(kind.name):
        if name.lower() == top.lower():
            return name, part or None
    raise faults.query_invalid(f"Property {field} not found for Entity {kind.name}")


def _selection(told: dict[str, Any], chosen: Sequence[tuple[str, str | None]]) -> dict[str, Any]:
    """The chosen fields of an object, which is then marked as sparse."""
    selected: dict[str, Any] = {"sparse": True}
    for name in dict.fromkeys(name for name, _ in chosen if name in told):
        parts = {part for other, part in chosen if other == name}
        value = told[name]
        if None in parts:
            selected[name] = value
        elif isinstance(value, dict):
            selected[name] = _only(parts, value)
        elif isinstance(value, list):
            selected[name] = [_only(parts, one) for one in value]
    return selected


def _only(parts: Container[str | None], value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if name in parts}
