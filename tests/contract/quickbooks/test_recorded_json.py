"""Recorded bodies in JSON, of which no request is known: the same thing of ours has the same names and types."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform
from tests.contract.quickbooks.reenacting import FOLDER, body_of, codes, unlike

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recordings in {FOLDER}: set TIEOUT_REFERENCE_DIR")


def files(media_type: str, count: int, **more: Any) -> dict[str, Any]:
    """Body and headers of an upload of some files; `more`: what is said of each."""
    written = []
    for number in (f"{place + 1:02}" for place in range(count)):
        described = json.dumps({"FileName": f"file_{number}", "ContentType": media_type, **more})
        for name, content in ((f"file_metadata_{number}", described), (f"file_content_{number}", "Hello")):
            head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n'
            written.append(f"{head}Content-Type: {media_type}\r\n\r\n{content}\r\n")
    headers = {"content-type": "multipart/form-data; boundary=b"}
    return {"content": "".join([*written, "--b--\r\n"]).encode(), "headers": headers}


def a_deposit(**more: Any) -> dict[str, Any]:
    """What the recordings deposited: money of an account, some of it kept in cash. `more`: details of the line."""
    detail = {"AccountRef": {"value": "79"}, "PaymentMethodRef": {"value": "1"}, **more}
    line = {"Amount": 11, "DetailType": "DepositLineDetail", "DepositLineDetail": detail, "Description": "Found"}
    cash = {"AccountRef": {"value": "36"}, "Amount": 5, "Memo": "Cash"}
    return {"DepositToAccountRef": {"value": "35"}, "CashBack": cash, "Line": [line]}


@pytest.mark.parametrize(
    ("name", "entity"), [("accounts", "Account"), ("classes", "Class"), ("departments", "Department")]
)
async def test_a_recorded_list_has_the_names_and_types_of_ours(connected: Connected, name: str, entity: str) -> None:
    if entity != "Account":
        await connected.post(entity, {"Name": "Radio"})
    ours = (await connected.query(f"select * from {entity}"))[entity]  # noqa: S608 - two words of this file
    assert unlike(body_of(name), ours) == []


async def test_rates_are_told_as_recorded(connected: Connected) -> None:
    ours = (await connected.query("select * from ExchangeRate where SourceCurrencyCode = 'EUR'"))["ExchangeRate"]
    assert unlike(body_of("exchangerates"), ours) == []


async def test_a_twice_named_tax_rate_is_refused_as_recorded(connected: Connected) -> None:
    rate = {"TaxRateName": "Twice", "RateValue": "8", "TaxAgencyId": "1", "TaxApplicableOn": "Sales"}
    for name in ("First", "Second"):
        answer = await connected.call("POST", "taxservice/taxcode", json={"TaxCode": name, "TaxRateDetails": [rate]})
    assert answer.status_code == 400
    told = body_of("error-6240-taxservice-duplicate")
    assert unlike(told, answer.json()) == []
    assert codes(answer.json()) == codes(told)


async def test_two_files_are_uploaded_as_recorded(connected: Connected) -> None:
    answer = await connected.call("POST", "upload", **files("text/plain", 2))
    assert unlike(body_of("attachable-upload-two-files"), answer.json()) == []
    assert len(answer.json()["AttachableResponse"]) == 2


async def test_files_are_refused_as_recorded_once_the_subscription_ended(
    platform: Platform, connected: Connected
) -> None:
    platform.books().switches.subscription_ended = True
    answer = await connected.call("POST", "upload", **files("text/plain", 5))
    told = body_of("attachable-upload-fault-6190-subscription-ended")
    assert unlike(told, answer.json()) == []
    assert codes(answer.json()) == codes(told) == ["6190"] * 5


async def test_a_picture_of_a_purchase_is_told_as_recorded(connected: Connected) -> None:
    detail = {"AccountRef": {"value": "7"}}
    line = {"Amount": 9, "DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": detail}
    spent = {"AccountRef": {"value": "35"}, "PaymentType": "Cash", "Line": [line]}
    purchase = await connected.post("Purchase", spent)
    to = {"EntityRef": {"type": "Purchase", "value": purchase["Id"]}, "IncludeOnSend": False}
    await connected.call("POST", "upload", **files("image/png", 1, AttachableRef=[to]))
    (ours,) = (await connected.query("select * from Attachable"))["Attachable"]
    assert unlike(body_of("attachable"), ours) == []


async def test_preferences_are_told_as_recorded(connected: Connected) -> None:
    assert unlike(body_of("preferences"), (await connected.get("preferences"))["Preferences"]) == []


async def test_an_invoice_that_was_mailed_is_told_as_recorded_where_there_are_several_currencies(
    connected: Connected,
) -> None:
    made = await connected.invoice(BillEmail={"Address": "books@example.com"})
    headers = {"content-type": "application/octet-stream"}
    answer = await connected.call("POST", f"invoice/{made['Id']}/send", headers=headers)
    assert unlike(body_of("invoice-multicurrency-homebalance"), answer.json()) == []


async def test_a_batch_deposits_and_finds_deposits_as_recorded(connected: Connected) -> None:
    chosen = "DepositToAccountRef, CashBack, TotalAmt, Id, Line.DetailType, Line.DepositLineDetail"
    wishes = [
        {"bId": "1", "operation": "create", "Deposit": a_deposit()},
        {"bId": "2", "Query": f"select {chosen} from Deposit maxresults 1"},  # noqa: S608 - the words above
    ]
    answer = await connected.call("POST", "batch", json={"BatchItemRequest": wishes})
    assert unlike(body_of("batch-deposit"), answer.json()) == []


async def test_deposits_are_told_as_recorded_when_they_change(connected: Connected) -> None:
    made = await connected.post("Deposit", a_deposit(Entity={"value": "1", "type": "CUSTOMER"}))
    changes = await connected.get("cdc", changedSince="2026-05-04T11:00:00-07:00", entities="Deposit")
    assert unlike(body_of("cdc-deposit"), changes) == []
    assert [one["Id"] for one in changes["CDCResponse"][0]["QueryResponse"][0]["Deposit"]] == [made["Id"]]


def test_no_recorded_body_is_left_out() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert {path.stem for path in (FOLDER / "json").glob("*.json") if f'"{path.stem}"' not in source} == set()
