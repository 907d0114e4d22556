"""The official Python SDK of Monite gets tokens of partners and users, and manages users and roles."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from monite import AsyncMonite, EntityAddressSchema, OrganizationSchema
from monite.core.api_error import ApiError
from monite.types import ActionSchema, BizObjectsSchemaInput, PayableActionSchema
from monite.types.root_schema_input import RootSchemaInput_Entity, RootSchemaInput_Payable, RootSchemaInput_Product
from tests.support.monite_sdk import Sdk
from tests.support.partner import Api, Partner, start_api

BONN = EntityAddressSchema(country="DE", city="Bonn", postal_code="53111", line1="Hauptstr. 1")
CLERK = BizObjectsSchemaInput(
    objects=[
        RootSchemaInput_Product(
            actions=[
                ActionSchema(action_name="read", permission="allowed"),
                ActionSchema(action_name="create", permission="allowed"),
                ActionSchema(action_name="update", permission="allowed_for_own"),
            ]
        ),
        RootSchemaInput_Payable(actions=[PayableActionSchema(action_name="submit", permission="allowed")]),
        RootSchemaInput_Entity(actions=[ActionSchema(action_name="read", permission="allowed")]),
    ]
)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    started = await start_api(tmp_path)
    yield started
    await started.close()


@pytest.fixture
async def sdk(api: Api) -> AsyncIterator[Sdk]:
    made = Sdk(api.app)
    yield made
    await made.close()


@pytest.fixture
async def partner(api: Api) -> Partner:
    return await api.new_partner()


@pytest.fixture
async def client(sdk: Sdk, partner: Partner) -> AsyncMonite:
    """The partner's client, for an entity of its own."""
    token = await sdk.sign_in(str(partner.client_id), partner.client_secret)
    entity = await sdk.client(token=token).entities.create(
        type="organization",
        email="owner@example.com",
        address=BONN,
        organization=OrganizationSchema(legal_name="Beispiel GmbH"),
    )
    partner.entity_id = entity.id
    return sdk.client(token=token, entity_id=entity.id)


async def client_of_user(sdk: Sdk, partner: Partner, user_id: str) -> tuple[AsyncMonite, str]:
    """A client with the token of this user, and the token."""
    answer = await sdk.client().access_tokens.create(
        client_id=str(partner.client_id),
        client_secret=partner.client_secret,
        grant_type="entity_user",
        entity_user_id=user_id,
    )
    assert (answer.token_type, answer.expires_in) == ("Bearer", 1800)
    return sdk.client(token=answer.access_token, entity_id=partner.entity_id), answer.access_token


async def refusal(call: Any) -> int | None:
    with pytest.raises(ApiError) as refused:
        await call
    return refused.value.status_code


async def test_a_user_works_within_their_role(sdk: Sdk, partner: Partner, client: AsyncMonite) -> None:
    role = await client.roles.create(name="Clerk", permissions=CLERK)
    user = await client.entity_users.create(first_name="Casey", last_name="Peters", login="caseyp", role_id=role.id)
    theirs = await client.products.create(name="Made by the partner")
    casey, _ = await client_of_user(sdk, partner, user.id)

    me = await casey.entity_users.get_current()
    assert (me.id, me.role_id, me.status) == (user.id, role.id, "active")
    assert (await casey.entity_users.get_current_role()).permissions == role.permissions
    assert (await casey.entity_users.get_current_entity()).id == partner.entity_id
    assert (await casey.entity_users.update_current(last_name="Smith")).last_name == "Smith"

    mine = await casey.products.create(name="Made by Casey")
    assert mine.entity_user_id == user.id
    assert (await casey.products.update_by_id(mine.id, name="Better")).name == "Better"
    assert len((await casey.products.get()).data) == 2
    assert await refusal(casey.products.update_by_id(theirs.id, name="Worse")) == 403
    assert await refusal(casey.products.delete_by_id(mine.id)) == 403
    assert await refusal(casey.entity_users.update_current_entity(phone="1")) == 403
    assert await refusal(casey.accounting.connections.get()) == 403
    assert (await casey.accounting.ledger_accounts.get()).data == []

    other = await client.roles.create(name="Reader", permissions=BizObjectsSchemaInput(objects=[]))
    await client.entity_users.update_by_id(user.id, role_id=other.id)
    assert await refusal(casey.products.get()) == 403
    await client.entity_users.delete_by_id(user.id)
    assert await refusal(casey.entity_users.get_current()) == 401


async def test_the_partner_manages_users_and_roles(client: AsyncMonite) -> None:
    role = await client.roles.create(name="Clerk", permissions=CLERK)
    renamed = await client.roles.update_by_id(role.id, name="Bookkeeper")
    assert (renamed.name, renamed.permissions) == ("Bookkeeper", role.permissions)
    assert [one.id for one in (await client.roles.get(name="Bookkeeper")).data] == [role.id]
    users = [await client.entity_users.create(first_name=name, login=name, role_id=role.id) for name in ("Ann", "Bob")]
    listed = await client.entity_users.get(role_id=role.id, name_istartswith="an", sort="updated_at")
    assert [one.id for one in listed.data] == [users[0].id]
    assert await refusal(client.roles.delete_roles_id(role.id)) == 409
    for user in users:
        await client.entity_users.delete_by_id(user.id)
    await client.roles.delete_roles_id(role.id)
    assert (await client.roles.get()).data == []


async def test_tokens_end_when_they_are_revoked(sdk: Sdk, partner: Partner, client: AsyncMonite) -> None:
    user = await client.entity_users.create(first_name="Casey", login="caseyp")
    casey, token = await client_of_user(sdk, partner, user.id)
    assert (await casey.entity_users.get_current()).id == user.id
    message = await client.access_tokens.revoke(
        client_id=str(partner.client_id), client_secret=partner.client_secret, token=token
    )
    assert message.message == "The token has been revoked."
    assert await refusal(casey.entity_users.get_current()) == 401
    wrong = sdk.client().access_tokens.create(
        client_id=str(partner.client_id), client_secret="wrong", grant_type="client_credentials"
    )
    assert await refusal(wrong) == 401
