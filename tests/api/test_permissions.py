"""What tokens of entity users may do."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.served import CONTRACT, nameless, our_routes
from tests.support.partner import Partner
from tests.support.people import User, permissions, user_who_may

from tieout.api.permission_table import RULES, Audience, Needs, operation_name, rule_of
from tieout.api.permissions import OWNED_TYPES, Permission, own_type_under, permission_of
from tieout.api.roles.schemas import OBJECT_TYPES, CommonAction, PayableAction
from tieout.api.scope import OWNED
from tieout.kit.errors import Forbidden

ROUTES = [(method.upper(), path) for path, method in our_routes()]
EVERYTHING = {
    object_type: " ".join(PayableAction if object_type == "payable" else CommonAction) for object_type in OBJECT_TYPES
}


def routes_with(*rules: type[Needs] | Audience) -> Iterator[tuple[str, str]]:
    for method, path in ROUTES:
        rule = rule_of(operation_name(method, path))
        if rule in rules or (Needs in rules and isinstance(rule, Needs)):
            yield method, path


async def ask(user: User, method: str, path: str) -> tuple[int, str]:
    """Call an operation with ids that do not exist and without a body; the user's own entity where one is named."""
    filled = path.replace("{entity_id}", user.entity_id)
    answer = await user.call(method, nameless(filled).replace("{}", str(uuid4())))
    return answer.status_code, answer.text


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


def test_every_route_has_its_line_in_the_table() -> None:
    missing = [f"{method} {path}" for method, path in ROUTES if operation_name(method, path) not in RULES]
    assert missing == [], "say in api/permission_table.py who may call it"


def test_the_table_names_nothing_that_is_neither_served_nor_in_the_contract() -> None:
    known = {operation_name(method, path) for method, path in ROUTES}
    known |= {operation_name(method.upper(), path) for path, method in CONTRACT}
    assert sorted(set(RULES) - known) == []


def test_the_table_asks_for_permissions_that_a_role_can_hold() -> None:
    for operation, rule in RULES.items():
        if isinstance(rule, Needs):
            actions: list[str] = list(PayableAction if rule.object_type == "payable" else CommonAction)
            assert rule.object_type in OBJECT_TYPES, operation
            assert rule.action in actions, operation


def test_what_can_be_owned_is_what_names_its_maker() -> None:
    assert set(OWNED.values()) == OWNED_TYPES


async def test_a_user_without_permissions_may_do_nothing_but_look_things_up(seller: Partner) -> None:
    nobody = await user_who_may(seller)
    for method, path in routes_with(Needs):
        rule = rule_of(operation_name(method, path))
        assert isinstance(rule, Needs)
        status, body = await ask(nobody, method, path)
        assert status == 403, f"{method} {path}"
        assert f"Action {rule.action} for {rule.object_type} not allowed" in body
    for method, path in routes_with(Audience.EVERY_USER):
        assert (await ask(nobody, method, path))[0] not in {401, 403}, f"{method} {path}"


async def test_a_user_with_all_permissions_may_do_all_but_what_is_the_partners(seller: Partner) -> None:
    boss = await user_who_may(seller, **EVERYTHING)
    for method, path in routes_with(Needs, Audience.EVERY_USER):
        assert (await ask(boss, method, path))[0] not in {401, 403}, f"{method} {path}"
    for method, path in routes_with(Audience.PARTNER_ONLY):
        status, body = await ask(boss, method, path)
        assert status == 403, f"{method} {path}"
        assert "access token of the partner" in body


async def test_a_partners_token_needs_no_permission(seller: Partner) -> None:
    for path in ("/products", "/payables", "/entities", "/roles", "/settings", "/api_clients"):
        assert (await seller.get(path)).status_code == 200


async def test_permissions_are_judged_before_the_body_is_read(seller: Partner) -> None:
    nobody = await user_who_may(seller)
    assert (await nobody.post("/products", json={"colour": "red"})).status_code == 403


