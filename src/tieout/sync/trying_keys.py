"""Whether a platform knows an app by its keys, found out without anybody's consent.

A code that nobody was given is exchanged. A platform looks at the app first: it refuses the keys, or else the code.
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum

from tieout.platforms.errors import GrantEnded, PermissionMissing, PlatformRefusal
from tieout.platforms.oauth import new_verifier
from tieout.platforms.port import App, HttpClient, Platform

_CODE_BYTES = 24


class Verdict(StrEnum):
    """What the platform made of the keys."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_ANSWERING = "not_answering"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysTried:
    """The verdict, in words for a person, with what to do; `code` is the stable word for the cause."""

    verdict: Verdict
    code: str
    message: str
    fix: str


async def try_keys(platform: Platform, http: HttpClient, app: App, *, redirect_uri: str) -> KeysTried:
    """Ask the platform; raises nothing for what it answers (RFC 6749, 5.2: `invalid_client`, `invalid_grant`)."""
    try:
        await platform.exchange_code(
            http, app, code=secrets.token_urlsafe(_CODE_BYTES), redirect_uri=redirect_uri, verifier=new_verifier()
        )
    except GrantEnded:
        pass
    except PlatformRefusal as refusal:
        told = refusal.explanation
        is_no = isinstance(refusal, PermissionMissing)
        verdict = Verdict.REFUSED if is_no else Verdict.NOT_ANSWERING
        return KeysTried(verdict=verdict, code=told.code, message=told.message, fix=told.fix)
    return KeysTried(
        verdict=Verdict.ACCEPTED,
        code="keys_accepted",
        message=f"{platform.title} knows the app by these keys.",
        fix="Nothing to do. The return address is checked when the first person connects.",
    )
