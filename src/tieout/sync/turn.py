"""One turn of a company's lane, to be read from top to bottom.

Settle what is open, take in what the books changed, push what is wanted, pull what is due.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import func, select

from tieout.engine.port import NextDue, Turn
from tieout.kit.errors import LeaseLost
from tieout.platforms.errors import CompanyEnded, Explanation, GrantEnded, Next, PlatformRefusal, Throttled
from tieout.platforms.port import Cause
from tieout.storage.tables.connections import Company, Connection
from tieout.storage.tables.work import Intent
from tieout.sync.allowances import QUOTA_USED_UP, AppAllowances
from tieout.sync.curing import want_cured
from tieout.sync.deauthorizing import deauthorize, end_grant
from tieout.sync.intents import OPEN_STATES, UNRESOLVED_STATES, State
from tieout.sync.open_books import BooksChangedError, OpenBooks, open_books
from tieout.sync.parking import (
    PULL,
    TIE_OUT,
)
from tieout.sync.pulling import is_pull_due, next_pull_of, pull_pages
from tieout.sync.pushing import plan_next
from tieout.sync.runs import fail_run, finish_run, leave_run, note_calls
from tieout.sync.scheduling import drawn, plan_pause
from tieout.sync.sending import planned_ahead, resolve_open, send_ready
from tieout.sync.services import Services
from tieout.sync.setting_aside import FAULT_OF_OURS, forget_moot, forget_unit, set_aside
from tieout.sync.taking_in import take_in_next
from tieout.sync.trouble import note_recovery, note_trouble
from tieout.sync.tying_out import Step as TieOutStep
from tieout.sync.tying_out import load_tie_out_step, next_try_at, tie_out

MUST_ACT_PAUSE_S = 600
"""How long a lane rests when somebody has to do something first: whoever has, may synchronise by hand."""

ROUTINE = (Cause.PULL, Cause.TIE_OUT)

log = structlog.get_logger(__name__)


class CompanyTurns:
    """Runs turns of company lanes; keeps what was leased of limits that companies share."""

    def __init__(self, services: Services) -> None:
        """Start without a lease."""
        self._services = services
        self._allowances = AppAllowances(services.database)

    async def run(self, turn: Turn) -> NextDue:
        """Work until nothing is due, the turn is over, or the platform says no; returns when to come back."""
        company_id = UUID(turn.key.partition(":")[2])
        books = await open_books(self._services, company_id, self._allowances)
        if books is None:
            return NextDue(None)
        try:
            return await self._work(books, turn)
        except BooksChangedError:
            return NextDue(self._services.clock.now())
        except (GrantEnded, CompanyEnded) as refusal:
            return await self._end(books, turn, refusal)
        except PlatformRefusal as refusal:
            pause = await self._note_trouble(books, turn, refusal.explanation)
            if refusal.next_step is Next.SOMEBODY_MUST_ACT:
                pause = timedelta(seconds=MUST_ACT_PAUSE_S)
            elif books.run.errand not in ROUTINE:
                pause = timedelta()  # a write that gets no answer keeps nobody from reading
            return await self._next_due(books, pause=pause)
        except LeaseLost:
            raise
        except Exception:
            await self._note_trouble(books, turn, FAULT_OF_OURS)
            raise

    async def _work(self, books: OpenBooks, turn: Turn) -> NextDue:
        looked_at: set[UUID] = set()
        while await self._unit(books, turn, looked_at):
            if turn.is_over():
                await self._leave(books, turn)
                return NextDue(self._services.clock.now())
        if books.rests:
            await self._put_off(books, turn)
        else:
            await self._rest(books, turn)
        return await self._next_due(books, has_tried_all=Cause.PUSH not in books.rests)

    async def _unit(self, books: OpenBooks, turn: Turn, looked_at: set[UUID]) -> bool:
        """Do the one thing that is most due; False when nothing is, or only what has used its calls up."""
        for errand, work in (
            (Cause.RESOLVE, self._resolve),
            (None, self._take_in),
            (Cause.PUSH, self._push),
            (Cause.PULL, self._pull),
        ):
            if errand in books.rests or not (books.is_live or errand is Cause.RESOLVE):
                continue
            books.faults.in_hand = None
            try:
                if await work(books, turn, looked_at):
                    return True
            except Throttled as refusal:
                if errand is None:
                    raise
                books.rests[errand] = refusal
            except Exception as error:  # noqa: BLE001 - set_aside raises what is no fault of ours
                explanation = await set_aside(books, turn, error)
                if explanation is not None:
                    await self._note_trouble(books, turn, explanation)
                looked_at.clear()
                return True
        return False

    async def _resolve(self, books: OpenBooks, turn: Turn, looked_at: set[UUID]) -> bool:
        """Find out about writes whose outcome is not known."""
        books.run.errand = Cause.RESOLVE
        if not await resolve_open(books, turn):
            return False
        looked_at.clear()
        return True

    async def _take_in(self, books: OpenBooks, turn: Turn, looked_at: set[UUID]) -> bool:
        """Compare with ours what the books changed; that asks nobody for anything."""
        books.run.errand = Cause.PULL
        if not await take_in_next(books, turn):
            return False
        looked_at.clear()
        return True

    async def _push(self, books: OpenBooks, turn: Turn, looked_at: set[UUID]) -> bool:
        """Send what is ready, else plan what is wanted; where calls are to be filled, the other way round."""
        if books.company.first_pulled_at is None:  # nothing before what is there was matched
            return False
        books.run.errand = Cause.PUSH
        if await want_cured(books, turn):
            looked_at.clear()
            return True
        rules = books.platform.sending_rules
        room = planned_ahead(rules) - len(looked_at)
        fills_calls = rules.batch_max > 1
        if fills_calls and room > 0 and await plan_next(books, turn, looked_at, count=room):
            return True
        plan_more = partial(plan_next, books, turn, looked_at, count=planned_ahead(rules))
        if await send_ready(books, turn, plan_more=plan_more):
            looked_at.clear()
            return True
        return not (fills_calls and room > 0) and await plan_more()

    async def _pull(self, books: OpenBooks, turn: Turn, looked_at: set[UUID]) -> bool:
        """Pull a page, else compare the control totals, when it is time; what was pulled may let records go on."""
        now = self._services.clock.now()
        async with self._services.database.read() as session:
            compares = await load_tie_out_step(session, books.company, now)
        pulls_now = is_pull_due(books.company, now) or compares is TieOutStep.PULL
        if pulls_now and not books.faults.rests(PULL, now):
            books.run.errand = Cause.PULL
            books.faults.in_hand = PULL
            await pull_pages(books, turn, is_wanted=compares is TieOutStep.PULL)
            books.reference.clear()
            looked_at.clear()
        elif not pulls_now and compares is TieOutStep.COMPARE and not books.faults.rests(TIE_OUT, now):
            books.run.errand = Cause.TIE_OUT
            books.faults.in_hand = TIE_OUT
            await tie_out(books, turn)
        else:
            return False
        await forget_unit(books, turn)
        return True

    async def _next_due(
        self, books: OpenBooks, *, pause: timedelta = timedelta(), has_tried_all: bool = False
    ) -> NextDue:
        """The earliest of the next pull, the open intents, and the end of what rests; pulling pauses after trouble.

        What is ready still when all was tried waits for a write that is in doubt or rests, and comes back with that.
        """
        now = self._services.clock.now()
        async with self._services.database.read() as session:
            company = await session.get_one(Company, books.company.id)
            workable = OPEN_STATES if books.is_live else UNRESOLVED_STATES
            due_at, is_later = func.min(func.coalesce(Intent.resolve_at, Intent.created_at)), Intent.resolve_at > now
            mine = select(Intent.state, due_at).where(Intent.company_id == company.id, Intent.state.in_(workable))
            open_at = [(state, at) for state, at in await session.execute(mine.group_by(Intent.state, is_later))]
            compares_at = next_try_at(company, await load_tie_out_step(session, company, now))
        rested = {errand: now + timedelta(seconds=rest.retry_after_s) for errand, rest in books.rests.items()}
        times: list[datetime] = []
        doubts = [max(at, rested.get(Cause.RESOLVE, at)) for state, at in open_at if state != State.READY]
        ready = [at for state, at in open_at if state == State.READY]
        for at in ready:
            waits_for = min([*doubts, *(rest for rest in ready if rest > now)], default=at)
            waits_for = waits_for if has_tried_all and at <= now else at
            times.append(max(at, waits_for, rested.get(Cause.PUSH, at)))
        times += doubts
        if books.is_live:
            pull_at = next_pull_of(company, now)
            earliest = max(now + pause, rested.get(Cause.PULL, now))
            if pull_at is not None:
                times.append(books.faults.until(max(pull_at, earliest), PULL))
            if compares_at is not None:  # which a pull goes before
                times.append(books.faults.until(max(compares_at, earliest), PULL, TIE_OUT))
            times += books.faults.retries(now)
        return NextDue(min([*times, *rested.values()], default=None))

    async def _end(self, books: OpenBooks, turn: Turn, refusal: GrantEnded | CompanyEnded) -> NextDue:
        """The access has ended, unless somebody has connected these books anew meanwhile: then the work goes on."""
        now = self._services.clock.now()
        async with turn.commit() as session:
            if isinstance(refusal, GrantEnded):
                await end_grant(session, books.grant.id, refusal.explanation, now=now)
            company = await session.get_one(Company, books.company.id, with_for_update=True)
            connection = await session.get_one(Connection, books.connection.id)
            is_current = company.grant_id == books.grant.id
            if isinstance(refusal, CompanyEnded) and is_current and connection.status == "connected":
                await deauthorize(session, connection, refusal.explanation, now=now)
            await note_calls(session, books, now=now)
            await fail_run(session, books, refusal.explanation, now=now, is_tried_again=False)
        return NextDue(None if is_current or company.grant_id is None else now)

    async def _rest(self, books: OpenBooks, turn: Turn) -> None:
        """Nothing is due any more: the run is over, and so is trouble once the platform has answered."""
        has_recovered = await self._has_recovered(books)
        await forget_moot(books, turn)
        if not has_recovered and not books.run.begun and books.run.left_id is None:
            return
        now = self._services.clock.now()
        async with turn.commit() as session:
            connection = await session.get_one(Connection, books.connection.id)
            if has_recovered and connection.status == "connected":
                note_recovery(session, connection, now=now)
            await finish_run(session, books, now=now)

    async def _has_recovered(self, books: OpenBooks) -> bool:
        """Trouble is over once the platform has answered and nothing that it held up is overdue."""
        if not books.has_answered or is_pull_due(books.company, self._services.clock.now()):
            return False
        if books.faults.touches_books():
            return False
        async with self._services.database.read() as session:
            troubled = await session.scalar(
                select(Connection.id).where(Connection.id == books.connection.id, Connection.errors.is_not(None))
            )
        return troubled is not None

    async def _leave(self, books: OpenBooks, turn: Turn) -> None:
        """Save what was called, and leave the run to the next turn."""
        now = self._services.clock.now()
        async with turn.commit() as session:
            await note_calls(session, books, now=now)
            await leave_run(session, books, now=now)

    async def _put_off(self, books: OpenBooks, turn: Turn) -> None:
        """The calls for something are used up. A quota is trouble that somebody may end; a minute's limit passes."""
        quota = next((rest for rest in books.rests.values() if rest.explanation.code == QUOTA_USED_UP.code), None)
        if quota is None:
            await self._leave(books, turn)
        else:
            await self._note_trouble(books, turn, quota.explanation)

    async def _note_trouble(self, books: OpenBooks, turn: Turn, explanation: Explanation) -> timedelta:
        """A turn that fails says so on the connection and its run. It is tried again by itself, later and later."""
        now = self._services.clock.now()
        async with turn.commit() as session:
            connection = await session.get_one(Connection, books.connection.id)
            if connection.status == "connected":
                note_trouble(session, connection, explanation, now=now)
            await note_calls(session, books, now=now)
            await fail_run(session, books, explanation, now=now, is_tried_again=True)
            company = await session.get_one(Company, books.company.id)
            company.troubles_in_row += 1
            draw = drawn("pause", company.platform, company.external_id, now.isoformat())
            return plan_pause(company.troubles_in_row, draw=draw)
