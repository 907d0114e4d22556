"""One call that was let in."""

from dataclasses import dataclass

from starlette.requests import Request

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.gateway.query import Query
from tieout.platforms.xero.sandbox.gateway.reading import Envelope


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of which organisation. `parts` is the address below the base."""

    request: Request
    organisation: Organisation
    envelope: Envelope
    query: Query
    parts: tuple[str, ...]
    body: bytes

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.method

    @property
    def accept(self) -> str:
        """What the caller wants to read, in lower case."""
        return self.request.headers.get("accept", "").lower()

    @property
    def content_type(self) -> str:
        """What the body says it is, in lower case and without parameters."""
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def shown(self) -> str:
        """Method and address, for a refusal."""
        return f"{self.method} {'/'.join(self.parts)}"
