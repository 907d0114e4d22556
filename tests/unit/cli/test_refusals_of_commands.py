"""What commands say when something is wrong: one line for a person and a status, never a traceback."""

import json
from pathlib import Path

import pytest
from tests.support.commands import told
from typer.testing import Result

from tieout.security.vault import new_key


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TIEOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'tieout.db'}")
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", new_key("first"))
    return monkeypatch


def make_partner(name: str) -> str:
    assert told("migrate").exit_code == 0
    made = told("partner", "create", name, "--environment", "simulated", "--json")
    assert made.exit_code == 0, made.output
    return str(json.loads(made.stdout)["partner_id"])


def set_keys(partner_id: str) -> Result:
    return told(
        *("platform", "set", "xero", "--partner", partner_id, "--environment", "simulated"),
        *("--client-id", "app", "--secret-env", "APP_SECRET", "--origin", "http://127.0.0.1:8802"),
    )


def test_a_partners_name_is_shown_as_it_is_whatever_brackets_it_has(settings: pytest.MonkeyPatch) -> None:
    del settings
    make_partner("[/red] [bold]Ink[/bold]")
    listed = told("partner", "list")
    assert listed.exit_code == 0
    assert "[/red] [bold]Ink[/bold]" in listed.output


def test_a_database_that_does_not_answer_is_said_in_one_line(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("TIEOUT_DATABASE_URL", "postgresql://tieout:hunter2@127.0.0.1:1/tieout")
    refused = told("partner", "list")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("tieout: the database at TIEOUT_DATABASE_URL does not answer: ")
    assert "hunter2" not in refused.output


@pytest.mark.parametrize("key_id", ["a:b", "", "a b", "x" * 33])
def test_an_id_that_no_vault_key_can_have_is_refused(key_id: str) -> None:
    refused = told("keys", "new", key_id)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("tieout: a vault key's id has")


@pytest.mark.parametrize("address", ["foo", "ftp://tieout.example.com", "https://", "https://a.example?x=1"])
def test_a_public_url_that_no_browser_can_open_is_refused(settings: pytest.MonkeyPatch, address: str) -> None:
    settings.setenv("TIEOUT_PUBLIC_URL", address)
    refused = told("migrate")
    assert refused.exit_code == 1
    assert "TIEOUT_PUBLIC_URL" in refused.stderr


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_that_no_simulator_can_have_is_refused(port: str) -> None:
    refused = told("sandbox", "--xero-port", port)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("tieout: ")


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",)])
def test_keys_that_do_not_open_what_the_database_holds_are_refused(
    settings: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    settings.setenv("APP_SECRET", "not to be told")
    partner_id = make_partner("Inkwell")
    assert set_keys(partner_id).exit_code == 0
    for other in (new_key("second"), new_key("first")):
        settings.setenv("TIEOUT_VAULT_KEYS", other)
        refused = told(*command)
        assert refused.exit_code == 1, refused.output
        assert "TIEOUT_VAULT_KEYS do not open what this database holds" in refused.stderr


@pytest.mark.parametrize("secret", [" ", "x" * 1_025])
def test_a_secret_that_no_app_can_have_is_refused_and_not_repeated(settings: pytest.MonkeyPatch, secret: str) -> None:
    partner_id = make_partner("Inkwell")
    settings.setenv("APP_SECRET", secret)
    refused = set_keys(partner_id)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("tieout: client_secret: ")
    assert "xxx" not in refused.output


def test_a_folder_with_anything_that_no_demo_made_is_refused_and_left_alone(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("all of it")
    refused = told("demo", "--once", "--folder", str(tmp_path))
    assert refused.exit_code == 1
    assert thesis.read_text() == "all of it"
    assert "thesis.txt" in refused.stderr
