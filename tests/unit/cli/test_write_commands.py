"""`tieout writes`: an operator sees what is on its way to the books, what is refused and why, and the evidence."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.support.commands import answer, told

from tieout.app import migrate
from tieout.assembling import build_services
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.business import Entity
from tieout.storage.tables.connections import Company, Connection, Link
from tieout.storage.tables.work import Intent
from tieout.storage.tables.writes import IntentAttempt, Send

AT = datetime(2026, 3, 1, tzinfo=UTC)
PARTNER, APP, ENTITY, COMPANY, CONNECTION, OTHER, LINK, SENT, REFUSED = (UUID(int=number) for number in range(1, 10))
ERRORS = {"code": "name_taken", "message": "Somebody has the name.", "fix": "Choose another."}


def ids(*arguments: str) -> list[UUID]:
    return [UUID(write["id"]) for write in answer("writes", "list", *arguments)["writes"]]


async def fill() -> None:
    """Two writes of a connection: one is in the books after a try in a batch, one is refused. And a connection more."""
    dated: dict[str, Any] = {"created_at": AT, "updated_at": AT}
    owned = {"partner_id": PARTNER, "entity_id": ENTITY}
    books = {"partner_id": PARTNER, "platform": "ledgerly", "environment": "simulated", **dated}
    request = {"company_id": COMPANY, "method": "POST", "path": "/bills"}
    about = {"link_id": LINK, "object_type": "vendor", "object_id": LINK, "planned": b"", **request, **owned, **dated}
    tried = {"act": "sent", "began_at": AT, **owned}
    services = build_services(Settings())
    await migrate(services.database, services.engine)
    async with services.database.write() as session:
        for rows in (
            [Partner(id=PARTNER, name="Payables Inc", **dated)],
            [PlatformApp(id=APP, client_id="c", client_secret=b"s", **books)],
            [Entity(id=ENTITY, partner_id=PARTNER, type="organization", address={}, details={}, **dated)],
            [Company(id=COMPANY, app_id=APP, external_id="1", name="Ink & Sons", **books)],
            [
                Connection(id=CONNECTION, company_id=COMPANY, status="disconnected", **owned, **dated),
                Connection(id=OTHER, **owned, **dated),
                Link(
                    id=LINK,
                    company_id=COMPANY,
                    object_type="vendor",
                    object_id=LINK,
                    errors=ERRORS,
                    last_pulled_at=AT,
                    **owned,
                    **dated,
                ),
                Send(reason="batch", key="k-0", body=b'{"all": 2}', size=2, created_at=AT, **request, **owned),
            ],
            [
                Intent(
                    id=SENT, operation="create", state="confirmed", key="k-1", body=b"{}", attempts_noted=2, **about
                ),
                Intent(id=REFUSED, operation="update", state="refused", key="k-2", body=b"\xff", **about),
            ],
            [
                IntentAttempt(intent_id=SENT, number=1, key="k-0", place=1, outcome="interrupted", **tried),
                IntentAttempt(
                    intent_id=SENT,
                    number=2,
                    key="k-1",
                    outcome="carried_out",
                    answer_status=200,
                    answer=b"[1]",
                    **tried,
                ),
            ],
        ):
            session.add_all(rows)
            await session.flush()
    await services.database.close()


@pytest.fixture(scope="module", autouse=True)
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TIEOUT_DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'tieout.db'}")
        patched.setenv("TIEOUT_VAULT_KEYS", new_key("first"))
        asyncio.run(fill())
        yield


def test_writes_are_listed_by_connection_and_state_with_what_is_wrong() -> None:
    assert ids() == ids(str(CONNECTION)) == [REFUSED, SENT]
    assert ids(str(CONNECTION), "--state", "refused") == [REFUSED]
    assert ids("--object-type", "bill") == ids(str(OTHER)) == []
    assert ids("--limit", "1") == [REFUSED]
    shown = told("writes", "list").stdout
    assert "name_taken: Somebody has the name." in shown
    assert "Choose another." in shown
    assert "tried 2 times" in shown
    assert "(carried_out); next: nothing" in shown
    assert "in Ink & Sons" in shown


def test_one_write_is_shown_with_all_of_its_evidence() -> None:
    shown = told("writes", "show", str(SENT)).stdout
    words = ("POST /bills", "key k-1", "1. sent: interrupted", "nobody saw its end", "place 1 of the batch", "[1]")
    for evidence in (*words, "2. sent: carried_out", "answered 200", "batch of 2: POST /bills", '{"all": 2}'):
        assert evidence in shown, evidence
    assert "1 bytes, sha256" in told("writes", "show", str(REFUSED)).stdout, "a file is told by what identifies it"
    assert [one["outcome"] for one in answer("writes", "show", str(SENT))["attempts"]] == ["interrupted", "carried_out"]


@pytest.mark.parametrize(("verb", "what"), [("list", "connection"), ("show", "write")])
def test_what_is_not_there_is_refused(verb: str, what: str) -> None:
    result = told("writes", verb, str(UUID(int=99)))
    assert result.exit_code == 1
    assert f"no {what} {UUID(int=99)}" in result.stderr
