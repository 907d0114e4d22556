"""Who the organisations are: edition, base currency, time zone, end of year, tax registration and plan."""

from dataclasses import replace
from datetime import UTC, datetime

from tieout.platforms.xero.sandbox.accounting.profile import Profile

DEMO = Profile(
    name="Demo Company (Global)",
    version="GLOBAL",
    country="CA",
    currency="USD",
    timezone="EASTERNSTANDARDTIME",
    zone="America/New_York",
    created_at=datetime(2022, 8, 26, 7, 49, 46, 77000, tzinfo=UTC),
    short_code="!FR6KJ",
    year_end=(12, 31),
    tax_number="101-2-303",
    tax_number_name="Tax reg",
    demo=True,
    class_="DEMO",
)
HARBOUR = Profile(
    name="Harbour Bridge Consulting",
    version="AU",
    country="AU",
    currency="AUD",
    timezone="AUSEASTERNSTANDARDTIME",
    zone="Australia/Sydney",
    created_at=datetime(2024, 2, 12, 3, 20, 11, 150000, tzinfo=UTC),
    short_code="!Qk7dR",
    year_end=(6, 30),
    tax_number="53 004 085 616",
    tax_number_name="ABN",
)
QUIET_CORNER = Profile(
    name="Quiet Corner Bookshop",
    version="AU",
    country="AU",
    currency="AUD",
    timezone="AUSEASTERNSTANDARDTIME",
    zone="Australia/Sydney",
    created_at=datetime(2025, 5, 6, 1, 2, 3, 456000, tzinfo=UTC),
    short_code="!b82Lm",
    year_end=(6, 30),
)
KAURI = Profile(
    name="Kauri Lane Studio",
    version="NZ",
    country="NZ",
    currency="NZD",
    timezone="NEWZEALANDSTANDARDTIME",
    zone="Pacific/Auckland",
    created_at=datetime(2023, 4, 3, 21, 14, 5, 230000, tzinfo=UTC),
    short_code="!k4T9w",
    year_end=(3, 31),
    tax_number="123-456-789",
    tax_number_name="GST Number",
    tax_basis="PAYMENTS",
    tax_period="TWOMONTHS",
)
THORNBURY = Profile(
    name="Thornbury Garden Supplies",
    version="UK",
    country="GB",
    currency="GBP",
    timezone="GMTSTANDARDTIME",
    zone="Europe/London",
    created_at=datetime(2023, 4, 11, 9, 2, 44, 610000, tzinfo=UTC),
    short_code="!v7Zp3",
    year_end=(3, 31),
    tax_number="GB 123 4567 82",
    tax_number_name="VAT Number",
    tax_basis="ACCRUAL",
    tax_period="QUARTERLY",
)
MAPLE = Profile(
    name="Maple & Main Coffee",
    version="US",
    country="US",
    currency="USD",
    timezone="CENTRALSTANDARDTIME",
    zone="America/Chicago",
    created_at=datetime(2024, 1, 8, 15, 30, 0, 0, tzinfo=UTC),
    short_code="!mC2uA",
    year_end=(12, 31),
    tax_number="12-3456789",
    tax_number_name="EIN",
    tax_period="3MONTHLY",
    class_="STANDARD",
    multicurrency=False,
)
MERIDIAN = Profile(
    name="Meridian Trading House",
    version="GLOBAL",
    country="SG",
    currency="SGD",
    timezone="SINGAPORESTANDARDTIME",
    zone="Asia/Singapore",
    created_at=datetime(2023, 7, 19, 4, 45, 12, 900000, tzinfo=UTC),
    short_code="!Xs81q",
    year_end=(12, 31),
    tax_number="201912345K",
    tax_number_name="Tax reg",
)
EMPTY_OF_EACH = (
    replace(KAURI, name="Fresh Page (NZ)", short_code="!nE0Wz", tax_number=None, tax_number_name=None),
    replace(THORNBURY, name="Fresh Page (UK)", short_code="!uE0Kk", tax_number=None, tax_number_name=None),
    replace(MAPLE, name="Fresh Page (US)", short_code="!sE0Us", tax_number=None, tax_number_name=None),
    replace(MERIDIAN, name="Fresh Page (Global)", short_code="!gE0Lb", tax_number=None, tax_number_name=None),
)
"""An organisation without any document for each edition but the Australian, which Quiet Corner Bookshop is."""
