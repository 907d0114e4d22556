"""GET /accounting_capabilities: what is shown to work, object by object, and why the rest is not."""

from tests.support.partner import Partner


async def test_the_capability_matrix_is_served_to_partners(partner: Partner) -> None:
    answer = await partner.get("/accounting_capabilities")
    assert answer.status_code == 200, answer.text
    cells = answer.json()["data"]
    named = [(each["platform"], each["direction"], each["object"], each["operation"]) for each in cells]
    assert len(set(named)) == len(named)
    assert {each["platform"] for each in cells} == {"quickbooks", "xero"}
    for each in cells:
        assert bool(each["tests"]) is (each["state"] == "shown"), each
        assert (each["reason"] is None) is (each["state"] == "shown"), each
