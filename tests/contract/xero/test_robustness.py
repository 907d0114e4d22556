"""What odd requests may not do: crash, or leave something half done."""

import pytest
from tests.contract.xero.world import World, sale_of

FAR = "9999-12-31"


@pytest.mark.parametrize("page", ["²", "--1", "٣", "1.5", ""])
async def test_a_page_that_is_no_whole_number_is_refused(demo: World, page: str) -> None:
    answer = await demo.call("GET", "Invoices", params={"page": page})
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_date_of_change_beyond_the_calendar_is_ignored(demo: World, since: str) -> None:
    answer = await demo.call("GET", "Invoices", params={"page": 1}, headers={"if-modified-since": since})
    assert answer.status_code == 200
    assert answer.json()["Invoices"]


@pytest.mark.parametrize(
    ("quantity", "unit_amount"), [("1e17", "1e17"), ("1e17", "1"), ("1e17", "0"), ("99999999", "99999999")]
)
async def test_a_line_that_is_too_large_is_refused(demo: World, quantity: str, unit_amount: str) -> None:
    contact = await demo.contact()
    sale = sale_of(contact["ContactID"])
    sale["LineItems"][0] |= {"Quantity": quantity, "UnitAmount": unit_amount}
    assert await demo.refused("PUT", "Invoices", sale) == ["The line total is too large"]


async def test_a_quantity_too_small_to_be_kept_divides_no_amount(demo: World) -> None:
    contact = await demo.contact()
    sale = sale_of(contact["ContactID"])
    sale["LineItems"][0] = {"Description": "Work", "Quantity": "1e-9", "LineAmount": "1e12", "AccountCode": "200"}
    assert await demo.refused("PUT", "Invoices", sale) == [
        "The line total 1000000000000.00 does not match the expected line total 0.00"
    ]


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        ("1e-9", "The currency rate must be greater than zero"),
        ("1e12", "The currency rate is too large"),
        ("-1", "The currency rate must be greater than zero"),
    ],
)
async def test_a_rate_that_exchanges_nothing_is_refused(demo: World, rate: str, message: str) -> None:
    await demo.write("PUT", "Currencies", {"Code": "EUR"})
    contact = await demo.contact()
    changes = {"CurrencyCode": "EUR", "CurrencyRate": rate}
    assert await demo.refused("PUT", "Invoices", sale_of(contact["ContactID"]) | changes) == [message]


async def test_a_foreign_document_on_the_last_day_of_the_calendar_has_a_rate(demo: World) -> None:
    await demo.write("PUT", "Currencies", {"Code": "EUR"})
    contact = await demo.contact()
    sale = await demo.sale(contact["ContactID"], CurrencyCode="EUR", Date=FAR, DueDate=FAR)
    assert sale["CurrencyRate"] > 0


@pytest.mark.parametrize("day", ["0001-01-01", "1752-12-31", "2026-09-10Tgarbage", "2026-02-30", "２０２６-01-01"])
async def test_what_is_no_date_of_a_document_is_refused(demo: World, day: str) -> None:
    contact = await demo.contact()
    answer = await demo.call("PUT", "Invoices", json=sale_of(contact["ContactID"]) | {"Date": day})
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 14)


@pytest.mark.parametrize(
    "day", ["2026-09-10", "2026-09-10T00:00:00", "2026-09-10T13:14:15.1234567Z", "2026-09-10T00:00:00+00:00"]
)
async def test_iso_dates_are_read(demo: World, day: str) -> None:
    contact = await demo.contact()
    sale = await demo.sale(contact["ContactID"], Date=day)
    assert sale["DateString"] == "2026-09-10T00:00:00"


async def test_a_refused_value_is_told_by_its_path_as_it_was_sent(demo: World) -> None:
    contact = await demo.contact()
    sale = sale_of(contact["ContactID"])
    sale["LineItems"].append(sale["LineItems"][0] | {"Quantity": "many"})
    answer = await demo.call("PUT", "Invoices", json={"Invoices": [sale]})
    assert answer.json()["Message"].endswith("Path 'Invoices[0].LineItems[1].Quantity'.")


