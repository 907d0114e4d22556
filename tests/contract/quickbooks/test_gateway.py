from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_sale, decode

from tieout.sandbox.faults.plan import ConnectionCutError

FAULTS = "/_sandbox/faults"


async def test_every_answer_carries_its_trace(connected: Connected) -> None:
    for path in ("customer/1", "customer/999"):
        answer = await connected.call("GET", path)
        assert answer.headers["intuit_tid"].startswith("1-")
        assert ("qbo-version" in answer.headers) == (answer.status_code == 200)
    assert (await connected.get("customer/1"))["time"] == "2026-05-04T12:00:00.000-07:00"


async def test_an_unknown_field_is_refused_and_names_the_known_ones(connected: Connected) -> None:
    code, detail = await connected.refused("POST", "invoice", json={"BadJson": True})
    assert code == "2010"
    assert detail.startswith(
        'Property Name:Unrecognized field "BadJson" (class com.intuit.schema.finance.v3.Invoice), '
        "not marked as ignorable ("
    )
    nested = a_sale()
    nested["Line"][0]["SalesItemLineDetail"]["Colour"] = "red"
    assert "SalesItemLineDetail" in (await connected.refused("POST", "invoice", json=nested))[1]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("invoice", {"CustomerRef": {"value": "1"}}, "2020"),
        ("invoice", {**a_sale(), "CustomerRef": None}, "2020"),
        ("invoice", {**a_sale(), "CustomerRef": {"value": "404"}}, "2500"),
        ("invoice", a_sale(DocNumber="x" * 33), "2050"),
        ("invoice", a_sale(PrivateNote="x" * 4001), "2050"),
        ("invoice", a_sale(TxnDate="2026-13-01"), "2070"),
        ("invoice", a_sale(TxnDate="4 May 2026"), "2010"),
        ("invoice", a_sale(TxnDate="20260504"), "2010"),
        ("invoice", a_sale(EmailStatus="Perhaps"), "2170"),
        ("invoice", a_sale("ten"), "2010"),
        ("invoice", a_sale("1e999"), "2110"),
        ("invoice", a_sale("-1.00"), "6000"),
        ("invoice", a_sale(code="2"), "6100"),
        ("invoice", a_sale(CurrencyRef={"value": "EUR"}), "6000"),
        ("invoice", a_sale(ClassRef={"value": "1"}), "2500"),
        ("invoice", a_sale(ARAccountRef={"value": "35"}), "6430"),
        ("invoice", [1], "2010"),
        ("bill", a_bill(vendor="1"), "2500"),
        ("bill", a_bill(TxnTaxDetail={"TotalTax": 1}), "6000"),
        ("bill", a_bill(APAccountRef={"value": "35"}), "6430"),
        ("payment", {"CustomerRef": {"value": "1"}}, "2020"),
        ("payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 1, "DepositToAccountRef": {"value": "1"}}, "6430"),
        ("invoice", {"Id": "404", "SyncToken": "0", "sparse": True}, "610"),
        ("invoice", {"Id": "1.5", "SyncToken": "0", "sparse": True}, "2030"),
        ("customer", {"Id": "1", "sparse": True}, "2020"),
        ("invoice?operation=delete", {"SyncToken": "0"}, "2020"),
        ("invoice?operation=fold", a_sale(), "500"),
        ("bill?operation=void", {"Id": "1", "SyncToken": "0"}, "500"),
    ],
)
async def test_bodies_that_break_a_rule_are_refused_with_their_code(
    platform: Platform, connected: Connected, path: str, body: Any, code: str
) -> None:
    before = len(platform.books().ledger.entries)
    assert (await connected.refused("POST", path, json=body))[0] == code
    assert len(platform.books().ledger.entries) == before


async def test_a_line_has_to_multiply(connected: Connected) -> None:
    sale = a_sale("10.00")
    sale["Line"][0]["SalesItemLineDetail"] |= {"UnitPrice": "3.333", "Qty": 3}
    await connected.post("Invoice", sale)
    sale["Line"][0]["SalesItemLineDetail"]["UnitPrice"] = "3.34"
    assert (await connected.refused("POST", "invoice", json=sale))[0] == "6070"


async def test_an_id_that_is_no_number_is_refused_without_a_time(connected: Connected) -> None:
    answer = await connected.call("GET", "customer/1.5")
    assert answer.json() == {
        "Fault": {
            "Error": [
                {
                    "Message": "Invalid ID",
                    "Detail": "Id should be a valid number. Supplied value:1.5",
                    "code": "2030",
                    "element": "Id",
                }
            ],
            "type": "ValidationFault",
        }
    }


