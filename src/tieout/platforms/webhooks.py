"""What platforms' webhooks say, and how each platform has them read. Pure: bytes in, hints out.

A webhook is believed in one thing only: that something happened to a record. What happened is seen in the books.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Protocol

import msgspec

from tieout.books.records import Kind

ID_CHARACTERS_MAX: Final = 64
"""A longer id is none of a platform's, and is not kept."""
SOMETHING: Final = ""
"""The subject, or the id, of a hint where the webhook did not say it in words that are known here."""


@dataclass(frozen=True, slots=True)
class Hint:
    """That something happened to a record of a company.

    `subject` is the platform's word for the kind of record. `at` is when it happened at the latest, as far as the
    platform's words are exact; None where it does not say. `is_gone` says that the record was deleted.
    """

    company_id: str
    subject: str
    external_id: str
    at: datetime | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What one webhook told: the hints worth a look into the books, and every company that it spoke of at all."""

    hints: tuple[Hint, ...]
    companies: frozenset[str]


class UnreadableWebhookError(ValueError):
    """A body that is none of the platform's, signed or not."""


class Webhooks(Protocol):
    """How a platform tells of changes. `times_exact_to` says how coarse the times are at which records were changed."""

    times_exact_to: timedelta

    def is_signed(self, key: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the very bytes were signed with the key. Takes as long for a wrong signature as for a right one."""
        ...

    def read(self, body: bytes) -> Told:
        """What a body says. What is not understood in it is a hint without words, never an error.

        Raises UnreadableWebhookError for what is no webhook of this platform at all.
        """
        ...

    def kinds_of(self, subject: str) -> frozenset[Kind]:
        """Under which kinds snapshots of a hint's records are kept; none for a subject without snapshots."""
        ...

    def begin(self, cursor: str | None, hints: Sequence[Hint], *, is_routine: bool) -> str | None:
        """The cursor of a pull that reads what hints tell of, from the cursor of a finished one.

        Unless the pull `is_routine`, and due anyway, it need not read anything else.
        """
        ...


def signed_with(key: str, signature: str | None, body: bytes) -> bool:
    """Whether a signature is the base64 of the body's HMAC-SHA256 under the key, compared in constant time."""
    expected = base64.b64encode(hmac.new(key.encode(), body, sha256).digest())
    return hmac.compare_digest(expected, (signature or "").strip().encode(errors="replace"))


def read_json(body: bytes) -> Any:
    """The JSON of a body; raises UnreadableWebhookError."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise UnreadableWebhookError("not JSON") from error


def text_of(value: object) -> str:
    """An id or a word; SOMETHING for what can be neither."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or len(text) > ID_CHARACTERS_MAX or not text.isprintable():
        return SOMETHING
    return text.strip()


def entries_of(value: object) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; whatever else is in it counts as an object that says nothing."""
    if not isinstance(value, list):
        return ()
    return [one if isinstance(one, dict) else {} for one in value]
