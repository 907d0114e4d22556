"""Every recorded exchange with Xero's servers happens again: same status, same names, same types.

What was recorded in 2020 to 2022 is compared here, what was observed in 2026 in `test_shapes`; further fields stand in
`LATER`, each with its source.
"""

import json
import os
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.contract.likeness import differences
from tests.contract.xero.world import World

REFERENCE = Path(os.environ.get("TIEOUT_REFERENCE_DIR", Path(__file__).parents[4] / "shared" / "reference"))
FOLDER = REFERENCE / "xero-samples" / "recorded"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recordings in {FOLDER}: set TIEOUT_REFERENCE_DIR")

LATER = {
    "UpdatedDateUTCString": "since July 2026, in the OpenAPI documents",
    "InvoicePaymentServices": "on documents, observed in April 2026",
    "ValidationErrors": "on lines of writes and single reads, observed in April 2026",
    "AccountID": "on lines, in the OpenAPI documents of 2026",
    "Item": "on lines that sell an item, observed in April 2026",
    "InvoiceAddresses": "on invoices, in the OpenAPI documents of 2026",
    "pagination": "on paged lists, in the OpenAPI documents",
    "TaxNumberName": "on the organisation, observed in April 2026",
    "OrganisationEntityType": "on the organisation, recorded in 2022",
    "Edition": "on the organisation, recorded in 2022",
    "Class": "on the organisation, recorded in 2022",
    "ShortCode": "on the organisation, recorded in 2022",
    "authEventId": "on connections, recorded in 2020 and 2022",
    "tenantName": "on connections, recorded in 2020 and 2022",
    "Type": "in refusals, recorded in 2020",
    "Extensions": "in refusals, recorded in 2020",
}
"""Fields that an answer may have beyond those of one recording."""
DATA = frozenset(
    {
        "AccountCode", "AccountNumber", "AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "AttentionTo",
        "BankAccountDetails", "BankAccountNumber", "BankAccountType", "City", "CompanyNumber", "ContactNumber",
        "Country", "COGSAccountCode", "CurrencyCode", "DefaultCurrency", "Description", "DisplayTaxRate", "DueDate",
        "DueDateString",
        "EmailAddress", "FirstName", "FullyPaidOnDate", "InventoryAssetAccountCode", "ItemCode", "LastName", "Name",
        "PaymentTerms", "PhoneAreaCode", "PhoneCountryCode", "PhoneNumber", "PostalCode", "PurchaseDescription",
        "QuantityOnHand", "Reference", "Region", "ReportingCode", "ReportingCodeName", "SystemAccount", "TaxNumber",
        "TaxType", "TotalCostPool", "UnitPrice", "Url", "PeriodLockDate", "EndOfYearLockDate", "ReportTaxType",
        "SalesTaxPeriod", "SalesTaxBasis", "RegistrationNumber", "Balances", "BrandingThemeID", "RepeatingInvoiceID",
        "AmountCredited", "Payments", "CreditNotes", "BatchPayments", "DefaultSalesTax", "DefaultPurchasesTax",
        "DiscountRate", "SentToContact", "PurchasesTrackingCategories", "SalesTrackingCategories",
    }
)  # fmt: skip
"""Fields that are there when there is something to tell."""
OLD = frozenset({"LineAmountTypes", "_note", "Website", "BatchPayments", "HasAttachments", "Attachments"})
"""Fields that answers of 2026 do not have any more, there or at all."""


def recorded(name: str) -> Any:
    """A recorded body."""
    told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return told["response"]["body"] if isinstance(told, dict) and "response" in told else told


def compare(name: str, answer: httpx2.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    ours = answer.json()
    assert unlike(recorded(name), ours) == []
    return ours


def unlike(told: Any, ours: Any) -> list[str]:
    return list(differences(told, ours, frozenset(LATER) | DATA, may_miss=DATA | OLD))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("fyle-2022/accounts_get", "Accounts"),
        ("fyle-2022/contacts_get", "Contacts"),
        ("fyle-2022/items_get", "Items"),
        ("fyle-2022/tax_rates_get", "TaxRates"),
        ("xero-python-2020/organisation_get", "Organisation"),
        ("xero-python-2020/invoices_page1_get", "Invoices?page=1"),
    ],
)
async def test_a_recorded_list_is_told_again(demo: World, name: str, path: str) -> None:
    compare(name, await demo.call("GET", path))


async def test_connections_are_told_as_recorded(demo: World) -> None:
    answer = await demo.http.get("/Connections", headers={"authorization": f"Bearer {demo.token['access_token']}"})
    for name in ("fyle-2022/connections_get", "xero-python-2020/connections_get", "xeroizer/connections"):
        compare(name, answer)


async def test_the_organisation_has_what_it_had_in_2022(demo: World) -> None:
    (ours,) = (await demo.get("Organisation"))["Organisations"]
    (told,) = recorded("fyle-2022/organisations_list")
    assert unlike(told, ours) == []


async def test_a_contact_is_created_as_recorded(demo: World) -> None:
    sent = {"Name": "sample", "FirstName": "sample", "EmailAddress": "sample@example.com"}
    ours = (await demo.call("PUT", "Contacts", json=sent)).json()
    assert unlike(recorded("fyle-2022/contact_create")["Contacts"], ours["Contacts"]) == []


