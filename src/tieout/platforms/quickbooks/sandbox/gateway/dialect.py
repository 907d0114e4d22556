"""Answers on the wire: envelopes, faults in JSON and XML, and the gateway's lower-case form."""

from datetime import datetime
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.quickbooks.sandbox.figures import encode
from tieout.platforms.quickbooks.sandbox.moments import envelope_stamp
from tieout.platforms.quickbooks.sandbox.refusals import GatewayRefusal, Problem, Refusal

VERSION = "2073.223"
_NAMESPACE = "http://schema.intuit.com/finance/v3"


def wants_json(request: Request) -> bool:
    """Whether the client asks for JSON; QuickBooks answers XML to everybody else."""
    return "json" in request.headers.get("accept", "")


def trace_id(random: Random, now: datetime) -> str:
    """An `intuit_tid`: time and draw, as the gateway makes them."""
    return f"1-{int(now.timestamp()):08x}-{random.getrandbits(96):024x}"


def headers(tid: str) -> dict[str, str]:
    """What a good answer carries; a fault was recorded with nothing but its `intuit_tid`."""
    return {
        "intuit_tid": tid,
        "qbo-version": VERSION,
        "service-time": "total=1, db=1",
        "cache-control": "max-age=0, no-cache, no-store, must-revalidate, private",
    }


def envelope(name: str, wire: bytes, now: datetime) -> bytes:
    """An object or query answer in its envelope."""
    return b'{"%s":%s,"time":"%s"}' % (name.encode(), wire, envelope_stamp(now).encode())


def answer_response(body: bytes, tid: str, media_type: str) -> Response:
    """An answer that is no fault."""
    return Response(body, 200, {**headers(tid), "content-type": media_type})


def fault_response(refusal: Refusal, *, as_json: bool, now: datetime, tid: str) -> Response:
    """A fault as the client asked for it."""
    if as_json:
        body = encode(gateway_fault(refusal, now) if isinstance(refusal, GatewayRefusal) else fault(refusal, now))
    else:
        body = fault_xml(refusal, now).encode()
    media_type = "application/json" if as_json else "application/xml"
    response = Response(body, refusal.status, {"intuit_tid": tid, "content-type": media_type})
    if refusal.status == 401:  # noqa: PLR2004 - HTTP's own figure
        response.headers["www-authenticate"] = 'Bearer realm="Intuit", error="invalid_token"'
    return response


def fault(refusal: Refusal, now: datetime) -> dict[str, Any]:
    """The usual form: `{"Fault": {"Error": […], "type"}, "time"}`."""
    told: dict[str, Any] = fault_alone(refusal)
    if refusal.timed:
        told["time"] = envelope_stamp(now)
    return told


def fault_alone(refusal: Refusal) -> dict[str, Any]:
    """A fault without its envelope, as it stands inside a batch."""
    return {"Fault": {"Error": [_error(problem) for problem in refusal.problems], "type": refusal.kind}}


def _error(problem: Problem) -> dict[str, str]:
    told = {"Message": problem.message, "Detail": problem.detail, "code": problem.code}
    if problem.element is not None:
        told["element"] = problem.element
    return told


def gateway_fault(refusal: Refusal, now: datetime) -> dict[str, Any]:
    """The gateway's form: lower case, nulls spelt out, time in milliseconds."""
    errors = [
        {"message": one.message, "detail": one.detail or None, "code": one.code, "element": one.element}
        for one in refusal.problems
    ]
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": errors, "type": refusal.kind},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(now.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }


def fault_xml(refusal: Refusal, now: datetime) -> str:
    """A fault in XML."""
    errors = "".join(
        f"<Error code={quoteattr(one.code)}"
        + (f" element={quoteattr(one.element)}" if one.element is not None else "")
        + f"><Message>{escape(one.message)}</Message>{_detail_xml(one)}</Error>"
        for one in refusal.problems
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse xmlns="{_NAMESPACE}" time="{envelope_stamp(now)}">'
        f"<Fault type={quoteattr(refusal.kind)}>{errors}</Fault></IntuitResponse>"
    )


def _detail_xml(problem: Problem) -> str:
    return f"<Detail>{escape(problem.detail)}</Detail>" if problem.detail else ""
