"""What an organisation is, and what it has beside its books."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.platforms.xero.sandbox.accounting.people import BrandingTheme, StaffMember
    from tieout.platforms.xero.sandbox.accounting.tracking import TrackingCategory


@dataclass(frozen=True, slots=True)
class Profile:
    """What `Organisation` answers about itself, apart from what follows from the clock."""

    name: str
    version: str
    country: str
    currency: str
    timezone: str
    """Xero's name of the zone."""
    zone: str
    """The same in IANA's names."""
    created_at: datetime
    short_code: str
    year_end: tuple[int, int]
    """Month and day."""
    tax_number: str | None = None
    tax_number_name: str | None = None
    tax_basis: str = "ACCRUALS"
    tax_period: str = "3MONTHLY"
    demo: bool = False
    class_: str = "PREMIUM"
    multicurrency: bool = True
    """Whether the plan has more than one currency."""


@dataclass(slots=True)
class Sequences:
    """The next number of each kind of document that numbers itself."""

    invoice: int = 1
    credit_note: int = 1
    quote: int = 1
    purchase_order: int = 1


@dataclass(slots=True)
class Settings:
    """What it has beside its books, by id."""

    staff: "dict[str, StaffMember]" = field(default_factory=dict)
    branding_themes: "dict[str, BrandingTheme]" = field(default_factory=dict)
    tracking_categories: "dict[str, TrackingCategory]" = field(default_factory=dict)