@pytest.mark.parametrize(
    "reference", ["x" * 256, [1], {"a": 1}, True], ids=["too long", "a list", "an object", "a flag"]
)
@pytest.mark.parametrize("plural", ["Invoices", "CreditNotes"])
async def test_a_refused_edit_leaves_the_number_alone(demo: World, plural: str, reference: object) -> None:
    contact = await demo.contact()
    singular = plural[:-1]
    draft = sale_of(contact["ContactID"]) | {"Status": "DRAFT"}
    if plural == "CreditNotes":
        del draft["DueDate"]
        draft["Type"] = "ACCRECCREDIT"
    made = await demo.write("PUT", plural, draft)
    path = f"{plural}/{made[f'{singular}ID']}"
    edit = {f"{singular}Number": "OTHER-1", "Reference": reference}
    assert (await demo.call("POST", path, json=edit)).status_code == 400
    after = (await demo.get(path))[plural][0]
    assert after[f"{singular}Number"] == made[f"{singular}Number"]
    assert (await demo.call("GET", f"{plural}/OTHER-1")).status_code == 404


async def test_a_refused_edit_of_a_journal_leaves_it_alone(demo: World) -> None:
    lines = [{"LineAmount": "10", "AccountCode": "400"}, {"LineAmount": "-10", "AccountCode": "200"}]
    made = await demo.write("PUT", "ManualJournals", {"Narration": "before", "JournalLines": lines})
    path = f"ManualJournals/{made['ManualJournalID']}"
    answer = await demo.call("POST", path, json={"Narration": "after", "Url": [1]})
    assert answer.status_code == 400
    assert (await demo.get(path))["ManualJournals"][0]["Narration"] == "before"


async def test_a_value_that_does_not_convert_refuses_a_batch_before_anything_is_done(demo: World) -> None:
    batch = [{"Name": "First"}, {"Name": "Second", "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": False}]}]
    answer = await demo.call("PUT", "Contacts", json={"Contacts": batch})
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 14)
    found = await demo.get("Contacts", where='Name=="First"')
    assert found["Contacts"] == []


@pytest.mark.parametrize("summarize", ["true", "false"])
async def test_what_is_not_simulated_refuses_its_own_element_when_others_are_done(demo: World, summarize: str) -> None:
    batch = [{"Name": "First"}, {"Name": "Second", "Zzz": "1"}]
    answer = await demo.call("PUT", "Contacts", json={"Contacts": batch}, params={"summarizeErrors": summarize})
    told = answer.json()
    refused = told["Elements"][0] if summarize == "true" else told["Contacts"][1]
    assert answer.status_code == (400 if summarize == "true" else 200)
    assert refused["ValidationErrors"] == [
        {"Message": "The simulated Xero does not do this: the property Contacts[1].Zzz"}
    ]
    assert len((await demo.get("Contacts", where='Name=="First"'))["Contacts"]) == 1


async def test_what_is_not_simulated_refuses_the_request_while_nothing_is_done(demo: World) -> None:
    answer = await demo.call("PUT", "Contacts", json={"Contacts": [{"Name": "First", "Zzz": "1"}, {"Name": "Second"}]})
    assert answer.status_code == 501
    assert (await demo.get("Contacts", where='Name=="Second"'))["Contacts"] == []


async def test_both_legs_of_a_transfer_are_listed_at_once_and_when_it_is_gone(demo: World) -> None:
    await demo.get("BankTransactions", page=1)
    wish = {"FromBankAccount": {"Code": "090"}, "ToBankAccount": {"Code": "091"}, "Amount": "12.34"}
    made = await demo.write("PUT", "BankTransfers", wish)
    listed = (await demo.get("BankTransactions", page=1))["BankTransactions"]
    assert {one["Type"] for one in listed} == {"SPEND-TRANSFER", "RECEIVE-TRANSFER"}
    demo.move(seconds=5)
    await demo.write("POST", f"BankTransfers/{made['BankTransferID']}", {"Status": "DELETED"})
    assert {one["Status"] for one in (await demo.get("BankTransactions", page=1))["BankTransactions"]} == {"DELETED"}