OWN = {"read": "allowed_for_own", "update": "allowed_for_own", "delete": "allowed_for_own", "create": "allowed_for_own"}
ADDRESS = {"country": "US", "city": "Springfield", "postal_code": "12345", "line1": "3 Side Street"}
KINDS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "product": ("/products", {"name": "Hour"}, {"name": "Day"}),
    "counterpart": (
        "/counterparts",
        {
            "type": "organization",
            "organization": {"legal_name": "Acme", "is_customer": True, "is_vendor": False, "address": ADDRESS},
        },
        {"organization": {"legal_name": "Acme & Sons"}},
    ),
    "payable": ("/payables", {"currency": "EUR", "document_id": "A-1"}, {"document_id": "A-2"}),
    "role": ("/roles", {"name": "X", "permissions": {}}, {"name": "Y"}),
    "tag": ("/tags", {"name": "Urgent"}, {"name": "Late"}),
}


async def make(partner: Partner, kind: str) -> str:
    path, body, _ = KINDS[kind]
    answer = await partner.post(path, json=body)
    assert answer.status_code in {200, 201}, answer.text
    made: str = answer.json()["id"]
    return made


@pytest.mark.parametrize("kind", KINDS)
async def test_who_is_allowed_their_own_sees_and_changes_only_what_they_made(seller: Partner, kind: str) -> None:
    path, _, change = KINDS[kind]
    user = await user_who_may(seller, **{kind: OWN})
    mine = await make(user, kind)
    if kind == "role":
        await seller.patch(f"{path}/{mine}", json={"name": "Mine"})
    others = await make(seller, kind)
    assert [one["id"] for one in (await user.get(path)).json()["data"]] == [mine]
    assert (await user.get(f"{path}/{mine}")).status_code == 200
    assert (await user.patch(f"{path}/{mine}", json=change)).status_code == 200
    for method in ("GET", "PATCH", "DELETE"):
        answer = await user.call(method, f"{path}/{others}", json=change if method == "PATCH" else None)
        assert answer.status_code == 404, method
    assert (await user.delete(f"{path}/{mine}")).status_code == 204
    assert (await seller.get(f"{path}/{others}")).status_code == 200


async def test_who_may_read_all_but_change_only_their_own_is_told_so(seller: Partner) -> None:
    user = await user_who_may(seller, product=OWN | {"read": "allowed"})
    others = await make(seller, "product")
    assert (await user.get(f"/products/{others}")).status_code == 200
    answer = await user.patch(f"/products/{others}", json={"name": "Day"})
    assert answer.status_code == 403
    assert "made by somebody else" in answer.json()["error"]["message"]
    assert (await user.patch(f"/products/{uuid4()}", json={"name": "Day"})).status_code == 404


async def test_the_partner_sees_who_made_what(seller: Partner) -> None:
    user = await user_who_may(seller, product="create read", counterpart="create read", payable="create read")
    product, counterpart, payable = [await make(user, kind) for kind in ("product", "counterpart", "payable")]
    made_by = str(user.user_id)
    assert (await seller.get(f"/products/{product}")).json()["entity_user_id"] == made_by
    assert (await seller.get(f"/counterparts/{counterpart}")).json()["created_by_entity_user_id"] == made_by
    assert (await seller.get(f"/payables/{payable}")).json()["was_created_by_user_id"] == made_by


async def test_an_own_limit_on_one_type_does_not_hide_the_others(seller: Partner) -> None:
    product, counterpart = await make(seller, "product"), await make(seller, "counterpart")
    user = await user_who_may(seller, product={"read": "allowed_for_own"}, counterpart="read")
    assert (await user.get(f"/products/{product}")).status_code == 404
    assert (await user.get(f"/counterparts/{counterpart}")).status_code == 200


