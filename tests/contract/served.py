"""What the application serves below `/v1`: read from its own route table and its own description."""

from functools import cache
from typing import Any

from fastapi import FastAPI
from tests.contract.conformity import PARAMETER, PREFIX, facts

from tieout.api.routes import api_routes, install_api

CONTRACT = [(path, method) for path, item in facts()["paths"].items() for method in item]
"""Every operation of the contract, as path below /v1 and method in small letters."""


def nameless(path: str) -> str:
    """A path template without the names of its parameters."""
    return PARAMETER.sub("{}", path)


@cache
def our_document() -> dict[str, Any]:
    """The application's own OpenAPI document."""
    app = FastAPI()
    install_api(app)
    return app.openapi()


@cache
def our_routes() -> list[tuple[str, str]]:
    """Every operation that has an endpoint of its own, described or not: path below /v1, and method."""
    return [
        ((route.path or "").removeprefix(PREFIX), method.lower())
        for route in api_routes()
        if route.name != "_not_built" and not (route.path or "").endswith("{path:path}")
        for method in sorted(route.methods or ())
    ]


@cache
def our_operations() -> dict[tuple[str, str], dict[str, Any]]:
    """What is built and described, by nameless path below /v1 and method."""
    return {
        (nameless(path.removeprefix(PREFIX)), method): operation
        for path, item in our_document()["paths"].items()
        for method, operation in item.items()
    }


def is_built(path: str, method: str) -> bool:
    """Whether Tieout has the operation."""
    return (nameless(path), method) in our_operations()


def built(path: str, method: str) -> dict[str, Any]:
    """What Tieout says of an operation."""
    return our_operations()[nameless(path), method]
