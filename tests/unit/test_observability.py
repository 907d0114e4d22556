"""Logs without secrets: nothing that opens a door, however deep it lies; and metrics that do not meet."""

import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tieout.kit.identifiers import encode_base64url
from tieout.observability import Metrics, configure_logging, mask_secrets

TOKEN = encode_base64url(sha256(b"a token").digest())
"""The same in every process: parametrized names must agree between workers."""
VAULT_KEY = b64encode(sha256(b"a key").digest()).decode()
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


def masked(**entry: Any) -> dict[str, Any]:
    return dict(mask_secrets(None, "info", entry))


@pytest.mark.parametrize(
    "name",
    ["access_token", "refresh_token", "client_secret", "password", "Authorization", "cookie", "code", "verifier",
     "api_key", "vault_keys", "webhook_signature", "set-cookie"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["short", 12345, ["short"], {"a": "short"}, b"short", object()])
def test_a_value_whose_name_sounds_secret_is_hidden_whatever_it_is(name: str, value: Any) -> None:
    assert masked(**{name: value}) == {name: "…"}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda secret: secret,
        lambda secret: [secret],
        lambda secret: (1, [secret]),
        lambda secret: {secret},
        lambda secret: {"a": {"b": [secret]}},
        lambda secret: {"a": [{"b": secret}]},
        lambda secret: ValueError(f"refused: {secret}"),
        lambda secret: f"Traceback\n  File x\nRuntimeError: {secret}\n",
    ],
)
@pytest.mark.parametrize("secret", [TOKEN, JWT, VAULT_KEY, "a1" * 32])
def test_what_looks_like_a_token_is_hidden_wherever_it_lies(wrap: Any, secret: str) -> None:
    assert secret not in json.dumps(masked(event="x", value=wrap(secret)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("sent Basic dXNlcjpwYXNz, refused", "sent Basic …, refused"),
        ("/connect/callback/x?code=short&state=s1&realmId=42", "/connect/callback/x?code=…&state=…&realmId=42"),
        ("grant_type=refresh_token&refresh_token=abc", "grant_type=refresh_token&refresh_token=…"),
        (f"/connect/{TOKEN}", "/connect/…"),
        ("client_secret=abc failed", "client_secret=… failed"),
    ],
)
def test_secrets_in_headers_and_addresses_are_hidden(text: str, shown: str) -> None:
    assert masked(message=text) == {"message": shown}


def test_what_is_needed_to_understand_a_log_stays() -> None:
    entry = {
        "event": "platform_call",
        "status_code": 502,
        "error_code": "number_taken",
        "path": "/v3/company/…1234/invoice?minorversion",
        "lane": f"company:{UUID(int=7)}",
        "error": "tieout.platforms.somewhere.sandbox.refusals.Refusal: no",
        "nothing": None,
        "done": True,
        "seconds": 0.5,
    }
    assert masked(**entry) == entry


def test_values_that_are_no_json_are_shown_as_text() -> None:
    shown = masked(id=UUID(int=7), at=datetime(2026, 3, 2, tzinfo=UTC), amount=Decimal("1.10"), body=b"abc")
    assert shown == {"id": str(UUID(int=7)), "at": "2026-03-02 00:00:00+00:00", "amount": "1.10", "body": "3 bytes"}


def test_what_lies_too_deep_to_be_looked_through_is_not_shown() -> None:
    deep: Any = "short"
    for _ in range(20):
        deep = {"a": deep}
    assert "short" not in json.dumps(masked(value=deep))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(json_values)
def test_masking_never_fails_and_leaves_json(value: Any) -> None:
    json.dumps(masked(event="x", value=value))


@pytest.fixture
def fresh_structlog() -> Iterator[None]:
    handlers, level = list(logging.root.handlers), logging.root.level
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=handlers, level=level, force=True)


@pytest.mark.usefixtures("fresh_structlog")
def test_a_log_line_is_one_json_object_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    log = structlog.get_logger("test")
    log.debug("too quiet")
    try:
        float(f"Bearer {TOKEN}")
    except ValueError:
        log.exception("failed", items=[TOKEN], status_code=500)

    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert TOKEN not in line
    assert (said["event"], said["level"], said["status_code"], said["items"]) == ("failed", "error", 500, ["…"])
    assert "ValueError: could not convert string to float: 'Bearer …" in said["exception"]


@pytest.mark.usefixtures("fresh_structlog")
def test_what_a_library_logs_is_one_json_object_without_secrets_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("debug")
    library = logging.getLogger("some.library")
    library.info("HTTP Request: GET https://example.com/?code=abc")
    library.warning("refused: %s", f"Bearer {TOKEN}")

    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"]) == ("refused: Bearer …", "warning")


def test_the_metrics_of_two_apps_in_one_process_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.requests.labels("GET", "/v1/entities", "200").inc()

    page, content_type = one.render()
    assert b'tieout_http_requests_total{method="GET",route="/v1/entities",status="200"} 1.0' in page
    assert content_type.startswith("text/plain")
    assert b"/v1/entities" not in other.render()[0]