async def test_a_route_that_does_not_exist_is_a_400_with_code_500(connected: Connected) -> None:
    for method, path in (("GET", "customer/1/5"), ("POST", "nonsense"), ("GET", ""), ("DELETE", "customer/1")):
        code, detail = await connected.refused(method, path, json={})
        assert (code, "is not supported" in detail) == ("500", True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "reports/CashFlow"),
        ("GET", "reports/TrialBalance?accounting_method=Cash"),
    ],
)
async def test_what_is_not_simulated_yet_says_so_loudly(connected: Connected, method: str, path: str) -> None:
    answer = await connected.call(method, path, json={})
    assert answer.status_code == 501
    assert answer.json()["error"].startswith("not simulated")


async def test_without_accept_faults_come_in_xml_and_nothing_is_written(
    platform: Platform, connected: Connected
) -> None:
    headers = {"accept": "*/*"}
    fault = await connected.call("GET", "customer/999", headers=headers)
    assert fault.status_code == 400
    assert fault.headers["content-type"].startswith("application/xml")
    assert '<Error code="610"' in fault.text
    before = len(platform.books().ledger.entries)
    assert (await connected.call("POST", "invoice", json=a_sale(), headers=headers)).status_code == 501
    assert len(platform.books().ledger.entries) == before
    expired = await connected.call("GET", "customer/1", headers={"accept": "*/*", "authorization": "Bearer x"})
    assert (expired.status_code, 'code="3200"' in expired.text) == (401, True)


async def test_a_repeated_request_id_gets_the_first_answer_and_does_nothing(
    platform: Platform, connected: Connected
) -> None:
    count = (await connected.query("select count(*) from Invoice"))["totalCount"]
    first = await connected.call("POST", "invoice?requestid=abc", json=a_sale())
    platform.clock.move(timedelta(minutes=1))
    again = await connected.call("POST", "invoice?requestid=abc", json=a_sale("999.00"))
    assert again.content == first.content
    assert (await connected.query("select count(*) from Invoice"))["totalCount"] == count + 1


async def test_a_refused_request_id_may_be_tried_again(connected: Connected) -> None:
    body = a_sale(customer="63")
    assert (await connected.refused("POST", "invoice?requestid=r-1", json=body))[0] == "2500"
    await connected.post("Customer", {"DisplayName": "Came later"})
    assert (await connected.post("Invoice", body, requestid="r-1"))["CustomerRef"]["name"] == "Came later"


async def test_request_ids_belong_to_their_company_and_have_a_length(platform: Platform, connected: Connected) -> None:
    other = await platform.connect("9341452000000025")
    await connected.post("Customer", {"DisplayName": "Same id"}, requestid="same")
    assert (await other.post("Customer", {"DisplayName": "Other"}, requestid="same"))["DisplayName"] == "Other"
    assert (await connected.refused("POST", f"customer?requestid={'x' * 51}", json={}))[0] == "2130"


async def test_a_dropped_answer_is_found_again_by_its_request_id(platform: Platform, connected: Connected) -> None:
    await platform.http.post(FAULTS, json={"kind": "drop_after_commit", "method": "POST", "path_prefix": "/v3/"})
    count = (await connected.query("select count(*) from Invoice"))["totalCount"]
    with pytest.raises(ConnectionCutError):
        await connected.call("POST", "invoice?requestid=k-1", json=a_sale())
    await connected.call("POST", "invoice?requestid=k-1", json=a_sale())
    assert (await connected.query("select count(*) from Invoice"))["totalCount"] == count + 1


async def test_a_failure_before_commit_leaves_nothing_and_one_after_leaves_the_work(
    platform: Platform, connected: Connected
) -> None:
    for kind, more in (("status_before_commit", 0), ("status_after_commit", 1)):
        count = (await connected.query("select count(*) from Invoice"))["totalCount"]
        await platform.http.post(FAULTS, json={"kind": kind, "method": "POST", "status": 500})
        answer = await connected.call("POST", "invoice", json=a_sale())
        fault = answer.json()["Fault"]
        assert (answer.status_code, fault["type"], fault["Error"][0]["code"]) == (500, "SystemFault", "10000")
        assert (await connected.query("select count(*) from Invoice"))["totalCount"] == count + more


async def test_a_throttled_call_is_answered_as_recorded(platform: Platform, connected: Connected) -> None:
    await platform.http.post(FAULTS, json={"kind": "rate_limited", "path_prefix": "/v3/"})
    answer = await connected.call("GET", "customer/1")
    fault = answer.json()["Fault"]
    assert (answer.status_code, fault["type"]) == (429, "SERVICE")
    assert fault["Error"][0]["Message"] == "message=ThrottleExceeded; errorCode=003001; statusCode=429"


async def test_limits_hold_once_they_are_switched_on(platform: Platform, connected: Connected) -> None:
    await platform.http.post("/_sandbox/rules", json={"limits_watched": True})

    async def burst(calls: int) -> list[int]:
        return [(await connected.call("GET", "term/1")).status_code for _ in range(calls)]

    assert await burst(11) == [200] * 10 + [429]
    refused_after = 0
    for _ in range(60):
        platform.clock.move(timedelta(seconds=1))
        if 429 in await burst(10):
            break
        refused_after += 10
    assert refused_after == 490
    platform.clock.move(timedelta(seconds=61))
    assert await burst(1) == [200]


