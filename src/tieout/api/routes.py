"""All resources under `/v1`: every folder below this package whose `endpoints` module offers a `router`."""

import importlib
import pkgutil
import re
from collections.abc import Iterable
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from tieout import api
from tieout.api.dispatching import ApiRoute, Gate
from tieout.api.enumerations import contract_paths
from tieout.api.versions import VERSION_PARAMETER
from tieout.kit.errors import NotBuiltYet

BODY_BYTES_MAX = 1024 * 1024

_PREFIX = "/v1"
_PARAMETER = re.compile(r"\{[^}]*\}")
_ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class ErrorSchema(BaseModel):
    """What went wrong, for a person."""

    message: str


class ErrorSchemaResponse(BaseModel):
    """The body of every refusal but 422."""

    error: ErrorSchema


class ValidationFault(BaseModel):
    """One fault of a request."""

    loc: list[str | int]
    msg: str
    type: str


class ValidationFaults(BaseModel):
    """The body of a 422."""

    detail: list[ValidationFault]


_ANSWERS: dict[int | str, dict[str, Any]] = {
    **{
        status.value: {"model": ErrorSchemaResponse, "description": status.phrase}
        for status in (
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.METHOD_NOT_ALLOWED,
            HTTPStatus.CONFLICT,
            HTTPStatus.TOO_MANY_REQUESTS,
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )
    },
    HTTPStatus.UNPROCESSABLE_ENTITY.value: {"model": ValidationFaults, "description": "Values are wrong"},
}


def resource_routers() -> list[APIRouter]:
    """The router of every resource folder, in the alphabet's order."""
    routers: list[APIRouter] = []
    for module in sorted(pkgutil.iter_modules(api.__path__), key=lambda module: module.name):
        name = f"{api.__name__}.{module.name}.endpoints"
        if module.ispkg and find_spec(name) is not None:
            routers.append(importlib.import_module(name).router)
    return routers


def _fits(template: str, path: str) -> bool:
    expected, given = template.split("/"), path.split("/")
    return len(expected) == len(given) and all(
        part == other or (part.startswith("{") and other != "") for part, other in zip(expected, given, strict=True)
    )


Operation = tuple[str, str]
"""A method and a path template that begins with `/v1`."""


def _contract_operations() -> list[Operation]:
    return [(method, f"{_PREFIX}{path}") for path, methods in contract_paths().items() for method in methods]


def _built_operations(router: APIRouter) -> list[Operation]:
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    return [(method, route.path) for route in routes for method in sorted(route.methods or ())]


def plan_shadowed(contract: Iterable[Operation], built: Iterable[Operation]) -> list[Operation]:
    """Operations that are not built, but whose path a built one with a parameter would take for its own.

    `/entities/me` would be read as `/entities/{entity_id}` with a wrong id.
    """
    nameless = {(method, _PARAMETER.sub("{}", path)) for method, path in built}
    unbuilt = [(method, path) for method, path in contract if (method, _PARAMETER.sub("{}", path)) not in nameless]
    return [
        (method, path)
        for method, path in unbuilt
        if any(method == other and _fits(template, path) for other, template in nameless)
    ]


async def _not_built(request: Request) -> None:
    message = f"{request.method} {request.url.path} is part of the API but not built into Tieout yet."
    raise NotBuiltYet(message)


class _Unmatched:
    """Answers what no resource takes: 501 if the contract has it, 405 if only the method is wrong, else 404."""

    def __init__(self, contract: list[Operation], built: list[Operation]) -> None:
        self._contract = contract
        self._built = built

    async def answer(self, request: Request) -> None:
        path = request.url.path
        known = {method for method, template in self._contract if _fits(template, path)}
        if request.method in known:
            await _not_built(request)
        if allowed := known | {method for method, template in self._built if _fits(template, path)}:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(allowed))})
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is nothing at this path.")


def _with_version(openapi_extra: dict[str, Any] | None) -> dict[str, Any]:
    """What else OpenAPI is told of a route, with the header that each of them takes."""
    extra = openapi_extra or {}
    return {**extra, "parameters": [*extra.get("parameters", ()), VERSION_PARAMETER]}


def _flat(router: APIRouter, resource: APIRouter) -> None:
    """Add a resource's routes to the router, as if they had been declared there."""
    for route in iter_route_contexts(resource.routes):
        assert isinstance(route.original_route, APIRoute), f"{route} of {resource.prefix} is no route of the API"
        assert route.path is not None
        assert route.endpoint is not None
        router.add_api_route(
            route.path,
            route.endpoint,
            response_model=route.response_model,
            status_code=route.status_code,
            tags=route.tags,
            dependencies=route.dependencies,
            summary=route.summary,
            description=route.description,
            response_description=route.response_description,
            responses={**_ANSWERS, **route.responses},
            methods=sorted(route.methods or ()),
            response_class=route.response_class,
            name=route.name,
            include_in_schema=route.include_in_schema,
            openapi_extra=_with_version(route.openapi_extra),
            max_body_size=route.max_body_size or BODY_BYTES_MAX,
        )


def api_routes() -> list[APIRoute]:
    """Every route of the API, in one level; what nothing else takes is answered by the last one."""
    router = APIRouter(prefix=_PREFIX, route_class=ApiRoute)
    for resource in resource_routers():
        _flat(router, resource)
    contract, built = _contract_operations(), _built_operations(router)
    resources = len(router.routes)
    for method, path in plan_shadowed(contract, built):
        router.add_api_route(path.removeprefix(_PREFIX), _not_built, methods=[method], include_in_schema=False)
    router.routes[:] = router.routes[resources:] + router.routes[:resources]
    unmatched = _Unmatched(contract, built)
    router.add_api_route("/{path:path}", unmatched.answer, methods=list(_ALL_METHODS), include_in_schema=False)
    return [route for route in router.routes if isinstance(route, APIRoute)]


def install_api(app: FastAPI) -> None:
    """Serve the API from this application."""
    routes = api_routes()
    app.router.routes.extend([Gate(routes[:-1]), *routes])
