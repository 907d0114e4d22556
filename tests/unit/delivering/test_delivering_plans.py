"""The pure part of delivering: schedule, choice of events, addresses, signatures."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.security.webhook_signatures import new_secret, signature_headers
from tieout.sync.delivering import schedule
from tieout.sync.delivering.choosing import address_fault, is_wanted

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@given(st.uuids(), st.integers(1, schedule.ATTEMPTS_MAX - 1))
def test_every_wait_is_the_schedules_with_a_little_that_is_always_the_same(delivery_id: UUID, attempts: int) -> None:
    at = schedule.next_attempt_at(delivery_id, attempts, now=NOW)
    assert at is not None
    delay_s = schedule.RETRY_DELAYS_S[attempts - 1]
    assert delay_s <= (at - NOW).total_seconds() <= delay_s * (1 + schedule.JITTER) + 0.001
    assert at == schedule.next_attempt_at(delivery_id, attempts, now=NOW)


def test_deliveries_that_failed_together_are_not_tried_together() -> None:
    moments = {schedule.next_attempt_at(UUID(int=number), 2, now=NOW) for number in range(1_000)}
    assert len(moments) > 990


@given(st.uuids(), st.integers(schedule.ATTEMPTS_MAX, 1_000))
def test_after_the_last_attempt_there_is_none(delivery_id: UUID, attempts: int) -> None:
    assert schedule.next_attempt_at(delivery_id, attempts, now=NOW) is None


def test_the_attempts_span_28_hours() -> None:
    assert schedule.ATTEMPTS_MAX == 8
    assert 27 * 3600 < sum(schedule.RETRY_DELAYS_S) < 28 * 3600


@given(st.integers(0, 10_000))
def test_an_endpoint_rests_longer_the_longer_it_fails_but_never_for_hours(failures: int) -> None:
    rest = schedule.rest_until(failures, now=NOW)
    longer = schedule.rest_until(failures + 1, now=NOW)
    if failures < schedule.FAILURES_BEFORE_REST:
        assert rest is None
        return
    assert rest is not None
    assert longer is not None
    assert NOW < rest <= longer <= NOW + timedelta(seconds=schedule.REST_S_MAX)


@pytest.mark.parametrize(
    ("hours", "failures", "given_up"),
    [(72, 10, True), (71, 10_000, False), (720, 9, False), (720, 10, True), (0, 10, False)],
)
def test_an_endpoint_is_given_up_after_days_and_many_failures_only(
    hours: int, failures: int, *, given_up: bool
) -> None:
    since = NOW - timedelta(hours=hours)
    assert schedule.is_given_up(since, failures, last_attempt_at=NOW) is given_up
    assert not schedule.is_given_up(None, failures, last_attempt_at=NOW)


@pytest.mark.parametrize(
    ("event_types", "wanted"),
    [
        ([], True),
        (["connected"], True),
        (["accounting_connection.connected"], True),
        (["disconnected"], False),
        (["accounting_connection"], False),
        (["connection.connected"], False),
        (["Connected"], False),
        (["disconnected", "connected"], True),
    ],
)
def test_both_forms_of_an_event_type_are_understood(event_types: list[str], *, wanted: bool) -> None:
    chosen = is_wanted(event_types, object_type="accounting_connection", action="accounting_connection.connected")
    assert chosen is wanted


@pytest.mark.parametrize(
    ("url", "allow_private", "fault"),
    [
        ("https://hooks.example/", False, None),
        ("HTTPS://hooks.example/", False, None),
        ("http://hooks.example/", False, "https://"),
        ("http://hooks.example/", True, None),
        ("ftp://hooks.example/", True, "https://"),
        ("https:///hooks", True, "host"),
        ("https://key@hooks.example/", True, "password"),
        ("https://127.0.0.1/", False, "public"),
        ("https://127.0.0.1/", True, None),
        ("https://[::1]:8443/", False, "public"),
        ("https://localhost./", False, "public"),
        ("https://hooks.example/\r\nX: y", True, "line breaks"),
    ],
)
def test_an_endpoints_address_is_judged(url: str, fault: str | None, *, allow_private: bool) -> None:
    found = address_fault(url, allow_private=allow_private)
    assert (found is None) == (fault is None)
    assert (fault or "") in (found or "")


@given(st.binary(max_size=200), st.integers(0, 2**33), st.uuids())
def test_both_signatures_are_what_a_receiver_computes(body: bytes, timestamp_s: int, event_id: UUID) -> None:
    secret = new_secret()
    headers = signature_headers(secret, event_id=str(event_id), timestamp_s=timestamp_s, body=body)
    timed = b"%d." % timestamp_s + body
    assert headers["Monite-Signature"] == (
        f"t={timestamp_s},v1=" + hmac.new(secret.encode(), timed, hashlib.sha256).hexdigest()
    )
    key = base64.b64decode(secret[len("whsec_") :])
    assert len(key) == 32
    standard = base64.b64encode(hmac.new(key, f"{event_id}.".encode() + timed, hashlib.sha256).digest())
    assert headers["webhook-signature"] == "v1," + standard.decode()
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (str(event_id), str(timestamp_s))


def test_the_example_of_the_standard_is_signed_as_its_authors_do() -> None:
    headers = signature_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp_s=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_never_the_same() -> None:
    assert len({new_secret() for _ in range(1_000)}) == 1_000
