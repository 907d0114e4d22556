"""From any of Intuit's ways of saying no to the one refusal that it means.

Seen in recorded answers: a `Fault` with status 400; the gateway's own in lower case; XML when the gateway or a missing
Accept header decides; and a `Fault` inside an answer of status 200 (batch, upload, change data capture).
"""

import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import msgspec

from tieout.platforms.errors import (
    Explanation,
    Misuse,
    NoAnswer,
    PlatformRefusal,
    Throttled,
    Unavailable,
    WriteRefused,
)
from tieout.platforms.oauth import retry_after_s
from tieout.platforms.port import Allowance, Answer, CallKind, Request
from tieout.platforms.quickbooks import business_rules
from tieout.platforms.quickbooks import refusal_table as table
from tieout.platforms.quickbooks.refusal_table import Rule

TRACE_HEADER = "intuit_tid"
THROTTLE_S = 60.0
"""How long to wait after a 429 that names no time (Intuit's limits: about a minute)."""
DETAIL_CHARS_MAX = 300

_XML_ERROR = re.compile(rb"<Error\b([^>]*)>(.*?)</Error>", re.DOTALL)
_XML_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_XML_CHILD = re.compile(rb"<(Message|Detail)>(.*?)</\1>", re.DOTALL)
_SECRETIVE = (table.TOKEN_EXPIRED, table.COMPANY_ENDED, table.ACCESS_LOST)
"""Rules whose details are never passed on: the gateway writes tokens into them."""
_BY_STATUS: dict[int, Rule] = {
    HTTPStatus.UNAUTHORIZED: table.TOKEN_EXPIRED,
    HTTPStatus.FORBIDDEN: table.REFUSED_UNEXPLAINED,
    HTTPStatus.TOO_MANY_REQUESTS: table.THROTTLED,
}
"""What a status means when no known code comes with it."""
_NESTED = ("QueryResponse", "CDCResponse", "BatchItemResponse", "AttachableResponse")
_REFERENCE = re.compile(r"(Names|Accounts|Items|TaxCodes)\b")


@dataclass(frozen=True, slots=True)
class NativeError:
    """One of Intuit's errors, whatever dialect it came in."""

    code: str
    message: str = ""
    detail: str = ""
    element: str = ""


def read_refusal(request: Request, answer: Answer) -> PlatformRefusal | None:
    """What an answer refuses, or None for a success."""
    errors = native_errors(answer)
    if answer.status < HTTPStatus.BAD_REQUEST and not errors:
        return None if _is_json(answer) else _not_json(request, answer)
    error = errors[0] if errors else NativeError(code="")
    rule = _rule(request, answer, error)
    explanation = _explanation(rule, error)
    trace_id = answer.headers.get(TRACE_HEADER)
    if rule.refusal is Throttled:
        return Throttled(explanation, retry_after_s=retry_after_s(answer, THROTTLE_S), trace_id=trace_id)
    return rule.refusal(explanation, trace_id=trace_id, native=error.code or str(answer.status))


def read_allowance(answer: Answer) -> Allowance:
    """Intuit says nothing of what is left; a 429 may name its seconds, and is otherwise said to last about a minute.

    A quota of the month answers with the same 429 (App Partner Program, Builder tier), so the minute is a guess.
    """
    if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        return Allowance()
    is_told = retry_after_s(answer, 0.0) > 0
    return Allowance(rest_s=retry_after_s(answer, THROTTLE_S), is_told=is_told)


def native_errors(answer: Answer) -> tuple[NativeError, ...]:
    """The errors inside an answer. A success is searched only when the word stands in it: pages are large."""
    body = answer.body
    if answer.status < HTTPStatus.BAD_REQUEST and b'"Fault"' not in body and b'"fault"' not in body:
        return () if _is_json(answer) else _xml_errors(body)
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _xml_errors(body)
    return tuple(error for fault in _faults(found) for error in _errors_of(fault))


def _faults(value: Any) -> list[dict[str, Any]]:
    """The faults at the top of an answer, and in the places where some answers nest them."""
    if isinstance(value, list):
        return [fault for element in value for fault in _faults(element)]
    if not isinstance(value, dict):
        return []
    own = [value[name] for name in ("Fault", "fault") if isinstance(value.get(name), dict)]
    return own + [fault for name in _NESTED for fault in _faults(value.get(name))]