async def test_a_user_reaches_no_other_entity_neither_by_header_nor_by_path(seller: Partner) -> None:
    user = await user_who_may(seller, **EVERYTHING)
    own_id = user.entity_id
    other_id = await seller.make_entity("Another")
    theirs = await make(seller, "product")
    for entity_id in (other_id, str(uuid4())):
        user.entity_id = entity_id
        for path in ("/products", "/entity_users/me", f"/entities/{own_id}/settings"):
            answer = await user.get(path)
            assert answer.status_code == 403, path
            assert set(answer.json()) == {"error"}
    user.entity_id = own_id
    assert (await user.get(f"/entities/{other_id}/settings")).status_code == 403
    assert (await user.get(f"/entities/{own_id}/settings")).status_code == 200
    assert (await user.get(f"/products/{theirs}")).status_code == 404
    user.entity_id = own_id.upper()
    assert (await user.get("/products")).status_code == 200
    user.entity_id = ""
    assert (await user.get("/products")).status_code == 422


async def test_users_of_an_entity_that_is_not_active_may_do_nothing(seller: Partner) -> None:
    user = await user_who_may(seller, product="read")
    await seller.post(f"/entities/{seller.entity_id}/deactivate")
    assert (await user.get("/products")).status_code == 403
    assert (await user.get("/entity_users/me")).status_code == 403
    await seller.post(f"/entities/{seller.entity_id}/activate")
    assert (await user.get("/products")).status_code == 200


async def test_an_entity_that_is_not_active_can_be_read_by_the_partner_and_nothing_else(seller: Partner) -> None:
    product = await make(seller, "product")
    await seller.post(f"/entities/{seller.entity_id}/deactivate")
    assert (await seller.get(f"/products/{product}")).status_code == 200
    for method, path in (("POST", "/products"), ("PATCH", f"/products/{product}"), ("DELETE", f"/products/{product}")):
        answer = await seller.call(method, path, json={"name": "X"})
        assert answer.status_code == 409
        assert "not active" in answer.json()["error"]["message"]
    ended = await seller.post(f"/accounting_connections/{uuid4()}/disconnect")
    assert ended.status_code == 404


PERMISSIONS = st.sampled_from(Permission)


@given(said=PERMISSIONS, read=PERMISSIONS, object_type=st.sampled_from(sorted(OWNED_TYPES)))
def test_making_something_is_ones_own_and_shows_of_its_type_what_may_be_read(
    said: Permission, read: Permission, object_type: str
) -> None:
    role = permissions(**{object_type: {"create": said.value, "read": read.value}})
    if said is Permission.NOT_ALLOWED:
        with pytest.raises(Forbidden):
            own_type_under(role, Needs(object_type, "create"))
    else:
        limited = own_type_under(role, Needs(object_type, "create"))
        assert limited == (None if read is Permission.ALLOWED else object_type)


@given(said=PERMISSIONS, object_type=st.sampled_from(OBJECT_TYPES), action=st.sampled_from(["read", "update"]))
def test_an_action_is_free_limited_or_refused(said: Permission, object_type: str, action: str) -> None:
    role = permissions(**{object_type: {action: said.value}})
    needs = Needs(object_type, action)
    if said is Permission.ALLOWED:
        assert own_type_under(role, needs) is None
    elif said is Permission.ALLOWED_FOR_OWN and object_type in OWNED_TYPES:
        assert own_type_under(role, needs) == object_type
    else:  # nothing that names no maker is anybody's own
        with pytest.raises(Forbidden, match=f"Action {action} for {object_type} not allowed"):
            own_type_under(role, needs)


@given(said=st.lists(PERMISSIONS, min_size=1))
def test_of_several_statements_the_strictest_counts(said: list[Permission]) -> None:
    groups = [permissions(product={"read": one.value})["objects"][0] for one in said]
    strictness = [Permission.NOT_ALLOWED, Permission.ALLOWED_FOR_OWN, Permission.ALLOWED]
    assert permission_of({"objects": groups}, "product", "read") is min(said, key=strictness.index)


@pytest.mark.parametrize("role", [{}, {"objects": None}, {"objects": [{"object_type": "product", "actions": None}]}])
def test_what_a_role_does_not_name_is_not_allowed(role: dict[str, Any]) -> None:
    assert permission_of(role, "product", "read") is Permission.NOT_ALLOWED
