"""The suite finds what it is there for: a fault that is planted in the product, harmless as long as nobody dies."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from tests.crash.flows import FLOWS
from tests.crash.pushes import PUSHES
from tests.crash.trials import Flow, Verdict, try_every_point
from tests.support.mortal import MortalHouse

from tieout.kit.identifiers import new_id
from tieout.storage.tables.connections import Grant
from tieout.sync import refreshing, sending
from tieout.sync.calling import Call
from tieout.sync.intents import decode_write, request_of
from tieout.sync.open_books import OpenBooks
from tieout.sync.verdicts import Entry

BILL = next(push.flow() for push in PUSHES if push.name == "a bill and its vendor")
REFRESH = next(flow for flow in FLOWS if flow.name == "refresh")

pytestmark = pytest.mark.parametrize("mortal", ["xero"], indirect=True)


def tried(mortal: MortalHouse, flow: Flow) -> Verdict:
    """Problems, none of which an undisturbed run has."""
    verdict = try_every_point(mortal, flow)
    assert verdict.problems, "the planted fault was not found"
    assert not [problem for problem in verdict.problems if problem.startswith("nobody died")], str(verdict)
    return verdict


def test_a_write_in_doubt_that_is_sent_under_another_key_is_found(
    mortal: MortalHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send_anew(_: AsyncSession, books: OpenBooks, due: Sequence[Any], now: Any) -> list[Call]:
        entries = [Entry(intent, decode_write(intent.planned)) for intent in due]
        return [
            Call(books.platform.renew_key(request_of(one.intent), str(new_id())), one.intent.key, (one,), now)
            for one in entries
        ]

    monkeypatch.setattr(sending, "_plan_resolving", send_anew)
    told = tried(mortal, BILL).problems
    assert any(": documents of" in one and "is there 2 times" in one for one in told), told


def test_a_write_that_is_sent_before_it_is_marked_is_found(
    mortal: MortalHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mark_nothing(*_: object) -> None: ...

    monkeypatch.setattr(sending, "_mark", mark_nothing)
    told = tried(mortal, BILL).problems
    assert any("recovered late: documents of" in one and "is there 2 times" in one for one in told), told


def test_a_refresh_that_the_dead_own_for_ever_is_found(mortal: MortalHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    async def own_when_free(services: Any, grant: Any, owner: str) -> bool:
        return await refreshing._set_owner(services, grant, Grant.refresh_owner.is_(None), owner)  # noqa: SLF001 - what it does but the time

    monkeypatch.setattr(refreshing, "_own", own_when_free)
    assert any("owns the refreshing" in one or "refresh_under_way" in one for one in tried(mortal, REFRESH).problems)
