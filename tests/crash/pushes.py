"""Pushes that a worker may die of. One more is a line in PUSHES: what there is before, and what is wanted of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from tests.crash.recovering import all_is_pushed, come_after, come_after_and_pull, run_lanes
from tests.crash.trials import Act, Check, Flow, Scene
from tests.support.trading import Trade

from tieout.storage.tables.connections import LedgerAccount

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
    recover: Act = come_after
    check: Check = all_is_pushed

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
            recover=self.recover,
            check=self.check,
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


async def _documents(trade: Trade) -> Json:
    """Two invoices and two bills, and accounts for payments and for vendors' credits."""
    await _choose_accounts(trade)
    there = await _known_parties(trade)
    there["invoices"] = [await trade.issue(there["customer"], trade.line(there["product"])) for _ in range(2)]
    numbers = [trade.named(f"B{number}") for number in (1, 2)]
    there["bills"] = [await trade.bill(there["vendor"], number=number) for number in numbers]
    return there


async def _choose_accounts(trade: Trade) -> None:
    bank = select(LedgerAccount.id).where(
        LedgerAccount.company_id == trade.company_id,
        LedgerAccount.is_bank_account,
        LedgerAccount.status == "Active",
        LedgerAccount.currency == trade.books.currency,
    )
    async with trade.house.services.database.read() as session:
        account_id = await session.scalar(bank.order_by(LedgerAccount.name).limit(1))
    of_sales = {"products": trade.income_id, "payments": str(account_id)}
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", {"accounting": {"ledger_account_ids": of_sales}})
    of_bills = {"ledger_account_ids": {"bill_lines": trade.expense_id}}
    await trade.ask("PUT", f"/entities/{trade.entity_id}/accounting_defaults", of_bills)


async def _payments(trade: Trade, there: Json) -> None:
    for kind, thing in (("receivable", there["invoices"][0]), ("payable", there["bills"][0])):
        paid = {"id": thing["id"], "type": kind}
        await trade.ask("POST", "/payment_records", {"amount": 1_000, "currency": trade.books.currency, "object": paid})


async def _credit_and_file(trade: Trade, there: Json) -> None:
    """What is left of an invoice is credited, and a file hung on a bill."""
    body = {"type": "credit_note", "based_on": there["invoices"][1]["id"]}
    note = await trade.ask("POST", "/receivables", body)
    await trade.ask("POST", f"/receivables/{note['id']}/issue")
    scan = {"file": ("scan.pdf", b"%PDF-1.4 a scan", "application/pdf")}
    answer = await trade.partner.post(f"/payables/{there['bills'][1]['id']}/attach_file", files=scan)
    assert answer.is_success, answer.text


async def _changes_and_taking_back(trade: Trade, there: Json) -> None:
    """A customer gets another name, and an invoice and a bill are taken back."""
    changed = {"organization": {"legal_name": trade.named("Renamed Traders")}}
    await trade.ask("PATCH", f"/counterparts/{there['customer']['id']}", changed)
    await trade.ask("POST", f"/receivables/{there['invoices'][0]['id']}/cancel")
    await trade.ask("POST", f"/payables/{there['bills'][0]['id']}/reopen")


async def _is_compared(_: Scene) -> list[str]:
    """What is taken back ends as it ends without a death."""
    return []


PUSHES = (
    Push(name="an invoice, its customer and its product", points_min=18, wanted=_invoice_of_a_new_customer),
    Push(name="a bill and its vendor", points_min=16, wanted=_bill_of_a_new_vendor),
    Push(name="several at once", points_min=12, there=_known_parties, wanted=_several_at_once),
    Push(name="payments", points_min=12, there=_documents, wanted=_payments),
    Push(name="a credit, its use, and a file", points_min=12, there=_documents, wanted=_credit_and_file),
    Push(
        name="changes and taking back",
        points_min=12,
        there=_documents,
        wanted=_changes_and_taking_back,
        recover=come_after_and_pull,
        check=_is_compared,
    ),
)
