from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import httpx2
import pytest
import stamina
from structlog.testing import capture_logs

from tieout.platforms.errors import Explanation, NoAnswer, NotSent, Throttled, Unavailable
from tieout.platforms.port import Allowance, Answer, App, CallKind, Cause, Environment, Platform, Request
from tieout.platforms.transport import (
    SEND_ATTEMPTS_MAX,
    Budget,
    CompanyTransport,
    CountingMeter,
    HttpxClient,
    UnlimitedBudget,
    redacted_path,
)

APP = App(client_id="id", client_secret="secret", environment=Environment.SIMULATED, origin="http://platform.test")
READ = Request(
    method="GET", path="/v3/company/4620816365213534/invoice/12?query=abc&minorversion=75", kind=CallKind.READ
)
Handler = Callable[[httpx2.Request], httpx2.Response]


class Somewhere:
    """The little of a platform that a transport needs: it refuses 418."""

    name = "somewhere"
    trace_header = "x-trace"

    def api_origin(self, app: App) -> str:
        return app.origin or ""

    def read_refusal(self, _request: Request, answer: Answer) -> Exception | None:
        if answer.status != 418:
            return None
        return Throttled(Explanation("throttled", "no", "wait"), retry_after_s=3)

    def read_allowance(self, answer: Answer) -> Allowance:
        return Allowance(left={"day": answer.status})


class NoBudget:
    async def spend(self, cause: Cause, kind: CallKind) -> None:
        raise Throttled(Explanation("budget_spent", f"{cause} {kind}", "wait"), retry_after_s=1)

    def settle(self, kind: CallKind, allowance: Allowance | None) -> None:
        raise AssertionError(f"what was not spent is not settled: {kind} {allowance}")


@dataclass
class Ledger:
    """Writes down what is spent and settled."""

    spent: list[tuple[Cause, CallKind]] = field(default_factory=list)
    settled: list[tuple[CallKind, Allowance | None]] = field(default_factory=list)

    async def spend(self, cause: Cause, kind: CallKind) -> None:
        self.spent.append((cause, kind))

    def settle(self, kind: CallKind, allowance: Allowance | None) -> None:
        self.settled.append((kind, allowance))


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=SEND_ATTEMPTS_MAX)
    yield
    stamina.set_testing(False)


def client(handler: Handler, answer_bytes_max: int = 1000) -> HttpxClient:
    return HttpxClient(httpx2.AsyncClient(transport=httpx2.MockTransport(handler)), answer_bytes_max=answer_bytes_max)


def transport(handler: Handler, meter: CountingMeter | None = None, budget: Budget | None = None) -> CompanyTransport:
    return CompanyTransport(
        http=client(handler),
        platform=cast("Platform", Somewhere()),
        app=APP,
        access_token="very-secret-token",
        budget=budget or UnlimitedBudget(),
        meter=meter or CountingMeter(),
        cause=Cause.PULL,
    )


def raising(error: Exception, calls: list[str]) -> Handler:
    def handle(request: httpx2.Request) -> httpx2.Response:
        calls.append(str(request.url))
        raise error

    return handle


def answering(
    status: int, body: bytes = b"{}", headers: Mapping[str, str] | None = None, seen: list[httpx2.Request] | None = None
) -> Handler:
    def handle(request: httpx2.Request) -> httpx2.Response:
        if seen is not None:
            seen.append(request)
        return httpx2.Response(status, content=body, headers=dict(headers or {}))

    return handle


async def test_a_call_carries_the_token_to_the_origin_of_the_app() -> None:
    seen: list[httpx2.Request] = []
    answer = await transport(answering(200, b'{"a":1}', {"X-Trace": "t1"}, seen)).send(READ)
    assert answer.body == b'{"a":1}'
    assert answer.headers["x-trace"] == "t1"
    assert seen[0].headers["authorization"] == "Bearer very-secret-token"
    assert str(seen[0].url) == "http://platform.test" + READ.path


async def test_a_path_that_would_lead_to_another_host_is_never_sent() -> None:
    seen: list[httpx2.Request] = []
    with pytest.raises(ValueError, match="slash"):
        await transport(answering(200, seen=seen)).send(Request(method="GET", path="@evil.test/", kind=CallKind.READ))
    assert seen == []


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError("no"), httpx2.ConnectTimeout("slow"), httpx2.PoolTimeout("busy")]
)
async def test_what_was_surely_not_sent_is_sent_again_a_few_times_and_costs_nothing(error: Exception) -> None:
    calls: list[str] = []
    meter = CountingMeter()
    with pytest.raises(NotSent):
        await transport(raising(error, calls), meter).send(READ)
    assert len(calls) == SEND_ATTEMPTS_MAX
    assert meter.total == 0