def _errors_of(fault: dict[str, Any]) -> list[NativeError]:
    listed = fault.get("Error") or fault.get("error") or []
    errors = []
    for error in listed if isinstance(listed, list) else [listed]:
        if isinstance(error, dict):
            lowered = {str(name).lower(): "" if value is None else str(value) for name, value in error.items()}
            errors.append(
                NativeError(
                    code=lowered.get("code", ""),
                    message=lowered.get("message", ""),
                    detail=lowered.get("detail", ""),
                    element=lowered.get("element", ""),
                )
            )
    return errors


def _xml_errors(body: bytes) -> tuple[NativeError, ...]:
    """The errors of an XML fault. Read by pattern: a parser would expand what a stranger wrote."""
    errors = []
    for attributes, inner in _XML_ERROR.findall(body):
        named = {name.decode(): value.decode("utf-8", "replace") for name, value in _XML_ATTRIBUTE.findall(attributes)}
        texts = {name.decode(): text.decode("utf-8", "replace") for name, text in _XML_CHILD.findall(inner)}
        errors.append(
            NativeError(
                code=named.get("code", ""),
                message=texts.get("Message", ""),
                detail=texts.get("Detail", ""),
                element=named.get("element", ""),
            )
        )
    return tuple(errors)


def _rule(request: Request, answer: Answer, error: NativeError) -> Rule:
    """By Intuit's code where there is one, else by the status."""
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and error.code != "10100":
        return table.UNAVAILABLE
    rule = table.RULES.get(error.code)
    if rule is table.GONE and not _names_a_record(request):
        return table.REFERENCE_INACTIVE
    if rule is table.BUSINESS_RULE:
        return _business_rule(error.detail)
    if rule is not None:
        return rule
    if answer.status in _BY_STATUS:
        return _BY_STATUS[answer.status]
    return table.BUSINESS_RULE if request.kind is CallKind.WRITE and error.code else table.REQUEST


def _business_rule(detail: str) -> Rule:
    """What the words of a broken rule of bookkeeping tell of it."""
    known = (rule for words, rule in business_rules.WORDS if re.search(words, detail, re.IGNORECASE))
    return next(known, table.BUSINESS_RULE)


def _names_a_record(request: Request) -> bool:
    """Whether a request is about an existing record: then 610 is about that, and not about what it refers to."""
    if request.method != "POST":
        return True
    try:
        body = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(body, dict) and "Id" in body


def _explanation(rule: Rule, error: NativeError) -> Explanation:
    field = table.FIELDS.get(error.element.rpartition(".")[2]) or rule.field
    if rule is table.REFERENCE_UNKNOWN and (named := _REFERENCE.search(error.detail)):
        field = table.REFERENCED_LISTS[named.group(1)]
    message = rule.message
    said = error.detail or error.message
    if said and rule not in _SECRETIVE:
        message = f"{message} QuickBooks says: {_shortened(said)}"
    return Explanation(code=rule.code, message=message, fix=rule.fix, field=field)


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= DETAIL_CHARS_MAX else f"{flat[: DETAIL_CHARS_MAX - 1]}…"


def _is_json(answer: Answer) -> bool:
    """Whether a success is JSON; an empty body without a type is one too."""
    kind = answer.headers.get("content-type", "")
    return "json" in kind or (not kind and not answer.body.lstrip().startswith(b"<"))


def _not_json(request: Request, answer: Answer) -> PlatformRefusal:
    """A page where an answer was due: a write behind it may have been carried out."""
    explanation = Explanation(
        code="answer_unreadable",
        message="Something that is no answer of QuickBooks came back, such as a maintenance page.",
        fix="Nothing to do: Tieout tries again by itself. If it lasts, look at Intuit's status page.",
    )
    refusal = NoAnswer if request.kind is CallKind.WRITE else Unavailable
    return refusal(explanation, trace_id=answer.headers.get(TRACE_HEADER), native=str(answer.status))


def refused(rule: Rule, message: str | None = None, *, field: str | None = None) -> WriteRefused:
    """A refusal of our own, before anything is sent, in the words of the table."""
    changed = replace(rule, message=message or rule.message, field=field or rule.field)
    return WriteRefused(Explanation(changed.code, changed.message, changed.fix, changed.field))


def misused(message: str) -> Misuse:
    """A request that Tieout itself should not have made."""
    return Misuse(Explanation(table.REQUEST.code, message, table.REQUEST.fix))
