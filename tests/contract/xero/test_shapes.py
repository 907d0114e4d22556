"""The simulator's answers beside the shapes observed in recorded traffic: which properties are there, and how often."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.xero.test_invoices import line, pay
from tests.contract.xero.test_payments import credit_of
from tests.contract.xero.world import World, sale_of

REFERENCE = Path(os.environ.get("TIEOUT_REFERENCE_DIR", Path(__file__).parents[3] / ".." / "shared" / "reference"))
OBSERVED = REFERENCE / "xero-samples" / "derived" / "observed-shapes-2026-04.json"

NEWER = {"UpdatedDateUTCString"}
"""What Xero added after April 2026."""
RECORDED_ONLY = {
    # what only some organisations have, and the simulator has none of
    "BrandingThemeID", "RepeatingInvoiceID", "SentToEmailAddress", "BatchPaymentID", "BatchPayment", "BatchPayments",
    "BrandingTheme",
}  # fmt: skip
OPTIONAL = {
    # present when there is something to tell; recorded with other content
    "Url", "PaymentTerms", "MergedToContactID", "DiscountRate", "DiscountAmount", "Payments", "CreditNotes",
    "AmountCredited", "FullyPaidOnDate", "Description", "CurrencyRate", "AccountNumber", "CompanyNumber", "FirstName",
    "LastName", "SystemAccount", "InventoryAssetAccountCode", "TotalCostPool", "QuantityOnHand", "Item", "ItemCode",
    "BankAccountNumber", "BankAccountType", "CurrencyCode", "PurchaseDescription", "Attachments", "Balances",
    "EmailAddress", "BankAccountDetails", "TaxNumber", "ContactNumber", "DueDate", "DueDateString", "Warnings",
    "Reference", "UnitPrice", "TaxType", "AccountCode", "COGSAccountCode",
}  # fmt: skip


def observed(resource: str, request: str) -> tuple[set[str], set[str]]:
    """Every path that this kind of record ever had, and the top-level ones that it always had in this request."""
    if not OBSERVED.exists():
        pytest.skip(f"NO RECORDED SHAPES at {OBSERVED}: set TIEOUT_REFERENCE_DIR")
    requests = json.loads(OBSERVED.read_text())[resource]
    name = next(one for one in requests if one.startswith(request))
    total = int(name.rsplit("n=", 1)[1])
    known = {path.replace("[]", "") for paths in requests.values() for path in paths}
    return known, {path for path, (count, _types) in requests[name].items() if count == total and "." not in path}


def properties(row: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in row.items():
        path = f"{prefix}{name}"
        yield path
        if isinstance(value, dict):
            yield from properties(value, f"{path}.")
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    yield from properties(one, f"{path}[].")


def last(path: str) -> str:
    return path.rsplit(".", 1)[-1].removesuffix("[]")


def compare(rows: list[dict[str, Any]], recorded: tuple[set[str], set[str]]) -> None:
    """Nothing unknown is told, and nothing that was always there at the top level is missing."""
    assert rows
    known, always = recorded
    told = [{path.replace("[]", "") for path in properties(row)} for row in rows]
    surplus = {path for paths in told for path in paths if path not in known and last(path) not in NEWER | OPTIONAL}
    assert surplus == set()
    needed = {path for path in always if last(path) not in RECORDED_ONLY | OPTIONAL}
    assert {path for paths in told for path in needed if path not in paths} == set()


@pytest.mark.parametrize(
    ("resource", "path", "params", "request_"),
    [
        ("Invoices", "Invoices", {}, "GET Invoices  n"),
        ("Invoices", "Invoices", {"page": 1, "pageSize": 100}, "GET Invoices {'page'"),
        ("Contacts", "Contacts", {}, "GET Contacts  n"),
        ("Contacts", "Contacts", {"page": 1}, "GET Contacts {"),
        ("CreditNotes", "CreditNotes", {}, "GET CreditNotes  n"),
        ("CreditNotes", "CreditNotes", {"page": 1, "pageSize": 100}, "GET CreditNotes {"),
        ("Payments", "Payments", {}, "GET Payments  n"),
        ("Payments", "Payments", {"page": 1, "pageSize": 100}, "GET Payments {"),
        ("Items", "Items", {}, "GET Items  n"),
        ("Accounts", "Accounts", {}, "GET Accounts  n"),
        ("Organisations", "Organisation", {}, "GET Organisation"),
    ],
)
async def test_a_list_looks_as_recorded(
    demo: World, resource: str, path: str, params: dict[str, Any], request_: str
) -> None:
    compare((await demo.get(path, **params))[resource], observed(resource, request_))


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("Invoices", "Invoices/INV-0001"),
        ("Contacts", "Contacts/{contact}"),
        ("CreditNotes", "CreditNotes/CN-0001"),
        ("Payments", "Payments/{payment}"),
        ("Items", "Items/GB1-White"),
        ("Accounts", "Accounts/{account}"),
    ],
)
async def test_a_single_record_looks_as_recorded(demo: World, resource: str, path: str) -> None:
    organisation = demo.organisation
    names = {
        "contact": next(iter(organisation.contacts)),
        "payment": next(iter(organisation.payments)),
        "account": next(iter(organisation.accounts)),
    }
    compare((await demo.get(path.format(**names)))[resource], observed(resource, f"GET {resource}/{{id}}"))


async def test_answers_to_writes_look_as_recorded(demo: World) -> None:
    contact = await demo.contact()
    sale = await demo.sale(contact["ContactID"])
    note = await demo.write("PUT", "CreditNotes", credit_of(contact["ContactID"]))
    item = await demo.write("PUT", "Items", {"Code": "X1", "Name": "X"})
    account = await demo.write("PUT", "Accounts", {"Code": "481", "Name": "New", "Type": "EXPENSE"})
    paid = await pay(demo, sale, 10)
    for resource, row in (
        ("Contacts", contact), ("Invoices", sale), ("CreditNotes", note), ("Items", item), ("Accounts", account),
        ("Payments", paid),
    ):  # fmt: skip
        recorded = observed(resource, f"PUT {resource}")
        row.pop("Warnings", None)
        compare([row], recorded)


async def test_a_post_without_summary_looks_as_recorded(demo: World) -> None:
    contact = await demo.contact()
    body = sale_of(contact["ContactID"]) | {"LineItems": [line(ItemCode="BOOK")]}
    row = await demo.write("POST", "Invoices", body, summarizeErrors="false")
    compare([row], observed("Invoices", "POST Invoices"))
