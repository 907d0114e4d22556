"""What a platform would bill for the calls it answered: by workspace and month, and by bytes that left it a day.

Only calls of production programs that were answered well are billed. A workspace is whoever owns the programs.
"""

from collections.abc import Mapping

from tieout.sandbox.apps import App
from tieout.sandbox.traffic import Meter


def billed_rows(meter: Meter, apps: Mapping[str, App], kinds: frozenset[str]) -> dict[str, object]:
    """`calls` by workspace, month and kind; `egress` by app, company and UTC day, in bytes of answers' bodies.

    `kinds` are those that are billed at all. Bytes count for refusals, too, since they leave the platform as well.
    """
    calls: dict[tuple[str, str, str], int] = {}
    egress: dict[tuple[str, str | None, str], int] = {}
    for key, count in meter.counts.items():
        app = apps.get(key.app_id or "")
        if app is None or not app.production or key.kind not in kinds:
            continue
        workspace = (app.workspace, key.day[:7], key.kind)
        calls[workspace] = calls.get(workspace, 0) + count.calls
        outward = (app.client_id, key.company_id, key.day)
        egress[outward] = egress.get(outward, 0) + count.bytes_out
    return {
        "calls": [
            {"workspace": workspace, "month": month, "kind": kind, "calls": number}
            for (workspace, month, kind), number in calls.items()
        ],
        "egress": [
            {"app_id": app_id, "company_id": company_id, "day": day, "bytes_out": number}
            for (app_id, company_id, day), number in egress.items()
        ],
    }


def calls_of_workspace(meter: Meter, apps: Mapping[str, App], client_id: str, *, kind: str, month: str) -> int:
    """How many billed calls of a kind the whole workspace of a program made in a month; 0 while in development."""
    own = apps.get(client_id)
    if own is None or not own.production:
        return 0
    fellows = {app.client_id for app in apps.values() if app.production and app.workspace == own.workspace}
    return sum(
        count.calls
        for key, count in meter.counts.items()
        if key.kind == kind and key.app_id in fellows and key.day.startswith(month)
    )
