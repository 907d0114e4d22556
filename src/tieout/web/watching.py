"""Watching the first synchronisation: the connected page, and the part of it that fills."""

from fastapi.responses import HTMLResponse
from sqlalchemy import func, select

from tieout.platforms.registry import platform_named
from tieout.storage.tables.connections import Company, Snapshot
from tieout.web.guests import Guest
from tieout.web.pages import Page, render, render_part
from tieout.web.progress import ProgressView, plan_progress_view

POLL_EVERY_S = 2
POLLS_MAX = 450
"""A page that was left open stops asking after a quarter of an hour."""
RELOAD_EVERY_S = 5
"""How often the page loads itself anew without script."""


async def connected_page(guest: Guest, company: Company) -> HTMLResponse:
    """Connected: to which company, what has been read of it, and that the page can be closed."""
    view = await _load_view(guest, company)
    page = Page(template="connected.html", title=f"{company.name} is connected", brand=guest.brand, live=True)
    return render(page, **_values(guest, company, view, seen=0), reload_every_s=RELOAD_EVERY_S)


async def progress_part(guest: Guest, company: Company, *, seen: int) -> HTMLResponse:
    """The list as it now stands."""
    return render_part("progress.html", **_values(guest, company, await _load_view(guest, company), seen=seen))


def _values(guest: Guest, company: Company, view: ProgressView, *, seen: int) -> dict[str, object]:
    return {
        "guest": guest,
        "company": company,
        "platform": platform_named(company.platform),
        "view": view,
        "trouble": [str(error["message"]) for error in guest.connection.errors or ()],
        "goes_on": not view.is_finished and 0 <= seen < POLLS_MAX,
        "poll_every_s": POLL_EVERY_S,
        "seen": seen + 1,
    }


async def _load_view(guest: Guest, company: Company) -> ProgressView:
    """While the first pull runs its own counts are shown; afterwards what there is in all."""
    totals: dict[str, int] | None = None
    if company.first_pulled_at is not None:
        async with guest.services.database.read() as session:
            rows = await session.execute(
                select(Snapshot.kind, func.count())
                .where(Snapshot.company_id == company.id, Snapshot.gone_at.is_(None))
                .group_by(Snapshot.kind)
            )
            totals = {kind: count for kind, count in rows.all()}  # noqa: C416 - rows are no pairs to a type checker
    return plan_progress_view(platform_named(company.platform), company.progress, totals)
