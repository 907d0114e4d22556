"""How a call finds its route, and what every route of the API does around its endpoint.

The framework tries its routes one after the other, several times for nested routers. Here they are flat, and a `Gate`
before them looks the few that can fit up by their first words; what it does not find is left to the framework.
"""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from tieout.api.idempotency import RepeatedError, once_only
from tieout.api.versions import check_version

SECRET_FIELDS = frozenset(("secret", "client_secret", "access_token"))
"""Fields of answers that are told once and never again."""


class ApiRoute(APIRoute):
    """A route of the API: its calls name a version, and under an `Idempotency-Key` they happen once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint's handler, asked at most once for each key."""
        handle = super().get_route_handler()
        tells_secret = bool(SECRET_FIELDS & set(getattr(self.response_model, "model_fields", ())))

        async def handle_once(request: Request) -> Response:
            check_version(request)
            wish = await once_only(request, tells_secret=tells_secret)
            said = _with_object(request)
            if wish is None:
                return await handle(said)
            try:
                answer = await handle(said)
            except RepeatedError as repeated:
                return repeated.answer
            await wish.keep(answer)
            return answer

        return handle_once


def _with_object(request: Request) -> Request:
    """The request, with `{}` for a JSON body of no length: that is how the official client sends an empty object."""
    is_json = request.headers.get("content-type", "").startswith("application/json")
    return (
        Request(request.scope, _receive_object) if is_json and request.headers.get("content-length") == "0" else request
    )


async def _receive_object() -> Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


_Words = tuple[int, str]
"""How many words a path has, and which one comes after the version."""


def _words_of(path: str) -> _Words:
    words = path.split("/", 3)
    return path.count("/"), words[2] if len(words) > 2 else ""  # noqa: PLR2004 - "", the version, the resource


class Gate(BaseRoute):
    """Stands before flat routes and finds the one for a call without trying them all."""

    def __init__(self, routes: Iterable[APIRoute]) -> None:
        """Look at routes of one method each, whose paths begin with a version and a literal word."""
        self._routes: dict[tuple[str, _Words], list[APIRoute]] = {}
        for route in routes:
            for method in route.methods or ():
                self._routes.setdefault((method, _words_of(route.path)), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that fits wholly; none leaves the call to the routes behind."""
        if scope["type"] == "http":
            for route in self._routes.get((scope["method"], _words_of(scope["path"])), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on to the route that was found."""
        await scope["route"].handle(scope, receive, send)
