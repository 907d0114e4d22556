"""Keys under further circumstances: which methods heed them, whose they are, and duplicates that overlap."""

import asyncio

from tests.contract.xero.world import World

DEMO = "Demo Company (Global)"
HARBOUR = "Harbour Bridge Consulting"
KEY = {"idempotency-key": "key-1"}


async def test_a_key_on_a_read_or_a_deletion_means_nothing(demo: World) -> None:
    for _ in range(2):
        assert (await demo.call("GET", "Organisation", headers=KEY)).status_code == 200
    item = await demo.write("PUT", "Items", {"Code": "K"})
    statuses = [(await demo.call("DELETE", f"Items/{item['ItemID']}", headers=KEY)).status_code for _ in range(2)]
    assert statuses == [204, 404]


async def test_a_key_belongs_to_the_app_and_not_to_the_organisation(demo: World) -> None:
    assert (await demo.call("PUT", "Contacts", json={"Name": "A"}, headers=KEY)).status_code == 200
    await demo.connect(DEMO, HARBOUR)
    demo.tenant_id = demo.organisation_named(HARBOUR).id
    answer = await demo.call("PUT", "Contacts", json={"Name": "A"}, headers=KEY)
    assert (answer.status_code, answer.text) == (400, "Idempotency Key: key-1 is used with a different request.")


async def test_another_app_has_keys_of_its_own(demo: World) -> None:
    assert (await demo.call("PUT", "Contacts", json={"Name": "A"}, headers=KEY)).status_code == 200
    demo.client_id = ""
    await demo.connect(DEMO)
    assert (await demo.call("PUT", "Contacts", json={"Name": "B"}, headers=KEY)).status_code == 200


async def test_the_same_key_with_another_query_is_another_request(demo: World) -> None:
    assert (await demo.call("PUT", "Contacts", json={"Name": "A"}, headers=KEY)).status_code == 200
    answer = await demo.call("PUT", "Contacts", json={"Name": "A"}, headers=KEY, params={"summarizeErrors": "false"})
    assert answer.status_code == 400


async def test_a_request_refused_for_its_limit_leaves_its_key_free(world: World) -> None:
    await world.connect(DEMO)
    await world.http.post("/_sandbox/rules", json={"calls_a_minute_max": 0})
    assert (await world.call("PUT", "Contacts", json={"Name": "A"}, headers=KEY)).status_code == 429
    await world.http.post("/_sandbox/rules", json={"calls_a_minute_max": 60})
    assert (await world.call("PUT", "Contacts", json={"Name": "A"}, headers=KEY)).status_code == 200


async def test_overlapping_duplicates_are_one_write_unless_a_rule_refuses_them(demo: World) -> None:
    async def both(name: str, key: str) -> list[int]:
        await demo.http.post("/_sandbox/faults", json={"kind": "delay", "delay_s": "0.02", "count": 1})
        calls = [demo.call("PUT", "Contacts", json={"Name": name}, headers={"idempotency-key": key}) for _ in range(2)]
        return sorted(answer.status_code for answer in await asyncio.gather(*calls))

    assert await both("A", "key-a") == [200, 200]
    await demo.http.post("/_sandbox/rules", json={"in_flight_duplicates_refused": True})
    assert await both("B", "key-b") == [200, 409]
    names = [one.name for one in demo.organisation.contacts.values()]
    assert (names.count("A"), names.count("B")) == (1, 1)
