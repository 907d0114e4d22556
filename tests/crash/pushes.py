"""Pushes that a worker may die of. One more is a line in PUSHES: what there is before, and what is wanted of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.crash.recovering import all_is_pushed, come_after, run_lanes
from tests.crash.trials import Flow, Scene
from tests.support.trading import Trade

Json = dict[str, Any]


async def _nothing(_: Trade) -> Json:
    return {}


@dataclass(frozen=True, kw_only=True)
class Push:
    """Something that the partner wants in the books. What stands `there` is in them before."""

    name: str
    points_min: int
    there: Callable[[Trade], Awaitable[Json]] = _nothing
    wanted: Callable[[Trade, Json], Awaitable[Any]]

    def flow(self) -> Flow:
        """The push as a flow."""

        async def prepare(scene: Scene) -> None:
            there = await self.there(scene.trade)
            await scene.trade.settle_all()
            await self.wanted(scene.trade, there)

        return Flow(
            name=self.name,
            points_min=self.points_min,
            prepare=prepare,
            work=run_lanes,
            recover=come_after,
            check=all_is_pushed,
        )


async def _invoice_of_a_new_customer(trade: Trade, _: Json) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    await trade.issue(customer, trade.line(await trade.product("Oak table")))


async def _bill_of_a_new_vendor(trade: Trade, _: Json) -> None:
    await trade.bill(await trade.vendor(trade.named("Paper & Ink Supplies")), number=trade.named("P"))


async def _known_parties(trade: Trade) -> Json:
    there = {
        "customer": await trade.counterpart(trade.named("Southwind Traders")),
        "vendor": await trade.vendor(trade.named("Ink & Paper Supplies")),
        "product": await trade.product("Ash table"),
    }
    await trade.issue(there["customer"], trade.line(there["product"]))
    await trade.bill(there["vendor"], number=trade.named("Q"))
    return there


async def _several_at_once(trade: Trade, there: Json) -> None:
    for number in (1, 2, 3):
        await trade.issue(there["customer"], trade.line(there["product"]))
        await trade.bill(there["vendor"], number=trade.named(f"S{number}"))


PUSHES = (
    Push(name="an invoice, its customer and its product", points_min=18, wanted=_invoice_of_a_new_customer),
    Push(name="a bill and its vendor", points_min=16, wanted=_bill_of_a_new_vendor),
    Push(name="several at once", points_min=12, there=_known_parties, wanted=_several_at_once),
)
