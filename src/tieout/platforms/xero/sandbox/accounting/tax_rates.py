"""Tax rates. Source: tax-rates page: system rates cannot be updated, components may be added but not removed."""

from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import TaxComponent, TaxRate
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import QUARTER_CENT, half_up

WORDS = vocabulary(
    "Name TaxType TaxComponents Status ReportTaxType",
    "CanApplyToAssets CanApplyToEquity CanApplyToExpenses CanApplyToLiabilities CanApplyToRevenue DisplayTaxRate"
    " EffectiveRate",
)
ALL_CLASSES = frozenset({"ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE"})


def find_tax_rate(organisation: Organisation, key: str) -> TaxRate | None:
    """By TaxType."""
    return organisation.tax_rates.get(key.upper())


def write_tax_rate(writing: Writing, element: Element) -> Written:
    """Create a tax rate, or change one that people made. It is found by TaxType, then by name."""
    element.check(WORDS)
    organisation = writing.organisation
    tax_type, name = element.text("TaxType"), element.text("Name")
    rate = writing.target if isinstance(writing.target, TaxRate) else None
    if rate is None and tax_type:
        rate = find_tax_rate(organisation, tax_type)
    namesake = next(
        (one for one in organisation.tax_rates.values() if one.name == name and one.status != "DELETED"), None
    )
    rate = rate or namesake
    if rate is not None and not writing.may_update:
        raise InvalidError("Please enter a unique Name.")
    if rate is not None and namesake not in (None, rate):
        raise InvalidError("Please enter a unique Name.")
    if rate is not None and rate.system:
        raise InvalidError("System defined tax rates cannot be updated")
    components = element.inners("TaxComponents")
    parts = None if components is None else tuple(_component(one) for one in components)
    if rate is None:
        return Written(_new_tax_rate(writing, element, parts))
    if parts is not None and {one.name for one in rate.components} - {one.name for one in parts}:
        raise InvalidError("Tax components cannot be removed or renamed")
    rate.name = name or rate.name
    rate.components = parts or rate.components
    rate.status = element.choice("Status", ("ACTIVE", "DELETED", "ARCHIVED")) or rate.status
    rate.touch(writing.at)
    return Written(rate)


def _component(element: Element) -> TaxComponent:
    element.check(vocabulary("Name Rate IsCompound IsNonRecoverable"))
    name, rate = element.text("Name"), element.decimal("Rate")
    if not name or rate is None or not 0 <= rate <= 100:  # noqa: PLR2004 - a whole, in percent
        raise InvalidError("A tax component needs a Name and a Rate between 0 and 100")
    if element.flag("IsNonRecoverable"):
        raise unsupported("tax components that cannot be recovered")
    return TaxComponent(name, half_up(rate, QUARTER_CENT), element.flag("IsCompound") or False)


def _new_tax_rate(writing: Writing, element: Element, parts: tuple[TaxComponent, ...] | None) -> TaxRate:
    organisation = writing.organisation
    name, report = element.text("Name"), element.text("ReportTaxType")
    if not name or not parts:
        raise InvalidError("A tax rate needs a Name and at least one tax component")
    if report is None and organisation.profile.version in {"AU", "NZ", "UK"}:
        raise InvalidError("ReportTaxType must be specified")
    number = 1
    while f"TAX{number:03d}" in organisation.tax_rates:
        number += 1
    classes = ALL_CLASSES
    if report is not None:
        classes = ALL_CLASSES - ({"REVENUE"} if "INPUT" in report.upper() else {"EXPENSE"})
    rate = TaxRate(
        id=f"TAX{number:03d}",
        updated_at=writing.at,
        app_id=writing.app_id,
        name=name,
        components=parts,
        classes=classes,
        report_type=report.upper() if report else None,
        system=False,
    )
    organisation.tax_rates[rate.id] = rate
    return rate