@pytest.mark.parametrize(
    "error",
    [
        httpx2.ReadTimeout("slow"),
        httpx2.ReadError("cut"),
        httpx2.WriteError("cut"),
        httpx2.RemoteProtocolError("cut"),
        ConnectionResetError("cut"),
    ],
)
async def test_what_may_have_been_carried_out_is_never_sent_again_and_is_counted(error: Exception) -> None:
    calls: list[str] = []
    meter = CountingMeter()
    with pytest.raises(NoAnswer):
        await transport(raising(error, calls), meter).send(READ)
    assert len(calls) == 1
    assert meter.calls[Cause.PULL, CallKind.READ] == 1
    assert meter.statuses[None] == 1


async def test_a_connection_that_comes_about_at_the_second_attempt_is_enough() -> None:
    attempts: list[int] = []

    def handle(_request: httpx2.Request) -> httpx2.Response:
        attempts.append(1)
        if len(attempts) == 1:
            raise httpx2.ConnectError("no")
        return httpx2.Response(200)

    assert (await transport(handle).send(READ)).status == 200
    assert len(attempts) == 2


async def test_a_spent_budget_keeps_the_call_from_being_made() -> None:
    seen: list[httpx2.Request] = []
    with pytest.raises(Throttled):
        await transport(answering(200, seen=seen), budget=NoBudget()).send(READ)
    assert seen == []


async def test_what_an_answer_says_of_limits_is_settled_however_the_call_ended() -> None:
    ledger = Ledger()
    await transport(answering(200), budget=ledger).send(READ)
    with pytest.raises(Throttled):
        await transport(answering(418), budget=ledger).send(READ)
    with pytest.raises(NoAnswer):
        await transport(raising(httpx2.ReadError("cut"), []), budget=ledger).send(READ)
    with pytest.raises(NotSent):
        await transport(raising(httpx2.ConnectError("no"), []), budget=ledger).send(READ)
    assert ledger.spent == [(Cause.PULL, CallKind.READ)] * 4
    said = [None if allowance is None else allowance.left["day"] for _, allowance in ledger.settled]
    assert said == [200, 418, None, None]


async def test_a_refusal_is_raised_as_the_platform_reads_it_and_counted() -> None:
    meter = CountingMeter()
    with pytest.raises(Throttled) as refused:
        await transport(answering(418, b"teapot"), meter).send(READ)
    assert refused.value.retry_after_s == 3
    assert (meter.statuses[418], meter.received_bytes) == (1, 6)


@pytest.mark.parametrize(("status", "code"), [(500, "unexpected_answer"), (302, "unexpected_redirect")])
async def test_no_failure_and_no_redirect_passes_as_a_success(status: int, code: str) -> None:
    with pytest.raises(Unavailable) as refused:
        await transport(answering(status, headers={"Location": "http://elsewhere.test/"})).send(READ)
    assert refused.value.explanation.code == code


async def test_an_answer_beyond_the_limit_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        await transport(answering(200, b"x" * 1001)).send(READ)


async def test_a_log_line_holds_no_token_no_value_of_a_query_and_no_company() -> None:
    with capture_logs() as lines:
        await transport(answering(200, b"secret body", {"x-trace": "t1"})).send(READ)
    (line,) = lines
    assert line["path"] == "/v3/company/…3534/invoice/12?query&minorversion"
    assert line["trace_id"] == "t1"
    assert line["status"] == 200
    for secret in ("very-secret-token", "secret body", "abc", "4620816365213534"):
        assert secret not in str(line)


async def test_a_refused_call_is_logged_with_its_code() -> None:
    with capture_logs() as lines, pytest.raises(Throttled):
        await transport(answering(418)).send(READ)
    assert lines[0]["refusal"] == "throttled"


def test_a_path_without_a_query_is_shown_as_it_is() -> None:
    assert redacted_path("/api.xro/2.0/Invoices") == "/api.xro/2.0/Invoices"


async def test_an_application_in_the_same_process_is_reached_without_a_network() -> None:
    async def application(
        scope: Mapping[str, object],
        _receive: Callable[[], Awaitable[object]],
        send: Callable[[dict[str, object]], Awaitable[None]],
    ) -> None:
        assert scope["path"] == "/hello"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-A", b"1")]})
        await send({"type": "http.response.body", "body": b"hi"})

    http = HttpxClient(httpx2.AsyncClient(transport=httpx2.ASGITransport(application)))
    answer = await http.send("GET", "http://platform.test/hello", {}, b"")
    assert answer == Answer(status=200, headers={"x-a": "1"}, body=b"hi")
