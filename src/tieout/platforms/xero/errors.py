"""What Xero's answers mean: its dialects of refusal, told apart by status and content before any body is read.

Sources: response-codes and limits pages, recorded refusals. A refused element may hide under status 200, because we ask
for that (`summarizeErrors=false`); an unknown id answers with an empty HTML page; a limit answers with headers alone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import msgspec

from tieout.platforms.errors import (
    BatchRefused,
    CompanyEnded,
    Explanation,
    Gone,
    Misuse,
    PermissionMissing,
    PlatformRefusal,
    Throttled,
    TokenExpired,
    Unavailable,
    WriteRefused,
)
from tieout.platforms.oauth import retry_after_s
from tieout.platforms.port import Allowance, Answer, Request
from tieout.platforms.xero.validation import GONE_WORDS, explain_validation

TRACE_HEADER: Final = "xero-correlation-id"
"""Carries the id that Xero's support asks for."""
NATIVE_TEXT_MAX: Final = 500
"""Characters of Xero's own words that are kept."""
_WAITS_S: Final = {"concurrent": 1.0, "minute": 60.0, "appminute": 60.0, "day": 3600.0}
"""How long to wait by the kind of limit, when Xero names no time; `concurrent` never names one."""
_LEFT_HEADERS: Final = {
    "minute": "x-minlimit-remaining",
    "day": "x-daylimit-remaining",
    "app_minute": "x-appminlimit-remaining",
}
_OFFLINE_S: Final = 300
_SCOPE_WORDS: Final = ("insufficient_scope", "insufficent_scope", "authorizationunsuccessful")
"""Xero misspells the first of them."""
_OF_THE_BATCH: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""Statuses by which one element, or their size, refuses a whole batch."""
_raw_lists = msgspec.json.Decoder(dict[str, list[msgspec.Raw]])
_RECORD_GONE: Final = Explanation(
    code="record_gone",
    message="There is no such record in Xero any more.",
    fix="Check in Xero whether it was deleted or merged.",
)
_REPORT: Final = "Report this to whoever runs Tieout, with the trace id."
REQUEST_REFUSED: Final = Explanation(
    code="request_refused", message="Xero does not understand the request.", fix=_REPORT
)
REUSED_KEY: Final = Explanation(
    code="idempotency_key_reused", message="An idempotency key was used for two different requests.", fix=_REPORT
)
_REUSED_KEY_WORDS: Final = "is used with a different request"
_ITSELF: Final = "Nothing to do: Tieout goes on by itself as soon as Xero allows it."
_MINUTE: Final = Explanation(
    "rate_limit_minute", "There were too many calls to Xero for this organisation within a minute.", _ITSELF
)
NOT_PERMITTED: Final = Explanation(
    code="not_permitted",
    message="The person who connected these books, or their Xero plan, may not do this.",
    fix="In Xero: Settings > Users, give that person the Standard or Adviser role, then synchronise; or connect the "
    "books again as somebody who has it.",
)
_LIMITS: Final = {
    "concurrent": Explanation("rate_limit_concurrent", "Too many requests to Xero were under way at once.", _ITSELF),
    "minute": _MINUTE,
    "appminute": Explanation(
        "rate_limit_appminute", "The app as a whole made too many calls to Xero within a minute.", _ITSELF
    ),
    "day": Explanation("rate_limit_day", "Today's calls to Xero for this organisation are used up.", _ITSELF),
}
"""What each limit is by which Xero says no to further calls."""


def read_refusal(request: Request, answer: Answer) -> PlatformRefusal | None:
    """The refusal that an answer means, or None."""
    status = answer.status
    if status < HTTPStatus.BAD_REQUEST:
        return _hidden_refusal(request, answer)
    if status in _OF_THE_BATCH and is_batch(request):
        return BatchRefused(_BY_STATUS.get(status, _refused_request)(request, answer))
    if status in _BY_STATUS:
        return _BY_STATUS[status](request, answer)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unavailable(answer)
    return _refused_request(request, answer)


def _hidden_refusal(request: Request, answer: Answer) -> WriteRefused | Gone | None:
    """The refusal of an element of a write that as a whole was a success."""
    if request.method == "GET" or b"ValidationErrors" not in answer.body or is_batch(request):
        return None
    parsed = _json(answer)
    lists = parsed.values() if isinstance(parsed, dict) else ()
    refused = any(_is_refused(element) for members in lists if isinstance(members, list) for element in members)
    return _refused_with(answer, parsed, refused=refused)


def is_batch(request: Request) -> bool:
    """Whether a request carries several elements, each of which is answered for itself."""
    if "summarizeErrors=false" not in request.path:
        return False
    try:
        lists = _raw_lists.decode(request.body)
    except msgspec.DecodeError:
        return False
    return any(len(elements) > 1 for elements in lists.values())


def element_refusal(answer: Answer, element: bytes) -> WriteRefused | Gone | None:
    """The refusal of one element of an answer to several, or None."""
    if b"ValidationErrors" not in element and b'"ERROR"' not in element:
        return None
    parsed = msgspec.json.decode(element)
    return _refused_with(answer, parsed, refused=_is_refused(parsed))


def _is_refused(element: Any) -> bool:
    return isinstance(element, dict) and element.get("StatusAttributeString") == "ERROR"


def _refused_with(answer: Answer, parsed: Any, *, refused: bool) -> WriteRefused | Gone | None:
    messages = list(_validation_messages(parsed))
    if not messages and refused:
        messages = ["no reason given"]
    return _write_refused(answer, messages) if messages else None


def _validation_messages(value: Any) -> Iterator[str]:
    """All messages of an answer's ValidationErrors, however deep: on elements, lines, addresses, contacts."""
    if isinstance(value, list):
        for element in value:
            yield from _validation_messages(element)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name == "ValidationErrors" and isinstance(member, list):
                yield from (_words(error) for error in member)
            elif isinstance(member, dict | list):
                yield from _validation_messages(member)