async def test_reads_are_metered_and_writes_are_free(platform: Platform, connected: Connected) -> None:
    await platform.http.delete("/_sandbox/meter")
    await connected.get("customer/1")
    await connected.query("select * from Term")
    await connected.invoice()
    await connected.refused("GET", "customer/999")
    rows = (await platform.http.get(f"/_sandbox/meter?company_id={connected.realm}")).json()["meter"]
    assert {row["kind"]: (row["calls"], row["refused"]) for row in rows} == {
        "CorePlus": ("2", "1"),
        "Core": ("1", "0"),
    }
    assert {row["app_id"] for row in rows} == {connected.app["client_id"]}
    await platform.http.post("/_sandbox/rules", json={"monthly_quota": 2})
    assert (await connected.call("GET", "customer/1")).status_code == 429
    assert (await connected.call("POST", "invoice", json=a_sale())).status_code == 200
    platform.clock.move(timedelta(days=30))
    later = await platform.connect()
    assert (await later.call("GET", "customer/1")).status_code == 200


@pytest.mark.parametrize("wish", [{"limits_watched": "yes"}, {"monthly_quota": -1}, {"colour": "red"}])
async def test_rules_that_make_no_sense_are_refused(platform: Platform, wish: dict[str, Any]) -> None:
    assert (await platform.http.post("/_sandbox/rules", json=wish)).status_code == 422


async def test_no_secret_stands_in_the_request_log(platform: Platform, connected: Connected) -> None:
    await connected.invoice()
    log = (await platform.http.get("/_sandbox/requests")).text
    assert connected.tokens["access_token"] not in log
    assert connected.tokens["refresh_token"] not in log
    assert connected.app["client_secret"] not in log


async def test_a_company_page_shows_the_work_and_takes_a_payment(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice("123.45")
    address = f"/_sandbox/companies/{connected.realm}"
    page = (await platform.http.get(address)).text
    assert f"Invoice {invoice['DocNumber']}" in page
    assert "Accounts Receivable (A/R)" in page
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    fields = {"csrf": csrf, "document_id": invoice["Id"], "amount": "23.45"}
    answer = await platform.http.post(f"{address}/people/pay", data=fields)
    assert answer.status_code == 303
    found = decode(await connected.call("GET", f"invoice/{invoice['Id']}"))["Invoice"]
    assert found["Balance"] == 100


@pytest.mark.parametrize(
    ("action", "wish"),
    [
        ("pay", {}),
        ("pay", {"document_id": "404"}),
        ("pay", {"document_id": "9", "colour": "red"}),
        ("pay", {"number": "1037", "account": "1"}),
        ("create_customer", {"name": "Cal Telephone"}),
        ("create_customer", {}),
        ("void", {"number": "none"}),
    ],
)
async def test_people_are_refused_what_the_books_refuse(platform: Platform, action: str, wish: dict[str, Any]) -> None:
    address = "/_sandbox/companies/9341452000000017/people/"
    answer: httpx2.Response = await platform.http.post(address + action, json=wish)
    assert answer.status_code == 409, answer.text


async def test_people_take_on_customers_and_void_invoices(platform: Platform, connected: Connected) -> None:
    made = platform.people().act("create_customer", {"name": "Walk-in", "email": "w@example.com"})
    found = await connected.query("select * from Customer where DisplayName = 'Walk-in'")
    assert found["Customer"][0]["Id"] == made["customer"]["id"]
    invoice = await connected.invoice()
    platform.people().act("void", {"number": invoice["DocNumber"]})
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["PrivateNote"] == "Voided"


async def test_a_person_pays_a_bill_from_the_bank_or_a_card(platform: Platform, connected: Connected) -> None:
    for account, kind in ((None, "Check"), ("41", "CreditCard")):
        bill = await connected.post("Bill", a_bill())
        wish = {"document_id": bill["Id"], **({"account": account} if account else {})}
        paid = platform.people().act("pay", wish)
        payment = (await connected.get(f"billpayment/{paid['payment']['id']}"))["BillPayment"]
        assert payment["PayType"] == kind
        assert (await connected.get(f"bill/{bill['Id']}"))["Bill"]["Balance"] == 0


async def test_people_delete_documents_and_close_the_books(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice()
    platform.people().act("delete", {"document_id": invoice["Id"]})
    assert (await connected.refused("GET", f"invoice/{invoice['Id']}"))[0] == "610"
    before = (await connected.get("preferences"))["Preferences"]
    assert "BookCloseDate" not in before["AccountingInfoPrefs"]
    platform.people().act("close_books", {"date": "2026-05-31"})
    after = (await connected.get("preferences"))["Preferences"]
    assert after["AccountingInfoPrefs"]["BookCloseDate"] == "2026-05-31"
    assert int(after["SyncToken"]) == int(before["SyncToken"]) + 1
    assert (await connected.refused("POST", "invoice", json=a_sale()))[0] == "6210"
