"""`tieout keys`: exchanging the key that encrypts secrets, while Tieout goes on."""

from pathlib import Path

import pytest
from tests.support.commands import answer, told

from tieout.security.vault import new_key

OLD, NEW = new_key("2026-03"), new_key("2026-11")


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database with one secret, an app's, that the old key sealed."""
    monkeypatch.setenv("TIEOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'tieout.db'}")
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", OLD)
    monkeypatch.setenv("APP_SECRET", "hush")
    assert told("migrate").exit_code == 0
    partner = answer("partner", "create", "Payables Inc", "--environment", "simulated")
    app_keys = ("--client-id", "app", "--secret-env", "APP_SECRET", "--origin", "http://127.0.0.1:8802")
    answer("platform", "set", "xero", "--partner", partner["partner_id"], "--environment", "simulated", *app_keys)


def test_a_key_is_rotated_and_then_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", f"{NEW},{OLD}")
    before = answer("keys", "status")
    assert before["secrets"] == ["2026-11: 0", "2026-03: 1"]
    assert before["removable_keys"] == []
    rotated = answer("keys", "rotate")
    assert (rotated["sealed_anew"], rotated["not_opened"], rotated["removable_keys"]) == (1, 0, ["2026-03"])
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", NEW)
    after = answer("keys", "rotate")
    assert (after["sealed_anew"], after["secrets"], after["under_other_keys"]) == (0, ["2026-11: 1"], 0)


def test_a_key_that_was_removed_too_early_is_missed_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", NEW)
    refused = told("keys", "rotate")
    assert refused.exit_code == 1
    assert "some secrets were sealed by a key that TIEOUT_VAULT_KEYS lack" in refused.stderr
    assert answer("keys", "status")["under_other_keys"] == 1
    for command in (("worker",), ("serve", "--port", "0")):
        stopped = told(*command)
        assert stopped.exit_code == 1
        assert "TIEOUT_VAULT_KEYS" in stopped.stderr
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", f"{NEW},{OLD}")
    assert answer("keys", "rotate")["removable_keys"] == ["2026-03"]