def _words(error: Any) -> str:
    if isinstance(error, dict):
        return str(error.get("Message") or error.get("Description") or "no reason given")
    return str(error)


def _write_refused(answer: Answer, messages: list[str]) -> WriteRefused | Gone:
    """The first message that we know decides; all of Xero's words are kept."""
    native = " / ".join(dict.fromkeys(messages))[:NATIVE_TEXT_MAX]
    if any(GONE_WORDS.search(message) for message in messages):
        return Gone(_RECORD_GONE, trace_id=_trace(answer), native=native)
    return WriteRefused(explain_validation(messages), trace_id=_trace(answer), native=native)


def _bad_request(request: Request, answer: Answer) -> PlatformRefusal:
    """Status 400: a validation, a body or query that cannot be read, or a reused idempotency key."""
    parsed = _json(answer)
    text = _text(answer)
    if _REUSED_KEY_WORDS in text:
        return _misuse(answer, REUSED_KEY)
    messages = list(_validation_messages(parsed))
    if messages:
        return _write_refused(answer, messages)
    members = parsed if isinstance(parsed, dict) else {}
    message = str(members.get("Message") or members.get("Detail") or "")
    if members.get("Type") == "ValidationException" and request.method != "GET":
        return _write_refused(answer, [message or "A validation exception occurred"])
    return _misuse(answer, REQUEST_REFUSED, f"Xero could not read the request: {message or text or 'no reason given'}")


def _unauthorized(_request: Request, answer: Answer) -> PlatformRefusal:
    """Status 401: a token that is no longer good, or one that was never good enough."""
    challenge = answer.headers.get("www-authenticate", "").lower()
    detail = _detail(answer).lower()
    if any(word in challenge or word in detail for word in _SCOPE_WORDS):
        return PermissionMissing(
            Explanation(
                code="scope_missing",
                message="The connection does not include the permission that this needs.",
                fix="Connect the books again and allow everything that is asked for.",
            ),
            trace_id=_trace(answer),
            native=_native(answer),
        )
    return TokenExpired(
        Explanation(
            code="token_expired",
            message="The access token is no longer good.",
            fix="Nothing to do: Tieout renews it by itself.",
        ),
        trace_id=_trace(answer),
        native=_native(answer),
    )


def _forbidden(_request: Request, answer: Answer) -> PlatformRefusal:
    """Status 403: the organisation is no longer connected, or the person or plan may not do this."""
    if "authenticationunsuccessful" in _detail(answer).lower():
        return CompanyEnded(
            Explanation(
                code="company_disconnected",
                message="This organisation is no longer connected: somebody disconnected it in Xero.",
                fix="Connect the books again. In Xero, connected apps are under Settings > Connected apps.",
            ),
            trace_id=_trace(answer),
            native=_native(answer),
        )
    return not_permitted(_trace(answer), _native(answer))


def not_permitted(trace_id: str | None, native: str | None) -> PermissionMissing:
    """The person who connected, or the plan, may not do this; the organisation itself is still connected."""
    return PermissionMissing(NOT_PERMITTED, trace_id=trace_id, native=native)