async def test_a_document_of_nothing_that_becomes_one_of_something_is_open(demo: World) -> None:
    contact = await demo.contact()
    sale = await demo.sale(contact["ContactID"], "0.00")
    assert sale["Status"] == "PAID"
    line = {"LineItemID": sale["LineItems"][0]["LineItemID"], "UnitAmount": "40.00"}
    after = await demo.write("POST", f"Invoices/{sale['InvoiceID']}", {"LineItems": [line]})
    assert (after["Status"], after["AmountDue"], "FullyPaidOnDate" in after) == ("AUTHORISED", 40.0, False)


async def test_the_rate_of_a_paid_document_stays(demo: World) -> None:
    await demo.write("PUT", "Currencies", {"Code": "EUR"})
    contact = await demo.contact()
    sale = await demo.sale(contact["ContactID"], CurrencyCode="EUR", CurrencyRate="0.8")
    account = {"Code": "090"}
    payment = {"Invoice": {"InvoiceID": sale["InvoiceID"]}, "Account": account, "Amount": "10", "Date": "2026-09-12"}
    await demo.write("PUT", "Payments", payment)
    before = demo.organisation.ledger.trial_balance()
    messages = await demo.refused("POST", f"Invoices/{sale['InvoiceID']}", {"CurrencyRate": "0.5"})
    assert "Invoice not of valid status for modification" in messages
    assert demo.organisation.ledger.trial_balance() == before


async def test_a_document_is_fully_paid_on_the_latest_date_of_all_that_settled_it(demo: World) -> None:
    contact = await demo.contact()
    sale = await demo.sale(contact["ContactID"])
    credit = sale_of(contact["ContactID"], "40.00") | {"Type": "ACCRECCREDIT", "Date": "2026-09-14"}
    del credit["DueDate"]
    note = await demo.write("PUT", "CreditNotes", credit)
    allocation = {"Invoice": {"InvoiceID": sale["InvoiceID"]}, "Amount": "40.00"}
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    assert (await demo.call("PUT", path, json=allocation)).status_code == 200
    paid = {
        "Invoice": {"InvoiceID": sale["InvoiceID"]},
        "Account": {"Code": "090"},
        "Amount": "60",
        "Date": "2026-09-11",
    }
    await demo.write("PUT", "Payments", paid)
    told = (await demo.get(f"Invoices/{sale['InvoiceID']}"))["Invoices"][0]
    assert told["Status"] == "PAID"
    assert told["FullyPaidOnDate"] == "/Date(1789344000000+0000)/"


async def test_items_follow_the_code_of_their_accounts(demo: World) -> None:
    item = {"Code": "GOODS", "SalesDetails": {"UnitPrice": "5", "AccountCode": "200"}}
    made = await demo.write("PUT", "Items", item)
    account = next(one for one in demo.organisation.accounts.values() if one.code == "200")
    await demo.write("POST", f"Accounts/{account.id}", {"Code": "2000"})
    told = (await demo.get(f"Items/{made['ItemID']}"))["Items"][0]
    assert told["SalesDetails"]["AccountCode"] == "2000"


async def test_an_account_of_an_item_cannot_be_deleted(demo: World) -> None:
    made = await demo.write("PUT", "Accounts", {"Code": "299", "Name": "Odds", "Type": "SALES"})
    await demo.write("PUT", "Items", {"Code": "ODD", "SalesDetails": {"AccountCode": "299"}})
    assert (await demo.call("DELETE", f"Accounts/{made['AccountID']}")).status_code == 400


async def test_a_body_nested_beyond_reason_is_malformed(demo: World) -> None:
    body = b'{"Name":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    answer = await demo.call("PUT", "Contacts", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 14)


async def test_a_parameter_that_is_said_twice_is_a_list(demo: World) -> None:
    contact = await demo.contact()
    made = [(await demo.sale(contact["ContactID"]))["InvoiceID"] for _ in range(2)]
    answer = await demo.call("GET", f"Invoices?IDs={made[0]}&ids={made[1]}")
    assert {one["InvoiceID"] for one in answer.json()["Invoices"]} == set(made)
    assert (await demo.call("GET", "Invoices?page=1&Page=2")).status_code == 400


@pytest.mark.parametrize("accept", ["application/xml, application/json;q=0.1", "text/xml,application/json", "*/*"])
async def test_xml_is_never_answered_with_json_in_silence(demo: World, accept: str) -> None:
    assert (await demo.call("GET", "Organisation", headers={"accept": accept})).status_code == 501


