"""Every operation that Tieout has built has the shape that the contract gives it."""

import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.contract.conformity import PARAMETER, facts
from tests.contract.gaps import GAPS, Gap, gaps_of
from tests.contract.served import CONTRACT, built, is_built, our_document
from tests.contract.shapes import Comparison, Describer, Schema
from tests.support.partner import Partner, start_api

from tieout.api import additions
from tieout.kit.identifiers import new_id

FACTS = facts()
SUCCESS = ("200", "201", "202", "204")


def sort_words(path: str) -> list[str]:
    """The words that a list of the contract can be sorted by."""
    parameter = FACTS["paths"][path]["get"]["query"].get("sort")
    variants = Describer(FACTS["schemas"]).variants(parameter and parameter["schema"])
    return [word for variant in variants for word in variant["enum"]]


@pytest.fixture
async def seller(tmp_path: Path) -> AsyncIterator[Partner]:
    api = await start_api(tmp_path)
    partner = await api.new_partner()
    await partner.make_entity()
    yield partner
    await api.close()


BUILT = [operation for operation in CONTRACT if is_built(*operation)]
UNBUILT = [operation for operation in CONTRACT if not is_built(*operation)]


def comparison(*, is_request: bool) -> Comparison:
    schemas = our_document()["components"]["schemas"]
    return Comparison(Describer(FACTS["schemas"]), Describer(schemas), is_request=is_request)


def unknown_gaps(path: str, method: str, differences: Iterable[str]) -> list[str]:
    known = gaps_of(f"{method.upper()} {path}")
    return [difference for difference in differences if not difference.startswith(known)]


def body_differences(path: str, method: str) -> list[str]:
    body = FACTS["paths"][path][method]["body"]
    ours = schema_of(built(path, method).get("requestBody"))
    return list(comparison(is_request=True).differences(body["schema"], ours))


def schema_of(part: dict[str, Any] | None) -> Schema | None:
    content: dict[str, Any] = (part or {}).get("content", {})
    found: Schema | None = content.get("application/json", {}).get("schema")
    return found


@pytest.mark.parametrize(("path", "method"), BUILT)
def test_the_answer_has_the_contracts_status_and_fields(path: str, method: str) -> None:
    answers = FACTS["paths"][path][method]["answers"]
    expected = next(status for status in SUCCESS if status in answers)
    ours = built(path, method)["responses"]
    assert [status for status in SUCCESS if status in ours] == [expected]
    differences = comparison(is_request=False).differences(answers[expected], schema_of(ours[expected]))
    assert unknown_gaps(path, method, differences) == []


@pytest.mark.parametrize(("path", "method"), BUILT)
def test_the_body_is_taken_as_the_contract_has_it(path: str, method: str) -> None:
    body = FACTS["paths"][path][method]["body"]
    ours = built(path, method).get("requestBody")
    if body is None:
        assert ours is None or not ours.get("required"), "a body that the contract does not know"
        return
    if "properties" not in json.dumps(body) and "$ref" not in json.dumps(body):
        return
    assert ours is not None, "the body is not read"
    assert bool(ours.get("required")) == body["required"]
    if schema_of(ours) is not None:
        assert unknown_gaps(path, method, body_differences(path, method)) == []


@pytest.mark.parametrize(("path", "method"), BUILT)
def test_every_parameter_of_the_contract_is_taken(path: str, method: str) -> None:
    operation = FACTS["paths"][path][method]
    ours = {
        parameter["name"]: parameter
        for parameter in built(path, method).get("parameters", [])
        if parameter["in"] == "query"
    }
    assert sorted(set(operation["query"]) - set(ours)) == []
    known = set(operation["query"]) | {field.name for field in additions.FIELDS if field.schema == f"{method} {path}"}
    assert sorted(set(ours) - known) == []
    for name, parameter in operation["query"].items():
        assert parameter["required"] == ours[name].get("required", False), name
        if name != "sort":  # any word is read, and refused if it is none of the list's: see below
            differences = comparison(is_request=True).differences(parameter["schema"], ours[name]["schema"], name)
            assert list(differences) == []


@pytest.mark.parametrize(("path", "method"), BUILT)
def test_the_entity_header_is_required_where_the_contract_says_so(path: str, method: str) -> None:
    expected = "x-monite-entity-id" in FACTS["paths"][path][method]["header"]
    ours = [
        parameter["required"]
        for parameter in built(path, method).get("parameters", [])
        if parameter["in"] == "header" and parameter["name"].lower() == "x-monite-entity-id"
    ]
    assert ours == [True] * expected


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: f"{gap.operation} {gap.difference}")
def test_a_known_gap_is_still_there(gap: Gap) -> None:
    method, path = gap.operation.split(" ")
    assert any(difference.startswith(gap.difference) for difference in body_differences(path, method.lower()))


SORTED = [(path, word) for path, method in BUILT if method == "get" and "{" not in path for word in sort_words(path)]


@pytest.mark.parametrize(("path", "word"), SORTED)
async def test_lists_are_sorted_by_the_contracts_words_and_no_others(seller: Partner, path: str, word: str) -> None:
    required = "&object_type=product" if path == "/accounting_synced_records" else ""
    for order in ("asc", "desc"):
        answer = await seller.get(f"{path}?sort={word}&order={order}{required}")
        assert answer.status_code in {200, 501}, answer.text  # 501: projects are not built
    refused = await seller.get(f"{path}?sort=colour{required}")
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["query", "sort"]


async def test_what_is_not_built_says_so(seller: Partner) -> None:
    assert UNBUILT
    for path, method in UNBUILT:
        answer = await seller.call(method.upper(), PARAMETER.sub(str(new_id()), path))
        assert answer.status_code == 501, f"{method} {path}"
        assert "not built" in answer.json()["error"]["message"]
