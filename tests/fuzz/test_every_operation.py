"""Calls of every operation that nobody thought of, valid and invalid: none ends in a 5xx or in an undeclared answer.

Schemathesis makes them from the application's own OpenAPI, whose shapes are compared with the contract elsewhere. Ids
are exchanged for those of objects that exist. What the answers must look like, the witness of every test judges.

The same few are made in every run; `make fuzz` makes many others (TIEOUT_FUZZ_CASES, TIEOUT_FUZZ_SEED).
"""

import asyncio
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup
from tests.contract.conformity import PREFIX
from tests.contract.served import our_document
from tests.support.house import PUBLIC_URL
from tests.support.makers import NAMED_BY
from tests.support.partner import Partner
from tests.support.world import Side, open_world, prefix_of

CASES = int(os.environ.get("TIEOUT_FUZZ_CASES", "8"))
SEED = os.environ.get("TIEOUT_FUZZ_SEED")

Case = schemathesis.Case[Any]


def document() -> dict[str, Any]:
    """Our OpenAPI without headers: those of others and wrong ones have tests of their own (`api/test_isolation.py`)."""
    copied = deepcopy(our_document())
    copied["components"].pop("securitySchemes")
    for item in copied["paths"].values():
        for operation in item.values():
            operation.pop("security", None)
            operation["parameters"] = [one for one in operation.get("parameters", []) if one["in"] != "header"]
    return copied


SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations()]  # type: ignore[union-attr]  # it is valid
REJECTION: Any = CHECKS.get_one("negative_data_rejection")
"""What is not valid is refused."""
SECONDS_FOR_A_MOMENT = re.compile(r"`\w*(_at|date)\w*` in query - violates `type` .* became (integer|number)")
"""A moment may be told in seconds since 1970, as our document does not say."""


def is_uuid(value: object) -> bool:
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False


def often(value: object) -> int:
    """A number that a value always has; 0 for one in four."""
    return zlib.crc32(repr(value).encode()) % 4


def with_known_ids(value: Any, side: Side, name: str = "") -> Any:
    """The value with most of its ids exchanged for ids of what there is."""
    if isinstance(value, dict):
        return {key: with_known_ids(part, side, key) for key, part in value.items()}
    if isinstance(value, list):
        return [with_known_ids(part, side, name) for part in value]
    known = side.ids.get(f"{NAMED_BY.get(name.partition('__')[0])}/{{}}")
    if known and is_uuid(value) and often(value):
        return known[often(value) % len(known)][-1]
    return value


def lead(case: Case, side: Side) -> None:
    """Let the case find what there is."""
    path = case.path.removeprefix(PREFIX)
    if case.path_parameters and all(is_uuid(one) for one in case.path_parameters.values()) and often(case):
        known = side.ids[prefix_of(path)]
        ids = known[often(case.path_parameters) % len(known)]
        case.path_parameters = dict(zip(case.path_parameters, ids, strict=True))
    case.query = with_known_ids(case.query, side)
    if isinstance(case.body, dict | list):
        case.body = with_known_ids(case.body, side)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[asyncio.Runner, Partner, Side]]:
    """A world in a loop of its own, and somebody who may call it."""
    with asyncio.Runner() as runner:
        world = open_world(folder)
        entered = runner.run(world.__aenter__())
        try:
            yield runner, entered.seed.mine.caller(entered.http), entered.seed.mine
        finally:
            runner.run(world.__aexit__(None, None, None))


async def send(caller: Partner, case: Case) -> httpx2.Response:
    request = requests.Request(**case.as_transport_kwargs(base_url=PUBLIC_URL)).prepare()
    ours = caller.headers()
    left_out = {"host", "content-length", *ours}
    headers = {name: str(value) for name, value in request.headers.items() if name.lower() not in left_out}
    content: Any = request.body or b""
    try:
        return await caller.http.request(str(request.method), str(request.url), headers=headers | ours, content=content)
    except httpx2.InvalidURL:  # too long for the client
        raise UnsatisfiedAssumption from None


def check(case: Case, answer: httpx2.Response) -> None:
    is_unbuilt = answer.status_code == HTTPStatus.NOT_IMPLEMENTED and "not built" in answer.text
    assert answer.status_code < 500 or is_unbuilt, f"{answer.status_code} {answer.text}\n{case.as_curl_command()}"
    try:
        case.validate_response(answer, checks=[REJECTION])
    except FailureGroup as failure:
        if not SECONDS_FOR_A_MOMENT.search(str(failure)):
            raise


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_nothing_breaks_it(operation: Any, tmp_path: Path) -> None:
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    with opened(tmp_path) as (runner, caller, side):

        @settings(
            max_examples=CASES,
            derandomize=SEED is None,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(case=cases)
        def probe(case: Case) -> None:
            lead(case, side)
            check(case, runner.run(send(caller, case)))

        (seed(int(SEED))(probe) if SEED else probe)()
