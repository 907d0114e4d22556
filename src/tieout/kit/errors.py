"""Everything that Tieout raises on purpose.

TieoutError
├── Refusal                    an answer to a caller of ours, with its HTTP status
│   ├── BadRequest             400
│   ├── Unauthorized           401
│   ├── Forbidden              403
│   ├── NotFound               404   also for ids of other partners
│   ├── Conflict               409
│   ├── ContentTooLarge        413   a file beyond the limit
│   ├── Unprocessable          422   with the place of each fault
│   ├── RateLimited            429   with the seconds to wait
│   └── NotBuiltYet            501   named loudly, never ignored
├── SettingsRefused            the program cannot start like this
├── VaultRefused               a secret cannot be read or written
├── LeaseLost                  a lane's turn went on past its lease
└── PlatformRefusal            a platform said no (the tree goes on in `platforms.errors`)
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar


class TieoutError(Exception):
    """Anything that Tieout raises on purpose."""


class Refusal(TieoutError):  # noqa: N818 - a refusal is what it is
    """An answer to a caller: a message for a person and an HTTP status."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, *, type_: str | None = None) -> None:
        """Say what is wrong; `type_` is the stable word that some bodies carry."""
        super().__init__(message)
        self.message = message
        self.type = type_


class BadRequest(Refusal):
    """400: the request cannot be understood or is not allowed like this."""


class Unauthorized(Refusal):
    """401: no valid token."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(Refusal):
    """403: a valid token that may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(Refusal):
    """404: there is no such thing for this partner and entity."""

    status = HTTPStatus.NOT_FOUND


class Conflict(Refusal):
    """409: the state of things forbids it."""

    status = HTTPStatus.CONFLICT


class ContentTooLarge(Refusal):
    """413: what was sent is larger than the limit, which the message names."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a request body: where, what, and its stable type."""

    loc: tuple[str | int, ...]
    msg: str
    type: str = "value_error"


class Unprocessable(Refusal):
    """422: understood, but values are wrong; `faults` says which."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, *faults: Fault) -> None:
        """Take the faults, at least one."""
        super().__init__("; ".join(fault.msg for fault in faults))
        self.faults = faults


class RateLimited(Refusal):
    """429: too many requests; try again after `retry_after_s`."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        """Say how long to wait, in whole seconds."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotBuiltYet(Refusal):
    """501: part of the contract that Tieout does not have yet."""

    status = HTTPStatus.NOT_IMPLEMENTED


class SettingsRefused(TieoutError):  # noqa: N818 - reads as a sentence
    """The program cannot start with these settings."""


class VaultRefused(TieoutError):  # noqa: N818 - reads as a sentence
    """A secret cannot be decrypted here, or no key can encrypt it."""


class TurnCutOff(TieoutError):  # noqa: N818 - likewise
    """A lane's turn lasted so long that it hung, and was cut off."""


class LeaseLost(TieoutError):  # noqa: N818 - reads as a sentence
    """Another worker owns the lane now: nothing of this turn may be committed."""
