"""What every organisation has beside its chart: its people, its branding themes, and in the demo a tracking category.

Source: the recorded demo organisation of 2022 for the names.
"""

from collections.abc import Sequence

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.people import BrandingTheme, StaffMember
from tieout.platforms.xero.sandbox.accounting.tracking import TrackingCategory, TrackingOption
from tieout.platforms.xero.sandbox.ids import Ids
from tieout.sandbox.visitors import User

REGIONS = ("Eastside", "North", "South", "West Coast")


def furnish(organisation: Organisation, users: Sequence[User], *, regions: bool) -> None:
    """Give an organisation its people and themes; `regions`: the tracking category of the demo organisation."""
    ids, at = Ids(f"{organisation.id}:furnishing"), organisation.profile.created_at
    for place, user in enumerate(users):
        first_name, _, last_name = user.name.partition(" ")
        organisation.settings.staff[user.id] = StaffMember(
            id=user.id, updated_at=at, email=user.email, first_name=first_name, last_name=last_name,
            subscriber=place == 0, role="FINANCIALADVISER",
        )  # fmt: skip
    for order, name in enumerate(("Standard", "Very orange invoice!") if regions else ("Standard",)):
        theme = BrandingTheme(id=ids.uuid(), updated_at=at, name=name, order=order, created_at=at)
        organisation.settings.branding_themes[theme.id] = theme
    if regions:
        category = TrackingCategory(id=ids.uuid(), updated_at=at, name="Region")
        category.options = [TrackingOption(ids.uuid(), name) for name in REGIONS]
        organisation.settings.tracking_categories[category.id] = category
