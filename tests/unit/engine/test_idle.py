"""Ten thousand connections of which none is due cost two small looks a second, and no look at all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, event, insert, text
from tests.support.stage import AT, Stage

from tieout.storage.tables.work import Lane

DOUBLINGS = 4
CONNECTIONS = 640 * 2**DOUBLINGS
"""Some more than 10,000."""
KINDS = ("company", "ending", "sweeping")
DOUBLE = """INSERT INTO lanes (key, kind, partner_id, due_at, fence, attempts)
    SELECT key || :suffix, kind, partner_id, due_at, fence, attempts FROM lanes"""


async def fill(stage: Stage) -> None:
    """As many connections as a large operator has, all pulled lately, with the lanes of their endings asleep."""
    lanes: list[dict[str, Any]] = []
    for number in range(CONNECTIONS // 2**DOUBLINGS):
        due_at = AT + timedelta(seconds=1 + number)
        lanes.append({"key": f"company:{number}", "kind": "company", "due_at": due_at, "fence": 1, "attempts": 0})
        lanes.append({"key": f"ending:{number}", "kind": "ending", "due_at": None, "fence": 1, "attempts": 0})
    async with stage.database.write() as session:
        await session.execute(insert(Lane), lanes)
        for number in range(DOUBLINGS):
            await session.execute(text(DOUBLE), {"suffix": f"-{number}"})
        await session.execute(text("ANALYZE lanes"))


@contextmanager
def statements(stage: Stage) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    engines = {stage.database._readers, stage.database._writers}  # noqa: SLF001 - a listener for every statement
    for engine in engines:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_a_look_that_finds_nothing_is_one_read_by_the_indexes(stage: Stage) -> None:
    await fill(stage)
    claims = stage.engine().claims
    with statements(stage) as seen:
        assert await claims.claim(4, kinds=KINDS) == []
    asked = [(statement, parameters) for statement, parameters in seen if not statement.startswith("BEGIN")]
    assert len(asked) == 1
    assert not any(statement.startswith("BEGIN IMMEDIATE") for statement, _ in seen), "nobody else waits for it"
    (statement, parameters) = asked[0]

    def explain(connection: Connection) -> list[str]:
        how = "EXPLAIN QUERY PLAN " if stage.database.is_sqlite else "EXPLAIN "
        return [str(row[-1]) for row in connection.exec_driver_sql(how + statement, parameters)]

    plan = await stage.database.run_sync(explain)
    whole = [step for step in plan if "Seq Scan on lanes" in step or step in {"SCAN lanes", "SCAN l"}]
    assert whole == [], plan
    assert any("ix_lanes_due" in step for step in plan), plan

    due = {"key": "company:due", "kind": "company", "due_at": AT, "fence": 1, "attempts": 0}
    async with stage.database.write() as session:
        await session.execute(insert(Lane), [due])
    assert [claim.key for claim in await claims.claim(4, kinds=KINDS)] == ["company:due"]
