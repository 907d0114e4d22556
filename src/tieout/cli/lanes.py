"""`tieout lanes`: what waits, what fails, and how to stop and start it by hand."""

from typing import Annotated, Any

import typer

from tieout.cli.opening import load_settings, opened, run
from tieout.cli.output import AsJson, show
from tieout.engine.listing import ListedLane, Which, list_lanes
from tieout.kit.errors import TieoutError
from tieout.settings import Settings
from tieout.storage.tables.work import NOBODY, Lane
from tieout.sync.parking import retry_lane

app = typer.Typer(help="Work that goes on one piece after the other.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="The lane's key, such as company:0192…")]


@app.command("list")
def list_them(
    *,
    due: Annotated[bool, typer.Option("--due", help="Only lanes that wait for a worker now.")] = False,
    running: Annotated[bool, typer.Option("--running", help="Only lanes that a worker owns.")] = False,
    failing: Annotated[bool, typer.Option("--failing", help="Only lanes with something that fails.")] = False,
    paused: Annotated[bool, typer.Option("--paused", help="Only lanes that were paused.")] = False,
    as_json: AsJson = False,
) -> None:
    """List lanes with what fails of them; a thousand at most."""
    wanted = {Which.DUE: due, Which.RUNNING: running, Which.FAILING: failing, Which.PAUSED: paused}
    chosen = [which for which, is_wanted in wanted.items() if is_wanted]
    lanes = run(_list(load_settings(), chosen))
    show({"lanes": lanes if as_json else [line for lane in lanes for line in _lines(lane)]}, as_json=as_json)


async def _list(settings: Settings, chosen: list[Which]) -> list[dict[str, Any]]:
    if len(chosen) > 1:
        raise TieoutError("ask for one kind of lanes at a time: --due, --running, --failing or --paused")
    async with opened(settings) as services, services.database.read() as session:
        which = chosen[0] if chosen else None
        return [_shown(listed) for listed in await list_lanes(session, which, now=services.clock.now())]


def _shown(listed: ListedLane) -> dict[str, Any]:
    lane = listed.lane
    return {
        "key": lane.key,
        "partner_id": None if lane.partner_id == NOBODY else str(lane.partner_id),
        "due_at": lane.due_at and lane.due_at.isoformat(),
        "is_running": lane.owner is not None,
        "paused_at": lane.paused_at and lane.paused_at.isoformat(),
        "paused_because": lane.paused_because,
        "failed_turns": lane.attempts,
        "error": lane.last_error,
        "failing_units": [
            {
                "unit": fault.unit,
                "faults": fault.faults,
                "error": fault.error,
                "since": fault.first_at.isoformat(),
                "parked_at": fault.parked_at and fault.parked_at.isoformat(),
                "retry_at": fault.retry_at.isoformat(),
            }
            for fault in listed.faults
        ],
    }


def _lines(lane: dict[str, Any]) -> list[str]:
    state = "paused" if lane["paused_at"] else "running" if lane["is_running"] else f"due {lane['due_at'] or 'never'}"
    lines = [f"{lane['key']}  {state}"]
    if lane["paused_at"]:
        lines.append(f"    paused at {lane['paused_at']}: {lane['paused_because']}")
    if lane["error"]:
        lines.append(f"    {lane['failed_turns']} turns failed: {lane['error']}")
    for unit in lane["failing_units"]:
        parked = f"parked at {unit['parked_at']}, " if unit["parked_at"] else ""
        lines.append(f"    {unit['unit']} failed {unit['faults']} times, {parked}next try {unit['retry_at']}")
        lines.append(f"        {unit['error']}")
    return lines


@app.command("pause")
def pause(
    key: Key,
    *,
    reason: Annotated[str, typer.Option(help="Why: whoever finds the lane paused reads it.")],
    as_json: AsJson = False,
) -> None:
    """Let a lane rest until it is resumed; a turn that runs ends after the unit in hand."""
    show(run(_pause(load_settings(), key, reason)), as_json=as_json)


async def _pause(settings: Settings, key: str, reason: str) -> dict[str, Any]:
    async with opened(settings) as services:
        async with services.database.write() as session:
            is_known = await services.engine.pause(session, key, reason=reason)
        _refuse_unknown(key, is_known=is_known)
        return {"key": key, "paused": True, "reason": reason}


@app.command("resume")
def resume(key: Key, *, as_json: AsJson = False) -> None:
    """Let a paused lane go on where it was."""
    show(run(_resume(load_settings(), key)), as_json=as_json)


async def _resume(settings: Settings, key: str) -> dict[str, Any]:
    async with opened(settings) as services:
        async with services.database.write() as session:
            is_known = await services.engine.resume(session, key)
        _refuse_unknown(key, is_known=is_known)
        return {"key": key, "paused": False}


@app.command("retry")
def retry(key: Key, *, as_json: AsJson = False) -> None:
    """Try a lane now, and all that was set aside in it, as if it had never failed."""
    show(run(_retry(load_settings(), key)), as_json=as_json)


async def _retry(settings: Settings, key: str) -> dict[str, Any]:
    async with opened(settings) as services:
        async with services.database.write() as session:
            is_known = await session.get(Lane, key) is not None
            units = await retry_lane(session, key, now=services.clock.now())
            if is_known:
                await services.engine.wake(session, key)
        _refuse_unknown(key, is_known=is_known)
        return {"key": key, "retried": units}


def _refuse_unknown(key: str, *, is_known: bool) -> None:
    if not is_known:
        raise TieoutError(f"there is no lane {key}: `tieout lanes list` shows them")