async def test_a_bill_is_created_as_recorded(demo: World) -> None:
    contact = await demo.contact("Person Two")
    (told,) = recorded("fyle-2022/bill_accpay_put")["Invoices"]
    kept = {"Type": told["Type"], "Status": "AUTHORISED", "LineAmountTypes": told["LineAmountTypes"]}
    line = {"Description": "Taxi", "Quantity": 1, "UnitAmount": 5, "AccountCode": "429"}
    dates = {"Date": "2026-09-01", "DueDate": "2026-09-15"}
    sent = kept | dates | {"Contact": {"ContactID": contact["ContactID"]}, "LineItems": [line]}
    compare("fyle-2022/bill_accpay_put", await demo.call("PUT", "Invoices", json=sent))


async def test_money_is_spent_as_recorded(demo: World) -> None:
    contact = await demo.contact("Credit Card Misc")
    sent = {
        "Type": "SPEND", "Contact": {"ContactID": contact["ContactID"]}, "BankAccount": {"Code": "090"},
        "Reference": "521254", "Date": "2026-09-01",
        "LineItems": [{"Description": "Taxi", "Quantity": 1, "UnitAmount": 45, "AccountCode": "429"}],
    }  # fmt: skip
    compare("fyle-2022/bank_transaction_put", await demo.call("PUT", "BankTransactions", json=sent))


async def test_tracking_is_told_as_recorded(demo: World) -> None:
    made = await demo.write("PUT", "TrackingCategories", {"Name": "customer"})
    path = f"TrackingCategories/{made['TrackingCategoryID']}/Options"
    assert (await demo.call("PUT", path, json={"Name": "Eastside"})).status_code == 200
    compare("fyle-2022/tracking_categories_get", await demo.call("GET", "TrackingCategories"))


async def test_a_file_is_attached_and_read_as_recorded(demo: World) -> None:
    sale = await demo.sale((await demo.contact())["ContactID"])
    path = f"Invoices/{sale['InvoiceID']}/Attachments"
    headers = {"content-type": "application/octet-stream"}
    put = await demo.call("PUT", f"{path}/inv-0032.pdf?IncludeOnline=True", content=b"%PDF-1.4", headers=headers)
    kept = compare("xero-python-2020/invoice_attachment_put", put)["Attachments"][0]
    assert kept["MimeType"] == "application/pdf"
    compare("xero-python-2020/invoice_attachments_get", await demo.call("GET", path))
    content = await demo.call("GET", f"{path}/{kept['AttachmentID']}", headers={"accept": "application/octet-stream"})
    assert (content.status_code, content.headers["content-type"]) == (200, "application/pdf")


async def test_a_token_is_refreshed_as_recorded(demo: World) -> None:
    answer = await demo.http.post(
        "/connect/token",
        data={
            "grant_type": "refresh_token", "refresh_token": demo.token["refresh_token"], "client_id": demo.client_id,
            "client_secret": demo.client_secret,
        },
    )  # fmt: skip
    compare("xero-python-2020/token_refresh_post", answer)


@pytest.mark.parametrize("name", ["xpm_ruby/401_bad_token", "xeroizer/invalid_oauth2_request_token"])
async def test_a_bad_token_is_refused_as_recorded(demo: World, name: str) -> None:
    headers = {"authorization": "Bearer nonsense"}
    answer = await demo.call("GET", "Organisation", headers=headers)
    ours = compare(name, answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer error=invalid_token"
    assert ours["Detail"] == recorded(name)["Detail"]


@pytest.mark.parametrize("name", ["xpm_ruby/401_token_expired", "xeroizer/expired_oauth2_token"])
async def test_an_expired_token_is_refused_as_recorded(demo: World, name: str) -> None:
    demo.move(minutes=31)
    ours = compare(name, await demo.call("GET", "Organisation"), 401)
    assert ours["Detail"].startswith("TokenExpired: token expired at ")


async def test_a_foreign_tenant_is_refused_as_recorded(demo: World) -> None:
    headers = {"xero-tenant-id": "11111111-2222-4333-8444-555555555555"}
    answer = await demo.call("GET", "Organisation", headers=headers)
    ours = compare("xpm_ruby/403_bad_tenant", answer, 403)
    assert {name.lower() for name in recorded("xeroizer/invalid_tenant_header")} <= {name.lower() for name in ours}


async def test_too_many_calls_are_refused_as_recorded(world: World) -> None:
    told = json.loads((FOLDER / "xpm_ruby/429_rate_limit_minute.json").read_text(encoding="utf-8"))["response"]
    await world.connect("Demo Company (Global)")
    for _ in range(60):
        await world.call("GET", "Organisation")
    answer = await world.call("GET", "Organisation")
    assert (answer.status_code, answer.content) == (429, b"")
    named = {
        "retry-after",
        "x-rate-limit-problem",
        "x-minlimit-remaining",
        "x-daylimit-remaining",
    }  # the app's own figure was recorded in 2021, and gone in 2026
    assert named <= set(told["headers"]) & set(answer.headers)
    assert answer.headers["x-rate-limit-problem"] == "minute"


def test_every_recorded_file_is_reenacted() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    names = {f"{path.parent.name}/{path.stem}" for path in FOLDER.glob("*/*.json")}
    names.discard("xero-python-2020/invoice_attachment_content_get")  # which holds no body
    assert {name for name in names if name not in source} == set()
