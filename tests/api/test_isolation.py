"""Nobody reaches what is another's: every operation of the route table, with the tokens, headers and ids of others.

A new path with a parameter, and a new field of a body that holds an id, fail here until somebody says what they name.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.contract.conformity import PARAMETER
from tests.contract.served import built, nameless, our_routes
from tests.support.makers import MAKERS, NO_IDS, collection_named_by
from tests.support.partner import Partner
from tests.support.people import user_who_may
from tests.support.samples import ITEM, Known, Place, body_schema, places_of_ids, smallest, takes_form, with_value
from tests.support.world import Ids, Side, World, open_world, prefix_of, served_collections

from tieout.api.permission_table import Needs, operation_name, rule_of
from tieout.api.permissions import OWNED_TYPES
from tieout.api.roles.schemas import CommonAction, PayableAction

Operation = tuple[str, str]
Json = dict[str, Any]

WITHOUT_A_TOKEN = frozenset((("/auth/token", "post"), ("/auth/revoke", "post")))
"""What is called with a client's id and secret."""
QUERIES = {"/accounting_synced_records": "?object_type=receivable"}
"""What a list cannot be read without."""

CURRENCY = "AUD"
"""Of the books of the first side."""

OPERATIONS = our_routes()
RESOURCES = {
    resource: [one for one in OPERATIONS if one[0].split("/")[1] == resource]
    for resource in sorted({path.split("/")[1] for path, _ in OPERATIONS})
}
NAMING = [one for one in OPERATIONS if "{" in one[0] and nameless(one[0].rpartition("/{")[0]) not in NO_IDS]
LISTS = [(path, method) for path, method in OPERATIONS if method == "get" and "{" not in path]


def of_entity(operation: Operation) -> bool:
    parameters = built(*operation).get("parameters", [])
    return any(one["in"] == "header" and one["name"].lower() == "x-monite-entity-id" for one in parameters)


def is_entitys(prefix: str) -> bool:
    """Whether what a path names belongs to an entity; else it is the partner's, for all of its entities."""
    naming = [one for one in OPERATIONS if "{" in one[0] and prefix_of(one[0]) == prefix]
    reading = [one for one in naming if one[1] == "get" and one[0].endswith("}")]
    return any(of_entity(one) for one in reading or naming)


def named(operation: Operation) -> str:
    return f"{operation[1].upper()} {operation[0]}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


@contextmanager
def nothing_changes(world: World) -> Iterator[None]:
    """Nobody writes to the database."""
    with closing(sqlite3.connect(world.file)) as watcher:
        before = watcher.execute("PRAGMA data_version").fetchone()
        yield
        assert watcher.execute("PRAGMA data_version").fetchone() == before, "something was written"


def filled(path: str, ids: Ids) -> str:
    values = iter(ids)
    return PARAMETER.sub(lambda _: next(values), path)


def known_ids(side: Side) -> Any:
    def known(name: str) -> str | None:
        collection = collection_named_by(name) if is_named(name) else None
        found = side.ids.get(f"{collection}/{{}}") if collection else None
        return found[0][-1] if found else None

    return known


def body_of(operation: Operation, side: Side) -> Any:
    schema = body_schema(*operation)
    return None if schema is None else smallest(schema, known_ids(side))


async def send(
    caller: Partner, operation: Operation, ids: Ids = (), body: Any = None, **options: Any
) -> httpx2.Response:
    path, method = operation
    content: Json = {} if body is None else {"json": body}
    if takes_form(operation):
        content = {"files": {"file": ("scan.pdf", b"%PDF-1.4", "application/pdf")}, "data": {"file_type": "payables"}}
    return await caller.call(method.upper(), filled(path, ids) + QUERIES.get(path, ""), **content, **options)


def test_there_is_a_maker_for_everything_that_a_path_names() -> None:
    assert sorted(set(served_collections()) - set(MAKERS)) == [], "say in tests/support/makers.py how to make one"


@pytest.mark.parametrize("operation", NAMING, ids=named)
async def test_what_is_anothers_is_not_there(world: World, operation: Operation) -> None:
    seed, http = world.seed, world.http
    mine, beside, others = (side.caller(http) for side in (seed.mine, seed.beside, seed.others))
    user = seed.beside.user(http)
    strangers = [others, replace(others, entity_id=mine.entity_id), user, replace(user, entity_id=mine.entity_id)]
    if of_entity(operation):
        strangers += [replace(mine, entity_id=others.entity_id)]
    if is_entitys(prefix_of(operation[0])):
        strangers += [beside]
    body = body_of(operation, seed.mine)
    targets = seed.mine.ids[prefix_of(operation[0])]
    assert targets, "nothing was made that this operation could be called with"
    for ids in targets:
        for stranger in strangers:
            with nothing_changes(world):
                answer = await send(stranger, operation, ids, body)
            assert answer.status_code in {403, 404}, f"{answer.status_code} {answer.text}"
    found = [await send(mine, operation, ids, body) for ids in targets]
    assert any(one.status_code != 404 or "yet" in one.text for one in found), f"even its owner finds none: {found}"


