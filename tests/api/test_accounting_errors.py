"""GET /accounting_errors: what each code means, what to click, and when it is tried again."""

from tests.support.partner import Partner


async def test_the_catalogue_is_served_to_partners(partner: Partner) -> None:
    answer = await partner.get("/accounting_errors")
    assert answer.status_code == 200, answer.text
    assert [each["code"] for each in answer.json()["data"]] == sorted({each["code"] for each in answer.json()["data"]})
    closed = next(each for each in answer.json()["data"] if each["code"] == "period_closed")
    assert {each["platform"] for each in closed["meanings"]} == {"quickbooks", "xero"}
    assert closed["retries"] == ["books_change", "record_change"]
    assert {each["platform"] for each in closed["places"]} == {"quickbooks", "xero"}
