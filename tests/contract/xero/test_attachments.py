"""Files, notes, e-mail and print-outs of records."""

from typing import Any

import httpx2
import pytest
from tests.contract.xero.world import ORIGIN, World

PDF = b"%PDF-1.4 not much of one"
DEMO = "Demo Company (Global)"


async def upload(world: World, path: str, content: bytes = PDF, method: str = "PUT", **params: Any) -> httpx2.Response:
    headers = {"content-type": "application/octet-stream"}
    return await world.call(method, path, content=content, headers=headers, params=params)


async def sale(world: World) -> str:
    contact = await world.contact()
    invoice_id: str = (await world.sale(contact["ContactID"]))["InvoiceID"]
    return invoice_id


async def test_an_uploaded_file_is_told_as_recorded(demo: World) -> None:
    invoice_id = await sale(demo)
    answer = await upload(demo, f"Invoices/{invoice_id}/Attachments/inv-0032.pdf", IncludeOnline=True)
    assert answer.status_code == 200
    assert list(answer.json()) == ["Id", "Status", "ProviderName", "DateTimeUTC", "Attachments"]
    told = answer.json()["Attachments"][0]
    assert list(told) == ["AttachmentID", "FileName", "Url", "MimeType", "ContentLength", "IncludeOnline"]
    assert told["Url"] == f"{ORIGIN}/api.xro/2.0/Invoices/{invoice_id}/Attachments/inv-0032.pdf"
    assert (told["MimeType"], told["ContentLength"], told["IncludeOnline"]) == ("application/pdf", len(PDF), True)
    assert (await demo.get(f"Invoices/{invoice_id}/Attachments"))["Attachments"] == [told]


async def test_the_content_comes_back_by_name_and_by_id(demo: World) -> None:
    invoice_id = await sale(demo)
    told = (await upload(demo, f"Invoices/{invoice_id}/Attachments/my scan.pdf")).json()["Attachments"][0]
    assert told["Url"].endswith("/Attachments/my%20scan.pdf")
    for key in ("my scan.pdf", told["AttachmentID"]):
        answer = await demo.call(
            "GET", f"Invoices/{invoice_id}/Attachments/{key}", headers={"accept": "application/octet-stream"}
        )
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["content-type"] == "application/pdf"
        assert "x-daylimit-remaining" in answer.headers
    assert (await demo.call("GET", f"Invoices/{invoice_id}/Attachments/other.pdf")).status_code == 404


async def test_a_record_says_that_it_has_files(demo: World) -> None:
    invoice_id = await sale(demo)
    listed = await demo.get("Invoices", IDs=invoice_id, page=1)
    assert listed["Invoices"][0]["HasAttachments"] is False
    told = (await upload(demo, f"Invoices/{invoice_id}/Attachments/a.png")).json()["Attachments"][0]
    listed = await demo.get("Invoices", IDs=invoice_id, page=1)
    assert listed["Invoices"][0]["HasAttachments"] is True
    assert (await demo.get(f"Invoices/{invoice_id}"))["Invoices"][0]["Attachments"] == [told]


async def test_the_same_name_overwrites(demo: World) -> None:
    invoice_id = await sale(demo)
    path = f"Invoices/{invoice_id}/Attachments"
    first = (await upload(demo, f"{path}/a.pdf")).json()["Attachments"][0]
    second = (await upload(demo, f"{path}/A.pdf", b"other", "POST")).json()["Attachments"][0]
    assert first["AttachmentID"] == second["AttachmentID"]
    assert [one["ContentLength"] for one in (await demo.get(path))["Attachments"]] == [5]


async def test_a_record_has_ten_files_at_most(demo: World) -> None:
    invoice_id = await sale(demo)
    for place in range(10):
        assert (await upload(demo, f"Invoices/{invoice_id}/Attachments/{place}.pdf")).status_code == 200
    assert (await upload(demo, f"Invoices/{invoice_id}/Attachments/eleventh.pdf")).status_code == 400
    assert (await upload(demo, f"Invoices/{invoice_id}/Attachments/3.pdf")).status_code == 200


async def test_a_file_is_limited_in_size_by_a_rule(demo: World) -> None:
    invoice_id = await sale(demo)
    await demo.http.post("/_sandbox/rules", json={"attachment_bytes_max": 8})
    assert (await upload(demo, f"Invoices/{invoice_id}/Attachments/a.pdf", b"123456789")).status_code == 400
    assert (await upload(demo, f"Invoices/{invoice_id}/Attachments/a.pdf", b"12345678")).status_code == 200
    assert (await upload(demo, f"Invoices/{invoice_id}/Attachments/a.pdf", b"")).status_code == 400