def for_own(operation: Operation) -> dict[str, dict[str, str]]:
    """Everything allowed, but for one's own only, of the type that the operation needs; nothing if none is owned.

    A list of VAT ids is narrowed, and making one is free: there the path names a counterpart, which is another type.
    """
    rule = rule_of(operation_name(operation[1].upper(), operation[0]))
    if not isinstance(rule, Needs) or rule.object_type not in OWNED_TYPES or operation[0].endswith("/vat_ids"):
        return {}
    actions = PayableAction if rule.object_type == "payable" else CommonAction
    return {rule.object_type: {action.value: "allowed_for_own" for action in actions}}


@pytest.mark.parametrize("operation", [one for one in NAMING if for_own(one)], ids=named)
async def test_who_may_touch_only_their_own_reaches_nothing_else(world: World, operation: Operation) -> None:
    user = await user_who_may(world.seed.mine.caller(world.http), **for_own(operation))
    for ids in world.seed.mine.ids[prefix_of(operation[0])]:
        with nothing_changes(world):
            answer = await send(user, operation, ids, body_of(operation, world.seed.mine))
        assert answer.status_code in {403, 404, 501}, f"{answer.status_code} {answer.text}"


@pytest.mark.parametrize("operation", [one for one in NAMING if one[0].count("{") > 1], ids=named)
async def test_a_part_is_found_only_below_its_own_whole(world: World, operation: Operation) -> None:
    seed = world.seed
    mine, beside = seed.mine.caller(world.http), seed.beside.caller(world.http)
    prefix = prefix_of(operation[0])
    above, whole = prefix.rpartition("/")[0], seed.mine.ids[prefix][0]
    wholes = above if above in seed.mine.ids else above.rpartition("/")[0]
    elsewhere = [(mine, one) for one in seed.mine.ids[wholes] if one != whole[:-1]]
    for caller, other in (*elsewhere, (beside, seed.beside.ids[wholes][0])):
        with nothing_changes(world):
            answer = await send(caller, operation, (*other, whole[-1]), body_of(operation, seed.mine))
        assert answer.status_code in {403, 404, 409}, f"{answer.status_code} {answer.text}"


@pytest.mark.parametrize("resource", RESOURCES)
async def test_without_a_token_nothing_is_answered(world: World, resource: str) -> None:
    for operation in RESOURCES[resource]:
        if operation not in WITHOUT_A_TOKEN:
            await refuse_without_token(world, operation)


async def refuse_without_token(world: World, operation: Operation) -> None:
    ids = world.seed.mine.ids[prefix_of(operation[0])][0] if "{" in operation[0] else ()
    body = body_of(operation, world.seed.mine)
    mine = world.seed.mine.caller(world.http)
    for authorization in ("", "Bearer", "Bearer nobody", "Basic bm9ib2R5Om5vYm9keQ==", f"Token {mine.token}"):
        with nothing_changes(world):
            answer = await send(mine, operation, ids, body, headers={"authorization": authorization})
        assert answer.status_code == 401, f"{named(operation)} {authorization!r}: {answer.status_code} {answer.text}"


@pytest.mark.parametrize("resource", RESOURCES)
async def test_anothers_entity_is_no_entity(world: World, resource: str) -> None:
    for operation in RESOURCES[resource]:
        if of_entity(operation):
            await refuse_other_entities(world, operation)


async def refuse_other_entities(world: World, operation: Operation) -> None:
    seed = world.seed
    ids = seed.mine.ids[prefix_of(operation[0])][0] if "{" in operation[0] else ()
    mine, others = seed.mine.caller(world.http), seed.others.caller(world.http)
    for caller in (replace(mine, entity_id=others.entity_id), replace(others, entity_id=mine.entity_id)):
        with nothing_changes(world):
            answer = await send(caller, operation, ids, body_of(operation, seed.mine))
        assert answer.status_code in {403, 404}, f"{named(operation)}: {answer.status_code} {answer.text}"


def partners_own(side: Side) -> set[str]:
    """What belongs to the partner: its operations ask for no entity."""
    return {ids[-1] for path, values in side.ids.items() if not is_entitys(path) for ids in values}


