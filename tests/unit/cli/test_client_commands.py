"""`tieout client`: what an operator does with a partner's API clients."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.support.commands import answer, told

from tieout.security.vault import new_key


@pytest.fixture
def partner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A partner with its first client."""
    monkeypatch.setenv("TIEOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'tieout.db'}")
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", new_key("first"))
    assert told("migrate").exit_code == 0
    made: dict[str, str] = answer("partner", "create", "Payables Inc", "--environment", "simulated")
    return made


def listed(partner_id: str) -> list[dict[str, Any]]:
    clients: list[dict[str, Any]] = answer("client", "list", "--partner", partner_id)["clients"]
    return clients


def test_a_client_is_made_listed_rotated_and_revoked(partner: dict[str, str]) -> None:
    of_partner = ("--partner", partner["partner_id"])
    made = answer("client", "create", "Nightly job", *of_partner)
    assert [client["name"] for client in listed(partner["partner_id"])] == ["First client", "Nightly job"]
    rotated = answer("client", "rotate", made["client_id"], *of_partner, "--overlap-s", "3600")
    assert rotated["client_secret"] != made["client_secret"]
    assert rotated["previous_secret_expires_at"] is not None
    ended = answer("client", "end-previous-secret", made["client_id"], *of_partner)
    assert ended["previous_secret_expires_at"] is None
    for client_id in (made["client_id"], partner["client_id"]):  # the operator may revoke the last one too
        assert answer("client", "revoke", client_id, *of_partner)["revoked_at"] is not None
    shown = told("client", "list", *of_partner)
    assert shown.output.count("revoked") == 2
    assert made["client_secret"] not in shown.output


def test_a_secret_ended_at_once_has_no_time_to_end(partner: dict[str, str]) -> None:
    rotated = answer("client", "rotate", partner["client_id"], "--partner", partner["partner_id"], "--overlap-s", "0")
    assert rotated["previous_secret_expires_at"] is None


@pytest.mark.parametrize("command", ["rotate", "end-previous-secret", "revoke"])
def test_a_client_of_another_partner_is_none(partner: dict[str, str], command: str) -> None:
    other = answer("partner", "create", "Somebody Else Inc", "--environment", "simulated")
    refused = told("client", command, other["client_id"], "--partner", partner["partner_id"])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("tieout: There is no API client")


def test_a_partner_that_does_not_exist_has_no_clients(partner: dict[str, str]) -> None:
    del partner
    for arguments in (("create", "X"), ("list",)):
        refused = told("client", *arguments, "--partner", str(uuid4()))
        assert refused.exit_code == 1
        assert refused.stderr.startswith("tieout: There is no partner")


def test_a_client_needs_a_name(partner: dict[str, str]) -> None:
    refused = told("client", "create", "  ", "--partner", partner["partner_id"])
    assert refused.exit_code == 1
    assert refused.stderr == "tieout: name: String should have at least 1 character\n"
    assert len(listed(partner["partner_id"])) == 1