def _not_found(request: Request, answer: Answer) -> PlatformRefusal:
    """Status 404: an unknown id in the path, or in the body of a PUT."""
    if request.method == "PUT":
        return WriteRefused(
            Explanation(
                code="reference_unknown",
                message="Something that this record refers to is no longer in Xero.",
                fix="Check in Xero that its contact and its document still exist, then try again.",
            ),
            trace_id=_trace(answer),
            native=str(answer.status),
        )
    return Gone(
        _RECORD_GONE,
        trace_id=_trace(answer),
        native=str(answer.status),
    )


def read_allowance(answer: Answer) -> Allowance:
    """The calls left, which stand in the headers of nearly every answer, and what a 429 says (limits page).

    A wait that Xero does not name is no guess where the limit is known: `concurrent` never names one.
    """
    left = {
        name: int(value)
        for name, header in _LEFT_HEADERS.items()
        if (value := answer.headers.get(header, "").strip()).isascii() and value.isdigit()
    }
    if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        return Allowance(left=left)
    problem, rest_s = _problem_of(answer)
    limit = {"appminute": "app_minute"}.get(problem, problem)
    return Allowance(left=left, rest_s=rest_s, is_told=problem in _WAITS_S, limit=limit or None)


def _problem_of(answer: Answer) -> tuple[str, float]:
    """Which limit a 429 is about, and the seconds to wait: its own, or the usual ones."""
    problem = answer.headers.get("x-rate-limit-problem", "").strip().lower().removesuffix("limit")
    return problem, retry_after_s(answer, _WAITS_S.get(problem, _WAITS_S["minute"]))


def _throttled(_request: Request, answer: Answer) -> Throttled:
    """Status 429: which limit stands in a header, and for all but too many at once also for how long."""
    problem, wait_s = _problem_of(answer)
    return Throttled(_LIMITS.get(problem, _MINUTE), retry_after_s=wait_s, trace_id=_trace(answer))


def _unavailable(answer: Answer) -> Unavailable:
    """Status 5xx: plain text says whether one organisation or all of Xero is closed for the moment."""
    text = _text(answer)
    if "organisation is offline" in text.lower():
        return Unavailable(
            Explanation(
                code="company_offline",
                message="Xero has taken this organisation offline for a moment.",
                fix=f"Nothing to do: Tieout tries again by itself, usually after {_OFFLINE_S // 60} minutes.",
            ),
            trace_id=_trace(answer),
            native=text,
        )
    return Unavailable(
        Explanation(
            code="platform_unavailable",
            message="Xero is not available at the moment.",
            fix="Nothing to do: Tieout tries again by itself.",
        ),
        trace_id=_trace(answer),
        native=text or str(answer.status),
    )


def _refused_request(_request: Request, answer: Answer) -> Misuse:
    """A method, a header or a size that Xero does not take: nothing that a person could mend."""
    return _misuse(answer, REQUEST_REFUSED, f"Xero refused the request itself with status {answer.status}.")


def _misuse(answer: Answer, explanation: Explanation, message: str | None = None) -> Misuse:
    told = replace(explanation, message=message or explanation.message)
    return Misuse(told, trace_id=_trace(answer), native=_native(answer))


def _json(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _detail(answer: Answer) -> str:
    """The `Detail` of a gateway's refusal, whose property names come in either case."""
    parsed = _json(answer)
    members: Mapping[str, Any] = parsed if isinstance(parsed, dict) else {}
    return str(members.get("Detail") or members.get("detail") or "")


def _text(answer: Answer) -> str:
    return answer.body[: NATIVE_TEXT_MAX * 4].decode("utf-8", "replace").strip()[:NATIVE_TEXT_MAX]


def _native(answer: Answer) -> str:
    return _detail(answer) or _text(answer) or str(answer.status)


def _trace(answer: Answer) -> str | None:
    return answer.headers.get(TRACE_HEADER)


_BY_STATUS: Final[Mapping[int, Callable[[Request, Answer], PlatformRefusal]]] = {
    HTTPStatus.BAD_REQUEST: _bad_request,
    HTTPStatus.UNAUTHORIZED: _unauthorized,
    HTTPStatus.FORBIDDEN: _forbidden,
    HTTPStatus.NOT_FOUND: _not_found,
    HTTPStatus.TOO_MANY_REQUESTS: _throttled,
    HTTPStatus.NOT_IMPLEMENTED: _refused_request,
}
