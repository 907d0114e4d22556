"""One call of the REST interface, let in and taken apart, as the routes see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Person
from tieout.platforms.quickbooks.sandbox.gateway.dialect import envelope
from tieout.platforms.quickbooks.sandbox.gateway.limits import Limits
from tieout.platforms.quickbooks.sandbox.gateway.switches import WireSwitches
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError, Refusal
from tieout.sandbox.wire import MalformedJsonError, decode

INCLUDES = frozenset({"allowduplicatedocnum", "void", "updateaccountontxns", "donotupdateaccountontxns"})
"""The flags of the `include` parameter that something here understands."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may be made, for `person`. `path` is whole, `query` holds the parameters."""

    books: Books
    client_id: str
    person: Person
    method: str
    path: str
    query: Mapping[str, str]
    content_type: str
    body: bytes
    now: datetime
    origin: str
    switches: WireSwitches
    limits: Limits

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `Refusal` 2010; `NotSimulatedError` for XML."""
        if self.content_type.partition(";")[0].strip().lower().endswith("xml"):
            raise NotSimulatedError("bodies in XML; send application/json")
        try:
            wish = decode(self.body)
        except MalformedJsonError:
            raise refusals.malformed() from None
        if not isinstance(wish, dict):
            raise refusals.malformed()
        return wish

    def include(self) -> frozenset[str]:
        """The flags of the `include` parameter. Raises `NotSimulatedError` for one that nothing here understands."""
        include = frozenset(flag for flag in self.query.get("include", "").split(",") if flag)
        if include - INCLUDES:
            raise NotSimulatedError(f"include={','.join(sorted(include - INCLUDES))}")
        return include

    def envelope(self, name: str, wire: bytes) -> bytes:
        """An object or an answer to a query in its envelope, with the time."""
        return envelope(name, wire, self.now)

    def no_such_route(self) -> Refusal:
        """What a path that does not exist is answered with."""
        return refusals.unsupported_route(self.path)
