"""What Tieout has beside the contract is declared, with the shape of its answers, and nothing is declared in vain."""

import json

import pytest
from tests.contract.conformity import FILE, answer_faults, facts, schema_of_shape, schemas
from tests.contract.served import CONTRACT, built, nameless, our_document, our_operations, our_routes
from tests.contract.shapes import Comparison, Describer
from tests.support.witness import Exchange

from tieout.api import additions
from tieout.api.additions import AddedField, AddedPath

DECLARED = {(nameless(added.path), method.lower()) for added in additions.PATHS for method in added.methods}
ADDED = [
    pytest.param(added, method, id=f"{method} {added.path}") for added in additions.PATHS for method in added.methods
]


def test_every_route_is_in_the_contract_or_declared_as_an_addition() -> None:
    contract = {(nameless(path), method) for path, method in CONTRACT}
    routes = {(nameless(path), method) for path, method in our_routes()}
    assert sorted(routes - contract - DECLARED) == []
    assert sorted(DECLARED - routes) == [], "declared, but not built"
    assert sorted(DECLARED & contract) == [], "an addition cannot be in the contract"
    assert sorted(routes - set(our_operations())) == [], "built, but not described"


@pytest.mark.parametrize(("added", "method"), ADDED)
def test_an_addition_declares_what_it_answers_as_the_application_describes_it(added: AddedPath, method: str) -> None:
    status, shape = added.answers[method]
    ours = built(added.path, method.lower())["responses"]
    assert [known for known in ours if known < "400"] == [str(status)]
    if shape is None or shape == FILE:
        return
    described = ours[str(status)]["content"]["application/json"]["schema"]
    mine, declared = Describer(our_document()["components"]["schemas"]), Describer(schemas())
    comparison = Comparison(declared, mine, is_request=False)
    assert list(comparison.differences(schema_of_shape(shape), described)) == []
    reverse = Comparison(mine, declared, is_request=False)
    assert list(reverse.differences(described, schema_of_shape(shape))) == []


@pytest.mark.parametrize("added", additions.FIELDS, ids=lambda added: f"{added.schema}.{added.name}")
def test_an_added_field_says_what_it_is_and_stands_in_an_open_schema(added: AddedField) -> None:
    if " " in added.schema:  # a parameter: the comparison of the parameters reads it
        return
    assert added.shape is not None, "declare what the field is"
    schema = facts()["schemas"][added.schema]
    assert added.name not in schema["properties"]
    assert schema.get("additionalProperties") is not False


def told(path: str, body: object, status: int = 200, method: str = "GET") -> Exchange:
    return Exchange(method, path, status, "application/json", json.dumps(body).encode())


BRAND = {"name": "Payables Inc"}
UNIT = {
    "id": "900c500b-e83c-4ce2-902a-b8ba04751748",
    "created_at": "2026-03-02T09:30:00Z",
    "updated_at": "2026-03-02T09:30:00Z",
    "name": "hour",
    "description": None,
}


@pytest.mark.parametrize(
    ("exchange", "fault"),
    [
        (told("/v1/brand", {}), "answer.name is missing"),
        (told("/v1/brand", {"name": None}), "answer.name is null, not a string"),
        (told("/v1/brand", BRAND | {"color": 7}), "answer.color is 7, not a string"),
        (told("/v1/brand", BRAND | {"mood": "good"}), "answer.mood is not in the contract"),
        (told("/v1/brand", BRAND, 201), "the status is none of ['200']"),
        (told("/v1/brand", BRAND, 200, "PUT"), "neither the contract nor an addition has this operation"),
        (told("/v1/moods", []), "neither the contract nor an addition has this operation"),
        (told("/v1/moods", {"message": "no"}, 404), "answer.error is missing"),
        (told("/v1/brand", {"detail": "no"}, 422), 'answer.detail is "no", not a array'),
        (told("/v1/platforms/environment", {"environment": "real"}, 200, "PUT"), "none of the contract's values"),
        (told("/v1/platforms/xero/keys/sandbox", {}, 204, "DELETE"), "a body where there should be none"),
        (told("/v1/measure_units/1", UNIT | {"name": None}), "answer.name is null, not a string"),
        (told("/v1/measure_units/1", UNIT | {"created_at": "today"}), "not a date-time"),
        (told("/v1/measure_units/1", UNIT | {"colour": "red"}), "answer.colour is not in the contract"),
        (Exchange("GET", "/v1/brand", 200, "application/json", b'{"name": NaN}'), "NaN is no JSON"),
        (Exchange("GET", "/v1/brand", 200, "text/plain", b"OK"), "the answer is text/plain, not JSON"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_as_declared_is_found(exchange: Exchange, fault: str) -> None:
    assert any(fault in one for one in answer_faults(exchange)), list(answer_faults(exchange))


@pytest.mark.parametrize(
    "exchange",
    [
        told("/v1/brand", BRAND | {"color": None}),
        told("/v1/measure_units/1", UNIT),
        told("/v1/measure_units/1", {"error": {"message": "There is no measure unit.", "type": "gone"}}, 404),
        told("/connect/1", "anything"),
        Exchange("OPTIONS", "/v1/brand", 200, "text/plain", b"OK"),
    ],
)
def test_an_answer_that_is_as_declared_is_left_alone(exchange: Exchange) -> None:
    assert list(answer_faults(exchange)) == []
