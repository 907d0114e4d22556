"""Books, documents and answers that the QuickBooks tests share."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tieout.books.records import (
    Account,
    AccountType,
    Bill,
    Company,
    CreditNote,
    Invoice,
    Kind,
    Line,
    Record,
    Taxation,
    TaxComponent,
    TaxRate,
    VendorCredit,
)
from tieout.platforms.port import Answer, Operation, Request, Write

REALM = "4620816365213534"
MARKER = "5f0c1d6e-2a8a-4c8f-9a57-0d8f2b9f3c11"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

US = Company(external_id=REALM, name="Craig's", base_currency="USD", country="US")
US_AUTOMATIC = Company(external_id=REALM, name="Craig's", base_currency="USD", country="US", tax_is_computed_there=True)
UK = Company(external_id=REALM, name="Widgets", base_currency="GBP", country="GB", multi_currency=True)


def rate(external_id: str, name: str, *percents: str, purchases: Sequence[str] = ()) -> TaxRate:
    """A tax code whose rates are named after it: `3` has `3s1`, `3s2` for sales, `3p1` for purchases."""
    total = sum(map(Decimal, percents or purchases), Decimal(0))
    return TaxRate(
        external_id=external_id,
        name=name,
        effective_rate=total,
        total_rate=total,
        components=_components(external_id, "s", percents),
        purchase_components=_components(external_id, "p", purchases),
        on_sales=bool(percents),
        on_purchases=bool(purchases),
    )


def _components(code: str, side: str, percents: Sequence[str]) -> tuple[TaxComponent, ...]:
    return tuple(
        TaxComponent(external_id=f"{code}{side}{place}", name=f"{percent} %", rate=Decimal(percent))
        for place, percent in enumerate(percents, 1)
    )


US_RATES = {
    "2": rate("2", "California", "8"),
    "3": rate("3", "Tucson", "7.1", "2"),
    "4": rate("4", "Exempt", "0"),
    "TAX": TaxRate(external_id="TAX", name="TAX", effective_rate=Decimal(0), total_rate=Decimal(0), on_sales=False),
    "NON": TaxRate(external_id="NON", name="NON", effective_rate=Decimal(0), total_rate=Decimal(0)),
}
UK_RATES = {
    "5": rate("5", "20.0% S", "20", purchases=("20",)),
    "6": rate("6", "5.0% R", "5", purchases=("5",)),
    "7": rate("7", "0.0% Z", "0", purchases=("0",)),
    "8": rate("8", "GST and PST", "5", "9.975"),
}
CHECKING = Account(external_id="35", name="Checking", type=AccountType.ASSET, is_bank=True)
VISA = Account(external_id="42", name="Visa", type=AccountType.LIABILITY)

AnyDocument = Invoice | Bill | CreditNote | VendorCredit
_TYPES: dict[Kind, type[Invoice] | type[Bill] | type[CreditNote] | type[VendorCredit]] = {
    Kind.INVOICE: Invoice,
    Kind.BILL: Bill,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.VENDOR_CREDIT: VendorCredit,
}


def line(amount: str, code: str | None = None, **more: Any) -> Line:
    """A line of one piece, for an item and for an account."""
    given: dict[str, Any] = {"unit_price": Decimal(amount), "item_id": "1", "account_id": None} | more
    return Line(amount=Decimal(amount), tax_rate_id=code, **given)


def document(kind: Kind, lines: Sequence[Line], *, tax: str = "0", **more: Any) -> AnyDocument:
    """A document whose total is what its lines and tax make."""
    given: dict[str, Any] = {"number": "INV-7", "currency": "USD", "marker": MARKER, "taxation": Taxation.EXCLUSIVE}
    given |= more
    covered = sum((each.amount for each in lines), -given.get("discount", Decimal(0)))
    inclusive = given["taxation"] is Taxation.INCLUSIVE
    total = given.pop("total", covered if inclusive else covered + Decimal(tax))
    return _TYPES[kind](
        party_id="58",
        issued_on=date(2026, 11, 20),
        due_on=date(2026, 12, 20),
        lines=tuple(lines),
        subtotal=total - Decimal(tax),
        tax=Decimal(tax),
        total=total,
        balance=total,
        **given,
    )


def write(record: Record, kind: Kind, company: Company = US, **more: Any) -> Write:
    """The creation of a record."""
    given: dict[str, Any] = {
        "operation": Operation.CREATE,
        "key": "tieout-0123456789abcdef0123456789abcdef",
        "tax_rates": US_RATES if company.country == "US" else UK_RATES,
        "accounts": {"35": CHECKING, "42": VISA},
    }
    return Write(kind=kind, record=record, company=company, **(given | more))


def sent(request: Request) -> dict[str, Any]:
    """The body of a request, figures exact."""
    body: dict[str, Any] = json.loads(request.body, parse_float=Decimal, parse_int=Decimal)
    return body


def echoed(native: str, body: Mapping[str, Any], **more: Any) -> bytes:
    """What QuickBooks answers to a body: the object with its own fields, its total the sum of what was sent."""
    amounts = sum((each["Amount"] for each in body["Line"]), Decimal(0))
    total = amounts + body.get("TxnTaxDetail", {}).get("TotalTax", Decimal(0))
    shown = {
        "CurrencyRef": {"value": "USD"},
        **body,
        "Id": "155",
        "SyncToken": "0",
        "MetaData": {"CreateTime": "2026-11-22T04:00:01-08:00", "LastUpdatedTime": "2026-11-22T04:00:01-08:00"},
        "TotalAmt": total,
        "Balance": total,
        **more,
    }
    return json.dumps({native: shown, "time": "2026-11-22T04:00:01.543-08:00"}, default=_number).encode()


def _number(value: object) -> float:
    assert isinstance(value, Decimal)
    return float(value)


def answer(body: bytes | Mapping[str, Any], status: int = 200) -> Answer:
    """A JSON answer with a trace id."""
    sent_body = body if isinstance(body, bytes) else json.dumps(body, default=_number).encode()
    headers = {"content-type": "application/json;charset=UTF-8", "intuit_tid": "1-aa-bb"}
    return Answer(status=status, headers=headers, body=sent_body)
