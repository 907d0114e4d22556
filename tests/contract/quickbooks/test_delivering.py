import re
from datetime import timedelta
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_payment, decode

MAIL: dict[str, Any] = {"BillEmail": {"Address": "books@example.com"}}


async def send(connected: Connected, invoice_id: str, **params: str) -> dict[str, Any]:
    answer = await connected.call("POST", f"invoice/{invoice_id}/send", params=params)
    assert answer.status_code == 200, answer.text
    return dict(decode(answer)["Invoice"])


async def test_a_document_is_printed_on_one_page_that_a_reader_can_open(connected: Connected) -> None:
    invoice = await connected.invoice("123.45", DocNumber="P-(1)")
    answer = await connected.call("GET", f"invoice/{invoice['Id']}/pdf", headers={"accept": "application/pdf"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    file = answer.content
    assert file.startswith(b"%PDF-1.4\n")
    assert file.endswith(b"%%EOF\n")
    for shown in (rb"INVOICE P-\(1\)", b"Amy's Bird Sanctuary", b"123.45"):
        assert shown in file
    start = int(file.rpartition(b"startxref\n")[2].split()[0])
    assert file[start:].startswith(b"xref\n")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", file)]
    assert [file[place:].split(b" ", 1)[0] for place in places] == [b"%d" % n for n in range(1, len(places) + 1)]


async def test_payments_can_be_printed_and_bills_cannot(connected: Connected) -> None:
    payment = await connected.post("Payment", a_payment("5.00"))
    assert (await connected.call("GET", f"payment/{payment['Id']}/pdf")).content.startswith(b"%PDF")
    assert (await connected.refused("GET", "bill/1/pdf"))[0] == "500"
    assert (await connected.refused("GET", "customer/1/pdf"))[0] == "500"
    assert (await connected.refused("GET", "invoice/999999/pdf"))[0] == "610"


async def test_a_mailed_invoice_says_so_and_to_whom(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice(**MAIL)
    platform.clock.move(timedelta(minutes=1))
    sent = await send(connected, invoice["Id"])
    assert sent["EmailStatus"] == "EmailSent"
    assert sent["DeliveryInfo"] == {"DeliveryType": "Email", "DeliveryTime": "2026-05-04T12:01:00-07:00"}
    assert (sent["SyncToken"], sent["BillEmail"]) == ("1", {"Address": "books@example.com"})
    again = await send(connected, invoice["Id"], sendTo="other@example.com")
    assert again["BillEmail"] == {"Address": "other@example.com"}
    kept = await connected.post("Invoice", {"Id": invoice["Id"], "SyncToken": "2", "sparse": True, "PrivateNote": "x"})
    assert (kept["EmailStatus"], kept["DeliveryInfo"]) == ("EmailSent", again["DeliveryInfo"])


async def test_whether_mailing_moves_the_token_is_a_rule(platform: Platform, connected: Connected) -> None:
    await platform.http.post("/_sandbox/rules", json={"sending_moves_token": False})
    invoice = await connected.invoice(**MAIL)
    assert (await send(connected, invoice["Id"]))["SyncToken"] == "0"


@pytest.mark.parametrize(
    ("params", "code"), [({}, "6420"), ({"sendTo": "nobody"}, "2210"), ({"sendTo": "a@example.com,b"}, "2210")]
)
async def test_without_an_address_nothing_is_mailed(connected: Connected, params: dict[str, str], code: str) -> None:
    invoice = await connected.invoice()
    assert (await connected.refused("POST", f"invoice/{invoice['Id']}/send", params=params))[0] == code
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["EmailStatus"] == "NotSet"


async def test_forty_mails_go_out_in_a_day(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice(**MAIL)
    platform.books().mailed[platform.books().today()] = 39
    await send(connected, invoice["Id"])
    assert (await connected.refused("POST", f"invoice/{invoice['Id']}/send"))[0] == "6000"
    platform.clock.move(timedelta(days=1))
    tomorrow = await platform.connect()
    await send(tomorrow, invoice["Id"])


async def test_what_is_not_paid_for_or_not_there_is_not_mailed(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice(**MAIL)
    assert (await connected.refused("POST", "bill/1/send"))[0] == "500"
    assert (await connected.refused("POST", "invoice/999999/send"))[0] == "610"
    platform.books().switches.subscription_ended = True
    assert (await connected.refused("POST", f"invoice/{invoice['Id']}/send"))[0] == "6190"


async def test_a_mail_that_is_asked_for_again_under_its_id_goes_once(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice(**MAIL)
    first = await send(connected, invoice["Id"], requestid="m-1")
    assert await send(connected, invoice["Id"], requestid="m-1") == first
    assert sum(platform.books().mailed.values()) == 1
