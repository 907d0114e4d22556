"""The page on webhooks says what is done: its figures are the program's, and its code verifies."""

import re
from pathlib import Path
from typing import Any, get_args

from tieout.api import additions
from tieout.api.additions import SHAPES
from tieout.api.versions import VERSION_HEADER
from tieout.security.webhook_signatures import new_secret, signature_headers
from tieout.sync import runs, synced_records
from tieout.sync.delivering import schedule, sending, sweeping, turns

PAGE = (Path(__file__).parents[3] / "docs/webhooks.md").read_text("utf-8")
SECONDS = {"s": 1, "min": 60, "h": 3600}


def seconds(words: str) -> int:
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", words))


def test_the_schedule_is_the_programs() -> None:
    rows = re.findall(r"^\| (\d) \| ([^|]*)\| ([^|]*)\|$", PAGE, re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, schedule.ATTEMPTS_MAX + 1))
    assert tuple(seconds(wait) for _, wait, _ in rows[1:]) == schedule.RETRY_DELAYS_S
    for place, (_, _, since) in enumerate(rows[1:], 1):
        total = sum(schedule.RETRY_DELAYS_S[:place])
        assert seconds(since) == total - total % 60 or total < 60


def test_the_figures_are_the_programs() -> None:
    for figure in (
        f"within {sending.TIMEOUT_S:.0f} s",
        f"up to {turns.AT_ONCE_MAX} at once",
        f"after {schedule.FAILURES_BEFORE_REST} failures in a row: {schedule.REST_S} s at first",
        f"at most {schedule.REST_S_MAX // 60} min",
        f"for {schedule.GIVE_UP_AFTER_S // 86_400} days**, in at least {schedule.GIVE_UP_FAILURES_MIN} attempts",
        f"({sending.ANSWER_BYTES_MAX // 1024} kB)",
    ):
        assert figure in PAGE, figure
    assert schedule.JITTER == 0.1
    assert sweeping.KEPT_DAYS == 92
    assert VERSION_HEADER in PAGE.lower()


def test_the_code_that_verifies_does() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    body = next(line for line in code.splitlines() if line.startswith("def"))
    assert len(code.split(body)[1].strip().splitlines()) <= 10
    scope: dict[str, Any] = {}
    exec(code, scope)  # noqa: S102 - our own page
    verify, secret = scope["is_from_tieout"], new_secret()
    headers = signature_headers(secret, event_id="e", timestamp_s=1_700_000_000, body=b'{"a": 1}')
    header = headers["Monite-Signature"]
    assert verify(secret, header, b'{"a": 1}', 1_700_000_100)
    assert not verify(secret, header, b'{"a":1}', 1_700_000_100)
    assert not verify(new_secret(), header, b'{"a": 1}', 1_700_000_100)
    assert not verify(secret, header, b'{"a": 1}', 1_700_001_000)


def test_every_added_path_and_type_stands_on_the_page() -> None:
    added = [one.path for one in additions.PATHS if one.path.startswith("/webhook_")]
    assert len(added) == 5
    for path in added:
        assert re.sub(r"\{[a-z_]+\}", "{id}", path) in PAGE, path
    for value in additions.VALUES:
        if value.schema == "WebhookObjectType":
            assert f"`{value.value}`" in PAGE
    assert set(SHAPES["WebhookSubscriptionHealth"]) >= {"disabled_reason?", "last_failure?"}


def test_the_events_of_synchronisation_are_those_that_happen() -> None:
    rows = dict(re.findall(r"^\| `(accounting_\w+)` \| ([^|]*) \|", PAGE, re.MULTILINE))
    told = {name: set(re.findall(r"`(\w+)`", verbs)) for name, verbs in rows.items()}
    assert told[synced_records.EVENT_OBJECT] == set(get_args(synced_records.Verb))
    assert told[runs.EVENT_OBJECT] == {status.value for status in runs.RunStatus} - {"running"}
