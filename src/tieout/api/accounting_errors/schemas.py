"""The catalogue of errors as the API shows it."""

from tieout.api.schemas import Shown
from tieout.platforms.errors import Cure


class ErrorMeaning(Shown):
    """What a code means: in the books of `platform`, or in all where that is null."""

    platform: str | None = None
    message: str
    fix: str
    field: str | None = None


class ErrorPlace(Shown):
    """Where in a platform's menus to look."""

    platform: str
    path: str


class AccountingErrorResponse(Shown):
    """One code. `retries` says what makes Tieout try again; nothing where it goes on with another record."""

    code: str
    title: str
    retries: list[Cure]
    meanings: list[ErrorMeaning]
    places: list[ErrorPlace]


class AccountingErrorList(Shown):
    """All of them, in the alphabet's order."""

    data: list[AccountingErrorResponse]
