"""Every recorded exchange happens again: the same request gets the recorded status, code, names and types."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.contract.quickbooks.program import Connected, a_payment, a_sale
from tests.contract.quickbooks.reenacting import FOLDER, Recorded, codes, exchanges, unlike

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recordings in {FOLDER}: set TIEOUT_REFERENCE_DIR")


async def ask(connected: Connected, one: Recorded, *, body: Any = None, path: str | None = None) -> httpx2.Response:
    """Send the recorded request, with ids of ours where it names objects."""
    sent = one.body if body is None else body
    where = one.path if path is None else path
    if sent is None:
        return await connected.call(one.method, where)
    if isinstance(sent, str):
        boundary = sent[2 : sent.index("\r\n")]
        headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
        return await connected.call(one.method, where, content=sent.encode(), headers=headers)
    return await connected.call(one.method, where, json=sent)


def compare(one: Recorded, answer: httpx2.Response) -> Any:
    """Same status, same media type, same shape; gives our body."""
    assert answer.status_code == one.status, answer.text
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type == one.content_type.partition(";")[0]
    ours = answer.json()
    assert unlike(one.answer, ours) == []
    return ours


async def plain_sale(connected: Connected) -> dict[str, Any]:
    return await connected.post("Invoice", exchanges("invoice-create")[0].body)


async def a_receipt(connected: Connected) -> dict[str, Any]:
    """What the recordings found as their sales receipt: sold once, changed since."""
    detail = {"ItemRef": {"value": "4"}, "UnitPrice": 75, "Qty": 4.5, "TaxCodeRef": {"value": "NON"}}
    line = {"Description": "Custom Design", "Amount": 337.5, "DetailType": "SalesItemLineDetail"}
    return await connected.post("SalesReceipt", {"Line": [{**line, "SalesItemLineDetail": detail}]})


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("customer-create", 0),
        ("customer-read", 0),
        ("error-400-duplicate-name-6240", 0),
        ("error-400-query-4001", 0),
        ("error-400-unknown-property-2010", 0),
        ("error-400-unsupported-500-and-invalid-id-2030", 0),
        ("error-400-unsupported-500-and-invalid-id-2030", 1),
        ("invoice-create", 0),
        ("query-count-then-pages-vendor", 0),
        ("query-count-then-pages-vendor", 1),
        ("query-count-then-pages-vendor", 6),
        ("query-customer-all", 0),
        ("query-customer-all", 1),
        ("query-escaping-ampersand", 0),
        ("query-escaping-apostrophe", 0),
        ("query-page-past-the-end", 0),
        ("query-page-past-the-end", 1),
        ("query-page-past-the-end", 2),
        ("attachable-upload-fault-inside-200", 0),
        ("report-generalledger", 0),
        ("report-profitandloss-nodata", 0),
    ],
)
async def test_a_recorded_request_gets_the_recorded_answer(connected: Connected, name: str, place: int) -> None:
    one = exchanges(name)[place]
    ours = compare(one, await ask(connected, one))
    assert codes(ours) == codes(one.answer)


async def test_an_expired_token_is_refused_as_recorded(connected: Connected) -> None:
    (one,) = exchanges("error-401-token-expired")
    connected.tokens["access_token"] = "gone"
    ours = compare(one, await ask(connected, one))
    assert codes(ours) == ["3200"]


async def test_a_full_update_of_a_customer_answers_as_recorded(connected: Connected) -> None:
    read, update = exchanges("customer-full-update")
    made = await connected.post("Customer", {"DisplayName": "Doe2, Jane"})
    compare(read, await ask(connected, read, path=f"customer/{made['Id']}"))
    ours = compare(update, await ask(connected, update, body=update.body | {"Id": made["Id"]}))
    assert ours["Customer"]["SyncToken"] == "1"


async def test_deactivating_twice_changes_nothing_the_second_time(connected: Connected) -> None:
    read, update = exchanges("account-noop-deactivate")
    first = await connected.post("Account", {"Id": "5", "SyncToken": "0", "sparse": True, "Active": False})
    assert (first["Name"], first["SyncToken"]) == (update.body["Name"], "1")
    before = compare(read, await ask(connected, read))
    after = compare(update, await ask(connected, update))
    assert after["Account"] == before["Account"]


async def test_an_invoice_is_voided_as_recorded(connected: Connected) -> None:
    read, void = exchanges("invoice-void")
    made = await plain_sale(connected)
    compare(read, await ask(connected, read, path=f"invoice/{made['Id']}"))
    ours = compare(void, await ask(connected, void, body={"Id": made["Id"], "SyncToken": "0"}))
    assert (ours["Invoice"]["TotalAmt"], ours["Invoice"]["PrivateNote"]) == (0, "Voided")


async def test_an_invoice_is_deleted_as_recorded(connected: Connected) -> None:
    read, delete = exchanges("invoice-delete")
    made = await plain_sale(connected)
    compare(read, await ask(connected, read, path=f"invoice/{made['Id']}"))
    compare(delete, await ask(connected, delete, body={"Id": made["Id"], "SyncToken": "0"}))


async def test_an_invoice_is_printed_as_recorded(connected: Connected) -> None:
    (one,) = exchanges("invoice-pdf")
    made = await plain_sale(connected)
    headers = {"accept": "application/pdf"}
    answer = await connected.call("GET", f"invoice/{made['Id']}/pdf", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (one.status, one.content_type)
    assert answer.content.startswith(b"%PDF-1.4")


async def test_a_sales_receipt_is_updated_in_full_as_recorded(connected: Connected) -> None:
    read, update = exchanges("salesreceipt-full-update-with-requestid")
    made = await a_receipt(connected)
    compare(read, await ask(connected, read, path=f"salesreceipt/{made['Id']}"))
    body = update.body | {"Id": made["Id"], "SyncToken": made["SyncToken"]}
    ours = compare(update, await ask(connected, update, body=body))
    assert ours["SalesReceipt"]["SyncToken"] == "1"
    assert ours["SalesReceipt"]["Line"][0]["Id"] != made["Line"][0]["Id"]
    assert (await ask(connected, update, body=body)).json() == ours


async def test_sales_receipts_are_listed_as_recorded(connected: Connected) -> None:
    (one,) = exchanges("query-salesreceipt")
    await a_receipt(connected)
    compare(one, await ask(connected, one))


async def test_estimates_are_told_as_recorded_when_they_change(connected: Connected) -> None:
    (one,) = exchanges("cdc-estimate")
    taxed = a_sale(customer="3", code="TAX") | {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}
    made = await connected.post("Estimate", taxed)
    since = "2026-05-04T11:00:00-07:00"
    ours = compare(one, await ask(connected, one, path=f"cdc?changedSince={since}&entities=estimate"))
    (page,) = ours["CDCResponse"][0]["QueryResponse"]
    assert [estimate["Id"] for estimate in page["Estimate"]] == [made["Id"]]


async def test_a_batch_of_four_is_answered_as_recorded(connected: Connected) -> None:
    (one,) = exchanges("batch-create-delete-update-query")
    made = await a_receipt(connected)
    await connected.post("SalesReceipt", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "Once"})
    body = json.loads(json.dumps(one.body).replace('"Id": "11"', f'"Id": "{made["Id"]}"'))
    body["BatchItemRequest"][1]["Invoice"]["Id"] = "99129"
    ours = compare(one, await ask(connected, one, body=body))
    assert codes(ours) == codes(one.answer) == ["610", "5010"]


async def test_a_file_is_uploaded_read_and_deleted_as_recorded(connected: Connected) -> None:
    (upload,), (read,), (delete,) = (exchanges(f"attachable-{what}") for what in ("upload", "read", "delete"))
    made = await plain_sale(connected)
    body = upload.body.replace('"value":"75"', f'"value":"{made["Id"]}"')
    ours = compare(upload, await ask(connected, upload, body=body))
    file_id = ours["AttachableResponse"][0]["Attachable"]["Id"]
    compare(read, await ask(connected, read, path=f"attachable/{file_id}"))
    compare(delete, await ask(connected, delete, body={"Id": file_id}))


async def test_a_payment_shows_the_recorded_leak_of_java(connected: Connected) -> None:
    made = await plain_sale(connected)
    payment = await connected.post("Payment", a_payment("100.00", ("100.00", "Invoice", made["Id"])))
    facts = payment["Line"][0]["LineEx"]["any"]
    assert [one["value"]["Name"] for one in facts] == ["txnId", "txnOpenBalance", "txnReferenceNumber"]
    assert {one["declaredType"] for one in facts} == {"com.intuit.schema.finance.v3.NameValue"}


def test_every_recorded_file_is_reenacted() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    files = {path.stem for path in (FOLDER / "http").glob("*.json")}
    files -= {f"attachable-{what}" for what in ("upload", "read", "delete")}  # which one test takes together
    assert {name for name in files if f'"{name}"' not in source} == set()