@pytest.mark.parametrize("code", ["3C", "3A", "2F", "5C", "7C", "3F", "2A", "22"])
async def test_characters_that_no_file_name_may_have_are_refused(demo: World, code: str) -> None:
    invoice_id = await sale(demo)
    answer = await upload(demo, f"Invoices/{invoice_id}/Attachments/a%{code}b.pdf")
    assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")


async def test_twenty_five_megabytes_pass_when_a_rule_says_so(demo: World) -> None:
    invoice_id = await sale(demo)
    large = bytes(20 * 1024 * 1024)
    assert (await upload(demo, f"Invoices/{invoice_id}/Attachments/a.pdf", large)).status_code == 400
    await demo.http.post("/_sandbox/rules", json={"attachment_bytes_max": 25 * 1024 * 1024})
    assert (await upload(demo, f"Invoices/{invoice_id}/Attachments/a.pdf", large)).status_code == 200


async def test_a_bank_transaction_says_that_it_has_files_and_a_filter_finds_documents_that_do(demo: World) -> None:
    contact = await demo.contact("Cafe")
    spent = await demo.write(
        "PUT",
        "BankTransactions",
        {
            "Type": "SPEND",
            "Contact": {"ContactID": contact["ContactID"]},
            "BankAccount": {"Code": "090"},
            "LineItems": [{"Description": "Coffee", "UnitAmount": 5, "AccountCode": "420"}],
        },
    )
    path = f"BankTransactions/{spent['BankTransactionID']}"
    assert (await demo.get(path))["BankTransactions"][0]["HasAttachments"] is False
    told = (await upload(demo, f"{path}/Attachments/receipt.png")).json()["Attachments"][0]
    alone = (await demo.get(path))["BankTransactions"][0]
    assert (alone["HasAttachments"], alone["Attachments"]) == (True, [told])
    invoice_id = await sale(demo)
    assert (await demo.get("Invoices", where="HasAttachments==true"))["Invoices"] == []
    await upload(demo, f"Invoices/{invoice_id}/Attachments/a.pdf")
    found = (await demo.get("Invoices", where="HasAttachments==true"))["Invoices"]
    assert [one["InvoiceID"] for one in found] == [invoice_id]


@pytest.mark.parametrize("endpoint", ["Contacts", "Accounts", "CreditNotes"])
async def test_other_records_take_files_too_but_not_online(demo: World, endpoint: str) -> None:
    row = (await demo.get(endpoint))[endpoint][0]
    row_id = row[{"Contacts": "ContactID", "Accounts": "AccountID", "CreditNotes": "CreditNoteID"}[endpoint]]
    assert (await upload(demo, f"{endpoint}/{row_id}/Attachments/a.txt")).status_code == 200
    assert (await demo.get(f"{endpoint}/{row_id}"))[endpoint][0]["HasAttachments"] is True
    if endpoint != "CreditNotes":
        assert (await upload(demo, f"{endpoint}/{row_id}/Attachments/b.txt", IncludeOnline=True)).status_code == 400


async def test_a_bill_is_not_online_and_a_payment_has_no_files(demo: World) -> None:
    bills = (await demo.get("Invoices", where='Type=="ACCPAY"'))["Invoices"]
    answer = await upload(demo, f"Invoices/{bills[0]['InvoiceID']}/Attachments/b.pdf", IncludeOnline=True)
    assert answer.status_code == 400
    payment_id = (await demo.get("Payments"))["Payments"][0]["PaymentID"]
    assert (await upload(demo, f"Payments/{payment_id}/Attachments/b.pdf")).status_code == 404


async def test_attachments_have_a_scope_of_their_own(world: World) -> None:
    await world.connect(DEMO, scope="accounting.invoices accounting.attachments.read")
    invoice_id = (await world.get("Invoices"))["Invoices"][0]["InvoiceID"]
    assert (await world.call("GET", f"Invoices/{invoice_id}/Attachments")).status_code == 200
    answer = await upload(world, f"Invoices/{invoice_id}/Attachments/a.pdf")
    assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthorizationUnsuccessful")


async def test_an_upload_repeated_under_its_key_is_the_first_one(demo: World) -> None:
    invoice_id = await sale(demo)
    headers = {"content-type": "application/pdf", "idempotency-key": "k"}
    path = f"Invoices/{invoice_id}/Attachments/a.pdf"
    first = await demo.call("PUT", path, content=PDF, headers=headers)
    again = await demo.call("PUT", path, content=PDF, headers=headers)
    assert first.content == again.content
    assert (await demo.call("PUT", path, content=b"else", headers=headers)).status_code == 400


