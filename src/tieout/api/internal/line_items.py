"""Whether the lines of a document could be pushed to the connected books as they are."""

from typing import Final

from tieout.api.dependencies import CallForEntity
from tieout.api.internal.schemas import DocumentType, LineItemsValidationRequest
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.sync.connected import load_company
from tieout.sync.drafting import load_whole_chart
from tieout.sync.line_checks import LineFault, LineToCheck, line_faults

_NAMES: Final = {"account": "ledger_account_id", "tax": "monite_tax_rate"}
_NAMED_RATE: Final = "accounting_tax_rate_id"


async def check_line_items(call: CallForEntity, body: LineItemsValidationRequest) -> None:
    """Raise Unprocessable with each line that could not be pushed; Conflict while there is nothing to check against."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    if company is None:
        message = "No books are connected, so nothing can be pushed."
        raise Conflict(message)
    if company.first_pulled_at is None:
        message = "The first synchronisation of the books has not ended yet: their accounts and rates are not known."
        raise Conflict(message)
    chart = await load_whole_chart(call.session, company, call.entity_id)
    lines = [
        LineToCheck(line.ledger_account_id, line.tax_value, line.accounting_tax_rate_id) for line in body.line_items
    ]
    faults = [
        Fault(
            ("body", "line_items", fault.index, _name(fault, lines[fault.index])),
            f"{fault.explanation.message} {fault.explanation.fix}",
            f"value_error.{fault.explanation.code}",
        )
        for fault in line_faults(chart, lines, on_sales=body.document_type is DocumentType.RECEIVABLE)
    ]
    if faults:
        raise Unprocessable(*faults)


def _name(fault: LineFault, line: LineToCheck) -> str:
    """The property that the fault is about: a rate that was chosen, or the value."""
    return _NAMED_RATE if fault.field == "tax" and line.tax_rate_id is not None else _NAMES[fault.field]
