"""`tieout writes`: what was written to somebody's books, or is to be, and the evidence of it."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from tieout.cli.opening import load_settings, opened, run
from tieout.cli.output import AsJson, show
from tieout.kit.errors import NotFound
from tieout.settings import Settings
from tieout.storage.tables.connections import Connection
from tieout.storage.tables.work import Intent
from tieout.sync.intents import State
from tieout.sync.write_ledger import LISTED_MAX, detail_fields, list_writes, load_evidence, summary_fields

app = typer.Typer(help="The write ledger: what was sent to the books, and what came back.", no_args_is_help=True)


@app.command("list")
def list_them(
    connection: Annotated[UUID | None, typer.Argument(help="The connection's id; of all connections if none.")] = None,
    *,
    state: Annotated[State | None, typer.Option(help="Only writes that got so far.")] = None,
    object_type: Annotated[str | None, typer.Option(help="Only records of this type, such as bill.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=LISTED_MAX)] = 100,
    as_json: AsJson = False,
) -> None:
    """List writes with what came of them last, newest first."""
    writes = run(_list(load_settings(), connection, state, object_type, limit))
    show({"writes": writes if as_json else [line for write in writes for line in _lines(write)]}, as_json=as_json)


async def _list(
    settings: Settings, connection_id: UUID | None, state: State | None, object_type: str | None, limit: int
) -> list[dict[str, Any]]:
    async with opened(settings) as services, services.database.read() as session:
        connection = None if connection_id is None else await session.get(Connection, connection_id)
        if connection_id is not None and connection is None:
            raise NotFound(f"There is no connection {connection_id}.")
        listed = await list_writes(session, connection, state=state, object_type=object_type, limit=limit)
        return [
            {
                **msgspec.to_builtins(summary_fields(one.intent)),
                "company": one.company,
                "last_outcome": one.last_outcome,
                "errors": one.errors,
            }
            for one in listed
        ]


def _lines(write: dict[str, Any]) -> list[str]:
    what = f"{write['operation']} {write['object_type']} {write['object_id']}"
    lines = [f"{write['id']}  {write['state']}  {what}  in {write['company']}", f"    {_course(write)}"]
    if errors := write["errors"]:
        lines += [f"    {errors['code']}: {errors['message']}", f"        {errors['fix']}"]
    return lines


def _course(write: dict[str, Any]) -> str:
    """Where a write stands: its tries, and what happens next."""
    tried = f"tried {write['attempts_count']} times, last at {write['last_sent_at']}"
    came = f" ({write['last_outcome']})" if write.get("last_outcome") else ""
    at = f" at {write['next_attempt_at']}" if write["next_attempt_at"] else ""
    begun = f"{tried}{came}" if write["attempts_count"] else f"planned at {write['created_at']}"
    return f"{begun}; next: {write['next']}{at}"


@app.command("show")
def show_one(
    write: Annotated[UUID, typer.Argument(help="The write's id, as `tieout writes list` and the API tell it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show one write with the exact request, every attempt, and what came back."""
    found = run(_load(load_settings(), write))
    show(found if as_json else _told(found), as_json=as_json)


async def _load(settings: Settings, write_id: UUID) -> dict[str, Any]:
    async with opened(settings) as services, services.database.read() as session:
        intent = await session.get(Intent, write_id)
        if intent is None:
            raise NotFound(f"There is no write {write_id}.")
        whole: dict[str, Any] = msgspec.to_builtins(detail_fields(await load_evidence(session, intent)))
        return whole


def _told(write: dict[str, Any]) -> dict[str, Any]:
    return {
        "write": f"{write['id']}  {write['operation']} {write['object_type']} {write['object_id']}",
        "state": f"{write['state']}; {_course(write)}",
        "in_the_books": write["platform_object_id"] or "nothing that is known",
        "trace_id": write["trace_id"] or "none",
        "notes": [f"{name}: {noted}" for name, noted in write["notes"].items()],
        "request": _request_lines(write["key"], write["request"]),
        "attempts": [line for attempt in write["attempts"] for line in _attempt_lines(attempt)],
        "other_requests": [line for other in write["other_requests"] for line in _other_lines(other)],
    }


def _request_lines(key: str, request: dict[str, Any]) -> list[str]:
    return [f"{request['method']} {request['path']}", f"    key {key}", *_body_lines(request["body"])]


def _body_lines(body: dict[str, Any]) -> list[str]:
    """The very text where there is one; only what identifies it of a file."""
    if body["text"] is None:
        return [f"    {body['size_bytes']} bytes, sha256 {body['sha256']}"]
    return [f"    {line}" for line in body["text"].splitlines()]


def _attempt_lines(attempt: dict[str, Any]) -> list[str]:
    until = attempt["ended_at"] or "nobody saw its end"
    place = "" if attempt["place"] is None else f", place {attempt['place']} of the batch"
    lines = [
        f"{attempt['number']}. {attempt['act']}: {attempt['outcome']}",
        f"    {attempt['began_at']} to {until}, key {attempt['key']}{place}",
    ]
    if attempt["trace_id"]:
        lines.append(f"    trace {attempt['trace_id']}")
    if refusal := attempt["refusal"]:
        lines.append(f"    {refusal['code']}: {refusal['message']}")
    return lines + _answer_lines(attempt["answer"])


def _answer_lines(answer: dict[str, Any] | None) -> list[str]:
    return [] if answer is None else [f"    answered {answer['status']}", *_body_lines(answer["body"])]


def _other_lines(other: dict[str, Any]) -> list[str]:
    of = f" of {other['size']}" if other["reason"] == "batch" else ""
    about = f"{other['reason']}{of}: "
    first, *rest = _request_lines(other["key"], other["request"])
    return [about + first, *rest, *_answer_lines(other["answer"])]
