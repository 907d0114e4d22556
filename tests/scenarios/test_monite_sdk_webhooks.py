"""The official Python SDK of Monite subscribes to webhooks, reads the log, and finds what it missed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from monite import AsyncMonite
from monite.core.api_error import ApiError
from monite.errors import UnprocessableEntityError
from tests.support.endpoint import REFUSED, Endpoint, listening_endpoint
from tests.support.house import PUBLIC_URL, House, build_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    built = await build_house(tmp_path, allow_private_addresses=True)
    yield built
    await built.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with listening_endpoint() as made:
        yield made


@pytest.fixture
async def client(house: House) -> AsyncIterator[AsyncMonite]:
    partner = await house.new_partner()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=house.app)) as http:
        yield AsyncMonite(
            base_url=f"{PUBLIC_URL}/v1",
            monite_version="2024-05-25",
            token=partner.token,
            monite_entity_id=partner.entity_id,
            httpx_client=http,
        )


async def test_the_official_sdk_subscribes_and_finds_what_it_missed(
    house: House, client: AsyncMonite, endpoint: Endpoint
) -> None:
    hooks = client.webhook_subscriptions
    made = await hooks.create(object_type="product", url=endpoint.url, event_types=["created"])
    assert made.secret.startswith("whsec_")
    assert made.status == "enabled"
    product = await client.products.create(name="Advisory hour")
    await house.settle()
    (came,) = endpoint.came
    assert came.is_signed_as_monite_does(made.secret)
    assert came.event["object"]["id"] == product.id

    (delivery,) = (await client.webhook_deliveries.get(event_id=came.event["id"], object_type="product")).data
    assert (delivery.was_successful, delivery.requests_made_count, delivery.response_status_code) == (True, 1, 200)
    (event,) = (await client.events.get(object_type="product")).data
    assert event == await client.events.get_by_id(came.event["id"])
    assert (event.action, event.object_type) == ("product.created", "product")

    changed = await hooks.update_by_id(made.id, event_types=["product.updated", "product.deleted"])
    assert changed.event_types == ["product.updated", "product.deleted"]
    endpoint.answers = [REFUSED]
    await client.products.update_by_id(product.id, name="Advice")
    await house.settle()
    again = await hooks.regenerate_secret_by_id(made.id)
    house.clock.move(timedelta(seconds=10))
    await house.settle()
    assert [one.event["action"] for one in endpoint.came[1:]] == ["product.updated"] * 2
    assert endpoint.came[-1].is_signed_as_monite_does(again.secret)
    assert not endpoint.came[-1].is_signed_as_monite_does(made.secret)
    (delivery,) = (await client.webhook_deliveries.get(event_action="updated")).data
    assert (delivery.was_successful, delivery.requests_made_count) == (True, 2)


async def test_the_official_sdk_ends_what_it_began(client: AsyncMonite, endpoint: Endpoint) -> None:
    hooks = client.webhook_subscriptions
    made = await hooks.create(object_type="payable", url=endpoint.url)
    assert (await hooks.disable_by_id(made.id)).status == "disabled"
    assert [(one.id, one.status) for one in (await hooks.get(object_type="payable")).data] == [(made.id, "disabled")]
    assert (await hooks.enable_by_id(made.id)).status == "enabled"
    await hooks.delete_by_id(made.id)
    assert (await hooks.get()).data == []
    with pytest.raises(ApiError) as gone:
        await hooks.get_by_id(made.id)
    assert gone.value.status_code == 404
    with pytest.raises(UnprocessableEntityError):
        await hooks.create(object_type="payable", url="no address")
