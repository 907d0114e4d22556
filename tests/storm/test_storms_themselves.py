"""The storm repeats itself, and its judges see what is wrong: else it would prove nothing."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from tests.storm import partner_calls, weather
from tests.storm import test_quickbooks_storm as quickbooks
from tests.storm import test_xero_storm as xero
from tests.storm.ground import Ground, build_ground, configuration_of
from tests.storm.histories import ACTIONS, Step, plan_history
from tests.storm.running import run_seed, shorten
from tests.storm.world import Action, World
from tests.support.trading import PLATFORMS

from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.writing import delete

SEED = 4
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder: Path = tmp_path_factory.mktemp("storm")
    return build_ground(configuration_of(SEED), folder)


def test_a_seed_gives_the_same_history_again_and_in_another_process(ground: Ground) -> None:
    first, second = run_seed(ground, SEED), run_seed(ground, SEED)
    assert first.history == second.history
    environment = {**os.environ, "PYTHONHASHSEED": "3"}
    command = [sys.executable, "-m", "tests.storm", "--seed", str(SEED)]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own command
    assert "\n".join(first.history) in told


def test_a_seed_says_what_happens_before_it_does() -> None:
    assert plan_history(7) == plan_history(7)
    assert [step.action for step in plan_history(7)] != [step.action for step in plan_history(8)]


def test_the_storms_of_every_test_run_have_every_action_on_every_platform() -> None:
    for remainder in range(len(PLATFORMS)):
        seeds = [seed for seed in (*quickbooks.SEEDS, *xero.SEEDS) if seed % len(PLATFORMS) == remainder]
        assert {step.action for seed in seeds for step in plan_history(seed)} == {action for _, action in ACTIONS}


async def a_bill_twice(world: World, _draw: Random) -> None:
    """A second copy of a bill of the partner's."""
    bill = world.stormy("bill")[-1]
    twin = {"vendor": world.stormy("vendor")[-1].name, "amount": str(bill.total), "number": f"{bill.name} again"}
    world.trade.act("create_bill", **twin)


async def one_too_many(world: World, _draw: Random) -> None:
    """A second copy of an invoice that nobody asked for."""
    who = world.stormy("customer")[-1].name
    world.trade.act("create_invoice", customer=who, amount="10", number=world.stormy("invoice")[-1].name)


async def one_too_few(world: World, _draw: Random) -> None:
    """An invoice that goes without anybody's doing."""
    record = world.trade.quickbooks.shelf("Invoice").records[world.stormy("invoice")[-1].id]
    delete(world.trade.quickbooks, KINDS["Invoice"], {"Id": record.id, "SyncToken": str(record.token)}, unlinking=True)


async def a_cent_more(world: World, _draw: Random) -> None:
    """An amount that is not what people made of it."""
    invoice = world.stormy("invoice")[-1]
    world.trade.act("edit", document_id=invoice.id, amount=str(invoice.total + Decimal("0.01")))


async def an_old_snapshot(world: World, _draw: Random) -> None:
    """A snapshot that missed a change; so old that no pull looks at it again."""
    known = min(await world.trade.snapshots("invoice"), key=lambda one: str(one.changed_at))
    async with world.trade.house.services.database.write() as session:
        (await session.merge(known)).version_token = "99"


async def a_bug(_world: World, _draw: Random) -> None:
    raise ZeroDivisionError("of the action's own")


@pytest.mark.parametrize(
    ("sabotage", "told"),
    [
        (a_bill_twice, "no record of ours is it"),
        (one_too_many, "no record of ours is it"),
        (one_too_few, "gone from the books without anybody's doing"),
        (a_cent_more, "in the books to"),
        (an_old_snapshot, "the snapshot of invoice"),
        (a_bug, "ZeroDivisionError: of the action's own"),
    ],
)
def test_the_judges_see_what_is_wrong(ground: Ground, sabotage: Action, told: str) -> None:
    actions = [partner_calls.issue_invoice, partner_calls.approve_bill, weather.work, sabotage]
    outcome = run_seed(ground, SEED, steps=[Step(SEED, place, action) for place, action in enumerate(actions)])
    assert told in outcome.report()
    assert f"make storm SEED={SEED}" in outcome.report()


def test_a_failing_history_is_shortened_to_what_its_failure_needs(ground: Ground) -> None:
    needed = [partner_calls.issue_invoice, weather.work, a_cent_more]
    actions = [needed[0], partner_calls.new_product, *needed[1:]]
    steps = [Step(SEED, place, action) for place, action in enumerate(actions)]
    outcome, without = shorten(ground, run_seed(ground, SEED, steps=steps), steps)
    assert [step.action for step in steps if step.place not in without] == needed
    assert "in the books to" in outcome.report()


def test_a_storm_that_hangs_or_dies_is_told(ground: Ground) -> None:
    async def die(_world: World, _draw: Random) -> None:
        os._exit(7)

    outcome = run_seed(ground, SEED, steps=[Step(SEED, 0, die)])
    assert "without a word" in outcome.report()
