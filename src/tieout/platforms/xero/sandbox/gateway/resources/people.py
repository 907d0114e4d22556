"""Users, branding themes, tracking categories and contact groups."""

from tieout.platforms.xero.sandbox.accounting.people import (
    find_group,
    live_groups,
    show_group,
    show_staff_member,
    show_theme,
    unwritable,
    write_group,
)
from tieout.platforms.xero.sandbox.accounting.tracking import (
    STATUSES,
    delete_category,
    find_category,
    live_categories,
    show_active,
    show_category,
    write_category,
)
from tieout.platforms.xero.sandbox.gateway.filters import Fields
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, day, flag, guid, text, updated
from tieout.platforms.xero.sandbox.identity.scopes import CONTACTS, SETTINGS

STAFF_FIELDS: Fields = {
    "userid": guid(lambda u: u.id),
    "emailaddress": text(lambda u: u.email),
    "firstname": text(lambda u: u.first_name),
    "lastname": text(lambda u: u.last_name),
    "issubscriber": flag(lambda u: u.subscriber),
    "organisationrole": text(lambda u: u.role),
    "updateddateutc": updated(),
}
THEME_FIELDS: Fields = {
    "brandingthemeid": guid(lambda t: t.id),
    "name": text(lambda t: t.name),
    "createddateutc": day(lambda t: t.created_at),
}
CATEGORY_FIELDS: Fields = {
    "trackingcategoryid": guid(lambda c: c.id),
    "name": text(lambda c: c.name),
    "status": text(lambda c: c.status),
}
GROUP_FIELDS: Fields = {
    "contactgroupid": guid(lambda g: g.id),
    "name": text(lambda g: g.name),
    "status": text(lambda g: g.status),
}
NONE: frozenset[str] = frozenset()

ENTRIES = (
    Resource(
        name="Users",
        plural="Users",
        type_name="User",
        id_property="UserID",
        access=SETTINGS,
        rows=lambda organisation: organisation.settings.staff.values(),
        find=lambda organisation, key: organisation.settings.staff.get(key.lower()),
        show=show_staff_member,
        write=unwritable,
        writes=NONE,
        fields=lambda _: STAFF_FIELDS,
    ),
    Resource(
        name="BrandingThemes",
        plural="BrandingThemes",
        type_name="BrandingTheme",
        id_property="BrandingThemeID",
        access=SETTINGS,
        rows=lambda organisation: organisation.settings.branding_themes.values(),
        find=lambda organisation, key: organisation.settings.branding_themes.get(key.lower()),
        show=show_theme,
        write=unwritable,
        writes=NONE,
        fields=lambda _: THEME_FIELDS,
        modified_since=False,
        default_order=lambda theme: theme.order,
    ),
    Resource(
        name="TrackingCategories",
        plural="TrackingCategories",
        type_name="TrackingCategory",
        id_property="TrackingCategoryID",
        access=SETTINGS,
        rows=live_categories,
        find=find_category,
        show=show_category,
        show_current=show_active,
        write=write_category,
        delete=delete_category,
        fields=lambda _: CATEGORY_FIELDS,
        modified_since=False,
        parameters=frozenset({"includearchived"}),
        archived=lambda category: category.status != "ACTIVE",
        listings={"trackingcategoryid": lambda category: category.id},
        batch_max=1,
        choices={"Status": STATUSES},
        default_order=lambda category: category.name.lower(),
    ),
    Resource(
        name="ContactGroups",
        plural="ContactGroups",
        type_name="ContactGroup",
        id_property="ContactGroupID",
        access=CONTACTS,
        rows=live_groups,
        find=find_group,
        show=show_group,
        write=write_group,
        fields=lambda _: GROUP_FIELDS,
        modified_since=False,
        choices={"Status": ("ACTIVE", "DELETED")},
        default_order=lambda group: group.name.lower(),
    ),
)