@pytest.mark.parametrize("operation", LISTS, ids=named)
async def test_no_list_shows_what_is_anothers(world: World, operation: Operation) -> None:
    seed = world.seed
    for side, seen in ((seed.others, set[str]()), (seed.beside, partners_own(seed.mine))):
        answer = await send(side.caller(world.http), operation)
        assert answer.status_code in {200, 403, 404}, answer.text
        assert [one for one in sorted(seed.mine.own_ids() - seen) if one in answer.text] == []
    answer = await send(seed.beside.user(world.http), operation)
    assert answer.status_code in {200, 403, 404}, answer.text
    if of_entity(operation):
        assert [one for one in sorted(seed.mine.own_ids()) if one in answer.text] == []


@pytest.mark.parametrize("operation", LISTS, ids=named)
async def test_no_filter_finds_what_is_anothers(world: World, operation: Operation) -> None:
    others = world.seed.others.caller(world.http)
    path = operation[0]
    for parameter in built(*operation).get("parameters", []):
        name, _, test = parameter["name"].partition("__")
        if parameter["in"] != "query" or name == "id" or test == "not_in" or not is_named(name):
            continue
        collection = collection_named_by(name)
        for ids in world.seed.mine.ids.get(f"{collection}/{{}}", []):
            query = f"{QUERIES.get(path, '?')}&{parameter['name']}={ids[-1]}"
            answer = await others.get(path + query)
            assert answer.status_code in {404, 422, 501} or not answer.json()["data"], answer.text


def is_named(field: str) -> bool:
    """Whether it is known what an id in the field names."""
    try:
        collection_named_by(field)
    except KeyError:
        return False
    return True


def field_of(place: Place) -> str:
    """The field that holds an id; with the one around it where it is only called `id`."""
    steps = [step for step in place if step != ITEM]
    return ".".join(steps[-2:]) if steps[-1] == "id" else steps[-1]


def lines_of(lines: list[Json] | None, known: Known) -> list[Json]:
    return [{"product_id": known("product_id"), "quantity": 1} | line for line in lines or [{}]]


def bodies_around(operation: Operation, body: Json, first: str, known: Known) -> list[Json]:
    """The body with what it needs beside an id, where our document does not say so."""
    match operation:
        case ("/counterparts", "post"):
            return [body | {"type": first}]
        case ("/counterparts/{counterpart_id}", "patch") if first not in {"organization", "individual"}:
            return [body | {"organization": {}}, body | {"individual": {}}]
        case ("/receivables", "post") if first == "based_on":
            return [{"type": "credit_note", "based_on": body["based_on"]}]
        case ("/receivables", "post"):
            return [body | {"currency": CURRENCY, "line_items": lines_of(body.get("line_items"), known)}]
        case ("/receivables/{receivable_id}/line_items", "put"):
            return [body | {"data": lines_of(body["data"], known)}]
    return [body]


IN_BODIES = {
    operation: sorted(set(places_of_ids(body_schema(*operation) or {})))
    for operation in OPERATIONS
    if operation not in WITHOUT_A_TOKEN
}


def test_it_is_known_what_every_id_in_a_body_names() -> None:
    fields = {field_of(place) for places in IN_BODIES.values() for place in places}
    assert sorted(one for one in fields if not is_named(one)) == [], "say in NAMED_BY which collection they name"


@pytest.mark.parametrize("operation", [operation for operation, places in IN_BODIES.items() if places], ids=named)
async def test_a_body_cannot_name_what_is_anothers(world: World, operation: Operation) -> None:
    """Everything else in the body is right, and at least one of the objects takes such a body."""
    for place in IN_BODIES[operation]:
        if collection_named_by(field_of(place)) is not None:
            await refuse_foreign(world, operation, place)


async def refuse_foreign(world: World, operation: Operation, place: Place) -> None:
    seed = world.seed
    collection, schema = collection_named_by(field_of(place)), body_schema(*operation)
    assert schema is not None
    mine, known = seed.mine.caller(world.http), known_ids(seed.mine)
    answers = []
    nobodys = [("5f0c9c6e-5d0a-4d3a-9a57-2a3b8f6f4c11",)]
    for side in (seed.others, seed.beside):
        foreign = side.ids.get(f"{collection}/{{}}", nobodys)[0][-1]
        bodies = bodies_around(operation, with_value(schema, place, foreign, known), place[0], known)
        targets = seed.mine.ids[prefix_of(operation[0])] if "{" in operation[0] else [()]
        for body, ids in product(bodies, targets):
            with nothing_changes(world):
                answer = await send(mine, operation, ids, body)
            if operation[0].endswith("/search") and answer.status_code == 200:
                assert answer.json()["data"] == []
                return
            assert answer.status_code in {403, 404, 409, 422, 501}, f"{body}: {answer.status_code} {answer.text}"
            answers.append(f"{answer.status_code} {answer.text}")
            if foreign in answer.text or field_of(place).partition(".")[0] in answer.text or "501" in answers[-1]:
                return
    raise AssertionError(f"{body} was refused for other reasons: {answers}")