@pytest.mark.parametrize("other", ["another", "nobody's"])
async def test_a_body_cannot_name_another_record_than_the_address(demo: World, other: str) -> None:
    contact = await demo.contact()
    sale, second = [await demo.sale(contact["ContactID"]) for _ in range(2)]
    named = second["InvoiceID"] if other == "another" else "5a1b0000-0000-4000-8000-000000000000"
    messages = await demo.refused("POST", f"Invoices/{sale['InvoiceID']}", {"InvoiceID": named, "Reference": "r"})
    assert messages == ["The InvoiceID in the body is not the one in the address"]


async def test_an_edit_of_a_payment_is_refused_in_words(demo: World) -> None:
    contact = await demo.contact()
    sale = await demo.sale(contact["ContactID"])
    payment = {"Invoice": {"InvoiceID": sale["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": "10"}
    path = f"Payments/{(await demo.write('PUT', 'Payments', payment))['PaymentID']}"
    assert await demo.refused("POST", path, {"Amount": "5"}) == [
        "Payments cannot be updated. A payment can only be deleted"
    ]
    assert (await demo.call("POST", path, json={"Amount": "5", "Status": "DELETED"})).status_code == 501


async def test_a_due_date_with_the_same_contact_does_not_bump_a_partly_paid_document(demo: World) -> None:
    contact = await demo.contact()
    sale = await demo.sale(contact["ContactID"])
    path = f"Invoices/{sale['InvoiceID']}"
    payment = {"Invoice": {"InvoiceID": sale["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": "10"}
    await demo.write("PUT", "Payments", payment)
    before = (await demo.get(path))["Invoices"][0]
    demo.move(seconds=5)
    same = {"Contact": {"ContactID": contact["ContactID"]}, "DueDate": "2026-12-01"}
    await demo.write("POST", path, same)
    after = (await demo.get(path))["Invoices"][0]
    assert after["DueDateString"] == "2026-12-01T00:00:00"
    assert after["UpdatedDateUTC"] == before["UpdatedDateUTC"]
    await demo.write("POST", path, {"InvoiceNumber": "NEW-1", "DueDate": "2026-12-02"})
    assert (await demo.get(path))["Invoices"][0]["UpdatedDateUTC"] != before["UpdatedDateUTC"]


async def test_a_purchase_cannot_be_voided_when_its_goods_went_at_another_cost(demo: World) -> None:
    item = {
        "Code": "T1",
        "InventoryAssetAccountCode": "630",
        "PurchaseDetails": {"UnitPrice": "1", "COGSAccountCode": "310"},
        "SalesDetails": {"UnitPrice": "20", "AccountCode": "200"},
    }
    await demo.write("PUT", "Items", item)
    contact = await demo.contact()

    async def trade(type_: str, price: str) -> str:
        lines = [{"Description": "Goods", "ItemCode": "T1", "Quantity": 10, "UnitAmount": price}]
        made = await demo.sale(contact["ContactID"], Type=type_, LineItems=lines)
        return str(made["InvoiceID"])

    await trade("ACCPAY", "1.00")
    dear = await trade("ACCPAY", "9.00")
    sold = await trade("ACCREC", "20.00")
    messages = await demo.refused("POST", f"Invoices/{dear}", {"Status": "VOIDED"})
    assert messages == ["There is not enough stock on hand of the tracked inventory item 'T1'"]
    await demo.write("POST", f"Invoices/{sold}", {"Status": "VOIDED"})
    await demo.write("POST", f"Invoices/{dear}", {"Status": "VOIDED"})
    told = (await demo.get("Items/T1"))["Items"][0]
    assert (told["QuantityOnHand"], told["TotalCostPool"]) == (10.0, 10.0)


async def test_a_line_without_tax_says_so_where_the_country_has_a_code_of_its_own_for_it(harbour: World) -> None:
    contact = await harbour.contact()
    sale = await harbour.sale(contact["ContactID"])
    assert [(line["TaxType"], line["TaxAmount"]) for line in sale["LineItems"]] == [("BASEXCLUDED", 0.0)]