# E-mail, online, printed ------------------------------------------------------------------------------------------


async def test_an_approved_sale_is_emailed_and_says_so(demo: World) -> None:
    contact = await demo.write("PUT", "Contacts", {"Name": "Mail", "EmailAddress": "mail@example.com"})
    invoice = await demo.sale(contact["ContactID"])
    demo.move(seconds=5)
    answer = await demo.call("POST", f"Invoices/{invoice['InvoiceID']}/Email", json={})
    assert (answer.status_code, answer.content) == (204, b"")
    after = (await demo.get(f"Invoices/{invoice['InvoiceID']}"))["Invoices"][0]
    assert (after["SentToContact"], after["UpdatedDateUTC"] != invoice["UpdatedDateUTC"]) == (True, True)


async def test_what_cannot_be_emailed_is_refused(demo: World) -> None:
    contact = await demo.write("PUT", "Contacts", {"Name": "Mail", "EmailAddress": "mail@example.com"})
    draft = await demo.sale(contact["ContactID"], Status="DRAFT")
    bill = await demo.sale(contact["ContactID"], Type="ACCPAY")
    mute = await demo.contact("Without address")
    for invoice in (draft, bill, await demo.sale(mute["ContactID"])):
        assert (await demo.call("POST", f"Invoices/{invoice['InvoiceID']}/Email")).status_code == 400


async def test_an_approved_sale_has_an_online_address_and_a_draft_has_none(demo: World) -> None:
    contact = await demo.contact()
    invoice = await demo.sale(contact["ContactID"])
    told = await demo.get(f"Invoices/{invoice['InvoiceID']}/OnlineInvoice")
    assert told["OnlineInvoices"][0]["OnlineInvoiceUrl"].startswith(f"{ORIGIN}/in/")
    draft = await demo.sale(contact["ContactID"], Status="DRAFT")
    assert (await demo.call("GET", f"Invoices/{draft['InvoiceID']}/OnlineInvoice")).status_code == 404


@pytest.mark.parametrize("endpoint", ["Invoices", "CreditNotes"])
async def test_a_document_is_printed_on_request(demo: World, endpoint: str) -> None:
    row = (await demo.get(endpoint, page=1))[endpoint][0]
    row_id = row["InvoiceID" if endpoint == "Invoices" else "CreditNoteID"]
    for path in (f"{endpoint}/{row_id}", f"{endpoint}/{row_id}/pdf"):
        answer = await demo.call("GET", path, headers={"accept": "application/pdf"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        content = answer.content
        assert content.startswith(b"%PDF-1.4")
        assert content.endswith(b"%%EOF\n")
        start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
        assert content[start : start + 4] == b"xref"
        assert str(row["Total"]).split(".", maxsplit=1)[0].encode() in content


# History ----------------------------------------------------------------------------------------------------------


async def test_a_note_is_kept_in_the_history_of_a_record(demo: World) -> None:
    invoice_id = await sale(demo)
    answer = await demo.call("PUT", f"Invoices/{invoice_id}/History", json={"HistoryRecords": [{"Details": "Hello"}]})
    assert answer.status_code == 200
    assert list(answer.json()["HistoryRecords"][0]) == ["DateUTCString", "DateUTC", "Details", "ValidationErrors"]
    newest = (await demo.get(f"Invoices/{invoice_id}/History"))["HistoryRecords"][0]
    assert list(newest) == ["Changes", "DateUTCString", "DateUTC", "User", "Details"]
    assert (newest["Changes"], newest["Details"]) == ("Note", "Hello")


@pytest.mark.parametrize("details", ["", " ", "x" * 251])
async def test_a_note_has_words_but_not_too_many(demo: World, details: str) -> None:
    invoice_id = await sale(demo)
    answer = await demo.call("PUT", f"Invoices/{invoice_id}/History", json={"Details": details})
    assert answer.status_code == 400


async def test_writes_and_files_leave_records_newest_first(demo: World) -> None:
    invoice_id = await sale(demo)
    await demo.write("POST", f"Invoices/{invoice_id}", {"Reference": "new"})
    await upload(demo, f"Invoices/{invoice_id}/Attachments/a.pdf")
    records = (await demo.get(f"Invoices/{invoice_id}/History"))["HistoryRecords"]
    assert [one["Changes"] for one in records] == ["Attached a file", "Updated", "Created"]
    assert records[0]["Details"] == "Attached the file a.pdf through the Xero API using Invoicer"


async def test_an_account_has_no_history(demo: World) -> None:
    account_id = (await demo.get("Accounts"))["Accounts"][0]["AccountID"]
    assert (await demo.call("GET", f"Accounts/{account_id}/History")).status_code == 404
