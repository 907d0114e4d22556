"""The judges of the simulated platforms' answers find what is wrong; otherwise they would prove nothing."""

import json

import pytest
from tests.contract.quickbooks import answers as quickbooks
from tests.contract.xero import answers as xero
from tests.support.witness import Exchange, Witness, found_wrong

COMPANY = "/v3/company/9341452000000017"
TIME = "2026-05-05T02:08:54.543-07:00"


def told(path: str, body: object, status: int = 200, method: str = "GET") -> Exchange:
    return Exchange(method, path, status, "application/json;charset=UTF-8", json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"Invoice": {"TotalAmt": "1.00"}, "time": TIME}, "Invoice.TotalAmt is '1.00', not a decimal"),
        ({"Invoice": {"Colour": "red"}, "time": TIME}, "Invoice.Colour is not in the tables"),
        ({"Invoice": {"EmailStatus": "Lost"}, "time": TIME}, "which is no EmailStatusEnum"),
        ({"Invoice": {"DocNumber": ""}, "time": TIME}, "Invoice.DocNumber is '', not a string"),
        ({"Invoice": {"Line": {}}, "time": TIME}, "Invoice.Line is no list"),
        ({"Invoice": {"CustomerRef": {"id": "1"}}, "time": TIME}, "Invoice.CustomerRef.id is not in the tables"),
        ({"Invoice": {"TxnDate": "tomorrow"}, "time": TIME}, "not a date"),
        ({"Invoice": {}, "time": "2026-05-05T02:08:54Z+1"}, "time is"),
        ({"Offer": {}, "time": TIME}, "Offer is no entity"),
        ({"QueryResponse": {"Item": [{"Active": "true"}], "maxResults": 1}, "time": TIME}, "not a boolean"),
        ({"QueryResponse": {"totalCount": "3"}, "time": TIME}, "totalCount is '3'"),
    ],
)
def test_what_is_not_in_the_field_tables_is_found(body: object, fault: str) -> None:
    assert any(fault in one for one in quickbooks.answer_faults(told(f"{COMPANY}/invoice/1", body)))


def test_a_refusal_in_another_dialect_is_found() -> None:
    error = {"Message": "m", "Detail": "d", "code": 610, "element": ""}
    fault = {"Fault": {"Error": [error], "type": "ValidationFault"}}
    assert list(quickbooks.answer_faults(told(f"{COMPANY}/invoice/1", fault, 400)))
    assert list(quickbooks.answer_faults(told(f"{COMPANY}/invoice/1", {"error": "no"}, 400)))


def envelope(**more: object) -> dict[str, object]:
    at = "/Date(1439434356790)/"
    return {
        "Id": "900c500b-e83c-4ce2-902a-b8ba04751748", "Status": "OK", "ProviderName": "P", "DateTimeUTC": at, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (envelope(Invoices=[{"Total": "1.00"}]), "Total is '1.00', not a number"),
        (envelope(Invoices=[{"Colour": "red"}]), "Colour is not in Invoice"),
        (envelope(Invoices=[{"Status": "LOST"}]), "Status is 'LOST', which is no choice"),
        (envelope(Invoices=[{"Date": "2026-01-01"}]), "not a msdate"),
        (envelope(Invoices=[{"InvoiceID": "1"}]), "not a uuid"),
        (envelope(Invoices=[{"LineItems": [{"Quantity": None}]}]), "Quantity is None, not a number"),
        (envelope(Invoices={}), "no list"),
        ({**envelope(Invoices=[]), "DateTimeUTC": "now"}, "DateTimeUTC is 'now'"),
    ],
)
def test_what_is_not_in_the_documents_of_xero_is_found(body: object, fault: str) -> None:
    assert any(fault in one for one in xero.answer_faults(told("/api.xro/2.0/Invoices", body)))


def test_a_refusal_of_xero_in_another_dialect_is_found() -> None:
    assert list(xero.answer_faults(told("/api.xro/2.0/Invoices/1", {}, 404)))
    assert list(xero.answer_faults(told("/api.xro/2.0/Invoices", {"Message": "no"}, 400)))
    assert list(xero.answer_faults(told("/api.xro/2.0/Invoices", {"Status": 403}, 403)))


async def test_a_witness_that_saw_something_wrong_fails_the_test() -> None:
    async def app(_scope: object, _receive: object, send: object) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})  # type: ignore[operator]  # ASGI
        await send({"type": "http.response.body", "body": b"{}"})  # type: ignore[operator]  # ASGI

    async def ignored(_message: object) -> None:
        return None

    witness = Witness(app, lambda _: ["wrong"])
    await witness({"type": "http", "method": "GET", "path": "/x"}, ignored, ignored)  # type: ignore[arg-type]  # likewise
    assert found_wrong() == ["GET /x 200: wrong"]
    assert found_wrong() == []
