"""GET /accounting_connections/{id}/problems: what would keep records from being pushed (an addition of Tieout)."""

from datetime import datetime
from uuid import UUID

from tieout.api.accounting_connections.service import load_connection
from tieout.api.dependencies import CallForEntity
from tieout.api.schemas import Shown
from tieout.sync.problems import Problem, load_problems


class ProblemUse(Shown):
    """Something of the entity's that names it: a product, a bill, a draft, a counterpart, a setting."""

    object_type: str
    object_id: UUID | None
    field: str


class ProblemResponse(Shown):
    """Something of the books that is named and cannot be used there. `since` is when a pull told so."""

    kind: str
    code: str
    message: str
    fix: str
    name: str | None
    id: UUID | None
    platform_object_id: str | None
    since: datetime | None
    used_by: list[ProblemUse]


class ProblemList(Shown):
    """All of them; none once everything is mended, here or in the books."""

    data: list[ProblemResponse]


async def list_problems(call: CallForEntity, connection_id: UUID) -> ProblemList:
    """What of the books is named and cannot be used; nothing before they were read."""
    company = (await load_connection(call, connection_id)).company
    if company is None or company.first_pulled_at is None:
        return ProblemList(data=[])
    return ProblemList(data=[_show(each) for each in await load_problems(call.session, company, call.entity_id)])


def _show(problem: Problem) -> ProblemResponse:
    return ProblemResponse(
        kind=problem.kind,
        code=problem.explanation.code,
        message=problem.explanation.message,
        fix=problem.explanation.fix,
        name=problem.name,
        id=problem.id,
        platform_object_id=problem.external_id,
        since=problem.since_at,
        used_by=[ProblemUse.model_validate(use) for use in problem.uses],
    )
