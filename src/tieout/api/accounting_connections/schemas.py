"""What is sent and shown of an accounting connection."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from tieout.api.schemas import Body, Dated, Shown


class ConnectionStatus(StrEnum):
    """Where a connection stands."""

    PENDING_AUTH = "pending_auth"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    DEAUTHORIZED = "deauthorized"


class CreateConnectionPayload(Body):
    """Optional: since 2025 the contract has no body, because the person picks the platform on the hosted page.

    Older programs send a platform. It is offered first on the page behind the `connection_url` of this answer.
    """

    platform: str | None = Field(default=None, max_length=40)


class BusinessInfo(Shown):
    """The company as its platform knows it."""

    name: str | None = None
    legal_name: str | None = None
    email: str | None = None
    type: str | None = None
    base_currency: str | None = None


class ErrorMessage(Shown):
    """What is wrong, and what to do."""

    message: str


class AccountingConnectionResponse(Dated):
    """A connection. `connection_url` works from the moment of this answer; `errors` is null while all is well."""

    business_info: BusinessInfo | None = None
    connection_url: str
    errors: list[ErrorMessage] | None = None
    last_pull: datetime | None = None
    platform: str | None = None
    status: ConnectionStatus


class AccountingConnectionList(Shown):
    """All connections that are not disconnected."""

    data: list[AccountingConnectionResponse]


class ControlTotalResponse(Shown):
    """One side of the books, in plain digits of the company's base currency."""

    control: str
    in_the_books: str
    in_the_documents: str
    difference: str
    open_documents: int


class TieOutResponse(Shown):
    """The books' own control accounts against the documents that Tieout knows of (an addition of Tieout)."""

    compared_at: datetime
    documents_as_of: datetime | None
    currency: str
    ties_out: bool
    controls: list[ControlTotalResponse]
