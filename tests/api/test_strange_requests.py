"""Requests that no well meant program sends, to every operation: refused in the contract's shapes, or taken.

The witness of every test judges the shape of each answer.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.contract.conformity import PARAMETER
from tests.contract.served import built, our_routes
from tests.support.partner import Partner
from tests.support.world import World, open_world, prefix_of

DEEP = "[" * 5_000 + "]" * 5_000
BODIES: dict[str, tuple[str, bytes]] = {
    "nothing": ("application/json", b""),
    "half": ("application/json", b"{"),
    "null": ("application/json", b"null"),
    "list": ("application/json", b"[]"),
    "text": ("application/json", b'"x"'),
    "huge number": ("application/json", b'{"amount": ' + b"9" * 400 + b"}"),
    "not a number": ("application/json", b'{"amount": NaN, "price": {"value": Infinity}}'),
    "NUL": ("application/json", b'{"name": "\\u0000", "document_id": "\\u0000", "metadata": {"\\u0000": "\\u0000"}}'),
    "surrogate": ("application/json", b'{"name": "\\ud800", "document_id": "\\ud800", "metadata": {"a": "\\udfff"}}'),
    "deep": ("application/json", f'{{"metadata": {DEEP}, "name": {DEEP}}}'.encode()),
    "twice": ("application/json", b'{"name": "a", "name": 1, "name": null}'),
    "no text": ("application/json", b"\xff\xfe\x00"),
    "UTF-16": ("application/json", '{"name": "a"}'.encode("utf-16")),
    "form": ("application/x-www-form-urlencoded", b"name=a&name=b"),
    "XML": ("application/xml", b"<name>a</name>"),
    "parts without an end": (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=file\r\n",
    ),
    "parts without a boundary": ("multipart/form-data", b"--x--"),
}
QUERIES = (
    "limit=0", "limit=-1", "limit=9" * 30, "limit=1.5", "limit=", "order=up", "sort=", "sort=id", "sort=%00",
    "pagination_token=%00", "pagination_token=", "pagination_token=a.b.c", "limit=1&limit=2", "limit[]=1",
    "order=asc&order=desc", "offset=-1", "offset=99999999999999999999999", "%00=%00", "%ff=%ff", "&&&==", "a=b;c=d",
)  # fmt: skip
VALUES = (
    "a%00b", "%ed%a0%80", "99999999999999999999999999", "1e999", "null", "", "0001-01-01T00:00:00%2B14:00", "%25_%5C"
)  # fmt: skip
PATH_IDS = ("%00", "..", "%2e%2e%2f", "00000000-0000-0000-0000-000000000000", "x" * 3_000, "%ff", "%F0%9F%92%A9", "me")

RESOURCES = sorted({path.split("/")[1] for path, _ in our_routes()})


def of(resource: str, *methods: str) -> list[tuple[str, str]]:
    return [one for one in our_routes() if one[0].split("/")[1] == resource and (not methods or one[1] in methods)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture
def mine(world: World) -> Partner:
    return world.seed.mine.caller(world.http)


def filled(world: World, path: str) -> str:
    ids = iter(world.seed.mine.ids[prefix_of(path)][0]) if "{" in path else iter(())
    return PARAMETER.sub(lambda _: next(ids), path)


def fine(answer: httpx2.Response, what: Any) -> None:
    is_unbuilt = answer.status_code == 501 and "not built" in answer.text
    assert answer.status_code < 500 or is_unbuilt, f"{what}: {answer.status_code} {answer.text[:300]}"


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_strange_body_breaks_nothing(world: World, mine: Partner, resource: str) -> None:
    for path, method in of(resource, "post", "patch", "put", "delete"):
        for name, (kind, body) in BODIES.items():
            headers = {"content-type": kind}
            answer = await mine.call(method.upper(), filled(world, path), content=body, headers=headers)
            fine(answer, f"{method} {path} {name}")


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_strange_query_breaks_nothing(world: World, mine: Partner, resource: str) -> None:
    for path, method in of(resource, "get"):
        names = [one["name"] for one in built(path, method).get("parameters", []) if one["in"] == "query"]
        queries = [*QUERIES, *(f"{name}={value}" for name in names for value in VALUES)]
        for query in queries:
            fine(await mine.get(f"{filled(world, path)}?{query}"), f"{path}?{query[:80]}")


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_strange_path_breaks_nothing(mine: Partner, resource: str) -> None:
    for path, method in of(resource):
        for strange in PATH_IDS if "{" in path else ():
            fine(await mine.call(method.upper(), PARAMETER.sub(strange, path)), f"{method} {path} {strange[:80]}")


@pytest.mark.parametrize("resource", RESOURCES)
async def test_other_methods_and_a_slash_too_many_are_refused(world: World, mine: Partner, resource: str) -> None:
    for path, method in of(resource):
        place = filled(world, path)
        for other in ("HEAD", "TRACE", "PROPFIND"):
            answer = await mine.call(other, place)
            assert answer.status_code in {400, 404, 405}, f"{other} {path}: {answer.status_code}"
        answer = await mine.call(method.upper(), f"{place}/")
        assert answer.status_code in {404, 405}, f"{method} {path}/: {answer.status_code}"
